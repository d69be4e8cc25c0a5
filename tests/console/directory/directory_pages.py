"""What the tests of the directory fill in, and what they read from a page and from the database."""

import html
import re
from typing import Any

from bot.db import Database
from bot.directory import search
from bot.directory.search import Query
from bot.tables import Service
from tests.console.conftest import Browser

NASTY = "</textarea><script>alert(\"1\")</script> 'x' & <b>"
WEEK = {f"opens_{n}_0": "8h30" for n in range(5)} | {f"closes_{n}_0": "16:30" for n in range(5)}
WEEK |= {"closed_6": "1", "closed_5": "1", "holidays": "1"}
SPECIALS = {"special_first_0": "2027-03-10", "special_name_0": "Aïd", "special_closed_0": "1", "special_first_1": "2027-05-03"}
SPECIALS |= {"special_last_1": "2027-05-07", "special_hours_1": "9h-12h", "ramadan": "hours", "ramadan_hours": "Lu-Ve 9h-15h"}
EVERY_FIELD: dict[str, Any] = {
    **WEEK,
    **SPECIALS,
    "names_ar": "مداومة",
    "offers_fr": NASTY,
    "documents_ary-Latn": "Lpasport",
    "cost_en": "20 MAD",
    "eligible": ["no_papers", "women"],
    "languages": ["fr", "wo"],
    "covers": ["all"],
    "town": "tiznit",
    "town_name": "Tiznit",
    "address": "12, rue de la Paix",
    "point": "29.7, -9.73",
    "phone_number_0": "+212528000001",
    "phone_note_0": "accueil",
    "phone_number_1": "8350",
    "by_appointment": "yes",
    "accessible": "no",
    "free": "",
    "starts_on": "2026-01-01",
    "ends_on": "2030-12-31",
    "sources": "https://a.example\nhttps://b.example",
}


def fields(**changed: Any) -> dict[str, Any]:
    empty = {"status": "active", "verified": "partly", "phones": "2", "specials": "2", "names_fr": "Permanence"}
    empty |= {"categories": "school_office", "covers": "tiznit", "another": "1"}
    return empty | changed


def add(editor: Browser, **changed: Any) -> str:
    """The id of the new service."""
    answer = editor.post("/directory/organizations/org/services/new", **fields(**changed))
    assert answer.history and answer.history[0].status_code == 303, re.findall(r'id="problem".*', answer.text)
    return str(answer.url).split("/")[-1].split("?")[0]


def seen(editor: Browser, path: str) -> str:
    found = re.search(r'name="seen" value="([^"]+)"', editor.get(path).text)
    assert found
    return html.unescape(found.group(1))


def save(editor: Browser, key: str, version: str = "", **changed: Any):
    path = f"/directory/services/{key}"
    return editor.post(path, **fields(seen=version or seen(editor, path), **changed))


def row(db: Database, key: str) -> Service:
    with db.begin() as session:
        return session.get_one(Service, key)


def found(db: Database, **query: Any) -> list[str]:
    with db.begin() as session:
        return [hit.service.id for hit in search.search(session, Query(**query))[0]]


def shown(page: str) -> dict[str, str]:
    """What the rows of phones and of days hold."""
    found = dict(re.findall(r'name="((?:phone|special)_(?!closed)\w+)"[^>]*? value="([^"]*)"', page))
    kinds = re.findall(r'<select id="f-phone_kind_\d+" name="(phone_kind_\d+)">(.*?)</select>', page, re.DOTALL)
    chosen = {name: re.search(r'<option(?: value="\w+")? selected>([^<]*)|value="(\w+)" selected', rows) for name, rows in kinds}
    return found | {name: (one[2] or one[1] if one[1] == "fax" else "voice") for name, one in chosen.items() if one}


def problems(page: str) -> list[tuple[str, str]]:
    """Where each link of the summary leads, and what it is called."""
    summary = re.search(r'id="problem"(.*?)</div>', page, re.DOTALL)
    return re.findall(r'<a href="#([^"]+)">(.+?)</a>', summary.group(1).replace("<bdi>", "").replace("</bdi>", "")) if summary else []
