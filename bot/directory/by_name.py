"""A place that is asked for by its name: `clinique Tifawin`, `فين مركز تيفاوين`."""

from pathlib import Path

from sqlalchemy.orm import Session

from bot.directory import search
from bot.directory.kinds import kinds_by_word
from bot.directory.search import Hit, Query
from bot.directory.words import SHORTEST, Word, read, skeletons
from bot.language.normalize import normalize

MOST = 6  # places that one message can mean; what fits more is no name


def called(session: Session, text: str, category: str, data_dir: Path) -> list[Hit]:
    """Every word that tells something, beside kinds of places, stands in the name; or some do, and it is of the kind that was understood.
    What the words of many names are tells nothing."""
    telling = [
        word for word in read(text, kinds_by_word(data_dir)) if not word.meant and len(word.text) >= SHORTEST and not word.text.isdigit()
    ]
    hits = ([hit for hit in search.by_words(session, word.text, Query()) if _is_called(hit, word)] for word in telling)
    names = [found for found in hits if 0 < len(found) <= MOST]
    if not names:
        return []
    kept = [hit for hit in names[0] if all(hit.service.id in {other.service.id for other in found} for found in names[1:])]
    return kept if len(names) == len(telling) else [hit for hit in kept if category in hit.service.categories]


def _is_called(hit: Hit, word: Word) -> bool:
    names = normalize(" ".join([*hit.service.names.values(), *hit.organization.names.values()])).split()
    return word.text in names or bool(word.bones and word.bones in skeletons(names))
