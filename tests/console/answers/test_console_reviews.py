"""Which answers must be looked at again; "I checked it: still true"; addresses that no longer answer."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from httpx import Response

from bot.db import Database
from bot.faq import content_settings, links, reviews, workflow
from bot.faq.links import Found
from bot.faq.workflow import Change
from bot.settings import Settings
from bot.staff import accounts
from bot.tables import EntryRow, Staff
from console import reviews as page
from tests.console.conftest import Browser

DAY = date(2027, 11, 22)  # later than every day of the starting content
ONE = "school_enrol"


@pytest.fixture
def desk(desk: Browser, monkeypatch: pytest.MonkeyPatch) -> Browser:
    """On a day on which the starting content is overdue."""
    monkeypatch.setattr(page, "today", lambda: DAY)
    return desk


@pytest.fixture
def manager(desk: Browser, enter: Callable[..., Browser]) -> Browser:
    return enter("Mounir", "manager")


def row(db: Database, entry_id: str = ONE) -> EntryRow:
    with db.begin() as session:
        return session.get_one(EntryRow, entry_id)


def check(browser: Browser, again: str = "2028-05-01", seen: int = 1, whose: str = "all") -> Response:
    data = {"csrf": browser.csrf, "seen": seen, "again": again, "whose": whose}
    return browser.client.post(f"/console/reviews/{ONE}", data=data, follow_redirects=False)


def somebody(db: Database) -> Staff:
    with db.begin() as session:
        return accounts.create(session, "other@example.org", "Other", "editor", "a long enough password")


def test_a_long_list_shows_those_that_are_due_first_and_counts_the_rest(desk: Browser, db: Database) -> None:
    with db.begin() as session:
        due = reviews.calendar(session, DAY).overdue
    shown = desk.get("/reviews").text
    assert [f'id="review-{one.id}"' in shown for one in due] == [n < page.MOST_OVERDUE for n in range(len(due))]
    assert str(len(due) - page.MOST_OVERDUE) in shown.partition('id="more-overdue"')[2].partition("</p>")[0]


def test_what_is_overdue_is_listed_with_a_button(desk: Browser) -> None:
    shown = desk.get("/reviews").text
    assert f'id="review-{ONE}"' in shown and f'id="check-{ONE}"' in shown and 'value="2028-11-21"' in shown
    assert f'href="/console/content/entry/{ONE}"' in shown and "Personne n’en est responsable" in shown


def test_what_comes_is_listed_by_week_and_then_by_month(desk: Browser, monkeypatch: pytest.MonkeyPatch, db: Database) -> None:
    due = date.fromisoformat(str(row(db).check_again_on))
    monkeypatch.setattr(page, "today", lambda: due - timedelta(days=3))
    assert "Semaine du" in desk.get("/reviews").text
    monkeypatch.setattr(page, "today", lambda: due - timedelta(days=60))
    shown = desk.get("/reviews").text
    assert 'id="later"' in shown and f'id="review-{ONE}"' not in shown and "Aucune : tout a été vérifié à temps." in shown


def test_a_month_leads_to_its_answers_and_stays_open(desk: Browser, monkeypatch: pytest.MonkeyPatch, db: Database) -> None:
    due = date.fromisoformat(str(row(db).check_again_on))
    monkeypatch.setattr(page, "today", lambda: due - timedelta(days=60))
    with db.begin() as session:
        other = session.get_one(EntryRow, "school_refused")
        other.body = {**other.body, "check_again_on": (due + timedelta(days=70)).isoformat()}
        session.flush()
        many = reviews.calendar(session, due - timedelta(days=60)).later[f"{due:%Y-%m}"]
    link = f"/reviews?whose=all&amp;month={due:%Y-%m}#later"
    assert f'href="/console{link}"' in desk.get("/reviews").text and 'id="of-month"' not in desk.get("/reviews").text
    shown = desk.get(f"/reviews?month={due:%Y-%m}").text
    assert shown.count('id="review-') == many and f'id="review-{ONE}"' in shown and 'id="review-school_refused"' not in shown
    data = {"csrf": desk.csrf, "seen": "1", "again": str(due), "whose": "all", "month": f"{due:%Y-%m}"}
    answer = desk.client.post(f"/console/reviews/{ONE}", data=data, follow_redirects=False)
    assert answer.headers["location"] == f"/console/reviews?whose=all&month={due:%Y-%m}&done=live"


@pytest.mark.parametrize("month", ["2020-01", "x", "2027-13", "٢٠٢٧-٠٢", "%00"])
def test_a_month_without_answers_lists_none(desk: Browser, month: str) -> None:
    answer = desk.get(f"/reviews?month={month}")
    assert answer.status_code == 200 and 'id="of-month"' not in answer.text


def test_mine_is_what_i_am_responsible_for(desk: Browser, db: Database) -> None:
    with db.begin() as session:
        me = session.query(Staff).filter_by(name="Zineb").one()
        session.get_one(EntryRow, ONE).responsible_id = me.id
    shown = desk.get("/reviews?whose=mine").text
    assert shown.count('id="review-') == 1 and f'id="review-{ONE}"' in shown and "<bdi>Zineb</bdi>" in shown


def test_i_checked_it(desk: Browser, db: Database) -> None:
    answer = check(desk, whose="mine")
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/reviews?whose=mine&done=live")
    body = row(db).body
    assert (body["checked_by"], body["checked_on"], body["read_on"]) == ("Zineb", "2027-11-22", "2027-11-22")
    assert row(db).check_again_on == "2028-05-01" and "C’est noté avec votre nom" in desk.get("/reviews?done=live").text
    assert f'id="review-{ONE}"' not in desk.get("/reviews").text


def test_a_withdrawn_answer_is_named_so_and_comes_back(desk: Browser, db: Database) -> None:
    with db.begin() as session:
        reviews.withdraw(session, DAY + timedelta(days=400))
    assert row(db).state == "withdrawn" and "standing withdrawn" in desk.get("/reviews").text
    check(desk)
    assert row(db).state == "published"


def test_with_four_eyes_a_colleague_must_publish(desk: Browser, manager: Browser, db: Database) -> None:
    with db.begin() as session:
        content_settings.put(session, session.query(Staff).filter_by(name="Mounir").one(), "four_eyes", True)
    assert check(desk).headers["location"].endswith("done=review")
    assert (row(db).stage, row(db).live, row(db).head) == ("review", 1, 2)
    assert "A colleague" not in desk.get("/reviews?done=review").text and "Un brouillon attend" in desk.get("/reviews").text


def test_a_draft_of_somebody_else_is_never_published_by_it(desk: Browser, db: Database) -> None:
    other = somebody(db)
    with db.begin() as session:
        body = workflow.head(session, ONE).body
        workflow.save(session, other, ONE, Change({**body, "answers": {**body["answers"], "fr": "Neuf."}}, "meaning", 1))
    assert f'id="check-{ONE}"' not in desk.get("/reviews").text
    refused = check(desk, seen=2)
    assert refused.status_code == 422 and "Un brouillon de cette réponse attend" in refused.text
    assert row(db).live == 1 and row(db).body["answers"]["fr"] != "Neuf."


def test_who_comes_second_is_told(desk: Browser, manager: Browser, db: Database) -> None:
    assert check(desk).status_code == 303
    assert check(manager).status_code == 409 and row(db).head == 2


@pytest.mark.parametrize("again", ["", "2027-11-22", "2020-01-01", "2031-01-01", "soon"])
def test_the_next_look_is_a_day_to_come(desk: Browser, db: Database, again: str) -> None:
    refused = check(desk, again)
    assert refused.status_code == 422 and "Choisissez un jour à venir" in refused.text and row(db).head == 1


def test_an_entry_that_is_not_there(desk: Browser) -> None:
    data = {"csrf": desk.csrf, "seen": 1, "again": "2028-05-01"}
    assert desk.client.post("/console/reviews/nobody", data=data).status_code == 404


def test_broken_addresses_are_listed_with_what_uses_them(desk: Browser, db: Database, settings: Settings) -> None:
    with db.begin() as session:
        used = links.uses(session, settings.data_dir)
        url = next(url for url, named in used.items() if ("entry", ONE) in named)
        links.renew(session, used)
        for _ in range(links.BROKEN):
            links.note(session, url, Found(404), reviews.datetime.now(reviews.timezone.utc))
    shown = desk.get("/reviews").text
    listed = shown[shown.index('id="links"') :]
    assert url.replace("&", "&amp;") in listed and f"/console/content/entry/{ONE}" in listed and "404" in listed
