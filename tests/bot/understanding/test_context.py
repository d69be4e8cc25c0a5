"""What came before, and two questions in one message."""

import pytest

from bot.understanding.clauses import FEWEST, halves
from bot.understanding.context import SHORT, Topics, in_context, joined

ENTRIES = [
    {"id": "birth_register", "titles": {"en": "Register a birth"}, "topic": "birth", "related": ["school_enrol"]},
    {"id": "birth_late", "titles": {"en": "Register late"}, "topic": "birth", "related": []},
    {"id": "school_enrol", "titles": {"en": "School"}, "topic": "school", "related": []},
    {"id": "work_permit", "titles": {"en": "Work permit"}, "topic": "work", "related": []},
]
TOPICS = Topics.of(ENTRIES)
AROUND = TOPICS.near
UNSURE = {"faq:birth_late": 0.2, "faq:work_permit": 0.5, "oos": 0.2, "urgent:arrest": 0.1}


def test_neighbours_are_the_topic_and_the_related() -> None:
    assert AROUND["birth_register"] == {"birth_register", "birth_late", "school_enrol"}


def test_a_short_message_stays_with_the_topic_before_it() -> None:
    found = in_context(UNSURE, "and if late?", "birth_register", AROUND)
    assert max(found, key=found.__getitem__) == "faq:birth_late"
    assert sum(found.values()) == pytest.approx(1)


@pytest.mark.parametrize(
    ("found", "text", "last"),
    [
        (UNSURE, "and if late?", ""),
        (UNSURE, "and if late?", "an_entry_that_was_archived"),
        (UNSURE, " ".join(["word"] * (SHORT + 1)), "birth_register"),
        ({"faq:work_permit": 0.95, "faq:birth_late": 0.05}, "work permit", "birth_register"),
    ],
)
def test_without_reason_nothing_changes(found: dict[str, float], text: str, last: str) -> None:
    assert in_context(found, text, last, AROUND) == found


def test_danger_is_not_talked_down_by_the_topic() -> None:
    found = in_context({"urgent:arrest": 0.3, "faq:birth_late": 0.7}, "help", "birth_register", AROUND)
    assert found["urgent:arrest"] == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("text", "first", "second"),
    [
        ("how do I renew my card? and where is the school", "how do I renew my card", "and where is the school"),
        ("mon fils est malade et je n'ai pas de papiers", "mon fils est malade", "je n'ai pas de papiers"),
        ("كيف أجدد بطاقتي وأين توجد المدرسة القريبة", "كيف أجدد بطاقتي", "وأين توجد المدرسة القريبة"),
        ("bghit njedded la carte w fin kayna lmedrasa", "bghit njedded la carte", "fin kayna lmedrasa"),
    ],
)
def test_a_message_is_cut_between_its_questions(text: str, first: str, second: str) -> None:
    assert halves(text) == (first, second)


def test_parts_of_a_word_or_two_are_no_questions() -> None:
    assert halves("bonjour. merci bien") == () and FEWEST == 3


def test_a_short_message_is_also_read_behind_the_title_of_the_last_entry() -> None:
    assert TOPICS.behind_title("and if late?", "birth_register", "en") == "Register a birth. and if late?"
    assert TOPICS.behind_title("and if late?", "birth_register", "fr") == TOPICS.behind_title("and if late?", "", "en") == ""
    assert TOPICS.behind_title(" ".join(["word"] * (SHORT + 1)), "birth_register", "en") == ""


def test_what_the_title_adds_counts_unless_the_text_is_clear() -> None:
    found = joined(UNSURE, {"faq:birth_late": 0.9, "faq:work_permit": 0.01, "oos": 0.01, "urgent:arrest": 0.0})
    assert max(found, key=found.__getitem__) == "faq:birth_late" and found["urgent:arrest"] == UNSURE["urgent:arrest"]
    clear = {"faq:birth_late": 0.05, "faq:work_permit": 0.95}
    assert joined(clear, {"faq:birth_late": 1.0, "faq:work_permit": 0.0}) == clear
