"""Who may do what. A right is asked for by name; roles are only sets of rights."""

from enum import Enum

from sqlalchemy import ColumnElement, and_, or_, true

from bot.tables import Case, Staff


class Right(str, Enum):
    """CASES: read and answer the cases of one's own team. LEAD: give them to somebody, take them over, keep the team's hours and
    ready answers. CONTENT: keep answers and directory. EDITORIAL: decide how content is published. REPORTS: read
    figures. AUDIT: read who did what. PEOPLE: staff and teams.
    ALL_TEAMS: what one may do for one's own team, for every team."""

    CASES = "cases"
    LEAD = "lead"
    CONTENT = "content"
    EDITORIAL = "editorial"
    REPORTS = "reports"
    AUDIT = "audit"
    PEOPLE = "people"
    ALL_TEAMS = "all_teams"


ROLES: dict[str, frozenset[Right]] = {
    "caseworker": frozenset({Right.CASES}),
    "supervisor": frozenset({Right.CASES, Right.LEAD, Right.REPORTS}),
    "editor": frozenset({Right.CONTENT}),
    "manager": frozenset({Right.CONTENT, Right.EDITORIAL, Right.REPORTS, Right.AUDIT}),
    "administrator": frozenset(Right),
}


def may(person: Staff, right: Right) -> bool:
    return right in ROLES.get(person.role, frozenset())


def having(right: Right) -> ColumnElement[bool]:
    """The condition on `Staff` of who works here and has this right."""
    return Staff.active & Staff.role.in_([role for role, rights in ROLES.items() if right in rights])


def visible(person: Staff) -> ColumnElement[bool]:
    """The condition on `Case` of what this person may see: cases of their team, and their own practice."""
    mine = true() if may(person, Right.ALL_TEAMS) else Case.team_id == person.team_id
    return and_(mine, or_(Case.practice_of.is_(None), Case.practice_of == person.id))


def may_see(case: Case) -> ColumnElement[bool]:
    """The other side of `visible`: the condition on `Staff` of who may see this case."""
    near = or_(having(Right.ALL_TEAMS), Staff.team_id == case.team_id)
    practises = true() if case.practice_of is None else Staff.id == case.practice_of
    return and_(having(Right.CASES), near, practises)
