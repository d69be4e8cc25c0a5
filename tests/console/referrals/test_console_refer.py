"""Choosing a service for somebody, ticking what is told to it, reading what the person would read."""

import re
from html import unescape

import pytest
from sqlalchemy import select, update

from bot.db import Database
from bot.tables import Case, Conversation, Referral
from tests.console.referrals.refer_pages import FIELDS, last_said, only, refer

# --- Choosing a service


def test_services_are_found_by_words_kind_and_town_with_what_is_known(amina, number):
    page = amina.get(f"/cases/{number}/refer", params={"q": "foyer", "kind": "shelter_food", "town": "inezgane"}).text
    assert "Foyer open" in page and "Foyer hidden" not in page
    for known in ("Inezgane", "0528112233", "lundi - vendredi 09:00-16:00", "vérifié en partie"):
        assert known in page


def test_what_is_not_known_is_called_unknown_and_a_confidential_address_is_not_shown(amina, number):
    page = amina.get(f"/cases/{number}/refer", params={"q": "foyer hidden"}).text
    assert re.search(r"Horaires : \S?inconnu", page) and "Lieu confidentiel" in page and "cachée" not in page
    assert "cachée" not in amina.get(f"/cases/{number}/refer/hidden").text


def test_before_anything_is_asked_for_nothing_is_listed(amina, number):
    page = amina.get(f"/cases/{number}/refer").text
    assert "Foyer" not in page and "Aucun service" not in page
    assert "Aucun service" in amina.get(f"/cases/{number}/refer", params={"q": "xyzzy"}).text


def test_only_who_answers_refers(amina, brahim, number, ask):
    waiting = ask()
    for browser, case in ((brahim, number), (amina, waiting)):
        for answer in (
            browser.get(f"/cases/{case}/refer"),
            browser.get(f"/cases/{case}/refer/open"),
            browser.post(f"/cases/{case}/refer/open", **FIELDS, do="preview"),
            browser.post(f"/cases/{case}/refer/open", **FIELDS, do="ask", read="x"),
        ):
            assert answer.status_code == 403 and "Ce n’est pas vous qui répondez" in answer.text


def test_a_service_that_does_not_exist_is_not_found(amina, number):
    assert amina.get(f"/cases/{number}/refer/gone").status_code == 404
    assert amina.post(f"/cases/{number}/refer/gone", **FIELDS).status_code == 404


# --- Ticking and reading


def test_only_the_language_is_ticked_before_somebody_ticks(amina, number):
    page = amina.get(f"/cases/{number}/refer/open").text
    assert re.findall(r'name="share" value="(\w+)" checked', page) == ["language"] and "La personne lirait" not in page


def test_the_place_that_the_person_told_is_chosen_but_not_ticked(amina, number, db: Database):
    with db.begin() as session:
        session.execute(update(Case).values(place="tiznit", topic="health_free"))
    page = amina.get(f"/cases/{number}/refer/open").text
    assert 'value="tiznit" selected' in page and "Soins gratuits" in page
    assert re.findall(r'name="share" value="(\w+)" checked', page) == ["language"]


def test_the_caseworker_reads_the_message_as_the_person_would(amina, number, db: Database):
    with db.begin() as session:
        session.execute(update(Conversation).values(form="ar"))
        session.execute(update(Case).values(topic="health_free"))
    answer = amina.client.post(
        f"/console/cases/{number}/refer/open",
        data={**FIELDS, "csrf": amina.csrf, "share": ["name", "topic", "place", "language"], "do": "preview"},
    )
    page = unescape(answer.text)
    assert 'lang="ar" dir="rtl"' in page and "علاج مجاني" in page and "إنزكان" in page and "العربية" in page
    assert "&lt;b&gt;" in answer.text and only_none(db)


def only_none(db: Database) -> bool:
    with db.begin() as session:
        return session.scalars(select(Referral)).all() == []


def test_with_nothing_ticked_it_is_said(amina, number, db: Database):
    for do in ("preview", "ask"):
        answer = amina.post(f"/cases/{number}/refer/open", **{**FIELDS, "share": "", "do": do})
        assert answer.status_code == 422 and "Cochez et remplissez" in answer.text
    assert only_none(db)


@pytest.mark.parametrize("changed", [{"name": "Binta"}, {"share": "note", "note": "autre chose"}, {"read": "lu autre part"}])
def test_only_the_text_that_was_read_is_sent(amina, number, db: Database, changed):
    page = amina.post(f"/cases/{number}/refer/open", **FIELDS, do="preview").text
    read = unescape(re.search(r'name="read" value="([^"]*)"', page).group(1))
    answer = amina.post(f"/cases/{number}/refer/open", **{**FIELDS, "do": "ask", "read": read, **changed})
    assert answer.status_code == 409 and "Le texte a changé" in answer.text and only_none(db)


def test_a_browser_that_ends_lines_in_its_own_way_is_understood(amina, number, db: Database):
    page = amina.post(f"/cases/{number}/refer/open", **FIELDS, do="preview").text
    read = unescape(re.search(r'name="read" value="([^"]*)"', page).group(1))
    amina.post(f"/cases/{number}/refer/open", **FIELDS, do="ask", read=read.replace("\n", "\r\n"))
    assert only(db).state == "asked"


def test_the_person_is_asked_and_the_case_shows_it(amina, number, db: Database):
    page = refer(amina, number)
    assert last_said(db).split("\n")[1:2] == ["Prénom : Awa <b>"]
    assert "question posée" in page and "Attendre la réponse" in page and f"/referrals/{only(db).id}" in page


def test_the_same_service_is_not_asked_about_twice(amina, number):
    refer(amina, number)
    assert "déjà en cours" in refer(amina, number)


def test_where_writing_is_not_safe_only_an_agreement_is_noted(amina, number, db: Database):
    with db.begin() as session:
        session.execute(update(Conversation).values(safe=False))
    said = last_said(db)
    page = amina.post(f"/cases/{number}/refer/open", **FIELDS, do="preview").text
    assert 'id="do-ask"' not in page and "pas sûr de lui écrire ici" in page
    assert "pas sûr de lui écrire ici" in refer(amina, number)
    refer(amina, number, do="agreed", how="phone")
    assert only(db).state == "agreed" and last_said(db) == said


@pytest.mark.parametrize(("safe", "warned"), [(None, True), (True, False)])
def test_who_asks_somebody_in_danger_is_warned_until_it_is_known_to_be_safe(amina, number, db: Database, safe, warned):
    with db.begin() as session:
        session.execute(update(Case).values(urgency="violence"))
        session.execute(update(Conversation).values(safe=safe))
    page = amina.post(f"/cases/{number}/refer/open", **FIELDS, do="preview").text
    assert 'id="do-ask"' in page and ("n’a pas dit si" in page) is warned


@pytest.mark.parametrize("how", ["", "x"])
def test_without_saying_how_they_agreed_nobody_is_asked_either(amina, number, db: Database, how):
    said = last_said(db)
    assert "Dites comment" in refer(amina, number, do="agreed", how=how)
    assert only_none(db) and last_said(db) == said
