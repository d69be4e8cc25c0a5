"""The five written forms (BCP-47), and `other` for a text outside of them."""

from typing import Literal, get_args

Form = Literal["ary-Arab", "ary-Latn", "fr", "en", "ar"]
FORMS: tuple[Form, ...] = get_args(Form)
OTHER = "other"
RTL: frozenset[str] = frozenset({"ary-Arab", "ar"})
LANGUAGE = {"ary-Arab": "ary", "ary-Latn": "ary", "fr": "fr", "en": "en", "ar": "ar"}


def direction(form: str) -> str:
    return "rtl" if form in RTL else "ltr"


def known(form: str, default: Form = "fr") -> Form:
    """The form itself when it is one of the five, else the default."""
    return next((f for f in FORMS if f == form), default)
