"""Practice for caseworkers: a conversation in which nobody real writes. It alerts nobody, counts nowhere, and is deleted after a week."""

import uuid
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.db import notify
from bot.errors import NotFound
from bot.handoff import audit, cases, clocks, urgency
from bot.messages import PRACTICE, Inbound
from bot.messaging import conversations, inbox, outbox
from bot.privacy.vault import vault
from bot.staff.rights import visible
from bot.tables import Case, Conversation, InboundRow, OutboundRow, Staff
from bot.texts import Texts
from bot.understanding.corpus import load_yaml


@dataclass(frozen=True)
class Scenario:
    """Somebody to practise with. `titles`, `goal` and `hints` are for the caseworker, by language of the pages."""

    id: str
    form: str
    topic: str
    titles: dict[str, str]
    goal: dict[str, str]
    hints: dict[str, list[str]]
    lines: list[dict[str, Any]]

    @property
    def urgency(self) -> str:
        """The danger that is known from the beginning."""
        return str(self.lines[0].get("urgency", ""))


@lru_cache(maxsize=2)
def scenarios(data_dir: Path) -> tuple[Scenario, ...]:
    return tuple(Scenario(**raw) for raw in load_yaml(data_dir / "practice.yml"))


def scenario(data_dir: Path, name: str) -> Scenario:
    found = next((s for s in scenarios(data_dir) if s.id == name), None)
    if found is None:
        raise NotFound("There is no such scenario.")
    return found


def start(session: Session, person: Staff, name: str, data_dir: Path) -> Case:
    """A new conversation, which waits for this member of staff alone."""
    played = scenario(data_dir, name)
    conversation = conversations.get(session, conversations.find_or_create(session, PRACTICE, str(uuid.uuid4())))
    conversation.form = played.form
    reason = "urgent" if played.urgency else "asked"
    mine = {"practice_of": person.id, "scenario": name, "team_id": person.team_id}
    case = Case(conversation_id=conversation.id, reason=reason, topic=played.topic, form=played.form, **mine)
    session.add(case)
    session.flush()
    audit.record(session, str(person.id), "practice.started", f"case:{case.id}", {"scenario": name})
    conversations.change_owner(session, conversation, "waiting")
    _say(session, case, 0, data_dir)
    notify(session, "console", "queue")
    return case


def own(session: Session, person: Staff) -> list[Case]:
    """What this person practised on in the last days, the newest first."""
    return list(session.scalars(select(Case).where(Case.practice_of == person.id, visible(person)).order_by(Case.id.desc())))


def answer(session: Session, address: str, data_dir: Path) -> None:
    """The person of the scenario says the next line, if there is a message of the caseworker that has none yet.

    Decided by counting, so that a sender which died half-way changes nothing when it comes back."""
    conversation = conversations.by_address(session, PRACTICE, address)
    case = cases.current(session, conversation.id) if conversation else None
    if case is None:
        return
    replies = select(func.count()).select_from(OutboundRow).filter_by(conversation_id=case.conversation_id, actor="person")
    heard = session.scalar(replies.where(OutboundRow.tried_at.is_not(None))) or 0
    said = session.scalar(select(func.count()).select_from(InboundRow).filter_by(conversation_id=case.conversation_id)) or 0
    if said <= heard and said < len(scenario(data_dir, case.scenario).lines):
        _say(session, case, said, data_dir)


def _say(session: Session, case: Case, n: int, data_dir: Path) -> None:
    """Line `n`, as if it came from a channel, and done at once: no worker of the bot ever sees it."""
    conversation = conversations.get(session, case.conversation_id)
    line, address = scenario(data_dir, case.scenario).lines[n], str(vault(session).unseal(conversation.address_sealed))
    inbound_id = inbox.receive(session, _message(line, address, n))
    if inbound_id is None:
        return
    inbox.done(session, inbound_id, case.form)
    clocks.asked(session, case)
    if "urgency" in line:
        _in_danger(session, case, conversation, (line["urgency"], data_dir))


def _message(line: dict[str, Any], address: str, n: int) -> Inbound:
    if "place" not in line:
        return Inbound(PRACTICE, f"{address}:{n}", address, "text", line["text"])
    latitude, longitude = line["place"]
    return Inbound(PRACTICE, f"{address}:{n}", address, "location", latitude=latitude, longitude=longitude)


def _in_danger(session: Session, case: Case, conversation: Conversation, what: tuple[str, Path]) -> None:
    """What a turn does: the case is raised and the numbers are said."""
    kind, data_dir = what
    cases.open_case(session, conversation, case.reason, kind)
    outbox.add(session, conversation, urgency.replies(Texts.load(data_dir), data_dir, kind, case.form))
