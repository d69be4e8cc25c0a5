"""What a caseworker may insert: in the person's form, word for word as the bot would say it, only of the team of the case."""

from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.db import Database
from bot.directory.presentation import details_text
from bot.directory.search import get as service_hit
from bot.directory.seed import import_directory
from bot.errors import Refused
from bot.faq import entries
from bot.faq.presentation import answer_text
from bot.handoff import canned, cases, inserts
from bot.handoff.inserts import FaqWords, Insert, Writer
from bot.language.forms import Form
from bot.staff import teams
from bot.tables import Canned, Case, EntryRow, Service, Staff, Team
from bot.texts import Texts
from bot.understanding.corpus import seed_entries
from bot.understanding.understand import Understanding
from tests.content import publish
from tests.story import DATA, Somebody, hire, seen

WANTED = {"residence_renewal", "health_emergency_care", "school_enrol"}
SEEDS = [entry for entry in seed_entries(DATA) if entry["id"] in WANTED]


@pytest.fixture
def case(db: Database, somebody: Somebody) -> Case:
    """There is a case, and something to answer it with."""
    number = somebody.asks_for_a_person()
    with db.begin() as session:
        entries.import_entries(session, SEEDS)
        import_directory(session, DATA)
        canned.import_seeds(session, DATA)
        return cases.get(session, number)


@pytest.fixture
def worker(db: Database) -> Staff:
    return hire(db)


def find(session: Session, case: Case, worker: Staff, query: str, form: Form = "fr") -> list[Insert]:
    return inserts.find(session, Writer(worker, case, form, DATA), query, FaqWords())


@pytest.mark.parametrize("form", ["fr", "ary-Latn", "ary-Arab"])
def test_an_answer_of_the_faq_is_inserted_as_the_bot_says_it(session: Session, case: Case, worker: Staff, texts: Texts, form: Form) -> None:
    found = [item for item in find(session, case, worker, "renouveler ma carte", form) if item.kind == "faq"]
    entry = next(e for e in SEEDS if e["id"] == "residence_renewal")
    assert found[0] == Insert("faq", "residence_renewal", entry["titles"][form], answer_text(entry, form, texts, DATA), form)
    assert texts.get("source", form, sources="").strip(" .:") in found[0].text


def test_a_service_is_inserted_with_all_that_is_known(session: Session, case: Case, worker: Staff, texts: Texts) -> None:
    found = [item for item in find(session, case, worker, "sbitar", "ary-Latn") if item.kind == "service"]
    hit = service_hit(session, found[0].id)
    assert "hospital" in hit.service.categories and found[0].text == details_text(hit, "ary-Latn", texts)


def test_the_address_of_a_hidden_place_is_not_inserted(session: Session, case: Case, worker: Staff) -> None:
    session.execute(update(Service).where(Service.categories.contains(["hospital"])).values(hidden_place=True, address="rue secrète"))
    found = find(session, case, worker, "hôpital")
    assert any(item.kind == "service" for item in found) and "rue secrète" not in str(found)


def test_without_words_the_ready_answers_are_offered(session: Session, case: Case, worker: Staff) -> None:
    found = find(session, case, worker, " ")
    assert [item.kind for item in found] == ["canned"] * len(canned.of_team(session, case.team_id))


def test_a_ready_answer_is_filled_in_and_in_the_nearest_form(session: Session, case: Case, worker: Staff) -> None:
    session.execute(update(Canned).values(bodies={"ary-Arab": "سلام {name}، {case}"}))
    found = find(session, case, worker, "", "ary-Latn")[0]
    assert found.form == "ary-Arab" and "Salma" in found.text and str(case.id) in found.text and "{" not in found.text


@pytest.mark.parametrize(
    ("hours", "form", "said"),
    [
        ("", "fr", ""),
        ("Mo-Fr 09:00-17:00", "fr", "lundi - vendredi 09:00-17:00"),
        ("Mo-Th 09:00-12:00,14:00-17:00; Sa 10:00-12:00", "en", "Monday - Thursday 09:00-12:00,14:00-17:00, Saturday 10:00-12:00"),
        ("Mo-Fr 09:00-17:00; PH off", "ary-Latn", "tnin - jjem3a 09:00-17:00"),
        ("week 1-10 Mo 09:00-10:00", "fr", ""),
        ("Mo-Sa", "fr", ""),
    ],
)
def test_the_variables_are_those_of_the_case_and_its_team(
    session: Session, case: Case, worker: Staff, hours: str, form: Form, said: str
) -> None:
    session.execute(update(Team).values(hours=hours))
    session.execute(update(Canned).values(bodies={form: "{name}|{case}|{team}|{hours}"}))
    worker.name = "Salma El Fassi"
    assert find(session, case, worker, "", form)[0].text == f"Salma|{case.id}|{teams.FIRST}|{said}"


def test_ready_answers_of_another_team_are_not_offered(session: Session, case: Case, worker: Staff) -> None:
    other = Team(name="Inezgane")
    session.add(other)
    session.flush()
    session.add(row := Canned(name="seulement eux", team_id=other.id, bodies={"fr": "…"}))
    session.flush()
    assert row.name not in [item.title for item in find(session, case, worker, "seulement eux")]
    with pytest.raises(Refused, match=r"^help\.gone$"):
        inserts.one(session, Writer(worker, case, "fr", DATA), f"canned:{row.id}")


def test_a_changed_answer_is_found_by_its_new_words(session: Session, case: Case, worker: Staff) -> None:
    faq, writer = FaqWords(), Writer(worker, case, "fr", DATA)
    assert inserts.find(session, writer, "xylophone", faq) == []
    body: dict[str, Any] = {**session.get_one(EntryRow, "school_enrol").body}
    publish(session, "school_enrol", body | {"titles": body["titles"] | {"fr": "Le xylophone"}})
    session.flush()
    assert [item.title for item in inserts.find(session, writer, "xylophone", faq)] == ["Le xylophone"]


def test_an_answer_that_is_not_written_in_this_form_is_offered_in_the_nearest_one(
    session: Session, case: Case, worker: Staff, texts: Texts
) -> None:
    body: dict[str, Any] = {**session.get_one(EntryRow, "residence_renewal").body}
    lacking = {part: {form: words for form, words in body[part].items() if form != "ary-Latn"} for part in ("titles", "answers")}
    publish(session, "residence_renewal", body | lacking)
    found = next(item for item in find(session, case, worker, "renouveler ma carte", "ary-Latn") if item.kind == "faq")
    assert (found.form, found.title) == ("fr", body["titles"]["fr"])
    assert found.text == answer_text(body | lacking, "ary-Latn", texts, DATA) and body["answers"]["fr"][:40] in found.text


def test_a_service_is_found_by_its_new_name_and_not_by_the_one_of_before(session: Session, case: Case, worker: Staff) -> None:
    assert find(session, case, worker, "xylophone") == []
    was = session.scalars(select(Service).where(Service.categories.contains(["hospital"])).order_by(Service.id)).first()
    assert was is not None
    before, was.names = was.names, {"fr": "Le xylophone"}
    session.flush()
    assert [item.key for item in find(session, case, worker, "xylophone")] == [f"service:{was.id}"]
    was.names = before
    session.flush()
    assert find(session, case, worker, "xylophone") == []


def test_an_answer_that_is_not_published_is_not_offered(session: Session, case: Case, worker: Staff) -> None:
    session.execute(update(EntryRow).values(state="draft"))
    entries.bump(session)
    assert [item for item in find(session, case, worker, "renouveler ma carte") if item.kind == "faq"] == []


@pytest.mark.parametrize("kind", ["canned", "faq", "service"])
def test_what_a_form_names_is_what_the_list_shows(session: Session, case: Case, worker: Staff, kind: str) -> None:
    listed = [*find(session, case, worker, "hôpital"), *find(session, case, worker, "bonjour")]
    shown = next(item for item in listed if item.kind == kind)
    assert inserts.one(session, Writer(worker, case, "fr", DATA), shown.key) == shown


@pytest.mark.parametrize("key", ["", "canned", "canned:0", "canned:x", "faq:", "faq:nothing", "service:nothing", "staff:1"])
def test_what_is_gone_is_refused(session: Session, case: Case, worker: Staff, key: str) -> None:
    with pytest.raises(Refused, match=r"^help\.gone$"):
        inserts.one(session, Writer(worker, case, "fr", DATA), key)


@pytest.mark.parametrize(("typed", "whole"), [("", "b"), ("  \n", "b"), ("a ", "a\nb"), ("a\n\n", "a\nb")])
def test_what_was_typed_stands_before_what_is_inserted(typed: str, whole: str) -> None:
    assert inserts.joined(typed, Insert("faq", "x", "x", "b", "fr")) == whole


def test_what_is_too_long_for_one_message_is_refused() -> None:
    with pytest.raises(Refused, match=r"^help\.too_long$"):
        inserts.joined("a" * 3999, Insert("faq", "x", "x", "b", "fr"))


# --- Suggested


def suggested(db: Database, case: Case, worker: Staff) -> list[str]:
    with db.begin() as session:
        return [item.id for item in inserts.suggested(session, Writer(worker, case, "fr", DATA))]


def asks(somebody: Somebody, understood: Understanding | None) -> None:
    somebody.write("…")
    somebody.turn(understanding=understood)


def test_what_fits_the_last_message_is_suggested(db: Database, somebody: Somebody, case: Case, worker: Staff) -> None:
    asks(somebody, seen("faq", "school_enrol", candidates=[("school_enrol", 0.8), ("gone", 0.15), ("residence_renewal", 0.12)]))
    assert suggested(db, case, worker) == ["school_enrol", "residence_renewal"]


def test_nothing_is_suggested_when_nothing_fits_or_the_last_message_is_not_read_yet(
    db: Database, somebody: Somebody, case: Case, worker: Staff
) -> None:
    assert suggested(db, case, worker) == []
    asks(somebody, seen("faq", "school_enrol", candidates=[("school_enrol", 0.8)]))
    somebody.write("et pour la carte ?")
    assert suggested(db, case, worker) == []
    somebody.turn(understanding=seen("dialog", "thanks", candidates=[("school_enrol", 0.8)]))
    assert suggested(db, case, worker) == []
    with db.begin() as session:
        assert [item.kind for item in find(session, case, worker, "") if item.kind != "canned"] == []


def test_the_suggestions_stand_in_the_list_before_anything_is_typed(db: Database, somebody: Somebody, case: Case, worker: Staff) -> None:
    asks(somebody, seen("faq", "school_enrol", candidates=[("school_enrol", 0.8)]))
    with db.begin() as session:
        assert find(session, case, worker, "")[-1].key == "faq:school_enrol"
