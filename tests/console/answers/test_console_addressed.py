"""A review is asked of somebody, and colleagues are named in comments: what the pages offer, say and refuse."""

import re

import pytest
from httpx import Response
from sqlalchemy import select

from bot.db import Database
from bot.faq import content_settings, workflow
from bot.faq.workflow import Change
from bot.tables import Comment, EntryRow, Notice, Staff
from console.language import read
from tests.console.conftest import Browser, Enter

ENTRY = "/content/entry/school_enrol"
FR, AR = read("fr"), read("ar")


@pytest.fixture
def samira(desk: Browser, enter: Enter) -> Browser:
    return enter("Samira", "editor")


@pytest.fixture(autouse=True)
def draft(desk: Browser, db: Database) -> None:
    """Zineb, at the desk, changed what an answer means."""
    with db.begin() as session:
        zineb = session.scalars(select(Staff).filter_by(name="Zineb")).one()
        body = workflow.head(session, "school_enrol").body
        changed = {**body, "answers": {**body["answers"], "fr": "Oui, à partir de 4 ans."}}
        workflow.save(session, zineb, "school_enrol", Change(changed, "meaning", 1))


def id_of(db: Database, name: str) -> str:
    with db.begin() as session:
        return str(session.scalars(select(Staff).filter_by(name=name)).one().id)


def press(browser: Browser, step: str, **fields: str) -> Response:
    return browser.post(f"{ENTRY}/{step}", **{"seen": "2", **fields})


def asked(page: str) -> dict[str, str]:
    """Who can be asked, by name."""
    select_ = re.search(r'<select id="of".*?</select>', page, re.S)
    return {name: key for key, name in re.findall(r'<option value="([^"]*)"[^>]*>([^<]+)<', select_.group(0))} if select_ else {}


def reviewer(db: Database) -> str:
    with db.begin() as session:
        row = session.get_one(EntryRow, "school_enrol")
        return session.get_one(Staff, row.reviewer_id).name if row.reviewer_id else ""


def cards(page: str) -> list[str]:
    return re.findall(r'<li id="entry-([^"]+)" class="card">', page)


# --- A review


@pytest.mark.usefixtures("omar", "amina")
def test_somebody_is_asked_and_everybody_sees_whom_it_waits_for(desk: Browser, samira: Browser, db: Database) -> None:
    offered = asked(desk.get(ENTRY).text)
    assert list(offered) == [FR.text("Anybody who may publish"), "Omar", "Samira"] and offered["Samira"] == id_of(db, "Samira")
    page = press(desk, "submit", of=offered["Samira"]).text
    assert re.search(r'id="waits-for">[^<]*Samira', page) and FR.named("done", "submit") in page
    assert FR.text("You are asked to review it") in samira.get(ENTRY).text
    with db.begin() as session:
        assert list(session.scalars(select(Notice.target))) == ["samira@example.org"]


def test_the_list_for_me_has_what_waits_for_me(desk: Browser, samira: Browser, omar: Browser, db: Database) -> None:
    press(desk, "submit", of=id_of(db, "Samira"))
    page = samira.get("/content").text
    assert re.search(r'id="view-for_me"[^>]*>Pour moi <span class="number">1<', page)
    mine = samira.get("/content?view=for_me").text
    assert cards(mine) == ["school_enrol"] and FR.text("You are asked to review it") in mine
    other = omar.get("/content?view=review").text
    assert 'id="view-for_me"' not in other and re.search(r"En attente de \S*Samira", other)
    assert cards(omar.get("/content?view=for_me").text) == []


def test_who_reviews_passes_it_on_and_a_page_from_before_does_not(desk: Browser, samira: Browser, omar: Browser, db: Database) -> None:
    press(desk, "submit", of=id_of(db, "Samira"))
    waited = re.search(r'name="waited" value="([^"]+)"', samira.get(ENTRY).text)
    assert waited and "Demander à quelqu’un d’autre" in samira.get(ENTRY).text
    assert press(samira, "submit", of=id_of(db, "Omar"), waited=waited.group(1)).status_code == 200 and reviewer(db) == "Omar"
    late = press(desk, "submit", of=id_of(db, "Samira"), waited=waited.group(1))
    assert late.status_code == 409 and FR.text("entry.asked_meanwhile") in late.text and reviewer(db) == "Omar"
    assert re.search(r'id="waits-for">[^<]*Omar', late.text)


def test_who_must_not_publish_is_not_offered_and_not_taken(desk: Browser, omar: Browser, samira: Browser, db: Database) -> None:
    with db.begin() as session:
        content_settings.put(session, session.scalars(select(Staff).filter_by(name="Samira")).one(), "four_eyes", True)
    assert list(asked(omar.get(ENTRY).text)) == [FR.text("Anybody who may publish"), "Samira"], "Zineb wrote it"
    assert 'id="open-submit" class="button main"' in desk.get(ENTRY).text
    refused = press(omar, "submit", of=id_of(db, "Zineb"))
    assert refused.status_code == 422 and FR.text("entry.not_asked") in refused.text and reviewer(db) == ""


def test_who_is_alone_is_offered_nobody(desk: Browser, db: Database) -> None:
    page = desk.get(ENTRY).text
    assert 'id="do-submit"' in page and asked(page) == {}
    assert press(desk, "submit").status_code == 200 and 'id="do-submit"' not in desk.get(ENTRY).text


def test_the_state_is_said_in_arabic_too(desk: Browser, samira: Browser, db: Database) -> None:
    press(desk, "submit", of=id_of(db, "Samira"))
    page = desk.get("/language/ar?back=/console/content/entry/school_enrol").text
    assert AR.text("Waits for {name}", name="Samira") in page and AR.text("Who should review it?") in page


def test_a_review_without_the_token_or_of_nothing_is_not_asked(desk: Browser, samira: Browser, db: Database) -> None:
    of = id_of(db, "Samira")
    assert press(desk, "submit", of=of, csrf="x").status_code == 403
    assert desk.post("/content/entry/nothing/submit", seen="1", of=of).status_code == 404
    assert desk.post("/content/entry/nothing/comments", text="@Samira").status_code == 404
    assert desk.get("/content/entry/nothing?said=1").status_code == 404
    with db.begin() as session:
        assert session.scalar(select(Notice.id)) is None and session.get_one(EntryRow, "school_enrol").stage == "draft"


# --- Names in comments


def test_a_comment_names_a_colleague_and_says_so(desk: Browser, samira: Browser, omar: Browser) -> None:
    page = desk.get(ENTRY).text
    assert re.findall(r'<li id="mentionable-\d+"[^>]*>([^<]+)<', page) == ["Omar", "Samira"]
    assert FR.text("Write @ and a name to tell a colleague.") in page
    said = desk.post(f"{ENTRY}/comments", text="@Samira 500 dirhams, c’est juste ?")
    assert FR.text("Told: {names}", names="Samira") in said.text and 'id="strangers"' not in said.text
    assert FR.text("A comment names you") in samira.get("/content?view=for_me").text
    samira.post(f"{ENTRY}/comments", text="Oui.")
    assert cards(samira.get("/content?view=for_me").text) == []


def test_a_name_of_nobody_is_kept_and_said_to_the_writer_once(desk: Browser, samira: Browser, db: Database) -> None:
    said = desk.post(f"{ENTRY}/comments", text="@Karim<b> regarde")
    assert said.status_code == 200 and re.search(r'id="strangers" class="strip warn" role="alert">[^<]*Karim', said.text)
    assert 'id="strangers"' not in samira.get(f"{ENTRY}?said=1").text, "she wrote nothing"
    assert 'id="strangers"' not in desk.get(ENTRY).text
    with db.begin() as session:
        assert session.scalars(select(Comment.text)).one() == "@Karim<b> regarde"


def test_what_is_said_on_sending_back_names_somebody_too(desk: Browser, samira: Browser, omar: Browser) -> None:
    press(desk, "submit")
    page = press(omar, "send-back", text="@Samira @Karim, et les papiers ?").text
    assert re.search(r'id="strangers"[^>]*>[^<]*Karim', page) and FR.named("done", "send-back") in page
    assert re.search(r'id="sent-back".*?Omar.*?<q dir="auto">@Samira @Karim, et les papiers', page)
    assert cards(samira.get("/content?view=for_me").text) == ["school_enrol"]
