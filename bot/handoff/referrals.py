"""Referrals: a person is sent to a service with what they agreed to be told there. Nothing leaves by itself: staff print a sheet, or call.

asked -> agreed or refused (by the person, until it is passed on) -> sent -> accepted -> done, or declined. Staff may withdraw it before
it is sent.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from bot.db import notify
from bot.directory import search
from bot.directory.presentation import name_of
from bot.errors import Conflict, NotFound, Refused
from bot.handoff import audit, cases, clocks
from bot.handoff.sharing import Proposal
from bot.language.forms import known
from bot.messages import Button, Effect, Reply
from bot.messaging import conversations, outbox, window
from bot.privacy.vault import vault
from bot.staff import accounts
from bot.staff.rights import visible
from bot.tables import AuditRow, Case, Conversation, Referral, Staff
from bot.texts import Texts

ENDS = {"agreed": "referral_agreed", "refused": "referral_refused", "gone": "referral_gone", "over": "referral_over"}
HOW = ("chat", "phone", "in_person")  # in which way a caseworker was told yes; `chat`: in words of their own
PASSED_ON = ("sent", "accepted", "declined", "done")
AGREED = ("agreed", *PASSED_ON)
LATE = "refused_late"
NEXT = {
    "asked": ("withdrawn",),
    "agreed": ("sent", "withdrawn"),
    "sent": ("accepted", "declined", "done"),
    "accepted": ("done", "declined"),
}


@dataclass(frozen=True)
class Line:
    """A referral as it is listed. `to`: how the service is called, `by`: who refers, `late`: the person said no after it was passed on."""

    referral: Referral
    to: str
    by: str
    late: bool

    @property
    def next(self) -> tuple[str, ...]:
        return NEXT.get(self.referral.state, ())


@dataclass(frozen=True)
class Step:
    """One line of the history. `name` is empty when the person did it; `how`: the way in which staff was told yes."""

    at: datetime
    action: str
    name: str
    how: str


# --- Asked, answered


def ask(session: Session, staff: Staff, case_id: int, proposal: Proposal, how: str = "") -> Referral:
    """Ask the person, or note that they have agreed already (`how`). Only who answers in the case."""
    case = cases.mine(session, staff, case_id)
    conversation = conversations.get(session, case.conversation_id)
    if how not in ("", *HOW):
        raise Refused("referral.how")
    if not how and conversation.safe is False:
        raise Refused("referral.not_safe")
    if not how and window.is_closed(conversation):
        raise Refused("case.window_closed")
    if session.scalar(select(Referral.id).filter_by(case_id=case_id, service_id=proposal.service_id).where(_is_open())):
        raise Conflict("referral.already")
    row = Referral(case_id=case_id, service_id=proposal.service_id, staff_id=staff.id, state="agreed" if how else "asked")
    row.shared_sealed = vault(session).seal(proposal.record())
    session.add(row)
    session.flush()
    _record(session, row, str(staff.id), row.state, **({"how": how} if how else {}))
    if not how:
        _ask_in_chat(session, row, conversation, proposal)
        clocks.answered(case)
    return row


def _ask_in_chat(session: Session, row: Referral, conversation: Conversation, proposal: Proposal) -> None:
    buttons = tuple(Button(title, "referral_answer", {"id": row.id, "yes": yes}) for title, yes in zip(proposal.choices, (True, False)))
    outbox.add(session, conversation, [Reply(proposal.question, proposal.form, buttons, actor="person")], staff_id=row.staff_id)


def answered(data: dict[str, Any], texts: Texts, form: str, more: tuple[Button, ...] = ()) -> Effect:
    """What a turn does with an answer. Only its transaction learns what came of it, so the words for each end travel along.
    `more`: buttons where the question is over."""
    said = {end: Reply(texts.say(key, form), form, more if end == "over" else (), actor="system") for end, key in ENDS.items()}
    return Effect("referral_answer", {"id": data["id"], "yes": data["yes"], "said": {end: reply.as_json() for end, reply in said.items()}})


def answer(session: Session, conversation: Conversation, referral_id: int, yes: bool) -> str:
    """What the answer of the person did: agreed, refused, gone (it was passed on before), over (nobody waits for it any more).

    The last answer counts until it is passed on; a yes only while the case is open. The conversation is locked by the turn.
    """
    mine = select(Referral, Case).join(Case).where(Referral.id == referral_id, Case.conversation_id == conversation.id)
    found = session.execute(mine.with_for_update(of=Referral).execution_options(populate_existing=True)).tuples().one_or_none()
    if found is None:
        return "over"
    row, case = found
    if row.state == "withdrawn" or (yes and row.state not in AGREED and case.state == "closed"):
        return "over"
    if row.state in PASSED_ON:
        return "agreed" if yes else _too_late(session, row)
    return _changed(session, row, "agreed" if yes else "refused")


def _too_late(session: Session, row: Referral) -> str:
    """It cannot be taken back by us; staff see it and tell the service."""
    _record(session, row, "bot", LATE)
    return "gone"


def _changed(session: Session, row: Referral, to: str) -> str:
    if row.state != to:
        _move(session, row, to)
        _record(session, row, "bot", to)
    return to


def note_agreement(session: Session, staff: Staff, referral_id: int, how: str) -> Referral:
    """The person said yes to the caseworker. A no in the chat is not talked over: that takes a new question."""
    row = seen(session, staff, referral_id)
    cases.mine(session, staff, row.case_id)
    if how not in HOW:
        raise Refused("referral.how")
    _move(session, row, "agreed", was="asked")
    _record(session, row, str(staff.id), "agreed", how=how)
    return row


def step(session: Session, staff: Staff, referral_id: int, change: tuple[str, str]) -> Referral:
    """Note what became of it: anybody of the team, also after the case. `change`: the state that they saw, and the next one."""
    was, to = change
    row = seen(session, staff, referral_id)
    cases.lock_seen(session, staff, row.case_id)
    if to not in NEXT.get(was, ()):
        raise Conflict("referral.changed")
    _move(session, row, to, was=was)
    _record(session, row, str(staff.id), to)
    return row


def _move(session: Session, row: Referral, to: str, was: str = "") -> None:
    """Compare-and-set: `Conflict` when somebody was faster."""
    mine = update(Referral).where(Referral.id == row.id, Referral.state == (was or row.state))
    moved = mine.values(state=to, changed_at=func.clock_timestamp()).returning(Referral.id)
    if session.scalar(moved.execution_options(synchronize_session=False)) is None:
        raise Conflict("referral.changed")
    session.refresh(row)


def _record(session: Session, row: Referral, actor: str, what: str, **data: str) -> None:
    audit.record(session, actor, f"referral.{what}", f"case:{row.case_id}", {"referral": row.id, **data})
    conversation_id = session.scalar(select(Case.conversation_id).filter_by(id=row.case_id))
    notify(session, "console", str(conversation_id))


# --- Read


def seen(session: Session, person: Staff, referral_id: int) -> Referral:
    """The referral, if this person may see its case."""
    row = session.scalars(select(Referral).join(Case).where(Referral.id == referral_id, visible(person))).one_or_none()
    if row is None:
        raise NotFound("There is no such referral.")
    return row


def kept(session: Session, row: Referral) -> dict[str, Any]:
    """`service`, `form`, `told` and `shared`, as the person was asked about them."""
    found: dict[str, Any] = vault(session).unseal(row.shared_sealed)
    return found


def of_case(session: Session, case_id: int, form: str) -> list[Line]:
    return _lines(session, session.scalars(select(Referral).filter_by(case_id=case_id).order_by(Referral.id)), form)


def to_follow(session: Session, person: Staff, form: str, everybody: bool = False) -> list[Line]:
    """What waits for somebody: one's own, or all of the team; who has waited longest first. No practice."""
    query = select(Referral).join(Case).where(visible(person), Case.practice_of.is_(None), _is_open())
    whose = query if everybody else query.where(Referral.staff_id == person.id)
    return _lines(session, session.scalars(whose.order_by(Referral.changed_at, Referral.id)), form)


def _is_open() -> ColumnElement[bool]:
    """A question is over when its case is."""
    of = aliased(Case)
    lasts = select(of.id).where(of.id == Referral.case_id, of.state != "closed").exists()
    return or_(Referral.state.in_(("agreed", "sent", "accepted")), and_(Referral.state == "asked", lasts))


def line(session: Session, row: Referral, form: str) -> Line:
    return _lines(session, [row], form)[0]


def _lines(session: Session, rows: Iterable[Referral], form: str) -> list[Line]:
    found = list(rows)
    if not found:
        return []
    names, late = accounts.names(session, [row.staff_id for row in found]), _refused_late(session, found)
    return [Line(row, _called(session, row, form), names[row.staff_id], row.id in late) for row in found]


def _refused_late(session: Session, rows: Iterable[Referral]) -> set[int]:
    query = select(AuditRow.data["referral"].as_integer()).where(AuditRow.subject.in_({f"case:{row.case_id}" for row in rows}))
    return set(session.scalars(query.where(AuditRow.action == f"referral.{LATE}")))


def _called(session: Session, row: Referral, form: str) -> str:
    """As it is called now; as it was called then when it has left the directory."""
    return name_of(search.get(session, row.service_id), known(form)) if row.service_id else str(kept(session, row)["service"])


def history(session: Session, row: Referral) -> list[Step]:
    """All steps, from the audit trail, the oldest first."""
    mine = AuditRow.data["referral"].as_integer() == row.id
    query = select(AuditRow).filter_by(subject=f"case:{row.case_id}").where(AuditRow.action.startswith("referral."), mine)
    found = list(session.scalars(query.order_by(AuditRow.id)))
    names = accounts.names(session, [uuid.UUID(r.actor) for r in found if r.actor != "bot"])
    who = {str(staff_id): name for staff_id, name in names.items()}
    return [Step(r.at, r.action.removeprefix("referral."), who.get(r.actor, ""), str(r.data.get("how", ""))) for r in found]
