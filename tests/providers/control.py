"""What tests hold in their hands: the control of a stand-in, and a place where its webhooks arrive."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
from fastapi import FastAPI, Request, Response


class Control:
    """Moves a stand-in from a test."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._client = httpx.Client(base_url=url, trust_env=False, timeout=30)

    def close(self) -> None:
        self._client.close()

    def get(self, what: str) -> Any:
        return self._client.get(f"/control/{what}").raise_for_status().json()

    def post(self, what: str, **asked: Any) -> Any:
        return self._client.post(f"/control/{what}", json=asked).raise_for_status().json()

    def say(self, **asked: Any) -> int:
        return int(self.post("say", **{"chat": 111, **asked})["update_id"])

    def raw(self, method: str, **parts: Any) -> httpx.Response:
        return self._client.request(parts.pop("verb", "POST"), method, **parts)

    async def until(self, true: Callable[[], bool]) -> None:
        for _ in range(500):
            if true():
                return
            await asyncio.sleep(0.01)
        raise AssertionError("it did not happen")

    async def idle(self) -> None:
        await self.until(lambda: bool(self.get("idle")["idle"]))


class Inbox:
    """The bot's side of Telegram's webhook: keeps what came, and answers with the prepared statuses first."""

    def __init__(self) -> None:
        self.app, self.url = FastAPI(), ""
        self.app.add_api_route("/hook", self._came, methods=["POST"], response_model=None)
        self.clear()

    def clear(self) -> None:
        self.bodies, self.secrets, self.statuses = list[Any](), list[str | None](), list[int]()

    async def _came(self, request: Request) -> Response:
        self.bodies.append(await request.json())
        self.secrets.append(request.headers.get("x-telegram-bot-api-secret-token"))
        return Response(status_code=self.statuses.pop(0) if self.statuses else 200)

    def texts(self) -> list[str]:
        return [body["message"]["text"] for body in self.bodies]
