"""`make chaos`: people write through stand-ins of Telegram and Twilio while every process, the database too, is killed at random.

Afterwards it is counted from the database and from what the providers accepted: lost, said twice, out of order.
"""

import argparse
import random
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from bot.db import Database
from bot.messaging import conversations
from bot.privacy.vault import vault
from bot.settings import Settings, settings
from bot.tables import InboundRow, OutboundRow
from channels.setup import sync
from cli.demo import apart, free_port
from cli.postgres import Embedded
from cli.prepare import fill_database, train
from cli.processes import Stack, rasa
from cli.stand_ins import pretend
from tests.providers import telegram, twilio
from tests.providers.control import Control
from tests.providers.server import Server

SAID = (
    "bonjour",
    "comment inscrire mon fils à l'école",
    "where can I register the birth of my baby?",
    "fin kayn tbib f inezgane",
    "كيف أجدد بطاقة الإقامة",
    "بغيت نهضر على الخدمة",
    "how much does the residence permit cost",
    "merci beaucoup",
    "je cherche une association à Agadir",
    "sift liya numero dyal HCR",
)
KILLED = ("rasa", "actions", "sender", "web", "database")
Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    contacts: int = 20
    messages: int = 500
    kills: int = 40
    seed: int = 1
    pause: float = 0.35  # seconds between two messages, on average
    rasa: int = 1  # processes of Rasa that share the inbox


@dataclass
class Figures:
    """What happened. `twice`: messages that the provider accepted and we do not know of: it took them, and we died before noting it."""

    said: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    lost: int = 0
    unanswered: int = 0
    twice: int = 0
    missing: int = 0
    disordered: int = 0
    seconds: float = 0.0

    def good(self) -> bool:
        return not (self.lost or self.unanswered or self.missing or self.disordered) and self.twice <= sum(self.kills.values())

    def __str__(self) -> str:
        kills = ", ".join(f"{name} {count}" for name, count in sorted(self.kills.items()))
        return (
            f"{self.said} messages, {sum(self.kills.values())} kills ({kills}), {self.seconds:.0f} s: lost {self.lost}, unanswered "
            f"{self.unanswered}, said twice {self.twice}, not delivered {self.missing}, out of order {self.disordered}"
        )


@dataclass(frozen=True)
class Town:
    """Dalil and both providers, running."""

    db: Database
    stack: Stack
    postgres: Embedded
    telegram: Control
    twilio: Control
    settings: Settings

    def say(self, contact: int, text: str) -> None:
        """Even contacts write on Telegram, odd ones on WhatsApp."""
        if contact % 2:
            self.twilio.post("say", **{"from": _number(contact), "text": text})
        else:
            self.telegram.post("say", chat=1000 + contact, text=text)

    def kill(self, name: str) -> None:
        if name == "database":
            self.postgres.kill()
        else:
            self.stack.running[name].kill()

    def address(self, contact: int) -> tuple[str, str]:
        return ("whatsapp", f"+{_number(contact)}") if contact % 2 else ("telegram", str(1000 + contact))

    def delivered(self) -> dict[str, list[str]]:
        """By address, our ids of what the provider accepted, in its order."""
        found: dict[str, list[str]] = {}
        for message in self.telegram.get("sent"):
            found.setdefault(str(message["to"]), []).append(f"{message['to']}:{message['message_id']}")
        for message in self.twilio.get("sent"):
            found.setdefault("+" + str(message["to"]).lstrip("+"), []).append(message["sid"])
        return found


def _number(contact: int) -> str:
    return f"2126000001{contact:02}"


@contextmanager
def town(config: Settings, say: Say, rasas: int = 1) -> Iterator[Town]:
    """An installation of its own, with its own database, beside the stand-ins."""
    with ExitStack() as open_until_the_end:
        own = apart(config, Path(open_until_the_end.enter_context(tempfile.TemporaryDirectory(prefix="dalil-chaos-"))) / "var")
        web = f"http://127.0.0.1:{own.port}"
        one, two = (
            open_until_the_end.enter_context(closing(Control(open_until_the_end.enter_context(Server(app)).url)))
            for app in (telegram.create_app(web), twilio.create_app(web, public_url=web, retries=3))
        )
        postgres = Embedded(own.var_dir / "postgres")
        url = open_until_the_end.enter_context(postgres)
        places = {"database_url": url, "telegram_api": one.url, "twilio_api": two.url, "smtp_url": own.smtp_url}
        own = pretend(own).model_copy(update=places)
        fill_database(own, url, say)
        db = open_until_the_end.enter_context(closing(Database.of(own)))
        stack = open_until_the_end.enter_context(
            Stack(own, url, _quietly(say), [rasa(f"rasa-{n}", free_port()) for n in range(2, rasas + 1)])
        )
        stack.wait()
        faults = [finding for finding in sync(db, own) if finding.fix]
        assert not faults, faults
        one.post("limits", on=False)
        yield Town(db, stack, postgres, one, two, own)


def _quietly(say: Say) -> Say:
    """Only what a process says when it breaks by itself: kills are ours, and the turns of a thousand messages are many."""
    return lambda line: say(line) if "Error" in line and "dalil:" not in line else None


def play(config: Settings, plan: Plan, say: Say) -> Figures:
    """Run the plan, wait until all is quiet, count."""
    say(f"seed {plan.seed}: {plan.contacts} contacts, {plan.messages} messages, {plan.kills} kills")
    train(config, say)
    with town(config, say, plan.rasa) as here:
        for control in (here.telegram, here.twilio):
            control.post("disorder", twice=0.2, late=0.2, seed=plan.seed)
        started, figures, asked = time.monotonic(), Figures(), _asked(plan)
        killer = threading.Thread(target=_kill, args=(here, plan, figures, say))
        killer.start()
        for contact, text in asked:
            here.say(contact, text)
            figures.said += 1
            threading.Event().wait(plan.pause)
        killer.join()
        quiet = _until_quiet(here, plan.messages)
        figures.seconds = time.monotonic() - started
        say("all is quiet" if quiet else "it did not become quiet")
        return _count(here, plan, asked, figures)


def _asked(plan: Plan) -> list[tuple[int, str]]:
    chance = random.Random(plan.seed)
    return [(chance.randrange(plan.contacts), chance.choice(SAID)) for _ in range(plan.messages)]


def _kill(here: Town, plan: Plan, figures: Figures, say: Say) -> None:
    """Spread over the time of the messages; each process as often as the others."""
    chance = random.Random(plan.seed + 1)
    names = [KILLED[n % len(KILLED)] for n in range(plan.kills)]
    chance.shuffle(names)
    each = plan.messages * plan.pause / max(1, plan.kills)
    for name in names:
        threading.Event().wait(chance.uniform(0.5 * each, 1.5 * each))
        try:
            here.kill(name)
            figures.kills[name] += 1
        except OSError as error:  # the database was just being started
            say(f"{name} was not running: {error}")


def _until_quiet(here: Town, messages: int, seconds: float = 300.0) -> bool:
    """Until every message was worked on, all answers are sent and the providers wait for nothing."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if _is_quiet(here, messages):
                return True
        except SQLAlchemyError:  # it was just killed
            pass
        threading.Event().wait(0.5)
    return False


def _is_quiet(here: Town, messages: int) -> bool:
    with here.db.begin() as session:
        states = Counter(session.scalars(select(InboundRow.state)))
        waiting = session.scalars(select(OutboundRow.id).where(OutboundRow.state.in_(("queued", "held"))).limit(1)).first()
    idle = all(control.get("idle")["idle"] for control in (here.telegram, here.twilio))
    return sum(states.values()) >= messages and not states["new"] and waiting is None and idle


def _count(here: Town, plan: Plan, asked: list[tuple[int, str]], figures: Figures) -> Figures:
    delivered = here.delivered()
    for contact in range(plan.contacts):
        channel, address = here.address(contact)
        _count_contact(here.db, (channel, address), [text for who, text in asked if who == contact], delivered.get(address, []), figures)
    return figures


def _count_contact(db: Database, who: tuple[str, str], asked: list[str], delivered: list[str], figures: Figures) -> None:
    channel, address = who
    with db.begin() as session:
        conversation = conversations.by_address(session, channel, address)
        if conversation is None:
            figures.lost += len(asked)
            return
        received = list(session.scalars(select(InboundRow).filter_by(conversation_id=conversation.id).order_by(InboundRow.id)))
        texts = [vault(session).unseal(row.body_sealed).get("text", "") for row in received]
        rows = list(session.scalars(select(OutboundRow).filter_by(conversation_id=conversation.id).order_by(OutboundRow.id)))
    figures.lost += sum((Counter(asked) - Counter(texts)).values())
    answered = {row.inbound_id for row in rows}
    figures.unanswered += sum(row.state != "done" or row.id not in answered for row in received)
    known = [row.provider_id for row in rows if row.state == "sent"]
    figures.missing += sum(row.state != "sent" for row in rows) + len(set(known) - set(delivered))
    figures.twice += len(delivered) - len([name for name in delivered if name in set(known)])
    in_order = [name for name in delivered if name in set(known)] == known and [r.inbound_id for r in rows] == sorted(
        r.inbound_id or 0 for r in rows
    )
    figures.disordered += not in_order or (channel == "telegram" and texts != asked)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description="Kill everything while people write.")
    for name, value in (("contacts", 20), ("messages", 500), ("kills", 40), ("rasa", 1), ("seed", random.randrange(10_000))):
        parser.add_argument(f"--{name}", type=int, default=value)
    figures = play(settings(), Plan(**vars(parser.parse_args())), lambda line: print(line, flush=True))
    print(figures)
    return 0 if figures.good() else 1


if __name__ == "__main__":
    raise SystemExit(main())
