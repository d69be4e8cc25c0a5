"""What a person sees of an Arabic line, as the Unicode bidirectional algorithm orders it (python-bidi is the oracle)."""

import re
import time

import pytest
from bidi import get_display
from hypothesis import given
from hypothesis import strategies as st

from bot.language.bidi import LRI, PDI, RLM, first_direction, ltr, pieces, readable
from bot.language.forms import RTL
from bot.settings import ROOT
from bot.texts import Texts
from bot.understanding.corpus import seed_entries

INVISIBLE = dict.fromkeys(map(ord, LRI + PDI + RLM))


def seen(line: str) -> str:
    """Left to right on the screen, with the direction that the line itself asks for."""
    return str(get_display(readable(line, "ar"))).translate(INVISIBLE)


def at_the_right(unit: str, line: str) -> bool:
    """Where an Arabic reader begins."""
    return seen(line).endswith(unit)


@pytest.mark.parametrize(
    "phone",
    [
        "0528223344",
        "0528 22 33 44",
        "05 28 22 33 44",
        "0528-22-33-44",
        "05.28.22.33.44",
        "+212528223344",
        "+212 5 28-22-33",
        "+212 (0)5 28 22 33 44",
        "(+212) 528 22 33 44",
        "00212 528 22 33 44",
        "2511",
    ],
)
def test_a_phone_number_stays_as_written(phone: str) -> None:
    assert phone in seen(f"اتصل ب {phone} الآن")


@pytest.mark.parametrize("date", ["12/03/2025", "12-03-2025", "2025-03-12", "12.03.2025", "12/03", "12/2025"])
def test_a_date_stays_as_written(date: str) -> None:
    assert date in seen(f"قبل يوم {date}.")


@pytest.mark.parametrize("time", ["9:00", "16:30", "08:05", "9h00", "9h", "24h/24", "7j/7"])
def test_a_time_stays_as_written(time: str) -> None:
    assert time in seen(f"على الساعة {time} صباحا")


@pytest.mark.parametrize("between", ["-", " - ", "–", " إلى "])
def test_of_two_times_the_first_is_read_first(between: str) -> None:
    shown = seen(f"من 9:00{between}16:30")
    assert shown.index("16:30") < shown.index("9:00")


def test_a_time_after_a_phone_number_stays_whole() -> None:
    assert seen("الهاتف 0528223344 9:00") == "9:00 0528223344 فتاهلا"


def test_a_bare_hour_before_a_time_stays_apart() -> None:
    assert seen("من 9-16:30") == "16:30-9 نم"


@pytest.mark.parametrize("number", ["02-03", "5-10", "2024-2025", "1,500", "1,500.50", "2,5", "1 500", "3.5", "24/24"])
def test_a_number_of_several_parts_stays_as_written(number: str) -> None:
    assert number in seen(f"القانون {number} درهم")


@pytest.mark.parametrize(
    "line",
    [
        "Toute personne migrante, avec ou sans papiers",
        "12 rue de la Paix, étage 2e, sonnez à l'interphone",
        "Lundi 9:00-12:00, 14:00-17:00 ; appelez le 05 28 22 33 44",
    ],
)
def test_a_line_of_another_language_keeps_its_order(line: str) -> None:
    assert seen(line) == line


@pytest.mark.parametrize(
    "address", ["12 rue de la Paix, quartier Talborjt", "rue de Fès, étage 2e, Sonnez", "Bloc A, Hay Mohammadi, Agadir"]
)
def test_an_address_in_latin_letters_keeps_its_order_in_an_arabic_line(address: str) -> None:
    assert address in seen(f"العنوان: {address}")


def test_two_amounts_are_read_in_their_order() -> None:
    assert seen("بين 3 000 - 5 000 درهم") == "مهرد 5 000 - 3 000 نيب"


def test_two_phone_numbers_are_read_in_their_order() -> None:
    assert seen("0528-22-33-44 / 0612 11 22 33") == "0612 11 22 33 / 0528-22-33-44"


def test_numbers_between_arabic_commas_keep_their_order() -> None:
    assert seen("اتصل: 19، 177، 15") == "15 ،177 ،19 :لصتا"


@pytest.mark.parametrize(
    "link", ["https://www.cndp.ma/ar?x=1&y=2", "http://localhost:8080/a_b", "https://x.ma/9:00-16:30", "aide.sos+1@asso-agadir.ma"]
)
def test_a_link_stays_as_written(link: str) -> None:
    assert link in seen(f"انظر {link} أو اتصل")


@pytest.mark.parametrize("mark", [".", "،", ",", ")", "؛"])
def test_the_mark_after_a_link_is_no_part_of_it(mark: str) -> None:
    assert f"{LRI}https://www.cndp.ma/ar{PDI}{mark}" in readable(f"(انظر https://www.cndp.ma/ar{mark}", "ar")


@pytest.mark.parametrize(
    "name", ["CNSS", "Hay Mohammadi", "Dr. Ali", "Voix de Femmes du Maroc", "l'OIM", "Côte d'Ivoire", "AMO/RAMED", "A4"]
)
def test_a_latin_name_stays_as_written(name: str) -> None:
    assert name in seen(f"اسأل {name} في أكادير")


def test_arabic_letters_glued_to_a_latin_name_are_no_part_of_it() -> None:
    assert readable("لANAPECو", "ar") == f"ل{LRI}ANAPEC{PDI}و"


def test_brackets_around_arabic_and_a_number_are_not_torn() -> None:
    assert readable("(الشرطة 19) 15 كلم", "ar") == f"{RLM}(الشرطة {LRI}19{PDI}) {LRI}15{PDI} كلم"


@pytest.mark.parametrize("start", ["CNSS", "19", "+212 528", "- 19", "• CNSS", "(CNSS)", "« CNSS »", "1."])
def test_a_line_that_starts_with_another_script_still_runs_from_the_right(start: str) -> None:
    assert seen(f"{start} الشرطة").startswith("ةطرشلا")


def test_a_line_without_any_arabic_runs_from_the_right() -> None:
    assert at_the_right("1", "1. CNSS, 19")


def test_each_line_of_a_text_is_treated_alone() -> None:
    lines = ["CNSS: 1", "اتصل ب 19", "19: الشرطة"]
    assert readable("\n".join(lines), "ar").split("\n") == [readable(line, "ar") for line in lines]


@pytest.mark.parametrize("weak", ["،", "٥", "٪"])
def test_a_line_that_starts_with_an_arabic_mark_or_digit_runs_from_the_right(weak: str) -> None:
    assert seen(f"{weak} CNSS").startswith("CNSS")


def test_empty_lines_stay_empty() -> None:
    assert readable("أ\n\n  \nب", "ar") == "أ\n\n  \nب"


@pytest.mark.parametrize("form", ["fr", "en", "ary-Latn"])
def test_latin_forms_are_sent_as_they_are(form: str) -> None:
    assert readable("Appelez le 0528 22 33 44, 9:00", form) == "Appelez le 0528 22 33 44, 9:00"


def test_only_invisible_marks_are_added() -> None:
    line = "- 19: الشرطة (المدن)، https://a.ma/b، +212 5 28، 9:00-16:30، Dr. Ali 24h/24"
    assert readable(line, "ary-Arab").translate(INVISIBLE) == line


@pytest.mark.parametrize("line", ["1" * 2000 + ":1", "1 " * 1000 + "a", "(1)" * 700 + ":1", "(1" * 1000, "1." * 1000, "a." * 1000])
def test_every_isolate_is_closed_in_a_line_made_to_confuse(line: str) -> None:
    sent = readable(line, "ar")
    assert sent.count(LRI) == sent.count(PDI) > 0 and sent.translate(INVISIBLE) == line


def test_one_unit_can_be_isolated_alone() -> None:
    assert ltr("19") == f"{LRI}19{PDI}"


UNIT = re.compile(r"(?<![^\s(،«:])[\dA-Za-zÀ-ɏ+][^\s،؛()«»\u0600-\u06ff]*[\dA-Za-zÀ-ɏ]")
TIMES = re.compile(r"\d{1,2}:\d{2}")


def _content() -> list[str]:
    """Every line that is said in Arabic script, placeholders left out."""
    texts = Texts.load(ROOT / "data")
    said = [texts.in_all_forms(key)[form] for key in texts for form in sorted(RTL)]
    said += [entry[part][form] for entry in seed_entries(ROOT / "data") for part in ("answers", "titles") for form in sorted(RTL)]
    return [re.sub(r"\{\w+\}", "", line) for text in said for line in text.split("\n")]


def test_every_number_link_and_name_of_the_content_is_seen_as_written() -> None:
    torn = [
        (unit, line)
        for line in _content()
        for found in UNIT.findall(line)
        for unit in TIMES.findall(found) or [found]
        if unit not in seen(line)
    ]
    assert torn == []


def test_the_content_has_such_units_to_look_at() -> None:
    assert sum(len(UNIT.findall(line)) for line in _content()) > 300


def test_pieces_tell_what_a_page_must_isolate() -> None:
    assert pieces("عيط ل 06 12 34 56 78 مع 14:30") == [
        ("عيط ل ", False),
        ("06 12 34 56 78", True),
        (" مع ", False),
        ("14:30", True),
        ("", False),
    ]


@given(st.text(max_size=200))
def test_pieces_are_the_whole_text(text: str) -> None:
    assert "".join(piece for piece, _ in pieces(text)) == text


def test_a_text_without_arabic_is_one_piece() -> None:
    assert pieces("appelez le 06 12 34 56 78") == [("appelez le 06 12 34 56 78", False)]


@pytest.mark.parametrize("bad", ["ب", "1 ", "(1", "a@", "+1(", "a-", "http://"])
def test_long_strange_texts_take_no_time(bad: str) -> None:
    """What people send is searched: a pattern that is quadratic would stop the page."""
    started = time.process_time()
    pieces(bad * 20_000 + "ب")
    assert time.process_time() - started < 2


def test_a_text_runs_as_its_first_letter_whatever_is_isolated_in_it() -> None:
    texts = ("Depuis 3 ans 😊. أنا في تيكيوين", "06 12 أنا", "12:30", "«سلام» bonjour", "ⵜⴰⵎⴰⵣⵉⵖⵜ")
    assert [first_direction(text) for text in texts] == ["ltr", "rtl", "ltr", "rtl", "ltr"]
