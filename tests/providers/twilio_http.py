"""What every part of the Twilio stand-in's API shares: authentication, forms, pages."""

import base64
import hmac
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs, urlencode

from fastapi import Request

from tests.providers.twilio_errors import TwilioError, not_found
from tests.providers.twilio_state import Account


class Guard:
    """Basic authentication with the account's SID and token."""

    def __init__(self, account: Account) -> None:
        expected = base64.b64encode(f"{account.sid}:{account.token}".encode()).decode()
        self._expected = f"Basic {expected}"
        self._sid = account.sid

    async def __call__(self, request: Request) -> None:
        given = request.headers.get("Authorization", "")
        if not hmac.compare_digest(given.encode(), self._expected.encode()):
            raise TwilioError(20003, "Authenticate", 401, {"WWW-Authenticate": 'Basic realm="Twilio API"'})
        if request.path_params.get("account", self._sid) != self._sid:
            raise not_found(request.url.path)


async def form_of(request: Request) -> dict[str, list[str]]:
    """Blank fields are kept, and a field may come twice (MediaUrl)."""
    return parse_qs((await request.body()).decode(), keep_blank_values=True)


class Page:
    """One page of a list. A page token names the last item shown, so that new items do not shift the pages."""

    def __init__(self, request: Request, sids: Sequence[str]) -> None:
        query = request.query_params
        self._request, self._sids = request, sids
        self.size = max(1, min(1000, int(query.get("PageSize", 50))))
        self.number = int(query.get("Page", 0))
        token = query.get("PageToken", "")[2:]
        self.start = sids.index(token) + 1 if token in sids else self.number * self.size

    @property
    def shown(self) -> Sequence[str]:
        return self._sids[self.start : self.start + self.size]

    def uri(self, number: int, token: str = "") -> str:
        kept = {name: value for name, value in self._request.query_params.items() if name not in ("Page", "PageToken")}
        query = kept | {"PageSize": str(self.size), "Page": str(number)} | ({"PageToken": "PA" + token} if token else {})
        return f"{self._request.url.path}?{urlencode(query)}"

    @property
    def following(self) -> str | None:
        more = self.start + self.size < len(self._sids)
        return self.uri(self.number + 1, self.shown[-1]) if more and self.shown else None

    @property
    def previous(self) -> str | None:
        return self.uri(self.number - 1) if self.number > 0 else None

    def frame(self) -> dict[str, Any]:
        """The fields around a list of the 2010 API."""
        return {
            "first_page_uri": self.uri(0),
            "next_page_uri": self.following,
            "previous_page_uri": self.previous,
            "uri": self.uri(self.number),
            "page": self.number,
            "page_size": self.size,
            "start": self.start,
            "end": max(self.start, self.start + len(self.shown) - 1),
        }

    def meta(self, host: str, key: str) -> dict[str, Any]:
        """The same of the newer APIs, with whole addresses."""
        return {
            "key": key,
            "page": self.number,
            "page_size": self.size,
            "url": host + self.uri(self.number),
            "first_page_url": host + self.uri(0),
            "next_page_url": host + self.following if self.following else None,
            "previous_page_url": host + self.previous if self.previous else None,
        }
