"""The staff pages on a real database: two caseworkers, one conversation that waits for a person."""

import re
import shutil
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import start_blocking_portal
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx import Response
from sqlalchemy import text, update

from bot.db import Database
from bot.handoff import cases
from bot.messages import Inbound
from bot.messaging import conversations, inbox
from bot.settings import ROOT, Settings
from bot.tables import AuditRow, Case, EntryRow
from console.app import include
from tests.story import PASSWORD, hire

AFTER = ("did_help", "'yes'", "partly", "'no'")  # what is asked after a case
TEXTS = "\n".join(
    f'{key}: {{fr: "{key} {more}", en: "{key}", ar: "{key}", ary-Arab: "{key}", ary-Latn: "{key}"}}'
    for key, more in (
        ("person_joined", "{name}"),
        ("person_left", ""),
        ("case_closed", ""),
        ("case_reopened", ""),
        *((key, "") for key in AFTER),
    )
)


@dataclass
class Browser:
    """A member of staff at a browser: signs in, finds the CSRF token on the page, sends forms."""

    client: TestClient
    csrf: str = field(default="")

    def sign_in(self, email: str, password: str = PASSWORD) -> Response:
        answer = self.client.post("/console/sign-in", data={"email": email, "password": password})
        found = re.search(r'name="csrf" value="([^"]+)"', answer.text)
        self.csrf = found.group(1) if found else ""
        return answer

    def get(self, path: str, **kwargs: object) -> Response:
        return self.client.get(f"/console{path}", **kwargs)  # type: ignore[arg-type]

    def post(self, path: str, **data: str) -> Response:
        return self.client.post(f"/console{path}", data={"csrf": self.csrf, **data})


Enter = Callable[..., Browser]


@pytest.fixture(scope="session", autouse=True)
def _one_loop() -> Iterator[None]:
    """Every client would begin an event loop and threads for each request, which takes longer than many a page."""
    with start_blocking_portal() as portal, pytest.MonkeyPatch.context() as patch:
        patch.setattr(TestClient, "portal", portal)
        yield


@pytest.fixture(scope="session")
def few_texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the texts that the console says to people, and no others."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "texts").mkdir()
    (folder / "texts" / "bot.yml").write_text(TEXTS, encoding="utf-8")
    for name in ("emergency.yml", "places.yml"):
        shutil.copy(ROOT / "data" / name, folder)
    return folder


@pytest.fixture
def settings(few_texts: Path) -> Settings:
    return Settings(data_dir=few_texts)


@lru_cache(maxsize=4)
def site(db: Database, data_dir: Path) -> FastAPI:
    """Built once: its routes take half a second."""
    app = FastAPI()
    include(app, db, Settings(data_dir=data_dir))
    return app


@pytest.fixture
def app(db: Database, settings: Settings) -> FastAPI:
    for name in ("Amina", "Brahim"):
        hire(db, name, email=f"{name.lower()}@example.org")
    return site(db, settings.data_dir)


@pytest.fixture
def visitor(app: FastAPI) -> Browser:
    return Browser(TestClient(app))


def signed_in(app: FastAPI, email: str) -> Browser:
    browser = Browser(TestClient(app))
    browser.sign_in(email)
    return browser


@pytest.fixture
def amina(app: FastAPI) -> Browser:
    return signed_in(app, "amina@example.org")


@pytest.fixture
def brahim(app: FastAPI) -> Browser:
    return signed_in(app, "brahim@example.org")


@pytest.fixture
def enter(app: FastAPI, db: Database) -> Enter:
    """Somebody new, of this role, signed in; `more` as in `hire`."""

    def new(name: str, role: str = "caseworker", **more: Any) -> Browser:
        return signed_in(app, hire(db, name, role, **{"email": f"{name.lower()}@example.org", **more}).email)

    return new


@pytest.fixture
def ask(db: Database) -> Callable[..., int]:
    """Somebody writes and waits for a person; returns the number of the case."""

    def waiting(text: str = "bonjour", form: str = "fr", urgency: str = "") -> int:
        message = Inbound("webchat", str(uuid.uuid4()), f"{uuid.uuid4()}", "text", text=text, form=form)
        with db.begin() as session:
            inbox.receive(session, message)
            conversation = conversations.by_address(session, message.channel, message.address)
            assert conversation
            conversation.form = form
            return cases.open_case(session, conversation, "urgent" if urgency else "asked", urgency).id

    return waiting


@pytest.fixture
def taken(amina: Browser, ask: Callable[..., int]) -> int:
    """A case that Amina has."""
    number = ask()
    amina.post(f"/cases/{number}/take")
    return number


@pytest.fixture
def change(db: Database) -> Callable[..., int]:
    """Set columns of a case."""

    def changing(number: int, **values: object) -> int:
        with db.begin() as session:
            session.execute(update(Case).where(Case.id == number).values(**values))
        return number

    return changing


@pytest.fixture
def karima(enter: Enter) -> Browser:
    """Leads the team."""
    return enter("Karima", "supervisor")


@pytest.fixture
def editor(enter: Enter) -> Browser:
    """Keeps texts; does not work on cases."""
    return enter("Zineb", "editor")


@pytest.fixture
def entries(db: Database) -> None:
    """Two things that people ask about."""
    with db.begin() as session:
        for topic, title in (("housing", "Où dormir ce soir"), ("health", "Voir un médecin")):
            session.add(EntryRow(id=f"e_{topic}", topic=topic, body={"titles": {"fr": title}}, seed_hash=""))


@pytest.fixture
def hour_passes(db: Database) -> Callable[[], None]:
    """What is in the audit trail happened an hour earlier. Only with the triggers off: the trail refuses to be edited."""

    def passes() -> None:
        with db.begin() as session:
            session.execute(text("SET LOCAL session_replication_role = replica"))
            session.execute(update(AuditRow).values(at=AuditRow.at - timedelta(hours=1)))

    return passes
