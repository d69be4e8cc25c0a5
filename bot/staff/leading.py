"""Whose account somebody may help with: administrators everybody's, who leads a team those of its caseworkers."""

import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.errors import Refused
from bot.staff.rights import Right, may
from bot.tables import Staff

LED = "caseworker"  # the role of those whom a supervisor leads; nobody helps with an account that may do more than their own


def is_led(by: Staff, person: Staff) -> bool:
    return may(by, Right.LEAD) and person.role == LED and person.team_id == by.team_id and person.id != by.id


def led(session: Session, by: Staff, staff_id: uuid.UUID) -> Staff:
    """The account, locked together with one's own, in one order: neither changes role or team meanwhile."""
    both = select(Staff).where(Staff.id.in_((by.id, staff_id))).order_by(Staff.id).with_for_update(key_share=True)
    rows = {row.id: row for row in session.scalars(both.execution_options(populate_existing=True))}
    me, person = rows.get(by.id), rows.get(staff_id)
    if not me or not person or not me.active or not (may(me, Right.PEOPLE) or is_led(me, person)):
        raise Refused("role.not_allowed")
    return person
