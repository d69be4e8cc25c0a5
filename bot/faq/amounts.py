"""Amounts in a text: days, fees, fines, ages. Not years, numbers of one digit, times of day, telephone numbers."""

import re

from bot.faq.phones import without_phones

_AMOUNT = re.compile(r"(?<![\w:/°+-])\d+(?:[\s.,]\d+)*(?![\w:°])")
_THOUSANDS = re.compile(r"(?<=\d)[\s.,](?=\d{3}(?!\d))")
_YEAR = re.compile(r"(?:19|20)\d\d")
_RECKONED = re.compile(r"(?<!\d)(\d+)\s*(?:[^\W\d]\w*\s*)?[x×]\s*(\d+(?:[.,]\d*)?)\s*=\s*(\d+(?:[.,]\d*)?)")


def amounts(text: str) -> set[str]:
    """Each as `1500` or `17.92`, however it is written."""
    plain = _RECKONED.sub(_factor, _THOUSANDS.sub("", without_phones(text)))
    found = {part for match in _AMOUNT.findall(plain) for part in match.replace(",", ".").split()}
    return {amount for amount in found if len(amount) > 1 and not _YEAR.fullmatch(amount)}


def named(text: str) -> set[str]:
    """Every number of a fact, also those that stand in a range (`5,000-30,000`) or a date."""
    plain = _THOUSANDS.sub("", text)
    return {*re.findall(r"\d+", plain), *(number.replace(",", ".") for number in re.findall(r"\d+[.,]\d+", plain))}


def _factor(found: "re.Match[str]") -> str:
    """Of an example that is reckoned right (`10 x 17,92 = 179,20`), only what was multiplied."""
    many, each, sum_ = (float(part.replace(",", ".")) for part in found.groups())
    return found.group(2) if abs(many * each - sum_) < 0.005 else found.group()
