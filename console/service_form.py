"""The form of a service: what stands in its fields, and what somebody filled in."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from fastapi import Request

from bot.directory import hours_text
from bot.directory.editing import TEXTS, Values, WrongField
from bot.directory.hours import TIME_ZONE
from bot.errors import Refused
from bot.language.forms import FORMS
from bot.staff import week
from bot.tables import Service
from console import team_forms
from console.queue import as_number
from console.team_forms import TICKED, Filled

NAMES = ("fr", "en", "ar")
LISTS = ("categories", "covers", "eligible", "languages")
ANSWERS = {"yes": True, "no": False, "": None}
PLAIN = ("town", "town_name", "address", "status", "verified")
BLANK = 2  # empty rows behind those that are filled in
OFFERED = ("voice", "whatsapp")  # kinds of phones; imports bring others


async def filled_in(request: Request) -> Filled:
    """All fields; of what can be ticked more than once the values stand in one line."""
    form = await request.form()
    return {key: ",".join(v for v in form.getlist(key) if isinstance(v, str)).replace("\r\n", "\n") for key in form}


def stored(service: Service) -> Filled:
    """As the form shows it."""
    texts = {field: getattr(service, field) for field in TEXTS}
    filled = {f"{field}_{form}": str(said.get(form) or "") for field, said in texts.items() for form in FORMS}
    filled |= {f"names_{lang}": str(service.names.get(lang) or "") for lang in NAMES}
    filled |= {field: ",".join(map(str, getattr(service, field))) for field in LISTS}
    filled |= {field: str(getattr(service, field) or "") for field in (*PLAIN, "starts_on", "ends_on")}
    filled |= {field: _answer(getattr(service, field)) for field in ("by_appointment", "accessible", "free")}
    filled["point"] = "" if service.latitude is None else f"{service.latitude}, {service.longitude}"
    filled["sources"] = "\n".join(str(source["url"]) for source in service.sources)
    filled |= {"hidden_place": TICKED} if service.hidden_place else {}
    return filled | _hours(service) | _phones(service) | _special(service)


def empty() -> Filled:
    return {"status": "active", "verified": "partly", "phones": str(BLANK), "specials": str(BLANK)}


def values(filled: Filled, before: Service | None) -> Values:
    """By column. `WrongField` for what cannot be read."""
    latitude, longitude = _point(filled.get("point", ""))
    return {
        "names": {lang: filled.get(f"names_{lang}", "").strip() for lang in NAMES},
        **{field: _texts(filled, field) for field in TEXTS},
        **{field: [value for value in filled.get(field, "").split(",") if value] for field in LISTS},
        **{field: filled.get(field, "").strip() for field in PLAIN},
        **{field: ANSWERS.get(filled.get(field, "")) for field in ("by_appointment", "accessible", "free")},
        **{field: _date(filled, field, field) for field in ("starts_on", "ends_on")},
        "latitude": latitude,
        "longitude": longitude,
        "hidden_place": "hidden_place" in filled,
        "phones": list(_phones_of(filled, before)),
        "hours": _typed_hours(filled, before),
        "special_hours": [*_specials_of(filled), *_ramadan_of(filled)],
        "sources": _sources(filled, before),
    }


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
    try:
        found = hours_text.typed(filled["hours"]) if "hours" in filled else team_forms.hours_of(filled).after
        return before.hours if before and week.shown(before.hours) == week.shown(found) is not None else found
    except week.WrongDay:
        raise
    except Refused as error:
        raise WrongField(str(error), "hours") from error


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


def _special(service: Service) -> Filled:
    """Rows with dates, then what is so in every Ramadan."""
    dated = [row for row in service.special_hours if row["first"]]
    every = next((row for row in service.special_hours if not row["first"]), None)
    filled = {"specials": str(len(dated) + BLANK), "ramadan": "" if every is None else "hours" if every["hours"] else "closed"}
    filled["ramadan_hours"] = str(every["hours"]) if every else ""
    for n, row in enumerate(dated):
        filled |= {f"special_{key}_{n}": str(row.get(key) or "") for key in ("first", "last", "hours", "name")}
        filled |= {} if row["hours"] else {f"special_closed_{n}": TICKED}
    return filled


def _specials_of(filled: Filled) -> Iterator[dict[str, str]]:
    for n in numbers(filled, "special"):
        row = {key: filled.get(f"special_{key}_{n}", "").strip() for key in ("first", "last", "hours", "name")}
        closed = f"special_closed_{n}" in filled
        if not any(row.values()) and not closed:
            continue
        first = _date(filled, f"special_first_{n}", "special_hours")
        last = _date(filled, f"special_last_{n}", "special_hours") or first
        if first is None or last is None:
            raise WrongField("days.no_date", "special_hours")
        if not row["hours"] and not closed:
            raise WrongField("days.no_hours", "special_hours")
        yield {**row, "first": first.isoformat(), "last": last.isoformat(), "hours": "" if closed else _readable(row["hours"])}


def _ramadan_of(filled: Filled) -> Iterator[dict[str, str]]:
    said = filled.get("ramadan", "")
    if said == "hours" and not filled.get("ramadan_hours", "").strip():
        raise WrongField("days.no_hours", "special_hours")
    if said in ("hours", "closed"):
        hours = _readable(filled["ramadan_hours"]) if said == "hours" else ""
        yield {"first": "", "last": "", "hours": hours, "name": ""}


def _readable(text: str) -> str:
    try:
        return hours_text.typed(text)
    except Refused as error:
        raise WrongField(str(error), "special_hours") from error


def _sources(filled: Filled, before: Service | None) -> list[Any]:
    """Of those that were there, what else is known of them stays."""
    kept: Mapping[str, Any] = {str(source["url"]): source for source in (before.sources if before else ())}
    seen = datetime.now(TIME_ZONE).date().isoformat()
    urls = dict.fromkeys(line.strip() for line in filled.get("sources", "").split("\n") if line.strip())
    return [kept.get(url, {"url": url, "page_date": "", "seen": seen}) for url in urls]


def _point(text: str) -> tuple[float | None, float | None]:
    """`30.42, -9.59`, as maps give it."""
    if not text.strip():
        return None, None
    try:
        latitude, longitude = (float(part) for part in text.split(","))
    except ValueError:
        raise WrongField("directory.bad_point", "point") from None
    return latitude, longitude


def _date(filled: Filled, key: str, field: str) -> date | None:
    try:
        return date.fromisoformat(filled[key]) if filled.get(key) else None
    except ValueError:
        raise WrongField("days.no_date", field) from None
