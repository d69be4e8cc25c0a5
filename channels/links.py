"""Asks the addresses that content names, one after the other, beside the sender, while a manager wants it. Nobody inside is ever called."""

import ipaddress
import logging
import socket
import ssl
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timezone
from threading import Event
from typing import Any
from urllib.parse import urljoin

import httpcore
import httpx
import psycopg
from sqlalchemy.exc import OperationalError

from bot.db import Database
from bot.faq import content_settings, links
from bot.faq.links import Found
from bot.settings import Settings

log = logging.getLogger(__name__)
EVERY = 60.0  # seconds between two looks at what is due
PAUSE = 2.0  # seconds between two requests: one thread, so never two at a time at one host
SECONDS = 15.0  # that one request may take in all
LOCK = 7_301_445  # one process asks
REDIRECTS = 5
TOO_MANY = 429
MOVED = frozenset({301, 302, 303, 307, 308})
HEADERS = [("User-Agent", "Dalil link check"), ("Accept", "*/*"), ("Connection", "close")]
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Inside(Exception):
    """The address leads to this machine or its own network."""


def is_public(address: Address) -> bool:
    """Also inside of an IPv6 address: mapped, 6to4, Teredo, NAT64."""
    if isinstance(address, ipaddress.IPv6Address):
        if address in ipaddress.ip_network("64:ff9b::/96"):
            return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        if hidden := address.ipv4_mapped or address.sixtofour or (address.teredo and address.teredo[1]):
            return is_public(hidden)
        if address.is_site_local:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved or is_own(address))


def is_own(address: Address) -> bool:
    """An address of this machine, also its public one: only on those a socket can be bound."""
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as trying:
            trying.bind((str(address), 0))
    except OSError:
        return False
    return True


class Guarded(httpcore.NetworkBackend):
    """Connects to the address that was looked at, not to a name that may mean another one a moment later; all within a time."""

    def __init__(self, allowed: Callable[[Address], bool], seconds: float = SECONDS) -> None:
        self._inner, self._allowed = httpcore.SyncBackend(), allowed
        self._until = time.monotonic() + seconds

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        found = {info[4][0] for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
        if not found or not all(self._allowed(ipaddress.ip_address(str(each).split("%")[0])) for each in found):
            raise Inside
        stream = self._inner.connect_tcp(str(sorted(found, key=str)[0]), port, min(timeout or SECONDS, self.left()), local_address)
        return _Timed(stream, self.left)

    def left(self) -> float:
        return max(0.01, self._until - time.monotonic())


class _Timed(httpcore.NetworkStream):
    """A host that sends a byte now and then does not hold us up."""

    def __init__(self, inner: httpcore.NetworkStream, left: Callable[[], float]) -> None:
        self._inner, self._left = inner, left

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._left())

    def close(self) -> None:
        self._inner.close()

    def start_tls(self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None) -> "_Timed":
        return _Timed(self._inner.start_tls(ssl_context, server_hostname, self._left()), self._left)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def ask(url: str, allowed: Callable[[Address], bool] = is_public, seconds: float = SECONDS) -> Found:
    """HEAD, and GET where HEAD is not known; redirects are followed, each looked at like the first."""
    backend = Guarded(allowed, seconds)
    try:
        with httpcore.ConnectionPool(ssl_context=ssl.create_default_context(), network_backend=backend) as pool:
            for _ in range(REDIRECTS + 1):
                status, moved = _once(pool, url)
                if not moved:
                    return Found(status)
                url = moved
            return Found(status, "too many redirects")
    except Inside:
        return Found(0, "a private address")
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, httpcore.UnsupportedProtocol, OSError) as error:
        return Found(0, str(error) or type(error).__name__)
    except (ValueError, httpx.InvalidURL):
        return Found(0, "not an address")


def _once(pool: httpcore.ConnectionPool, url: str) -> tuple[int, str]:
    """The status, and where it leads; what a page says is not read."""
    status, moved = 0, ""
    for method in ("HEAD", "GET"):
        with pool.stream(method, _written(url), headers=HEADERS) as response:
            status, headers = response.status, {name.lower(): value for name, value in response.headers}
            moved = headers.get(b"location", b"").decode("latin-1") if status in MOVED else ""
        if status < 400 or status == TOO_MANY:
            break
    return status, urljoin(url, moved) if moved else ""


def _written(url: str) -> str:
    """Letters of other scripts as they travel; what stands behind # stays here."""
    return str(httpx.URL(url).copy_with(fragment=None))


class Checker:
    """Runs until the sender stops."""

    def __init__(self, db: Database, settings: Settings, ask: Callable[[str], Found] = ask) -> None:
        self.db, self._data_dir, self._ask = db, settings.data_dir, ask

    def __call__(self, stopping: Event) -> None:
        while not stopping.wait(EVERY):
            try:
                self.once(stopping)
            except (psycopg.OperationalError, OperationalError) as error:
                log.warning("database not reachable, trying again: %s", type(error).__name__)

    def once(self, stopping: Event, pause: float = PAUSE) -> int:
        """Ask all that are due. How many were asked; none when nobody wants it, or another process does it."""
        with psycopg.connect(self.db.url, autocommit=True) as lock:
            if lock.execute("SELECT pg_try_advisory_lock(%s)", (LOCK,)).fetchone() != (True,):
                return 0
            asked = 0
            self._renew()
            while (url := self._next()) and not stopping.is_set():
                found, asked = self._ask(url), asked + 1
                with self.db.begin() as session:
                    links.note(session, url, found, datetime.now(timezone.utc))
                stopping.wait(pause)
            return asked

    def _next(self) -> str | None:
        """Asked anew each time: the setting may be off by now. No transaction is open while somebody is called."""
        with self.db.begin() as session:
            return links.next_one(session, datetime.now(timezone.utc)) if content_settings.check_links(session) else None

    def _renew(self) -> None:
        with self.db.begin() as session:
            if content_settings.check_links(session):
                links.renew(session, links.uses(session, self._data_dir))
