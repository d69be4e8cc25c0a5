"""How what has no name of its own is told in a report."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.directory.hsds.outcome import Outcome
from bot.directory.organizations import kinds_of_nameless
from bot.tables import Organization, Service


def tell(session: Session, outcomes: Iterable[Outcome]) -> None:
    """A service by the name of its organisation; else by its kind, as an organisation is."""
    unnamed = [each for each in outcomes if not any(each.names.values())]
    owned = select(Service.id, Organization.names, Service.categories).join(Organization, Organization.id == Service.organization_id)
    here = session.execute(owned.where(Service.id.in_([each.row_id for each in unnamed if each.table == "services"]))).tuples()
    services = {key: (names, kinds) for key, names, kinds in here}
    owners = kinds_of_nameless(session)
    for each in unnamed:
        names, kinds = services.get(each.row_id, ({}, owners.get(each.row_id, ())))
        each.names, each.kinds = names, kinds or each.values.get("categories") or each.kinds
