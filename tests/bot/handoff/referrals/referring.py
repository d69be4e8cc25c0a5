"""What the tests of referrals do: propose, press a button of the question, make a step; what is recorded then."""

from collections.abc import Callable
from itertools import pairwise

from sqlalchemy.orm import Session

from bot.db import Database
from bot.handoff import cases, referrals, sharing
from bot.handoff.cases import Ending
from bot.handoff.sharing import Reader, Shared
from bot.messaging.turns import Outcome
from bot.messaging.without_bot import answer
from bot.tables import Organization, Referral, Service, Staff
from bot.texts import Texts
from tests.story import DATA, Somebody

SHARED = Shared(name="Awa", language="fr", topic="health_free", place="inezgane", note="Elle a un bébé.")
SERVICE = "dar-x"
Ask = Callable[..., int]


def add_service(db: Database, name: str) -> None:
    empty: dict[str, object] = {"offers": {}, "audience": {}, "warnings": {}, "languages": [], "covers": [], "phones": [], "sources": []}
    names = {"fr": f"Dar {name}", "ar": "دار"}
    with db.begin() as session:
        session.add(Organization(id=f"org-{name}", names={"fr": "Organisation"}))
        session.flush()
        session.add(Service(id=name, organization_id=f"org-{name}", categories=["shelter_food"], names=names, verified="partly", **empty))


def proposed(session: Session, shared: Shared = SHARED, form: str = "fr", service: str = SERVICE) -> sharing.Proposal:
    return sharing.propose(session, service, shared, Reader(form, DATA))


def state(db: Database, referral_id: int) -> str:
    with db.begin() as session:
        return session.get_one(Referral, referral_id).state


def step(db: Database, staff: Staff, referral_id: int, *change: str) -> None:
    for was, to in pairwise(change):
        with db.begin() as session:
            referrals.step(session, staff, referral_id, (was, to))


def take_turn(somebody: Somebody, texts: Texts) -> Outcome:
    """What a worker does with a message while a person speaks or is waited for."""
    work = somebody.load()
    outcome = answer(work, None, texts, DATA)
    somebody.finish(work, *outcome.replies, effects=outcome.effects)
    return outcome


def press(somebody: Somebody, texts: Texts, yes: bool) -> str:
    """Press a button of the last question; what the person is told then."""
    chosen = next(o for o in somebody.options() if o.intent == "referral_answer" and o.data["yes"] is yes)
    somebody.press(chosen.token)
    take_turn(somebody, texts)
    return somebody.heard()[-1]


def steps(db: Database, referral_id: int) -> list[tuple[str, str]]:
    with db.begin() as session:
        return [(s.action, s.name) for s in referrals.history(session, session.get_one(Referral, referral_id))]


def end(db: Database, worker: Staff, number: int, outcome: str, texts: Texts) -> None:
    with db.begin() as session:
        if outcome == "handed_back":
            cases.hand_back(session, worker, number, texts)
        else:
            cases.close(session, worker, number, Ending(texts, outcome))
