"""Entries in the table: the starting content comes in, what people wrote stays, readers hear of each change."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db import Database
from bot.faq import entries
from bot.faq.entries import Entry, ImportCount
from bot.tables import EntryRow
from bot.understanding.corpus import seed_entries
from tests.content import publish
from tests.story import DATA, AtOnce, listening, result


def entry(key: str, topic: str = "health", title: str = "Titre", **more: Any) -> Entry:
    return {"id": key, "topic": topic, "titles": {"fr": title}, "answers": {"fr": f"Réponse de {key}"}, **more}


def withdraw(session: Session, key: str) -> None:
    session.get_one(EntryRow, key).state = "draft"
    session.flush()


# --- Import


def test_new_entries_are_added_and_published(session: Session) -> None:
    assert entries.import_entries(session, [entry("a"), entry("b")]) == ImportCount(added=2)
    assert entries.all_published(session) == [entry("a"), entry("b")]


def test_the_same_import_again_changes_nothing(session: Session) -> None:
    entries.import_entries(session, [entry("a")])
    before = entries.version(session)
    assert entries.import_entries(session, [entry("a")]) == ImportCount(kept=1)
    assert entries.version(session) == before


def test_a_newer_seed_replaces_an_untouched_entry(session: Session) -> None:
    entries.import_entries(session, [entry("a")])
    newer = entry("a", topic="work", title="Nouveau")
    assert entries.import_entries(session, [newer]) == ImportCount(updated=1)
    assert entries.published(session, "a") == newer and entries.of_topics(session, ["work"]) == ["a"]


def test_a_newer_seed_never_touches_what_people_edited(session: Session) -> None:
    entries.import_entries(session, [entry("a")])
    publish(session, "a", entry("a", title="Corrigé"))
    assert entries.import_entries(session, [entry("a", title="Nouveau")]) == ImportCount(kept=1)
    assert entries.published(session, "a") == entry("a", title="Corrigé")


def test_an_entry_that_left_the_files_stays(session: Session) -> None:
    entries.import_entries(session, [entry("a"), entry("b")])
    entries.import_entries(session, [entry("b")])
    assert entries.published(session, "a") == entry("a")


def test_an_entry_that_people_made_is_never_replaced_by_a_seed_of_the_same_id(session: Session) -> None:
    publish(session, "a", entry("a", title="De la ville"))
    entries.import_entries(session, [entry("a")])
    assert entries.published(session, "a") == entry("a", title="De la ville")


def test_all_of_the_starting_content_comes_in(session: Session) -> None:
    seeds = seed_entries(DATA)
    assert entries.import_entries(session, seeds).added == len(seeds)
    assert {e["id"] for e in entries.all_published(session)} == {e["id"] for e in seeds}


def test_the_order_of_keys_makes_no_new_revision() -> None:
    assert entries.seed_hash({"id": "a", "topic": "b"}) == entries.seed_hash({"topic": "b", "id": "a"})


def test_another_letter_makes_a_new_revision() -> None:
    assert entries.seed_hash(entry("a", title="é")) != entries.seed_hash(entry("a", title="e"))


# --- Editing


def test_an_edited_entry_is_what_is_answered_from(session: Session) -> None:
    entries.import_entries(session, [entry("a")])
    publish(session, "a", entry("a", title="Corrigé"))
    assert entries.published(session, "a") == entry("a", title="Corrigé")


def test_a_new_entry_of_an_editor_is_published(session: Session) -> None:
    publish(session, "new", entry("new", topic="work"))
    assert entries.published(session, "new") == entry("new", topic="work")


def test_an_entry_that_was_moved_to_another_topic_is_found_there(session: Session) -> None:
    entries.import_entries(session, [entry("a", topic="health")])
    publish(session, "a", entry("a", topic="work"))
    assert (entries.of_topics(session, ["health"]), entries.of_topics(session, ["work"])) == ([], ["a"])


def test_editing_publishes_a_withdrawn_entry_again(session: Session) -> None:
    entries.import_entries(session, [entry("a")])
    withdraw(session, "a")
    publish(session, "a", entry("a"))
    assert entries.published(session, "a") == entry("a")


# --- The content version


def test_without_content_the_version_is_zero(session: Session) -> None:
    assert entries.version(session) == 0


def test_an_import_that_changes_something_is_one_step(session: Session) -> None:
    entries.import_entries(session, [entry("a"), entry("b")])
    assert entries.version(session) == 1


def test_each_edit_is_one_step(session: Session) -> None:
    publish(session, "a", entry("a"))
    publish(session, "a", entry("a", title="Corrigé"))
    assert entries.version(session) == 2


def test_no_step_is_lost_when_two_publish_at_once(db: Database) -> None:
    def publish() -> None:
        with db.begin() as session:
            entries.bump(session)

    with AtOnce() as both:
        for done in [both.start(publish) for _ in range(8)]:
            result(done)
    with db.begin() as session:
        assert entries.version(session) == 8


def test_readers_hear_of_a_change_when_it_is_committed(db: Database) -> None:
    with listening(db, "content") as heard:
        with db.begin() as session:
            publish(session, "a", entry("a"))
            before = heard()
        assert (before, heard()) == ([], [""])


# --- Reading


@pytest.fixture
def three(session: Session) -> Session:
    """Two published entries on health and work; one on health that is withdrawn."""
    entries.import_entries(session, [entry("b", "work", "Travail"), entry("a", "health", "Santé"), entry("c", "health", "Retiré")])
    withdraw(session, "c")
    return session


def test_a_withdrawn_entry_is_not_answered(three: Session) -> None:
    assert entries.published(three, "c") is None


def test_a_withdrawn_entry_is_not_in_the_index(three: Session) -> None:
    assert [e["id"] for e in entries.all_published(three)] == ["a", "b"]


def test_a_withdrawn_entry_is_not_offered(three: Session) -> None:
    assert entries.titles(three, ["a", "b", "c", "unknown"]) == {"a": {"fr": "Santé"}, "b": {"fr": "Travail"}}


def test_entries_of_topics_come_in_the_order_of_the_topics(three: Session) -> None:
    assert entries.of_topics(three, ["work", "health"]) == ["b", "a"]


def test_an_unknown_entry_is_not_answered(session: Session) -> None:
    assert entries.published(session, "unknown") is None


def test_no_topics_have_no_entries(three: Session) -> None:
    assert entries.of_topics(three, []) == []


def test_the_row_remembers_who_wrote_last(session: Session) -> None:
    entries.import_entries(session, [entry("a"), entry("b")])
    publish(session, "a", entry("a"))
    assert dict(session.execute(select(EntryRow.id, EntryRow.edited)).tuples().all()) == {"a": True, "b": False}
