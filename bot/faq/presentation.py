"""An entry as it is said: the answer, its sources with year, who checked it and when."""

from datetime import date
from pathlib import Path

from bot.faq.days import day_of, is_due, today
from bot.faq.entries import Entry
from bot.faq.facts import Fact, carrying, facts
from bot.language.bidi import readable
from bot.language.forms import Form, in_form, nearest
from bot.texts import Texts

SHOWN = 2  # sources named in a message; the printable page lists all


def answer_text(entry: Entry, form: Form, texts: Texts, data_dir: Path) -> str:
    """In the nearest form when it is not written in this one, which is said."""
    said = nearest(entry["answers"], form)
    first = [] if said == form else [texts.get("not_in_form", form)]
    lines = [
        *first,
        in_form(entry["answers"], form).strip(),
        "",
        *_sources(entry, form, texts, data_dir),
        _checked(entry, said, form, texts),
        *_overdue(entry, form, texts),
    ]
    return readable("\n".join(lines), form)


def _sources(entry: Entry, form: Form, texts: Texts, data_dir: Path) -> list[str]:
    """The publisher and year of the sources, the first of each publisher."""
    items = dict.fromkeys(_item(source, form, texts) for source in carrying(entry, facts(data_dir)))
    return [texts.get("source", form, sources="; ".join(list(items)[:SHOWN]))] if items else []


def _item(source: Fact, form: Form, texts: Texts) -> str:
    title = source.title.split(" - ")[0].strip()
    if not source.year:
        return texts.get("source_undated", form, title=title)
    return texts.get("source_item", form, title=title, year=source.year)


def _checked(entry: Entry, said: Form, form: Form, texts: Texts) -> str:
    """Who checked it; of a form that nobody looked at since the meaning changed, that it may be untrue."""
    if said in entry.get("to_check", []):
        return texts.get("meaning_changed", form)
    if not entry.get("checked_on"):
        return texts.get("not_checked", form)
    return texts.get("checked", form, name=entry["checked_by"], date=texts.day(form, date.fromisoformat(str(entry["checked_on"]))))


def _overdue(entry: Entry, form: Form, texts: Texts) -> list[str]:
    """Past its day it may have become untrue, which is said."""
    day = day_of(entry.get("check_again_on"))
    return [texts.get("check_overdue", form, date=texts.day(form, day))] if day and is_due(day, today()) else []
