"""Two editors saved at once: what only one of them touched is taken, what both touched is for a person to decide."""

from typing import NamedTuple

from bot.faq.differences import Place, content, places, put, value
from bot.faq.entries import Entry


class Merged(NamedTuple):
    """`clashes`: places that both changed, each otherwise; there `body` says what mine said. `taken`: places that only they changed."""

    body: Entry
    clashes: list[Place]
    taken: list[Place]


def merge(base: Entry, mine: Entry, theirs: Entry) -> Merged:
    """`base`: what I had before me when I began to type."""
    body, clashes, taken = dict(mine), list[Place](), list[Place]()
    for place in places():
        before, my, their = (content(version, place) for version in (base, mine, theirs))
        if their in (my, before) or place[0] == "to_check":
            continue
        if my == before:
            body = put(body, place, value(theirs, place))
            taken.append(place)
        else:
            clashes.append(place)
    return Merged(body, clashes, taken)
