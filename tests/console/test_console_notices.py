"""What colleagues were not told, the choice of e-mails, and what a browser finds to tell."""

import re

import pytest
from sqlalchemy import select, update

from bot.db import Database
from bot.handoff import cases, notes
from bot.tables import AuditRow, Notice, Staff, Team
from tests.console.conftest import Browser, Enter


@pytest.fixture
def lead(enter: Enter) -> Browser:
    """Amina and Brahim's supervisor."""
    return enter("Salma", "supervisor", email="lead@example.org")


def give_up(db: Database, error: str = "550 5.1.1 <b>unknown</b>") -> list[int]:
    """All notices were tried in vain; their ids."""
    with db.begin() as session:
        session.execute(update(Notice).values(state="dead", error=error, attempts=6))
        return list(session.scalars(select(Notice.id).order_by(Notice.id)))


def states(db: Database) -> set[tuple[str, int]]:
    with db.begin() as session:
        return {(row.state, row.attempts) for row in session.scalars(select(Notice))}


def test_what_was_not_delivered_is_named_with_its_reason(lead, ask, db: Database):
    number = ask("mon mari Karim me frappe", urgency="violence")
    ids = give_up(db)
    page = lead.get("/notices").text
    assert page.count('class="card undelivered"') == len(ids) == 3  # nobody is there: the whole team is told
    assert "550 5.1.1 &lt;b&gt;unknown&lt;/b&gt;" in page and "amina@example.org" in page and "Amina" in page
    assert f'href="/console/cases/{number}"' in page and "Demande urgente" in page
    assert "Karim" not in page and "Violence" not in page


def test_the_header_says_how_many_to_those_who_lead(lead, amina, ask, db: Database):
    ask(urgency="violence")
    assert "Avis non remis" not in lead.get("/").text
    give_up(db)
    assert re.search(r'id="to-untold"[^>]*>Avis non remis : \W*3', lead.get("/").text) and 'id="to-untold"' in lead.get("/queue").text
    assert "to-untold" not in amina.get("/").text


def test_sending_again_is_noted_and_happens_once(lead, ask, db: Database):
    number = ask()
    for notice_id in give_up(db):
        answer = lead.post(f"/notices/{notice_id}")
        assert answer.status_code == 200 and f'id="notice-{notice_id}"' not in answer.text
    assert states(db) == {("queued", 0)}
    answer = lead.post(f"/notices/{notice_id}")
    assert answer.status_code == 409 and "n’a pas été renvoyé" in answer.text
    with db.begin() as session:
        rows = list(session.scalars(select(AuditRow).filter_by(action="notice.resent")))
        assert len(rows) == 3 and all(row.data == {"case": number} for row in rows)


def test_another_team_does_not_see_them(lead, ask, db: Database):
    ask()
    ids = give_up(db)
    with db.begin() as session:
        session.add(Team(name="Lawyers"))
        session.flush()
        session.execute(update(Staff).where(Staff.name == "Salma").values(team_id=2))
    assert "card undelivered" not in lead.get("/notices").text and "to-untold" not in lead.get("/").text
    assert lead.post(f"/notices/{ids[0]}").status_code == 409 and states(db) == {("dead", 6)}


def test_only_who_leads_opens_the_page(amina, editor, visitor, ask, db: Database):
    ask()
    (first, *_) = give_up(db)
    for browser in (amina, editor):
        assert browser.get("/notices").status_code == 403 and browser.post(f"/notices/{first}").status_code == 403
    assert "Se connecter" in visitor.get("/notices").text
    assert states(db) == {("dead", 6)}


def test_a_form_from_elsewhere_changes_nothing(lead, ask, db: Database):
    ask()
    (first, *_) = give_up(db)
    lead.csrf = "forged"
    assert lead.post(f"/notices/{first}").status_code == 403 and lead.post("/account/notices", mail_new="0").status_code == 403
    assert states(db) == {("dead", 6)}


def test_a_way_that_is_wanted_and_not_set_up_is_said(lead, db: Database):
    page = lead.get("/notices").text
    assert "L’e-mail n’est pas installé" in page and "Telegram n’est pas installé" not in page and "Tous les avis ont été remis." in page
    with db.begin() as session:
        session.execute(update(Team).values(telegram_group="-100123"))
    assert "Telegram n’est pas installé" in lead.get("/notices").text


@pytest.mark.parametrize("role", ["caseworker", "supervisor", "administrator"])
def test_e_mails_are_switched_off_and_on(enter: Enter, db: Database, role: str):
    visitor = enter("Salma", role)
    for value, words in ((0, "Vous ne recevez aucun autre e-mail."), (1, "Vous en recevez aussi")):
        page = visitor.get("/account").text
        assert f'name="mail_new" value="{value}"' in page and words not in page
        answer = visitor.post("/account/notices", mail_new=str(value))
        assert answer.status_code == 200 and answer.url.path == "/console/account" and words in answer.text
        with db.begin() as session:
            assert session.scalars(select(Staff.mail_new).filter_by(name="Salma")).one() is bool(value)


def test_who_does_not_work_on_cases_is_not_asked(editor):
    assert "mail_new" not in editor.get("/account").text


@pytest.mark.parametrize("sent", ["", "perhaps"])
def test_a_choice_that_is_none_changes_nothing(amina, db: Database, sent: str):
    amina.get("/account")
    assert amina.post("/account/notices", mail_new=sent).status_code == 404
    with db.begin() as session:
        assert session.scalars(select(Staff.mail_new).filter_by(name="Amina")).one() is True


def news(browser: Browser, path: str) -> str:
    found = re.search(r'id="notify"[^>]*data-news="([^"]*)"', browser.get(path).text)
    assert found
    return found.group(1)


def test_a_page_carries_what_is_meant_for_its_reader(amina, brahim, ask, db: Database):
    number = ask("mon mari Karim me frappe", urgency="violence")
    with db.begin() as session:
        person = session.scalars(select(Staff).filter_by(name="Amina")).one()
        notes.add(session, person, cases.get(session, number), "@Brahim, Karim est dangereux")
    for path in ("/", "/queue", f"/cases/{number}", f"/cases/{number}/thread", "/account"):
        assert news(amina, path) == ""
        assert re.fullmatch(rf"mention:\d+:{number} ", news(brahim, path)), path


def test_the_words_for_the_browser_name_no_topic(amina, ask):
    ask(urgency="violence")
    part = re.search(r'<div id="notify".*?</div>', amina.get("/").text, re.DOTALL)
    assert part and "iolence" not in part.group() and 'data-urgent="Nouvelle demande urgente"' in part.group()
