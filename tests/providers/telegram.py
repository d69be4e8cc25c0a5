"""Telegram as a bot sees it: the Bot API under `/bot{token}/`, files under `/file/bot{token}/`, webhooks, and `/control` for tests."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from tests.providers.server import drop, hang
from tests.providers.telegram_checks import Params
from tests.providers.telegram_control import Control
from tests.providers.telegram_delivery import Courier, Polling
from tests.providers.telegram_methods import Methods
from tests.providers.telegram_page import PAGE
from tests.providers.telegram_state import Json, Refused, State, too_many

TOKEN = "7000000001:AAstand-in-stand-in-stand-in-00000"
USUAL = {
    400: "Bad Request: scripted",
    401: "Unauthorized",
    403: "Forbidden: bot was blocked by the user",
    409: "Conflict: scripted",
    500: "Internal Server Error",
    502: "Bad Gateway",
}


async def params_of(request: Request) -> Params:
    """From the address and the body: a form of either kind, or JSON."""
    values: Json = dict(request.query_params)
    if request.headers.get("content-type", "").startswith("application/json"):
        return Params(values | await request.json())
    async with request.form() as form:
        return Params(values | {name: value if isinstance(value, str) else value.filename for name, value in form.items()})


class Telegram:
    """The stand-in. `web`: where the product really listens, for a webhook at an address that is not on this machine."""

    def __init__(self, web: str = "", token: str = TOKEN) -> None:
        self.state = State(token, web)
        self._methods, self._polling = Methods(self.state), Polling(self.state)
        self._courier = Courier(self.state)
        self.app = FastAPI(lifespan=self._lifespan, docs_url=None, redoc_url=None, openapi_url=None)
        self._routes()

    def _routes(self) -> None:
        self.app.include_router(Control(self.state, self._courier).router)
        self.app.add_api_route("/", self._page, methods=["GET"], response_model=None)
        self.app.add_api_route("/bot{token}/{method}", self._called, methods=["GET", "POST"], response_model=None)
        self.app.add_api_route("/file/bot{token}/{path:path}", self._file, methods=["GET"], response_model=None)

    @asynccontextmanager
    async def _lifespan(self, _: FastAPI) -> AsyncIterator[None]:
        yield
        await self._courier.close()

    async def _page(self) -> Response:
        return HTMLResponse(PAGE)

    async def _file(self, token: str, path: str) -> Response:
        found = [file for file in self.state.talk.files.values() if file.path == path and token == self.state.token]
        if not found:
            return self._refusal(Refused(404, "Not Found"))
        return Response(found[0].content, media_type="application/octet-stream")

    async def _called(self, token: str, method: str, request: Request) -> Response:
        record: Json = {"n": len(self.state.talk.calls) + 1, "method": method, "params": {}, "status": 0}
        self.state.talk.calls.append(record)
        try:
            answer = await self._answer(token, method.lower(), request, record)
        except Refused as refused:
            answer = self._refusal(refused)
        record["status"] = answer.status_code if answer else 0
        return answer or Response()

    async def _answer(self, token: str, method: str, request: Request, record: Json) -> Response | None:
        """None when the connection has ended without an answer."""
        if token != self.state.token:
            raise Refused(401, "Unauthorized")
        params = await params_of(request)
        record["params"] = params.plain()
        line = self.state.talk.script.take(method, params.text("chat_id"))
        if line.get("drop"):
            await drop(request)
            return None
        self._scripted(line)
        return await self._played(line, await self._result(method, params, request), request)

    def _scripted(self, line: Json) -> None:
        if "status" not in line:
            return
        if line["status"] == 429:
            raise too_many(line.get("retry_after", 1))
        raise Refused(line["status"], line.get("description", USUAL.get(line["status"], "Scripted")))

    async def _result(self, method: str, params: Params, request: Request) -> Any:
        if method == "getupdates":
            return await self._polling.updates(params, request)
        if not (known := self._methods.known.get(method)):
            raise Refused(404, "Not Found")
        result = known(params)
        self._courier.wake()
        return result

    async def _played(self, line: Json, result: Any, request: Request) -> Response | None:
        """What was accepted may be answered late, or never: `{"hang": "close"}` ends the connection at once."""
        if line.get("hang"):
            await (drop(request) if line["hang"] == "close" else hang(request))
            return None
        await asyncio.sleep(line.get("slow", 0))
        return JSONResponse({"ok": True, "result": result})

    def _refusal(self, refused: Refused) -> Response:
        return JSONResponse(refused.body, refused.code)


def create_app(web: str = "", token: str = TOKEN) -> FastAPI:
    return Telegram(web, token).app
