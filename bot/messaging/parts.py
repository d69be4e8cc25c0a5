"""Long bubbles are cut where a reader would pause, to what their channel takes."""

import re
from dataclasses import replace

from bot.messages import Reply

LONGEST = {"whatsapp": 1600, "telegram": 4096}  # UTF-16 units of one message
MENU_LINE = 6  # of a numbered choice, besides its title
_PAUSES = (re.compile(r"\n\s*\n"), re.compile(r"\n"), re.compile(r"(?<=[.!?؟…])\s+"), re.compile(r"\s+"))


def parts(reply: Reply, channel: str) -> list[Reply]:
    """The bubbles that say it; buttons stand under the last one."""
    longest = LONGEST.get(channel)
    if longest is None or length(reply.text) <= (room := longest - _menu(reply, channel)):
        return [reply]
    *first, last = cut(reply.text, room)
    return [*(replace(reply, text=text, buttons=(), ask_location=False) for text in first), replace(reply, text=last)]


def length(text: str) -> int:
    """UTF-16 units, as providers count."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _menu(reply: Reply, channel: str) -> int:
    """Room for the choices where they are written under the text."""
    return 100 + sum(length(b.title) + MENU_LINE for b in reply.buttons) if channel == "whatsapp" and reply.buttons else 0


def cut(text: str, longest: int) -> list[str]:
    """Pieces of at most `longest` units, at the end of a paragraph if one fits, else of a line, a sentence, a word, at worst inside one."""
    pieces = []
    while length(text) > longest:
        end = _fitting(text, longest)
        pieces.append(text[:end].rstrip())
        text = text[end:].lstrip()
    return [*pieces, text] if text else pieces


def _fitting(text: str, longest: int) -> int:
    fits = len(text.encode("utf-16-le", "surrogatepass")[: 2 * longest].decode("utf-16-le", "ignore"))
    for pause in _PAUSES:
        ends = [found.end() for found in pause.finditer(text, 0, fits) if found.start() > fits // 3]
        if ends:
            return ends[-1]
    return fits
