"""Twilio's media behind a redirect, the account itself and the typing indicator."""

import secrets
from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from tests.providers.twilio_errors import TwilioError, not_found
from tests.providers.twilio_http import Guard, Page, form_of
from tests.providers.twilio_state import Account, Media, Store, rfc2822


class MediaApi:
    """`cdn` is the host of the redirect; empty means this server. The real one is another host, without authentication."""

    def __init__(self, account: Account, store: Store, cdn: str) -> None:
        self._account, self._store, self.cdn = account, store, cdn

    def router(self, guard: Guard) -> APIRouter:
        router = APIRouter(prefix="/2010-04-01/Accounts/{account}", dependencies=[Depends(guard)])
        router.add_api_route("/Messages/{message}/Media.json", self.index, methods=["GET"])
        router.add_api_route("/Messages/{message}/Media/{sid}.json", self.fetch, methods=["GET"])
        router.add_api_route("/Messages/{message}/Media/{sid}.json", self.delete, methods=["DELETE"])
        router.add_api_route("/Messages/{message}/Media/{sid}", self.redirect, methods=["GET"])
        router.add_api_route("/Messages/{message}/Media/{sid}", self.delete, methods=["DELETE"])
        return router

    def open_router(self) -> APIRouter:
        router = APIRouter()
        router.add_api_route("/cdn/{link}", self.download, methods=["GET"])
        return router

    def _resource(self, message: str, media: Media) -> dict[str, Any]:
        return {
            "sid": media.sid,
            "account_sid": self._account.sid,
            "parent_sid": message,
            "content_type": media.content_type,
            "date_created": rfc2822(media.created),
            "date_updated": rfc2822(media.created),
            "uri": f"/2010-04-01/Accounts/{self._account.sid}/Messages/{message}/Media/{media.sid}.json",
        }

    async def index(self, message: str, request: Request) -> dict[str, Any]:
        found = {media.sid: media for media in self._store.message(message).media}
        page = Page(request, list(found))
        return {"media_list": [self._resource(message, found[sid]) for sid in page.shown], **page.frame()}

    async def fetch(self, message: str, sid: str) -> dict[str, Any]:
        return self._resource(message, self._store.media(message, sid))

    async def redirect(self, message: str, sid: str) -> Response:
        """A new address every time."""
        media, link = self._store.media(message, sid), secrets.token_urlsafe(16)
        self._store.links[link] = media
        return RedirectResponse(f"{self.cdn}/cdn/{link}", 307)

    async def delete(self, message: str, sid: str) -> Response:
        media = self._store.media(message, sid)
        self._store.message(message).media.remove(media)
        self._store.links = {link: kept for link, kept in self._store.links.items() if kept is not media}
        return Response(status_code=204)

    async def download(self, link: str, request: Request) -> Response:
        """Whoever brings the account's token here has leaked it to another host."""
        media = self._store.links.get(link)
        if media is None:
            raise not_found(request.url.path)
        self._store.fetched.append({"media": media.sid, "authorization": "Authorization" in request.headers})
        return Response(media.data, media_type=media.content_type)


class AccountApi:
    """The account's own resource, with which a token is tried, and the typing indicator."""

    def __init__(self, account: Account, store: Store) -> None:
        self._account, self._store = account, store

    def router(self, guard: Guard) -> APIRouter:
        router = APIRouter(dependencies=[Depends(guard)])
        router.add_api_route("/2010-04-01/Accounts/{account}.json", self.fetch, methods=["GET"])
        router.add_api_route("/v2/Indicators/Typing.json", self.typing, methods=["POST"])
        return router

    async def fetch(self) -> dict[str, Any]:
        sid = self._account.sid
        uri = f"/2010-04-01/Accounts/{sid}.json"
        return {"sid": sid, "friendly_name": "Stand-in", "status": "active", "type": "Full", "owner_account_sid": sid, "uri": uri}

    async def typing(self, request: Request) -> dict[str, bool]:
        form = {name: values[0] for name, values in (await form_of(request)).items()}
        message = self._store.messages.get(form.get("messageId", ""))
        if form.get("channel") != "whatsapp" or message is None or not message.inbound:
            raise TwilioError(20001, "Invalid parameter: channel and the messageId of a received message are required")
        self._store.typing.append({"sid": message.sid, "to": self._store.people.key(message.sender)})
        return {"success": True}
