"""What the tests of lists and cases read from a page and from the database."""

import re

from sqlalchemy import func, select

from bot.db import Database
from bot.tables import AuditRow, OutboundRow, Staff


def shown(page: str) -> list[int]:
    return [int(n) for n in re.findall(r'<li id="case-(\d+)"', page)]


def options(page: str, name: str) -> list[str]:
    found = re.search(rf'<select id="{name}".*?</select>', page, re.S)
    return re.findall(r'<option value="([^"]+)"', found.group(0)) if found else []


def staff_id(db: Database, name: str) -> str:
    with db.begin() as session:
        return str(session.scalars(select(Staff.id).filter_by(name=name)).one())


def typed(page: str) -> str:
    found = re.search(r'<textarea id="text"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    assert found
    return found.group(1)


def rows(db: Database) -> int:
    with db.begin() as session:
        return session.scalar(select(func.count()).select_from(OutboundRow)) or 0


def actions(db: Database, number: int) -> list[str]:
    with db.begin() as session:
        return list(session.scalars(select(AuditRow.action).filter_by(subject=f"case:{number}")))
