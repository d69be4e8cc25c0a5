"""The directory in the console: made and found, a confidential place, what ends is hidden, holidays, where something is used."""

import re
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from bot.db import Database
from bot.tables import AuditRow, EntryRow, Holiday, Organization, Service
from tests.console.conftest import Browser
from tests.console.directory.directory_pages import add, fields, found, row, save, seen


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
    assert "<bdi>Agadir</bdi>" in editor.get(f"/directory/organizations/{owner.id}").text, "also where no town was typed"
    page = editor.get("/directory?q=permanence").text
    assert "<bdi>Agadir</bdi>" in page
    assert "Permanence" in page and "Services : \u20681\u2069" in page and f"/services/{key}" in page


def test_a_second_organisation_of_the_same_name_is_asked_about(editor: Browser, db: Database, organization: str) -> None:
    for typed in ({"names_fr": "association  AMAL"}, {"names_ar": "جمعية الأمل"}):
        page = editor.post("/directory/organizations/new", **typed, description_fr="Aide")
        assert page.status_code == 422 and 'href="/console/directory/organizations/org"' in page.text and 'name="another"' in page.text
        assert "Aide" in page.text and "une autre organisation" in page.text
    assert editor.post("/directory/organizations/new", names_fr="Association Amal", another="1").history[0].status_code == 303
    assert editor.post("/directory/organizations/new", names_fr="Association Azul").history[0].status_code == 303
    path = "/directory/organizations/org"
    assert editor.post(path, names_fr="Association Azul", seen=seen(editor, path)).history[0].status_code == 303
    with db.begin() as session:
        assert len(session.scalars(select(Organization)).all()) == 3


def test_a_confidential_place_is_never_said(editor: Browser, db: Database, organization: str) -> None:
    """Somebody ticks the box of a place that had an address: it must go."""
    key = add(editor, address="7, rue des Orangers", point="30.4, -9.6", categories=["women_support"])
    assert save(editor, key, hidden_place="1", erase="1", categories=["women_support"]).history[0].status_code == 303
    kept = row(db, key)
    assert (kept.hidden_place, kept.address, kept.latitude, kept.longitude) == (True, "", None, None)
    assert "Orangers" not in editor.get(f"/directory/services/{key}").text
    with db.begin() as session:
        assert not [a for a in session.scalars(select(AuditRow)) if "Orangers" in str(a.data)]


def test_what_a_confidential_place_loses_is_named_before_it_is_erased(editor: Browser, db: Database, organization: str) -> None:
    """With the script the fields of the place are not sent while the box is ticked, without it they are."""
    where = {"address": "7, rue des Orangers", "point": "30.4, -9.6", "town_name": "Talborjt"}
    key = add(editor, **where)
    for sent in ({}, where, {"address": "8, rue neuve"}):
        page = save(editor, key, hidden_place="1", offers_fr="Conseil", **sent)
        problem = re.search(r'id="problem"(.*?)</div>', page.text, re.DOTALL)
        assert page.status_code == 422 and problem and all(f"<bdi>{said}</bdi>" in problem[1] for said in where.values())
        assert 'name="erase"' in problem[1] and "checked" not in problem[1]
        for said in ("Conseil", *(sent or where).values()):
            assert said in page.text.split("<form id=")[1], "unticked, all of it is there again"
        assert re.search(r'name="hidden_place"[^>]*checked', page.text) and row(db, key).address == where["address"]
    wrong = save(editor, key, hidden_place="1", erase="1", ends_on="demain")
    assert wrong.status_code == 422 and where["address"] in wrong.text and row(db, key).address
    answer = save(editor, key, hidden_place="1", erase="1", offers_fr="Conseil", **where)
    kept = row(db, key)
    assert answer.history and (kept.hidden_place, kept.address, kept.town_name, kept.latitude) == (True, "", "", None)
    assert save(editor, key, hidden_place="1", offers_fr="Aide").history, "nothing is left to ask about"


def test_a_place_without_an_address_becomes_confidential_at_once(editor: Browser, db: Database, organization: str) -> None:
    key = add(editor, town="agadir")
    assert save(editor, key, hidden_place="1", town="agadir").history and row(db, key).hidden_place
    assert save(editor, key, hidden_place="1", address="7, rue").status_code == 422


def test_after_a_colleague_saved_it_is_asked_again_what_is_erased(editor: Browser, db: Database, organization: str) -> None:
    key = add(editor, address="7, rue des Orangers")
    old = seen(editor, f"/directory/services/{key}")
    save(editor, key, address="8, rue neuve")
    page = save(editor, key, old, hidden_place="1", erase="1")
    assert page.status_code == 409 and row(db, key).address == "8, rue neuve"
    again = save(editor, key, hidden_place="1")
    assert again.status_code == 422 and "8, rue neuve" in again.text and row(db, key).address


def test_what_has_ended_is_hidden_but_kept(editor: Browser, db: Database, organization: str) -> None:
    key = add(editor, categories=["legal_help"])
    path = f"/directory/services/{key}"
    assert found(db, category="legal_help") == [key]
    answer = editor.post(f"{path}/end", seen=seen(editor, path))
    assert "pas montré aux personnes" in answer.text and found(db, category="legal_help") == []
    assert "pas montré aux personnes" in editor.get("/directory?only=ended").text and row(db, key).status == "ended"
    assert save(editor, key, categories=["legal_help"]).status_code == 200 and found(db, category="legal_help") == [key]


def test_what_is_opened_again_stays_open(editor: Browser, db: Database, organization: str) -> None:
    """The last day that came with the end goes with it; one that somebody writes stays."""
    key = add(editor, categories=["legal_help"], verified="verified")
    path, today, soon = f"/directory/services/{key}", str(date.today()), str(date.today() + timedelta(9))
    for status in ("active", "paused"):
        editor.post(f"{path}/end", seen=seen(editor, path))
        first = str(date.today() + timedelta(2))  # no contradiction with a day that goes
        page = save(editor, key, categories=["legal_help"], status=status, ends_on=today, starts_on=first, verified="verified")
        assert page.status_code == 200 and f'name="ends_on" type="date" value="{today}"' not in page.text
        assert (row(db, key).ends_on, row(db, key).status, str(row(db, key).starts_on)) == (None, status, first)
    assert "Dernier jour" in editor.get(f"{path}/versions").text
    editor.post(f"{path}/end", seen=seen(editor, path))
    save(editor, key, categories=["legal_help"], status="active", ends_on=soon)
    assert str(row(db, key).ends_on) == soon and found(db, category="legal_help") == [key]


def test_a_service_that_is_opened_again_is_as_sure_as_before(editor: Browser, db: Database, organization: str) -> None:
    key = add(editor, verified="verified")
    path = f"/directory/services/{key}"
    editor.post(f"{path}/end", seen=seen(editor, path))
    save(editor, key, status="active", ends_on=str(date.today()), verified="verified")
    assert (row(db, key).verified, row(db, key).ends_on) == ("verified", None)


def test_it_is_said_why_people_are_not_shown_a_service(editor: Browser, db: Database, organization: str) -> None:
    key = add(editor)
    path, today = f"/directory/services/{key}", date.today()
    cases: list[tuple[dict[str, Any], tuple[str, ...]]] = [
        ({"status": "ended", "ends_on": today}, ("terminé",)),
        ({"status": "ended", "ends_on": today - timedelta(2)}, ("terminé",)),
        ({"status": "paused", "ends_on": None}, ("fermé pour le moment",)),
        ({"status": "active", "ends_on": date(2024, 5, 3)}, ("le dernier jour était le 3 mai 2024",)),
        ({"status": "paused", "ends_on": date(2024, 5, 3)}, ("fermé pour le moment", "le dernier jour était le 3 mai 2024")),
        ({"status": "active", "starts_on": date(2090, 5, 3), "ends_on": None}, ("commence le 3 mai 2090",)),
    ]
    for values, why in cases:
        with db.begin() as session:
            for name, value in values.items():
                setattr(session.get_one(Service, key), name, value)
        over = values["status"] == "ended" or (values["ends_on"] or date.max) < today
        for page in (path, "/directory/organizations/org", "/directory?only=ended" if over else "/directory"):
            said = re.sub("[\u2066-\u2069]", "", editor.get(page).text)
            assert f"pas montré aux personnes : {' · '.join(why)}<" in said, (values, page)
    for lang in ("ar", "en"):
        editor.get(f"/language/{lang}")
        assert "2090" in editor.get("/directory").text
        assert "commence" not in editor.get("/directory").text


def test_dates_hide_without_anybody_doing_anything(editor: Browser, db: Database, organization: str) -> None:
    today = date.today()
    for first, last in ((None, today - timedelta(2)), (today + timedelta(2), None)):
        add(editor, categories=["legal_help"], starts_on=str(first or ""), ends_on=str(last or ""))
    assert found(db, category="legal_help") == []
    for path in ("/directory", "/directory?only=ended"):
        assert editor.get(path).text.count('class="item gone"') == 1


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
