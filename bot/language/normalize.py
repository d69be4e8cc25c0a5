"""Bring a text to the shape that the models compare: NFKC, one digit set, one letter per sound family, no elongation."""

import re
import unicodedata

_BIDI = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C, 0x200B, 0x200C, 0x200D, 0xFEFF])
_UNSEEN = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c\u200b\u200c\u2060\ufeff]|(?<=\\w)\u200d|\u200d(?=\\w)")
_DIGITS = {ord(c): str(i % 10) for i, c in enumerate("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹")}
_ARABIC = str.maketrans(
    {
        "أ": "ا",
        "إ": "ا",
        "آ": "ا",
        "ٱ": "ا",
        "ى": "ي",
        "ی": "ي",
        "ئ": "ي",
        "ؤ": "و",
        "ة": "ه",
        "گ": "ك",
        "ڭ": "ك",
        "ݣ": "ك",
        "ک": "ك",
        "ڤ": "ف",
        "ۋ": "ف",
        "پ": "ب",
        "ـ": "",
    }
)
_ELONGATED = re.compile(r"([^\W\d_])\1{2,}")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_NOT_WORD = re.compile(r"[^\w']+")
_ARABIC_LETTER = re.compile(r"[\u0600-\u06ff]")
_LATIN_LETTER = re.compile(r"[a-zA-Z\u00c0-\u024f]")
MAX_LENGTH = 2000


def without_marks(text: str) -> str:
    """Without signs that nobody sees and that turn or cut words: they come with what is pasted. Joined emoji stay joined."""
    return _UNSEEN.sub("", text)


def clean(text: str) -> str:
    """The text as a person meant it: no bidi or control marks, digits 0-9, at most `MAX_LENGTH` characters."""
    visible = unicodedata.normalize("NFKC", text[: 4 * MAX_LENGTH]).translate(_BIDI).translate(_DIGITS)
    return _CONTROL.sub(" ", visible).strip()[:MAX_LENGTH]


def strip_marks(text: str) -> str:
    """Without accents (Latin) and short vowels (Arabic)."""
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


def normalize(text: str) -> str:
    """Lower-case words with one space between; letters folded, elongations cut to one letter."""
    folded = strip_marks(clean(text).translate(_ARABIC).lower().replace("œ", "oe").replace("’", "'"))
    return " ".join(_NOT_WORD.sub(" ", _ELONGATED.sub(r"\1", folded)).split())


def arabic_share(text: str) -> float:
    """How much of the letters is Arabic script, 0-1; 0.5 when there are no letters of either script."""
    arabic, latin = len(_ARABIC_LETTER.findall(text)), len(_LATIN_LETTER.findall(text))
    return arabic / (arabic + latin) if arabic + latin else 0.5


def has_letters(text: str) -> bool:
    return any(c.isalpha() for c in text)
