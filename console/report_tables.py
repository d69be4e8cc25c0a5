"""A report as tables that a page shows and a spreadsheet opens: words for stored values, numbers as the language writes them."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from babel.dates import format_date, get_day_names
from babel.numbers import format_percent
from babel.units import format_unit

from bot.handoff.figures import Hidden, Late, Line, Number, Report, Spell
from console.language import Language

COUNTED = ("topic", "outcome", "urgency", "form", "channel", "place", "satisfaction", "referral", "caseworker")
TIMES, COURSE, WEEK = "times", "course", "week"
NAMES = (TIMES, COURSE, *COUNTED, WEEK)
DAY_NAMES = (0, 1, 2, 3, 4, 5, 6)  # from Monday
NARROW = 5  # letters
SEPARATOR = {"en": ","}  # where a comma stands inside numbers, spreadsheets expect a semicolon
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
HOT = 4  # shades of the table of hours
Cells = list[str]


@dataclass(frozen=True)
class Row:
    """`width`: of the bar, in percent of the longest one."""

    label: str
    now: str
    share: str
    before: str
    width: int


@dataclass(frozen=True)
class Bar:
    label: str
    count: str
    height: int


@dataclass(frozen=True)
class Hour:
    count: str
    heat: int


class Shown:
    """One report in one language. `towns`: what places are called."""

    def __init__(self, report: Report, lang: Language, towns: Mapping[str, str]) -> None:
        self.report, self.lang, self._towns = report, lang, towns

    def number(self, number: Number) -> str:
        return self.lang.named("number", number.value) if isinstance(number, Hidden) else str(number)

    def lasting(self, seconds: float | None) -> str:
        """Minutes, hours or days, whichever can be read at once."""
        if seconds is None:
            return self.lang.named("number", "none")
        minutes = seconds / 60
        unit, value = (
            ("minute", round(minutes)) if minutes < 120 else ("hour", minutes / 60) if minutes < 48 * 60 else ("day", minutes / 1440)
        )
        return format_unit(round(value, 1), f"duration-{unit}", length="short", locale=self.lang.locale)

    def share(self, part: Number, whole: Number) -> str:
        if isinstance(part, Hidden) or isinstance(whole, Hidden) or not whole:
            return ""
        return str(format_percent(part / whole, locale=self.lang.locale))

    def day(self, day: date) -> str:
        return str(format_date(day, "d MMM yyyy", locale=self.lang.locale))

    def label(self, name: str, key: str) -> str:
        """What a stored value is called; empty: none."""
        if not key:
            return self.lang.named("none", name)
        return {"caseworker": key, "place": self._towns.get(key, key)}.get(name) or self.lang.named(name, key)

    def rows(self, name: str) -> list[Row]:
        lines = self.report.tables[name]
        longest = max([_plain(line.now) for line in lines], default=0)
        return [self._row(name, line, longest) for line in lines]

    def _row(self, name: str, line: Line, longest: int) -> Row:
        width = 100 * _plain(line.now) // longest if longest else 0
        share = self.share(line.now, self.report.opened.now)
        return Row(self.label(name, line.key), self.number(line.now), share, self.number(line.before), width)

    def late(self, late: Late) -> str:
        return self.share(late.late, late.due) or self.lang.named("number", "none")

    def course(self) -> list[Bar]:
        highest = max([_plain(count) for _, count in self.report.course], default=0)
        return [Bar(self.start(day), self.number(n), 100 * _plain(n) // highest if highest else 0) for day, n in self.report.course]

    def start(self, day: date) -> str:
        pattern = "MMM yyyy" if self.report.period.unit == "month" else "d MMM"
        return str(format_date(day, pattern, locale=self.lang.locale))

    def day_names(self) -> list[tuple[str, str]]:
        """In full, and as short as a column of a telephone is wide."""
        full, short, narrow = (get_day_names(width, locale=self.lang.locale) for width in ("wide", "short", "narrow"))
        fitting = short if max(map(len, short.values())) < NARROW else narrow
        return [(full[day], fitting[day]) for day in DAY_NAMES]

    def hours(self) -> list[tuple[str, list[Hour]]]:
        """A row an hour, a cell a day."""
        hottest = max(_plain(n) for day in self.report.week for n in day)
        return [(f"{hour:02}", [_hour(day[hour], hottest) for day in self.report.week]) for hour in range(24)]

    def sheet(self, name: str) -> list[Cells]:
        """The rows of a spreadsheet, its heading first."""
        if name == TIMES:
            return list(self._times_sheet())
        named = self.lang.named
        if name == COURSE:
            return [[named("sheet", "start"), named("sheet", "now")], *([day.isoformat(), self.number(n)] for day, n in self.report.course)]
        if name == WEEK:
            rows = ([f"{hour:02}", *(self.number(day[hour]) for day in self.report.week)] for hour in range(24))
            return [[named("sheet", "hour"), *(full for full, _ in self.day_names())], *rows]
        lines = ([self.label(name, line.key), self.number(line.now), self.number(line.before)] for line in self.report.tables[name])
        return [[named("table", name), named("sheet", "now"), named("sheet", "before")], *lines]

    def _times_sheet(self) -> Iterator[Cells]:
        """In whole minutes, which can be counted with."""
        keys = ("now", "before")
        columns = [
            f"{self.lang.named('sheet', kind)} ({self.lang.named('sheet', key)})" for key in keys for kind in ("cases", "median", "p90")
        ]
        yield [self.lang.named("table", TIMES), *columns]
        for name, pair in self.report.spells.items():
            yield [self.lang.named("spell", name), *(cell for spell in pair for cell in self._spell_cells(spell))]
        yield [self.lang.named("spell", "late"), *(cell for late in self.report.late for cell in (self.number(late.late), "", ""))]

    def _spell_cells(self, spell: Spell) -> Cells:
        return [self.number(spell.cases), *("" if seconds is None else str(round(seconds / 60)) for seconds in (spell.median, spell.p90))]


def as_csv(rows: list[Cells], lang: Language) -> bytes:
    """With the mark by which spreadsheets know UTF-8. What begins like a formula is made a text: names and places are typed by people."""
    out = io.StringIO()
    csv.writer(out, delimiter=SEPARATOR.get(lang.code, ";")).writerows([[_harmless(cell) for cell in row] for row in rows])
    return out.getvalue().encode("utf-8-sig")


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def _hour(number: Number, hottest: int) -> Hour:
    count = _plain(number)
    sign = {Hidden.FEW: "•", Hidden.OTHER: "–"}.get(number, "") if isinstance(number, Hidden) else str(number or "")
    return Hour(sign, -(-HOT * count // hottest) if hottest else 0)


def _plain(number: Number) -> int:
    """For the length of a bar: what is not told has none."""
    return 0 if isinstance(number, Hidden) else number
