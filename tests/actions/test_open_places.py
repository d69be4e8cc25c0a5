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


def asks(
    intent: str = "open_only", form: str = "fr", written: str = "", data: dict[str, Any] | None = None, **slots: Any
) -> dict[str, Any]:
    message = {"text": written, "intent": {"name": intent}, "metadata": {"form": form, "data": data or {}}}
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
    assert (
        names(first["text"]) == ["Ba", "Dal", "Alif"] and first["text"].count("horaires inconnus") == 1 and "appelez" not in first["text"]
    )
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


@pytest.mark.parametrize(
    "written",
    [
        "quel hôpital est ouvert maintenant ?",
        "les urgences encore ouvertes svp",
        "Which hospital is open right now",
        "hospital wey still open abeg",
        "أي مستشفى مفتوح الآن؟",
        "أين أجد مستشفى مفتوحًا الآن",
        "شي سبيطار محلول دابا",
        "فين كاين سبيطار مازال فاتح",
        "chi sbitar me7loul daba",
        "sbitar mazal 7all?",
        "chi hôpital m7loul maintenant",
    ],
)
def test_who_writes_that_it_must_be_open_now_is_not_sent_to_closed_doors(known: Any, written: str) -> None:
    known(Ba="24/7", Jim=CLOSED)
    assert names(asks("find_service", written=written)["text"]) == ["Ba"]


@pytest.mark.parametrize(
    "written",
    ["où y a-t-il un hôpital", "j'ai besoin d'un hôpital maintenant", "أين المستشفى", "fin kayn sbitar", "hospital opening hours"],
)
def test_who_does_not_is_shown_all(known: Any, written: str) -> None:
    known(Ba="24/7", Jim=CLOSED)
    assert names(asks("find_service", written=written)["text"]) == ["Ba", "Jim"]


def test_it_holds_until_the_town_is_known_and_no_longer(known: Any) -> None:
    known(Ba="24/7", Jim=CLOSED)
    asked = asks("find_service", written="hôpital ouvert maintenant", place=None)["slots"]
    answered = asks("choose_place", data={"place": "agadir"}, **{"category": "hospital", **asked, "place": None})
    assert names(answered["text"]) == ["Ba"]
    other = asks("choose_category", data={"category": "hospital"}, **{**answered["slots"], "category": "hospital", "place": "agadir"})
    assert names(other["text"]) == ["Ba", "Jim"]
