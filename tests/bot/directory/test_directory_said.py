"""What people read of a service: by appointment, Ramadan, a day off, cost, papers; of a confidential place nothing says where it is."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from bot.directory import organizations, search
from bot.directory.card import card
from bot.directory.kinds import kind_names
from bot.directory.opening import Opening
from bot.directory.presentation import details_text, list_text, name_of
from bot.directory.search import Hit
from bot.faq.days import today
from bot.language.bidi import ltr
from bot.language.forms import FORMS, RTL, Form
from bot.settings import ROOT
from bot.tables import Organization, Service
from bot.texts import Texts

TEXTS = Texts.load(ROOT / "data")
LISTS: dict[str, Any] = {"offers": {}, "audience": {}, "warnings": {}, "languages": [], "covers": [], "phones": [], "sources": []}

PHONE = [{"number": "0528000000"}]


def hit(opening: Opening, **changed: Any) -> Hit:
    more = {
        "eligible": [],
        "documents": {},
        "cost": {},
        "hours": "",
        "town_name": "",
        "address": "",
        "attribution": "",
        "status": "active",
        "special_hours": [],
    }
    plain = {"names": {"fr": "Permanence"}, "verified": "verified", "categories": [], "hidden_place": False, **LISTS, **more}
    return Hit(Service(id="s", **(plain | changed)), Organization(id="o", names={}, website=""), None, opening, False)


def line(opening: Opening) -> str:
    return list_text([hit(opening)], "", "fr", TEXTS)


def test_a_line_says_which_of_the_states_it_is() -> None:
    assert "ouvert maintenant" in line(Opening("open")) and "fermé maintenant" in line(Opening("closed"))
    assert "sur rendez-vous" in line(Opening("appointment")) and "fermé" not in line(Opening("appointment"))
    assert "horaires à vérifier" in line(Opening("unknown", "ramadan")) and "(" not in line(Opening("unknown"))


def test_where_it_was_asked_what_is_open_unknown_hours_are_said() -> None:
    asked = [replace(hit(Opening("unknown", why), phones=PHONE), unsure=True) for why in ("usual", "ramadan")]
    said = list_text(asked, "", "fr", TEXTS)
    assert said.count("horaires inconnus : appelez d'abord") == 1 and "horaires à vérifier" in said


CALLS = {"fr": ("appelez",), "en": ("call",), "ar": ("اتصل", "الاتصال"), "ary-Arab": ("عيط",), "ary-Latn": ("3eyyet",)}
WITHOUT_NUMBER: list[tuple[Opening, dict[str, Any]]] = [
    (Opening("unknown"), {"verified": "osm"}),
    (Opening("unknown", "ramadan"), {"verified": "partly", "last_checked": today()}),
    (Opening("unknown"), {"hidden_place": True}),
]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("opening", "known"), WITHOUT_NUMBER)
def test_nobody_is_told_to_call_where_no_number_is_known(form: Form, opening: Opening, known: dict[str, Any]) -> None:
    def said(**phones: Any) -> str:
        place = replace(hit(opening, **known, **phones), unsure=True)
        return (list_text([place], "", form, TEXTS) + details_text(place, form, TEXTS)).lower()

    assert not any(word in said() for word in CALLS[form]) and any(word in said(phones=PHONE) for word in CALLS[form])


def test_where_one_of_a_list_has_a_number_calling_may_help() -> None:
    places = [hit(Opening("unknown"), verified="osm"), hit(Opening("unknown"), verified="osm", phones=PHONE)]
    assert "Appelez ou renseignez-vous" in list_text(places, "", "fr", TEXTS)


NAMELESS = {"fr": "Pharmacie sans nom", "en": "Pharmacy without a name", "ar": "صيدلية بدون اسم"}


@pytest.mark.parametrize("form", FORMS)
def test_a_place_without_a_name_is_told_by_its_kind(form: Form) -> None:
    place = replace(hit(Opening("unknown"), names={"fr": "", "ar": ""}, categories=["pharmacy"]), km=0.3)
    place.service.id = "osm-node-3167285132"
    said = list_text([place], "", form, TEXTS), details_text(place, form, TEXTS), card(place, form, ROOT / "data").name
    assert all(kind_names(ROOT / "data", form)["pharmacy"] in text and "osm" not in text for text in said)
    assert all(NAMELESS.get(form, "") in text for text in said)
    other = replace(place, service=Service(id="osm-node-1", names={}, categories=["no_kind_of_ours"]))
    assert name_of(other, form) == TEXTS.get("service_nameless_place", form)


@pytest.mark.parametrize("form", FORMS)
def test_the_details_lead_to_the_place_on_a_map(form: Form) -> None:
    at = {"latitude": 30.4123456, "longitude": -9.6}
    link = "https://www.openstreetmap.org/?mlat=30.41235&mlon=-9.60000#map=18/30.41235/-9.60000"
    place = hit(Opening("unknown"), **at)
    said = details_text(place, form, TEXTS)
    assert (ltr(link) if form in RTL else link) in said and "openstreetmap.org" not in list_text([place], "", form, TEXTS)
    assert "openstreetmap" not in details_text(hit(Opening("unknown")), form, TEXTS)
    assert "openstreetmap" not in details_text(hit(Opening("unknown"), hidden_place=True, **at), form, TEXTS)


@pytest.mark.parametrize(
    ("opening", "said"),
    [
        (Opening("closed", "special"), "Fermé aujourd'hui."),
        (Opening("open", "special", "10:00-12:00"), "Aujourd'hui : 10:00-12:00"),
        (Opening("closed", "holiday"), "Fermé aujourd'hui : jour férié."),
        (Opening("closed", "holiday", "10:00-12:00"), "Aujourd'hui : 10:00-12:00"),
        (Opening("unknown", "ramadan"), "Ramadan : les horaires changent."),
        (Opening("open", "ramadan", "Mo-Fr 09:00-15:00"), "Ramadan : lundi - vendredi 09:00-15:00"),
        (Opening("closed", "ramadan"), "Fermé pendant le ramadan."),
    ],
)
def test_what_is_different_today(opening: Opening, said: str) -> None:
    assert said in details_text(hit(opening, hours="Mo-Fr 08:30-16:30"), "fr", TEXTS)
    assert "lundi - vendredi 08:30-16:30" in details_text(hit(opening, hours="Mo-Fr 08:30-16:30"), "fr", TEXTS)


@pytest.mark.parametrize("form", FORMS)
def test_the_details_say_all_that_is_known_in_every_form(form: str) -> None:
    known = {"by_appointment": True, "free": True, "accessible": False, "eligible": ["no_papers"], "languages": ["wo"]}
    known |= {"documents": {form: "DOC"}, "cost": {form: "COST"}, "phones": [{"number": "8350", "note": "NOTE"}]}
    text = details_text(hit(Opening("appointment"), **known), form, TEXTS)  # type: ignore[arg-type]
    for key in ("service_free", "service_not_accessible"):
        assert TEXTS.get(key, form) in text
    assert TEXTS.get("service_by_appointment", form).lower() in text.lower() and all(word in text for word in ("DOC", "COST", "NOTE"))


@pytest.mark.parametrize(
    ("town", "typed", "address", "said"),
    [
        ("inezgane", "", "12 rue de la Paix", "12 rue de la Paix, Inezgane"),
        ("inezgane", "Inezgane", "12 rue de la Paix, Inezgane", "12 rue de la Paix, Inezgane"),
        ("", "Casablanca", "2 rue Abou Faid", "2 rue Abou Faid, Casablanca"),
        ("inezgane", "Inezgane centre", "", "Inezgane"),
    ],
)
def test_the_town_is_said_once_as_it_is_called(town: str, typed: str, address: str, said: str) -> None:
    place = hit(Opening("unknown"), town=town, town_name=typed, address=address)
    assert f"Adresse : {said}\n" in details_text(place, "fr", TEXTS)


def test_in_a_list_the_town_is_called_as_in_the_form_of_the_person() -> None:
    place = hit(Opening("unknown"), town="inezgane", town_name="Inezgane")
    assert "(Inezgane)" in list_text([place], "", "fr", TEXTS) and "إنزكان" in list_text([place], "", "ar", TEXTS)


def test_staff_are_told_the_town_and_the_hours_as_people_are() -> None:
    place = hit(Opening("unknown"), town="inezgane", hours="Mo-Fr 08:30-16:30")
    said = {lang: card(place, lang, ROOT / "data") for lang in ("fr", "ar")}
    assert (said["fr"].town, said["fr"].hours) == ("Inezgane", "lundi - vendredi 08:30-16:30")
    assert said["ar"].town == "إنزكان" and "الاثنين" in said["ar"].hours
    special = card(hit(Opening("unknown"), hours="Jan-Mar Mo 10:00-12:00", town_name="Casablanca"), "fr", ROOT / "data")
    assert special.town == "Casablanca" and special.hours
    assert card(hit(Opening("unknown"), town_name="Talborjt", hidden_place=True), "fr", ROOT / "data").town == ""


@pytest.mark.parametrize(
    ("verified", "said", "never"),
    [
        ("verified", "Dernière vérification", "Non vérifié"),
        ("partly", "Vérifié en partie le", "Non vérifié"),
        ("osm", "Non vérifié", "vérification"),
    ],
)
def test_how_far_it_was_verified_is_said_once(verified: str, said: str, never: str) -> None:
    text = details_text(hit(Opening("unknown"), verified=verified, last_checked=today()), "fr", TEXTS)
    assert said in text and never not in text


def test_how_long_it_is_closed_or_still_there_is_said() -> None:
    strike = {"first": (today() - timedelta(1)).isoformat(), "last": (today() + timedelta(3)).isoformat(), "hours": ""}
    text = details_text(hit(Opening("closed", "special"), special_hours=[strike], ends_on=today() + timedelta(90)), "fr", TEXTS)
    assert f"Fermé jusqu'au {TEXTS.day('fr', today() + timedelta(3))}." in text
    assert f"Jusqu'au {TEXTS.day('fr', today() + timedelta(90))}." in text


def test_what_is_not_known_is_not_said() -> None:
    text = details_text(hit(Opening("unknown")), "fr", TEXTS)
    assert "fauteuil" not in text and "gratuit" not in text and "rendez-vous" not in text and "Horaires : inconnu" in text


def test_an_old_list_leads_to_the_truth() -> None:
    assert "Fermé pour le moment." in details_text(hit(Opening("closed", "paused"), status="paused"), "fr", TEXTS)
    for gone in ({"status": "ended"}, {"ends_on": today() - timedelta(1)}):
        assert "n'est plus proposé" in details_text(hit(Opening("unknown"), **gone), "fr", TEXTS)


def test_a_confidential_place_is_not_said_whatever_stands_in_the_table(session: Session) -> None:
    session.add(Organization(id="o", names={}))
    session.flush()
    place: dict[str, Any] = {"address": "7, rue des Orangers", "town_name": "Talborjt", "latitude": 30.4123, "longitude": -9.6123}
    session.add(
        Service(id="s", organization_id="o", names={"fr": "Abri"}, categories=["x"], verified="partly", hidden_place=True, **LISTS, **place)
    )
    session.flush()
    found = search.search(session, search.Query("x", point=search.Point(30.41, -9.61)))[0]
    found += search.search(session, search.Query("x"))[0]
    for form in FORMS:
        said = "".join([*(details_text(hit, form, TEXTS) for hit in found), list_text(found, "", form, TEXTS)])
        assert not any(word in said for word in ("Orangers", "Talborjt", "30.4", "km", "http"))


def test_an_organisation_without_a_name_is_told_by_the_kind_of_its_public_place(session: Session) -> None:
    owners = {"osm-node-1": {"fr": ""}, "osm-node-2": {}, "osm-node-3": {}, "amal": {"fr": "Amal"}}
    session.add_all(Organization(id=key, names=names) for key, names in owners.items())
    session.flush()
    kept: dict[str, Any] = {"names": {}, "verified": "osm", **LISTS}
    kinds = {"osm-node-1": ["pharmacy"], "osm-node-2": ["shelter_food"], "amal": ["hospital"]}
    session.add_all(
        Service(id=key, organization_id=key, categories=of, hidden_place=key == "osm-node-2", **kept) for key, of in kinds.items()
    )
    session.flush()
    said = {one.id: one.name for one in organizations.listed(session, "", "fr")}
    unknown = "Lieu sans nom"
    assert said == {"amal": "Amal", "osm-node-1": "Pharmacie sans nom", "osm-node-2": unknown, "osm-node-3": unknown}
    assert {key: organizations.name_of(session, session.get_one(Organization, key), "fr") for key in owners} == said
