"""The five written forms (BCP-47), and `other` for a text outside of them."""

from collections.abc import Mapping
from typing import Any, Literal, get_args

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


# Who reads one form reads these too, the nearest first. Who writes Darija in Latin letters may not read Arabic ones.
NEAREST: dict[Form, tuple[Form, ...]] = {
    "ary-Latn": ("ary-Latn", "fr", "ary-Arab", "ar", "en"),
    "ary-Arab": ("ary-Arab", "ar", "ary-Latn", "fr", "en"),
    "ar": ("ar", "ary-Arab", "ary-Latn", "fr", "en"),
    "fr": ("fr", "en", "ary-Latn", "ary-Arab", "ar"),
    "en": ("en", "fr", "ary-Latn", "ary-Arab", "ar"),
}


def nearest(texts: Mapping[str, Any], form: Form) -> Form:
    """The form itself, or the nearest one in which there is a text."""
    return next((f for f in NEAREST[form] if texts.get(f)), form)


def in_form(texts: Mapping[str, Any], form: Form) -> str:
    """The text in this form, or in the nearest one; empty when there is none at all."""
    return str(texts.get(nearest(texts, form)) or "")
