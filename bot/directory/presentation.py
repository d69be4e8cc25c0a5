"""Services as they are said: short in a list, whole in the details. What is unknown is shown as unknown."""

from bot.directory.search import Hit
from bot.language.bidi import readable
from bot.language.forms import LANGUAGE, Form
from bot.texts import Texts


def name_of(hit: Hit, form: Form) -> str:
    """The name in the person's language, else the one that exists."""
    for names in (hit.service.names, hit.organization.names):
        for language in (LANGUAGE[form] if form != "ary-Arab" else "ar", "fr", "ar", "en"):
            if names.get(language):
                return str(names[language])
    return hit.service.id


def list_text(hits: list[Hit], head: str, form: Form, texts: Texts) -> str:
    """Numbered as their buttons are."""
    return readable("\n".join([head, *(_line(n, hit, form, texts) for n, hit in enumerate(hits, 1)), _trust(hits, form, texts)]), form)


def _line(n: int, hit: Hit, form: Form, texts: Texts) -> str:
    facts = [texts.get("service_distance", form, km=f"{hit.km:.1f}")] if hit.km is not None else []
    facts += [hit.service.town_name] if hit.service.town_name and hit.km is None else []
    facts += [str(p["number"]) for p in hit.service.phones[:1]]
    facts += [] if hit.open_now is None else [texts.get("service_open" if hit.open_now else "service_closed", form)]
    return f"{n}. {name_of(hit, form)}" + (f" ({', '.join(facts)})" if facts else "")


def _trust(hits: list[Hit], form: Form, texts: Texts) -> str:
    attribution = {h.service.attribution for h in hits if h.service.attribution}
    lines = [texts.get("service_attribution", form, value=a) for a in sorted(attribution)]
    if any(h.service.verified != "verified" for h in hits):
        lines.append(texts.get("service_not_verified", form))
    return "\n".join(lines)


def details_text(hit: Hit, form: Form, texts: Texts) -> str:
    service, unknown = hit.service, texts.get("service_unknown", form)
    phones = ", ".join(str(p["number"]) for p in service.phones)
    lines = [name_of(hit, form), service.offers.get(form) or "", service.audience.get(form) or "", service.warnings.get(form) or ""]
    if service.hidden_place:
        lines.append(texts.get("service_hidden", form, value=phones or unknown))
    else:
        address = ", ".join(part for part in (service.address, service.town_name) if part)
        lines += [texts.get("service_address", form, value=address or unknown), texts.get("service_phone", form, value=phones or unknown)]
    lines.append(texts.get("service_hours", form, value=service.hours or unknown))
    website = hit.organization.website
    lines += [texts.get("service_website", form, value=website)] if website else []
    lines.append(_checked(hit, form, texts))
    return readable("\n".join(line for line in lines if line), form)


def _checked(hit: Hit, form: Form, texts: Texts) -> str:
    parts = [] if hit.service.verified == "verified" else [texts.get("service_not_verified", form)]
    parts += [texts.get("service_checked", form, date=texts.day(form, hit.service.last_checked))] if hit.service.last_checked else []
    parts += [texts.get("service_attribution", form, value=hit.service.attribution)] if hit.service.attribution else []
    return "\n".join(parts)
