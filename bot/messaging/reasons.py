"""Why nothing arrives, as a key that every language has a word for; what a provider says is English, and its numbers tell staff nothing."""

import re

KEYS = ("blocked", "gone", "window", "refused", "silent")
_SAID = (
    ("blocked", r"blocked|opted out|twilio (63014|21610|63024)\b"),
    ("gone", r"deactivated|chat not found|twilio (63003|63015|21211|21614)\b"),
    ("window", r"63016"),
    ("silent", r"did not answer|timed? ?out|error$|twilio 5\d\d\b"),
)


def key(error: str) -> str:
    """Empty when nothing is wrong."""
    found = (name for name, pattern in _SAID if re.search(pattern, error, re.IGNORECASE))
    return next(found, "refused") if error else ""
