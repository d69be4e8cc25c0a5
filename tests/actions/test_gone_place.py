"""An old list names a place that is in the directory no more."""

from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import places
from bot.db import Database
from bot.language.forms import FORMS, Form
from bot.settings import Settings
from bot.texts import Texts


@pytest.mark.parametrize("form", FORMS)
def test_details_of_a_place_that_an_import_took_away(db: Database, monkeypatch: pytest.MonkeyPatch, form: Form) -> None:
    monkeypatch.setattr(places, "database", lambda: db)
    pressed: dict[str, Any] = {"intent": {"name": "service_details"}, "metadata": {"form": form, "data": {"id": "osm-node-1"}}}
    dispatcher = CollectingDispatcher()
    places.ServiceDetails().run(dispatcher, Tracker("x", {"welcomed": True}, pressed, [], False, None, {}, "action_listen"), {})
    reply = dispatcher.messages[0]["custom"]["replies"][0]
    assert reply["text"] == Texts.load(Settings().data_dir).say("service_ended", form)
    assert [button["intent"] for button in reply["buttons"]] == ["choose_place", "ask_human"]
