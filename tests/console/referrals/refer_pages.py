"""What a caseworker does to refer somebody, and what is then stored, said and recorded."""

import re
from html import unescape

from sqlalchemy import select

from bot.db import Database
from bot.privacy.vault import vault
from bot.tables import AuditRow, OutboundRow, Referral
from tests.console.conftest import Browser

FIELDS = {"share": "name", "name": "Awa <b>", "place": "inezgane", "note": ""}


def refer(browser: Browser, number: int, service: str = "open", **changed: str) -> str:
    """Tick, read, send: as the page is used. What the last page says."""
    fields = {**FIELDS, **changed}
    page = browser.post(f"/cases/{number}/refer/{service}", **{**fields, "do": "preview"}).text
    found = re.search(r'name="read" value="([^"]*)"', page)
    return browser.post(
        f"/cases/{number}/refer/{service}", **{"do": "ask", **fields, "read": unescape(found.group(1)) if found else ""}
    ).text


def only(db: Database) -> Referral:
    with db.begin() as session:
        return session.scalars(select(Referral)).one()


def last_said(db: Database) -> str:
    with db.begin() as session:
        row = session.scalars(select(OutboundRow).order_by(OutboundRow.id.desc()).limit(1)).one()
        return str(vault(session).unseal(row.body_sealed)["text"])


def actions(db: Database, like: str) -> list[tuple[str, dict[str, object]]]:
    with db.begin() as session:
        return [(r.action, r.data) for r in session.scalars(select(AuditRow).where(AuditRow.action.like(like)).order_by(AuditRow.id))]
