"""Lists, filters and search; what must not be overlooked on any page."""

import re
import uuid
from datetime import datetime, timedelta, timezone
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import update

from bot.db import Database
from bot.handoff import cases, notes
from bot.handoff.views import PAGE, VIEWS
from bot.tables import Case, Conversation, Staff
from tests.console.case_pages import options, shown, staff_id
from tests.console.conftest import PASSWORD


def link(page: str, name: str) -> str:
    found = re.search(rf'id="{name}"[^>]*href="/console([^"]*)"', page)
    assert found, name
    return unescape(found.group(1))


def _back(page: str) -> str:
    found = re.search(r'name="back" value="([^"]*)"', page)
    assert found
    return unescape(found.group(1))


# --- Views and filters


def test_each_view_shows_its_cases_and_how_many_there_are(amina, brahim, ask):
    waiting, urgent, mine, theirs, closed = ask(), ask(urgency="violence"), ask(), ask(), ask()
    amina.post(f"/cases/{mine}/take")
    for number in (theirs, closed):
        brahim.post(f"/cases/{number}/take")
    brahim.post(f"/cases/{closed}/close", outcome="no_reply")
    wanted = {
        "mine": [mine],
        "waiting": [urgent, waiting],
        "urgent": [urgent],
        "all": [urgent, waiting, mine, theirs],
        "closed": [closed],
    }
    start = amina.get("/").text
    for view in VIEWS:
        page = amina.get(link(start, f"view-{view}")).text
        assert shown(page) == wanted[view]
        assert re.search(rf'id="view-{view}"[^>]*aria-current="page"', page)
        assert re.search(rf'id="view-{view}"[^>]*>[^<]*<span class="number">{len(wanted[view])}<', page)


def test_the_address_keeps_view_and_filters_and_so_does_the_live_update(amina, ask, change):
    here = change(ask(), place="agadir")
    change(ask(), place="inezgane")
    page = amina.get("/?view=waiting&urgency=&topic=&place=agadir&q=").text
    fragment = re.search(r'data-fragment="/console([^"]+)"', page)
    assert fragment
    address = urlsplit(unescape(fragment.group(1)))
    assert address.path == "/queue" and parse_qs(address.query) == {"view": ["waiting"], "place": ["agadir"]}
    assert shown(page) == [here] == shown(amina.get(unescape(fragment.group(1))).text)
    assert parse_qs(urlsplit(link(page, "view-all")).query) == {"place": ["agadir"]}


def test_the_address_is_kept_through_the_sign_in_and_the_choice_of_a_language(visitor, ask, change):
    here = change(ask(), place="agadir")
    ask()
    asked = visitor.get("/?place=agadir&q=N%C2%B0+%26+1")
    answer = visitor.client.post("/console/sign-in", data={"email": "amina@example.org", "password": PASSWORD, "back": _back(asked.text)})
    assert parse_qs(answer.url.query.decode()) == {"place": ["agadir"], "q": ["N° & 1"]}
    page = visitor.get("/?place=agadir").text
    links = re.findall(r'href="/console(/language/en[^"]*)"', page)
    answer = visitor.get(unescape(links[0]))
    assert parse_qs(answer.url.query.decode()) == {"place": ["agadir"]} and shown(answer.text) == [here]


def test_the_fragment_carries_no_field_in_which_somebody_may_be_typing(amina, ask):
    ask()
    page = amina.get("/queue?q=bonjour", headers={"X-Console": "1"}).text
    assert not re.search(r"<(input|select|textarea|form)", page) and {"views", "alarm", "queue", "pages"} <= set(
        re.findall(r' id="(\w+)" data-(?:part|list)', page)
    )


def test_filters_offer_what_there_is_and_keep_what_was_chosen(amina, ask, change, entries, db: Database):
    change(ask(), place="agadir")
    page = amina.get("/?form=ar&place=agadir&overdue=1").text
    assert options(page, "topic") == ["health", "housing"] and options(page, "place") == ["agadir"]
    assert options(page, "assignee") == [staff_id(db, "Amina"), staff_id(db, "Brahim")] and "violence" in options(page, "urgency")
    assert re.search(r'<option value="ar" selected>', page) and re.search(r'id="overdue"[^>]*checked', page) and "<details open" in page
    assert '<option value="agadir" selected>Agadir<' in page and "<details open" not in amina.get("/").text


def test_only_who_sees_all_teams_may_choose_one(amina, enter, other_team):
    assert options(amina.get("/").text, "team") == []
    assert options(enter("Hind", "administrator").get("/").text, "team") == ["1", str(other_team)]


def test_a_case_of_another_team_is_on_no_list(amina, enter, ask, change, other_team):
    number = change(ask(urgency="violence"), team_id=other_team)
    page = amina.get(f"/?team={other_team}").text
    assert shown(page) == [] and f'data-alarm="{number}"' not in page
    assert shown(enter("Omar", team_id=other_team).get("/").text) == [number]


@pytest.mark.parametrize("text", ["dormir", "logement", "amina", "passeport", "chat du site"])
def test_a_case_is_found_by_what_the_page_calls_it(amina, ask, change, entries, db: Database, text):
    number, other = change(ask(), topic="e_housing"), change(ask(), topic="e_health")
    amina.post(f"/cases/{number}/take")
    with db.begin() as session:
        person = session.get_one(Staff, uuid.UUID(staff_id(db, "Amina")))
        notes.add(session, person, cases.get(session, number), "Le passeport est perdu.")
    found = shown(amina.get("/", params={"q": text}).text)
    assert found == ([other, number] if text == "chat du site" else [number])


def test_what_is_looked_for_stays_in_the_field_and_is_never_markup(amina, ask):
    ask()
    page = amina.get("/", params={"q": '"><script>alert(1)</script>'}).text
    assert "<script>alert" not in page and 'value="&#34;&gt;&lt;script&gt;' in page and "Aucune demande ne correspond" in page


@pytest.mark.parametrize("query", ["view=nothing", "after=x", "assignee=x", "team=x", "q=" + "x" * 5000, "overdue=no", "foo=bar"])
def test_an_address_with_nonsense_is_a_list(amina, ask, query):
    ask()
    assert amina.get(f"/?{query}").status_code == 200


def test_a_long_list_has_pages(amina, db: Database):
    with db.begin() as session:
        for _ in range(PAGE + 3):
            talk = Conversation(channel="webchat", address_sealed=b"", owner="waiting")
            session.add(talk)
            session.flush()
            session.add(Case(conversation_id=talk.id, reason="asked", place="agadir"))
    first = amina.get("/?place=agadir").text
    second = amina.get(link(first, "next-page")).text
    assert len(shown(first)) == PAGE and len(shown(second)) == 3 and not set(shown(first)) & set(shown(second))
    assert "first-page" not in first and "next-page" not in second
    assert shown(amina.get(link(second, "first-page")).text) == shown(first) and str(PAGE + 3) in second


def test_a_line_says_what_was_said_last_and_when_an_answer_is_due(amina, ask, change, entries):
    late = datetime.now(timezone.utc) - timedelta(hours=2)
    number = change(ask("j’ai froid <b>ici</b>"), topic="e_housing", place="ait_melloul", due_at=late)
    soon = change(ask(), due_at=datetime.now(timezone.utc) + timedelta(minutes=5))
    page = amina.get("/").text
    line = re.search(rf'<li id="case-{number}".*?</li>', page, re.S)
    assert line and "j’ai froid &lt;b&gt;ici&lt;/b&gt;" in line.group(0) and "En retard depuis" in line.group(0)
    assert "Où dormir ce soir" in line.group(0) and "Aït Melloul" in line.group(0) and "Chat du site" in line.group(0)
    other = re.search(rf'<li id="case-{soon}".*?</li>', page, re.S)
    assert other and "Réponse attendue" in other.group(0) and "En retard" not in other.group(0)
    assert "En retard depuis" in amina.get(f"/cases/{number}").text and "Réponse attendue" in amina.get(f"/cases/{soon}").text


# --- What must not be overlooked on any page


def test_what_is_unread_is_counted_on_every_page_and_marked_in_the_list(amina, brahim, ask, db: Database):
    number = ask("bonjour")
    amina.post(f"/cases/{number}/take")
    assert "(1)" not in amina.get("/account").text
    with db.begin() as session:
        session.execute(update(Case).values(owner_seen=0))
    for path in ("/account", "/mentions", "/live", "/"):
        assert re.search(rf'data-unread="{number}:\d+ ">1<', amina.get(path).text), path
        assert 'data-unread=""' in brahim.get(path).text
    assert "<title>(1) " in amina.get("/account").text
    assert 'mine unread"' in amina.get("/").text and "unread" not in shown_line(brahim.get("/").text, number)


def shown_line(page: str, number: int) -> str:
    return page.split(f'<li id="case-{number}"')[1].split("</li>")[0]


def test_only_a_page_in_sight_takes_the_mark_away(amina, ask, db: Database):
    number = ask("bonjour")
    amina.post(f"/cases/{number}/take")
    with db.begin() as session:
        session.execute(update(Case).values(owner_seen=0))
    hidden = amina.get(f"/cases/{number}/thread", headers={"X-Console": "1"}).text
    assert f'data-unread="{number}:' in hidden
    assert 'data-unread=""' in amina.get(f"/cases/{number}/thread", headers={"X-Console": "1", "X-Visible": "1"}).text


def test_the_urgent_that_nobody_took_stands_on_every_page_and_leads_there(amina, ask):
    first = ask(urgency="medical")
    for path in ("/account", "/mentions", "/live"):
        page = amina.get(path).text
        assert f'id="to-urgent" href="/console/cases/{first}"' in page and "Urgentes, non prises" in page
    ask(urgency="violence")
    assert 'id="to-urgent" href="/console/?view=urgent"' in amina.get("/account").text


def test_pages_of_those_who_answer_are_live(amina, editor):
    assert 'data-fragment="/console/live" data-events="/console/events"' in amina.get("/account").text
    assert "data-events" not in editor.get("/account").text and editor.get("/live").status_code == 403


def test_a_case_is_called_by_its_topic(amina, ask, entries, change):
    number = change(ask(), topic="e_health")
    assert "<strong><bdi>Voir un médecin</bdi></strong>" in shown_line(amina.get("/").text, number)
    assert "<bdi>Voir un médecin</bdi></h1>" in amina.get(f"/cases/{number}").text
    other = ask()
    assert "A demandé une personne" in shown_line(amina.get("/").text, other)


def test_who_has_left_the_chat_is_marked(amina, ask, change):
    number = change(ask(), left_at=datetime.now(timezone.utc))
    assert "A quitté ce chat" in shown_line(amina.get("/").text, number) and 'id="has-left"' in amina.get(f"/cases/{number}").text
