"""Where a fact, a source or an address is used."""

import json

import pytest
from sqlalchemy.orm import Session

from bot.directory import usage
from bot.faq import entries
from bot.faq.facts import facts
from bot.tables import EntryRow, Organization
from bot.understanding.corpus import seed_entries
from tests.content import publish
from tests.story import DATA

SEEDS = [json.loads(json.dumps(entry, default=str)) for entry in seed_entries(DATA)]
FACT = facts(DATA)["residence_permit.1"]
SAYS = {"year": "2026", "says": "Accueil : 05 28 84 00 01"}
OWN = {"title": "Guide des quartiers d’Agadir", "url": "https://quartiers.example/guide", **SAYS}


@pytest.fixture
def content(session: Session) -> Session:
    entries.import_entries(session, SEEDS)
    publish(session, "school_enrol", {**next(e for e in SEEDS if e["id"] == "school_enrol"), "sources": [OWN]})
    session.add(Organization(id="org", names={"fr": "Org"}, website=FACT.url))
    session.flush()
    return session


def found(session: Session, text: str) -> usage.Usage:
    return usage.of_text(session, text, "fr", DATA)


def test_the_id_of_a_fact_finds_the_answers_that_it_carries(content: Session) -> None:
    used = found(content, " residence_permit.1 ")
    assert [key for key, _ in used.entries] == sorted(e["id"] for e in SEEDS if FACT.id in e["facts"]) != []
    assert used.facts == ((FACT.id, FACT.text),)


def test_the_title_of_a_source_finds_facts_and_answers(content: Session) -> None:
    title = FACT.title.split(" - ")[0]
    used, near = found(content, title.upper()), {key for key, fact in facts(DATA).items() if title.lower() in fact.title.lower()}
    assert FACT.id in near <= {key for key, _ in used.facts}
    assert {e["id"] for e in SEEDS if near & set(e["facts"])} <= {key for key, _ in used.entries}
    assert [key for key, _ in found(content, "quartiers d'agadir").entries] == ["school_enrol"]


def test_what_a_source_says_is_found(content: Session) -> None:
    assert [key for key, _ in found(content, "0528840001").entries] == ["school_enrol"]


def test_an_address_finds_what_names_it(content: Session) -> None:
    assert [key for key, _ in found(content, OWN["url"]).entries] == ["school_enrol"]
    same = {key for key, fact in facts(DATA).items() if fact.url == FACT.url}
    used = found(content, FACT.url)
    assert {key for key, _ in used.facts} == same and {key for key, _ in used.entries} == {e["id"] for e in SEEDS if same & set(e["facts"])}
    assert not found(content, "https://nowhere.example/")


@pytest.mark.parametrize(
    "typed", ["quartiers.example/guide", "QUARTIERS.example", "http://www.quartiers.example/guide/", "www.quartiers.example"]
)
def test_an_address_is_found_without_its_beginning_and_by_a_part(content: Session, typed: str) -> None:
    assert [key for key, _ in found(content, typed).entries] == ["school_enrol"]


def test_what_was_archived_is_marked(content: Session) -> None:
    assert found(content, OWN["url"]).archived == frozenset()
    content.get_one(EntryRow, "school_enrol").state = "archived"
    content.flush()
    assert found(content, OWN["url"]).archived == {"school_enrol"}
