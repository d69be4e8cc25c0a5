"""Addresses that no longer answer, with the names of what uses them."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.directory import organizations
from bot.directory.presentation import called
from bot.faq import links
from bot.faq.links import Use
from bot.language.forms import Form, in_form
from bot.tables import EntryRow, Link, Organization, Service


class User(NamedTuple):
    """`kind`: entry, service, organization."""

    kind: str
    id: str
    name: str


class Broken(NamedTuple):
    link: Link
    users: list[User]


def listed(session: Session, form: Form, data_dir: Path) -> list[Broken]:
    """What nothing uses any more is not shown."""
    rows = links.broken(session)
    used = links.uses(session, data_dir) if rows else {}
    wanted = {use for row in rows for use in used.get(row.url, ())}
    names = dict(_names(session, wanted, form))
    return [Broken(row, [User(*use, names[use]) for use in used[row.url] if use in names]) for row in rows if row.url in used]


def _names(session: Session, wanted: Iterable[Use], form: Form) -> Iterator[tuple[Use, str]]:
    ids = {kind: [use.id for use in wanted if use.kind == kind] for kind in ("entry", "service", "organization")}
    for key, titles in session.execute(select(EntryRow.id, EntryRow.body["titles"]).where(EntryRow.id.in_(ids["entry"]))).tuples():
        yield Use("entry", key), in_form(titles or {}, form) or key
    both = select(Service, Organization).join(Organization, Organization.id == Service.organization_id)
    for service, owner in session.execute(both.where(Service.id.in_(ids["service"]))).tuples():
        yield Use("service", service.id), called(service, owner, form)
    for row in session.scalars(select(Organization).where(Organization.id.in_(ids["organization"]))):
        yield Use("organization", row.id), organizations.name_of(session, row, form)
