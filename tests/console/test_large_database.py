"""The large database of `make bench-console`, small: it holds what its numbers say, and every page that is measured opens."""

from sqlalchemy import text

from bot.db import Database
from bot.settings import ROOT, Settings
from tests.bench_console import counts, measure, pages
from tests.crowd import Size, email, fill

SMALL = Size(talks=80, again=10, open=30, length=10, longest=400)


def test_the_pages_of_a_full_database_open(db: Database) -> None:
    fill(db, SMALL)
    lines = measure(db, Settings(data_dir=ROOT / "data"), 1, email("administrator", 0))
    assert [line.name for line in lines] == [name for name, *_ in pages(db)]
    with db.begin() as session:
        said = session.scalar(text("SELECT (SELECT count(*) FROM inbound) + (SELECT count(*) FROM outbound)"))
        states = dict(session.execute(text('SELECT state, count(*) FROM "case" GROUP BY state')).all())
    assert counts(db) == f"90 cases, {said} messages" and states == {"waiting": 18, "taken": 12, "closed": 60}
