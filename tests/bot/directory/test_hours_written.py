"""Hours as people write them: what is read means the same in every minute of a week, and what might mean something else is refused."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opening_hours import State

from bot.directory.hours import read
from bot.directory.hours_text import typed
from bot.errors import Refused
from bot.staff import week
from bot.staff.week import Times, Week

MONDAY = datetime(2026, 11, 23)  # of a week without a public holiday
Day = tuple[Times, ...]


def open_minutes(hours: str) -> set[int]:
    """Of a week."""
    opening = read(hours)
    assert opening is not None, hours
    spans = [(begins, ends) for begins, ends, state, _ in opening.intervals(MONDAY, MONDAY + timedelta(7)) if state == State.OPEN]
    minutes = [[int((moment - MONDAY).total_seconds() // 60) for moment in span] for span in spans]
    return {minute for begins, ends in minutes for minute in range(begins, min(ends, 7 * 24 * 60))}


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Du lundi au vendredi : 8h30-16h30", "Mo-Fr 08:30-16:30"),
        ("Du lundi au vendredi 8h30-12h et 14h30-18h", "Mo-Fr 08:30-12:00,14:30-18:00"),
        ("lundi et mercredi 9h-12h", "Mo,We 09:00-12:00"),
        ("les lundis et mercredis de 9 h à 12 h 30", "Mo,We 09:00-12:30"),
        ("tous les jours 9h-17h", "Mo-Su 09:00-17:00"),
        ("tous les jours du lundi au vendredi 9h-15h", "Mo-Fr 09:00-15:00"),
        ("tous les jours sauf le dimanche 9h-17h", "Mo-Sa 09:00-17:00"),
        ("tous les jours 9h-17h, vendredi 9h-12h", "Mo-Th,Sa,Su 09:00-17:00; Fr 09:00-12:00"),
        ("24h/24", "24/7"),
        ("24h/24 7j/7", "24/7"),
        ("ouvert 7j/7, 24h/24", "24/7"),
        ("lun-ven 24h/24", "Mo-Fr 00:00-24:00"),
        ("7j/7 9h-17h", "Mo-Su 09:00-17:00"),
        ("lundi - samedi 9h-17h, dimanche fermé", "Mo-Sa 09:00-17:00"),
        ("9h-17h, fermé le dimanche", "Mo-Sa 09:00-17:00"),
        ("Lun-Jeu 8:30-16:30 Ven 8:30-13:00", "Mo-Th 08:30-16:30; Fr 08:30-13:00"),
        ("du lundi au jeudi 8h30-16h30 et le vendredi 8h30-13h", "Mo-Th 08:30-16:30; Fr 08:30-13:00"),
        ("9h-minuit", "09:00-24:00"),
        ("9h-12h 14h-18h", "09:00-12:00,14:00-18:00"),
        ("Lundi : 9h-12h / 14h-18h", "Mo 09:00-12:00,14:00-18:00"),
        ("lun-ven de 9h à 12h et de 14h à 18h", "Mo-Fr 09:00-12:00,14:00-18:00"),
        ("9h-17h du lundi au vendredi", "Mo-Fr 09:00-17:00"),
        ("Lu-Ve 20h-2h", "Mo-Fr 20:00-02:00"),
        ("Du lundi au vendredi de 8h30 à 16h30. Samedi de 9h à 12h, sans interruption.", "Mo-Fr 08:30-16:30; Sa 09:00-12:00"),
        ("Monday through Friday 9:00-17:00", "Mo-Fr 09:00-17:00"),
        ("mn tnin 7ta l jem3a 8h30-16h30", "Mo-Fr 08:30-16:30"),
        ("dimanche - jeudi 9h-17h", "Su-Th 09:00-17:00"),
        ("Mo-Fr 9-15", "Mo-Fr 09:00-15:00"),
        ("Mon-Fri 9am-5pm", "Mo-Fr 09:00-17:00"),
        ("Monday to Friday: 9.00 a.m. - 5.30 p.m.", "Mo-Fr 09:00-17:30"),
        ("every day 9-5pm", "Mo-Su 09:00-17:00"),
        ("Sat 1-5pm", "Sa 13:00-17:00"),
        ("كل يوم 9:00-17:00", "Mo-Su 09:00-17:00"),
        ("الاثنين والأربعاء 9:00-12:00", "Mo,We 09:00-12:00"),
        ("من الاثنين حتى الجمعة 9:00-15:00", "Mo-Fr 09:00-15:00"),
        ("من الاثنين إلى الجمعة من 9 إلى 15", "Mo-Fr 09:00-15:00"),
        ("من الاثنين إلى الجمعة من الساعة ٩ صباحًا إلى ٥ مساءً، الأحد مغلق", "Mo-Fr 09:00-17:00"),
        ("الثلثاء 9:00-12:00", "Tu 09:00-12:00"),
        ("mn tnin l jem3a 9-15", "Mo-Fr 09:00-15:00"),
        ("كل نهار 9-17", "Mo-Su 09:00-17:00"),
        ("من لتنين للجمعة من 9 ل 15", "Mo-Fr 09:00-15:00"),
    ],
)
def test_everyday_writings_are_read_as_they_are_meant(text: str, meant: str) -> None:
    assert open_minutes(typed(text)) == open_minutes(meant)


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("24h/24 7j/7", "24/7"),
        ("lundi - vendredi 9h-17h; fermé les jours fériés", "Mo-Fr 09:00-17:00; PH off"),
        ("lundi - vendredi sauf jours fériés 9h-17h", "Mo-Fr 09:00-17:00; PH off"),
        ("Me[1,3] 9h-12h", "We[1,3] 09:00-12:00"),
        ("We[1,3] 09:00-12:00; Mo[1] 14:00-16:00", "We[1,3] 09:00-12:00; Mo[1] 14:00-16:00"),
        ("Lu-Ve 9h-15h; Dec 25 off", "Mo-Fr 09:00-15:00; Dec 25 off"),
    ],
)
def test_what_is_more_than_a_week_is_kept(text: str, stored: str) -> None:
    assert typed(text) == stored


IRREGULAR = ("un mercredi sur deux 9h-12h", "1er lundi du mois 9h-12h", "le premier lundi 9h-12h", "chaque deuxième mercredi 9h-12h")
IRREGULAR += ("every other Wednesday 9-12", "every 2nd Monday 9:00-12:00", "lundi semaines paires 9h-12h", "lundi 23 novembre 9h-12h")
IRREGULAR += ("الاثنين الأول من كل شهر 9:00-12:00", "كل أسبوعين الاثنين 9:00-12:00", "lundi (mai à août) 9h-12h", "6j/7 9h-17h")
IRREGULAR += ("tous les jours ouvrables 9h-12h", "mercredi 10-12 14h-18h", "mar 10-11 14h-18h", "lundi 9h-12h sur rendez-vous")
DOUBTFUL = ("2h-6h", "9h-12h et 2h-6h", "7-9pm", "9am-5", "8-midnight", "2-6", "17pm-18pm", "lundi ou mardi 9h-12h")
DOUBTFUL += ("lundi/vendredi 9h-12h", "lundi-mercredi-vendredi 9h-12h", "lun ven 9h-12h", "lundi 9h", "lundi 9h-12h et mardi", "واحد 9-12")
DOUBTFUL += ("fermé le vendredi après-midi", "lun-ven 9h-17h, fermé le vendredi après-midi", "lun-ven 9h-12h, ven 14h-16h")
DOUBTFUL += ("9h-12h, lundi 14h-18h", "Lu-Ve 9h-12h; 14h-18h", "dimanche fermé, dimanche 9h-12h", "fermé", "fermé le lundi", "le matin")
TWELVE = ("9-5", "Mon-Fri 9-5", "9h-5h", "lundi 8h-2h", "12-3")


@pytest.mark.parametrize(
    ("text", "key"),
    [*((text, "unreadable") for text in IRREGULAR + DOUBTFUL), *((text, "order") for text in TWELVE), ("lun 9h-25h", "no_time")],
)
def test_what_is_not_surely_understood_is_refused(text: str, key: str) -> None:
    with pytest.raises(Refused, match=f"hours.{key}"):
        typed(text)


FRENCH = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
SHORT = ("Lun.", "Mar.", "Mer.", "Jeu.", "Ven.", "Sam.", "Dim.")
ENGLISH = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
ARABIC = ("الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت", "الأحد")


def with_h(clock: str) -> str:
    hour, minute = clock.split(":")
    return f"{int(hour)}h{'' if minute == '00' else minute}" if int(hour) in (0, *range(7, 25)) else f"{hour}h{minute}"


def of_twelve(clock: str) -> str:
    hour, minute = (int(part) for part in clock.split(":"))
    return f"{hour % 12 or 12}:{minute:02}{'pm' if hour % 24 >= 12 else 'am'}"


def written(days: list[Day], names: tuple[str, ...], how: tuple[str, str, Callable[[str], str], str, str]) -> str:
    """`how`: between two days, between two clocks, a clock, between two times of a day, between two groups of days."""
    to, until, clock, more, then = how
    groups = [list(group) for _, group in groupby(range(7), key=lambda n: days[n])]
    said = []
    for group in (group for group in groups if days[group[0]]):
        name = names[group[0]] if len(group) == 1 else f"{names[group[0]]}{to}{names[group[-1]]}"
        times = more.join(f"{clock(opens)}{until}{clock(closes if closes != '00:00' else '24:00')}" for opens, closes in days[group[0]])
        said.append(f"{name} {times}")
    return then.join(said)


WAYS = (
    (FRENCH, (" au ", " à ", with_h, " et de ", ", ")),
    (FRENCH, (" - ", "-", with_h, " ", "; ")),
    (SHORT, ("-", "-", str, ", ", " ")),
    (SHORT, ("–", "–", with_h, " / ", " ; ")),
    (ENGLISH, (" to ", " - ", of_twelve, " and ", ", ")),
    (ENGLISH, ("-", " to ", str, ", ", "\n")),
    (ARABIC, (" - ", "-", str, "، ", "، ")),
    (ARABIC, (" إلى ", " إلى ", str, " ومن ", "؛ ")),
)


@st.composite
def days(draw: st.DrawFn) -> Day:
    found = sorted(draw(st.lists(st.integers(0, 96), max_size=4, unique=True)))
    clocks = [f"{quarter // 4 % 24:02}:{quarter % 4 * 15:02}" for quarter in found]
    return tuple(zip(clocks[::2], clocks[1::2]))


@given(st.lists(days(), min_size=7, max_size=7).filter(any), st.sampled_from(WAYS))
def test_any_week_is_read_again_however_it_is_written(
    filled: list[Day], way: tuple[tuple[str, ...], tuple[str, str, Callable[[str], str], str, str]]
) -> None:
    text = written(filled, *way)
    assert open_minutes(typed(text)) == open_minutes(week.stored(Week(tuple(filled)))), text
