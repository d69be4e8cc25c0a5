"""A referral on its page and in the lists: its answer, its steps, who sees it."""

import re

from sqlalchemy import select, update

from bot.db import Database
from bot.handoff import referrals
from bot.tables import Conversation, Referral, Staff, Team
from tests.console.referrals.refer_pages import actions, only, refer


def answered(db: Database, yes: bool) -> None:
    with db.begin() as session:
        row, conversation = session.scalars(select(Referral)).one(), session.scalars(select(Conversation)).one()
        referrals.answer(session, conversation, row.id, yes)


def move_out(db: Database, email: str) -> None:
    """This person works in another team from now on."""
    with db.begin() as session:
        session.add(team := Team(name="Others"))
        session.flush()
        session.execute(update(Staff).filter_by(email=email).values(team_id=team.id))


def test_the_answer_is_seen_in_the_part_that_is_refreshed(amina, number, db: Database):
    refer(amina, number)
    answered(db, True)
    part = re.search(r'<section id="beside-referral" data-part>.*?</section>', amina.get(f"/cases/{number}/thread").text, re.S)
    assert part and "accord donné" in part.group() and "Imprimer la fiche" in part.group()


def test_each_step_is_noted_with_who_and_when(amina, brahim, number, db: Database):
    refer(amina, number)
    answered(db, True)
    path = f"/referrals/{only(db).id}"
    amina.post(f"{path}/step", was="agreed", to="sent")
    page = brahim.post(f"{path}/step", was="sent", to="accepted").text
    found = re.findall(r"<li><time[^>]*>[^<]+</time>\s*<strong>([^<]+)</strong>\s*<span>(?:<bdi>)?([^<]+)<", page)
    assert found == [
        ("question posée", "Amina"),
        ("accord donné", "Personne"),
        ("transmise", "Amina"),
        ("acceptée par le service", "Brahim"),
    ]


def test_a_step_from_an_old_page_is_refused_and_the_page_is_new(amina, number, db: Database):
    refer(amina, number, do="agreed", how="phone")
    path = f"/referrals/{only(db).id}"
    amina.post(f"{path}/step", was="agreed", to="sent")
    answer = amina.post(f"{path}/step", was="agreed", to="withdrawn")
    assert answer.status_code == 409 and "a changé entre-temps" in answer.text and 'id="do-accepted"' in answer.text
    assert only(db).state == "sent"


def test_nothing_is_sent_before_the_person_agreed(amina, number, db: Database):
    refer(amina, number)
    path = f"/referrals/{only(db).id}"
    page = amina.get(path).text
    assert 'id="do-sent"' not in page and 'id="sheet-fr"' not in page and 'id="do-withdrawn"' in page
    assert amina.post(f"{path}/step", was="asked", to="sent").status_code == 409
    assert amina.post(f"{path}/step", was="agreed", to="sent").status_code == 409
    answer = amina.get(f"{path}/sheet")
    assert answer.status_code == 409 and "rien ne s’imprime" in answer.text and "Orangers" not in answer.text


def test_an_agreement_is_noted_with_its_way(amina, brahim, number, db: Database):
    refer(amina, number)
    path = f"/referrals/{only(db).id}"
    assert 'id="do-agreed"' in amina.get(path).text and 'id="do-agreed"' not in brahim.get(path).text
    assert amina.post(f"{path}/agreed", how="").status_code == 422
    assert brahim.post(f"{path}/agreed", how="phone").status_code == 409
    assert "au téléphone" in amina.post(f"{path}/agreed", how="phone").text
    assert actions(db, "referral.agreed") == [("referral.agreed", {"referral": only(db).id, "how": "phone"})]


def test_after_the_case_a_question_without_an_answer_is_over(amina, number, db: Database):
    refer(amina, number)
    amina.post(f"/cases/{number}/hand-back")
    page = amina.get(f"/referrals/{only(db).id}").text
    assert "s’est terminée avant la réponse" in page and 'class="steps"' not in page
    assert "s’est terminée avant la réponse" in amina.get(f"/cases/{number}").text


def test_what_waits_is_listed_for_me_and_for_the_team(amina, brahim, number, db: Database):
    refer(amina, number, do="agreed", how="phone")
    entry = f'<li id="referral-{only(db).id}"'
    assert entry in amina.get("/referrals").text and entry not in brahim.get("/referrals").text
    page = brahim.get("/referrals", params={"of": "team"}).text
    assert entry in page and "Amina" in page and "Imprimer la fiche" in page


def test_a_no_after_it_was_sent_stands_out(amina, number, db: Database):
    refer(amina, number, do="agreed", how="phone")
    path = f"/referrals/{only(db).id}"
    amina.post(f"{path}/step", was="agreed", to="sent")
    answered(db, False)
    for page in ("/referrals", path, f"/cases/{number}"):
        assert "refus après la transmission" in amina.get(page).text
    assert "Prévenez le service" in amina.get(path).text


def test_another_team_finds_none_of_it(amina, brahim, number, db: Database):
    refer(amina, number, do="agreed", how="phone")
    path = f"/referrals/{only(db).id}"
    move_out(db, "brahim@example.org")
    for page in (path, f"{path}/sheet", f"/cases/{number}/refer", f"/cases/{number}/summary"):
        assert brahim.get(page).status_code == 404
    for form in (f"{path}/step", f"{path}/agreed", f"/cases/{number}/number", f"/cases/{number}/refer/open"):
        assert brahim.post(form, was="agreed", to="sent", how="phone", reason="asked").status_code == 404
    assert only(db).state == "agreed" and "referral-" not in brahim.get("/referrals?of=team").text


def test_forms_without_the_token_change_nothing(amina, brahim, number, db: Database):
    refer(amina, number, do="agreed", how="phone")
    path = f"/referrals/{only(db).id}"
    for form in (f"{path}/step", f"{path}/agreed", f"/cases/{number}/number", f"/cases/{number}/refer/open"):
        assert amina.post(form, csrf=brahim.csrf, was="agreed", to="sent").status_code == 403
    assert only(db).state == "agreed"
