"""What crosses every border: frozen, plain, and turned to JSON without surprises."""

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Actor = Literal["bot", "system", "person"]
Owner = Literal["bot", "waiting", "person"]
PRACTICE = "practice"  # the channel on which nobody real writes: it is no part of any list or figure


@dataclass(frozen=True)
class Inbound:
    """One message of a person as a channel received it. `kind`: text, button, location, media, contact, start.

    `also`: other addresses of the same person. Of media: `media` is voice, picture, document or other, `reference` what the channel
    fetches it by, `text` its caption. Of a contact: `text` is the number, when it is the person's own. `edited`: it replaces an
    earlier message.
    """

    channel: str
    provider_id: str
    address: str
    kind: str
    text: str = ""
    token: str = ""
    latitude: float | None = None
    longitude: float | None = None
    media: str = ""
    reference: str = ""
    mime: str = ""
    form: str = ""
    edited: bool = False
    also: tuple[str, ...] = ()

    def body(self) -> dict[str, Any]:
        """The part that is encrypted and stored."""
        keep = ("kind", "text", "token", "latitude", "longitude", "media", "form", "edited")
        return {k: v for k, v in asdict(self).items() if k in keep and v not in ("", None) and v is not False}


@dataclass(frozen=True)
class Button:
    """A choice. `intent` and `data` are what the gateway passes to Rasa when it is pressed."""

    title: str
    intent: str
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Reply:
    """One bubble. `ask_location` lets the channel offer to share a place. `template`: sent instead of a text, where only that is taken."""

    text: str
    form: str
    buttons: tuple[Button, ...] = ()
    ask_location: bool = False
    actor: Actor = "bot"
    template: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def from_json(raw: dict[str, Any]) -> "Reply":
        return Reply(**{**raw, "buttons": tuple(Button(**b) for b in raw.get("buttons", ()))})


@dataclass(frozen=True)
class Effect:
    """What an action wants changed; the gateway does it in the transaction of the turn.

    kinds: open_case {reason, urgency?, topic?}, back_to_bot {}, forget {}, agree {yes}, set_form {form}, feedback {entry, yes}, safe {yes},
    referral_answer {id, yes, said}, satisfaction_answer {case, value}.
    """

    kind: str
    data: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def from_json(raw: dict[str, Any]) -> "Effect":
        return Effect(**raw)
