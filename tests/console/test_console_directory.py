"""The directory in the console: two editors at once, a confidential place, what ends is hidden, holidays, where something is used."""

import html
import re
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.db import Database
from bot.directory import search
from bot.directory.search import Query
from bot.settings import Settings
from bot.tables import AuditRow, EntryRow, Holiday, Organization, Service
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


@pytest.fixture
def settings() -> Settings:
    """All texts and lists."""
    return Settings()


@pytest.fixture
def organization(db: Database) -> str:
    with db.begin() as session:
        session.add(Organization(id="org", names={"fr": "Association Amal", "ar": "جمعية الأمل"}, website="https://amal.example"))
    return "org"


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


def test_an_organisation_and_its_service_are_made_and_found(editor: Browser, db: Database) -> None:
    answer = editor.post(
        "/directory/organizations/new", names_fr="Maison du quartier", website="https://maison.example", email="m@maison.example"
    )
    assert "Maison du quartier" in answer.text and answer.history[0].status_code == 303
    with db.begin() as session:
        owner = session.scalars(select(Organization)).one()
    assert owner.edited and owner.names == {"fr": "Maison du quartier", "en": "", "ar": ""} and owner.id.startswith("own-")
    answer = editor.post(
        f"/directory/organizations/{owner.id}/services/new", **fields(categories=["legal_help", "shelter_food"], town="agadir")
    )
    assert answer.history[0].status_code == 303
    (key,) = found(db, category="legal_help", town="agadir")
    assert row(db, key).categories == ["legal_help", "shelter_food"]
    page = editor.get("/directory?q=permanence").text
    assert "Permanence" in page and "Services : \u20681\u2069" in page and f"/services/{key}" in page


def test_all_columns_are_kept_and_shown_again(editor: Browser, db: Database, organization: str) -> None:
    answer = editor.post("/directory/organizations/org/services/new", **fields(**EVERY_FIELD))
    key = str(answer.url).split("/")[-1].split("?")[0]
    kept = row(db, key)
    assert kept.hours == "Mo-Fr 08:30-16:30; PH off"
    assert kept.special_hours == [
        {"first": "2027-03-10", "last": "2027-03-10", "hours": "", "name": "Aïd"},
        {"first": "2027-05-03", "last": "2027-05-07", "hours": "09:00-12:00", "name": ""},
        {"first": "", "last": "", "hours": "Mo-Fr 09:00-15:00", "name": ""},
    ]
    assert (kept.latitude, kept.longitude, kept.address, kept.covers) == (29.7, -9.73, "12, rue de la Paix", ["all"])
    assert (kept.by_appointment, kept.accessible, kept.free) == (True, False, None)
    assert kept.offers == {"fr": NASTY} and kept.documents == {"ary-Latn": "Lpasport"} and kept.cost == {"en": "20 MAD"}
    assert kept.phones == [{"number": "+212528000001", "kind": "voice", "note": "accueil"}, {"number": "8350", "kind": "voice", "note": ""}]
    assert (kept.starts_on, kept.ends_on) == (date(2026, 1, 1), date(2030, 12, 31)) and kept.eligible == ["no_papers", "women"]
    page = answer.text
    for word in ("29.7, -9.73", "sur rendez-vous", "accueil", "wolof", "Aïd", 'value="2027-05-07"'):
        assert word in page, word
    assert NASTY not in page and html.escape(NASTY, quote=False).replace('"', "&#34;").replace("'", "&#39;") in page
    same = {
        name: html.unescape(value) for name, value in re.findall(r'name="(special_\w+|ramadan_hours)" type="\w+" value="([^"]*)"', page)
    }
    assert same["special_hours_1"] == "09:00-12:00" and same["ramadan_hours"] == "lundi - vendredi 09:00-15:00"


def test_saving_what_is_shown_changes_nothing(editor: Browser, db: Database, organization: str) -> None:
    filled = {
        "town": "tiznit",
        "point": "29.7, -9.73",
        "categories": ["school_office"],
        "special_first_0": "2027-03-10",
        "special_closed_0": "1",
    }
    key = add(editor, **filled)
    before = row(db, key)
    assert save(editor, key, **filled).status_code == 200
    with db.begin() as session:
        last = session.scalars(select(AuditRow).where(AuditRow.action == "service.changed").order_by(AuditRow.id.desc())).first()
    assert last and last.data == {"fields": []} and last.subject == f"service:{key}" and before.special_hours == row(db, key).special_hours


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"point": "ici"}, "30.4278"),
        ({"point": "95, 0"}, "30.4278"),
        ({"categories": ["nothing"]}, "valeur"),
        ({"town": "atlantis"}, "valeur"),
        ({"hidden_place": "1", "address": "12, rue"}, "confidentiel"),
        ({"hidden_place": "1", "point": "30, -9"}, "confidentiel"),
        ({"hidden_place": "1", "town_name": "Talborjt"}, "confidentiel"),
        ({"starts_on": "2027-02-02", "ends_on": "2027-01-01"}, "jour"),
        ({"special_hours_0": "9h-12h"}, "date"),
        ({"special_first_0": "2027-02-02"}, "heures"),
        ({"special_first_0": "2027-02-02", "special_hours_0": "le matin"}, "horaires"),
        ({"opens_0_0": "9", "closes_0_0": "8"}, "la fin"),
        ({"ends_on": "demain"}, "date"),
        ({"sources": "javascript:alert(1)"}, "https://"),
        ({"names_fr": "x" * 200}, "long"),
    ],
)
def test_what_cannot_be_true_is_refused_and_nothing_is_lost(
    editor: Browser, db: Database, organization: str, wrong: dict[str, Any], said: str
) -> None:
    answer = editor.post("/directory/organizations/org/services/new", **fields(offers_fr="Conseil juridique", **wrong))
    problem = re.search(r'id="problem"(.*?)</div>', answer.text, re.DOTALL)
    assert answer.status_code == 422 and problem and said in problem.group(1).lower(), problem
    assert "Conseil juridique" in answer.text
    with db.begin() as session:
        assert session.scalars(select(Service)).all() == []


def test_two_editors_at_once(editor: Browser, db: Database, organization: str) -> None:
    key = add(editor, names_fr="Permanence")
    version = seen(editor, f"/directory/services/{key}")
    assert save(editor, key, version, names_fr="De l’autre").history[0].status_code == 303
    answer = save(editor, key, version, names_fr="De moi", offers_fr="gardé")
    assert answer.status_code == 409 and "De l’autre" in answer.text and 'value="De moi"' in answer.text and "gardé" in answer.text
    assert row(db, key).names["fr"] == "De l’autre"
    again = re.search(r'<form id="service".*?name="seen" value="([^"]+)"', answer.text, re.DOTALL)
    assert again and save(editor, key, html.unescape(again.group(1)), names_fr="De moi").history[0].status_code == 303
    assert row(db, key).names["fr"] == "De moi"


def test_two_editors_of_an_organisation(editor: Browser, db: Database, organization: str) -> None:
    version = seen(editor, "/directory/organizations/org")
    for name, status in (("Un", 200), ("Deux", 409)):
        answer = editor.post("/directory/organizations/org", names_fr=name, seen=version)
        assert answer.status_code == status
    assert "Un" in answer.text and 'value="Deux"' in answer.text


def test_a_confidential_place_is_never_said(editor: Browser, db: Database, organization: str) -> None:
    """Somebody ticks the box of a place that had an address: it must go."""
    key = add(editor, address="7, rue des Orangers", point="30.4, -9.6", categories=["women_support"])
    assert save(editor, key, hidden_place="1", categories=["women_support"]).history[0].status_code == 303
    kept = row(db, key)
    assert (kept.hidden_place, kept.address, kept.latitude, kept.longitude) == (True, "", None, None)
    assert "Orangers" not in editor.get(f"/directory/services/{key}").text
    with db.begin() as session:
        assert not [a for a in session.scalars(select(AuditRow)) if "Orangers" in str(a.data)]


def test_checked_today_by_whom(editor: Browser, db: Database, organization: str) -> None:
    key = add(editor)
    path = f"/directory/services/{key}"
    answer = editor.post(f"{path}/checked", seen=seen(editor, path))
    kept = row(db, key)
    assert (kept.verified, kept.verified_by) == ("verified", "Zineb") and kept.last_checked and "Zineb" in answer.text
    assert editor.post(f"{path}/checked", seen="2020-01-01T00:00:00+00:00").status_code == 409


def test_after_a_conflict_nobody_verifies_what_they_did_not_see(editor: Browser, db: Database, organization: str) -> None:
    key = add(editor, verified="verified")
    version = seen(editor, f"/directory/services/{key}")
    save(editor, key, version, verified="verified", phone_number_0="0528112233")
    answer = save(editor, key, version, verified="verified", offers_fr="Tout")
    assert answer.status_code == 409 and '<option value="partly" selected>' in answer.text


def shown(page: str) -> dict[str, str]:
    """What the rows of phones and of days hold."""
    found = dict(re.findall(r'name="((?:phone|special)_(?!closed)\w+)"[^>]*? value="([^"]*)"', page))
    kinds = re.findall(r'<select id="f-phone_kind_\d+" name="(phone_kind_\d+)">(.*?)</select>', page, re.DOTALL)
    chosen = {name: re.search(r'<option(?: value="\w+")? selected>([^<]*)|value="(\w+)" selected', rows) for name, rows in kinds}
    return found | {name: (one[2] or one[1] if one[1] == "fax" else "voice") for name, one in chosen.items() if one}


def test_the_form_keeps_all_rows_and_kinds_that_it_does_not_offer(editor: Browser, db: Database, organization: str) -> None:
    key = add(editor)
    phones = [{"number": f"05281122{n:02}", "kind": "fax" if n == 0 else "voice", "note": ""} for n in range(42)]
    days = [{"first": f"2027-{n // 28 + 1:02}-{n % 28 + 1:02}", "hours": "", "name": str(n)} for n in range(43)]
    days = [row | {"last": row["first"]} for row in days]
    with db.begin() as session:
        kept = session.get_one(Service, key)
        kept.phones, kept.special_hours = phones, days
    filled = shown(editor.get(f"/directory/services/{key}").text)
    filled |= {f"special_closed_{n}": "1" for n in range(43)}
    assert filled["phone_kind_0"] == "fax" and "phone_number_43" in filled and "special_first_44" in filled
    assert save(editor, key, **filled).status_code == 200
    kept = row(db, key)
    assert kept.phones == phones and kept.special_hours == days


def test_too_many_rows_are_refused_and_none_is_lost(editor: Browser, db: Database, organization: str) -> None:
    many = {f"phone_number_{n}": f"0528{n:06}" for n in range(101)}
    answer = editor.post("/directory/organizations/org/services/new", **fields(**many, phones="101"))
    assert answer.status_code == 422 and "Cent lignes" in answer.text and "0528000100" in answer.text


def test_saving_the_form_keeps_day_and_night_as_it_is_written(editor: Browser, db: Database, organization: str) -> None:
    """A table of whole days would not hold in Ramadan."""
    key = add(editor)
    with db.begin() as session:
        session.get_one(Service, key).hours = "24/7"
    days = {f"opens_{n}_0": "00:00" for n in range(7)} | {f"closes_{n}_0": "24:00" for n in range(7)}
    assert save(editor, key, **days).status_code == 200 and row(db, key).hours == "24/7"
    save(editor, key, **{**days, "closes_6_0": "12:00"})
    assert row(db, key).hours == "Mo-Sa 00:00-24:00; Su 00:00-12:00"


def test_what_has_ended_is_hidden_but_kept(editor: Browser, db: Database, organization: str) -> None:
    key = add(editor, categories=["legal_help"])
    path = f"/directory/services/{key}"
    assert found(db, category="legal_help") == [key]
    answer = editor.post(f"{path}/end", seen=seen(editor, path))
    assert "pas montré aux personnes" in answer.text and found(db, category="legal_help") == []
    assert "pas montré aux personnes" in editor.get("/directory?only=ended").text and row(db, key).status == "ended"
    assert save(editor, key, categories=["legal_help"]).status_code == 200 and found(db, category="legal_help") == [key]


def test_dates_hide_without_anybody_doing_anything(editor: Browser, db: Database, organization: str) -> None:
    today = date.today()
    for first, last in ((None, today - timedelta(2)), (today + timedelta(2), None)):
        add(editor, categories=["legal_help"], starts_on=str(first or ""), ends_on=str(last or ""))
    assert found(db, category="legal_help") == []
    for path in ("/directory", "/directory?only=ended"):
        assert editor.get(path).text.count('class="item gone"') == 1


def test_imports_leave_alone_what_people_changed(editor: Browser, db: Database) -> None:
    with db.begin() as session:
        session.add(Organization(id="org", names={"fr": "a"}, seed_hash="x"))
    add(editor)
    with db.begin() as session:
        assert session.get_one(Organization, "org").edited


def test_holidays_are_added_once_and_removed(editor: Browser, db: Database) -> None:
    for _ in range(2):
        editor.post("/directory/holidays", kind="ramadan", first="2027-02-08", last="2027-03-09", names_fr="Ramadan 1448")
    with db.begin() as session:
        (kept,) = session.scalars(select(Holiday)).all()
    assert (kept.kind, kept.first, kept.last, kept.names) == ("ramadan", date(2027, 2, 8), date(2027, 3, 9), {"fr": "Ramadan 1448"})
    assert "Ramadan 1448" in editor.get("/directory/holidays").text
    for wrong in ({"first": "x"}, {"first": "2027-02-08", "last": "2027-02-01"}, {"first": "2027-02-08", "last": "2027-06-01"}):
        assert editor.post("/directory/holidays", kind="holiday", **wrong).status_code == 422
    editor.post(f"/directory/holidays/{kept.id}/remove")
    with db.begin() as session:
        assert session.scalars(select(Holiday)).all() == []
        assert [a.action for a in session.scalars(select(AuditRow).order_by(AuditRow.id)) if "holiday" in a.action] == [
            "holiday.added",
            "holiday.removed",
        ]


def test_where_a_number_and_a_name_stand(editor: Browser, db: Database, organization: str) -> None:
    key = add(editor, phone_number_0="0528 11 22 33")
    other = add(editor, names_fr="Autre", phone_number_0="+212528112233")
    body = {"titles": {"fr": "Aide juridique"}, "answers": {"fr": "Appelez le 05 28 11 22 33."}, "questions": {}, "services": []}
    named = {"titles": {"fr": "Abri"}, "answers": {"fr": "Voir."}, "questions": {}, "services": [key]}
    with db.begin() as session:
        session.add(EntryRow(id="aid", topic="t", body=body, seed_hash=""))
        session.add(EntryRow(id="abri", topic="t", body=named, seed_hash=""))
    page = editor.get("/directory/used?q=%2B212 528 112233").text
    assert "Aide juridique" in page and key in page and other in page and "Abri" not in page
    panel = editor.get(f"/directory/services/{key}").text.split('id="used"')[1]
    assert "Aide juridique" in panel and "Abri" in panel and other in panel
    assert "Aide juridique" in editor.get("/directory/organizations/org").text
    assert key in editor.get("/directory/used?q=amal").text
    assert "Violence" in editor.get("/directory/used?q=8350").text
    assert "Nulle part ailleurs" in editor.get("/directory/used?q=0699999999").text


def test_filters_are_combined_and_each_line_says_why(editor: Browser, db: Database, organization: str) -> None:
    add(
        editor,
        names_fr="Premier",
        town="agadir",
        eligible=["women"],
        languages=["wo"],
        free="yes",
        accessible="yes",
        categories=["legal_help"],
    )
    add(editor, names_fr="Deuxième", town="agadir", eligible=["women"], categories=["legal_help"])
    add(editor, names_fr="Troisième", covers=["agadir"], categories=["legal_help"], by_appointment="yes")
    shown = {"": 3, "&tag=women": 2, "&tag=women&language=wo": 1, "&only=free": 1, "&only=accessible": 1, "&only=open": 0}
    for more, many in shown.items():
        assert editor.get(f"/directory?kind=legal_help&town=agadir{more}").text.count('<li class="item') == many, more
    page = editor.get("/directory?town=agadir&q=troisieme").text
    assert re.search(r"dessert cette ville · dans le nom · vérifié en partie", page) and "sur rendez-vous" in page


def test_only_editors_come_in(amina: Browser, editor: Browser) -> None:
    for path in ("/directory", "/directory/holidays", "/directory/organizations/new", "/directory/used"):
        assert amina.get(path).status_code == 403 and editor.get(path).status_code == 200


def problems(page: str) -> list[tuple[str, str]]:
    """Where each link of the summary leads, and what it is called."""
    summary = re.search(r'id="problem"(.*?)</div>', page, re.DOTALL)
    return re.findall(r'<a href="#([^"]+)">([^<]+)</a>', summary.group(1)) if summary else []


def test_all_that_is_wrong_is_said_at_once_and_marked_at_its_field(editor: Browser, organization: str) -> None:
    wrong = {"phone_number_1": "05 28 ABC 12", "point": "-9.5981, 30.4278", "opens_0_0": "25:00", "closes_0_0": "26", "opens_3_0": "9"}
    wrong |= {"special_first_1": "2027-01-10", "special_last_1": "2027-01-05", "special_closed_1": "1", "sources": "le directeur"}
    page = editor.post("/directory/organizations/org/services/new", **fields(categories="", covers="", **wrong)).text
    found = problems(page)
    assert [at for at, _ in found] == [
        *("f-categories", "f-town", "f-point", "f-phone_number_1", "hours-opens_0_0", "hours-opens_3_0", "f-special_last_1", "f-sources")
    ]
    assert found[4][1].endswith("Lundi") and found[5][1].endswith("Jeudi")
    for at, _ in found:
        field = re.search(rf'<[^<]*id="{at}"[^>]*>', page)
        described = re.search(r'aria-describedby="(wrong-\w+)', field.group()) if field else None
        assert field and 'aria-invalid="true"' in field.group() and described and f'id="{described.group(1)}"' in page, at
    assert page.count("autofocus") == 1 and re.search(r'id="f-categories"[^>]*autofocus', page)
    assert "inversés" in page and 'value="05 28 ABC 12"' in page


def test_old_numbers_and_hours_that_nobody_touches_stay(editor: Browser, db: Database, organization: str) -> None:
    old = add(editor)
    with db.begin() as session:
        stored = session.get_one(Service, old)
        stored.phones, stored.categories = [{"number": "0528 / 22", "kind": "voice", "note": ""}], []
        stored.latitude, stored.longitude, stored.hours = 48.85, 2.35, "Mar 09:00-12:00"
        stored.special_hours = [{"first": "", "last": "", "hours": "Mo 22:00-26:00", "name": ""}]
    same = {"phone_number_0": "0528 / 22", "point": "48.85, 2.35", "ramadan": "hours", "ramadan_hours": "Mo 22:00-26:00", "categories": ""}
    same["hours"] = "Mar 09:00-12:00"
    assert save(editor, old, **same).history[0].status_code == 303
    assert row(db, old).hours == "Mar 09:00-12:00"
    assert save(editor, old, **{**same, "phone_number_0": "0528 / 23"}).status_code == 422


def test_a_service_that_is_saved_as_it_was_stays_verified(editor: Browser, db: Database, organization: str) -> None:
    """A page has its boxes in an order of its own."""
    key = add(editor, categories=["school_office"], verified="verified")
    with db.begin() as session:
        stored = session.get_one(Service, key)
        stored.categories, stored.covers = ["school_office", "legal_help"], ["tiznit", "agadir"]
    same = {"categories": ["legal_help", "school_office"], "covers": ["agadir", "tiznit"], "verified": "verified"}
    save(editor, key, **same)
    kept = row(db, key)
    assert (kept.verified, kept.categories, kept.covers) == ("verified", ["school_office", "legal_help"], ["tiznit", "agadir"])
    save(editor, key, **same | {"categories": ["asylum_office", "legal_help"]})
    assert (row(db, key).verified, row(db, key).categories) == ("partly", ["legal_help", "asylum_office"])


def test_a_second_service_of_the_same_name_is_asked_about(editor: Browser, db: Database, organization: str) -> None:
    key = add(editor, names_fr="Accueil", town="agadir")
    answer = editor.post("/directory/organizations/org/services/new", **fields(names_fr="ACCUEIL", town="agadir") | {"another": []})
    assert answer.status_code == 422 and f'href="/console/directory/services/{key}"' in answer.text and 'name="another"' in answer.text
    assert add(editor, names_fr="Accueil", town="agadir") != key
    answer = editor.post("/directory/organizations/org/services/new", **fields(names_fr="Accueil", town="tiznit") | {"another": []})
    assert answer.history[0].status_code == 303


def test_a_new_service_is_not_verified_until_somebody_says_so(editor: Browser, organization: str) -> None:
    page = editor.get("/directory/organizations/org/services/new").text
    assert re.search(r'<option value="name-only" selected>non vérifié<', page)


def test_hours_over_midnight_are_kept_and_shown_in_the_table(editor: Browser, db: Database, organization: str) -> None:
    key = add(editor, opens_4_0="22h", closes_4_0="6h", ramadan="hours", ramadan_hours="Lu-Ve 20h-2h")
    assert row(db, key).hours == "Fr 22:00-06:00" and row(db, key).special_hours[0]["hours"] == "Mo-Fr 20:00-02:00"
    assert re.search(r'name="closes_4_0"[^>]*value="06:00"', editor.get(f"/directory/services/{key}").text)


def test_what_is_understood_stands_beside_hours_that_were_typed(editor: Browser, organization: str) -> None:
    page = editor.post(
        "/directory/organizations/org/services/new", **fields(point="ici", ramadan="hours", ramadan_hours="Lu-Ve 9h-15h")
    ).text
    assert "Compris ainsi" in page and "lundi - vendredi 09:00-15:00" in page and 'value="Lu-Ve 9h-15h"' in page


def test_a_web_address_gets_its_beginning_and_faults_of_an_organisation_are_marked(editor: Browser, db: Database) -> None:
    page = editor.post("/directory/organizations/new", names_fr="", website="le site", email="a@b@c").text
    assert [at for at, _ in problems(page)] == ["f-names_fr", "f-website", "f-email"] and 'value="a@b@c"' in page
    editor.post("/directory/organizations/new", names_fr="Maison", website="maison.example/aide")
    with db.begin() as session:
        assert session.scalars(select(Organization.website)).one() == "https://maison.example/aide"
