"""The three languages of the staff pages. Catalogues are read from their .po files when the console starts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timezone
from functools import cache
from pathlib import Path
from typing import Any

from babel import Locale
from babel.dates import format_date, format_datetime, format_timedelta, get_day_names
from babel.messages.pofile import read_po
from babel.units import format_unit

from bot.clock import TIME_ZONE

LOCALES = {"fr": "fr_MA", "ar": "ar_MA", "en": "en_GB"}
FOLDER = Path(__file__).parent / "locale"
_FSI, _PDI = "\u2068", "\u2069"


@dataclass(frozen=True)
class Language:
    """Texts, times and direction of one language."""

    code: str
    locale: Locale
    messages: Mapping[str, str]

    @property
    def dir(self) -> str:
        return str(self.locale.text_direction)

    @property
    def _comma(self) -> str:
        return "،" if self.dir == "rtl" else ","

    def has(self, msgid: str) -> bool:
        return msgid in self.messages

    def text(self, msgid: str, **values: Any) -> str:
        """The text of `msgid`. Values are isolated: a French name inside an Arabic line stays readable."""
        found = self.messages.get(msgid, msgid)
        return found.format(**{k: f"{_FSI}{v}{_PDI}" for k, v in values.items()}) if values else found

    def named(self, kind: str, value: str) -> str:
        """The word for a stored value (`state.waiting`); one that is not known is shown as it is."""
        return self.messages.get(f"{kind}.{value}", value)

    def noted(self, why: str) -> str:
        """Why a revision was saved: the words of an editor, or what a step noted (`bot.faq.revisions.noted`)."""
        key, _, detail = why.partition(" ")
        return self.text(key, detail=detail) if key.startswith("revision_why.") and self.has(key) else why

    def when(self, at: datetime) -> str:
        """The hour today, else day and hour, as it is in Agadir."""
        today = at.astimezone(TIME_ZONE).date() == datetime.now(TIME_ZONE).date()
        return format_datetime(at, "HH:mm" if today else f"d MMM{self._comma} HH:mm", tzinfo=TIME_ZONE, locale=self.locale)

    def day(self, day: date) -> str:
        return str(format_date(day, "d MMM yyyy", locale=self.locale))

    def written_day(self, day: str) -> str:
        """Of a day as content has it."""
        return self.day(date.fromisoformat(day))

    def month(self, day: date) -> str:
        return str(format_date(day, "LLLL yyyy", locale=self.locale))

    def moment(self, at: datetime) -> str:
        """Day and hour in full, for paper."""
        return str(format_datetime(at, f"d MMM yyyy{self._comma} HH:mm", tzinfo=TIME_ZONE, locale=self.locale))

    def weekday(self, n: int) -> str:
        """0 is Monday."""
        return str(get_day_names("wide", "stand-alone", self.locale)[n]).capitalize()

    def left(self, until: datetime) -> str:
        """How long it is until then, in hours and minutes; never less than one."""
        minutes = max(1, int((until - datetime.now(timezone.utc)).total_seconds() // 60))
        parts = [(minutes // 60, "hour"), (minutes % 60, "minute")]
        return " ".join(format_unit(n, f"duration-{unit}", "short", locale=self.locale) for n, unit in parts if n)

    def km(self, km: float) -> str:
        return str(format_unit(round(km, 1), "length-kilometer", "short", locale=self.locale))

    def ago(self, at: datetime) -> str:
        """How long ago, in the plural forms of the language."""
        gone = max(datetime.now(timezone.utc) - at, datetime.resolution * 60_000_000)
        return format_timedelta(gone, granularity="minute", threshold=1.5, format="long", locale=self.locale)


@cache
def read(code: str) -> Language:
    """One catalogue a part of the console; a text that two parts use stands in one of them."""
    messages: dict[str, str] = {}
    for path in sorted((FOLDER / code / "LC_MESSAGES").glob("*.po")):
        with path.open("rb") as file:
            messages.update({str(m.id): str(m.string) for m in read_po(file, locale=code) if m.id and m.string and not m.fuzzy})
    return Language(code, Locale.parse(LOCALES[code]), messages)


def read_all() -> dict[str, Language]:
    return {code: read(code) for code in LOCALES}


def choose(languages: Mapping[str, Language], cookie: str, staff: str, accepted: str) -> Language:
    """What was chosen on this device, else by this person, else what the browser asks for, else French."""
    wanted = [cookie, staff, *(part.split(";")[0].split("-")[0].strip() for part in accepted.split(","))]
    return next((languages[code] for code in wanted if code in languages), languages["fr"])
