"""Referrals: nothing is told to a service that the person did not read and agree to; every change is made once, and recorded."""

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from itertools import pairwise

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.db import Database
from bot.errors import Conflict, NotFound, Refused
from bot.handoff import cases, referrals, sharing
from bot.handoff.cases import Ending
from bot.handoff.sharing import Reader, Shared
from bot.language.bidi import LRI
from bot.messages import PRACTICE
from bot.messaging import conversations, outbox, turns
from bot.messaging.turns import Outcome
from bot.messaging.without_bot import answer
from bot.privacy import forget
from bot.tables import AuditRow, Case, EntryRow, Organization, Referral, Service, Staff, Team
from bot.texts import Texts
from tests.story import DATA, AtOnce, Somebody, hire, listening, result, system

SHARED = Shared(name="Awa", language="fr", topic="health_free", place="inezgane", note="Elle a un bébé.")
SERVICE = "dar-x"


@pytest.fixture
def directory(db: Database) -> None:
    add_service(db, SERVICE)
    titles = {"fr": "Soins gratuits", "en": "Free care", "ar": "علاج مجاني", "ary-Arab": "الدوا فابور", "ary-Latn": "Dwa fabor"}
    with db.begin() as session:
        session.add(EntryRow(id="health_free", topic="health", body={"titles": titles}, seed_hash=""))


def add_service(db: Database, name: str) -> None:
    empty: dict[str, object] = {"offers": {}, "audience": {}, "warnings": {}, "languages": [], "covers": [], "phones": [], "sources": []}
    names = {"fr": f"Dar {name}", "ar": "دار"}
    with db.begin() as session:
        session.add(Organization(id=f"org-{name}", names={"fr": "Organisation"}))
        session.flush()
        session.add(Service(id=name, organization_id=f"org-{name}", categories=["shelter_food"], names=names, verified="partly", **empty))


@pytest.fixture
def somebody(db: Database, directory: None) -> Somebody:
    found = Somebody(db)
    found.write("bonjour")
    found.turn()
    found.change(form="fr")
    return found


@pytest.fixture
def worker(db: Database) -> Staff:
    return hire(db)


@pytest.fixture
def number(db: Database, somebody: Somebody, worker: Staff, texts: Texts) -> int:
    """A case that the worker has."""
    found = somebody.asks_for_a_person()
    with db.begin() as session:
        cases.take(session, worker, found, texts)
    return found


Ask = Callable[..., int]


@pytest.fixture
def ask(db: Database, worker: Staff, number: int) -> Ask:
    def asking(how: str = "", shared: Shared = SHARED, service: str = SERVICE) -> int:
        with db.begin() as session:
            return referrals.ask(session, worker, number, proposed(session, shared, service=service), how).id

    return asking


def proposed(session: Session, shared: Shared = SHARED, form: str = "fr", service: str = SERVICE) -> sharing.Proposal:
    return sharing.propose(session, service, shared, Reader(form, DATA))


def state(db: Database, referral_id: int) -> str:
    with db.begin() as session:
        return session.get_one(Referral, referral_id).state


def step(db: Database, staff: Staff, referral_id: int, *change: str) -> None:
    for was, to in pairwise(change):
        with db.begin() as session:
            referrals.step(session, staff, referral_id, (was, to))


def take_turn(somebody: Somebody, texts: Texts) -> Outcome:
    """What a worker does with a message while a person speaks or is waited for."""
    work = somebody.load()
    outcome = answer(work, None, texts, DATA)
    somebody.finish(work, *outcome.replies, effects=outcome.effects)
    return outcome


def press(somebody: Somebody, texts: Texts, yes: bool) -> str:
    """Press a button of the last question; what the person is told then."""
    chosen = next(o for o in somebody.options() if o.intent == "referral_answer" and o.data["yes"] is yes)
    somebody.press(chosen.token)
    take_turn(somebody, texts)
    return somebody.heard()[-1]


def steps(db: Database, referral_id: int) -> list[tuple[str, str]]:
    with db.begin() as session:
        return [(s.action, s.name) for s in referrals.history(session, session.get_one(Referral, referral_id))]


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


# --- Answered by the person


@pytest.mark.parametrize(("yes", "to"), [(True, "agreed"), (False, "refused")])
def test_the_answer_is_noted_and_the_person_is_told(
    db: Database, ask: Ask, somebody: Somebody, texts: Texts, worker: Staff, yes: bool, to: str
) -> None:
    made = ask()
    assert press(somebody, texts, yes) == texts.say(f"referral_{to}", "fr")
    assert state(db, made) == to and steps(db, made) == [("asked", worker.name), (to, "")]


def test_the_case_hears_of_it_at_once(db: Database, ask: Ask, somebody: Somebody, texts: Texts) -> None:
    ask()
    with listening(db, "console") as heard:
        press(somebody, texts, True)
        assert str(somebody.conversation().id) in heard()


def test_it_may_be_answered_while_the_case_waits_again(db: Database, ask: Ask, somebody: Somebody, texts: Texts, number: int) -> None:
    made = ask()
    with db.begin() as session:
        cases.to_queue(session, cases.lock(session, number))
    press(somebody, texts, True)
    assert state(db, made) == "agreed"


def test_the_last_answer_counts(db: Database, ask: Ask, somebody: Somebody, texts: Texts) -> None:
    made = ask()
    told = [press(somebody, texts, yes) for yes in (False, True, True, False)]
    ends = ("refused", "agreed", "agreed", "refused")
    assert told == [texts.say(f"referral_{end}", "fr") for end in ends] and state(db, made) == "refused"
    assert [what for what, _ in steps(db, made)] == ["asked", "refused", "agreed", "refused"]


@pytest.mark.parametrize("words", ["oui", "1", "Oui !"])
def test_a_typed_yes_answers_the_question(db: Database, ask: Ask, somebody: Somebody, texts: Texts, words: str) -> None:
    made = ask()
    somebody.write(words)
    take_turn(somebody, texts)
    assert state(db, made) == "agreed"


def test_a_typed_yes_to_a_later_question_of_the_caseworker_agrees_to_nothing(
    db: Database, ask: Ask, somebody: Somebody, texts: Texts, worker: Staff, number: int
) -> None:
    made = ask()
    with db.begin() as session:
        cases.reply(session, worker, number, "Avez-vous des enfants ?")
    for words in ("oui", "1"):
        somebody.write(words)
        assert take_turn(somebody, texts).effects == []
    assert state(db, made) == "asked"
    assert press(somebody, texts, True) == texts.say("referral_agreed", "fr")  # the button itself still says what it means


def test_the_button_is_good_for_days_but_a_typed_word_is_not(db: Database, ask: Ask, somebody: Somebody, texts: Texts) -> None:
    """Both a day and more after it was sent; it may also have been held back that long before."""
    made = ask()
    with db.begin() as session:
        session.execute(update(outbox.OutboundRow).values(created_at="2026-01-01", sent_at="2026-01-02"))
    somebody.write("oui")
    take_turn(somebody, texts)
    assert state(db, made) == "asked"
    press(somebody, texts, True)
    assert state(db, made) == "agreed"


@pytest.mark.parametrize("outcome", ["answered", "handed_back"])
@pytest.mark.parametrize("yes", [True, False])
def test_after_the_case_a_yes_is_too_late_and_a_no_is_kept(
    db: Database, ask: Ask, somebody: Somebody, texts: Texts, worker: Staff, number: int, outcome: str, yes: bool
) -> None:
    made = ask()
    end(db, worker, number, outcome, texts)
    assert pressed_at_the_bot(somebody, texts, yes) == texts.say("referral_over" if yes else "referral_refused", "fr")
    assert state(db, made) == ("asked" if yes else "refused")


def test_a_no_after_the_case_takes_back_what_was_agreed_and_not_yet_sent(
    db: Database, ask: Ask, somebody: Somebody, texts: Texts, worker: Staff, number: int
) -> None:
    made = ask()
    press(somebody, texts, True)
    end(db, worker, number, "answered", texts)
    assert pressed_at_the_bot(somebody, texts, True) == texts.say("referral_agreed", "fr")
    pressed_at_the_bot(somebody, texts, False)
    assert state(db, made) == "refused"
    with db.begin() as session:
        assert referrals.to_follow(session, worker, "fr") == []


def test_a_no_after_it_was_sent_is_shown_to_staff(db: Database, ask: Ask, somebody: Somebody, texts: Texts, worker: Staff) -> None:
    made = ask()
    press(somebody, texts, True)
    step(db, worker, made, "agreed", "sent")
    assert press(somebody, texts, False) == texts.say("referral_gone", "fr")
    with db.begin() as session:
        line = referrals.to_follow(session, worker, "fr")[0]
    assert (state(db, made), line.late) == ("sent", True) and steps(db, made)[-1] == ("refused_late", "")


def test_after_it_was_withdrawn_nothing_is_agreed(db: Database, ask: Ask, somebody: Somebody, texts: Texts, worker: Staff) -> None:
    made = ask()
    step(db, worker, made, "asked", "withdrawn")
    assert press(somebody, texts, True) == texts.say("referral_over", "fr") and state(db, made) == "withdrawn"


def test_of_a_referral_of_somebody_else_nothing_is_answered(db: Database, ask: Ask) -> None:
    made, stranger = ask(), Somebody(db)
    stranger.queue()
    with db.begin() as session:
        assert referrals.answer(session, stranger.row(session), made, True) == "over"
    assert state(db, made) == "asked"


def test_after_everything_was_deleted_the_button_means_nothing(db: Database, ask: Ask, somebody: Somebody) -> None:
    ask()
    token = somebody.options()[0].token
    somebody.change(forget_requested=True)
    somebody.queue(system("effacé"))
    somebody.mark_sent()
    with db.begin() as session:
        forget.forget_requested(session)
    somebody.press(token)
    work = somebody.load()
    assert (work.intent, work.data) == ("menu", {"expired": True})
    with db.begin() as session:
        assert session.scalars(select(Referral)).all() == []


def end(db: Database, worker: Staff, number: int, outcome: str, texts: Texts) -> None:
    with db.begin() as session:
        if outcome == "handed_back":
            cases.hand_back(session, worker, number, texts)
        else:
            cases.close(session, worker, number, Ending(texts, outcome))


def pressed_at_the_bot(somebody: Somebody, texts: Texts, yes: bool) -> str:
    """As the bot's action does it."""
    chosen = next(o for o in somebody.options() if o.intent == "referral_answer" and o.data["yes"] is yes)
    somebody.press(chosen.token)
    work = somebody.load()
    assert (work.owner, work.intent) == ("bot", "referral_answer")
    somebody.finish(work, effects=[referrals.answered(work.data, texts, "fr")])
    return somebody.heard()[-1]


# --- Agreed in another way


def test_a_caseworker_notes_that_the_person_agreed(db: Database, ask: Ask, worker: Staff) -> None:
    made = ask()
    with db.begin() as session:
        referrals.note_agreement(session, worker, made, "phone")
    with db.begin() as session:
        last = referrals.history(session, session.get_one(Referral, made))[-1]
    assert (last.action, last.name, last.how) == ("agreed", worker.name, "phone") and state(db, made) == "agreed"


@pytest.mark.parametrize("how", ["", "guessed"])
def test_it_must_be_said_how_they_agreed(db: Database, ask: Ask, worker: Staff, how: str) -> None:
    made = ask()
    with db.begin() as session, pytest.raises(Refused, match="how"):
        referrals.note_agreement(session, worker, made, how)


def test_a_no_is_not_talked_over(db: Database, ask: Ask, somebody: Somebody, texts: Texts, worker: Staff) -> None:
    made = ask()
    press(somebody, texts, False)
    with db.begin() as session, pytest.raises(Conflict, match="changed"):
        referrals.note_agreement(session, worker, made, "phone")


def test_only_who_answers_may_note_it(db: Database, ask: Ask) -> None:
    made, other = ask(), hire(db, "Yassine")
    with db.begin() as session, pytest.raises(Conflict, match="not_yours"):
        referrals.note_agreement(session, other, made, "phone")


# --- What became of it


@pytest.mark.parametrize(
    "way", [("sent", "accepted", "done"), ("sent", "accepted", "declined"), ("sent", "declined"), ("sent", "done"), ("withdrawn",)]
)
def test_each_step_has_its_time_and_who_made_it(db: Database, ask: Ask, worker: Staff, way: tuple[str, ...]) -> None:
    made = ask(how="phone")
    step(db, worker, made, "agreed", *way)
    assert state(db, made) == way[-1]
    assert steps(db, made) == [("agreed", worker.name), *((to, worker.name) for to in way)]


@pytest.mark.parametrize("was", ["asked", "agreed", "refused", "sent", "accepted", "declined", "done", "withdrawn"])
@pytest.mark.parametrize("to", ["asked", "agreed", "refused", "sent", "accepted", "declined", "done", "withdrawn", "x"])
def test_nothing_else_is_possible(db: Database, ask: Ask, worker: Staff, was: str, to: str) -> None:
    """Above all: nothing is sent that nobody agreed to."""
    made = ask()
    with db.begin() as session:
        session.execute(update(Referral).values(state=was))
    allowed = to in referrals.NEXT.get(was, ())
    with db.begin() as session:
        if allowed:
            referrals.step(session, worker, made, (was, to))
        else:
            with pytest.raises(Conflict, match="changed"):
                referrals.step(session, worker, made, (was, to))
    assert state(db, made) == (to if allowed else was)
    assert not allowed or to != "sent" or was == "agreed"


def test_a_page_that_is_old_changes_nothing(db: Database, ask: Ask, worker: Staff) -> None:
    made = ask(how="phone")
    step(db, worker, made, "agreed", "sent", "declined")
    with pytest.raises(Conflict, match="changed"):
        step(db, worker, made, "sent", "accepted")
    assert state(db, made) == "declined"


def test_of_two_who_note_different_ends_one_is_told(db: Database, ask: Ask, worker: Staff) -> None:
    made = ask(how="phone")
    step(db, worker, made, "agreed", "sent")
    with AtOnce() as both:
        runs = [both.start(step, db, worker, made, "sent", to) for to in ("accepted", "declined")]
    assert sorted(type(run.exception()).__name__ for run in runs) == ["Conflict", "NoneType"]
    assert state(db, made) in ("accepted", "declined") and len(steps(db, made)) == 3


def test_a_no_and_sending_at_the_same_moment_end_in_one_of_two_ways(
    db: Database, ask: Ask, somebody: Somebody, texts: Texts, worker: Staff
) -> None:
    made = ask()
    press(somebody, texts, True)
    somebody.press(next(o.token for o in somebody.options() if o.data.get("yes") is False))
    work = somebody.load()
    outcome = answer(work, None, texts, DATA)
    with AtOnce() as both:
        said = both.start(somebody.finish, work, effects=outcome.effects)
        sent = both.start(step, db, worker, made, "agreed", "sent")
    assert result(said)
    last = steps(db, made)[-1][0]
    assert (state(db, made), type(sent.exception()).__name__) == (
        ("sent", "NoneType") if last == "refused_late" else ("refused", "Conflict")
    )


def test_follow_up_goes_on_after_the_case_and_by_a_colleague(db: Database, ask: Ask, worker: Staff, number: int, texts: Texts) -> None:
    made, other = ask(how="phone"), hire(db, "Yassine")
    end(db, worker, number, "answered", texts)
    step(db, other, made, "agreed", "sent", "accepted", "done")
    assert steps(db, made)[-1] == ("done", "Yassine")


# --- Who sees what


def test_another_team_sees_none_of_it(db: Database, ask: Ask, worker: Staff) -> None:
    made, other = ask(how="phone"), hire(db, "Yassine")
    with db.begin() as session:
        session.add(team := Team(name="Others"))
        session.flush()
        session.merge(other).team_id = team.id
    with db.begin() as session:
        stranger = session.get_one(Staff, other.id)
        assert referrals.to_follow(session, stranger, "fr", everybody=True) == []
        with pytest.raises(NotFound):
            referrals.seen(session, stranger, made)
        with pytest.raises(NotFound):
            referrals.step(session, stranger, made, ("agreed", "sent"))


def test_what_waits_is_listed_oldest_first_mine_or_the_teams(db: Database, ask: Ask, worker: Staff) -> None:
    for name in ("b", "c"):
        add_service(db, name)
    first, second, third = ask(how="phone"), ask(service="b"), ask(how="chat", service="c")
    step(db, worker, first, "agreed", "sent")  # changed last
    other = hire(db, "Yassine")
    with db.begin() as session:
        assert [line.referral.id for line in referrals.to_follow(session, worker, "fr")] == [second, third, first]
        assert referrals.to_follow(session, other, "fr") == []
        lines = referrals.to_follow(session, other, "ar", everybody=True)
    assert [(line.to, line.by, line.next) for line in lines][:1] == [("دار", "Salma", ("withdrawn",))]


def test_what_has_an_end_is_not_listed(db: Database, ask: Ask, worker: Staff) -> None:
    made = ask(how="phone")
    for was, to in (("agreed", "sent"), ("sent", "accepted"), ("accepted", "done")):
        with db.begin() as session:
            assert len(referrals.to_follow(session, worker, "fr")) == 1
        step(db, worker, made, was, to)
    with db.begin() as session:
        assert referrals.to_follow(session, worker, "fr") == []


def test_a_question_that_nobody_answered_ends_with_its_case(db: Database, ask: Ask, worker: Staff, number: int, texts: Texts) -> None:
    ask()
    end(db, worker, number, "answered", texts)
    with db.begin() as session:
        assert referrals.to_follow(session, worker, "fr") == []


def test_practice_is_not_listed(db: Database, ask: Ask, worker: Staff) -> None:
    ask(how="phone")
    with db.begin() as session:
        session.execute(update(Case).values(practice_of=worker.id))
        session.execute(update(conversations.Conversation).values(channel=PRACTICE))
        assert referrals.to_follow(session, worker, "fr") == []


def test_a_service_that_has_left_the_directory_keeps_its_name(db: Database, ask: Ask, number: int) -> None:
    ask(how="phone")
    with db.begin() as session:
        session.delete(session.get_one(Organization, f"org-{SERVICE}"))
    with db.begin() as session:
        assert [line.to for line in referrals.of_case(session, number, "fr")] == [f"Dar {SERVICE}"]


def test_nothing_personal_is_in_the_audit_trail(db: Database, ask: Ask, somebody: Somebody, texts: Texts) -> None:
    ask()
    press(somebody, texts, True)
    with db.begin() as session:
        rows = [str((r.actor, r.subject, r.data)) for r in session.scalars(select(AuditRow))]
        assert not [r for r in rows if "Awa" in r or "bébé" in r]


def test_a_turn_from_before_the_withdrawal_does_not_agree(db: Database, ask: Ask, somebody: Somebody, texts: Texts, worker: Staff) -> None:
    """The worker has read the answer; the caseworker withdraws; then the turn is written."""
    made = ask()
    somebody.press(somebody.options()[0].token)
    work = somebody.load()
    step(db, worker, made, "asked", "withdrawn")
    outcome = answer(work, None, texts, DATA)
    with db.begin() as session:
        assert turns.finish(session, work, outcome)
    assert state(db, made) == "withdrawn" and somebody.heard()[-1] == texts.say("referral_over", "fr")
