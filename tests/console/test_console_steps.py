"""What is done with who has a case; what a page says when it was too late."""

import re
from datetime import datetime, timedelta, timezone

import pytest
from sqlalchemy import select, update

from bot.db import Database
from bot.handoff import cases, notes
from bot.handoff.cases import LEASE
from bot.tables import AuditRow, Case, Conversation, Staff
from tests.console.case_pages import options, shown, staff_id

MOVED = "La demande a changé de mains"


def offered(page: str) -> set[str]:
    """What may be done: the summaries and buttons that are not hidden."""
    closed = re.sub(r"<details[^>]* hidden>.*?</details>", "", page, flags=re.S)
    return set(re.findall(r'id="(?:open|do)-([a-z-]+)"', closed)) - {"filters", "note"}


def who(db: Database, number: int) -> tuple[str, str]:
    with db.begin() as session:
        case = session.get_one(Case, number)
        held = session.get(Staff, case.assignee_id) if case.assignee_id else None
        return case.state, held.name if held else ""


# --- What may be done, and by whom


def test_a_page_offers_what_this_person_may_do(amina, brahim, karima, ask):
    number = ask()
    assert offered(amina.get(f"/cases/{number}").text) >= {"take"} and "assign" not in offered(amina.get(f"/cases/{number}").text)
    assert offered(karima.get(f"/cases/{number}").text) >= {"take", "assign", "transfer"}
    amina.post(f"/cases/{number}/take")
    assert offered(amina.get(f"/cases/{number}").text) >= {"release", "hand-back", "close", "transfer"}
    assert not offered(brahim.get(f"/cases/{number}").text) & {"release", "hand-back", "close", "transfer", "assign", "take-over", "take"}
    assert offered(karima.get(f"/cases/{number}").text) >= {"take-over", "assign", "transfer"}
    amina.post(f"/cases/{number}/close", outcome="other")
    assert offered(brahim.get(f"/cases/{number}").text) >= {"reopen", "reopen-and-take"}


def test_who_is_there_is_told_apart_where_a_case_is_given_away(amina, brahim, karima, ask, db: Database):
    number = ask()
    brahim.post("/away", away="yes")
    for browser in (amina, brahim):
        browser.get(f"/cases/{number}")
    page = karima.get(f"/cases/{number}").text
    for name in ("assign-to", "transfer-to"):
        chosen = re.search(rf'<select id="{name}".*?</select>', page, re.S)
        assert chosen
        groups = re.findall(r'<optgroup label="([^"]*)">(.*?)</optgroup>', chosen.group(0), re.S)
        assert [(label, re.findall(r">(\w+)</option>", people)) for label, people in groups] == [
            ("Collègues présents", ["Amina", "Karima"]),
            ("Collègues absents pour le moment", ["Brahim"]),
        ]


def test_a_case_is_released_and_taken_by_a_colleague(amina, brahim, ask, db: Database):
    number = ask()
    amina.post(f"/cases/{number}/take")
    assert "Prenez la demande" in amina.post(f"/cases/{number}/release").text
    brahim.post(f"/cases/{number}/take")
    assert who(db, number) == ("taken", "Brahim") and amina.post(f"/cases/{number}/release").status_code == 409


def test_a_case_is_passed_on_to_a_colleague_with_a_reason(amina, ask, db: Database):
    number = ask()
    amina.post(f"/cases/{number}/take")
    me = staff_id(db, "Amina")
    answer = amina.post(f"/cases/{number}/transfer", held_by=me, to=staff_id(db, "Brahim"), reason="Il parle wolof.")
    assert who(db, number) == ("taken", "Brahim") and answer.status_code == 200
    with db.begin() as session:
        assert [note.text for note in notes.of_case(session, cases.get(session, number))] == ["Il parle wolof."]


def test_who_passes_a_case_on_to_another_team_is_back_at_the_queue(amina, enter, ask, db: Database, other_team):
    number = ask()
    amina.post(f"/cases/{number}/take")
    answer = amina.post(f"/cases/{number}/transfer", held_by=staff_id(db, "Amina"), to=str(other_team), reason="Expulsion.")
    assert answer.url.path == "/console/" and answer.status_code == 200 and shown(answer.text) == []
    assert shown(enter("Omar", team_id=other_team).get("/").text) == [number]


def test_a_refusal_keeps_what_was_chosen_and_typed(amina, ask, db: Database, entries):
    number = ask()
    amina.post(f"/cases/{number}/take")
    me = staff_id(db, "Amina")
    answer = amina.post(f"/cases/{number}/transfer", held_by=me, to=me, reason="<i>à moi</i>")
    assert answer.status_code == 422 and "Choisissez à qui va la demande" in answer.text
    assert "&lt;i&gt;à moi&lt;/i&gt;</textarea>" in answer.text
    assert re.search(r'<details[^>]*data-when="transfer" open', answer.text)
    answer = amina.post(f"/cases/{number}/close", outcome="", topics="health")
    assert answer.status_code == 422 and "Dites comment la demande" in answer.text
    assert re.search(r'id="topic-health"[^>]*checked', answer.text) and not re.search(r'id="topic-housing"[^>]*checked', answer.text)


def test_a_lead_gives_a_case_away_and_takes_one_over(karima, amina, brahim, ask, db: Database):
    number = ask()
    karima.post(f"/cases/{number}/assign", to=staff_id(db, "Amina"))
    assert who(db, number) == ("taken", "Amina")
    karima.post(f"/cases/{number}/assign", held_by=staff_id(db, "Amina"), to=staff_id(db, "Brahim"))
    assert who(db, number) == ("taken", "Brahim")
    karima.post(f"/cases/{number}/take-over", held_by=staff_id(db, "Brahim"))
    assert who(db, number) == ("taken", "Karima")


def test_a_page_that_is_old_changes_nothing_and_says_so(karima, amina, ask, db: Database):
    number = ask()
    amina.post(f"/cases/{number}/take")
    for action, more in (("assign", {"to": staff_id(db, "Brahim")}), ("take-over", {}), ("transfer", {"to": "1", "reason": "x"})):
        answer = karima.post(f"/cases/{number}/{action}", held_by="", **more)
        assert answer.status_code == 409 and MOVED in answer.text
    assert who(db, number) == ("taken", "Amina")


@pytest.mark.parametrize("action", ["assign", "take-over"])
def test_a_caseworker_does_not_lead(amina, brahim, ask, db: Database, action):
    number = ask()
    amina.post(f"/cases/{number}/take")
    answer = brahim.post(f"/cases/{number}/{action}", held_by=staff_id(db, "Amina"), to=staff_id(db, "Brahim"))
    assert answer.status_code == 403 and who(db, number) == ("taken", "Amina")


@pytest.mark.parametrize("action", ["release", "close", "transfer", "assign", "take-over", "reopen", "reopen-and-take", "take"])
def test_nothing_is_done_with_a_case_of_another_team(karima, ask, change, other_team, db: Database, action):
    number = change(ask(), team_id=other_team)
    answer = karima.post(f"/cases/{number}/{action}", outcome="other", to=staff_id(db, "Karima"), reason="x")
    assert answer.status_code == 404 and who(db, number) == ("waiting", "")


@pytest.mark.parametrize("action", ["release", "close", "transfer", "assign", "take-over", "reopen", "reopen-and-take"])
def test_forms_without_the_token_change_nothing(karima, ask, db: Database, action):
    number = ask()
    karima.post(f"/cases/{number}/take")
    answer = karima.post(f"/cases/{number}/{action}", csrf="x", outcome="other", held_by=staff_id(db, "Karima"))
    assert answer.status_code == 403 and who(db, number) == ("taken", "Karima")


def test_a_case_is_closed_with_outcome_and_topics(amina, ask, entries, change, db: Database):
    number = change(ask(), topic="e_housing")
    page = amina.post(f"/cases/{number}/take").text
    assert re.search(r'id="topic-housing"[^>]*checked', page) and options(page, "outcome") == list(cases.OUTCOMES)
    data = {"csrf": amina.csrf, "outcome": "referred", "topics": ["housing", "health"]}
    answer = amina.client.post(f"/console/cases/{number}/close", data=data)
    assert "Orientée vers un service" in answer.text
    with db.begin() as session:
        case = cases.get(session, number)
        assert (case.state, case.outcome, case.topics) == ("closed", "referred", ["housing", "health"])


def test_a_closed_case_is_opened_again(amina, brahim, ask, db: Database):
    number = ask()
    amina.post(f"/cases/{number}/take")
    amina.post(f"/cases/{number}/close", outcome="no_reply")
    brahim.post(f"/cases/{number}/reopen")
    assert who(db, number) == ("waiting", "")
    assert "déjà rouverte" in amina.post(f"/cases/{number}/reopen-and-take").text
    amina.post(f"/cases/{number}/take")
    amina.post(f"/cases/{number}/close", outcome="no_reply")
    amina.post(f"/cases/{number}/reopen-and-take")
    assert who(db, number) == ("taken", "Amina")


def test_a_case_is_not_opened_beside_another_one(amina, ask, db: Database):
    number = ask()
    amina.post(f"/cases/{number}/take")
    amina.post(f"/cases/{number}/close", outcome="no_reply")
    with db.begin() as session:
        talk = session.get_one(Conversation, cases.get(session, number).conversation_id)
        cases.open_case(session, talk, "asked")
    answer = amina.post(f"/cases/{number}/reopen")
    assert answer.status_code == 409 and "déjà une autre demande ouverte" in answer.text


# --- Lease


def test_an_open_page_keeps_the_case_and_shows_that_somebody_is_there(amina, ask, change, db: Database):
    number = ask()
    amina.post(f"/cases/{number}/take")
    for path in (f"/cases/{number}", f"/cases/{number}/thread"):
        change(number, lease_until=datetime.now(timezone.utc) + timedelta(minutes=1))
        with db.begin() as session:
            session.execute(update(Staff).values(seen_at=None))
        amina.get(path)
        with db.begin() as session:
            until = cases.get(session, number).lease_until
            seen = session.scalars(select(Staff.seen_at).filter_by(name="Amina")).one()
        assert until and until > datetime.now(timezone.utc) + LEASE - timedelta(minutes=1) and seen is not None


def test_a_colleague_who_looks_does_not_keep_the_case(amina, brahim, ask, change, db: Database):
    number = ask()
    amina.post(f"/cases/{number}/take")
    soon = datetime.now(timezone.utc) + timedelta(minutes=1)
    change(number, lease_until=soon)
    brahim.get(f"/cases/{number}")
    with db.begin() as session:
        assert cases.get(session, number).lease_until == soon


# --- Every step leaves a trace, and no words in it


def test_the_audit_trail_names_every_step_and_no_words(karima, amina, ask, db: Database):
    number = ask()
    amina.post(f"/cases/{number}/take")
    amina.post(f"/cases/{number}/release")
    karima.post(f"/cases/{number}/assign", to=staff_id(db, "Amina"))
    karima.post(f"/cases/{number}/take-over", held_by=staff_id(db, "Amina"))
    karima.post(f"/cases/{number}/transfer", held_by=staff_id(db, "Karima"), to=staff_id(db, "Amina"), reason="son secret")
    amina.post(f"/cases/{number}/close", outcome="other")
    karima.post(f"/cases/{number}/reopen")
    with db.begin() as session:
        rows = list(session.scalars(select(AuditRow).filter_by(subject=f"case:{number}").order_by(AuditRow.id)))
    steps = [row.action.removeprefix("case.") for row in rows if row.action not in ("case.viewed", "case.noted")]
    assert steps == ["opened", "taken", "released", "assigned", "taken_over", "transferred", "closed", "reopened"]
    assert "secret" not in str([row.data for row in rows]) and "Amina" not in str([row.data for row in rows])
