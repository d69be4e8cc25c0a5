"""Latin Darija to Arabic script, and a consonant skeleton in which both scripts of Darija meet.

The transliteration feeds the sentence vectors, which know Arabic letters but hardly any Latin Darija.
"""

import re

from bot.language.normalize import normalize

_PAIRS = [
    ("tch", "تش"),
    ("sch", "ش"),
    ("dj", "ج"),
    ("ch", "ش"),
    ("sh", "ش"),
    ("kh", "خ"),
    ("gh", "غ"),
    ("th", "ت"),
    ("dh", "د"),
    ("ph", "ف"),
    ("ou", "و"),
    ("oo", "و"),
    ("aa", "ا"),
    ("ee", "ي"),
    ("ii", "ي"),
    ("ai", "اي"),
    ("ay", "اي"),
    ("3a", "عا"),
    ("7a", "حا"),
]
_SINGLE = {
    "a": "ا",
    "b": "ب",
    "c": "ك",
    "d": "د",
    "e": "",
    "f": "ف",
    "g": "ك",
    "h": "ه",
    "i": "ي",
    "j": "ج",
    "k": "ك",
    "l": "ل",
    "m": "م",
    "n": "ن",
    "o": "و",
    "p": "ب",
    "q": "ق",
    "r": "ر",
    "s": "س",
    "t": "ت",
    "u": "و",
    "v": "ف",
    "w": "و",
    "x": "ش",
    "y": "ي",
    "z": "ز",
    "2": "ا",
    "3": "ع",
    "4": "غ",
    "5": "خ",
    "6": "ط",
    "7": "ح",
    "8": "غ",
    "9": "ق",
}
_TABLE = dict(_PAIRS) | _SINGLE
_UNIT = re.compile("|".join([*(re.escape(k) for k, _ in _PAIRS), "."]))
_DOUBLE = re.compile(r"([^\W\d_])\1")
_NUMBER = re.compile(r"^\d+$")
_SKELETON = str.maketrans(
    {
        **dict.fromkeys("اويعء'", ""),
        "ق": "ك",
        "غ": "ر",
        "ص": "س",
        "ض": "د",
        "ظ": "د",
        "ذ": "د",
        "ط": "ت",
        "ث": "ت",
        "ح": "ه",
    }
)


def _word(word: str) -> str:
    if _NUMBER.match(word):
        return word
    single = _DOUBLE.sub(r"\1", word)
    letters = "".join(_TABLE.get(unit, unit) for unit in _UNIT.findall(single))
    return "ا" + letters if single[:1] in ("e", "i") and not letters.startswith("ا") else letters


def to_arabic(text: str) -> str:
    """`fin kayn tbib` -> `فين كاين تبيب`. Input may be raw; output is normalised."""
    return " ".join(_word(word) for word in normalize(text).split())


def skeleton(text: str) -> str:
    """The consonants that survive every spelling: `wra9`, `wrak`, `وراق` share one skeleton. Arabic letters out."""
    arabic = to_arabic(text)
    words = (_DOUBLE.sub(r"\1", word).removesuffix("ه").translate(_SKELETON) for word in arabic.split())
    return " ".join(word for word in words if word)
