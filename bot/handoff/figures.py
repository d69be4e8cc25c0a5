"""What a report of the work on cases holds."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import Enum
from typing import NamedTuple

from bot.clock import TIME_ZONE
from bot.tables import Team

DAYS, WEEKS = 31, 200  # up to so many days a bar of the chart is a day, a week; then a month


class Hidden(Enum):
    """A number that is not told. `FEW`: the group is small. `OTHER`: it is not, but a small one could be worked out from it."""

    FEW = "few"
    OTHER = "other"


Number = int | Hidden


@dataclass(frozen=True)
class Period:
    """Whole days in Morocco, the last one included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def start(self) -> datetime:
        return datetime.combine(self.first, time(), TIME_ZONE)

    @property
    def end(self) -> datetime:
        return datetime.combine(self.last + timedelta(days=1), time(), TIME_ZONE)

    @property
    def before(self) -> "Period":
        """As many days, directly before."""
        return Period(self.first - timedelta(days=self.days), self.first - timedelta(days=1))

    @property
    def unit(self) -> str:
        """What a bar of the chart stands for."""
        return "day" if self.days <= DAYS else "week" if self.days <= WEEKS else "month"


class Pair(NamedTuple):
    """A number in the period, and in the one before it."""

    now: Number
    before: Number


class Line(NamedTuple):
    """`key`: the value that was counted, as it is stored; empty: none."""

    key: str
    now: Number
    before: Number


class Spell(NamedTuple):
    """How long something took, in seconds, in the cases where it happened."""

    cases: Number
    median: float | None
    p90: float | None


class Late(NamedTuple):
    """First answers that had a time to come by, and those that came after it or have not come."""

    due: Number
    late: Number


@dataclass(frozen=True)
class Report:
    """`tables`: by name. `spells` (`taken`, `answered`) and `late`: now and before. `week`: seven days from Monday, by hour.
    `course`: cases by day, week or month."""

    period: Period
    teams: list[Team]
    opened: Pair
    tables: dict[str, list[Line]]
    spells: dict[str, tuple[Spell, Spell]]
    late: tuple[Late, Late]
    week: list[list[Number]]
    course: list[tuple[date, Number]]
