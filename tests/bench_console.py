"""`make bench-console`: the staff pages on 10,000 cases and 500,000 messages, through the real web application."""

import argparse
import re
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from fastapi.testclient import TestClient
from sqlalchemy import select, text

from bot.db import Database
from bot.settings import Settings, settings
from bot.tables import Case
from cli.demo import apart
from cli.postgres import Embedded
from cli.prepare import fill_database
from tests.crowd import PASSWORD, Size, email, fill
from web.app import build_app

LIST, CASE, REPORT = 100.0, 150.0, 300.0  # milliseconds, at the server


@dataclass(frozen=True)
class Line:
    """Milliseconds of one page."""

    name: str
    bar: float
    median: float
    p95: float
    size: int

    def __str__(self) -> str:
        verdict = "" if self.median < self.bar else "  TOO SLOW"
        return f"{self.name:34}{self.median:9.0f}{self.p95:9.0f}{self.bar:9.0f}{self.size // 1024:8}{verdict}"


def pages(db: Database) -> Iterator[tuple[str, str, float]]:
    """What is measured: name, address, bar."""
    for view in ("mine", "waiting", "urgent", "all", "closed"):
        yield f"list: {view}", f"/?view={view}", LIST
    yield "list: all, only what changes", "/queue?view=all", LIST
    yield "list: closed, filtered", "/?view=closed&topic=work&form=fr&channel=whatsapp", LIST
    yield "list: closed, by place and danger", "/?view=closed&place=inezgane&urgency=any", LIST
    yield "list: closed, search in the facts", "/?view=closed&q=Inezgane+salaire", LIST
    yield "list: closed, search in the notes", "/?view=closed&q=quittances", LIST
    yield "list: all, search for nothing", "/?view=all&q=qqxw", LIST
    long, short = _case(db, 1), _case(db, 2)
    yield "a case with 50 messages", f"/cases/{short}", CASE
    yield "a case with 5,000 messages", f"/cases/{long}", CASE
    yield "the same, only what changes", f"/cases/{long}/thread", CASE
    today = date.today()
    yield "report of 30 days", "/reports?days=30", REPORT
    yield "report of a year", f"/reports?first={today - timedelta(days=364)}&last={today}", REPORT


def _case(db: Database, number: int) -> int:
    with db.begin() as session:
        talk = session.scalar(text("SELECT md5('crowd' || CAST(:n AS text))::uuid"), {"n": number})
        return session.scalars(select(Case.id).filter_by(conversation_id=talk).where(Case.state != "closed")).one()


def sign_in(client: TestClient, who: str) -> None:
    answer = client.post("/console/sign-in", data={"email": who, "password": PASSWORD})
    assert re.search(r'name="csrf"', answer.text), "nobody is signed in"


def measure(db: Database, config: Settings, times: int, who: str) -> list[Line]:
    found = []
    with TestClient(build_app(db, config)) as client:
        sign_in(client, who)
        for name, path, bar in pages(db):
            found.append(measured(client, (name, path, bar), times))
    return found


def measured(client: TestClient, page: tuple[str, str, float], times: int) -> Line:
    name, path, bar = page
    took, size = [], 0
    for turn in range(times + 3):
        started = time.perf_counter()
        answer = client.get(f"/console{path}")
        took.append(1000 * (time.perf_counter() - started))
        size = len(answer.content)
        assert answer.status_code == 200, (path, answer.status_code)
        took = took if turn >= 3 else []  # what loads at its first use
    ordered = sorted(took)
    return Line(name, bar, statistics.median(ordered), ordered[int(0.95 * len(ordered))], size)


def counts(db: Database) -> str:
    with db.begin() as session:
        cases, asked, answered = (session.scalar(text(f'SELECT count(*) FROM "{name}"')) for name in ("case", "inbound", "outbound"))
    return f"{cases} cases, {asked + answered} messages"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench_console", description=__doc__)
    parser.add_argument("--times", type=int, default=40)
    times = parser.parse_args().times
    with tempfile.TemporaryDirectory(prefix="dalil-bench-") as folder:
        own = apart(settings(), Path(folder) / "var")
        with Embedded(own.var_dir / "postgres") as url:
            own = own.model_copy(update={"database_url": url})
            fill_database(own, url, print)
            with closing(Database.of(own)) as db:
                started = time.monotonic()
                fill(db, Size())
                print(f"{counts(db)}, made in {time.monotonic() - started:.0f} s")
                lines = measure(db, own, times, email("administrator", 0))
    print(f"{'milliseconds':34}{'median':>9}{'p95':>9}{'bar':>9}{'KB':>8}")
    print(*lines, sep="\n")
    return 0 if all(line.median < line.bar for line in lines) else 1


if __name__ == "__main__":
    raise SystemExit(main())
