"""`make bench-content`: the editors' pages on 1,000 entries in five forms, through the real web application."""

import argparse
import json
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from fastapi.testclient import TestClient

from bot.db import Database
from bot.faq import revisions
from bot.faq.revisions import Reason
from bot.migrate import upgrade
from bot.privacy.vault import make_key
from bot.settings import Settings, settings
from bot.staff import accounts
from bot.tables import EntryRow
from bot.understanding.corpus import seed_entries
from cli.demo import apart
from cli.postgres import Embedded
from tests.bench_console import Line, measured
from tests.crowd import PASSWORD
from web.app import build_app

ENTRIES = 1000
LIST, ENTRY = 150.0, 150.0  # milliseconds, at the server
EMAIL = "editor@example.org"


def fill(db: Database, data_dir: Path) -> None:
    """Every entry of the starting content, again and again under other names; one in ten has a draft that waits."""
    seeds = [json.loads(json.dumps(seed, default=str)) for seed in seed_entries(data_dir)]
    with db.begin() as session:
        accounts.create(session, EMAIL, "Zineb", "editor", PASSWORD)
        for n in range(ENTRIES):
            seed = seeds[n % len(seeds)]
            body = {**seed, "id": f"{seed['id']}_{n}"}
            row = EntryRow(id=body["id"], topic=body["topic"], body=body, seed_hash="", head=0, live=1)
            session.add(row)
            revisions.add(session, row, body, Reason("new"))
            if n % 10 == 0:
                revisions.add(session, row, {**body, "to_check": ["ar"]}, Reason("meaning"))
                row.stage = "draft"


def pages() -> Iterator[tuple[str, str, float]]:
    """What is measured: name, address, bar."""
    yield "list", "/content", LIST
    yield "list: last page", "/content?page=20", LIST
    yield "list: drafts", "/content?view=waiting", LIST
    yield "list: topic", "/content?topic=work", LIST
    yield "search: French, two words", "/content?q=salaire+paye", LIST
    yield "search: Arabic", "/content?q=%D8%A7%D9%84%D8%A5%D9%82%D8%A7%D9%85%D8%A9", LIST
    yield "search: one letter", "/content?q=a", LIST
    yield "search: nothing", "/content?q=qqxw", LIST
    yield "an entry", "/content/entry/school_enrol_77", ENTRY
    yield "its versions", "/content/entry/school_enrol_77/revisions", ENTRY


def entry_of(db: Database, part: str) -> str:
    with db.begin() as session:
        return next(row.id for row in session.query(EntryRow).order_by(EntryRow.id) if row.id.startswith(part))


def measure(db: Database, config: Settings, times: int) -> list[Line]:
    enrol = entry_of(db, "school_enrol")
    with TestClient(build_app(db, config)) as client:
        answer = client.post("/console/sign-in", data={"email": EMAIL, "password": PASSWORD})
        assert re.search(r'name="csrf"', answer.text), "nobody is signed in"
        return [measured(client, (name, path.replace("school_enrol_77", enrol), bar), times) for name, path, bar in pages()]


def first(db: Database, config: Settings) -> float:
    """Milliseconds of the very first list of a process, which reads every entry."""
    with TestClient(build_app(db, config)) as client:
        client.get("/console/sign-in")
        started = time.perf_counter()
        client.post("/console/sign-in", data={"email": EMAIL, "password": PASSWORD, "back": "/console/content"})
        return 1000 * (time.perf_counter() - started)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench_content", description=__doc__)
    parser.add_argument("--times", type=int, default=40)
    times = parser.parse_args().times
    with tempfile.TemporaryDirectory(prefix="dalil-bench-") as folder:
        own = apart(settings(), Path(folder) / "var")
        with Embedded(own.var_dir / "postgres") as url:
            own = own.model_copy(update={"database_url": url})
            upgrade(url)
            make_key(own.key_path)
            with closing(Database.of(own)) as db:
                fill(db, own.data_dir)
                cold, lines = first(db, own), measure(db, own, times)
    print(f"{ENTRIES} entries; the first list of a process, with the sign-in: {cold:.0f} ms")
    print(f"{'milliseconds':34}{'median':>9}{'p95':>9}{'bar':>9}{'KB':>8}")
    print(*lines, sep="\n")
    return 0 if all(line.median < line.bar for line in lines) else 1


if __name__ == "__main__":
    raise SystemExit(main())
