"""What editors work with: the list, differences, two editors at once, readability, comments, what once answered, the preview."""

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.errors import Conflict, NotFound, Refused
from bot.faq import answered, choices, comments, counters, differences, editing, entries, listing, merging, preview, workflow
from bot.faq.answered import Back
from bot.faq.listing import NOBODY, Asked, Shelf
from bot.faq.rules import book
from bot.faq.workflow import Change
from bot.language.forms import FORMS
from bot.staff import accounts
from bot.tables import AuditRow, EntryRow, Staff
from bot.understanding.corpus import seed_entries
from tests.story import DATA

TODAY = date(2026, 11, 22)
SEED = json.loads(json.dumps(next(entry for entry in seed_entries(DATA) if entry["id"] == "school_enrol"), default=str))
BODIES = st.fixed_dictionaries(
    {
        "titles": st.dictionaries(st.sampled_from(FORMS), st.text("ab ", min_size=1, max_size=3)),
        "questions": st.dictionaries(st.sampled_from(FORMS), st.lists(st.text("xy", min_size=1, max_size=2), min_size=1, max_size=2)),
        "facts": st.lists(st.sampled_from("pqr"), max_size=2),
        "checked_by": st.sampled_from((None, "", "Ali")),
    }
)


@pytest.fixture
def nadia(session: Session) -> Staff:
    return accounts.create(session, "nadia@example.org", "Nadia", "editor", "a long enough password")


@pytest.fixture
def enrol(session: Session) -> EntryRow:
    entries.import_entries(session, seed_entries(DATA))
    return session.get_one(EntryRow, "school_enrol")


def with_answer(body: dict[str, Any], form: str, text: str) -> dict[str, Any]:
    return differences.put(body, ("answers", form), text)


def save(session: Session, person: Staff, body: dict[str, Any], kind: Any = "meaning", looked_at: tuple[str, ...] = ()) -> int:
    seen = session.get_one(EntryRow, body["id"]).head
    return workflow.save(session, person, body["id"], Change(body, kind, seen, "", looked_at)).number


def ids(shelf: Shelf, session: Session, q: str, **more: str) -> list[str]:
    return [line.id for line in listing.found(shelf.lines(session), Asked(q, **more))]


# --- The list


@pytest.mark.parametrize(
    "query", ["inscrire ecole", "ÉCOLE inscrire", "school enrol", "المدرسة تسجيل", "nsejjel mdrasa", "school_enrol", "insc éco"]
)
def test_an_entry_is_found_by_words_of_any_form_in_any_order(session: Session, enrol: EntryRow, query: str) -> None:
    assert "school_enrol" in ids(Shelf(), session, query)[:10]


def test_what_is_not_written_is_not_found(session: Session, enrol: EntryRow) -> None:
    assert ids(Shelf(), session, "inscrire qqxw") == [] and len(ids(Shelf(), session, "  ")) == 85


def test_the_list_follows_every_save_without_being_told(session: Session, enrol: EntryRow, nadia: Staff) -> None:
    shelf = Shelf()
    assert ids(shelf, session, "zanzibar") == []
    save(session, nadia, with_answer(enrol.body, "en", "Ask in Zanzibar."))
    assert ids(shelf, session, "zanzibar") == ["school_enrol"]


def test_views_say_where_an_entry_stands(session: Session, enrol: EntryRow, nadia: Staff) -> None:
    shelf = Shelf()

    def views() -> set[str]:
        line = next(line for line in shelf.lines(session) if line.id == "school_enrol")
        return line.views(TODAY)

    assert views() == {"all", "live"}
    save(session, nadia, with_answer(enrol.body, "fr", "Oui."))
    assert views() == {"all", "live", "waiting", "check"}
    workflow.submit(session, nadia, "school_enrol", 2)
    assert views() == {"all", "live", "review", "check"}
    workflow.archive(session, nadia, "school_enrol", 2)
    assert views() == {"archived"}
    enrol.state = "withdrawn"
    assert views() == {"all", "withdrawn", "waiting", "check"}, "somebody has written what nobody reads yet"


def test_a_list_for_one_language_has_what_it_lacks(session: Session, enrol: EntryRow, nadia: Staff) -> None:
    shelf = Shelf()
    workflow.save(session, nadia, "school_enrol", Change(with_answer(enrol.body, "fr", "Oui."), "meaning", 1, looked_at=("ar",)))
    found = {form: {line.id for line in listing.found(shelf.lines(session), Asked(lacks=form))} for form in ("ar", "en")}
    assert found == {"ar": set(), "en": {"school_enrol"}}
    line = next(line for line in shelf.lines(session) if line.id == "school_enrol")
    assert "check" in line.views(TODAY) and "check" in line.views(TODAY, "en") and "check" not in line.views(TODAY, "ar")


def test_where_nobody_is_answered_and_a_draft_waits_the_last_answer_can_come_back(session: Session, enrol: EntryRow, nadia: Staff) -> None:
    save(session, nadia, with_answer(enrol.body, "fr", "Oui."))
    enrol.state = "withdrawn"
    before = answered.before(session, enrol)
    assert before and before.number == enrol.live == 1
    answered.roll_back(session, nadia, Back("school_enrol", 2, 1), book(DATA))
    live = entries.published(session, "school_enrol")
    assert live and live["answers"] == SEED["answers"]


def test_a_draft_that_never_answered_is_not_live_even_in_review(session: Session, nadia: Staff) -> None:
    row = editing.new(session, nadia, ("Crèche", ""), "schooling", "fr")
    workflow.submit(session, nadia, row.id, 1)
    (line,) = Shelf().lines(session)
    assert line.id == "creche" and line.views(TODAY) == {"all", "review", "missing"}


def test_due_entries_and_those_of_nobody(session: Session, enrol: EntryRow, nadia: Staff) -> None:
    shelf = Shelf()
    line = next(line for line in shelf.lines(session) if line.id == "school_enrol")
    assert not line.due(TODAY) and line.due(date(2030, 1, 1))
    editing.entrust(session, nadia, "school_enrol", str(nadia.id))
    session.flush()
    assert ids(shelf, session, "", responsible=str(nadia.id)) == ["school_enrol"]
    assert len(ids(shelf, session, "", responsible=NOBODY)) == 84
    assert set(ids(shelf, session, "", topic="schooling")) == {e["id"] for e in seed_entries(DATA) if e["topic"] == "schooling"}


# --- Differences, and two editors at once


def test_a_difference_names_the_words() -> None:
    pieces = differences.words("Le bureau ferme à 15 h.", "Le bureau ferme à 16 h 30.")
    assert [(p.kind, p.text) for p in pieces if p.kind != "same"] == [("gone", "15"), ("new", "16"), ("new", " 30")]


@given(st.text("ab é\n", max_size=40), st.text("ab é\n", max_size=40))
def test_both_texts_can_be_read_out_of_a_difference(before: str, after: str) -> None:
    pieces = differences.words(before, after)
    assert "".join(p.text for p in pieces if p.kind != "new") == before
    assert "".join(p.text for p in pieces if p.kind != "gone") == after


def test_lines_that_are_the_same_stay_whole() -> None:
    before, after = "Où aller ?\nCombien ?\nEt demain ?", "Où aller ?\nCombien ça coûte ?\nEt demain ?"
    pieces = differences.words(before, after)
    assert [(p.kind, p.text) for p in pieces] == [("same", "Où aller ?\nCombien "), ("new", "ça coûte "), ("same", "?\nEt demain ?")]


def test_a_text_with_countless_ways_to_match_is_shown_as_replaced() -> None:
    """Comparing these took minutes."""
    assert [p.kind for p in differences.words("!" * 1500 + "?" * 1490, "!?" * 1490)] == ["gone", "new"]


def test_very_long_texts_are_shown_as_replaced() -> None:
    assert [p.kind for p in differences.words("a b " * 5000, "b a " * 5000)] == ["gone", "new"]


@given(BODIES, BODIES)
def test_putting_every_difference_into_the_old_body_makes_the_new_one(old: dict[str, Any], new: dict[str, Any]) -> None:
    made = old
    for place in differences.changed(old, new):
        made = differences.put(made, place, differences.value(new, place))
    assert differences.changed(made, new) == []


@given(BODIES, BODIES, BODIES)
def test_no_side_of_a_merge_is_lost(base: dict[str, Any], mine: dict[str, Any], theirs: dict[str, Any]) -> None:
    found = merging.merge(base, mine, theirs)
    for place in differences.places():
        was, my, their, now = (differences.text(body, place) for body in (base, mine, theirs, found.body))
        if place in found.clashes:
            assert now == my and len({was, my, their}) == 3
        else:
            assert now == (my if their == was else their)
            assert my in (was, now)


def test_the_same_source_with_its_parts_in_another_order_is_the_same() -> None:
    """The database orders the parts of a source by the length of their names, a form as the page has them."""
    stored = {**SEED, "sources": [{"url": "https://a.ma", "year": "2020", "title": "A"}]}
    sent = {**SEED, "sources": [{"title": "A", "url": "https://a.ma", "year": 2020, "says": ""}]}
    theirs = {**SEED, "sources": [{"url": "https://a.ma", "year": "2021", "title": "A"}]}
    assert differences.changed(stored, sent) == [] and differences.bodies(stored, sent) == []
    assert differences.text(stored, ("sources", "")) == differences.text(sent, ("sources", "")) == "A · https://a.ma · 2020"
    assert merging.merge(stored, sent, theirs) == (theirs, [], [("sources", "")])


def test_a_part_of_a_source_that_moved_to_another_field_is_a_change() -> None:
    title, year = ({**SEED, "sources": [{"title": "A", key: "2020"}]} for key in ("year", "says"))
    assert differences.changed(title, year) == [("sources", "")]


def test_merging_with_oneself_changes_nothing() -> None:
    assert merging.merge(SEED, SEED, SEED) == (SEED, [], [])


# --- How a text reads


@pytest.mark.parametrize(
    ("text", "words", "longest", "average"),
    [
        ("", 0, 0, 0),
        ("Oui. C'est gratuit, partout.", 4, 3, 2),
        ("نعم. التسجيل مجاني؟\n- الوثائق: البطاقة", 5, 2, 1),
        ("- Appelez le 05 37 54 54 00", 7, 7, 7),
    ],
)
def test_sentences_are_counted_in_both_scripts(text: str, words: int, longest: int, average: int) -> None:
    found = counters.reading(text)
    assert (found.words, found.longest, found.average) == (words, longest, average) and not found.hard


def test_a_long_sentence_is_hard() -> None:
    assert counters.reading("mot " * 26).hard


# --- New entries, and what may not even be a draft


@pytest.mark.parametrize(
    ("title", "made"),
    [
        ("Où apprendre l'arabe ?", "ou_apprendre_l_arabe"),
        ("التسجيل في المدرسة", "schooling_1"),
        ("Crèche", "creche"),
        ("ab " * 100, "ab_" * 18 + "a"),
    ],
)
def test_an_id_is_made_from_the_title(session: Session, title: str, made: str) -> None:
    assert editing.made_id(session, title, "schooling") == made


def test_an_id_that_is_taken_gets_a_number(session: Session, nadia: Staff) -> None:
    assert [editing.new(session, nadia, ("Crèche", ""), "schooling", "fr").id for _ in range(3)] == ["creche", "creche_2", "creche_3"]
    with pytest.raises(Conflict, match=r"entry\.taken"):
        editing.new(session, nadia, ("Autre", "creche"), "schooling", "fr")


@pytest.mark.parametrize(("title", "key", "refusal"), [(" ", "", "no_title"), ("Oui", "É x", "bad_id"), ("x" * 121, "a", "too_long")])
def test_a_new_entry_needs_a_title_and_a_plain_id(session: Session, nadia: Staff, title: str, key: str, refusal: str) -> None:
    with pytest.raises(Refused, match=f"entry.{refusal}"):
        editing.new(session, nadia, (title, key), "schooling", "fr")


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"read_on": "22/11/2026"}, "no_day"),
        ({"checked_on": "2026-02-30", "checked_by": "x"}, "no_day"),
        ({"checked_by": "Ali", "checked_on": None}, "half_checked"),
        ({"sources": [{"title": "x", "url": "javascript:alert(1)", "year": ""}]}, "bad_address"),
        ({"answers": {"fr": "x" * 4001}}, "too_long"),
        ({"questions": {"ar": [f"سؤال {n}" for n in range(201)]}}, "too_many"),
        ({"golden": {"fr": [f"question {n}" for n in range(201)]}}, "too_many"),
    ],
)
def test_what_no_draft_may_say(change: dict[str, Any], refusal: str) -> None:
    editing.check(SEED)
    with pytest.raises(Refused, match=f"entry.{refusal}"):
        editing.check(SEED | change)


def test_only_who_keeps_content_can_be_responsible(session: Session, enrol: EntryRow, nadia: Staff) -> None:
    worker = accounts.create(session, "w@example.org", "W", "caseworker", "a long enough password")
    editing.entrust(session, nadia, "school_enrol", str(nadia.id))
    for other in (str(worker.id), "nonsense"):
        with pytest.raises(Refused, match=r"entry\.not_to_them"):
            editing.entrust(session, nadia, "school_enrol", other)
    assert enrol.responsible_id == nadia.id
    editing.entrust(session, nadia, "school_enrol", "")
    assert enrol.responsible_id is None
    assert len(list(session.scalars(select(AuditRow).filter_by(action="entry.entrusted")))) == 2


# --- What once answered


def test_one_goes_back_only_to_what_answered(session: Session, enrol: EntryRow, nadia: Staff) -> None:
    assert answered.before(session, enrol) is None
    draft = save(session, nadia, with_answer(enrol.body, "fr", "Brouillon."))
    save(session, nadia, with_answer(enrol.body, "fr", "Oui, c'est gratuit."), "minor")
    workflow.publish(session, nadia, "school_enrol", 3, book(DATA))
    assert answered.once_live(session, "school_enrol") == [3, 1]
    with pytest.raises(Refused, match=r"entry\.never_live"):
        answered.roll_back(session, nadia, Back("school_enrol", 3, draft), book(DATA))
    before = answered.before(session, enrol)
    assert before and before.number == 1
    answered.roll_back(session, nadia, Back("school_enrol", 3, 1), book(DATA))
    live = entries.published(session, "school_enrol")
    assert live and live["answers"] == SEED["answers"]
    again = answered.before(session, enrol)
    assert again and again.number == 3, "and back again"


def test_a_form_shows_what_changed_since_it_was_marked(session: Session, enrol: EntryRow, nadia: Staff) -> None:
    french = with_answer(enrol.body, "fr", "Avant le 15.")
    save(session, nadia, french)
    save(session, nadia, with_answer(french, "fr", "Avant le 20."), "minor")
    head = workflow.head(session, "school_enrol").body
    (found,) = answered.waiting(session, "school_enrol", head, "en")
    assert (found.part, found.form) == ("answers", "fr")
    assert "".join(p.text for p in found.pieces if p.kind != "gone") == "Avant le 20."
    assert "".join(p.text for p in found.pieces if p.kind != "new") == SEED["answers"]["fr"]


def test_when_a_translation_changed_the_meaning_the_source_sees_that_one(session: Session, enrol: EntryRow, nadia: Staff) -> None:
    save(session, nadia, with_answer(enrol.body, "en", "Before the 15th."))
    head = workflow.head(session, "school_enrol").body
    assert [d.form for d in answered.waiting(session, "school_enrol", head, "fr")] == ["en"]


# --- Comments


def test_comments_are_made_and_settled(session: Session, enrol: EntryRow, nadia: Staff) -> None:
    first = comments.add(session, nadia, "school_enrol", ("ar", "  À revoir. "))
    second = comments.add(session, nadia, "school_enrol", ("nonsense", "Deux"))
    assert (first.form, first.text, second.form) == ("ar", "À revoir.", "")
    comments.settle(session, nadia, "school_enrol", first.id, True)
    session.flush()
    assert [c.id for c in comments.listed(session, "school_enrol")] == [second.id, first.id]
    comments.settle(session, nadia, "school_enrol", first.id, False)
    assert first.done_at is None


def test_a_comment_needs_words_and_its_own_entry(session: Session, enrol: EntryRow, nadia: Staff) -> None:
    for text in (" ", "x" * 2001):
        with pytest.raises(Refused, match=r"comment\."):
            comments.add(session, nadia, "school_enrol", ("", text))
    with pytest.raises(NotFound):
        comments.add(session, nadia, "nowhere", ("", "x"))
    mine = comments.add(session, nadia, "school_enrol", ("", "x"))
    with pytest.raises(NotFound):
        comments.settle(session, nadia, "school_refused", mine.id, True)


# --- Choices and preview


@pytest.mark.parametrize("query", ["école inscrire", "المدرسة", "INSCRIRE ecole", "school enrol"])
def test_facts_are_found_by_what_the_answers_say_that_rest_on_them(session: Session, enrol: EntryRow, query: str) -> None:
    lines = Shelf().lines(session)
    found = [choice.id for choice in choices.find_facts(session, query, DATA, lines)]
    assert set(SEED["facts"]) <= set(found), (query, found)
    assert choices.find_facts(session, "qwertyuiop", DATA, lines) == choices.find_facts(session, "?!", DATA, lines) == []


def test_facts_are_found_by_their_words_and_shown_whole(session: Session) -> None:
    found = choices.find_facts(session, "residence permit 90 days", DATA)
    assert "residence_permit.1" in [choice.id for choice in found]
    first = choices.fact("residence_permit.1", DATA)
    assert "(2010)" in first.detail and first.note == "high" and first.url.startswith("https://")
    assert choices.fact("gone.1", DATA).note == "gone"


def test_the_preview_says_what_the_bot_would_say() -> None:
    body = SEED | {"facts": [*SEED["facts"], "gone.1"], "answers": {"fr": "Oui."}, "related": ["a", "b", "c", "d", "gone"]}
    titles = {name: {"fr": name.upper()} for name in "abcd"}
    said = preview.said(body, "en", titles, DATA)
    assert "Oui." in said.answer and "not yet" in said.answer.lower() and "Source" in said.answer
    assert said.buttons == ("Yes", "No", "A", "B", "C")


@pytest.mark.parametrize("half", [{"checked_by": "Ali", "checked_on": "20"}, {"checked_by": "", "checked_on": "2026-11-20"}])
def test_what_is_half_typed_can_be_looked_at(half: dict[str, Any]) -> None:
    assert "Ali" not in preview.said(SEED | half, "fr", {}, DATA).answer
