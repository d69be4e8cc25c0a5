"""Free, a language that is spoken there, a place by its name: what people write is done, or they are told that it is not known."""

from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import places
from bot.db import Database
from bot.directory.wishes import asked
from bot.language.forms import FORMS
from bot.settings import ROOT
from bot.tables import Organization, Service
from bot.texts import Texts

DATA = ROOT / "data"
EMPTY: dict[str, Any] = {"offers": {}, "audience": {}, "warnings": {}, "covers": [], "phones": [], "sources": []}


@pytest.fixture
def known(db: Database, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Doctors of Agadir, and what else is said of them, by name."""
    monkeypatch.setattr(places, "database", lambda: db)

    def add(**doctors: dict[str, Any]) -> None:
        with db.begin() as session:
            session.add(Organization(id="o", names={}, website=""))
            session.flush()
            for name, more in doctors.items():
                plain = {"categories": ["health_centre"], "town": "agadir", "verified": "verified", "languages": [], **EMPTY}
                session.add(Service(id=name, organization_id="o", **{"names": {"fr": name}, **plain, **more}))

    return add


def asks(written: str, form: str = "fr", intent: str = "find_service", data: dict[str, Any] | None = None, **slots: Any) -> dict[str, Any]:
    found = {"id": slots.pop("seen", "health_centre"), "place": slots.pop("named", "agadir")}
    message = {"text": written, "intent": {"name": intent}, "metadata": {"form": form, "data": data or {}, "understanding": found}}
    dispatcher = CollectingDispatcher()
    events = places.FindService().run(
        dispatcher, Tracker("x", {"welcomed": True, **slots}, message, [], False, None, {}, "action_listen"), {}
    )
    reply = dispatcher.messages[0]["custom"]["replies"][0]
    return {**reply, "slots": {event["name"]: event["value"] for event in events}}


def names(said: str) -> list[str]:
    return [line.split(" ")[1] for line in said.splitlines() if line[:1].isdigit()]


@pytest.mark.parametrize(
    ("written", "form", "wished"),
    [
        ("Où trouver un médecin gratuit à Agadir ?", "fr", ["free"]),
        ("un médecin qui parle wolof", "fr", ["language:wo"]),
        ("بغيت شي طبيب فابور فأكادير", "ary-Arab", ["free"]),
        ("bghit chi tbib bla flous", "ary-Latn", ["free"]),
        ("أين أجد طبيبا مجانيا أو عيادة مجانية", "ar", ["free"]),
        ("a free doctor who speaks Hausa", "en", ["free"]),
        ("free clinic, English please", "en", ["free", "language:en"]),
        ("je ne parle que français et arabe, où est le médecin", "fr", []),
        ("où est la liberté", "fr", []),
    ],
)
def test_what_is_wished_is_read_in_every_form(written: str, form: str, wished: list[str]) -> None:
    assert asked(written, DATA) == wished


def test_who_asks_for_something_free_gets_only_that_and_is_told_so(known: Any) -> None:
    known(Alif={"free": True}, Ba={"free": False}, Jim={}, Dal={"free": True, "languages": ["wo"]})
    said = asks("Où trouver un médecin gratuit à Agadir ?")
    assert sorted(names(said["text"])) == ["Alif", "Dal"] and said["text"].startswith("Seulement ce qui est gratuit")
    both = asks("un médecin gratuit qui parle wolof à Agadir")["text"]
    assert names(both) == ["Dal"] and "l'on parle : wolof" in both


def test_where_none_is_known_to_be_so_that_is_said_and_the_others_follow(known: Any) -> None:
    known(Alif={}, Ba={}, Jim={}, Dal={}, Ha={"town": "tiznit", "free": True})
    first = asks("tbib fabor f agadir", "ary-Latn")
    assert first["text"].startswith("Ma 3reftch") and len(names(first["text"])) == 3 and "Ha" not in names(first["text"])
    second = asks("", "ary-Latn", "show_more", **{"category": "health_centre", "place": "agadir", **first["slots"]})["text"]
    assert len(names(second)) == 1, "the next page is of the same list"


def test_what_was_wished_holds_until_the_town_is_known_and_ends_with_the_next_question(known: Any) -> None:
    known(Alif={"free": True}, Ba={})
    first = asks("un médecin gratuit", named=None)
    assert first["slots"]["wishes"] == ["free"] and first["slots"]["pending"] == "place"
    second = asks("Agadir", **{"category": "health_centre", **first["slots"]})
    assert names(second["text"]) == ["Alif"]
    elsewhere = asks(
        "",
        intent="choose_place",
        data={"place": "agadir"},
        named=None,
        **{"category": "health_centre", "place": "tiznit", "wishes": ["free"]},
    )
    assert names(elsewhere["text"]) == ["Alif"]
    third = asks("un médecin à Agadir", **{"category": "health_centre", "place": "agadir", **second["slots"]})
    assert sorted(names(third["text"])) == ["Alif", "Ba"]


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ("clinique Tifawin", "fr"),
        ("Bonjour, où est la clinique Tifawin à Agadir ?", "fr"),
        ("what is the address of Tifawin clinic", "en"),
        ("فين جات عيادة تيفاوين", "ary-Arab"),
        ("أين توجد عيادة تيفاوين", "ar"),
        ("fin kayna clinic tifawin", "ary-Latn"),
    ],
)
def test_a_place_is_found_by_its_name_without_a_town(known: Any, written: str, form: str) -> None:
    known(Un={"names": {"fr": "Clinique Tifawin"}, "categories": ["health_centre"]}, Deux={}, Trois={})
    said = asks(written, form, named=None)
    assert "Clinique Tifawin" in said["text"] and "Deux" not in said["text"] and not names(said["text"])


def test_of_several_of_a_name_all_are_shown_and_many_are_no_name(known: Any) -> None:
    known(**{f"k{n}": {"names": {"fr": f"Cabinet Atlas {n}"}} for n in range(3)})
    assert len(names(asks("médecin Atlas", named=None)["text"])) == 3
    unnamed = asks("un médecin pour mon fils", named=None)
    assert unnamed["slots"]["pending"] == "place"


def test_a_town_beside_the_name_says_which_of_them(known: Any) -> None:
    known(Un={"names": {"fr": "Clinique Atlas Sud"}}, Deux={"names": {"fr": "Clinique Atlas Nord"}, "town": "tiznit"})
    assert len(names(asks("clinique atlas", named=None)["text"])) == 2
    said = asks("clinique atlas à Tiznit", named="tiznit")["text"]
    assert "Clinique Atlas Nord" in said and "Sud" not in said


@pytest.mark.parametrize("form", FORMS)
def test_near_a_position_nothing_is_called_unknown(known: Any, texts: Texts, form: str) -> None:
    said = asks("", form, "share_location", {"latitude": 30.4, "longitude": -9.6}, category="pharmacy", named=None)["text"]
    assert texts.get("service_unknown", form) not in said and said.startswith(texts.get("services_none_near", form))
