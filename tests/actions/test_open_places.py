"""What people read who ask what is open now: the open ones, then those whose hours nobody knows; the closed ones stay out."""

from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import places
from bot.db import Database
from bot.language.forms import FORMS
from bot.tables import Organization, Service

EMPTY: dict[str, Any] = {"offers": {}, "audience": {}, "warnings": {}, "languages": [], "covers": [], "phones": [], "sources": []}
CLOSED = "2020 Mo 09:00-10:00"


@pytest.fixture
def known(db: Database, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Hospitals of Agadir with these hours, by name."""
    monkeypatch.setattr(places, "database", lambda: db)

    def add(**hours: str) -> None:
        with db.begin() as session:
            session.add(Organization(id="o", names={}, website=""))
            session.flush()
            for name, said in hours.items():
                plain = {"categories": ["hospital"], "town": "agadir", "verified": "verified", **EMPTY}
                session.add(Service(id=name, organization_id="o", names={"fr": name}, hours=said, **plain))

    return add


def asks(intent: str = "open_only", form: str = "fr", **slots: Any) -> dict[str, Any]:
    message = {"intent": {"name": intent}, "metadata": {"form": form}}
    kept = {"welcomed": True, "category": "hospital", "place": "agadir", **slots}
    dispatcher = CollectingDispatcher()
    events = places.FindService().run(dispatcher, Tracker("x", kept, message, [], False, None, {}, "action_listen"), {})
    reply = dispatcher.messages[0]["custom"]["replies"][0]
    return {**reply, "slots": {event["name"]: event["value"] for event in events}}


def names(said: str) -> list[str]:
    return [line.split(" ")[1] for line in said.splitlines() if line[:1].isdigit()]


def test_unknown_hours_come_after_the_open_ones_and_are_counted(known: Any) -> None:
    known(Alif="", Ba="24/7", Jim=CLOSED, Dal="24/7", Ha="", Waw="")
    first = asks()
    assert names(first["text"]) == ["Ba", "Dal", "Alif"] and first["text"].count("appelez d'abord") == 1
    assert "dont je ne connais pas les horaires" in first["text"] and first["text"].count("2.") == 2, "line 2, and two others"
    assert "show_more" in [button["intent"] for button in first["buttons"]]
    second = asks("show_more", **first["slots"])["text"]
    assert names(second) == ["Ha", "Waw"] and "Jim" not in second and "dont je ne connais pas" not in second


def test_where_none_is_known_to_be_open_that_is_said_first(known: Any) -> None:
    known(Alif="", Jim=CLOSED)
    said = asks()["text"]
    assert (
        said.startswith("Je ne connais aucun lieu de ce genre ouvert maintenant.")
        and names(said) == ["Alif"]
        and "D'autres lieux" not in said
    )


def test_where_all_are_closed_that_is_said_and_a_person_is_offered(known: Any) -> None:
    known(Jim=CLOSED)
    said = asks()
    assert said["text"] == "Je ne connais aucun lieu de ce genre ouvert maintenant." and "ask_human" in [
        b["intent"] for b in said["buttons"]
    ]


def test_elsewhere_the_closed_ones_here_are_not_denied(known: Any) -> None:
    known(Ba="24/7")
    assert asks(place="tiznit")["text"].startswith("Je ne connais aucun lieu de ce genre ouvert maintenant à Tiznit. Ailleurs :")
    assert asks("choose_place", place="tiznit")["text"].startswith("Je ne connais aucun lieu de ce genre à Tiznit.")


@pytest.mark.parametrize("form", FORMS)
def test_it_is_said_in_every_form(known: Any, form: str) -> None:
    known(Alif="", Ba="24/7", Dal="24/7", Ha="")
    said = asks(form=form)["text"]
    assert said.splitlines()[-1].rstrip(".\u2069").endswith("1") and "{" not in said
