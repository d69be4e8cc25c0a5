"""A stand-in for Twilio's WhatsApp: the REST API, webhooks and callbacks, and a control API for tests.

Every host of Twilio (api., content., messaging.) is this one application; the client changes scheme and host.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from tests.providers.twilio_content import ContentApi
from tests.providers.twilio_control import Control
from tests.providers.twilio_errors import TwilioError, answer_error
from tests.providers.twilio_http import Guard
from tests.providers.twilio_life import Life
from tests.providers.twilio_media import AccountApi, MediaApi
from tests.providers.twilio_messages import MessagesApi
from tests.providers.twilio_orders import Orders
from tests.providers.twilio_state import Account, Store
from tests.providers.twilio_webhooks import Addresses, Courier

ACCOUNT_SID = "AC" + "0" * 31 + "1"
AUTH_TOKEN = "stand-in-auth-token"
NUMBER = "whatsapp:+212600000000"


class Twilio:
    """The parts around one memory; `app` answers for all of them."""

    def __init__(self, account: Account, addresses: Addresses, orders: Orders, cdn: str, timeout: float) -> None:
        self.account, self.orders, self.store = account, orders, Store()
        self.courier = Courier(account, addresses, orders, timeout)
        self.life = Life(account, self.store, orders, self.courier)
        self.media = MediaApi(account, self.store, cdn)
        self.app = self._build()

    def _build(self) -> FastAPI:
        app = FastAPI(title="Twilio stand-in", lifespan=self._lifespan, docs_url=None, redoc_url=None, openapi_url=None)
        app.add_exception_handler(TwilioError, answer_error)
        guard = Guard(self.account)
        app.include_router(MessagesApi(self.account, self.store, self.orders, self.life).router(guard))
        app.include_router(self.media.router(guard))
        app.include_router(self.media.open_router())
        app.include_router(AccountApi(self.account, self.store).router(guard))
        app.include_router(ContentApi(self.account, self.store, self.orders).router(guard))
        app.include_router(Control(self.account, self.store, self.orders, self.courier, self.media).router())
        return app

    @asynccontextmanager
    async def _lifespan(self, _: FastAPI) -> AsyncIterator[None]:
        yield
        await self.courier.close()


def create_app(
    web: str = "",
    webhook: str = "/hooks/whatsapp",
    *,
    public_url: str = "",
    account_sid: str = ACCOUNT_SID,
    auth_token: str = AUTH_TOKEN,
    number: str = NUMBER,
    retries: int | None = None,
    cdn: str = "",
    timeout: float = 15,
) -> FastAPI:
    """`web` is where the product listens, `public_url` what it calls itself outside (the same unless given).

    `webhook` is an address at either of them, or a path, with Twilio's `#rc=3&rp=all` if wanted. With neither a
    `web` nor a whole address nothing is delivered, as with a number that has no webhook.
    """
    public = public_url or web
    whole = webhook if "://" in webhook else public + webhook if public else ""
    account = Account(account_sid, auth_token, number)
    return Twilio(account, Addresses(web, public, whole), Orders(retries=retries), cdn, timeout).app
