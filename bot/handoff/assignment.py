"""Who has a case: given back, given to somebody, taken over, opened again. Each step is made from the state that its page showed."""

import uuid
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.errors import Conflict, Refused
from bot.handoff import audit, cases, clocks, notes, notices, urgency
from bot.messaging import conversations
from bot.staff import presence, teams
from bot.staff.rights import Right, may
from bot.tables import Case, Staff, Team
from bot.texts import Texts


@dataclass(frozen=True)
class Move:
    """A case goes to a colleague or to a team. `held_by`: who had it on the page from which this is asked; None: nobody."""

    case_id: int
    held_by: uuid.UUID | None
    colleague: uuid.UUID | None = None
    team: int = 0
    reason: str = ""


def possible(person: Staff, case: Case) -> frozenset[str]:
    """What this person may do with who has the case, and with its state."""
    leads, mine = may(person, Right.LEAD), case.assignee_id == person.id
    wanted = {
        "take": case.state == "waiting",
        "release": case.state == "taken" and mine,
        "hand_back": case.state == "taken" and mine,
        "close": case.state == "taken" and mine,
        "take_over": case.state == "taken" and not mine and leads,
        "assign": case.state != "closed" and leads and case.practice_of is None,
        "transfer": case.state != "closed" and (leads or (case.state == "taken" and mine)) and case.practice_of is None,
        "reopen": case.state == "closed",
    }
    return frozenset(name for name, allowed in wanted.items() if allowed)


def release(session: Session, staff: Staff, case_id: int) -> None:
    """Back to the queue, by who has it."""
    cases.to_queue(session, cases.mine(session, staff, case_id))
    audit.record(session, str(staff.id), "case.released", f"case:{case_id}")


def assign(session: Session, lead: Staff, move: Move, texts: Texts) -> None:
    """To a colleague of the case's team, whether somebody has it or not."""
    case = _as_shown(session, lead, move)
    _needs_lead(lead)
    _to_colleague(session, case, move, texts)
    notices.assigned(session, case, lead)
    audit.record(session, str(lead.id), "case.assigned", f"case:{case.id}", {"to": str(move.colleague)})


def take_over(session: Session, lead: Staff, move: Move, texts: Texts) -> None:
    """From a colleague."""
    lead = cases.recipient(session, lead.id)
    case = _as_shown(session, lead, move)
    _needs_lead(lead)
    if case.state != "taken" or case.assignee_id == lead.id:
        raise Conflict("case.moved")
    cases.give(session, case, lead)
    cases.say(session, case, texts, "person_joined", name=lead.name)
    audit.record(session, str(lead.id), "case.taken_over", f"case:{case.id}", {"from": str(move.held_by)})


def transfer(session: Session, staff: Staff, move: Move, texts: Texts) -> None:
    """To a colleague of the same team, or to the queue of another team; by who has it, or by a lead. The reason is kept as a note."""
    case = _as_shown(session, staff, move)
    if case.assignee_id != staff.id:
        _needs_lead(staff)
    if not move.reason.strip():
        raise Refused("case.no_reason")
    note = notes.add(session, staff, case, move.reason)
    if move.team:
        _to_team(session, case, move.team)
    else:
        _to_colleague(session, case, move, texts)
        notices.assigned(session, case, staff)
    target = {"team": move.team} if move.team else {"to": str(move.colleague)}
    audit.record(session, str(staff.id), "case.transferred", f"case:{case.id}", {**target, "note": note.id})


def reopen(session: Session, staff: Staff, case_id: int, texts: Texts) -> None:
    """A closed case waits again."""
    case = _open_again(session, staff, case_id)
    _say_first(session, case, texts, ("case_reopened", ""))


def reopen_and_take(session: Session, staff: Staff, case_id: int, texts: Texts) -> None:
    staff = cases.recipient(session, staff.id)
    case = _open_again(session, staff, case_id)
    cases.give(session, case, staff)
    audit.record(session, str(staff.id), "case.taken", f"case:{case.id}")
    _say_first(session, case, texts, ("person_joined", staff.name))


def other_teams(session: Session, case: Case) -> list[Team]:
    return [team for team in teams.all_teams(session) if team.id != case.team_id]


def _as_shown(session: Session, staff: Staff, move: Move) -> Case:
    """The case, locked, and who is to have it. `Conflict` when it went to somebody else since the page was made."""
    if move.colleague:
        cases.recipient(session, move.colleague)
    case = cases.lock_seen(session, staff, move.case_id)
    if case.state == "closed" or case.assignee_id != move.held_by:
        raise Conflict("case.moved")
    return case


def _needs_lead(staff: Staff) -> None:
    if not may(staff, Right.LEAD):
        raise Refused("role.not_allowed")


def _to_colleague(session: Session, case: Case, move: Move, texts: Texts) -> None:
    answers = presence.answering(teams.get(session, case.team_id))
    colleague = session.scalars(select(Staff).where(Staff.id == move.colleague, answers)).one_or_none()
    if colleague is None or colleague.id == case.assignee_id or case.practice_of is not None:
        raise Refused("case.not_to_them")
    cases.give(session, case, colleague)
    cases.say(session, case, texts, "person_joined", name=colleague.name)


def _to_team(session: Session, case: Case, team_id: int) -> None:
    if team_id not in {team.id for team in other_teams(session, case)} or case.practice_of is not None:
        raise Refused("case.not_to_them")
    case.team_id = team_id
    cases.to_queue(session, case)


def _open_again(session: Session, staff: Staff, case_id: int) -> Case:
    case = cases.lock_seen(session, staff, case_id)
    if case.state != "closed":
        raise Conflict("case.not_closed")
    if conversations.get(session, case.conversation_id).agreed is False:
        raise Refused("case.said_no")
    if cases.current(session, case.conversation_id):
        raise Conflict("case.other_open")
    case.outcome, case.closed_at = "", None
    cases.to_queue(session, case)
    clocks.asked(session, case)
    audit.record(session, str(staff.id), "case.reopened", f"case:{case_id}")
    return case


def _say_first(session: Session, case: Case, texts: Texts, notice: tuple[str, str]) -> None:
    """Said without being asked: not where somebody else may read the phone."""
    safe = conversations.get(session, case.conversation_id).safe
    if case.urgency not in urgency.SILENT or safe:
        key, name = notice
        cases.say(session, case, texts, key, name=name)
