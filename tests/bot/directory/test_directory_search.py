"""Search: by distance, by town, open now, pages; hidden places stay hidden."""

from datetime import datetime
from itertools import count
from typing import Any

import pytest
from sqlalchemy.orm import Session

from bot.clock import TIME_ZONE
from bot.directory.card import card
from bot.directory.place import Point, distance_km
from bot.directory.search import MOST, Hit, Query, by_words, get, of_unknown_hours, search
from bot.errors import NotFound
from bot.settings import ROOT
from bot.tables import Organization, Service

KIND = "kind-of-this-test"
HERE = Point(30.42, -9.60)
MONDAY_TEN = datetime(2026, 11, 23, 10, tzinfo=TIME_ZONE)
_numbers = count()


def add(session: Session, key: str, **changed: Any) -> None:
    organisation = f"organisation-{next(_numbers)}"
    session.add(Organization(id=organisation, names={"fr": key}))
    session.flush()
    fields: dict[str, Any] = {
        "categories": [KIND],
        "names": {"fr": key},
        "offers": {},
        "audience": {},
        "warnings": {},
        "languages": [],
        "covers": [],
        "phones": [],
        "verified": "partly",
        "sources": [],
    }
    session.add(Service(id=key, organization_id=organisation, **(fields | changed)))
    session.flush()


def found(session: Session, **query: Any) -> list[Hit]:
    return search(session, Query(KIND, **query))[0]


def ids(hits: list[Hit]) -> list[str]:
    return [hit.service.id for hit in hits]


def test_distance() -> None:
    """Agadir (Hassan II) to Tiznit (Hassan 1er), about 82.5 km."""
    assert distance_km(Point(30.436444, -9.590631), Point(29.705724, -9.742336)) == pytest.approx(82.6, abs=0.5)
    assert distance_km(HERE, HERE) == 0


def test_near_a_point_the_nearest_comes_first(session: Session) -> None:
    add(session, "far", latitude=30.50, longitude=-9.60)
    add(session, "near", latitude=30.43, longitude=-9.60, verified="name-only")
    hits = found(session, point=HERE)
    assert ids(hits) == ["near", "far"] and hits[0].km == pytest.approx(1.1, abs=0.1)


def test_without_coordinates_after_those_nearby_and_before_another_city(session: Session) -> None:
    add(session, "unknown-place", town="agadir", verified="verified")
    add(session, "near", latitude=30.43, longitude=-9.60, verified="osm")
    add(session, "capital", latitude=33.97, longitude=-6.88, verified="verified")
    hits = found(session, point=HERE)
    assert ids(hits) == ["near", "unknown-place", "capital"]
    assert [hit.elsewhere for hit in hits] == [False, False, True]


def test_own_town_then_those_that_cover_it(session: Session) -> None:
    add(session, "everywhere", covers=["all"], verified="verified")
    add(session, "neighbour", town="agadir", covers=["tiznit"])
    add(session, "own", town="tiznit", verified="name-only")
    add(session, "other", town="agadir")
    assert ids(found(session, town="tiznit")) == ["own", "everywhere", "neighbour"]


def test_verified_first(session: Session) -> None:
    for verified in ("name-only", "osm", "partly", "verified"):
        add(session, verified, town="agadir", verified=verified)
    hits, more = search(session, Query(KIND, town="agadir"))
    assert ids(hits) == ["verified", "partly", "osm"] and more


def test_elsewhere_only_when_there_is_none_here(session: Session) -> None:
    add(session, "other", town="agadir")
    hits = found(session, town="tiznit")
    assert ids(hits) == ["other"] and hits[0].elsewhere
    add(session, "own", town="tiznit")
    assert [(hit.service.id, hit.elsewhere) for hit in found(session, town="tiznit")] == [("own", False)]


def test_elsewhere_the_region_comes_before_the_rest_of_the_country(session: Session) -> None:
    add(session, "capital", verified="verified")
    add(session, "region", town="agadir", verified="name-only")
    assert ids(found(session, town="tiznit")) == ["region", "capital"]


def test_elsewhere_the_next_town_comes_first(session: Session) -> None:
    add(session, "agadir-one", town="agadir", verified="verified")
    add(session, "taroudant-one", town="taroudant", verified="verified")
    add(session, "next", town="inezgane", verified="name-only")
    assert ids(found(session, town="ait_melloul")) == ["next", "agadir-one", "taroudant-one"]


def test_pages(session: Session) -> None:
    for n in range(7):
        add(session, f"s{n}", town="agadir")
    pages = [search(session, Query(KIND, town="agadir", page=page)) for page in range(4)]
    assert [len(hits) for hits, _ in pages] == [3, 3, 1, 0]
    assert [more for _, more in pages] == [True, True, False, False]
    assert len({hit.service.id for hits, _ in pages for hit in hits}) == 7


def test_open_at_keeps_only_known_open(session: Session) -> None:
    add(session, "open", town="agadir", hours="Mo-Fr 09:00-15:00")
    add(session, "closed", town="agadir", hours="Sa 09:00-15:00")
    add(session, "unknown", town="agadir")
    hits = found(session, town="agadir", open_at=MONDAY_TEN)
    assert ids(hits) == ["open"] and hits[0].open_now is True


def test_what_may_be_open_comes_after_what_is_and_before_another_town(session: Session) -> None:
    add(session, "unknown-first", town="tiznit", verified="verified")
    add(session, "open", town="tiznit", hours="24/7", verified="name-only")
    add(session, "closed", town="tiznit", hours="Sa 09:00-15:00")
    add(session, "appointment", town="tiznit", by_appointment=True)
    add(session, "elsewhere", town="agadir", hours="24/7")
    asked = {"open_at": MONDAY_TEN, "states": ("open", "unknown")}
    hits = found(session, town="tiznit", **asked)
    assert [(hit.service.id, hit.unsure) for hit in hits] == [("open", False), ("unknown-first", True)]
    assert of_unknown_hours(session, Query(KIND, town="tiznit", open_at=MONDAY_TEN)) == 1
    assert ids(found(session, town="tiznit", open_at=MONDAY_TEN, states=("unknown",))) == ["unknown-first"]
    assert not any(hit.unsure for hit in found(session, town="tiznit"))


def test_near_a_point_what_may_be_open_comes_before_another_city(session: Session) -> None:
    add(session, "unknown", latitude=30.43, longitude=-9.60)
    add(session, "open", latitude=30.50, longitude=-9.60, hours="24/7")
    add(session, "capital", latitude=33.97, longitude=-6.88, hours="24/7")
    hits = found(session, point=HERE, open_at=MONDAY_TEN, states=("open", "unknown"))
    assert ids(hits) == ["open", "unknown", "capital"] and [hit.elsewhere for hit in hits] == [False, False, True]
    assert of_unknown_hours(session, Query(KIND, point=HERE, open_at=MONDAY_TEN)) == 1


def test_open_elsewhere_when_all_are_closed_here(session: Session) -> None:
    add(session, "closed", town="tiznit", hours="Sa 09:00-15:00")
    add(session, "open", town="agadir", hours="24/7")
    hits = found(session, town="tiznit", open_at=MONDAY_TEN)
    assert ids(hits) == ["open"] and hits[0].elsewhere


def test_a_hidden_place_has_no_distance_even_if_somebody_entered_one(session: Session) -> None:
    add(session, "shelter", town="agadir", hidden_place=True, latitude=30.42, longitude=-9.60)
    assert found(session, point=HERE)[0].km is None


def test_a_service_without_the_category_is_not_found(session: Session) -> None:
    add(session, "other-kind", categories=["something"], town="agadir")
    add(session, "two-kinds", categories=["something", KIND], town="agadir")
    assert ids(found(session, town="agadir")) == ["two-kinds"]


@pytest.mark.parametrize("text", ["'; DROP TABLE service; --", '"]', "%", ""])
def test_odd_words_find_nothing_and_break_nothing(session: Session, text: str) -> None:
    add(session, "s", town="agadir")
    assert search(session, Query(text or "-", town=text)) == ([], False)


def test_get(session: Session) -> None:
    add(session, "s", hours="24/7")
    hit = get(session, "s")
    assert hit.service.id == "s" and hit.organization.names == {"fr": "s"} and hit.open_now is True and not hit.elsewhere


def test_get_unknown(session: Session) -> None:
    with pytest.raises(NotFound):
        get(session, "no such service")


# --- For staff


def words(session: Session, text: str, kind: str = KIND, town: str = "") -> list[str]:
    return ids(by_words(session, text, Query(kind, town)))


@pytest.mark.parametrize("text", ["foyer", "FOYER femme", "l'ecoute", "écoute", "ecout", "المركز", "مركز الاستماع", "inezgane foyer", ""])
def test_words_are_found_in_names_offers_and_town(session: Session, text: str) -> None:
    names, offers = {"fr": "Foyer des femmes", "ar": "مركز الاستماع"}, {"fr": "Accueil et lieu d'écoute : l'écoute est gratuite"}
    add(session, "a", names=names, offers=offers, town="inezgane", town_name="Inezgane")
    add(session, "b", names={"fr": "Pharmacie"}, categories=["another"])
    assert words(session, text) == ["a"]


@pytest.mark.parametrize("text", ["foyer pharmacie", "xyz"])
def test_all_words_must_be_there(session: Session, text: str) -> None:
    add(session, "a", names={"fr": "Foyer des femmes"})
    assert words(session, text) == []


def test_without_a_kind_all_kinds_are_searched_and_the_best_known_comes_first(session: Session) -> None:
    add(session, "a", names={"fr": "Foyer un"}, verified="name-only")
    add(session, "b", names={"fr": "Foyer deux"}, categories=["another"], verified="verified")
    assert words(session, "foyer", "") == ["b", "a"] and words(session, "foyer") == ["a"]


def test_what_is_in_the_town_comes_alone_when_there_is_something(session: Session) -> None:
    add(session, "a", names={"fr": "Foyer un"}, town="inezgane")
    add(session, "b", names={"fr": "Foyer deux"}, town="tiznit")
    assert words(session, "foyer", "", "tiznit") == ["b"]


def test_a_list_for_staff_has_an_end(session: Session) -> None:
    for n in range(MOST + 3):
        add(session, f"s{n}")
    assert len(words(session, "")) == MOST


def test_nobody_learns_from_a_card_where_a_confidential_place_is(session: Session) -> None:
    where = {"address": "7, rue des Orangers", "town": "agadir", "town_name": "Talborjt", "latitude": 30.4, "longitude": -9.6}
    add(session, "a", hidden_place=True, phones=[{"number": "8350"}], **where)
    found = card(get(session, "a"), "ar", ROOT / "data")
    assert found.hidden and found.address == "" and "Orangers" not in repr(found) and found.phones == ("8350",)
    assert found.town == "أكادير" and "Talborjt" not in repr(found)


def test_no_word_of_its_place_finds_a_confidential_place(session: Session) -> None:
    where = {"address": "7, rue des Orangers", "town_name": "Talborjt"}
    add(session, "a", hidden_place=True, names={"fr": "Foyer"}, **where)
    add(session, "b", names={"fr": "Foyer"}, **where)
    assert words(session, "talborjt") == ["b"] and words(session, "orangers") == [] and sorted(words(session, "foyer")) == ["a", "b"]


def test_a_card_is_in_the_language_asked_for_else_in_french(session: Session) -> None:
    add(
        session,
        "a",
        names={"fr": "Foyer", "ar": "مأوى"},
        offers={"fr": "Un lit", "ar": "سرير"},
        audience={"fr": "Femmes"},
        categories=["shelter_food"],
    )
    found = card(get(session, "a"), "ar", ROOT / "data")
    assert (found.name, found.offers, found.audience, found.hours, found.state, found.address) == (
        "مأوى",
        "سرير",
        "Femmes",
        "",
        "unknown",
        "",
    )
    assert found.kinds and found.kinds != ("shelter_food",)
