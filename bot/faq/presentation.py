"""An entry as it is said: the answer, its sources with year, who checked it and when."""

from datetime import date
from pathlib import Path

from bot.faq.entries import Entry
from bot.faq.facts import Fact, facts
from bot.language.bidi import readable
from bot.language.forms import Form
from bot.texts import Texts

SHOWN = 2  # sources named in a message; the printable page lists all


def answer_text(entry: Entry, form: Form, texts: Texts, data_dir: Path) -> str:
    known = facts(data_dir)
    lines = [entry["answers"][form].strip(), "", _sources([known[i] for i in entry["facts"]], form, texts), _checked(entry, form, texts)]
    return readable("\n".join(lines), form)


def _sources(used: list[Fact], form: Form, texts: Texts) -> str:
    """The publisher and year of the sources, the first of each publisher."""
    items = dict.fromkeys(_item(fact, form, texts) for fact in used)
    return texts.get("source", form, sources="; ".join(list(items)[:SHOWN]))


def _item(fact: Fact, form: Form, texts: Texts) -> str:
    title = fact.title.split(" - ")[0].strip()
    if not fact.year:
        return texts.get("source_undated", form, title=title)
    return texts.get("source_item", form, title=title, year=fact.year)


def _checked(entry: Entry, form: Form, texts: Texts) -> str:
    if not entry.get("checked_on"):
        return texts.get("not_checked", form)
    return texts.get("checked", form, name=entry["checked_by"], date=texts.day(form, date.fromisoformat(str(entry["checked_on"]))))
