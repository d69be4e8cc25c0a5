"""What becomes of a message that Twilio accepted: queued, sent, delivered, or failed later."""

from tests.providers.twilio_orders import Orders
from tests.providers.twilio_state import Account, Message, Store
from tests.providers.twilio_webhooks import Courier, Webhook

NOT_ON_WHATSAPP = {63003, 63024}
WORDS = {
    63013: "Channel policy violation",
    63014: "Failed to send because the message was blocked by a user action",
    63016: "Failed to send freeform message because you are outside the allowed window",
    63021: "Channel invalid content error",
    63024: "Invalid message recipient",
    63028: "Number of parameters provided does not match the expected number of parameters",
}


def _masked(address: str) -> str:
    bare = address.removeprefix("whatsapp:")
    return bare[:-4] + "XXXX"


def status_params(account: Account, message: Message, status: str, error: int | None) -> dict[str, str]:
    """The parameters of a status callback; which of them come differs from status to status."""
    params = {
        "SmsSid": message.sid,
        "SmsStatus": status,
        "MessageStatus": status,
        "ChannelToAddress": _masked(message.to),
        "To": message.to,
        "ChannelPrefix": "whatsapp",
        "MessageSid": message.sid,
        "AccountSid": account.sid,
        "From": message.sender,
        "ApiVersion": "2010-04-01",
        "ChannelInstallSid": "XE" + account.sid[2:],
    }
    if status in ("delivered", "read", "undelivered"):
        params["EventType"] = status.upper()
    if status == "sent":
        params["StructuredMessage"] = str(bool(message.buttons)).lower()
    return params | _error_params(error)


def _error_params(error: int | None) -> dict[str, str]:
    if error is None:
        return {}
    return {"ErrorCode": str(error), "ErrorMessage": WORDS.get(error, "Unknown error")}


class Life:
    """Runs a message through its statuses, in the order the test asked for."""

    def __init__(self, account: Account, store: Store, orders: Orders, courier: Courier) -> None:
        self._account, self._store, self._orders, self._courier = account, store, orders, courier

    def fault(self, message: Message) -> int | None:
        """The code with which the message fails later; nothing when it arrives."""
        if self._orders.statuses.mode == "fail":
            return self._orders.statuses.code
        blocked = self._orders.blocked.get(self._store.people.key(message.to))
        return blocked or message.fault or self._outside(message)

    def _outside(self, message: Message) -> int | None:
        content = self._store.contents.get(message.content_sid)
        allowed = self._store.people.in_window(message.to) or (content is not None and content.approved)
        return None if allowed else 63016

    def steps(self, fault: int | None) -> list[str]:
        if fault is None:
            return ["queued", "sent", "delivered"] + ["read"] * self._orders.statuses.read
        if fault in NOT_ON_WHATSAPP or self._orders.statuses.status == "undelivered":
            return ["queued", "sent", "undelivered"]
        return ["queued", "failed"]

    def plan(self, steps: list[str]) -> list[str]:
        """The callbacks in the order they are posted."""
        mode = self._orders.statuses.mode
        if mode == "none":
            return []
        if mode == "reversed":
            return steps[::-1]
        return [step for step in steps for _ in range(2)] if mode == "twice" else steps

    def start(self, message: Message) -> None:
        """Beside the API."""
        self._courier.spawn(self.run(message))

    async def run(self, message: Message) -> None:
        fault = self.fault(message)
        steps = self.steps(fault)
        for status in self.plan(steps):
            error = fault if status == steps[-1] else None
            message.advance(status, error)
            await self._call_back(message, status, error)
        message.advance(steps[-1], fault)

    async def _call_back(self, message: Message, status: str, error: int | None) -> None:
        if message.callback:
            params = status_params(self._account, message, status, error)
            await self._courier.send(Webhook(message.sid, status, message.callback, params))
