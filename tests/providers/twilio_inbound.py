"""What a person writes, as the parameters of Twilio's webhook for an incoming WhatsApp message."""

import base64
import json
from dataclasses import dataclass

from pydantic import BaseModel, Field

from tests.providers.twilio_state import Account, Button, Media, Message, Store, new_sid

# WhatsApp's name of the kind, and the type a phone sends when the test names none.
KINDS = {
    "voice": ("audio", "audio/ogg"),
    "audio": ("audio", "audio/mpeg"),
    "image": ("image", "image/jpeg"),
    "document": ("document", "application/pdf"),
    "video": ("video", "video/mp4"),
    "sticker": ("sticker", "image/webp"),
    "contacts": ("contacts", "text/vcard"),
}


class Blob(BaseModel, extra="forbid"):
    bytes_b64: str = base64.b64encode(b"OggS\x00stand-in").decode()
    content_type: str | None = None
    name: str = ""


class Place(BaseModel, extra="forbid"):
    latitude: float
    longitude: float
    address: str = ""
    label: str = ""


class Say(BaseModel, extra="forbid"):
    """The body of POST /control/say. `params` are added to the webhook, or replace what it would say."""

    number: str = Field("", alias="from")
    bsuid: str = ""
    name: str = "Test Person"
    text: str = ""
    voice: Blob | None = None
    audio: Blob | None = None
    image: Blob | None = None
    document: Blob | None = None
    video: Blob | None = None
    sticker: Blob | None = None
    contacts: Blob | None = None
    location: Place | None = None
    button: str | None = None
    row: str | None = Field(None, alias="list")
    reply_to: str = ""
    forwarded: bool = False
    missed: bool = False
    params: dict[str, str] = {}

    @property
    def address(self) -> str:
        bare = self.number.removeprefix("whatsapp:").lstrip("+")
        return f"whatsapp:+{bare}" if bare else f"whatsapp:{self.bsuid}"

    @property
    def blob(self) -> tuple[str, Blob] | None:
        named = ((kind, getattr(self, kind)) for kind in KINDS)
        return next(((kind, blob) for kind, blob in named if blob is not None), None)


class NoSuchButton(Exception):
    """The person was never sent what is to be tapped."""


@dataclass(frozen=True)
class Part:
    """What a kind of message adds to the parameters."""

    kind: str
    body: str
    params: dict[str, str]
    media: list[Media]


def _media_part(account: Account, sid: str, said: Say, kind: str, blob: Blob) -> Part:
    """A document's name arrives as the body when it has no caption."""
    whatsapp, usual = KINDS[kind]
    media = Media(new_sid("ME"), blob.content_type or usual, base64.b64decode(blob.bytes_b64))
    url = f"https://api.twilio.com/2010-04-01/Accounts/{account.sid}/Messages/{sid}/Media/{media.sid}"
    return Part(whatsapp, said.text or blob.name, {"MediaUrl0": url, "MediaContentType0": media.content_type}, [media])


def _place_part(place: Place, text: str) -> Part:
    params = {"Latitude": str(place.latitude), "Longitude": str(place.longitude)}
    optional = {"Address": place.address, "Label": place.label}
    return Part("location", text, params | {name: value for name, value in optional.items() if value}, [])


def _tapped(store: Store, said: Say, token: str) -> tuple[Message, Button]:
    """The newest message of the bot that carried this button."""
    for message in store.sent_to(said.address):
        for button in message.buttons:
            if button.token == token:
                return message, button
    raise NoSuchButton(token)


def _tap_part(account: Account, store: Store, said: Say) -> Part | None:
    token = said.button if said.button is not None else said.row
    if token is None:
        return None
    message, button = _tapped(store, said, token)
    reply = {"OriginalRepliedMessageSid": message.sid, "OriginalRepliedMessageSender": account.number}
    if said.button is not None:
        return Part("button", button.title, {"ButtonText": button.title, "ButtonPayload": token} | reply, [])
    return Part("interactive", button.title, {"ListId": token, "ListTitle": button.title} | reply, [])


def _part(account: Account, store: Store, said: Say, sid: str) -> Part:
    if said.blob:
        return _media_part(account, sid, said, *said.blob)
    if said.location:
        return _place_part(said.location, said.text)
    return _tap_part(account, store, said) or Part("text", said.text, {}, [])


def _extras(account: Account, said: Say) -> dict[str, str]:
    extras = {"Forwarded": "true"} if said.forwarded else {}
    if said.reply_to:
        extras |= {"OriginalRepliedMessageSid": said.reply_to, "OriginalRepliedMessageSender": account.number}
    if said.bsuid and said.number:
        extras["ExternalUserId"] = said.bsuid
    return extras | said.params


def _who(said: Say) -> dict[str, str]:
    """A person without a number has no WaId."""
    return {"ProfileName": said.name} | ({"WaId": said.address.removeprefix("whatsapp:+")} if said.number else {})


def _params(account: Account, said: Say, sid: str, part: Part) -> dict[str, str]:
    context = {"type": "whatsapp", "data": {"context": _who(said)}}
    return {
        "SmsMessageSid": sid,
        "NumMedia": str(len(part.media)),
        **_who(said),
        "MessageType": part.kind,
        "SmsSid": sid,
        "SmsStatus": "received",
        "Body": part.body,
        "To": account.number,
        "NumSegments": "1",
        "ReferralNumMedia": "0",
        "MessageSid": sid,
        "AccountSid": account.sid,
        "ChannelMetadata": json.dumps(context, ensure_ascii=False),
        "From": said.address,
        "ApiVersion": "2010-04-01",
        **part.params,
        **_extras(account, said),
    }


def receive(account: Account, store: Store, said: Say) -> Message:
    """Stores what a person wrote; the window opens."""
    sid = new_sid("MM" if said.blob else "SM")
    part = _part(account, store, said, sid)
    if said.bsuid and said.number:
        store.people.link(said.bsuid, said.number)
    store.people.wrote(said.address)
    form = _params(account, said, sid, part)
    number = store.next_number(inbound=True)
    message = Message(number, sid, "inbound", form["From"], form["To"], form["Body"], "received", form, media=part.media, kind=part.kind)
    message.sent = message.created
    return store.add(message)
