"""Everything that the page of one entry shows."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from bot.directory.kinds import kind_names
from bot.faq import answered, asking, choices, comments, counters, differences, editing, entries, preview, rules, workflow
from bot.faq.choices import Choice
from bot.faq.days import today
from bot.faq.differences import Place
from bot.faq.entries import Entry
from bot.faq.facts import SOURCE
from bot.faq.listing import Line, standing, status, twice
from bot.faq.rules import Fault
from bot.language.forms import FORMS, Form, in_form, known
from bot.staff import accounts
from bot.tables import EntryRow
from console.entry_clash import NO_CLASH, Clash
from console.entry_forms import FIELDS, Typed, field_of, in_field

BLANK_SOURCES = 2
NEAR = {  # beside which field a fault is shown; all stand at the top, too
    **{"answer_long": "answers", "phone_unknown": "answers", "forbidden": "answers", "limit_not_first": "answers"},
    **{"amount_unknown": "answers", "meaning_changed": "answers", "question_twice": "questions", "title_twice": "titles"},
    **{"title_long": "titles", "few_questions": "questions", "topic_unknown": "topic", "category_unknown": "categories"},
    **{"fact_missing": "facts", "fact_unknown": "facts", "fact_low": "facts", "source_nameless": "sources", "related_unknown": "related"},
    **{"date_missing": "days", "check_due": "days"},
}
FOLDED = {
    "sources": {"facts", "sources", "days", *editing.DAYS, "checked_by"},
    "entry": {"topic", "source_form", "related"},
    "places": {"categories", "services"},
}
_LISTS = ("facts", "sources", "related", "categories", "services", "to_check")
BLANK: Entry = {part: {} for part in differences.WRITTEN} | dict.fromkeys(differences.COMMON) | {part: [] for part in _LISTS}
STEPS = ("submit", "send-back", "publish", "archive", "roll-back", "restore")  # what was done, said on the page afterwards
SAID_BY_RULE = ("titles", "answers", "read_on", "check_again_on")  # details that the place of a fault says already


@dataclass(frozen=True)
class Said:
    """A comment that was refused, or a choice. `about`: the form that it is about; `of`: who was asked; `strangers`: names in the comment
    that was kept, of nobody here."""

    text: str = ""
    about: str = ""
    of: str = ""
    strangers: Sequence[str] = ()


@dataclass(frozen=True)
class Sheet:
    """An entry as it is before the editor. `body`: as the fields show it. `clash`: what somebody else saved meanwhile, where both
    changed the same place; `taken`: places of theirs that were put in."""

    body: Entry
    typed: Typed
    problem: str = ""
    status: int = 200
    clash: Clash = NO_CLASH
    taken: Sequence[Place] = ()
    came_back: bool = False  # with what was typed: nothing that the browser kept may replace it
    said: Said = Said()


@dataclass(frozen=True)
class Shown:
    """A fault beside its field. `grave`: the entry cannot be published with it. `other`: the entry that says the same."""

    rule: str
    detail: str
    grave: bool
    field: str
    other: str = ""


@dataclass(frozen=True)
class Reader:
    """In which language, and with which content. `lines`: of every entry."""

    lang: Form
    data_dir: Path
    lines: Sequence[Line]

    @cached_property
    def titles(self) -> dict[str, dict[str, str]]:
        return {line.id: line.said.titles for line in self.lines}


def parts(session: Session, sheet: Sheet, reader: Reader) -> dict[str, Any]:
    """What changes while somebody types."""
    body, typed = BLANK | sheet.body, sheet.typed
    show = known(typed.show, workflow.source_form(body))
    listed = faults(session, body, reader)
    return {
        "body": body,
        "order": editing.ordered(body),
        "faults": {name: [f for f in listed if f.field == name] for name in {f.field for f in listed}},
        "grave": [fault for fault in listed if fault.grave],
        **_warnings(listed, reader),
        "counts": {f: counters.reading(str(differences.value(body, ("answers", f)) or "")) for f in FORMS},
        "limits": {"titles": rules.LONGEST_TITLE, "answers": rules.LONGEST_ANSWER},
        "hard": {"sentence": counters.LONG_SENTENCE, "average": counters.LONG_AVERAGE},
        "preview": preview.said(body, show, entries.titles(session, body.get("related") or ()), reader.data_dir),
        "numbers": {
            "facts": len(body["facts"] or ()) + len(body["sources"] or ()),
            "related": len(body["related"] or ()),
            "places": len(body["categories"] or ()) + len(body["services"] or ()),
        },
        "typed": typed,
        "clash": sheet.clash,
        "places": [(field_of(place), place[1]) for place in differences.places()],
        **_choices(session, sheet, reader),
    }


def unfolded(sheet: Sheet, faults: Collection[str]) -> set[str]:
    """Parts of the page in which something must be seen: a fault, what a colleague saved, what was searched."""
    must = {*faults, *sheet.clash.theirs, *(name for name, words in sheet.typed.sought.items() if words)}
    return {part for part, fields in FOLDED.items() if must & fields}


def whole(session: Session, row: EntryRow, sheet: Sheet, reader: Reader) -> dict[str, Any]:
    head, said = workflow.head(session, row.id), comments.listed(session, row.id)
    book = rules.book(reader.data_dir)
    kinds = kind_names(reader.data_dir, reader.lang)
    shown = parts(session, sheet, reader)
    return {
        **shown,
        **{
            "row": row,
            "sheet": sheet,
            "head": head,
            "standing": standing(row),
            "stood": workflow.stands(row),
            "forms": FORMS,
            "comments": said,
            "sent_back": comments.sent_back(session, row),
            "told": comments.told(session, [comment.id for comment in said]),
            "steps": STEPS,
            "in_field": in_field,
            "able": [(person.id, person.name) for person in asking.able(session, row)],
            "waits": asking.waits(row),
            "reviewer": asking.reviewer(session, row),
        },
        "statuses": {form: status(sheet.body, form) for form in FORMS},
        "waiting": {f: answered.waiting(session, row.id, head.body, f) for f in FORMS if f in (head.body.get("to_check") or ())},
        "names": accounts.names(session, [head.by, row.responsible_id, *(comment.by for comment in said)]),
        "unfolded": unfolded(sheet, shown["faults"]),
        "before": answered.before(session, row),
        "barred": workflow.barred(session, row),
        "topics": sorted(book.topics),
        "people": [(str(person.id), person.name) for person in editing.editors(session)],
        "kinds": kinds | {key: key for key in sheet.body.get("categories") or () if key not in kinds},
        "sources": [dict.fromkeys(SOURCE, "") | source for source in (*(sheet.body.get("sources") or ()), *[{}] * BLANK_SOURCES)],
        "longest": {**editing.LONGEST, "why": editing.LONGEST_WHY, "comment": comments.LONGEST},
    }


def faults(session: Session, body: Entry, reader: Reader) -> list[Shown]:
    """Each beside its field. Of a form in which nothing is written yet, only what prevents publishing."""
    book, ids = rules.book(reader.data_dir), reader.titles.keys()
    grave = set(workflow.grave(session, body, book))
    unwritten = {form for form in FORMS if not any(differences.value(body, (part, form)) for part in workflow.PARTS)}
    listed = [fault for fault in rules.check(body, book, ids, today()) if fault in grave or fault.form not in unwritten]
    return [
        *(_shown(fault, fault in grave) for fault in listed),
        *(_shown(fault, False, fault.entry) for fault in twice(reader.lines, body)),
    ]


def warnings(session: Session, body: Entry, reader: Reader) -> dict[str, Any]:
    """What somebody should look at before it is published."""
    return _warnings(faults(session, BLANK | body, reader), reader)


def _warnings(listed: Sequence[Shown], reader: Reader) -> dict[str, Any]:
    titles = reader.titles
    others = {fault.other: in_form(titles[fault.other], reader.lang) or fault.other for fault in listed if fault.other}
    return {"warnings": [fault for fault in listed if not fault.grave], "others": others}


def _shown(fault: Fault, grave: bool, other: str = "") -> Shown:
    part = fault.detail if fault.detail in FIELDS else NEAR.get(fault.rule, "")
    where = field_of((part, fault.form)) if part in FIELDS else part
    return Shown(fault.rule, "" if fault.detail in SAID_BY_RULE else fault.detail, grave, where, other)


def _choices(session: Session, sheet: Sheet, reader: Reader) -> dict[str, Any]:
    """What is chosen, and what was found by the words sought; what is gone stays, so that it can be taken off."""
    body, sought, data_dir = sheet.body, sheet.typed.sought, reader.data_dir
    others = [Choice(i, in_form(titles, reader.lang) or i, i) for i, titles in reader.titles.items() if i != body["id"]]
    services = choices.services(session, reader.lang)
    return {
        "chosen": {
            "facts": [choices.fact(i, data_dir) for i in body.get("facts") or ()],
            "related": _known(others, body.get("related") or ()),
            "services": _known(services, body.get("services") or ()),
        },
        "found": {
            "facts": choices.find_facts(session, sought.get("facts", ""), data_dir, reader.lines),
            "related": choices.find(others, sought.get("related", "")) if sought.get("related") else [],
            "services": choices.find(services, sought.get("services", "")) if sought.get("services") else [],
        },
    }


def _known(every: Sequence[Choice], ids: Sequence[str]) -> list[Choice]:
    known_ones = {choice.id: choice for choice in every}
    return [known_ones.get(i, Choice(i, i, note="gone")) for i in ids]
