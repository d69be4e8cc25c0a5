"""In danger: the right numbers at once, said by `system`, and nothing that gives the person away."""

import re

import pytest

from bot.faq.facts import facts
from bot.handoff import urgency
from bot.language.forms import FORMS
from bot.texts import Texts
from bot.understanding import danger
from tests.story import DATA

EACH_FORM = pytest.mark.parametrize("form", FORMS)
EACH_KIND = pytest.mark.parametrize("kind", danger.KINDS)
RIGHT = {
    "violence": ["19", "177", "8350", "2511", "15"],
    "medical": ["15"],
    "suicide": ["15"],
    "trafficking": ["19", "177", "8350", "2511"],
    "child_danger": ["2511", "19", "177"],
    "arrest": [],
}
EACH_KIND = pytest.mark.parametrize("kind", RIGHT)
_MARKS = dict.fromkeys([0x2066, 0x2069, 0x200F])


def said_numbers(texts: Texts, kind: str, form: str) -> list[str]:
    """Each line but the first words ends with a number."""
    lines = urgency.replies(texts, DATA, kind, form)[0].text.translate(_MARKS).splitlines()
    return [found.group() for line in lines if (found := re.search(r"(?<=: )\d+$", line))]


@EACH_FORM
@EACH_KIND
def test_each_danger_has_its_numbers(texts: Texts, kind: str, form: str) -> None:
    assert sorted(said_numbers(texts, kind, form)) == sorted(RIGHT[kind])


@pytest.mark.parametrize(("kind", "first"), [("child_danger", "2511"), ("violence", "19"), ("medical", "15"), ("suicide", "15")])
def test_the_most_fitting_number_comes_first(texts: Texts, kind: str, first: str) -> None:
    assert said_numbers(texts, kind, "fr")[0] == first


@EACH_FORM
@EACH_KIND
def test_the_words_for_the_danger_come_before_the_numbers(texts: Texts, kind: str, form: str) -> None:
    said = urgency.replies(texts, DATA, kind, form)[0].text
    assert said.startswith(texts.say(f"urgent_{kind}", form).split("\n")[0])


@EACH_KIND
def test_what_is_said_in_danger_is_never_dropped(texts: Texts, kind: str) -> None:
    assert {reply.actor for reply in urgency.replies(texts, DATA, kind, "fr")} == {"system"}


@EACH_KIND
def test_whether_it_is_safe_to_write_is_asked_where_somebody_may_read_along(texts: Texts, kind: str) -> None:
    asked = [reply.text for reply in urgency.replies(texts, DATA, kind, "fr")[1:]]
    assert asked == ([texts.say("ask_safe", "fr")] if kind in ("violence", "trafficking", "child_danger") else [])


def test_the_question_is_answered_with_yes_or_no(texts: Texts) -> None:
    buttons = urgency.replies(texts, DATA, "violence", "ary-Latn")[1].buttons
    assert [(b.title, b.intent, b.data) for b in buttons] == [("Ah", "safe_answer", {"yes": True}), ("La", "safe_answer", {"yes": False})]


@pytest.mark.parametrize("form", ["ar", "ary-Arab"])
def test_in_arabic_each_number_stands_isolated(texts: Texts, form: str) -> None:
    said = urgency.replies(texts, DATA, "child_danger", form)[0].text
    assert all(f"\u2066{number}\u2069" in said for number in RIGHT["child_danger"])


def test_a_form_outside_the_five_gets_the_numbers_in_french(texts: Texts) -> None:
    said = urgency.replies(texts, DATA, "medical", "other")[0].text
    assert said == urgency.replies(texts, DATA, "medical", "fr")[0].text


def test_each_number_stands_in_the_fact_that_is_named_for_it() -> None:
    known = facts(DATA)
    missing = [n["number"] for n in urgency.numbers(DATA) if not re.search(rf"(?<!\d){n['number']}(?!\d)", known[n["fact"]].text)]
    assert missing == []


def test_no_number_rests_on_a_fact_of_low_confidence() -> None:
    known = facts(DATA)
    assert [n["id"] for n in urgency.numbers(DATA) if known[n["fact"]].confidence == "low"] == []


def test_every_kind_of_a_number_is_a_kind_of_danger() -> None:
    assert {kind for n in urgency.numbers(DATA) for kind in n["kinds"]} <= set(danger.KINDS)
