"""Who wrote and who checked a service: two editors at once, what is verified by whom, imports."""

import html
import re

from bot.db import Database
from bot.tables import Organization, Service
from tests.console.conftest import Browser
from tests.console.directory.directory_pages import add, row, save, seen


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


def test_imports_leave_alone_what_people_changed(editor: Browser, db: Database) -> None:
    with db.begin() as session:
        session.add(Organization(id="org", names={"fr": "a"}, seed_hash="x"))
    add(editor)
    with db.begin() as session:
        assert session.get_one(Organization, "org").edited
