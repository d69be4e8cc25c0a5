"""Runs a stand-in under uvicorn in a thread, and lets it end a connection without an answer, for which ASGI has no word."""

import asyncio
import contextlib
import socket
import threading
from types import TracebackType
from typing import Any

import uvicorn
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

ABORT = "dalil.abort"


def with_abort(app: Any, transport: asyncio.Transport) -> Any:
    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, ABORT: transport.abort}, receive, send)

    return wrapped


class Protocol(H11Protocol):
    """Hands the application what it needs to end its connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app = with_abort(self.app, transport)


class Uvicorn(uvicorn.Server):
    """Tells when it accepts requests."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self.ready.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Ends every connection: who hangs or polls would hold the end up, and must not be answered 500."""
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await super().shutdown(sockets=sockets)


def configured(app: ASGIApp) -> Uvicorn:
    """Without uvicorn's own logging: in a test, its errors belong to the captured log."""
    settings: dict[str, Any] = {"log_config": None, "log_level": "error", "access_log": False, "ws": "none", "loop": "asyncio"}
    return Uvicorn(uvicorn.Config(app, http=Protocol, lifespan="on", timeout_graceful_shutdown=1, **settings))


def bound(port: int) -> socket.socket:
    """Says that it is TCP: only then does asyncio send small packets at once, and an answer takes 1 ms instead of 40."""
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind(("127.0.0.1", port))
        found.listen(128)
    except OSError:
        found.close()
        raise
    return found


class Server:
    """Runs the application on a free port (or the given one) of this machine while the block is open."""

    def __init__(self, app: ASGIApp, port: int = 0) -> None:
        self.app, self._port, self.url = app, port, ""
        self._server = configured(app)
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Server":
        self._socket = bound(self._port)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread.start()
        self._wait()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.should_exit = True
        self._thread.join()

    def _run(self) -> None:
        with contextlib.suppress(SystemExit):
            self._server.run([self._socket])

    def _wait(self) -> None:
        while not self._server.ready.wait(0.05):
            if not self._thread.is_alive():
                self._socket.close()
                raise RuntimeError("The stand-in did not start.")


async def gone(request: Request) -> None:
    """Returns when the caller has closed the connection; the body must have been read before."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def drop(request: Request) -> None:
    """Ends the connection without an answer."""
    request.scope[ABORT]()
    await gone(request)


async def hang(request: Request, seconds: float = 60) -> None:
    """Holds the connection until the caller gives up, then ends it without an answer."""
    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(gone(request), seconds)
    request.scope[ABORT]()
    await gone(request)
