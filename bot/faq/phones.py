"""Telephone numbers in a text, in one shape: 0 and nine digits, whatever stands between them; +212, 00212 and 0 are the same."""

import re

from bot.language.normalize import clean

_BETWEEN = r"[ \u00a0.()/_-]{0,2}"
# of Morocco; what follows in brackets, such as hours, is not part of it
_WHOLE = rf"(?:(?:\+|00)212{_BETWEEN}0?|0){_BETWEEN}[5-9](?:{_BETWEEN}\d){{8}}(?![ ./-]?\d)"
_PHONE = re.compile(rf"(?<![\d/])(?:{_WHOLE}|(?:\+|00|0|212)(?:{_BETWEEN}\d(?!\d?[:h]\d)){{7,14}})|(?<![\d/-])\d(?: ?\d){{8,11}}(?![\d/])")
_WRITTEN_BETWEEN = re.compile(r"[\s().\-]")
_NUMBER = re.compile(
    r"(?:(?:\+|00)?2120?|0)[5-9]\d{8}"  # of Morocco; 080 numbers too
    r"|(?:\+|00)(?!212)[1-9]\d{6,13}"  # of another country
    r"|[1-9]\d{1,4}"  # short: emergencies, offices
)
SHORT = 5  # digits of a number such as 8350
_SHORTEST = 9  # digits, the leading 0 included: a law of 2009 named 09-08 is none


def phones(text: str) -> set[str]:
    """The long numbers of a text, as `national` writes them."""
    found = (national(match.group()) for match in _PHONE.finditer(clean(text)))
    return {number for number in found if len(number) >= _SHORTEST}


def is_number(text: str) -> bool:
    """One number that can be called from Morocco, and nothing else."""
    return bool(_NUMBER.fullmatch(_WRITTEN_BETWEEN.sub("", clean(text))))


def without_phones(text: str) -> str:
    return _PHONE.sub(" ", clean(text))


def national(number: str) -> str:
    """`+212 (0)5 37 54 54 00` -> `0537545400`."""
    digits = re.sub(r"\D", "", number)
    for prefix in ("00212", "212"):
        if digits.startswith(prefix):
            digits = digits.removeprefix(prefix)
            break
    return "0" + digits.lstrip("0")


def one_shape(number: str) -> str:
    """A number of a few digits, such as 8350, as it is; others as `national` writes them."""
    digits = re.sub(r"\D", "", clean(number))
    return digits if len(digits) <= SHORT else national(digits)
