"""The page of an entry: what it sends, what comes back, and who is made responsible."""

import html
import json
import re

import pytest
from httpx import Response
from sqlalchemy import select

from bot.db import Database
from bot.faq import content_settings, revisions, rules, workflow
from bot.faq.entries import Entry
from bot.faq.revisions import Reason
from bot.faq.workflow import Change
from bot.settings import ROOT
from bot.tables import EntryRow, Revision, Staff
from bot.understanding.corpus import seed_entries
from console.language import read
from tests.console.conftest import Browser
from tests.console.entry_pages import sent
from tests.console.test_console_pages import RULES

ENTRY = "/content/entry/school_enrol"
FR = read("fr")


def post(browser: Browser, path: str, fields: dict[str, list[str]]) -> Response:
    return browser.client.post(f"/console{path}", data={"csrf": browser.csrf, **fields}, follow_redirects=False)


def save(browser: Browser, page: str, **touched: str | list[str]) -> Response:
    """From a page as it was shown; a field is written with two underscores for its hyphen: `answer__fr`."""
    return post(
        browser, ENTRY, {**sent(page, **{name.replace("__", "-"): value for name, value in touched.items()}), "csrf": [browser.csrf]}
    )


def head(db: Database, entry: str = "school_enrol") -> Revision:
    with db.begin() as session:
        return workflow.head(session, entry)


def written(body: Entry) -> Entry:
    """Without what is empty: a file need not name it."""
    return {part: value for part, value in body.items() if value}


def responsible(db: Database) -> str:
    """The name of whoever it is entrusted to."""
    with db.begin() as session:
        row = session.get_one(EntryRow, "school_enrol")
        return session.get_one(Staff, row.responsible_id).name if row.responsible_id else ""


def id_of(db: Database, name: str) -> str:
    with db.begin() as session:
        return str(session.scalars(select(Staff).filter_by(name=name)).one().id)


# --- What is sent


def test_what_nobody_touched_is_saved_as_it_was(desk: Browser, db: Database) -> None:
    """The first kind of place decides where people are sent next."""
    ids = [str(entry["id"]) for entry in seed_entries(ROOT / "data")]
    assert len(ids) > 80
    for entry in ids:
        before = head(db, entry)
        fields = {**sent(desk.get(f"/content/entry/{entry}").text, **{"title-fr": "Un autre titre"}), "csrf": [desk.csrf]}
        assert post(desk, f"/content/entry/{entry}", fields).status_code == 303, entry
        after = head(db, entry)
        assert after.number == before.number + 1 and after.body["titles"]["fr"] == "Un autre titre"
        assert written(after.body) | {"titles": before.body["titles"]} == written(before.body), entry


def test_a_new_choice_comes_behind_those_of_before(desk: Browser, db: Database) -> None:
    page = desk.get(ENTRY).text
    save(desk, page, categories=["school_office", "police", "hospital"], facts=["schooling.2", "asylum.1", "schooling.1"])
    first = head(db).body
    save(desk, desk.get(ENTRY).text, categories=["hospital", "legal_aid", "police"], facts=["schooling.1", "asylum.1"])
    second = head(db).body
    assert second["categories"] == [*(c for c in first["categories"] if c != "school_office"), "legal_aid"]
    assert second["facts"] == [fact for fact in first["facts"] if fact != "schooling.2"]


SOURCE = {"title": "Loi 02-03", "url": "https://sgg.gov.ma/loi", "year": "2003", "says": "Amende de 500 dh."}


def with_source(db: Database, **other: str) -> None:
    """What is there comes from the database: its keys stand in an order of their own."""
    with db.begin() as session:
        omar = session.scalars(select(Staff).filter_by(name="Omar")).one()
        found = workflow.head(session, "school_enrol")
        workflow.save(session, omar, "school_enrol", Change({**found.body, "sources": [{**SOURCE, **other}]}, "minor", found.number))


@pytest.mark.parametrize("says", ["Amende de 500 dh.", "Amende :\n  500 dh"])
def test_saving_an_entry_with_a_source_and_no_change_makes_no_version(desk: Browser, omar: Browser, db: Database, says: str) -> None:
    with_source(db, says=says)
    before = head(db).number
    assert save(desk, desk.get(ENTRY).text).status_code == 303
    assert head(db).number == before


def test_what_a_colleague_wrote_of_a_source_is_not_overwritten_by_who_never_touched_it(desk: Browser, omar: Browser, db: Database) -> None:
    with_source(db)
    page = desk.get(ENTRY).text
    assert save(omar, omar.get(ENTRY).text, source_says=["Amende de 700 dh.", "", ""]).status_code == 303
    refused = save(desk, page, title__en="Enrol a child")
    assert refused.status_code == 409 and 'id="theirs-sources"' not in refused.text
    assert save(desk, refused.text).status_code == 303
    body = head(db).body
    assert body["sources"] == [{**SOURCE, "says": "Amende de 700 dh."}] and body["titles"]["en"] == "Enrol a child"


# --- Who is responsible


def test_who_did_not_touch_the_responsible_person_changes_nothing_about_it(desk: Browser, omar: Browser, db: Database) -> None:
    save(desk, desk.get(ENTRY).text, responsible=id_of(db, "Zineb"))
    page = desk.get(ENTRY).text
    save(omar, omar.get(ENTRY).text, responsible=id_of(db, "Omar"), title__fr="École")
    refused = save(desk, page, answer__fr="De Zineb.", title__fr="Inscrire")
    assert refused.status_code == 409
    assert re.search(r'<option value="[^"]+" selected>Omar</option>', refused.text)
    assert save(desk, refused.text, keep=["title-fr"]).status_code == 303
    assert responsible(db) == "Omar" and head(db).body["answers"]["fr"] == "De Zineb."


def test_a_choice_of_the_responsible_person_survives_a_refusal(desk: Browser, omar: Browser, db: Database) -> None:
    page = desk.get(ENTRY).text
    save(omar, page, title__fr="École")
    refused = save(desk, page, title__fr="Inscrire", responsible=id_of(db, "Omar"))
    assert refused.status_code == 409 and save(desk, refused.text, keep=["title-fr"]).status_code == 303
    assert responsible(db) == "Omar"


def test_entrusting_alone_makes_no_version(desk: Browser, omar: Browser, db: Database) -> None:
    with db.begin() as session:
        content_settings.put(session, session.scalars(select(Staff).filter_by(name="Zineb")).one(), "four_eyes", True)
    save(desk, desk.get(ENTRY).text, answer__fr="Oui.", kind="meaning")
    before = head(db)
    assert save(omar, omar.get(ENTRY).text, responsible=id_of(db, "Omar")).status_code == 303
    assert responsible(db) == "Omar"
    assert (head(db).number, head(db).by) == (before.number, before.by)


# --- What comes back


def test_a_look_at_a_text_counts_only_for_the_meaning_that_was_before_the_eyes(desk: Browser, omar: Browser, db: Database) -> None:
    save(desk, desk.get(ENTRY).text, kind="meaning", answer__fr="Avant 15 jours.")
    page = desk.get(ENTRY).text
    save(omar, page, kind="meaning", answer__fr="Avant 3 jours.")
    refused = save(desk, page, looked_at=["ar"], title__en="Enrol")
    assert refused.status_code == 409
    assert 'id="looked-ar"' in refused.text and not re.search(r'id="looked-ar"[^>]*checked', refused.text)
    save(desk, refused.text)
    assert "ar" in head(db).body["to_check"]


def test_what_was_said_on_sending_back_is_not_lost(desk: Browser, omar: Browser, db: Database) -> None:
    save(desk, desk.get(ENTRY).text, answer__fr="Un.")
    post(desk, f"{ENTRY}/submit", {"seen": ["2"]})
    save(omar, omar.get(ENTRY).text, answer__fr="Deux.")
    answer = post(desk, f"{ENTRY}/send-back", {"seen": ["2"], "text": ["Il manque le délai <b>de recours"]})
    assert answer.status_code == 409
    assert answer.text.count("Il manque le délai &lt;b&gt;de recours</textarea>") == 1


def test_a_comment_that_is_too_long_comes_back_with_what_it_is_about(desk: Browser) -> None:
    answer = post(desk, f"{ENTRY}/comments", {"seen": ["1"], "text": ["x" * 5000 + "fin"], "about": ["ar"]})
    assert answer.status_code == 422 and "xfin</textarea>" in answer.text
    assert re.search(r'<option value="ar" selected>', answer.text.split('id="about"')[1])


@pytest.mark.parametrize(("page", "back"), [(ENTRY, "?back=/console/content/entry/school_enrol"), (f"{ENTRY}/look", "")])
def test_who_was_signed_out_meanwhile_comes_back_to_the_page_of_the_form(desk: Browser, page: str, back: str) -> None:
    desk.client.cookies.delete("dalil_console")
    answer = desk.client.post(f"/console{ENTRY}", headers={"Referer": f"http://testserver/console{page}"}, follow_redirects=False)
    assert answer.headers["location"] == f"/console/sign-in{back}"


# --- What one may do with it


def test_what_cannot_be_published_yet_has_no_button_that_works(desk: Browser) -> None:
    save(desk, desk.get(ENTRY).text, answer__fr="x" * 701)
    page = desk.get(ENTRY).text
    assert re.search(r'id="do-publish"[^>]*disabled aria-describedby="why-not"', page) and 'id="why-not" href="#grave"' in page
    assert FR.text("{n} characters, {most} at most", n="701", most="700") in page


def test_who_must_not_publish_is_offered_a_review_first(desk: Browser, omar: Browser, db: Database) -> None:
    with db.begin() as session:
        content_settings.put(session, session.scalars(select(Staff).filter_by(name="Zineb")).one(), "four_eyes", True)
    save(desk, desk.get(ENTRY).text, answer__fr="Oui.", kind="meaning")
    page = desk.get(ENTRY).text
    assert 'id="do-submit" class="main"' in page and 'id="do-publish"' not in page
    assert 'id="do-publish" class="main"' in omar.get(ENTRY).text


def test_only_what_differs_is_shown_and_can_be_taken(desk: Browser, omar: Browser, db: Database) -> None:
    page = desk.get(ENTRY).text
    text = head(db).body["answers"]["fr"]
    save(omar, page, answer__fr=f"{text} Gratuit.", categories=["hospital"])
    refused = save(desk, page, answer__fr=f"{text} Payant.", categories=["police"], title__en="Mine")
    theirs = refused.text.split('id="theirs-answer-fr"')[1].split("</div>")[0]
    assert "Gratuit" in theirs and "…" in theirs and text[:40] not in theirs
    fields = {**sent(refused.text), "csrf": [desk.csrf], "take": ["answer-fr"]}
    taken = post(desk, f"{ENTRY}/look", fields)
    assert 'id="theirs-answer-fr"' not in taken.text and 'id="theirs-categories"' in taken.text
    assert save(desk, taken.text, keep=["categories"]).status_code == 303
    body = head(db).body
    assert body["answers"]["fr"] == f"{text} Gratuit." and body["titles"]["en"] == "Mine" and body["categories"] == ["police"]


def both_changed(desk: Browser, omar: Browser, **more: str) -> str:
    """The page of who saved second."""
    page = desk.get(ENTRY).text
    save(omar, page, answer__fr="Gratuit.", title__fr="École")
    refused = save(desk, page, answer__fr="Payant.", title__fr="Inscrire", **more)
    assert refused.status_code == 409
    return refused.text


def listed(page: str) -> list[tuple[str, bool]]:
    """The fields that the top of the page leads to, and whether each waits for a decision."""
    top = page.split('id="clashes"')[1].split("</section>")[0]
    return [(field, FR.text("to decide") in said) for field, said in re.findall(r'<li><a href="#([^"]+)">(.*?)</li>', top, re.DOTALL)]


def test_the_page_says_at_its_top_where_both_wrote_and_does_not_cover_it(desk: Browser, omar: Browser) -> None:
    page = both_changed(desk, omar)
    assert sorted(listed(page)) == [("answer-fr", True), ("title-fr", True)]
    assert page.index('id="clashes"') < page.index('id="column-fr"') and not re.search(r'id="save-panel"[^>]* open', page)


def test_nothing_is_saved_until_each_clash_was_decided(desk: Browser, omar: Browser, db: Database) -> None:
    page = both_changed(desk, omar)
    refused = save(desk, page)
    assert refused.status_code == 422 and FR.text("entry.undecided") in refused.text and head(db).number == 2
    half = save(desk, refused.text, keep=["answer-fr"])
    assert half.status_code == 422 and sorted(listed(half.text)) == [("answer-fr", False), ("title-fr", True)]
    assert re.search(r'name="keep" value="answer-fr" checked', half.text), "what was decided stays decided"
    taken = post(desk, f"{ENTRY}/look", {**sent(half.text), "csrf": [desk.csrf], "take": ["title-fr"]})
    assert listed(taken.text) == [("answer-fr", False)]
    assert save(desk, taken.text).status_code == 303
    body = head(db).body
    assert (body["answers"]["fr"], body["titles"]["fr"]) == ("Payant.", "École")


def test_who_wrote_on_after_seeing_the_other_text_has_decided(desk: Browser, omar: Browser, db: Database) -> None:
    page = both_changed(desk, omar)
    assert save(desk, page, answer__fr="Gratuit ou payant.", keep=["title-fr"]).status_code == 303
    assert head(db).body["answers"]["fr"] == "Gratuit ou payant."


def test_a_clash_that_nobody_decided_is_still_asked_about_after_a_third_save(desk: Browser, omar: Browser, db: Database) -> None:
    page = both_changed(desk, omar)
    save(omar, omar.get(ENTRY).text, answer__en="Third.", title__fr="L’école")
    again = save(desk, page, keep=["answer-fr", "title-fr"])
    assert again.status_code == 422 or again.status_code == 409
    assert listed(again.text) == [("title-fr", True)], "the other one was decided, and is as it was"
    third = save(desk, page, title__fr="Inscription")
    assert third.status_code == 422 and ("answer-fr", True) in listed(third.text)


def test_while_one_types_the_list_of_clashes_and_the_other_texts_come_along(desk: Browser, omar: Browser) -> None:
    """Also on a page that was loaded anew: the browser puts back the hidden field."""
    fields = {**sent(both_changed(desk, omar)), "csrf": [desk.csrf], "keep": ["title-fr"]}
    answer = desk.client.post(f"/console{ENTRY}/look", data=fields, headers={"X-Console": "1"})
    assert sorted(listed(answer.text)) == [("answer-fr", True), ("title-fr", False)] and 'id="theirs-answer-fr"' in answer.text


FORM_RULES: dict[str, Entry] = {
    "answer_long": {"answers": {"fr": "x" * 701}},
    "title_long": {"titles": {"fr": "x" * 25}},
    "form_unknown": {"answers": {"fr": "Oui.", "xx": "Da."}},
    "form_missing": {"answers": {"en": "Yes."}},
    "phone_unknown": {"answers": {"fr": "Appelez le 05 28 99 99 99."}},
    "amount_unknown": {"answers": {"fr": "Il faut payer 4321 dh."}},
    "forbidden": {"answers": {"fr": "Appelez le 141."}},
    "markup": {"answers": {"fr": "Oui,&nbsp;gratuit."}},
    "other_script": {"titles": {"fr": "تسجيل الأطفال"}},
    "limit_not_first": {"facts": ["FACT_WITH_LIMIT"]},
    "meaning_changed": {"to_check": ["fr"]},
    "few_questions": {"questions": {"fr": ["Une seule ?"]}},
    "question_twice": {"questions": {"fr": ["COPIED"]}},
    "title_twice": {"titles": {"fr": "COPIED"}},
    "fact_missing": {"facts": [], "sources": []},
    "fact_unknown": {"facts": ["no_such.1"]},
    "fact_low": {"facts": ["FACT_OF_LOW"]},
    "source_nameless": {"sources": [{"title": "", "url": "https://a.ma"}]},
    "topic_unknown": {"topic": "no_such"},
    "category_unknown": {"categories": ["no_such"]},
    "related_unknown": {"related": ["no_such"]},
    "date_missing": {"read_on": None},
    "check_due": {"check_again_on": "2020-01-01", "read_on": "2019-01-01"},
}


def filled(body: Entry, other: Entry) -> str:
    """With what stands in the content."""
    book = rules.book(ROOT / "data")
    low = next(key for key, fact in book.facts.items() if fact.confidence == "low")
    limited = next(iter(book.forbidden.time_limits))
    copied = other["titles"]["fr"] if "titles" in body else other["questions"]["fr"][0]
    text = json.dumps(body).replace("FACT_OF_LOW", low).replace("FACT_WITH_LIMIT", limited)
    return text.replace('"COPIED"', json.dumps(copied))


def test_there_is_an_example_of_every_rule() -> None:
    assert {*FORM_RULES, "id_twice"} == {*RULES}, "the database keeps no id twice"


@pytest.mark.parametrize("rule", FORM_RULES)
def test_every_rule_is_shown_on_the_page_while_one_types_and_before_publishing(desk: Browser, db: Database, rule: str) -> None:
    with db.begin() as session:
        row = session.get_one(EntryRow, "school_enrol")
        other = session.get_one(EntryRow, "school_refused").body
        revisions.add(session, row, {**row.body, **json.loads(filled(FORM_RULES[rule], other))}, Reason("minor"))
    said = html.escape(FR.text(f"rule.{rule}"), quote=False)
    page = desk.get(ENTRY).text
    live = desk.client.post(f"/console{ENTRY}/look", data={**sent(page), "csrf": [desk.csrf]}, headers={"X-Console": "1"}).text
    for shown in (page, live):
        top = shown.split('id="warnings"')[1].split('id="clashes"' if shown is live else "shown-forms")[0]
        assert said in top, "in the list at the top"
    marked = re.findall(r'id="faults-([^"]+)"[^>]*>((?:(?!</div>).)*)', page, re.DOTALL)
    if rule not in ("form_unknown",):
        assert any(said in inside for _, inside in marked), "and beside its field"


def test_the_other_answer_that_says_the_same_is_named(desk: Browser, db: Database) -> None:
    with db.begin() as session:
        other = session.get_one(EntryRow, "school_refused").body
    page = desk.get(ENTRY).text
    assert FR.text("rule.title_twice") not in page and FR.text("rule.question_twice") not in page
    save(desk, page, title__fr=other["titles"]["fr"].upper())
    top = desk.get(ENTRY).text.split('id="warnings"')[1].split("</ul>")[0]
    assert 'href="/console/content/entry/school_refused"' in top


def test_marks_that_nobody_sees_are_not_kept(desk: Browser, db: Database) -> None:
    save(
        desk,
        desk.get(ENTRY).text,
        title__fr="\u202eInscrire\u202c",
        answer__ar="\u200fنعم \u2066\u200b05 28\u2069.",
        answer__fr="Oui 👨\u200d👩\u200d👧\ufeff.",
    )
    body = head(db).body
    assert (body["titles"]["fr"], body["answers"]["ar"], body["answers"]["fr"]) == ("Inscrire", "نعم 05 28.", "Oui 👨\u200d👩\u200d👧.")


def test_a_number_with_hyphens_keeps_its_order_in_an_arabic_field_and_is_kept_as_it_was(desk: Browser, db: Database) -> None:
    save(desk, desk.get(ENTRY).text, answer__ar="القانون 09-08 يوم 12/05.", title__ar="القانون 09-08", title__fr="Loi 09-08")
    page = desk.get(ENTRY).text
    assert page.count("القانون \u200e09-08 يوم 12/05") == 1 and 'value="القانون \u200e09-08"' in page and 'value="Loi 09-08"' in page
    number = head(db).number
    save(desk, page)
    assert head(db).number == number, "the mark is no change"
    save(desk, page, title__fr="La loi 09-08")
    assert (head(db).body["answers"]["ar"], head(db).body["titles"]["ar"]) == ("القانون 09-08 يوم 12/05.", "القانون 09-08")


def test_numbers_with_spaces_are_held_together_in_the_field_and_kept_as_they_were(desk: Browser, db: Database) -> None:
    save(desk, desk.get(ENTRY).text, answer__ar="الثمن 1 000 درهم، 05 28 82 00 00.", title__fr="2 000 dh")
    page = desk.get(ENTRY).text
    assert "1\u00a0000 درهم، 05\u00a028\u00a082\u00a000\u00a000" in page and 'value="2 000 dh"' in page
    save(desk, page, title__fr="3 000 dh")
    assert head(db).body["answers"]["ar"] == "الثمن 1 000 درهم، 05 28 82 00 00."


def test_of_many_warnings_the_first_are_listed_and_the_others_counted(desk: Browser, db: Database) -> None:
    """Copied questions: each is a warning, and names one answer that has it."""
    with db.begin() as session:
        copied = session.get_one(EntryRow, "sim_card").body["questions"]["fr"][:15]
    page = desk.get(ENTRY).text
    save(desk, page, questions__fr="\n".join(copied))
    page, said = desk.get(ENTRY).text, FR.text("rule.question_twice")
    top = page.split('id="warnings"')[1].split("</ul>")[0]
    assert top.count("<li>") == 11 and FR.text("More, beside their fields: {n}", n=5) in top
    assert page.split('id="faults-questions-fr"')[1].split("</div>")[0].count(said) == 15
