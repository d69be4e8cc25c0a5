"""From a draft to an answer: revisions, two editors at once, four eyes, what a changed meaning does to other forms, rolling back."""

import json
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db import Database
from bot.errors import Conflict, Faulty, NotFound, Refused
from bot.faq import answered, content_settings, entries, revisions, workflow
from bot.faq.answered import Back
from bot.faq.rules import Book, book
from bot.faq.workflow import Change
from bot.language.forms import FORMS
from bot.staff import accounts
from bot.tables import AuditRow, EntryRow, Staff
from bot.understanding.corpus import seed_entries
from tests.story import DATA, AtOnce, hire, result, until, waiting_for_a_lock

SEED = json.loads(json.dumps(next(entry for entry in seed_entries(DATA) if entry["id"] == "school_enrol"), default=str))


@pytest.fixture
def rules() -> Book:
    return book(DATA)


@pytest.fixture
def nadia(session: Session) -> Staff:
    return accounts.create(session, "nadia@example.org", "Nadia", "editor", "a long enough password")


@pytest.fixture
def omar(session: Session) -> Staff:
    return accounts.create(session, "omar@example.org", "Omar", "editor", "a long enough password")


@pytest.fixture
def enrol(session: Session) -> EntryRow:
    entries.import_entries(session, seed_entries(DATA))
    return session.get_one(EntryRow, "school_enrol")


def said(body: dict[str, Any], **answers: str) -> dict[str, Any]:
    """The body with other answers; the form is written with an underscore."""
    return {**body, "answers": {**body["answers"], **{form.replace("_", "-"): text for form, text in answers.items()}}}


def test_an_imported_entry_is_its_own_first_revision(session: Session, enrol: EntryRow) -> None:
    assert (enrol.head, enrol.live, enrol.stage) == (1, 1, "published")
    assert [(r.number, r.kind, r.by) for r in revisions.history(session, "school_enrol")] == [(1, "new", None)]
    assert revisions.get(session, "school_enrol", 1).body == enrol.body


def test_a_draft_changes_no_answer_until_it_is_published(session: Session, enrol: EntryRow, nadia: Staff, rules: Book) -> None:
    before, version = entries.published(session, "school_enrol"), entries.version(session)
    assert before
    workflow.save(session, nadia, "school_enrol", Change(said(before, fr="Oui. C'est gratuit."), "minor", 1, "plus court"))
    assert entries.published(session, "school_enrol") == before and entries.version(session) == version
    workflow.submit(session, nadia, "school_enrol", 2)
    assert enrol.stage == "review"
    workflow.publish(session, nadia, "school_enrol", 2, rules)
    live = entries.published(session, "school_enrol")
    assert live and live["answers"]["fr"] == "Oui. C'est gratuit." and entries.version(session) > version
    assert (enrol.head, enrol.live, enrol.stage, enrol.state) == (2, 2, "published", "published")


def test_a_new_entry_answers_only_when_it_is_published(session: Session, nadia: Staff, rules: Book) -> None:
    entries.import_entries(session, [e for e in seed_entries(DATA) if e["id"] != "school_enrol"])
    workflow.create(session, nadia, dict(SEED, read_on="2026-11-22", check_again_on="2027-11-22"))
    assert entries.published(session, "school_enrol") is None
    with pytest.raises(Conflict, match=r"entry\.taken"):
        workflow.create(session, nadia, dict(SEED))
    workflow.publish(session, nadia, "school_enrol", 1, rules)
    assert entries.published(session, "school_enrol")


def test_who_saves_over_what_they_have_not_seen_is_told(session: Session, enrol: EntryRow, nadia: Staff, omar: Staff, rules: Book) -> None:
    workflow.save(session, nadia, "school_enrol", Change(said(enrol.body, fr="Un"), "minor", 1))
    for late in (
        lambda: workflow.save(session, omar, "school_enrol", Change(said(enrol.body, fr="Deux"), "minor", 1)),
        lambda: workflow.submit(session, omar, "school_enrol", 1),
        lambda: workflow.publish(session, omar, "school_enrol", 1, rules),
        lambda: workflow.archive(session, omar, "school_enrol", 1),
    ):
        with pytest.raises(Conflict, match=r"entry\.changed"):
            late()
    assert workflow.head(session, "school_enrol").body["answers"]["fr"] == "Un"


def test_two_who_save_at_once_are_two_revisions_or_one_is_told(db: Database) -> None:
    with db.begin() as session:
        entries.import_entries(session, [dict(SEED)])
        people = [accounts.create(session, f"{n}@example.org", n, "editor", "a long enough password") for n in ("a", "b")]

    def save(person: Staff) -> str:
        with db.begin() as session:
            workflow.save(session, person, "school_enrol", Change(said(dict(SEED), fr=person.name), "minor", 1))
        return person.name

    with AtOnce() as both:
        running = [both.start(save, person) for person in people]
        ended = []
        for each in running:
            try:
                ended.append(result(each))
            except Conflict:
                ended.append("told")
    assert sorted(ended)[-1] == "told" and len(set(ended)) == 2
    with db.begin() as session:
        assert [r.number for r in revisions.history(session, "school_enrol")] == [2, 1]


def test_of_two_who_make_the_same_new_entry_at_once_one_is_told(db: Database) -> None:
    people = [hire(db, name, "editor") for name in ("Nadia", "Omar")]

    def create(person: Staff) -> None:
        with db.begin() as session:
            workflow.create(session, person, dict(SEED))

    with db.begin() as first:
        workflow.create(first, people[0], dict(SEED))
        with AtOnce() as both:
            second = both.start(create, people[1])
            until(lambda: waiting_for_a_lock(db) == 1)
            first.commit()
            with pytest.raises(Conflict, match=r"entry\.taken"):
                result(second)


def test_another_meaning_marks_the_forms_that_were_left_alone(session: Session, enrol: EntryRow, nadia: Staff) -> None:
    changed = said(enrol.body, fr="Non.", en="No.")
    found = workflow.save(session, nadia, "school_enrol", Change(changed, "meaning", 1))
    assert found.body["to_check"] == ["ar", "ary-Arab", "ary-Latn"]
    translated = workflow.save(session, nadia, "school_enrol", Change(said(found.body, ar="لا."), "minor", 2, looked_at=["ary-Arab"]))
    assert translated.body["to_check"] == ["ary-Latn"]


def test_a_slip_of_the_pen_marks_nothing(session: Session, enrol: EntryRow, nadia: Staff) -> None:
    assert workflow.save(session, nadia, "school_enrol", Change(said(enrol.body, fr="Oui ."), "minor", 1)).body["to_check"] == []


def test_another_meaning_without_another_word_marks_nothing(session: Session, enrol: EntryRow, nadia: Staff) -> None:
    """Sources and questions are the same for all forms."""
    other = {**enrol.body, "facts": enrol.body["facts"][:1]}
    assert workflow.save(session, nadia, "school_enrol", Change(other, "meaning", 1)).body["to_check"] == []


def test_a_form_that_does_not_exist_is_not_marked(session: Session, enrol: EntryRow, nadia: Staff) -> None:
    body = {**enrol.body, "answers": {form: enrol.body["answers"][form] for form in ("fr", "ar")}}
    workflow.save(session, nadia, "school_enrol", Change(body, "minor", 1))
    assert workflow.save(session, nadia, "school_enrol", Change(said(body, fr="Non."), "meaning", 2)).body["to_check"] == ["ar"]


def test_with_four_eyes_nobody_publishes_what_they_wrote(session: Session, enrol: EntryRow, nadia: Staff, omar: Staff, rules: Book) -> None:
    content_settings.put(session, omar, "four_eyes", True)
    workflow.save(session, nadia, "school_enrol", Change(said(enrol.body, fr="Oui. C'est gratuit."), "minor", 1))
    with pytest.raises(Refused, match=r"entry\.four_eyes"):
        workflow.publish(session, nadia, "school_enrol", 2, rules)
    workflow.publish(session, omar, "school_enrol", 2, rules)
    assert enrol.live == 2


def test_with_four_eyes_a_slip_of_somebody_else_does_not_make_it_theirs(
    session: Session, enrol: EntryRow, nadia: Staff, omar: Staff, rules: Book
) -> None:
    content_settings.put(session, omar, "four_eyes", True)
    mine = workflow.save(session, nadia, "school_enrol", Change(said(enrol.body, fr="Non."), "meaning", 1))
    workflow.save(session, omar, "school_enrol", Change(said(mine.body, fr="Non !"), "minor", 2))
    with pytest.raises(Refused, match=r"entry\.four_eyes"):
        workflow.publish(session, nadia, "school_enrol", 3, rules)
    workflow.publish(session, omar, "school_enrol", 3, rules)
    workflow.archive(session, nadia, "school_enrol", 3)
    workflow.publish(session, nadia, "school_enrol", 3, rules)
    assert enrol.state == "published", "putting back what colleagues had read needs nobody else"


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"facts": []}, "fact_missing"),
        ({"topic": "nothing"}, "topic_unknown"),
        ({"answers": {"fr": "Appelez le 05 22 11 22 33."}}, "phone_unknown"),
        ({"answers": {"en": "Yes."}}, "form_missing"),
    ],
)
def test_what_breaks_a_rule_is_not_published(
    session: Session, enrol: EntryRow, nadia: Staff, rules: Book, changed: dict[str, Any], rule: str
) -> None:
    workflow.save(session, nadia, "school_enrol", Change({**enrol.body, **changed}, "minor", 1))
    with pytest.raises(Faulty) as refused:
        workflow.publish(session, nadia, "school_enrol", 2, rules)
    assert rule in {fault.rule for fault in refused.value.faults}  # type: ignore[attr-defined]
    assert enrol.live == 1


def test_an_entry_in_one_form_may_answer_and_own_sources_carry_it(session: Session, enrol: EntryRow, nadia: Staff, rules: Book) -> None:
    one = {part: {"ar": enrol.body[part]["ar"]} for part in ("titles", "answers", "questions")}
    source = {"facts": [], "sources": [{"title": "Commune d'Agadir", "url": "https://example.org", "year": "2026"}]}
    workflow.save(session, nadia, "school_enrol", Change({**enrol.body, **one, **source, "source_form": "ar"}, "minor", 1))
    workflow.publish(session, nadia, "school_enrol", 2, rules)
    assert enrol.live == 2


def test_a_roll_back_answers_at_once_with_what_was_there(session: Session, enrol: EntryRow, nadia: Staff, rules: Book) -> None:
    content_settings.put(session, nadia, "four_eyes", False)
    before = enrol.body
    workflow.save(session, nadia, "school_enrol", Change(said(before, fr="Oui. C'est gratuit."), "minor", 1))
    workflow.publish(session, nadia, "school_enrol", 2, rules)
    version = entries.version(session)
    answered.roll_back(session, nadia, Back("school_enrol", 2, 1), rules)
    assert entries.published(session, "school_enrol") == before and entries.version(session) > version
    assert [r.number for r in revisions.history(session, "school_enrol")] == [3, 2, 1] and enrol.live == 3


def test_nobody_is_answered_with_what_no_fact_carries_any_more(session: Session, enrol: EntryRow, nadia: Staff, rules: Book) -> None:
    workflow.save(session, nadia, "school_enrol", Change(said(enrol.body, fr="Oui. C'est gratuit."), "minor", 1))
    workflow.publish(session, nadia, "school_enrol", 2, rules)
    lost = enrol.body["facts"][0]
    without = replace(rules, facts={name: fact for name, fact in rules.facts.items() if name != lost})
    with pytest.raises(Faulty) as refused:
        answered.roll_back(session, nadia, Back("school_enrol", 2, 1), without)
    assert {fault.rule for fault in refused.value.faults} >= {"fact_unknown"} and enrol.live == 2  # type: ignore[attr-defined]


def test_what_was_never_live_is_no_way_back(session: Session, enrol: EntryRow, nadia: Staff, rules: Book) -> None:
    workflow.save(session, nadia, "school_enrol", Change(said(enrol.body, fr="Oui. C'est gratuit."), "minor", 1))
    with pytest.raises(Refused, match=r"entry\.never_live"):
        answered.roll_back(session, nadia, Back("school_enrol", 2, 2), rules)


def test_an_old_revision_comes_back_with_the_forms_that_nobody_had_looked_at(session: Session, enrol: EntryRow, nadia: Staff) -> None:
    before = enrol.body
    marked = workflow.save(session, nadia, "school_enrol", Change(said(before, fr="Non."), "meaning", 1)).body["to_check"]
    workflow.save(session, nadia, "school_enrol", Change(before, "minor", 2, looked_at=FORMS))
    assert workflow.restore(session, nadia, "school_enrol", 3, 2).body["to_check"] == marked != []


def test_who_waits_for_a_review_goes_on_waiting_when_a_translation_comes(
    session: Session, enrol: EntryRow, nadia: Staff, omar: Staff
) -> None:
    changed = workflow.save(session, nadia, "school_enrol", Change(said(enrol.body, fr="Non."), "meaning", 1))
    workflow.submit(session, nadia, "school_enrol", 2)
    workflow.save(session, omar, "school_enrol", Change(said(changed.body, ar="لا."), "minor", 2))
    assert enrol.stage == "review"


def test_what_people_read_already_needs_no_review(session: Session, enrol: EntryRow, nadia: Staff) -> None:
    with pytest.raises(Conflict, match=r"entry\.nothing_new"):
        workflow.submit(session, nadia, "school_enrol", 1)


def test_an_old_revision_becomes_the_draft(session: Session, enrol: EntryRow, nadia: Staff) -> None:
    workflow.save(session, nadia, "school_enrol", Change(said(enrol.body, fr="Oui. C'est gratuit."), "meaning", 1))
    restored = workflow.restore(session, nadia, "school_enrol", 2, 1)
    assert restored.number == 3 and restored.body["answers"] == enrol.body["answers"] and restored.body["to_check"] == []
    assert (enrol.stage, enrol.live) == ("draft", 1)


def test_an_archived_entry_answers_nobody_and_can_come_back(session: Session, enrol: EntryRow, nadia: Staff, rules: Book) -> None:
    workflow.archive(session, nadia, "school_enrol", 1)
    assert entries.published(session, "school_enrol") is None
    workflow.publish(session, nadia, "school_enrol", 1, rules)
    assert entries.published(session, "school_enrol")


def test_what_does_not_exist_is_said(session: Session, enrol: EntryRow, nadia: Staff) -> None:
    with pytest.raises(NotFound):
        workflow.submit(session, nadia, "nothing", 1)
    with pytest.raises(NotFound):
        workflow.restore(session, nadia, "school_enrol", 1, 9)


def test_an_import_leaves_a_draft_alone(session: Session, enrol: EntryRow, nadia: Staff) -> None:
    workflow.save(session, nadia, "school_enrol", Change(said(enrol.body, fr="Oui."), "minor", 1))
    entries.import_entries(session, [{**dict(SEED), "titles": dict.fromkeys(FORMS, "Neuf")}])
    assert (enrol.head, enrol.live, enrol.stage) == (2, 1, "draft") and enrol.body["titles"]["fr"] != "Neuf"


def test_each_step_is_in_the_audit_trail(session: Session, enrol: EntryRow, nadia: Staff, rules: Book) -> None:
    workflow.save(session, nadia, "school_enrol", Change(said(enrol.body, fr="Oui. C'est gratuit."), "minor", 1))
    workflow.submit(session, nadia, "school_enrol", 2)
    workflow.send_back(session, nadia, "school_enrol", 2)
    workflow.publish(session, nadia, "school_enrol", 2, rules)
    workflow.archive(session, nadia, "school_enrol", 2)
    query = select(AuditRow.action).where(AuditRow.subject == "entry:school_enrol").order_by(AuditRow.id)
    assert list(session.scalars(query)) == ["entry.saved", "entry.to_review", "entry.to_draft", "entry.published", "entry.archived"]
