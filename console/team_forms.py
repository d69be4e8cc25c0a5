"""The forms of a team's page: what stands in them, and what somebody filled in."""

from datetime import date, datetime

from bot.clock import TIME_ZONE
from bot.errors import Refused
from bot.staff import team_settings, week
from bot.staff.on_call import Shift
from bot.staff.team_days import Days
from bot.staff.team_settings import Change, Minutes, Places
from bot.staff.week import MOST, Times, Week
from bot.tables import Team
from console.queue import as_number, as_uuid

Filled = dict[str, str]
TICKED = "1"


def stored(team: Team) -> dict[str, Filled]:
    """By form and field. Hours that the weekly form cannot show stand in one field."""
    shown, minutes = week.shown(team.hours), team_settings.minutes(team)
    return {
        "name": {"name": team.name},
        "hours": {"hours": team.hours} if shown is None else of_week(shown),
        "minutes": {"first": str(minutes.first), "next": str(minutes.next), "urgent": str(minutes.urgent)},
        "places": {"email": team.email, "telegram_group": team.telegram_group},
        "days": {},
        "on_call": {},
        "topics": {},
    }


def before(team: Team) -> dict[str, str]:
    """What a form says to have shown."""
    minutes = team_settings.minutes(team)
    return {"hours": team.hours, "minutes": f"{minutes.first},{minutes.next},{minutes.urgent}", "topics": ",".join(sorted(team.topics))}


def name_of(filled: Filled) -> Change[str]:
    return Change(filled.get("before", ""), filled.get("name", ""))


def hours_of(filled: Filled) -> Change[str]:
    if "hours" in filled:
        return Change(filled.get("before", ""), filled["hours"].strip())
    closed = {n for n in range(7) if f"closed_{n}" in filled}
    days = week.checked_week([_times(filled, f"{n}_") for n in range(7)], closed)
    return Change(filled.get("before", ""), week.stored(Week(tuple(days), "holidays" in filled)))


def minutes_of(filled: Filled) -> Change[Minutes]:
    shown = [as_number(part) for part in filled.get("before", "").split(",")]
    after = Minutes(*(as_number(filled.get(key, "").strip()) for key in ("first", "next", "urgent")))
    return Change(Minutes(*shown) if len(shown) == 3 else Minutes(0, 0, 0), after)


def places_of(filled: Filled) -> Change[Places]:
    shown = Places(filled.get("before_email", ""), filled.get("before_telegram_group", ""))
    return Change(shown, Places(filled.get("email", ""), filled.get("telegram_group", "")))


def days_of(filled: Filled) -> Days:
    """Of one day only the first date has to be given."""
    first = _date(filled.get("first", ""))
    last = _date(filled["last"]) if filled.get("last") else first
    times = () if "closed" in filled else week.checked(_times(filled, ""))
    if not times and "closed" not in filled:
        raise Refused("days.no_hours")
    return Days(first, last, week.times(times), filled.get("name", "").strip())


def shift_of(filled: Filled) -> Shift:
    person = as_uuid(filled.get("staff", ""))
    if person is None:
        raise Refused("on_call.nobody")
    return Shift(person, _moment(filled.get("starts", "")), _moment(filled.get("ends", "")))


def of_week(shown: Week) -> Filled:
    known = any(shown.days)
    filled = {f"closed_{n}": TICKED for n, day in enumerate(shown.days) if known and not day}
    for n, day in enumerate(shown.days):
        for m, (opens, closes) in enumerate(day):
            filled |= {f"opens_{n}_{m}": opens, f"closes_{n}_{m}": closes}
    return filled | ({"holidays": TICKED} if shown.closed_on_holidays else {})


def _times(filled: Filled, day: str) -> list[Times]:
    return [(filled.get(f"opens_{day}{m}", ""), filled.get(f"closes_{day}{m}", "")) for m in range(MOST)]


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused("days.no_date") from None


def _moment(text: str) -> datetime:
    """As the clocks in Morocco show it."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=TIME_ZONE)
    except ValueError:
        raise Refused("on_call.no_time") from None
