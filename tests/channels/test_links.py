"""Addresses that content names are asked: only when a manager wants it, one at a time, never inside, with patience."""

import ipaddress
import socket
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import select, update
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.db import Database
from bot.faq import content_settings, links
from bot.faq.links import Found, Use
from bot.settings import Settings
from bot.tables import Link, Organization, Service
from channels import links as channel
from channels.links import Checker, ask, is_public
from tests.content import publish
from tests.providers.server import Server, drop, hang
from tests.story import hire

PUBLIC = "93.184.216.34"


class Host:
    """A site on this machine; `asked` is what was asked of it."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        routes = [Route("/{path:path}", self.answer, methods=["GET", "HEAD"])]
        self.server = Server(Starlette(routes=routes))

    async def answer(self, request: Request) -> Response:
        path = request.path_params["path"]
        self.asked.append(f"{request.method} /{path}")
        if path == "drop":
            await drop(request)
        if path == "hang":
            await hang(request)
        if path.startswith("to/"):
            return RedirectResponse(request.url.path.removeprefix("/to/"))
        if path == "inside":
            return RedirectResponse("http://169.254.169.254/latest/meta-data")
        if path == "circle":
            return RedirectResponse("/circle")
        if path == "only-get":
            return Response(status_code=200 if request.method == "GET" else 405)
        return Response(status_code=int(path) if path.isdecimal() else 200)


@pytest.fixture
def host() -> Iterator[Host]:
    found = Host()
    with found.server:
        yield found


def here(address: channel.Address) -> bool:
    """This machine stands for the world outside."""
    return address.is_loopback or is_public(address)


@pytest.mark.parametrize(
    ("path", "status", "state"),
    [("there", 200, "good"), ("only-get", 200, "good"), ("404", 404, "broken"), ("500", 500, "broken"), ("403", 403, "unknown")],
)
def test_what_an_address_answers(host: Host, path: str, status: int, state: str) -> None:
    found = ask(f"{host.server.url}/{path}", here)
    assert (found.status, found.state, found.error) == (status, state, "")


def test_head_first_and_get_only_when_that_failed(host: Host) -> None:
    ask(f"{host.server.url}/there#part", here)
    ask(f"{host.server.url}/only-get", here)
    ask(f"{host.server.url}/429", here)
    assert host.asked == ["HEAD /there", "HEAD /only-get", "GET /only-get", "HEAD /429"]


def test_redirects_are_followed_but_not_for_ever(host: Host) -> None:
    assert ask(f"{host.server.url}/to//to//there", here).status == 200
    found = ask(f"{host.server.url}/circle", here)
    assert found.error and found.state == "broken" and len(host.asked) == 3 + 6


@pytest.mark.parametrize("path", ["drop", "hang"])
def test_who_does_not_answer_is_not_waited_for_long(host: Host, path: str) -> None:
    began = time.monotonic()
    found = ask(f"{host.server.url}/{path}", here, 1.0)
    assert (found.status, found.state) == (0, "broken") and found.error and time.monotonic() - began < 5


def test_a_drip_of_bytes_does_not_hold_us_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        stop = threading.Event()

        def drip() -> None:
            connection, _ = server.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 200 OK\r\nX-")
                while not stop.wait(0.1):
                    try:
                        connection.sendall(b"a")
                    except OSError:
                        return

        thread = threading.Thread(target=drip)
        thread.start()
        began = time.monotonic()
        found = ask(f"http://127.0.0.1:{server.getsockname()[1]}/", here, 1.0)
        stop.set()
        thread.join()
    assert found.state == "broken" and time.monotonic() - began < 5


@pytest.mark.parametrize("url", ["https://", "http://[::1", "http://a b/", "gopher://x.example/", "http://xn--/"])
def test_what_is_no_address_is_broken_and_nothing_worse(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", _nobody)
    assert ask(url).state == "broken"


def _nobody(*_: Any, **__: Any) -> list[Any]:
    raise socket.gaierror("nobody of this name")


# --- Nobody inside is called

INSIDE = ["127.0.0.1", "127.9.9.9", "10.0.0.1", "172.16.3.4", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1"]
INSIDE += [
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fec0::1",
    "fd00::1",
    "::ffff:127.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "ff02::1",
]


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_inside_is_refused(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", [PUBLIC, "8.8.8.8", "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::808:808"])
def test_an_address_outside_is_not(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


def test_the_public_address_of_this_machine_is_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [channel.is_own(ipaddress.ip_address(each)) for each in ("127.0.0.1", PUBLIC, "2606:2800:220:1:248:1893:25c8:1946")] == [
        True,
        False,
        False,
    ]
    monkeypatch.setattr(channel, "is_own", lambda address: str(address) == PUBLIC)
    assert not is_public(ipaddress.ip_address(PUBLIC)) and not is_public(ipaddress.ip_address(f"64:ff9b::{PUBLIC}"))
    assert is_public(ipaddress.ip_address("8.8.8.8"))


@pytest.mark.parametrize("written", ["127.0.0.1", "localhost", "2130706433", "0x7f000001", "user@127.0.0.1", "[::ffff:127.0.0.1]"])
def test_however_it_is_written_this_machine_is_not_called(host: Host, written: str) -> None:
    port = host.server.url.rsplit(":", 1)[1]
    found = ask(f"http://{written}:{port}/there")
    assert found.state == "broken" and host.asked == []


def test_not_after_a_redirect_either(host: Host) -> None:
    assert ask(f"{host.server.url}/inside", here).error == "a private address"


def test_a_name_with_one_address_inside_is_refused(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    def both(name: str, port: int, **_: Any) -> list[Any]:
        return [(2, 1, 6, "", (address, port)) for address in (PUBLIC, "127.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", both)
    assert ask("http://rebound.example/").error == "a private address"


def test_what_was_looked_at_is_what_is_called(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """The name means another address a moment later: it is looked up once."""
    port, lookups = int(host.server.url.rsplit(":", 1)[1]), []

    def one(name: str, port: int, **_: Any) -> list[Any]:
        lookups.append(name)
        return [(2, 1, 6, "", ("127.0.0.1", port))]

    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda name, *more, **named: one(name, port) if name == "site.example" else real(name, *more, **named)
    )
    assert ask(f"http://site.example:{port}/there", here).status == 200 and lookups == ["site.example"]


# --- When, and which

ENTRY = {"id": "a", "topic": "health", "titles": {"fr": "Titre"}, "answers": {"fr": "Oui."}, "questions": {}, "related": [], "facts": []}
OLD, NEW, SITE, PLACE = (f"https://{name}.example/" for name in ("old", "new", "site", "place"))


@pytest.fixture
def content(db: Database) -> Database:
    with db.begin() as session:
        publish(session, "a", {**ENTRY, "facts": ["residence_permit.1"], "sources": [{"title": "x", "url": NEW, "year": ""}]})
        session.add(Organization(id="org", names={"fr": "Org"}, website=SITE))
        session.flush()
        lists: dict[str, Any] = {"categories": [], "languages": [], "covers": [], "phones": []}
        texts: dict[str, Any] = {key: {} for key in ("names", "offers", "audience", "warnings")}
        for key in ("s", "t"):
            named = [{"url": PLACE}, {"url": "mailto:x@example.org"}, {"url": ""}]
            session.add(Service(id=key, organization_id="org", verified="osm", sources=named, **lists, **texts))
    return db


def switch(db: Database, on: bool) -> None:
    boss = hire(db, "Boss", "manager", email=f"boss{on}@example.org")
    with db.begin() as session:
        content_settings.put(session, boss, "check_links", on)


def test_everything_that_names_an_address_is_known(content: Database, config: Settings) -> None:
    with content.begin() as session:
        found = links.uses(session, config.data_dir)
    assert (found[NEW], found[SITE], found[PLACE]) == (
        [Use("entry", "a")],
        [Use("organization", "org")],
        [Use("service", "s"), Use("service", "t")],
    )
    assert len(found) == 4 and any(url.startswith("http") and named == [Use("entry", "a")] for url, named in found.items())


def test_nobody_is_asked_unless_a_manager_wants_it(content: Database, config: Settings) -> None:
    asked: list[str] = []
    checker = Checker(content, config, lambda url: asked.append(url) or Found(200))  # type: ignore[func-returns-value]
    assert checker.once(threading.Event(), 0) == 0 and asked == []
    switch(content, True)
    assert checker.once(threading.Event(), 0) == 4 and {NEW, SITE, PLACE} < set(asked)
    assert checker.once(threading.Event(), 0) == 0, "each once, not again the same day"
    with content.begin() as session:
        session.execute(update(Link).values(next_at=datetime.now(timezone.utc)))
    switch(content, False)
    assert checker.once(threading.Event(), 0) == 0


def test_two_processes_do_not_ask_at_once(content: Database, config: Settings) -> None:
    switch(content, True)
    inner: list[int] = []
    second = Checker(content, config, lambda url: Found(200))
    first = Checker(content, config, lambda url: inner.append(second.once(threading.Event(), 0)) or Found(200))  # type: ignore[func-returns-value]
    assert first.once(threading.Event(), 0) == 4 and inner == [0, 0, 0, 0]


def test_broken_after_three_failures_each_later_than_the_one_before(db: Database) -> None:
    now = datetime(2027, 1, 1, tzinfo=timezone.utc)
    with db.begin() as session:
        links.renew(session, [OLD])
        waits, states = [], []
        for _ in range(5):
            links.note(session, OLD, Found(0, "no answer"), now)
            row = session.get_one(Link, OLD)
            waits.append((row.next_at - now).days)
            states.append(row.state)
            assert links.next_one(session, row.next_at - timedelta(seconds=1)) is None
            now = row.next_at
        assert (waits, states) == ([1, 2, 4, 8, 8], ["unknown", "unknown", "broken", "broken", "broken"])
        assert [row.url for row in links.broken(session)] == [OLD]
        links.note(session, OLD, Found(200), now)
        assert links.broken(session) == [] and (session.get_one(Link, OLD).failures, session.get_one(Link, OLD).error) == (0, "")


def test_what_nothing_names_any_more_is_forgotten(db: Database) -> None:
    with db.begin() as session:
        links.renew(session, [OLD, NEW])
        links.renew(session, [NEW, SITE])
        assert list(session.scalars(select(Link.url).order_by(Link.url))) == [NEW, SITE]
        links.note(session, OLD, Found(200), datetime.now(timezone.utc))
