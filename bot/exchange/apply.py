"""A plan carried out: all of it in the transaction of the caller, or nothing. Drafts only: nobody is answered with them yet."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.errors import Refused
from bot.exchange.plan import Outcome, Plan
from bot.exchange.slots import RESPONSIBLE
from bot.faq import editing, revisions, workflow
from bot.faq.workflow import Change
from bot.handoff import audit
from bot.tables import Staff


def apply(session: Session, person: Staff, plan: Plan, others: bool = False) -> int:
    """How many entries have a new draft. `others`: although some are refused. `Conflict` when somebody saved since the plan was made."""
    if not plan.to_do:
        raise Refused("exchange.nothing")
    if not plan.is_whole and not others:
        raise Refused("exchange.not_whole")
    for outcome in plan.to_do:
        _apply(session, person, outcome, revisions.noted("imported", plan.read.name))
    audit.record(session, str(person.id), "content.imported", "content", {"new": plan.count("new"), "changed": plan.count("changed")})
    return len(plan.to_do)


def _apply(session: Session, person: Staff, outcome: Outcome, why: str) -> None:
    if outcome.state == "new":
        workflow.create(session, person, outcome.body, why)
    elif outcome.changed != {RESPONSIBLE}:
        change = Change(outcome.body, "meaning", outcome.seen, why, outcome.looked_at, outcome.overtaken)
        workflow.save(session, person, outcome.entry, change)
    if RESPONSIBLE in outcome.changed or (outcome.state == "new" and outcome.given.values.get(RESPONSIBLE)):
        email = outcome.given.values.get(RESPONSIBLE) or ""
        responsible = session.scalar(select(Staff.id).where(func.lower(Staff.email) == email.lower()))
        editing.entrust(session, person, outcome.entry, str(responsible or ""))
