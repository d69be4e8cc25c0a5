"""What an editor may write: how long, which days and addresses, the id of a new entry, who is responsible."""

import re
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.errors import Refused
from bot.faq import workflow
from bot.faq.differences import WRITTEN, places, text, value
from bot.faq.entries import Entry
from bot.handoff import audit
from bot.language.forms import FORMS, Form
from bot.language.normalize import normalize
from bot.staff.rights import Right, having
from bot.tables import EntryRow, Staff

LONGEST = {"titles": 120, "answers": 4000, "questions": 60_000, "golden": 10_000}  # room to write; what may be live is in `rules`
MOST_QUESTIONS = 200  # of each kind in a form: five times what the largest entry has, and a trial still takes seconds
LONGEST_OTHER, LONGEST_WHY, LONGEST_ID = 20_000, 300, 60
DAYS = ("read_on", "check_again_on", "checked_on")
_ID = re.compile(r"[a-z0-9_]{1,60}")
_ADDRESS = re.compile(r"https?://[^\s<>\"']{3,1000}")


def check(body: Entry) -> None:
    """`Refused` for what cannot even be a draft. Everything else is a fault that is shown, and kept."""
    for place in places():
        if len(text(body, place)) > LONGEST.get(place[0], LONGEST_OTHER):
            raise Refused("entry.too_long")
        if place[0] in ("questions", "golden") and len(value(body, place) or ()) > MOST_QUESTIONS:
            raise Refused("entry.too_many")
    if any(not is_day(str(body.get(key) or "")) for key in DAYS):
        raise Refused("entry.no_day")
    if bool(body.get("checked_by")) != bool(body.get("checked_on")):
        raise Refused("entry.half_checked")
    if any(source["url"] and not _ADDRESS.fullmatch(source["url"]) for source in body.get("sources") or ()):
        raise Refused("entry.bad_address")


def is_day(written: str) -> bool:
    try:
        return not written or date.fromisoformat(written).isoformat() == written
    except ValueError:
        return False


def new(session: Session, person: Staff, wanted: tuple[str, str], topic: str, form: Form) -> EntryRow:
    """A draft with a title and nothing else. `wanted`: title, and id; without an id it is made from the title."""
    title, entry_id = wanted[0].strip(), wanted[1].strip() or made_id(session, wanted[0], topic)
    if not title:
        raise Refused("entry.no_title")
    if not _ID.fullmatch(entry_id):
        raise Refused("entry.bad_id")
    body: Entry = {part: {} for part in WRITTEN} | {part: [] for part in ("facts", "sources", "related", "categories", "services")}
    body |= {"id": entry_id, "topic": topic, "titles": {form: title}, "source_form": form, "to_check": []}
    body |= dict.fromkeys((*DAYS, "checked_by"))
    check(body)
    return workflow.create(session, person, body)


def made_id(session: Session, title: str, topic: str) -> str:
    """From the Latin letters of the title; the topic with a number when there are none. Never one that is taken."""
    plain = re.sub(r"[^a-z0-9]+", "_", normalize(title)).strip("_")[: LONGEST_ID - 5].strip("_")
    start = plain if re.search(r"[a-z]", plain) else re.sub(r"[^a-z0-9]+", "_", topic)[: LONGEST_ID - 5]
    taken = set(session.scalars(select(EntryRow.id).where(EntryRow.id.startswith(start, autoescape=True))))
    names = (start if n == 1 and start == plain else f"{start}_{n}" for n in range(1, len(taken) + 3))
    return next(name for name in names if name not in taken)


def editors(session: Session) -> list[Staff]:
    """Who can be responsible for an entry."""
    return list(session.scalars(select(Staff).where(having(Right.CONTENT)).order_by(Staff.name)))


def entrust(session: Session, person: Staff, entry_id: str, responsible: str) -> None:
    """Give an entry to somebody who keeps content; empty: to nobody."""
    row = session.get_one(EntryRow, entry_id)
    if responsible == str(row.responsible_id or ""):
        return
    wanted = next((editor.id for editor in editors(session) if str(editor.id) == responsible), None)
    if responsible and wanted is None:
        raise Refused("entry.not_to_them")
    row.responsible_id = wanted
    audit.record(session, str(person.id), "entry.entrusted", f"entry:{entry_id}", {"to": responsible})


def ordered(body: Entry) -> list[Form]:
    """The source form, then the others."""
    source = workflow.source_form(body)
    return [source, *(form for form in FORMS if form != source)]
