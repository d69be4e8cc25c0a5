"""Addresses that content names: where each is used, which is asked next, and what came of it. `channels/links.py` asks."""

from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bot.faq.entries import KNOWN
from bot.faq.facts import facts
from bot.tables import EntryRow, Link, Organization, Service

ONCE_A = timedelta(days=7)  # an address that answered
WAITS = (1, 2, 4, 8)  # days after the first, second, … failure in a row
BROKEN = 3  # failures in a row
KEPT_TO_THEMSELVES = frozenset({401, 403, 429, 451})  # something is there, but not for a program
LONGEST_ERROR = 200


class Use(NamedTuple):
    """`kind`: entry, service, organization."""

    kind: str
    id: str


class Found(NamedTuple):
    """What came of asking. `status` is 0 when nobody answered; `error` says why, for a technician."""

    status: int = 0
    error: str = ""

    @property
    def state(self) -> str:
        if self.status in KEPT_TO_THEMSELVES:
            return "unknown"
        return "good" if 200 <= self.status < 400 and not self.error else "broken"


def uses(session: Session, data_dir: Path) -> dict[str, list[Use]]:
    """Every address, and what names it."""
    found: dict[str, dict[Use, None]] = {}

    def note(url: object, use: Use) -> None:
        if _is_address(text := str(url or "").strip()):
            found.setdefault(text, {})[use] = None

    known = facts(data_dir)
    rows = select(EntryRow.id, EntryRow.body["facts"], EntryRow.body["sources"]).where(EntryRow.state.in_(KNOWN)).order_by(EntryRow.id)
    for entry_id, used, own in session.execute(rows).tuples():
        for url in (*(known[fact].url for fact in used or () if fact in known), *(source.get("url") for source in own or ())):
            note(url, Use("entry", entry_id))
    for key, website in session.execute(select(Organization.id, Organization.website).order_by(Organization.id)).tuples():
        note(website, Use("organization", key))
    for key, sources in session.execute(select(Service.id, Service.sources).order_by(Service.id)).tuples():
        for source in sources:
            note(source.get("url"), Use("service", key))
    return {url: list(named) for url, named in found.items()}


def renew(session: Session, urls: Collection[str]) -> None:
    """New addresses are to be asked; those that nothing names any more are forgotten."""
    known = set(session.scalars(select(Link.url)))
    if fresh := sorted(set(urls) - known):
        session.execute(insert(Link).values([{"url": url} for url in fresh]).on_conflict_do_nothing())
    session.execute(delete(Link).where(Link.url.in_(known - set(urls))))


def next_one(session: Session, now: datetime) -> str | None:
    """The address that has waited longest."""
    return session.scalar(select(Link.url).where(Link.next_at <= now).order_by(Link.next_at, Link.url).limit(1))


def note(session: Session, url: str, found: Found, now: datetime) -> None:
    """A failure may be an accident: broken is what failed three times in a row, days apart."""
    link = session.get(Link, url, with_for_update=True)
    if link is None:
        return
    link.status, link.error, link.checked_at = found.status, found.error[:LONGEST_ERROR], now
    if found.state != "broken":
        link.state, link.failures, link.next_at = found.state, 0, now + ONCE_A
        return
    link.failures += 1
    link.state = "broken" if link.failures >= BROKEN else link.state
    link.next_at = now + timedelta(days=WAITS[min(link.failures, len(WAITS)) - 1])


def broken(session: Session) -> list[Link]:
    return list(session.scalars(select(Link).filter_by(state="broken").order_by(Link.url)))


def counts(session: Session) -> Counter[str]:
    """How many addresses are in which state."""
    return Counter(session.scalars(select(Link.state)))


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False
