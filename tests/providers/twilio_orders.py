"""What a test ordered the Twilio stand-in to do from now on."""

import random
from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel

StatusMode = Literal["normal", "reversed", "twice", "before_create", "none", "fail"]


class Answer(BaseModel, extra="forbid"):
    """What one send call answers instead of success."""

    status: int | None = None
    code: int | None = None
    retry_after: float | None = None
    hang: bool = False
    seconds: float = 60
    drop: bool = False
    slow: float = 0


class Disorder(BaseModel, extra="forbid"):
    """Which share of webhooks is delivered twice, or late by up to a second."""

    twice: float = 0
    late: float = 0
    seed: int = 7


class StatusOrder(BaseModel, extra="forbid"):
    """How status callbacks come; `code` and `status` are for the mode "fail"."""

    mode: StatusMode = "normal"
    code: int = 63016
    status: Literal["failed", "undelivered"] = "failed"
    read: bool = False


@dataclass
class Orders:
    """`retries` None: as the webhook's own #rc=…&rp=… says, else Twilio's default of one after a connection failure."""

    retries: int | None = None
    approval: str = "approved"
    reason: str = ""
    statuses: StatusOrder = field(default_factory=StatusOrder)
    disorder: Disorder = field(default_factory=Disorder)
    blocked: dict[str, int] = field(default_factory=dict)
    script: list[tuple[str | None, Answer]] = field(default_factory=list)
    dice: random.Random = field(default_factory=lambda: random.Random(7))

    def forget(self) -> None:
        self.approval, self.reason = "approved", ""
        self.statuses, self.blocked, self.script = StatusOrder(), {}, []
        self.upset(Disorder())

    def upset(self, disorder: Disorder) -> None:
        self.disorder, self.dice = disorder, random.Random(disorder.seed)

    def fate(self) -> tuple[int, float]:
        """How often the next webhook is delivered, and how late."""
        times = 2 if self.dice.random() < self.disorder.twice else 1
        late = self.dice.uniform(0.05, 1) if self.dice.random() < self.disorder.late else 0.0
        return times, late

    def answer(self, person: str) -> Answer:
        """The next ordered answer for a send to this person; none means success."""
        for index, (to, answer) in enumerate(self.script):
            if to in (None, person):
                del self.script[index]
                return answer
        return Answer()
