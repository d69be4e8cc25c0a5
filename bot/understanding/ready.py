"""The index for the entries that are published now, the quickest way that is right: stored, amended, or trained."""

from collections.abc import Sequence

from bot.settings import Settings
from bot.understanding.amend import MOST, Change, Entry, amend
from bot.understanding.guard import check
from bot.understanding.index import Index, basis, folder_of, index_for, load, place_of


def ready_index(entries: Sequence[Entry], settings: Settings, present: Index | None = None) -> Index:
    """`present`: the index in use, whose training can be built on. `ModelRefused` when it would miss danger."""
    found = at_hand(entries, settings, present)
    return index_for(entries, settings) if found is None else found


def at_hand(entries: Sequence[Entry], settings: Settings, present: Index | None = None) -> Index | None:
    """None when only a whole training would help: gigabytes, and a minute or more."""
    stored = place_of(entries, settings)
    if stored.exists():
        return load(stored)
    trained = (present.trained or present) if present else _newest(settings)
    if trained is None or len(Change.since(trained, entries)) > MOST:
        return None
    amended = amend(trained, entries)
    check(amended, settings.data_dir)
    return amended


def is_trained(entries: Sequence[Entry], settings: Settings) -> bool:
    """Whether a whole training on exactly these entries is stored."""
    return place_of(entries, settings).exists()


def _newest(settings: Settings) -> Index | None:
    """What was trained last, by the same recipe."""
    stored = sorted(folder_of(settings).glob(f"{basis(settings.data_dir)}-*.pickle"), key=lambda file: file.stat().st_mtime)
    return load(stored[-1]) if stored else None
