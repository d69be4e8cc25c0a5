"""`dalil content`: the pages to print, and the report on what must be looked at again."""

from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy.orm import Session

from bot.db import Database
from bot.faq.days import today as this_day
from bot.faq.entries import Entry, all_known, all_published
from bot.faq.printing import ON_PAPER, Row, calls, due_emergency, not_to_be_said, services_of_files, services_of_table, sheets
from bot.faq.rules import book, check_all, due
from bot.language.forms import direction
from bot.settings import Settings
from bot.understanding.corpus import seed_entries

Say = Callable[[str], None]
TEMPLATES = Path(__file__).parent / "templates"
ANSWERS, CALLS = "answers.html", "calls.html"


def print_pages(folder: Path, settings: Settings, today: date | None = None) -> list[Path]:
    """Write the two pages and name them. With a database: what is published there; without: the starting content."""
    entries, services = _content(settings, all_published)
    rules, day = book(settings.data_dir), today or this_day()
    unverified = not_to_be_said(settings.data_dir)
    folder.mkdir(parents=True, exist_ok=True)
    return [
        _write(folder / ANSWERS, day, sheets=sheets(entries, rules, unverified), published=bool(settings.database_url)),
        _write(folder / CALLS, day, calls=calls(entries, services, rules, settings.data_dir)),
    ]


def report(settings: Settings, say: Say, today: date | None = None) -> int:
    """Say what breaks a rule and what is past its day, withdrawn entries too. 1 when there is anything, for a scheduler."""
    entries, _ = _content(settings, all_known)
    day = today or this_day()
    lines = [
        *(str(fault) for fault in check_all(entries, book(settings.data_dir))),
        *(f"{entry['id']}: look again, due since {entry['check_again_on']}" for entry in due(entries, day)),
        *(f"emergency number {row['number']}: call, due since {row['check_again_on']}" for row in due_emergency(settings.data_dir, day)),
    ]
    for line in lines or [f"nothing is due on {day}: {len(entries)} entries"]:
        say(line)
    return 1 if lines else 0


def _content(settings: Settings, which: Callable[[Session], list[Entry]]) -> tuple[list[Entry], list[Row]]:
    if not settings.database_url:
        return list(seed_entries(settings.data_dir)), services_of_files(settings.data_dir)
    with closing(Database.of(settings)) as database, database.begin() as session:
        return which(session), services_of_table(session)


def _write(path: Path, day: date, **values: object) -> Path:
    page = _templates().get_template(path.name).render(day=day, forms=ON_PAPER, direction=direction, **values)
    path.write_text(page, encoding="utf-8")
    return path


def _templates() -> Environment:
    return Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
