"""What is done with the accounts of others: role, team, whether they work here, and help when somebody cannot get in."""

import uuid

from sqlalchemy import ColumnElement, false, func, select, true
from sqlalchemy.orm import Session

from bot.errors import NotFound, Refused
from bot.handoff import audit, cases
from bot.staff import accounts, invitations, leading, second_factor, sessions, teams
from bot.staff.rights import ROLES, Right, may, visible
from bot.tables import Case, Staff


def listed(session: Session, by: Staff) -> list[Staff]:
    """Those who work here, by name, then the others. A supervisor sees the own team."""
    return list(session.scalars(select(Staff).where(_seen_by(by)).order_by(Staff.active.desc(), func.lower(Staff.name), Staff.id)))


def everybody(session: Session) -> list[Staff]:
    """Also those who do not work here any more: the audit trail names them."""
    return list(session.scalars(select(Staff).order_by(func.lower(Staff.name), Staff.id)))


def get(session: Session, by: Staff, staff_id: uuid.UUID) -> Staff:
    person = session.scalars(select(Staff).where(Staff.id == staff_id, _seen_by(by))).one_or_none()
    if person is None:
        raise NotFound("There is no such member of staff.")
    return person


def assign(session: Session, by: Staff, staff_id: uuid.UUID, place: tuple[str, int]) -> None:
    """Another role or team. Rights change at once; cases that are out of sight now wait for somebody else."""
    (role, team_id), person = place, _managed(session, by, staff_id)
    if role not in ROLES:
        raise Refused("staff.no_such_role")
    if person.id == by.id and role != person.role:
        raise Refused("people.own_role")
    teams.get(session, team_id)
    if (person.role, person.team_id) == place:
        return
    person.role, person.team_id = role, team_id
    invitations.withdraw_all(session, person.id)
    session.flush()
    _give_back(session, by, person)
    audit.record(session, str(by.id), "staff.assigned", f"staff:{person.id}", {"role": role, "team": team_id})


def set_active(session: Session, by: Staff, staff_id: uuid.UUID, active: bool) -> None:
    """Nobody ends their own account: so one administrator is always left. Who leads a team may only end: taking back is decided above."""
    person = _managed(session, by, staff_id) if active or may(by, Right.PEOPLE) else leading.led(session, by, staff_id)
    if person.id == by.id:
        raise Refused("people.own_account")
    person.active = active
    if not active:
        sessions.end_all(session, person.id)
        invitations.withdraw_all(session, person.id)
        _give_back(session, by, person)
    audit.record(session, str(by.id), "staff.activated" if active else "staff.deactivated", f"staff:{person.id}")


def unlock(session: Session, by: Staff, staff_id: uuid.UUID) -> None:
    person = _managed(session, by, staff_id) if may(by, Right.PEOPLE) else leading.led(session, by, staff_id)
    person.failed, person.locked_until = 0, None
    audit.record(session, str(by.id), "staff.unlocked", f"staff:{person.id}")


def take_away_second_factor(session: Session, by: Staff, staff_id: uuid.UUID) -> None:
    """Not one's own: that needs the password and a code."""
    person = _managed(session, by, staff_id)
    if person.id == by.id:
        raise Refused("people.own_account")
    second_factor.take_away(session, by, person)


def _give_back(session: Session, by: Staff, person: Staff) -> None:
    """What this person has taken and can no longer answer waits for somebody else."""
    keeps = visible(person) if person.active and may(person, Right.CASES) else false()
    lost = select(Case.id).where(Case.assignee_id == person.id, Case.state == "taken", Case.practice_of.is_(None), ~keeps)
    for case_id in session.scalars(lost.order_by(Case.id)).all():
        case = cases.lock(session, case_id)
        if case.state == "taken" and case.assignee_id == person.id:
            cases.to_queue(session, case)
            audit.record(session, str(by.id), "case.released", f"case:{case_id}", {"from": str(person.id)})


def _seen_by(by: Staff) -> ColumnElement[bool]:
    return true() if may(by, Right.PEOPLE) else Staff.team_id == by.team_id


def _managed(session: Session, by: Staff, staff_id: uuid.UUID) -> Staff:
    """The account, locked. All administrators are locked first: of two who change each other, the second one may no longer."""
    rows = select(Staff).filter_by(role="administrator", active=True).order_by(Staff.id).with_for_update(key_share=True)
    if by.id not in {row.id for row in session.scalars(rows.execution_options(populate_existing=True))}:
        raise Refused("role.not_allowed")
    return accounts.locked(session, staff_id)
