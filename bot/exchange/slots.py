"""An entry as slots: a value for each field, or for each field in one form. Files hold slots, the database holds bodies."""

from collections.abc import Mapping
from typing import Any

from bot.faq.entries import Entry

Slot = tuple[str, str]  # the key in the body, and the form; "" for what is in none
Slots = dict[Slot, Any]

TEXTS = ("titles", "answers", "questions", "golden")
TO_CHECK = "to_check"
_DATED = ("read_on", "check_again_on", "checked_by", "checked_on")
FIELDS = ("topic", "source_form", "facts", "sources", "related", "categories", "services", *_DATED)
RESPONSIBLE: Slot = ("responsible", "")  # a column of the entry, not of its body
ALWAYS: dict[str, Any] = {"titles": {}, "answers": {}, "questions": {}, "facts": [], "related": [], "categories": []}
ALWAYS |= {"read_on": None, "check_again_on": None, "checked_by": None, "checked_on": None}
ORDER = ("id", "topic", "source_form", *TEXTS, "facts", "sources", "related", "categories", "services", *_DATED, TO_CHECK)
FORM_ORDER = ("fr", "en", "ar", "ary-Arab", "ary-Latn")  # as in data/faq


def flatten(body: Mapping[str, Any]) -> Slots:
    """What stands in an entry; what is empty has no slot."""
    found: Slots = {(part, form): value for part in TEXTS for form, value in (body.get(part) or {}).items()}
    found |= {(TO_CHECK, form): "x" for form in body.get(TO_CHECK) or []}
    found |= {(key, ""): value for key, value in body.items() if key not in (*TEXTS, TO_CHECK, "id")}
    return {slot: value for slot, value in ((slot, plain(value)) for slot, value in found.items()) if value}


def unflatten(entry_id: str, slots: Slots) -> Entry:
    """The body with these values, its keys in the order of the files."""
    body: Entry = {"id": entry_id, **{key: type(usual)() if usual is not None else None for key, usual in ALWAYS.items()}}
    for (key, form), value in slots.items():
        if key == TO_CHECK:
            body[key] = sorted({*body.get(key, []), form})
        elif key in TEXTS:
            body.setdefault(key, {})[form] = value
        else:
            body[key] = [{"url": "", **source} for source in value] if key == "sources" else value
    return in_order(body)


def in_order(body: Mapping[str, Any]) -> Entry:
    """As the files have it: keys, and the forms inside."""
    keys = [*(key for key in ORDER if key in body), *sorted(key for key in body if key not in ORDER)]
    return {key: _forms_in_order(body[key]) if key in TEXTS else body[key] for key in keys}


def _forms_in_order(texts: Mapping[str, Any]) -> dict[str, Any]:
    return {form: texts[form] for form in (*FORM_ORDER, *sorted(set(texts) - set(FORM_ORDER))) if form in texts}


def plain(value: Any) -> Any:
    """Days as text; no empty items, and None for what is blank."""
    if isinstance(value, Mapping):
        return {key: str(inner) for key, inner in value.items() if inner is not None and str(inner).strip()}
    if isinstance(value, (list, tuple)):
        return [item for item in map(plain, value) if item]
    if value is None or not str(value).strip():
        return None
    return str(value)
