"""What the form of a service would refuse, though a file may say it: the report marks it where it would be written."""

from collections.abc import Iterator

from bot.directory.hours import read
from bot.directory.hsds.record import Values
from bot.directory.hsds.tables import Fault
from bot.directory.typed import misplaced
from bot.faq.phones import is_number


def doubts(whole: Values, before: Values) -> Iterator[Fault]:
    """`whole`: the service as the file would leave it; what stood there before, and stays so, is no news."""
    point, held = ((values["latitude"], values["longitude"]) for values in (whole, before))
    if point != held and None not in point and (wrong := misplaced(*point)):
        yield wrong, "point"
    known = {phone["number"] for phone in before["phones"]}
    if any(phone["number"] not in known and not is_number(phone["number"]) for phone in whole["phones"]):
        yield "directory.bad_phone", "phones"
    if whole["hours"] not in ("", before["hours"]) and read(whole["hours"]) is None:
        yield "hours.unreadable", "hours"
