"""The clock of Morocco, and the same in the database, whatever rules the machine and PostgreSQL know."""

from datetime import datetime, timedelta, timezone

import pytest
from sqlalchemy import DateTime, literal, select
from sqlalchemy.orm import Session

from bot import clock


@pytest.mark.parametrize(
    ("utc", "here"),
    [
        ("2026-02-14T12:00", "2026-02-14T13:00"),  # an hour ahead
        ("2026-03-01T12:00", "2026-03-01T12:00"),  # Ramadan
        ("2026-09-19T23:30", "2026-09-20T00:30"),
        ("2026-09-20T00:59", "2026-09-20T01:59"),
        ("2026-09-20T01:00", "2026-09-20T01:00"),  # for good
        ("2027-02-20T12:00", "2027-02-20T12:00"),
        ("2027-07-01T12:00", "2027-07-01T12:00"),
    ],
)
def test_python_and_the_database_show_the_same_time(session: Session, utc: str, here: str) -> None:
    at = datetime.fromisoformat(f"{utc}+00:00")
    assert f"{at.astimezone(clock.TIME_ZONE):%Y-%m-%dT%H:%M}" == here
    said = session.scalar(select(clock.local(literal(at, DateTime(timezone=True)))))
    assert said == datetime.fromisoformat(here)


def test_noon_is_noon() -> None:
    assert clock.noon(datetime(2027, 1, 1).date()) == datetime(2027, 1, 1, 12, tzinfo=timezone.utc)
    assert clock.noon(datetime(2026, 7, 1).date()).utcoffset() == timedelta(hours=1)
