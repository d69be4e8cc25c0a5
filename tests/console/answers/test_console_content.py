"""The editors' studio: the list, the page of one entry, two editors at once, the way of an entry by buttons, versions, settings."""

import re
from collections.abc import Callable

import pytest
from httpx import Response
from sqlalchemy import select

from bot.db import Database
from bot.faq import content_settings, workflow
from bot.faq.rules import book
from bot.settings import ROOT
from bot.tables import AuditRow, Comment, EntryRow, Revision, Staff
from console.language import read
from tests.console.conftest import Browser
from tests.console.world import Reader

ENTRY = "/content/entry/school_enrol"
FR = read("fr")


@pytest.fixture
def manager(desk: Browser, enter: Callable[..., Browser]) -> Browser:
    return enter("Mounir", "manager")


def save(browser: Browser, seen: int = 1, kind: str = "minor", **fields: str) -> Response:
    """Fields are written with an underscore for the last hyphen: `answer_fr`."""
    names = {re.sub(r"_(fr|en|ar|ary-Arab|ary-Latn)$", r"-\1", name): value for name, value in fields.items()}
    return browser.client.post(f"/console{ENTRY}", data={"csrf": browser.csrf, "seen": seen, "kind": kind, **names}, follow_redirects=False)


def press(browser: Browser, step: str, seen: int, **more: str) -> Response:
    return browser.client.post(f"/console{ENTRY}/{step}", data={"csrf": browser.csrf, "seen": seen, **more}, follow_redirects=False)


def publish(db: Database, name: str) -> None:
    """As the trial does when it found nothing."""
    with db.begin() as session:
        person = session.scalars(select(Staff).filter_by(name=name)).one()
        row = session.get_one(EntryRow, "school_enrol")
        workflow.publish(session, person, row.id, row.head, book(ROOT / "data"))


def head(db: Database) -> Revision:
    with db.begin() as session:
        return workflow.head(session, "school_enrol")


def row(db: Database) -> EntryRow:
    with db.begin() as session:
        return session.get_one(EntryRow, "school_enrol")


def field(page: str, name: str) -> str:
    """What stands in a text field."""
    found = re.search(rf'<textarea id="{name}".*?>\n(.*?)</textarea>|<input id="{name}"[^>]*value="([^"]*)"', page, re.DOTALL)
    assert found
    return found.group(1) if found.group(1) is not None else found.group(2)


def part(page: str, name: str) -> str:
    """The inside of an element without elements of its own kind inside."""
    found = re.search(rf'<(\w+) id="{name}".*?</\1>', page, re.DOTALL)
    return found.group() if found else ""


# --- The list


def test_an_editor_begins_at_the_list(desk: Browser) -> None:
    page = desk.get("/")
    assert page.url.path == "/console/content" and page.text.count('<li id="entry-') == 50
    assert desk.get("/content?page=2").text.count('<li id="entry-') == 35


def test_search_view_and_filters_narrow_the_list(desk: Browser) -> None:
    save(desk, kind="meaning", answer_fr="Oui, c'est gratuit.")
    page = desk.get("/content?q=inscrire+ECOLE").text
    assert 'id="entry-school_enrol"' in page
    assert re.findall(r'<li id="entry-(\w+)"', desk.get("/content?view=check").text) == ["school_enrol"]
    assert "Zineb" in desk.get("/content?view=waiting").text
    assert 'id="entry-school_enrol"' not in desk.get("/content?view=waiting&topic=health").text
    assert FR.text("Nothing found.") in desk.get("/content?q=qqxw").text
    assert desk.get("/content?view=x&responsible=y&topic=z").status_code == 200


def test_caseworkers_do_not_get_in(desk: Browser, amina: Browser) -> None:
    for path in ("/content", "/content/new", ENTRY, f"{ENTRY}/revisions", "/content/settings"):
        assert amina.get(path).status_code == 403
    assert desk.get("/content/settings").status_code == 403


# --- One entry


def test_the_five_forms_stand_side_by_side_with_their_direction_the_source_first(desk: Browser) -> None:
    page = desk.get(ENTRY).text
    assert re.findall(r'<section id="column-([\w-]+)"', page) == ["fr", "ary-Arab", "ary-Latn", "en", "ar"]
    assert 'id="answer-ar" name="answer-ar" rows="14" lang="ar" dir="rtl"' in page and 'lang="ary-Latn" dir="ltr"' in page
    save(desk, source_form="ar")
    assert re.findall(r'<section id="column-([\w-]+)"', desk.get(ENTRY).text)[0] == "ar"


def test_a_save_keeps_what_was_typed_and_what_was_not_sent(desk: Browser, db: Database) -> None:
    before = head(db).body
    text = "Première ligne.\r\n\r\nDeuxième <b>ligne</b>"
    assert save(desk, why="Plus court", answer_fr=text, questions_fr=" un \r\n\r\ndeux\r\nun").status_code == 303
    now = head(db)
    assert now.body["answers"]["fr"] == "Première ligne.\n\nDeuxième <b>ligne</b>" and now.body["questions"]["fr"] == ["un", "deux"]
    assert now.body["answers"]["ar"] == before["answers"]["ar"] and now.body["facts"] == before["facts"]
    assert (now.kind, now.why, now.body["to_check"]) == ("minor", "Plus court", [])
    assert field(desk.get(ENTRY).text, "answer-fr") == "Première ligne.\n\nDeuxième &lt;b&gt;ligne&lt;/b&gt;"


def test_sources_and_choices_are_kept(desk: Browser, db: Database) -> None:
    data = {"lists": "1", "facts": ["schooling.1", "schooling.2"], "related": ["school_refused"], "categories": ["school_office"]}
    more = {"source_title": ["Circulaire", "", ""], "source_url": ["https://men.gov.ma/x", "", ""], "source_year": ["2026", "", ""]}
    more["source_says"] = ["", "", "Guichet :\r\n05 28 84 00 01"]
    answer = desk.client.post(f"/console{ENTRY}", data={"csrf": desk.csrf, "seen": 1, "kind": "minor", **data, **more})
    assert answer.status_code == 200
    body = head(db).body
    assert (body["facts"], body["related"], body["services"]) == (["schooling.1", "schooling.2"], ["school_refused"], [])
    first, second = {"title": "Circulaire", "url": "https://men.gov.ma/x", "year": "2026"}, dict.fromkeys(("title", "url", "year"), "")
    assert body["sources"] == [first, second | {"says": "Guichet : 05 28 84 00 01"}]
    page = desk.get(ENTRY).text
    assert ">\nGuichet : 05 28 84 00 01</textarea>" in page and "Une source n’a pas de nom" in page


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"kind": ""}, "entry.no_kind"),
        ({"read_on": "hier"}, "entry.no_day"),
        ({"checked_by": "Ali"}, "entry.half_checked"),
        ({"responsible": "nobody at all"}, "entry.not_to_them"),
        ({"why": "x" * 400}, "entry.too_long"),
    ],
)
def test_a_refused_save_shows_everything_again(desk: Browser, db: Database, fields: dict[str, str], problem: str) -> None:
    answer = save(desk, **{"answer_fr": "Tout nouveau", "why": "parce que", **fields})  # type: ignore[arg-type]
    assert answer.status_code == 422 and FR.text(problem) in answer.text
    assert field(answer.text, "answer-fr") == "Tout nouveau" and head(db).number == 1
    assert "data-came-back" in answer.text and not Reader(answer.text).faults


def test_somebody_is_made_responsible(desk: Browser, omar: Browser, db: Database) -> None:
    found = re.search(r'<option value="([^"]+)" >Omar</option>', desk.get(ENTRY).text)
    assert found and save(desk, responsible=found.group(1)).status_code == 303
    assert str(row(db).responsible_id) == found.group(1)
    assert 'id="entry-school_enrol"' in desk.get(f"/content?responsible={found.group(1)}").text


# --- A changed meaning


def test_a_changed_meaning_marks_the_others_and_shows_them_why(desk: Browser, db: Database) -> None:
    save(desk, kind="meaning", answer_fr="Oui, avant le 15 juillet.")
    page = desk.get(ENTRY).text
    column = page.split('<section id="column-en"')[1].split("</section>")[0]
    assert 'name="looked_at" value="en"' in column and "<ins>" in column and "15" in column
    assert FR.text("put in:") in column, "screen readers are told, too"
    assert 'value="fr"' not in "".join(re.findall(r'name="looked_at" value="\w+"', page))
    desk.client.post(f"/console{ENTRY}", data={"csrf": desk.csrf, "seen": 2, "kind": "minor", "looked_at": ["en", "ar"]})
    assert head(db).body["to_check"] == ["ary-Arab", "ary-Latn"]


# --- Two editors at once


def test_where_only_one_wrote_that_is_taken_and_nobody_is_overwritten(desk: Browser, omar: Browser, db: Database) -> None:
    save(omar, answer_en="Omar was here.", title_fr="École")
    answer = save(desk, answer_fr="De Zineb.", title_fr="Inscrire")
    assert answer.status_code == 409 and head(db).number == 2
    assert field(answer.text, "answer-fr") == "De Zineb." and field(answer.text, "answer-en") == "Omar was here."
    assert field(answer.text, "title-fr") == "Inscrire", "mine stays"
    theirs = part(answer.text, "theirs-title-fr")
    assert "Omar" in theirs and "École" in theirs and 'id="theirs-answer-fr"' not in answer.text
    assert 'name="seen" value="2"' in answer.text
    assert save(desk, seen=2, answer_fr="De Zineb.", answer_en="Omar was here.", title_fr="Inscrire").status_code == 303
    body = head(db).body
    assert (body["titles"]["fr"], body["answers"]["fr"], body["answers"]["en"]) == ("Inscrire", "De Zineb.", "Omar was here.")


def test_a_page_from_before_presses_no_button(desk: Browser, omar: Browser, db: Database) -> None:
    save(omar, answer_en="Omar was here.")
    for step in ("submit", "archive", "roll-back", "restore", "send-back"):
        answer = press(desk, step, 1, number="1", text="x")
        assert answer.status_code in (409, 422), step
    assert (row(db).stage, row(db).live, head(db).number) == ("draft", 1, 2)


# --- The way of an entry


def test_from_a_draft_to_an_answer_and_back(desk: Browser, omar: Browser, db: Database) -> None:
    save(desk, answer_fr="Oui. C'est gratuit.")
    assert press(desk, "submit", 2).status_code == 303 and row(db).stage == "review"
    assert press(omar, "send-back", 2, text="Et les papiers ?").status_code == 303
    assert row(db).stage == "draft" and "Et les papiers ?" in desk.get(ENTRY).text
    publish(db, "Omar")
    assert row(db).body["answers"]["fr"] == "Oui. C'est gratuit."
    page = desk.get(f"{ENTRY}?done=publish").text
    assert FR.text("done.publish") in page and 'id="do-roll-back"' in page and 'id="do-publish"' not in page
    assert press(omar, "roll-back", 2, number="1").status_code == 303
    assert row(db).body["answers"]["fr"] != "Oui. C'est gratuit." and row(db).state == "published"


def test_sending_back_needs_a_word(desk: Browser, db: Database) -> None:
    save(desk, answer_fr="Oui.")
    press(desk, "submit", 2)
    assert press(desk, "send-back", 2, text=" ").status_code == 422
    assert row(db).stage == "review", "refused as a whole"


def test_the_archive_and_back(desk: Browser, db: Database) -> None:
    press(desk, "archive", 1)
    assert row(db).state == "archived" and FR.text("Put back: it answers again") in desk.get(ENTRY).text
    publish(db, "Zineb")
    assert row(db).state == "published" and 'id="do-archive"' in desk.get(ENTRY).text


def test_faults_stand_beside_their_fields_and_prevent_publishing(desk: Browser, db: Database) -> None:
    save(desk, answer_fr="x" * 701, questions_fr="une seule")
    page = desk.get(ENTRY).text
    assert "grave" in part(page, "faults-answer-fr") and FR.text("rule.answer_long") in part(page, "faults-answer-fr")
    assert FR.text("rule.few_questions") in part(page, "faults-questions-fr") and "grave" not in part(page, "faults-questions-fr")
    assert FR.text("It cannot be published yet:") in page and '<a href="#answer-fr">' in page


def test_the_author_reads_that_somebody_else_must_publish(desk: Browser, omar: Browser, manager: Browser) -> None:
    manager.post("/content/settings", four_eyes="yes", grace_days="30")
    save(desk, answer_fr="Oui.")
    press(desk, "submit", 2)
    said = FR.text("You wrote it: somebody else must publish it.")
    assert said in desk.get(ENTRY).text and said not in omar.get(ENTRY).text


# --- Versions


def test_each_version_says_who_when_why_and_what(desk: Browser, db: Database) -> None:
    save(desk, kind="meaning", why="Nouveau délai", title_fr="Inscrire mon enfant")
    listed = desk.get(f"{ENTRY}/revisions").text
    assert "Nouveau délai" in part(listed, "revision-2") and "Zineb" in part(listed, "revision-2")
    assert FR.text("Answers now") in part(listed, "revision-1")
    page = desk.get(f"{ENTRY}/revisions/2").text
    assert re.findall(r'<section id="change-([\w-]+)"', page) == ["title-fr"]
    assert "<ins>" in page and "mon enfant" in page
    assert 'id="do-roll-back"' not in page
    assert desk.get(f"{ENTRY}/revisions/3").status_code == 404 and desk.get("/content/entry/none/revisions").status_code == 404


def test_an_old_version_becomes_the_draft_again(desk: Browser, db: Database) -> None:
    before = head(db).body["titles"]
    save(desk, title_fr="Autre")
    assert press(desk, "restore", 2, number="1").status_code == 303
    assert (head(db).number, head(db).body["titles"], row(db).live) == (3, before, 1)


def test_what_never_answered_cannot_answer_by_going_back(desk: Browser, db: Database) -> None:
    save(desk, answer_fr="Jamais relu.")
    save(desk, seen=2, answer_fr="Encore.")
    answer = press(desk, "roll-back", 3, number="2")
    assert answer.status_code == 422 and FR.text("entry.never_live") in answer.text and row(db).live == 1


def shown_on(page: str, step: str) -> dict[str, str]:
    """What the form of this button sends."""
    found = re.search(rf'<form[^>]*/{step}"[^>]*>(.*?)</form>', page, re.S)
    assert found, step
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', found[1]))


@pytest.mark.parametrize("step", ["publish", "roll-back"])
@pytest.mark.parametrize("path", [ENTRY, f"{ENTRY}/revisions/1"])
def test_a_page_from_before_puts_back_nothing_that_was_archived_meanwhile(
    desk: Browser, omar: Browser, db: Database, step: str, path: str
) -> None:
    """Who archives an answer leaves its text as it was."""
    save(desk, answer_fr="Oui. C'est gratuit.")
    publish(db, "Omar")
    save(desk, seen=2, answer_fr="Oui. C'est toujours gratuit.")
    sent = shown_on(desk.get(path if step == "roll-back" else ENTRY).text, step)
    assert press(omar, "archive", 3).status_code == 303
    answer = desk.client.post(f"/console{ENTRY}/{step}", data={"number": "1", **sent}, follow_redirects=False)
    assert answer.status_code == 409 and FR.text("entry.changed") in answer.text and row(db).state == "archived"


# --- Comments


def test_comments_are_said_about_a_form_and_settled(desk: Browser, omar: Browser, db: Database) -> None:
    desk.post(f"{ENTRY}/comments", text="À revoir <b>vite</b>", about="ar")
    with db.begin() as session:
        comment = session.scalars(select(Comment)).one()
    said = part(omar.get(ENTRY).text, f"comment-{comment.id}")
    assert "À revoir &lt;b&gt;vite&lt;/b&gt;" in said and "Zineb" in said and FR.named("form", "ar") in said
    omar.post(f"{ENTRY}/comments/{comment.id}", done="yes")
    assert FR.text("Settled") in part(omar.get(ENTRY).text, f"comment-{comment.id}")
    assert omar.post(f"/content/entry/school_refused/comments/{comment.id}").status_code == 404
    assert desk.post(f"{ENTRY}/comments", text=" ").status_code == 422


@pytest.mark.parametrize("path", ["/content?q=09-08", "/content/entry/personal_data", "/content/entry/personal_data/revisions"])
def test_in_arabic_the_number_of_a_law_keeps_its_order(desk: Browser, path: str) -> None:
    desk.get("/language/ar?back=/console/content")
    assert 'class="figure-in">09-08</bdi>' in desk.get(path).text


# --- What one sees while typing


def test_the_preview_says_what_the_bot_would_say_without_saving(desk: Browser, db: Database) -> None:
    answer = desk.post(f"{ENTRY}/look", seen="1", show_in="ary-Latn", **{"answer-ary-Latn": "Iyyeh, b <fabor>."})
    bubbles = part(answer.text, "bubbles") or answer.text
    assert answer.status_code == 200 and "Iyyeh, b &lt;fabor&gt;." in bubbles and head(db).number == 1
    assert answer.text.count('class="screen ') == 3 and "1. Ah" in answer.text
    assert field(answer.text, "answer-ary-Latn") == "Iyyeh, b &lt;fabor&gt;."


def test_the_script_gets_only_what_changes(desk: Browser) -> None:
    data = {"csrf": desk.csrf, "seen": 1, "answer-fr": "x" * 701, "lists": "1", "find_facts": "residence permit"}
    answer = desk.client.post(f"/console{ENTRY}/look", data=data, headers={"X-Console": "1"})
    assert "<html" not in answer.text and FR.text("rule.answer_long") in answer.text
    assert 'value="residence_permit.' in answer.text
    nameless = {"source_title": "", "source_url": "https://men.gov.ma/x", "source_year": "", "source_says": ""}
    found = desk.client.post(f"/console{ENTRY}/look", data=data | nameless, headers={"X-Console": "1"}).text
    assert FR.text("rule.source_nameless") in str(part(found, "faults-sources"))
    whole = desk.get(ENTRY).text
    for name in re.findall(r'id="([^"]+)" (?:class="\w+" )?data-part', answer.text):
        assert f'id="{name}"' in whole, name


def test_words_in_a_sentence_are_counted_at_the_server_too(desk: Browser) -> None:
    save(desk, answer_fr="mot " * 26)
    assert "over" in part(desk.get(ENTRY).text, "reading-fr")


# --- New entries and settings


def test_a_new_entry_is_a_draft_in_one_form(desk: Browser, db: Database) -> None:
    answer = desk.post("/content/new", title="Où trouver une crèche ?", topic="schooling", source_form="fr")
    assert answer.url.path == "/console/content/entry/ou_trouver_une_creche"
    assert FR.text("standing.draft") in answer.text
    again = desk.post("/content/new", title="Deux", id="school_enrol", topic="schooling", source_form="fr")
    assert again.status_code == 409 and 'value="Deux"' in again.text
    assert desk.post("/content/new", title="Deux", topic="nonsense").status_code == 422


def test_a_manager_decides_how_content_is_published(manager: Browser, db: Database) -> None:
    assert manager.post("/content/settings", grace_days="-1").status_code == 422
    assert manager.post("/content/settings", four_eyes="yes", grace_days="10", check_links="yes").status_code == 200
    with db.begin() as session:
        kept = content_settings.four_eyes(session), content_settings.grace_days(session), content_settings.check_links(session)
        assert kept == (True, 10, True)
        assert len(list(session.scalars(select(AuditRow).filter_by(action="setting.changed")))) == 3
    manager.post("/content/settings", four_eyes="yes", grace_days="10")
    with db.begin() as session:
        assert len(list(session.scalars(select(AuditRow).filter_by(action="setting.changed")))) == 4, "only what changed is noted"
