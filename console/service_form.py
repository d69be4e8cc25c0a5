"""The form of a service: what stands in its fields, and what somebody filled in."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import date, datetime
from typing import Any, TypeVar

from fastapi import Request

from bot.clock import TIME_ZONE
from bot.directory import hours_text
from bot.directory.editing import TEXTS, Values, WrongField, WrongFields
from bot.directory.typed import position, with_scheme
from bot.errors import Refused
from bot.language.forms import FORMS
from bot.staff import week
from bot.tables import Service
from console import team_forms
from console.entry_forms import as_before
from console.queue import as_number
from console.team_forms import TICKED, Filled

NAMES = ("fr", "en", "ar")
LISTS = ("categories", "covers", "eligible", "languages")
ANSWERS = {"yes": True, "no": False, "": None}
ORDER = (
    "names",
    "categories",
    *TEXTS,
    "eligible",
    "languages",
    "town",
    "town_name",
    "address",
    "point",
    "covers",
    "phones",
    "hours",
    "special_hours",
)
PLAIN = ("town", "town_name", "address", "status", "verified")
OF_DAYS = ("opens_", "closes_", "closed_")  # how the fields of the table of a week begin
BLANK = 2  # empty rows behind those that are filled in
OFFERED = ("voice", "whatsapp")  # kinds of phones; imports bring others
Result = TypeVar("Result")
Point = tuple[float | None, float | None]


async def filled_in(request: Request) -> Filled:
    """All fields; of what can be ticked more than once the values stand in one line."""
    form = await request.form()
    filled = {key: ",".join(v for v in form.getlist(key) if isinstance(v, str)).replace("\r\n", "\n") for key in form}
    return with_written_hours(filled)


def stored(service: Service, said: Callable[[str], str] = str) -> Filled:
    """As the form shows it. `said`: hours as somebody types them."""
    texts = {field: getattr(service, field) for field in TEXTS}
    filled = {f"{field}_{form}": str(said.get(form) or "") for field, said in texts.items() for form in FORMS}
    filled |= {f"names_{lang}": str(service.names.get(lang) or "") for lang in NAMES}
    filled |= {field: ",".join(map(str, getattr(service, field))) for field in LISTS}
    filled |= {field: str(getattr(service, field) or "") for field in (*PLAIN, "starts_on", "ends_on")}
    filled |= {field: _answer(getattr(service, field)) for field in ("by_appointment", "accessible", "free")}
    filled["point"] = "" if service.latitude is None else f"{service.latitude}, {service.longitude}"
    filled["hours_before"] = service.hours
    filled["sources"] = "\n".join(str(source["url"]) for source in service.sources)
    filled |= {"hidden_place": TICKED} if service.hidden_place else {}
    return filled | _hours(service) | _phones(service) | _special(service, said)


def empty() -> Filled:
    """Nobody has checked a new one yet."""
    return {"status": "active", "verified": "name-only", "phones": str(BLANK), "specials": str(BLANK)}


def with_written_hours(filled: Filled) -> Filled:
    """Hours that were written as a text stand in the table, when nobody touched it; else the text stays, and `read` asks."""
    text = filled.get("hours_text", "").strip()
    try:
        hours = hours_text.typed(text)
    except Refused:
        return filled
    if not text or "hours" in filled or not (_is_untouched(filled) or _says(filled, hours)):
        return filled
    rest = {key: value for key, value in filled.items() if key != "hours_text" and not key.startswith(OF_DAYS)}
    shown = None if hours == hours_text.ALWAYS else week.shown(hours)
    return rest | (team_forms.of_week(shown) if shown else {"hours": _with_holidays(hours, rest)})


def _is_untouched(filled: Filled) -> bool:
    before = week.shown(filled.get("hours_before", ""))
    table = {key: text for key, text in filled.items() if key.startswith(OF_DAYS) and text.strip()}
    return before is not None and table == {key: text for key, text in team_forms.of_week(before).items() if key.startswith(OF_DAYS)}


def _says(filled: Filled, hours: str) -> bool:
    """The table and the text mean the same days; where the table has no times, it may only say which days are closed."""
    found = week.shown(hours)
    if not any(text.strip() for key, text in filled.items() if key.startswith(("opens_", "closes_"))):
        closed = [n for n in range(7) if f"closed_{n}" in filled]
        return not closed if found is None else not any(found.days[n] for n in closed)
    try:
        table = week.shown(team_forms.hours_of(filled).after)
    except Refused:
        return False
    return found is not None and table is not None and found.days == table.days


def _with_holidays(hours: str, filled: Filled) -> str:
    return f"{hours}; PH off" if "holidays" in filled and "PH" not in hours else hours


class _Reader:
    """Reads field by field and keeps what cannot be read."""

    def __init__(self, filled: Filled, before: Service | None) -> None:
        self.filled, self.before, self.wrong = filled, before, list[WrongField]()
        self.old = {str(row["hours"]) for row in before.special_hours} if before else set()

    def read(self, how: Callable[[], Result], otherwise: Result) -> Result:
        try:
            return how()
        except WrongField as error:
            self.wrong += error.faults if isinstance(error, WrongFields) else [error]
            return otherwise

    def date(self, key: str, field: str) -> date | None:
        return self.read(lambda: _date(self.filled, key, field), None)

    def hours(self, text: str, at: str) -> str:
        """What stood there before may be more than our reader takes."""
        return text if text in self.old else self.read(lambda: _readable(text, at), "")


def read(filled: Filled, before: Service | None) -> tuple[Values, list[WrongField]]:
    """By column, and all that cannot be read."""
    reader = _Reader(filled, before)
    nowhere: Point = (None, None)
    latitude, longitude = reader.read(lambda: _point(filled.get("point", "")), nowhere)
    found = {
        "names": {lang: filled.get(f"names_{lang}", "").strip() for lang in NAMES},
        **{field: _texts(filled, field) for field in TEXTS},
        **{field: as_before([each for each in filled.get(field, "").split(",") if each], getattr(before, field, ())) for field in LISTS},
        **{field: filled.get(field, "").strip() for field in PLAIN},
        **{field: ANSWERS.get(filled.get(field, "")) for field in ("by_appointment", "accessible", "free")},
        **{field: reader.date(field, field) for field in ("starts_on", "ends_on")},
        "latitude": latitude,
        "longitude": longitude,
        "hidden_place": "hidden_place" in filled,
        "phones": list(_phones_of(filled, before)),
        "hours": reader.read(lambda: _typed_hours(filled, before), ""),
        "special_hours": [*_specials_of(reader), *_ramadan_of(reader)],
        "sources": _sources(filled, before),
    }
    return found, reader.wrong


def understood(filled: Filled, said: Callable[[str], str]) -> dict[str, str]:
    """Of hours that are typed as a text: what is read in them, where that says something else. By field."""
    found = {}
    for at, text in filled.items():
        if at in ("hours", "hours_text", "ramadan_hours") or at.startswith("special_hours_"):
            with suppress(Refused):
                found[at] = said(hours_text.typed(text))
    return {at: words for at, words in found.items() if words != filled[at].strip()}


def has_hours(filled: Filled) -> bool:
    """Something stands in the usual hours, as a line or in the table."""
    return any(text for at, text in filled.items() if at in ("hours", "hours_text") or at.startswith(OF_DAYS))


def checked(filled: Filled, found: Iterator[WrongField]) -> Iterator[WrongField]:
    """Faults of what was read, each at its field of the form: there, rows that are left empty do not count."""
    return (WrongField(str(fault), fault.field, _shown_at(filled, fault.at)) for fault in found)


def in_order(wrong: list[WrongField]) -> list[WrongField]:
    """As the form has them, one for each field."""
    once = {fault.at: fault for fault in reversed(wrong)}
    told = [
        fault for fault in once.values() if fault.at != fault.field or not any(o.field == fault.field for o in wrong if o.at != o.field)
    ]
    return sorted(told, key=lambda fault: (ORDER.index(fault.field) if fault.field in ORDER else len(ORDER), fault.at))


def _shown_at(filled: Filled, at: str) -> str:
    head, _, n = at.rpartition("_")
    kind = head.split("_")[0]
    if kind not in ("phone", "special") or not n.isdecimal():
        return at
    full = [m for m in numbers(filled, kind) if _row(filled, kind, m)]
    return f"{head}_{full[int(n)]}" if int(n) < len(full) else "ramadan_hours"


def rows(filled: Filled, key: str) -> range:
    """Of `phones` or `specials`: those that were shown, and never none."""
    full = numbers(filled, {"phones": "phone", "specials": "special"}[key])
    return range(min(max(as_number(filled.get(key, "")), BLANK), (full[-1] + 1 if full else 0) + BLANK))


def numbers(filled: Filled, kind: str) -> list[int]:
    """Of all rows that came."""
    return sorted({int(found[1]) for key in filled if (found := re.fullmatch(rf"{kind}_[a-z]+_(\d{{1,4}})", key))})


def _answer(known: bool | None) -> str:
    return {True: "yes", False: "no", None: ""}[known]


def _texts(filled: Filled, field: str) -> dict[str, str]:
    """Only the forms that are written."""
    found: dict[str, str] = {form: filled.get(f"{field}_{form}", "").strip() for form in FORMS}
    return {form: text for form, text in found.items() if text}


def _hours(service: Service) -> Filled:
    shown = week.shown(service.hours)
    return {"hours": service.hours} if shown is None else team_forms.of_week(shown)


def _typed_hours(filled: Filled, before: Service | None) -> str:
    """What is still the same week stays as it was written: `24/7` says more than seven whole days."""
    if before and filled.get("hours", "").strip() == before.hours != "":
        return before.hours
    if filled.get("hours_text", "").strip():
        raise WrongField(_written_wrong(filled["hours_text"]), "hours", "hours_text")
    try:
        found = hours_text.typed(filled["hours"]) if "hours" in filled else team_forms.hours_of(filled).after
        return before.hours if before and week.shown(before.hours) == week.shown(found) is not None else found
    except week.WrongDay as error:
        raise WrongFields([WrongField(str(day), "hours", f"opens_{day.day}_0") for day in (error, *error.others)]) from error
    except Refused as error:
        raise WrongField(str(error), "hours") from error


def _written_wrong(text: str) -> str:
    """What can be read stands in the table by now, unless that says something else."""
    try:
        hours_text.typed(text)
    except Refused as error:
        return str(error)
    return "hours.both"


def _phones(service: Service) -> Filled:
    filled = {"phones": str(len(service.phones) + BLANK)}
    for n, phone in enumerate(service.phones):
        filled |= {f"phone_{key}_{n}": str(phone.get(key) or "") for key in ("number", "kind", "note")}
    return filled


def _phones_of(filled: Filled, before: Service | None) -> Iterator[dict[str, str]]:
    kinds = {*OFFERED, *(str(phone.get("kind")) for phone in (before.phones if before else ()))}
    for n in numbers(filled, "phone"):
        found = {key: filled.get(f"phone_{key}_{n}", "").strip() for key in ("number", "kind", "note")}
        if found["number"]:
            yield {**found, "kind": found["kind"] if found["kind"] in kinds else "voice"}


def _special(service: Service, said: Callable[[str], str]) -> Filled:
    """Rows with dates, then what is so in every Ramadan."""
    dated = [row for row in service.special_hours if row["first"]]
    every = next((row for row in service.special_hours if not row["first"]), None)
    filled = {"specials": str(len(dated) + BLANK), "ramadan": "" if every is None else "hours" if every["hours"] else "closed"}
    filled["ramadan_hours"] = said(str(every["hours"])) if every else ""
    for n, row in enumerate(dated):
        filled |= {f"special_{key}_{n}": str(row.get(key) or "") for key in ("first", "last", "name")} | {
            f"special_hours_{n}": said(str(row["hours"]))
        }
        filled |= {} if row["hours"] else {f"special_closed_{n}": TICKED}
    return filled


def _row(filled: Filled, kind: str, n: int) -> bool:
    """Something stands in this row."""
    keys = ("number",) if kind == "phone" else ("first", "last", "hours", "name", "closed")
    return any(filled.get(f"{kind}_{key}_{n}", "").strip() for key in keys)


def _specials_of(reader: _Reader) -> Iterator[dict[str, str]]:
    filled = reader.filled
    for n in (n for n in numbers(filled, "special") if _row(filled, "special", n)):
        row = {key: filled.get(f"special_{key}_{n}", "").strip() for key in ("first", "last", "hours", "name")}
        closed = f"special_closed_{n}" in filled
        many = len(reader.wrong)
        first = reader.date(f"special_first_{n}", "special_hours")
        last = reader.date(f"special_last_{n}", "special_hours") or first
        if first is None and len(reader.wrong) == many:
            reader.wrong.append(WrongField("days.no_date", "special_hours", f"special_first_{n}"))
        if not row["hours"] and not closed:
            reader.wrong.append(WrongField("days.no_hours", "special_hours", f"special_hours_{n}"))
        hours = "" if closed else reader.hours(row["hours"], f"special_hours_{n}")
        first = first or last or date.min
        yield {**row, "first": first.isoformat(), "last": (last or first).isoformat(), "hours": hours}


def _ramadan_of(reader: _Reader) -> Iterator[dict[str, str]]:
    said, typed = reader.filled.get("ramadan", ""), reader.filled.get("ramadan_hours", "").strip()
    if said == "hours" and not typed:
        reader.wrong.append(WrongField("days.no_hours", "special_hours", "ramadan_hours"))
    if said in ("hours", "closed"):
        yield {"first": "", "last": "", "hours": reader.hours(typed, "ramadan_hours") if said == "hours" else "", "name": ""}


def _readable(text: str, at: str) -> str:
    try:
        return hours_text.typed(text)
    except Refused as error:
        raise WrongField(str(error), "special_hours", at) from error


def _sources(filled: Filled, before: Service | None) -> list[Any]:
    """Of those that were there, what else is known of them stays."""
    kept: Mapping[str, Any] = {str(source["url"]): source for source in (before.sources if before else ())}
    seen = datetime.now(TIME_ZONE).date().isoformat()
    urls = dict.fromkeys(with_scheme(line.strip()) for line in filled.get("sources", "").split("\n") if line.strip())
    return [kept.get(url, {"url": url, "page_date": "", "seen": seen}) for url in urls]


def _point(text: str) -> Point:
    return position(text) if text.strip() else (None, None)


def _date(filled: Filled, key: str, field: str) -> date | None:
    try:
        return date.fromisoformat(filled[key]) if filled.get(key) else None
    except ValueError:
        raise WrongField("days.no_date", field, key) from None
