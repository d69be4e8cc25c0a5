"""Services as they are said: short in a list, whole in the details. What is unknown is shown as unknown."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

from bot.clock import TIME_ZONE
from bot.directory.eligibility import spoken, tags
from bot.directory.hours_text import in_words
from bot.directory.kinds import kind_names
from bot.directory.place import location
from bot.directory.search import Hit, is_shown
from bot.directory.towns import town_names
from bot.language.bidi import readable
from bot.language.forms import LANGUAGE, Form, in_form
from bot.settings import ROOT
from bot.tables import Organization, Service
from bot.texts import Texts

NO_PHONE = {
    "service_hours_not_known": "service_hours_not_known_no_phone",
    "service_not_verified": "service_not_verified_no_phone",
    "service_partly": "service_partly_no_phone",
    "service_hidden": "service_hidden_no_phone",
    "service_ramadan": "service_ramadan_no_phone",
}


def name_of(hit: Hit, form: Form) -> str:
    return called(hit.service, hit.organization, form)


def called(service: Service, organization: Organization, form: Form) -> str:
    """The name in the person's language, else the one that exists; what has none is told by its kind, never by an id."""
    return named((service.names, organization.names), form) or nameless(service.categories, form)


def named(names: Iterable[Mapping[str, str]], form: Form) -> str:
    """The first name that there is."""
    languages = (LANGUAGE[form] if form != "ary-Arab" else "ar", "fr", "ar", "en")
    return next((str(each[language]) for each in names for language in languages if each.get(language)), "")


def nameless(kinds: Sequence[str], form: Form) -> str:
    """By the first of its kinds."""
    texts, names = Texts.load(ROOT / "data"), kind_names(ROOT / "data", form)
    said = next((names[kind] for kind in kinds if kind in names), "")
    return texts.get("service_nameless", form, kind=said) if said else texts.get("service_nameless_place", form)


def list_text(hits: list[Hit], head: str, form: Form, texts: Texts) -> str:
    """Numbered as their buttons are."""
    return readable("\n".join([head, *(_line(n, hit, form, texts) for n, hit in enumerate(hits, 1)), _trust(hits, form, texts)]), form)


def town_of(service: Service, form: Form) -> str:
    """As our list calls it in this form, else as somebody wrote it; of a confidential place only that of our list."""
    listed = town_names(ROOT / "data", form).get(service.town or "", "")
    return listed or ("" if service.hidden_place else service.town_name)


def _line(n: int, hit: Hit, form: Form, texts: Texts) -> str:
    facts = [texts.get("service_distance", form, km=f"{hit.km:.1f}")] if hit.km is not None else [town_of(hit.service, form)]
    facts = [fact for fact in facts if fact]
    facts += [str(p["number"]) for p in hit.service.phones[:1]]
    facts += _state(hit, form, texts)
    return f"{n}. {name_of(hit, form)}" + (f" ({', '.join(facts)})" if facts else "")


def _state(hit: Hit, form: Form, texts: Texts) -> list[str]:
    """By appointment is neither open nor closed; in Ramadan usual hours say nothing."""
    keys = {"open": "service_open", "closed": "service_closed", "appointment": "service_by_appointment"}
    if hit.opening.state == "unknown" and hit.opening.why == "ramadan":
        return [texts.get("service_ramadan_check", form)]
    if hit.unsure:
        return [texts.get(_call("service_hours_not_known", [hit.service]), form)]
    return [texts.get(keys[hit.opening.state], form)] if hit.opening.state in keys else []


def _call(key: str, services: Iterable[Service]) -> str:
    """The text that tells people to call, or its twin for where there is no number."""
    return key if any(service.phones for service in services) else NO_PHONE.get(key, key)


def _trust(hits: list[Hit], form: Form, texts: Texts) -> str:
    attribution = {h.service.attribution for h in hits if h.service.attribution}
    lines = [texts.get("service_attribution", form, value=a) for a in sorted(attribution)]
    if unsure := [h.service for h in hits if h.service.verified != "verified"]:
        lines.append(texts.get(_call("service_not_verified", unsure), form))
    return "\n".join(lines)


def details_text(hit: Hit, form: Form, texts: Texts, data_dir: Path = ROOT / "data") -> str:
    service = hit.service
    lines = [name_of(hit, form), *_gone(hit, form, texts)]
    lines += [in_form(service.offers, form), in_form(service.audience, form), in_form(service.warnings, form)]
    lines += [*_where(hit, form, texts), *_when(hit, form, texts), *_needed(hit, form, texts), *_whom(hit, form, texts, data_dir)]
    lines += [texts.get("service_website", form, value=hit.organization.website)] if hit.organization.website else []
    lines.append(_checked(hit, form, texts))
    return readable("\n".join(line for line in lines if line), form)


def _gone(hit: Hit, form: Form, texts: Texts) -> list[str]:
    """Somebody may hold an old list."""
    if hit.service.status == "paused":
        return [texts.get("service_paused", form)]
    return [] if is_shown(hit.service, datetime.now(TIME_ZONE)) else [texts.get("service_ended", form)]


def _where(hit: Hit, form: Form, texts: Texts) -> list[str]:
    service, unknown = hit.service, texts.get("service_unknown", form)
    phones = ", ".join(_phone(phone) for phone in service.phones)
    if service.hidden_place:
        return [texts.get(_call("service_hidden", [service]), form, value=phones)]
    town = town_of(service, form)
    is_said = any(name in service.address for name in (town, service.town_name) if name)
    address = ", ".join(part for part in (service.address, "" if is_said else town) if part)
    lines = [texts.get("service_address", form, value=address or unknown), *_on_the_map(service, form, texts)]
    return [*lines, texts.get("service_phone", form, value=phones or unknown)]


def _on_the_map(service: Service, form: Form, texts: Texts) -> list[str]:
    """A link that any browser opens. The marker comes first in it: signs that a phone takes for its end then do no harm."""
    here = location(service)
    if here is None:
        return []
    north, east = f"{here.latitude:.5f}", f"{here.longitude:.5f}"
    return [texts.get("service_map", form, value=f"https://www.openstreetmap.org/?mlat={north}&mlon={east}#map=18/{north}/{east}")]


def _phone(phone: dict[str, str]) -> str:
    """The number, and what it is for."""
    return f"{phone['number']} ({phone['note']})" if phone.get("note") else str(phone["number"])


def _when(hit: Hit, form: Form, texts: Texts) -> list[str]:
    """The usual hours, then what is different today."""
    usual = in_words(hit.service.hours, form, texts) or texts.get("service_unknown", form)
    lines = [texts.get("service_hours", form, value=usual), *_today(hit, form, texts)]
    ends = hit.service.ends_on
    lines += (
        [texts.get("service_until", form, date=texts.day(form, ends))] if ends and is_shown(hit.service, datetime.now(TIME_ZONE)) else []
    )
    return [*lines, _capital(texts.get("service_by_appointment", form))] if hit.service.by_appointment else lines


def _today(hit: Hit, form: Form, texts: Texts) -> list[str]:
    hours, why = hit.opening.hours, hit.opening.why
    hours = in_words(hours, form, texts) if any(letter.isalpha() for letter in hours) else hours  # of one day the times are enough
    if why == "holiday" and not hours:
        return [texts.get("service_closed_holiday", form)]
    if why in ("special", "holiday"):
        return [texts.get("service_hours_today", form, value=hours) if hours else _closed(hit.service, form, texts)]
    if why == "ramadan" and hours:
        return [texts.get("service_ramadan_hours", form, value=hours)]
    closed = hit.opening.state == "closed"
    return [texts.get("service_ramadan_closed" if closed else _call("service_ramadan", [hit.service]), form)] if why == "ramadan" else []


def _closed(service: Service, form: Form, texts: Texts) -> str:
    """Until when, if it is more than today."""
    today = datetime.now(TIME_ZONE).date().isoformat()
    ends = [row["last"] for row in service.special_hours if row["first"] and row["first"] <= today < row["last"] and not row["hours"]]
    last = date.fromisoformat(min(ends)) if ends else None
    return texts.get("service_closed_until", form, date=texts.day(form, last)) if last else texts.get("service_closed_today", form)


def _needed(hit: Hit, form: Form, texts: Texts) -> list[str]:
    """What to bring, and what it costs."""
    documents, cost = in_form(hit.service.documents, form), in_form(hit.service.cost, form)
    lines = [texts.get("service_documents", form, value=documents)] if documents else []
    lines += [texts.get("service_free", form)] if hit.service.free else []
    return [*lines, *([texts.get("service_cost", form, value=cost)] if cost else [])]


def _whom(hit: Hit, form: Form, texts: Texts, data_dir: Path) -> list[str]:
    service = hit.service
    lists = (("service_for", service.eligible, tags(data_dir, form)), ("service_languages", service.languages, spoken(data_dir, form)))
    lines = [texts.get(key, form, value=_named(values, names)) for key, values, names in lists if values]
    ways = {True: "service_accessible", False: "service_not_accessible"}
    return [*lines, *([texts.get(ways[service.accessible], form)] if service.accessible is not None else [])]


def _named(values: Iterable[str], names: dict[str, str]) -> str:
    return ", ".join(names.get(value, value) for value in values)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _checked(hit: Hit, form: Form, texts: Texts) -> str:
    service = hit.service
    day = texts.day(form, service.last_checked) if service.last_checked else ""
    keys = {"verified": "service_checked" if day else "", "partly": "service_partly" if day else "service_not_verified"}
    key = keys.get(service.verified, "service_not_verified")
    lines = [texts.get(_call(key, [service]), form, date=day)] if key else []
    lines += [texts.get("service_attribution", form, value=service.attribution)] if service.attribution else []
    return "\n".join(lines)
