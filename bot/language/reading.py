"""A reading aid for Darija: the same words in the other letters, sound by sound, for who reads only one script well.

Made by rules alone, so it is never stored or sent. Lines, numbers and links stay as they are.
"""

import re
from functools import lru_cache

from bot.language.normalize import clean
from bot.language.transliterate import to_arabic

OTHER_LETTERS = {"ary-Latn": "ary-Arab", "ary-Arab": "ary-Latn"}
_TOKEN = re.compile(r"\S+")
_WORD = re.compile(r"(?:[^\W_]|[\u064b-\u065f\u0670])+(?:['’][^\W_]+)*")
_KEPT = re.compile(r"://|@|^\W*[\d.,:/+-]+\W*$|^\d\d")  # links, addresses, numbers, 24h
_SIGNS = {"ary-Latn": str.maketrans("?,;", "؟،؛"), "ary-Arab": str.maketrans("؟،؛", "?,;")}
_LETTERS = {
    **dict(zip("ابتثجحدذرزسصضطظعفقكلمنه", "abttj7ddrzssdtd3f9klmnh")),
    **{"خ": "kh", "ش": "ch", "غ": "gh", "چ": "tch"},
    **{"أ": "a", "إ": "i", "آ": "a", "ٱ": "a", "ى": "a", "ة": "a", "ء": "2", "ؤ": "2", "ئ": "2"},
    **{"گ": "g", "ڭ": "g", "ݣ": "g", "ک": "k", "ڤ": "v", "ۋ": "v", "پ": "p", "ی": "i"},
    **{"\u064b": "an", "\u064e": "a", "\u064f": "o", "\u0650": "i", "\u0640": ""},
}
_HALF_VOWELS = {"و": ("w", "ou"), "ي": ("y", "i")}
_VOWELS = tuple("aeiou")
_SHADDA = "\u0651"
_SILENT = re.compile("[\u064c\u064d\u0652-\u065f\u0670]")
_ARTICLE = re.compile(r"^([فب]?)ال(?=..)")  # also in `فالدار`: in the house
_LAST_A = re.compile(r"(?<=..[^اوي])ه$")  # of `بلاصه`; it stays an h in `راه`


def reading(text: str, form: str) -> str:
    """The text of this form in the other letters; empty when the form is not Darija, or nothing would change."""
    if form not in OTHER_LETTERS:
        return ""
    found = _TOKEN.sub(lambda token: _token(token.group(), form), text)
    return found if found != text else ""


def _token(token: str, form: str) -> str:
    """What stands between two blanks."""
    if _KEPT.search(token):
        return token
    return _WORD.sub(lambda word: _word(word.group(), form), token).translate(_SIGNS[form])


@lru_cache(maxsize=4096)
def _word(word: str, form: str) -> str:
    """The same words come again and again, on every look at a conversation."""
    return to_arabic(word) if form == "ary-Latn" else to_latin(word)


def to_latin(word: str) -> str:
    """`طبيب` -> `tbib`: one word of Darija as people write it in Latin letters."""
    letters = _LAST_A.sub("ة", _SILENT.sub("", clean(word)))
    article = _ARTICLE.match(letters)
    rest = letters[article.end() :] if article else letters
    sounds: list[str] = []  # from the end: whether و and ي are vowels depends on what follows
    for n in reversed(range(len(rest))):
        sounds.insert(0, _sound(rest, n, sounds[0] if sounds else ""))
    spelled = (_LETTERS.get(article[1], "") + "l" if article else "") + "".join(sounds)
    return "e".join(spelled) if spelled.isdigit() and not word.isdigit() else spelled  # `حق` is no 79


def _sound(word: str, n: int, after: str) -> str:
    """How letter `n` is written; `after`: what the rest begins with."""
    letter, before = word[n], word[n - 1] if n else ""
    if letter == _SHADDA:
        return _LETTERS.get(before, "")
    if letter not in _HALF_VOWELS:
        return _LETTERS.get(letter, letter)
    consonant, vowel = _HALF_VOWELS[letter]
    return consonant if not before or before == "ا" or after.startswith(_VOWELS) else vowel
