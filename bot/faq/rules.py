"""What an FAQ entry must fulfil. Pure: an entry and the rule book in, faults out. For the tests, `dalil content` and the editors."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from bot.faq.amounts import amounts, named
from bot.faq.days import day_of, is_due
from bot.faq.entries import Entry
from bot.faq.facts import Fact, carrying, facts
from bot.faq.forbidden import Forbidden, forbidden
from bot.faq.phones import phones
from bot.language.forms import FORMS, RTL
from bot.language.normalize import arabic_share, clean, normalize
from bot.understanding.corpus import load_yaml

LONGEST_ANSWER, LONGEST_TITLE, FEWEST_QUESTIONS = 700, 24, 8
_FEW = 0.2  # of the letters that are Arabic: a title of ours with the name of an office has 0.28
_WORD = re.compile(r"[^\W\d_]{2,}")
_MARKUP = re.compile(r"</?[A-Za-z][^<>\n]{0,200}>|&(?:[A-Za-z]{2,8}|#\w{1,6});|\*\*")


class Fault(NamedTuple):
    """`rule` is a stable key, so that a page can say it in its own language; `form` is empty when the fault is in none."""

    entry: str
    rule: str
    form: str = ""
    detail: str = ""

    def __str__(self) -> str:
        return " ".join(part for part in (f"{self.entry}:", self.rule, self.form, self.detail) if part)


@dataclass(frozen=True)
class Book:
    """What an entry is measured against."""

    facts: Mapping[str, Fact]
    topics: Collection[str]
    categories: Collection[str]
    forbidden: Forbidden


@lru_cache(maxsize=2)
def book(data_dir: Path) -> Book:
    topics, categories = load_yaml(data_dir / "facts" / "faq-topics.yaml"), load_yaml(data_dir / "categories.yml")
    return Book(facts(data_dir), frozenset(topics), frozenset(categories), forbidden(data_dir))


def check(entry: Entry, book: Book, ids: Collection[str], on: date | None = None) -> list[Fault]:
    """The faults of one entry. `ids` are the entries that exist. On the day `on` (None: the day of reading) its facts must not be due."""
    key = str(entry.get("id", ""))
    found = (fault for rule in _RULES for fault in rule(entry, book))
    return [Fault(key, *fault) for fault in (*found, *_related(entry, ids), *_dates(entry, on))]


def check_all(entries: Collection[Entry], book: Book, on: date | None = None) -> list[Fault]:
    """The faults of all entries, and what two of them say twice."""
    ids = {str(entry.get("id", "")) for entry in entries}
    return [*(fault for entry in entries for fault in check(entry, book, ids, on)), *twice(entries)]


def twice(entries: Iterable[Entry]) -> Iterator[Fault]:
    """Questions, titles and ids that stand in more than one entry: nobody could say which of them is meant."""
    entries = list(entries)
    for rule, words in (("question_twice", _questions), ("title_twice", _titles), ("id_twice", _id)):
        owners = Counter(word for entry in entries for word in words(entry))
        yield from (Fault(str(e.get("id", "")), rule, "", word) for e in entries for word in sorted(words(e)) if owners[word] > 1)


def due(entries: Iterable[Entry], today: date) -> list[Entry]:
    """Entries whose facts must be looked at again, the longest waiting first."""
    days = ((str(day_of(entry.get("check_again_on")) or ""), entry) for entry in entries)
    return [entry for _, entry in sorted((pair for pair in days if is_due(pair[0], today)), key=lambda pair: pair[0])]


# an entry may be live with these
WARNINGS = frozenset({"form_missing", "few_questions", "check_due", "question_twice", "title_twice", "amount_unknown", "meaning_changed"})
WARNINGS |= {"markup", "other_script"}


Found = Iterator[tuple[str, ...]]
Rule = Callable[[Entry, Book], Found]


def _in_form(entry: Entry, part: str, form: str) -> str:
    return str((entry.get(part) or {}).get(form) or "").strip()


def _forms(entry: Entry, _: Book) -> Found:
    for part in ("titles", "answers"):
        yield from (("form_missing", form, part) for form in FORMS if not _in_form(entry, part, form))
        yield from (("form_unknown", form, part) for form in (entry.get(part) or {}) if form not in FORMS)


def _lengths(entry: Entry, _: Book) -> Found:
    for rule, part, longest in (("answer_long", "answers", LONGEST_ANSWER), ("title_long", "titles", LONGEST_TITLE)):
        sizes = ((form, len(_in_form(entry, part, form))) for form in FORMS)
        yield from ((rule, form, f"{size} > {longest}") for form, size in sizes if size > longest)


def _facts(entry: Entry, book: Book) -> Found:
    used = entry.get("facts") or []
    if not used and not entry.get("sources"):
        yield ("fact_missing",)
    yield from (("fact_unknown", "", i) for i in used if i not in book.facts)
    yield from (("fact_low", "", i) for i in used if i in book.facts and book.facts[i].confidence not in ("high", "medium"))
    yield from (("source_nameless", "", str(s.get("url") or "")) for s in entry.get("sources") or () if not s.get("title"))


def _phones(entry: Entry, book: Book) -> Found:
    known = {number for fact in carrying(entry, book.facts) for number in phones(fact.text)}
    for form in FORMS:
        yield from (("phone_unknown", form, number) for number in sorted(phones(_in_form(entry, "answers", form)) - known))


def _amounts(entry: Entry, book: Book) -> Found:
    """An entry may rest on sources that only people can read."""
    said = [fact.text for fact in carrying(entry, book.facts) if fact.text]
    known = {number for text in said for number in named(text)}
    for form in FORMS if said else ():
        yield from (("amount_unknown", form, number) for number in sorted(amounts(_in_form(entry, "answers", form)) - known))


def _unchecked(entry: Entry, _: Book) -> Found:
    """People who read this form are told that nobody has looked at it since the meaning changed."""
    yield from (("meaning_changed", form) for form in entry.get("to_check") or [])


def _forbidden(entry: Entry, book: Book) -> Found:
    for form in FORMS:
        for part in ("titles", "answers"):
            yield from (("forbidden", form, what) for what in book.forbidden.said(_in_form(entry, part, form), form))


def _markup(entry: Entry, _: Book) -> Found:
    """Pasted from a page or a chat: people would read the signs as they are."""
    for form in FORMS:
        yield from (("markup", form, part) for part in ("titles", "answers") if _MARKUP.search(_in_form(entry, part, form)))


def _scripts(entry: Entry, _: Book) -> Found:
    """A text in the field of another form. Names keep their letters, and a single word may be one."""
    for part in ("titles", "answers"):
        shares = ((form, arabic_share(text)) for form in FORMS if len(_WORD.findall(text := _in_form(entry, part, form))) > 1)
        yield from (("other_script", form, part) for form, share in shares if (share < _FEW if form in RTL else share > 1 / 2))


def _limits(entry: Entry, book: Book) -> Found:
    """A time limit to appeal is said in the first line."""
    needed = [limit for fact, limit in book.forbidden.time_limits.items() if fact in (entry.get("facts") or [])]
    for form in FORMS:
        first = clean(_in_form(entry, "answers", form).split("\n")[0])
        yield from (("limit_not_first", form, limit) for limit in needed if not re.search(rf"(?<!\d){limit}(?!\d)", first))


def _known(entry: Entry, book: Book) -> Found:
    if entry.get("topic") not in book.topics:
        yield ("topic_unknown", "", str(entry.get("topic")))
    yield from (("category_unknown", "", str(i)) for i in entry.get("categories") or [] if i not in book.categories)


def _enough_questions(entry: Entry, _: Book) -> Found:
    asked = {form: len(set(map(normalize, (entry.get("questions") or {}).get(form) or []))) for form in FORMS}
    yield from (("few_questions", form, f"{n} < {FEWEST_QUESTIONS}") for form, n in asked.items() if n < FEWEST_QUESTIONS)


def _related(entry: Entry, ids: Collection[str]) -> Found:
    """Entries that do not exist, or the entry itself."""
    yield from (("related_unknown", "", str(i)) for i in entry.get("related") or [] if i not in ids or i == entry.get("id"))


def _dates(entry: Entry, on: date | None) -> Found:
    read_on, again = day_of(entry.get("read_on")), day_of(entry.get("check_again_on"))
    if read_on is None or again is None:
        yield ("date_missing", "", "read_on" if read_on is None else "check_again_on")
    elif again < (on or read_on):
        yield ("check_due", "", again.isoformat())


_RULES: tuple[Rule, ...] = (
    _forms,
    _lengths,
    _facts,
    _phones,
    _amounts,
    _unchecked,
    _forbidden,
    _limits,
    _markup,
    _scripts,
    _known,
    _enough_questions,
)


def _questions(entry: Entry) -> set[str]:
    return {normalize(text) for texts in (entry.get("questions") or {}).values() for text in texts or []}


def _titles(entry: Entry) -> set[str]:
    return {normalize(str(title)) for title in (entry.get("titles") or {}).values()}


def _id(entry: Entry) -> set[str]:
    return {str(entry.get("id", ""))}
