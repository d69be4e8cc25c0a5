"""Make numbers, addresses and links readable inside Arabic lines (Unicode isolates, UAX #9)."""

import re
import unicodedata

from bot.language.normalize import arabic_share

LRI, PDI, RLM = "\u2066", "\u2069", "\u200f"
_LINK = r"https?://[^\s<>،؛]+[^\s<>،؛.,)]|(?<![\w.+-])[\w.+-]+@[\w-]+\.[\w.]+"  # not from inside a word: quadratic
_LETTER = "A-Za-zÀ-ɏ"
_TIME = r"\d{1,2}[:h]\d{2}(?!\d)"
_WITH_UNIT = rf"\d+[{_LETTER}]+(?:/\d+)?"  # 9h, 24h/24, 2e
_NUMBER = rf"(?:\(\+?\d+\) ?)?\+?\d+(?:(?: ?\(\d+\) ?|[ .,/-])\d+(?!:?\d|[{_LETTER}]))*"
_LATIN_WORD = rf"[{_LETTER}](?:[{_LETTER}\d_'’./&-]*[{_LETTER}\d_])?"
_HOUSE = r"\d{1,3} (?=[a-zà-ɏ]{2})"  # 12 rue, not 05 28 nor 12h
_LATIN = rf"(?:{_HOUSE})?{_LATIN_WORD}(?:[.,]? {_LATIN_WORD}|,? \d{{1,2}}e\b)*"
_ITEM = re.compile(r"(\d+)([.)] *)")
_LTR_RUN = re.compile(rf"{_LINK}|{_TIME}|{_WITH_UNIT}|{_LATIN}|{_NUMBER}")


def ltr(text: str) -> str:
    """Isolate one left-to-right unit: a phone number, link, date, code."""
    return f"{LRI}{text}{PDI}"


def _line(line: str) -> str:
    if not line.strip():
        return line
    if not arabic_share(line) and re.search(rf"[{_LETTER}]", line):  # another language: whole, in its own order, after the number of a list
        head = _ITEM.match(line)
        return RLM + (ltr(head[1]) + head[2] + ltr(line[head.end() :]) if head else ltr(line))
    wrapped = _LTR_RUN.sub(lambda found: ltr(found.group()), line)
    return wrapped if unicodedata.bidirectional(line.lstrip()[0]) == "AL" else RLM + wrapped


def readable(text: str, form: str) -> str:
    """The text as it is sent. In Arabic script each number, link or Latin name is isolated, each line starts right-to-left."""
    if form not in ("ar", "ary-Arab"):
        return text
    return "\n".join(_line(line) for line in text.split("\n"))


def first_direction(text: str) -> str:
    """That of the first letter, as a browser finds it with `dir=auto`; but it does not look into the pieces that a page isolates."""
    sides = (unicodedata.bidirectional(letter) for letter in text)
    return next(("rtl" if side in ("R", "AL") else "ltr" for side in sides if side in ("L", "R", "AL")), "ltr")


def pieces(text: str) -> list[tuple[str, bool]]:
    """The text in pieces, each with whether it must be isolated: for pages, which do it with an element. None in a text without Arabic."""
    if not arabic_share(text):
        return [(text, False)]
    found, end = [], 0
    for run in _LTR_RUN.finditer(text):
        found += [(text[end : run.start()], False), (run.group(), True)]
        end = run.end()
    return [*found, (text[end:], False)]
