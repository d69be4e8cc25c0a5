"""Lists, filters and search; what is done with who has a case; what a page says when it was too late."""

import re
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select, update

from bot.db import Database
from bot.handoff import cases, notes
from bot.handoff.cases import LEASE
from bot.handoff.views import PAGE, VIEWS
from bot.tables import AuditRow, Case, Conversation, EntryRow, Staff
from tests.console.conftest import PASSWORD, Browser, Enter

MOVED = "La demande a changé de mains"


@pytest.fixture
def karima(enter: Enter) -> Browser:
    return enter("Karima", "supervisor")


@pytest.fixture
def content(db: Database) -> None:
    with db.begin() as session:
        for topic, title in (("housing", "Où dormir ce soir"), ("health", "Voir un médecin")):
            session.add(EntryRow(id=f"e_{topic}", topic=topic, body={"titles": {"fr": title}}, seed_hash=""))


@pytest.fixture
def change(db: Database) -> Callable[..., int]:
    """Set columns of a case."""

    def changing(number: int, **values: object) -> int:
        with db.begin() as session:
            session.execute(update(Case).where(Case.id == number).values(**values))
        return number

    return changing


def shown(page: str) -> list[int]:
    return [int(n) for n in re.findall(r'<li id="case-(\d+)"', page)]


def link(page: str, name: str) -> str:
    found = re.search(rf'id="{name}"[^>]*href="/console([^"]*)"', page)
    assert found, name
    return unescape(found.group(1))


def options(page: str, name: str) -> list[str]:
    found = re.search(rf'<select id="{name}".*?</select>', page, re.S)
    return re.findall(r'<option value="([^"]+)"', found.group(0)) if found else []


def offered(page: str) -> set[str]:
    """What may be done: the summaries and buttons that are not hidden."""
    closed = re.sub(r"<details[^>]* hidden>.*?</details>", "", page, flags=re.S)
    return set(re.findall(r'id="(?:open|do)-([a-z-]+)"', closed)) - {"filters", "note"}


def staff_id(db: Database, name: str) -> str:
    with db.begin() as session:
        return str(session.scalars(select(Staff.id).filter_by(name=name)).one())


def _back(page: str) -> str:
    found = re.search(r'name="back" value="([^"]*)"', page)
    assert found
    return unescape(found.group(1))


def who(db: Database, number: int) -> tuple[str, str]:
    with db.begin() as session:
        case = session.get_one(Case, number)
        held = session.get(Staff, case.assignee_id) if case.assignee_id else None
        return case.state, held.name if held else ""


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


def test_filters_offer_what_there_is_and_keep_what_was_chosen(amina, ask, change, content, db: Database):
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
def test_a_case_is_found_by_what_the_page_calls_it(amina, ask, change, content, db: Database, text):
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


def test_a_line_says_what_was_said_last_and_when_an_answer_is_due(amina, ask, change, content):
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


def test_a_refusal_keeps_what_was_chosen_and_typed(amina, ask, db: Database, content):
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


def test_a_case_is_closed_with_outcome_and_topics(amina, ask, content, change, db: Database):
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


def test_a_case_is_called_by_its_topic(amina, ask, content, change):
    number = change(ask(), topic="e_health")
    assert "<strong><bdi>Voir un médecin</bdi></strong>" in shown_line(amina.get("/").text, number)
    assert "<bdi>Voir un médecin</bdi></h1>" in amina.get(f"/cases/{number}").text
    other = ask()
    assert "A demandé une personne" in shown_line(amina.get("/").text, other)


def test_who_has_left_the_chat_is_marked(amina, ask, change):
    number = change(ask(), left_at=datetime.now(timezone.utc))
    assert "A quitté ce chat" in shown_line(amina.get("/").text, number) and 'id="has-left"' in amina.get(f"/cases/{number}").text
