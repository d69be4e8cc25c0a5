"""Hours of a week as people write them, in French, English, Arabic and Darija: what is not surely understood is refused."""

import re
import unicodedata
from dataclasses import dataclass, replace
from itertools import groupby
from typing import NamedTuple

from bot.directory.hours import WEEKDAYS
from bot.errors import Refused
from bot.staff import week
from bot.staff.week import Times

DAYS = {
    "Mo": r"lu(?:n(?:dis?)?)?|mo(?:n(?:days?)?)?|ال[اإ]ثنين|(?:ال|ل)?تنين|l?tt?nin",
    "Tu": r"ma(?:r(?:dis?)?)?|tu(?:e(?:s(?:days?)?)?)?|الثلاثاء?|الثلثاء|ا?لتلاتا?|t?tlata?",
    "We": r"me(?:r(?:credis?)?)?|we(?:d(?:nesdays?)?)?|ال[اأ]ربعاء?|ا?لاربع|l[ae]?rb3a?",
    "Th": r"je(?:u(?:dis?)?)?|th(?:u(?:rs?(?:days?)?)?)?|ا?لخميس|l?khmis",
    "Fr": r"ve(?:n(?:dredis?)?)?|fr(?:i(?:days?)?)?|ا?لجمعة|l?j?j(?:e|ou|o)?m3a",
    "Sa": r"sa(?:m(?:edis?)?|t(?:urdays?)?)?|السبت|s?sebt",
    "Su": r"di(?:m(?:anches?)?)?|su(?:n(?:days?)?)?|ال[اأ]حد|ا?لحد|l?7edd?",
}
_IN_WEEK = r"(?:j(?:ours?)?|d(?:ays?)?)"
# In the order in which they are tried; what stands behind each is no letter and no digit. One letter says what a word is in `_RULE`.
_WORDS = {
    "A": rf"24 ?h? ?/ ?7(?: ?{_IN_WEEK})?",
    "L": r"24 ?(?:h(?:eures?|rs?)?)? ?(?:/|sur|على) ?24(?: ?h(?:eures?)?)?|24 ساعة(?: ?(?:/|على) ?24(?: ساعة)?)?|24 hours|h24",
    "E": rf"7 ?{_IN_WEEK}? ?(?:/|sur) ?7(?: ?{_IN_WEEK})?|7 days a week|tous les jours|chaque jour|every ?day|daily"
    r"|كل (?:يوم|نهار|ال[اأ]يام)|يوميا|k(?:u|o|ou)ll? nn?har",
    "H": r"(?:jours? )?f[ée]ri[ée]s?|public holidays?|ph|(?:[اأ]يام )?العطل الرسمية",
    "C": r"ferm[ée]e?s?|closed|off|مغلقة?|مسدودة?|me?sdoud",
    "X": r"sauf|except(?:é)?|ما عدا|باستثناء",
    "M": r"midi|noon",
    "N": r"minuit|midnight|منتصف الليل",
    "&": r"et|and|w",
    "-": r"jusqu[’']?à|à|a|aux?|to|until|till|through|thru|7ta(?: l)?|[اإ]لى|حتى|حتا|l",
    " ": r"du|de|des|les?|from|on|tous les|chaque|every|ouverte?s?|open|horaires?|sans interruption|en continu|non[- ]stop"
    r"|من|mn|men|يوم|[اأ]يام|الساعة|nhar|نهار|مفتوحة?",
}
_SIGNS = {"/": "/", "&": r"[,،&]|و(?=\s|ال|من\b|\d|ل)", ";": "[;؛]", "-": r"[-–—‑−]|ل(?=\s|\d|ل)", " ": r"[\s.:]"}
_TIME = (
    r"(?P<hour>\d{1,2})(?:(?P<h> ?(?:heures?|h))(?: ?(?P<of_h>\d\d)(?! ?h|[:.]?\d))?|[:.](?P<minute>\d\d)(?: ?h)?)?"
    r"(?: ?(?:(?P<am>a\.?m\b\.?|صباحا|ص)|(?P<pm>p\.?m\b\.?|مساء|م|زوالا|بعد الزوال|بعد الظهر)))?"
)
_ENDS = r"(?!\w)"
_TOKENS = [
    *((kind, re.compile(f"(?:{words}){_ENDS}")) for kind, words in _WORDS.items()),
    *((day, re.compile(rf"(?:{names}){_ENDS}\.?")) for day, names in DAYS.items()),
    ("T", re.compile(_TIME + _ENDS)),
    *((kind, re.compile(sign)) for kind, sign in _SIGNS.items()),
]
_LIST = r"(?:D(?:-D)?|ED-D|E|H)(?:&(?:D(?:-D)?|E|H))*"
_SPANS = r"(?:L|T-T(?:[&/]?T-T)*)"
_RULE = re.compile(
    rf"(?:(?P<days>{_LIST})(?:X(?P<but>{_LIST}))?&?(?P<spans>{_SPANS})|(?P<shut>{_LIST})C|[CX](?P<not>{_LIST})(?=;|$))(?:[&;]|$|(?=[DEHCX]))"
)
_DAILY = re.compile(rf"(?P<spans>{_SPANS})(?:[&;]|$|(?=[CX]))")
_BEHIND = re.compile(rf"(?P<spans>{_SPANS})&?(?P<days>{_LIST})(?:X(?P<but>{_LIST}))?")
_LOOKS = dict.fromkeys(map(ord, "ـ\u200e\u200f\u202a\u202b\u202c\u2066\u2067\u2068\u2069")) | str.maketrans("٠١٢٣٤٥٦٧٨٩", "0123456789")
_HOLIDAY = 7  # as a day, behind Sunday
_WHOLE = ((week.MIDNIGHT, week.MIDNIGHT),)


class _Clock(NamedTuple):
    """`sure`: on a clock of 24 hours. `bare`: nothing but a number. `half`: am or pm."""

    hour: int
    minute: str = "00"
    sure: bool = False
    bare: bool = False
    half: str = ""

    def text(self) -> str:
        hour = self.hour % 12 + 12 * (self.half == "pm") if self.half else self.hour
        return f"{hour}:{self.minute}"


class _Token(NamedTuple):
    kind: str
    day: int = 0
    clock: _Clock = _Clock(0)


@dataclass(frozen=True)
class _Rule:
    """Without times: closed. `said`: the days as they were written, while all of them count."""

    days: frozenset[int]
    times: tuple[Times, ...]
    said: str
    not_on_holidays: bool = False

    def without(self, days: frozenset[int]) -> "_Rule":
        return self if not self.days & days else replace(self, days=self.days - days, said=_named(self.days - days))

    def text(self) -> str:
        return f"{self.said} {week.times(self.times)}".strip()


def read_week(text: str) -> str | None:
    """In the syntax of OpenStreetMap; None: there are words in it that we do not know. `Refused`: it may mean more than one thing."""
    tokens = _tokens(_plain(text))
    if tokens is None:
        return None
    code = "".join(token.kind for token in tokens)
    if code.replace("&", "") in ("L", "EL", "LE"):
        return "24/7"
    if found := _BEHIND.fullmatch(code):
        return _stored([_rule(found, tokens)])
    return _stored(_rules(code, tokens))


def _plain(text: str) -> str:
    kept = (letter for letter in unicodedata.normalize("NFC", text.lower()) if not "\u064b" <= letter <= "\u0652")
    return " ".join("".join(kept).translate(_LOOKS).split())


def _tokens(text: str) -> list[_Token] | None:
    found: list[_Token] = []
    at = 0
    while at < len(text):
        kind, match = next(((kind, match) for kind, token in _TOKENS if (match := token.match(text, at))), ("", None))
        if match is None:
            return None
        at = match.end()
        found += _token(kind, match)
    return found


def _token(kind: str, match: re.Match[str]) -> list[_Token]:
    if kind in WEEKDAYS:
        return [_Token("D", WEEKDAYS.index(kind))]
    if kind in "MN":
        return [_Token("T", clock=_Clock(12 if kind == "M" else 24, sure=True))]
    if kind == "T":
        return [_Token("T", clock=_clock(match))]
    return [_Token(part) for part in {"A": "EL", " ": ""}.get(kind, kind)]


def _clock(match: re.Match[str]) -> _Clock:
    hour, minute = int(match["hour"]), match["minute"] or match["of_h"]
    half = "am" if match["am"] else "pm" if match["pm"] else ""
    if half and not 1 <= hour <= 12:
        raise Refused("hours.unreadable")
    sure = match["hour"].startswith("0") or hour > 12
    return _Clock(hour, minute or "00", sure, not (minute or match["h"] or half), half)


def _rules(code: str, tokens: list[_Token]) -> list[_Rule]:
    """Each narrows those before it, as « tous les jours 9h-17h, dimanche fermé » does."""
    rules: list[_Rule] = []
    shut: frozenset[int] = frozenset()
    at = 0
    while at < len(code):
        match = _RULE.match(code, at) or (None if at else _DAILY.match(code))
        if match is None:
            raise Refused("hours.unreadable")
        rule, at = _rule(match, tokens), match.end()
        if rule.times and (rule.days & shut or not all(_may_follow(rule, other) for other in rules)):
            raise Refused("hours.unreadable")
        shut |= frozenset() if rule.times else rule.days
        rules = [other.without(rule.days) for other in rules] + [rule]
    return rules


def _may_follow(rule: _Rule, other: _Rule) -> bool:
    """On fewer days, at the same time of day: it can only be an exception. Else it might be more hours of the same day."""
    if not rule.days & other.days:
        return True
    return (
        bool(other.said)
        and rule.days < other.days
        and any(opens < ends and begins < closes for opens, closes in rule.times for begins, ends in other.times)
    )


def _rule(match: re.Match[str], tokens: list[_Token]) -> _Rule:
    parts = match.groupdict()
    name = next((name for name in ("days", "shut", "not") if parts.get(name)), "")
    days, said = _days(tokens[slice(*match.span(name))]) if name else (frozenset(range(7)), "")
    times = _times(tokens[slice(*match.span("spans"))]) if parts.get("spans") else ()
    but = _days(tokens[slice(*match.span("but"))])[0] if parts.get("but") else frozenset[int]()
    return replace(_Rule(days, times, said).without(but), not_on_holidays=_HOLIDAY in (but if times else days))


def _days(tokens: list[_Token]) -> tuple[frozenset[int], str]:
    """`D-D` goes over Sunday, too."""
    days, said = set[int](), list[str]()
    for n, (kind, day, _) in enumerate(tokens):
        if kind == "E" and tokens[n + 1 : n + 2] not in ([], [_Token("&")]):
            continue  # every day from Monday to Friday
        if kind == "E":
            days |= set(range(7))
            said.append("Mo-Su")
        elif kind == "H":
            days.add(_HOLIDAY)
            said.append("PH")
        elif kind == "D" and n and tokens[n - 1].kind == "-":
            first = tokens[n - 2].day
            if first == day:
                raise Refused("hours.unreadable")
            days |= {(first + more) % 7 for more in range((day - first) % 7 + 1)}
            said[-1] += f"-{WEEKDAYS[day]}"
        elif kind == "D":
            days.add(day)
            said.append(WEEKDAYS[day])
    return frozenset(days), ",".join(said)


def _named(days: frozenset[int]) -> str:
    runs = [[n for _, n in run] for _, run in groupby(enumerate(sorted(days)), key=lambda pair: pair[1] - pair[0])]
    runs = [part for run in runs for part in ([run[:-1], run[-1:]] if run[-1] == _HOLIDAY else [run]) if part]
    names = (*WEEKDAYS, "PH")
    return ",".join(names[run[0]] if len(run) == 1 else f"{names[run[0]]}-{names[run[-1]]}" for run in runs)


def _times(tokens: list[_Token]) -> tuple[Times, ...]:
    if tokens[0].kind == "L":
        return _WHOLE
    clocks = [token.clock for token in tokens if token.kind == "T"]
    pairs = list(zip(clocks[::2], clocks[1::2]))
    if len({begins.bare and ends.bare for begins, ends in pairs}) > 1:
        raise Refused("hours.unreadable")  # the bare ones may be days of a month
    return week.checked([_span(begins, ends) for begins, ends in pairs])


def _span(begins: _Clock, ends: _Clock) -> Times:
    """With `am` or `pm` at the end alone, the beginning is what it can only be."""
    if ends.half == "pm" and not (begins.half or begins.sure):
        later = begins.hour % 12 < ends.hour % 12
        if later and 6 <= begins.hour < 12:
            raise Refused("hours.unreadable")  # 7-9pm
        begins = begins._replace(half="pm" if later else "am")
    one_sided = bool(begins.half) != bool(ends.half) and not (begins.sure or ends.sure)
    if not one_sided and not begins.half and not (begins.sure or ends.sure) and 0 < ends.hour <= begins.hour:
        raise Refused("hours.order")  # 9-5, 8h-2h
    if one_sided or (not begins.half and _is_doubtful(begins, ends)):
        raise Refused("hours.unreadable")
    return begins.text(), ends.text()


def _is_doubtful(begins: _Clock, ends: _Clock) -> bool:
    """Hours that somebody with a clock of twelve may have written: 2h-6h, 8-minuit."""
    if begins.sure or begins.hour == 0:
        return False
    if ends.hour == 24 or ends.sure:
        return begins.bare and ends.sure and ends.hour == 24 and begins.hour <= 12
    early, late = (7, 12) if begins.bare and ends.bare else (6, 8)
    return begins.hour < early and ends.hour <= late


def _stored(rules: list[_Rule]) -> str:
    """Public holidays last: what comes later counts."""
    open_ = [rule for rule in rules if rule.times and rule.days]
    if not open_:
        raise Refused("hours.unreadable")
    usual, feasts = ([rule for rule in open_ if (_HOLIDAY in rule.days) == wanted] for wanted in (False, True))
    shut = any(rule.not_on_holidays for rule in rules)
    return "; ".join([*(rule.text() for rule in usual + feasts), *(["PH off"] if shut else [])])
