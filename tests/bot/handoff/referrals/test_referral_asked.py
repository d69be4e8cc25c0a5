"""Nothing is told to a service that the person did not read; who may ask, where, and how often."""

from datetime import datetime, timedelta, timezone

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db import Database
from bot.errors import Conflict, Refused
from bot.handoff import referrals, sharing
from bot.handoff.sharing import Shared
from bot.language.bidi import LRI
from bot.tables import Case, Referral, Staff
from bot.texts import Texts
from tests.bot.handoff.referrals.referring import SHARED, Ask, add_service, proposed, state
from tests.story import AtOnce, Somebody, hire

# --- What is shared


def test_the_person_reads_exactly_what_would_be_told(session: Session, directory: None) -> None:
    assert proposed(session).question.split("\n") == [
        "Puis-je transmettre ceci à « Dar dar-x » ?",
        "Prénom : Awa",
        "Langue : Français",
        "Sujet : Soins gratuits",
        "Ville : Inezgane",
        "Message : Elle a un bébé.",
        "Rien d'autre n'est transmis. Vous pouvez dire non.",
    ]


@pytest.mark.parametrize("form", ["en", "ar", "ary-Arab", "ary-Latn"])
def test_it_is_said_in_the_form_of_the_person(session: Session, directory: None, texts: Texts, form: str) -> None:
    found = proposed(session, form=form)
    town = {"en": "Inezgane", "ary-Latn": "Inezgane"}.get(form, "إنزكان")
    assert found.form == form and texts.get("referral_place", form, value=town) in found.told.replace(LRI, "")
    assert found.choices == (texts.get("yes", form), texts.get("no", form)) and found.told in found.question


def test_what_is_not_ticked_is_not_told(session: Session, directory: None) -> None:
    assert proposed(session, Shared(language="fr")).told == "Langue : Français"


def test_with_nothing_to_tell_nobody_is_asked(session: Session, directory: None) -> None:
    with pytest.raises(Refused, match="nothing_shared"):
        proposed(session, Shared())


@pytest.mark.parametrize("topic", ["gone", "../x"])
def test_an_entry_that_is_not_published_is_left_out(session: Session, directory: None, topic: str) -> None:
    assert proposed(session, Shared(language="fr", topic=topic, place="nowhere")).told == "Langue : Français"


def test_what_was_typed_is_tidied(session: Session) -> None:
    found = Shared.of({"name": " Awa\n\u202e Diop " + "x" * 99, "note": "a" * 999, "other": "x"})
    assert found.name.startswith("Awa Diop") and len(found.name) == sharing.LONGEST_NAME and len(found.note) == sharing.LONGEST_NOTE


def test_what_is_kept_is_encrypted_and_is_what_was_read(db: Database, ask: Ask) -> None:
    made = ask()
    with db.begin() as session:
        row = session.get_one(Referral, made)
        kept = referrals.kept(session, row)
        assert kept["told"] == proposed(session).told and Shared.of(kept["shared"]) == SHARED and b"Awa" not in row.shared_sealed


# --- Asked


def test_the_question_is_said_by_the_caseworker_with_two_buttons(db: Database, ask: Ask, somebody: Somebody, worker: Staff) -> None:
    made = ask()
    row = somebody.outbound()[-1]
    with db.begin() as session:
        assert somebody.heard()[-1] == proposed(session).question
    assert (row.actor, row.staff_id, row.state) == ("person", worker.id, "queued")
    assert [(o.title, o.data) for o in somebody.options()] == [("Oui", {"id": made, "yes": True}), ("Non", {"id": made, "yes": False})]
    assert state(db, made) == "asked"


def test_with_the_question_nothing_is_due_any_more(ask: Ask, somebody: Somebody) -> None:
    ask()
    case = somebody.case()
    assert case is not None and case.due_at is None and case.answered_at is not None


def test_only_who_answers_may_ask(db: Database, number: int) -> None:
    other = hire(db, "Yassine")
    with db.begin() as session, pytest.raises(Conflict, match="not_yours"):
        referrals.ask(session, other, number, proposed(session))


def test_of_a_waiting_case_nobody_may_ask(db: Database, somebody: Somebody, worker: Staff) -> None:
    number = somebody.asks_for_a_person()
    with db.begin() as session, pytest.raises(Conflict, match="not_yours"):
        referrals.ask(session, worker, number, proposed(session))


def test_the_same_question_is_not_asked_twice(ask: Ask, somebody: Somebody) -> None:
    ask()
    with pytest.raises(Conflict, match="already"):
        ask()
    assert len(somebody.heard()) == 2  # a caseworker has joined; the question


def test_two_forms_at_once_ask_once(db: Database, ask: Ask) -> None:
    with AtOnce() as both:
        runs = [both.start(ask) for _ in range(2)]
    assert sorted(type(run.exception()).__name__ for run in runs) == ["Conflict", "NoneType"]


def test_another_service_may_be_asked_about(db: Database, ask: Ask) -> None:
    add_service(db, "other")
    assert ask() != ask(service="other")


def test_where_it_is_not_safe_to_write_nothing_is_asked_in_the_chat(db: Database, ask: Ask, somebody: Somebody) -> None:
    somebody.change(safe=False)
    heard = somebody.heard()
    with pytest.raises(Refused, match="not_safe"):
        ask()
    assert somebody.heard() == heard and state(db, ask(how="phone")) == "agreed"


def test_behind_a_closed_window_nothing_is_asked(db: Database, ask: Ask, somebody: Somebody) -> None:
    """The page offers another way there to reach the person."""
    somebody.change(channel="whatsapp", last_inbound_at=datetime.now(timezone.utc) - timedelta(days=2))
    with db.begin() as session, pytest.raises(Refused, match="window_closed"):
        referrals.ask(session, *asked_by(session), proposed(session))
    with db.begin() as session:
        assert referrals.ask(session, *asked_by(session), proposed(session), "phone").state == "agreed"


def asked_by(session: Session) -> tuple[Staff, int]:
    """Who has the one case, and its number."""
    case = session.scalars(select(Case)).one()
    return session.get_one(Staff, case.assignee_id), case.id
