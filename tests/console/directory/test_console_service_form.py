"""The form of a service: all of it is kept and shown again, what cannot be true is said at its field, nothing is lost."""

import html
import re
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from bot.db import Database
from bot.tables import AuditRow, Organization, Service
from tests.console.conftest import Browser
from tests.console.directory.directory_pages import EVERY_FIELD, NASTY, add, fields, problems, row, save, shown


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


def test_saving_what_is_shown_changes_nothing_and_stops_no_colleague(editor: Browser, db: Database, organization: str) -> None:
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
        assert not session.scalars(select(AuditRow).filter_by(action="service.changed", subject=f"service:{key}")).all()
    after = row(db, key)
    assert (after.updated_at, after.special_hours) == (before.updated_at, before.special_hours)  # a page from before may still be saved


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


def test_hours_that_were_typed_are_to_be_seen_when_something_else_is_wrong(editor: Browser, db: Database, organization: str) -> None:
    folded = re.compile(r'<details class="texts" (open)?\s*><summary id="open-hours">')
    for hours in ({"opens_0_0": "9h", "closes_0_0": "12h"}, {"closed_6": "1"}, {"hours_text": "Lu-Ve 9h-15h"}, {"hours": "24/7"}):
        page = editor.post("/directory/organizations/org/services/new", **fields(point="ici", **hours)).text
        assert folded.findall(page) == ["open"], hours
    page = editor.post("/directory/organizations/org/services/new", **fields(point="ici")).text
    assert folded.findall(page) == [""]
    assert folded.findall(editor.get(f"/directory/services/{add(editor, opens_0_0='9h', closes_0_0='12h')}").text) == [""]


def test_each_of_the_other_hours_that_is_wrong_is_called_by_its_name(editor: Browser, organization: str) -> None:
    wrong = {"special_first_0": "2027-03-10", "special_name_0": "Aïd", "special_hours_0": "le matin", "special_first_1": "2027-05-03"}
    wrong |= {"ramadan": "hours", "ramadan_hours": "le soir"}
    page = editor.post("/directory/organizations/org/services/new", **fields(**wrong)).text
    assert problems(page) == [
        ("f-ramadan_hours", "Pendant le ramadan"),
        ("f-special_hours_0", "Autres horaires · Aïd"),
        ("f-special_hours_1", "Autres horaires · 2027-05-03"),
    ]
