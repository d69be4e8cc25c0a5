"""The sheet, the phone number and the summary, as a caseworker uses them."""

import re
import uuid
from html import unescape

import pytest
from sqlalchemy import func, select, update

from bot.db import Database
from bot.handoff import cases
from bot.messages import Inbound
from bot.messaging import conversations, inbox
from bot.privacy.vault import vault
from bot.tables import Case, Note, Organization
from tests.console.conftest import Browser
from tests.console.referrals.refer_pages import actions, only, refer

PHONE = "+212600112233"


# --- The sheet


def plain(page: str) -> str:
    """The words on the paper, without what only the screen shows."""
    paper = re.sub(r"<nav.*?</nav>", "", page[page.index("<body>") :], flags=re.S)
    return re.sub(r"\s+", " ", re.sub("[\u2066-\u2069\u200f]", "", unescape(re.sub(r"<[^>]+>", " ", paper)))).strip()


def test_the_sheet_says_where_what_and_who_and_nothing_else(amina, number, db: Database):
    amina.client.post(f"/console/cases/{number}/reply", data={"csrf": amina.csrf, "text": "mots privés"})
    refer(amina, number, share="name", do="agreed", how="phone", note="pas coché")
    words = plain(amina.get(f"/referrals/{only(db).id}/sheet").text)
    day = re.escape(re.search(r"Orientation (\d+ \S+ \d{4}) · Demande", words).group(1))
    assert re.fullmatch(
        rf"Orientation {day} · Demande {number} Foyer open Association Entraide Adresse 7, rue des Orangers · Inezgane"
        r" Téléphone 0528112233 Horaires lundi - vendredi 09:00-16:00 Pour qui Femmes"
        r" Ce que la personne accepte de dire Prénom : Awa <b> Orientation faite par Amina · Dalil",
        words,
    )


def test_the_sheet_is_in_the_language_of_the_service(amina, number, db: Database):
    refer(amina, number, share="place", do="agreed", how="phone")
    page = amina.get(f"/referrals/{only(db).id}/sheet?lang=ar").text
    assert '<html lang="ar" dir="rtl">' in page and "المدينة: إنزكان" in page and "مأوى" in page and "نساء" in page
    assert '<html lang="fr"' in amina.get(f"/referrals/{only(db).id}/sheet?lang=xx").text


def test_of_a_confidential_place_no_address_is_printed(amina, number, db: Database):
    refer(amina, number, "hidden", do="agreed", how="phone")
    words = plain(amina.get(f"/referrals/{only(db).id}/sheet").text)
    assert "cachée" not in words and "Tiznit" not in words and "Adresse" not in words and "0528112233" in words
    assert "Horaires inconnu" in words


def test_a_sheet_for_a_service_that_is_gone_has_its_name(amina, number, db: Database):
    refer(amina, number, do="agreed", how="phone")
    with db.begin() as session:
        session.delete(session.get_one(Organization, "org-open"))
    words = plain(amina.get(f"/referrals/{only(db).id}/sheet").text)
    assert "Foyer open" in words and "Orangers" not in words


def test_who_printed_is_noted(amina, number, db: Database):
    refer(amina, number, do="agreed", how="phone")
    amina.get(f"/referrals/{only(db).id}/sheet?lang=ar")
    assert actions(db, "referral.printed") == [("referral.printed", {"referral": only(db).id, "language": "ar"})]


# --- The number


@pytest.fixture
def on_whatsapp(amina: Browser, db: Database) -> int:
    with db.begin() as session:
        inbox.receive(session, Inbound("whatsapp", str(uuid.uuid4()), PHONE, "text", text="bonjour", form="fr"))
        conversation = conversations.by_address(session, "whatsapp", PHONE)
        assert conversation
        number = cases.open_case(session, conversation, "asked").id
    amina.post(f"/cases/{number}/take")
    return number


def test_the_number_is_shown_once_for_a_reason(amina, on_whatsapp, db: Database):
    path = f"/cases/{on_whatsapp}"
    assert PHONE not in amina.get(path).text
    answer = amina.post(f"{path}/number", reason="danger")
    assert f'href="tel:{PHONE}"' in answer.text and answer.headers["cache-control"] == "no-store" and PHONE not in str(answer.url)
    for page in (path, f"{path}/thread", f"{path}/summary"):
        assert PHONE not in amina.get(page).text
    assert actions(db, "case.number%") == [("case.number_revealed", {"reason": "danger"})]


def test_the_script_gets_the_number_alone(amina, on_whatsapp):
    answer = amina.client.post(
        f"/console/cases/{on_whatsapp}/number", data={"csrf": amina.csrf, "reason": "asked"}, headers={"X-Console": "1"}
    )
    assert PHONE in answer.text and "<html" not in answer.text and "data-part" not in answer.text


def test_without_a_reason_it_is_not_shown(amina, on_whatsapp, db: Database):
    for fields in ({}, {"reason": "because"}, {"reason": "other", "words": " "}):
        answer = amina.post(f"/cases/{on_whatsapp}/number", **fields)
        assert answer.status_code == 422 and PHONE not in answer.text and "Choisissez une raison" in answer.text
    assert actions(db, "case.number%") == []
    assert PHONE in amina.post(f"/cases/{on_whatsapp}/number", reason="other", words="à l’hôpital").text
    with db.begin() as session:
        assert session.scalar(select(func.count()).select_from(Note)) == 1


def test_a_colleague_is_refused_and_who_leads_is_not(amina, brahim, supervisor, on_whatsapp):
    answer = brahim.post(f"/cases/{on_whatsapp}/number", reason="danger")
    assert answer.status_code == 409 and PHONE not in answer.text
    assert 'data-may="no"' in brahim.get(f"/cases/{on_whatsapp}").text
    assert 'data-may="yes"' in supervisor.get(f"/cases/{on_whatsapp}").text
    assert PHONE in supervisor.post(f"/cases/{on_whatsapp}/number", reason="danger").text


def test_after_the_case_nobody_sees_it(amina, supervisor, on_whatsapp):
    amina.post(f"/cases/{on_whatsapp}/hand-back")
    for browser in (amina, supervisor):
        assert browser.post(f"/cases/{on_whatsapp}/number", reason="danger").status_code == 409
        assert 'data-may="no"' in browser.get(f"/cases/{on_whatsapp}").text


def test_in_the_web_chat_there_is_none(amina, number):
    assert 'data-may="none"' in amina.get(f"/cases/{number}").text
    assert amina.post(f"/cases/{number}/number", reason="danger").status_code == 404


# --- The summary


def test_the_summary_says_what_is_known_and_calls_the_rest_unknown(amina, number, db: Database):
    refer(amina, number, do="agreed", how="phone")
    words = plain(amina.get(f"/cases/{number}/summary").text)
    assert "Ville inconnu" in words and "Lieu cherché inconnu" in words and "Sujet inconnu" in words and "Fermée pas encore" in words
    assert "Foyer open : accord donné" in words.replace("open:", "open :") and "Cela a-t-il aidé ? sans réponse" in words
    assert actions(db, "case.summarized") == [("case.summarized", {})]


def test_the_summary_tells_the_facts_the_people_and_the_end(amina, number, db: Database):
    amina.post(f"/cases/{number}/reply", text="Bonjour")
    amina.post(f"/cases/{number}/note", text="Rappeler lundi.")
    told = {"entry": "health_free", "category": "hospital", "place": "tiznit"}
    with db.begin() as session:
        session.execute(
            update(Case).values(
                facts_sealed=vault(session).seal(told), place="tiznit", urgency="medical", topics=["health"], satisfaction=2
            )
        )
    amina.post(f"/cases/{number}/hand-back")
    words = plain(amina.get(f"/cases/{number}/summary").text)
    for part in (
        "Question Soins gratuits",
        "Lieu cherché Hôpital",
        "Ville Tiznit",
        "Réponses de Amina",
        "Urgence",
        "Canal",
        "Orientations aucune",
        "Notes internes : pas pour la personne",
        "Rappeler lundi.",
    ):
        assert part in words
    beside = amina.get(f"/cases/{number}/thread").text
    assert "Soins gratuits" in beside and "Tiznit" in beside and "Bonjour" not in words


def test_pages_of_paper_keep_to_the_policy(amina, number, db: Database):
    refer(amina, number, do="agreed", how="phone")
    for path in (
        f"/referrals/{only(db).id}/sheet",
        f"/cases/{number}/summary",
        f"/cases/{number}/refer",
        f"/cases/{number}/refer/open",
        "/referrals",
    ):
        answer = amina.get(path)
        assert "default-src 'self'" in answer.headers["content-security-policy"] and answer.headers["cache-control"] == "no-store"
        assert not re.search(r"<script(?![^>]*src)|<style|\sstyle=|\son\w+=|https?://", answer.text)
