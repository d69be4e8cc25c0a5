"""Two questions in one message: where it may be cut in two."""

import re

FEWEST = 3  # words of a part
_BREAK = re.compile(
    r"[.?!;\n؟،,]+\s*|\s+(?:et|puis|and|also|plus|w|ou|o|wa|ثم|و)\s+|\s+(?=و\w{2,})",
    re.IGNORECASE,
)


def halves(text: str) -> tuple[str, str] | tuple[()]:
    """Two parts of at least `FEWEST` words, cut at punctuation if there is any, as evenly as possible; nothing when there is no break."""
    cuts = [(found.group().strip(), text[: found.start()], text[found.end() :]) for found in _BREAK.finditer(text)]
    parts = [(cut, first, second) for cut, first, second in cuts if min(len(first.split()), len(second.split())) >= FEWEST]
    best = min(parts, key=lambda p: (not re.match(r"[.?!;\n؟]", p[0]), abs(len(p[1]) - len(p[2]))), default=None)
    return best[1:] if best else ()
