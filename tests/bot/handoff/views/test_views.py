"""The lists of cases: who is on which, in which order, by which filters, page by page, and only for who may see them."""

import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from itertools import chain
from typing import Any

import pytest

from bot.db import Database
from bot.handoff import assignment, cases, practice, views
from bot.handoff.cases import Ending
from bot.handoff.views import ANY, PAGE, Wanted
from bot.tables import Case, Conversation, Staff
from bot.texts import Texts
from tests.bot.handoff.views.listed import close, lines, numbers, take
from tests.story import DATA, Hire, Somebody

# --- Which cases, in which order


def test_urgent_cases_come_first_then_who_waits_longest(db: Database, salma: Staff, ask: Callable[..., int]) -> None:
    first, second, urgent, later = ask(), ask(), ask("violence"), ask("arrest")
    assert numbers(db, salma) == [urgent, later, first, second]


def test_a_case_that_was_raised_moves_to_the_front(db: Database, salma: Staff, ask: Callable[..., int]) -> None:
    first, somebody = ask(), Somebody(db)
    second = somebody.asks_for_a_person()
    assert numbers(db, salma) == [first, second]
    somebody.asks_for_a_person("medical")
    assert numbers(db, salma) == [second, first]


def test_closed_cases_the_newest_first(db: Database, salma: Staff, ask: Callable[..., int], texts: Texts) -> None:
    one, two = ask("violence"), ask()
    assert numbers(db, salma, view="closed") == []
    close(db, salma, one, texts)
    close(db, salma, two, texts)
    assert numbers(db, salma, view="closed") == [two, one] and numbers(db, salma) == []


def test_each_view_has_its_cases_and_their_number(db: Database, salma: Staff, hire: Hire, ask: Callable[..., int], texts: Texts) -> None:
    waiting, urgent, closed = ask(), ask("violence"), close(db, salma, ask(), texts)
    mine, theirs = take(db, salma, ask("medical"), texts), take(db, hire("Yassine"), ask(), texts)
    found = {view: numbers(db, salma, view=view) for view in views.VIEWS}
    assert found == {
        "mine": [mine],
        "waiting": [urgent, waiting],
        "urgent": [urgent, mine],
        "all": [urgent, mine, waiting, theirs],
        "closed": [closed],
    }
    with db.begin() as session:
        assert views.read(session, salma, Wanted()).counts == {view: len(of_view) for view, of_view in found.items()}


def test_only_cases_of_the_team_are_seen_and_counted(
    db: Database, salma: Staff, hire: Hire, boss: Staff, ask: Callable[..., int], other_team: int
) -> None:
    own, foreign = ask(), ask("violence", team_id=other_team)
    omar = hire("Omar", team_id=other_team)
    for person, seen in ((salma, [own]), (omar, [foreign]), (boss, [foreign, own])):
        assert numbers(db, person) == seen
        with db.begin() as session:
            assert views.read(session, person, Wanted()).counts["all"] == len(seen)
            assert views.alarm(session, person) == [n for n in seen if n == foreign]


def test_the_filter_by_team_shows_nothing_more_than_one_may_see(
    db: Database, salma: Staff, boss: Staff, ask: Callable[..., int], other_team: int
) -> None:
    own, foreign = ask(), ask(team_id=other_team)
    assert numbers(db, salma, team=other_team) == []
    assert numbers(db, boss, team=other_team) == [foreign] and numbers(db, boss, team=1) == [own]


def test_practice_is_on_no_list(db: Database, salma: Staff) -> None:
    with db.begin() as session:
        practice.start(session, salma, practice.scenarios(DATA)[0].id, DATA)
        case = practice.own(session, salma)[0]
        case.urgency, case.place = "violence", "agadir"
    with db.begin() as session:
        found = views.read(session, salma, Wanted())
        assert found.lines == [] and set(found.counts.values()) == {0}
        assert views.alarm(session, salma) == [] and views.places(session, salma) == []


def test_the_alarm_rings_for_urgent_cases_that_nobody_has(db: Database, salma: Staff, ask: Callable[..., int], texts: Texts) -> None:
    ask()
    first, second, taken = ask("violence"), ask("medical"), take(db, salma, ask("arrest"), texts)
    with db.begin() as session:
        assert views.alarm(session, salma) == [first, second] and taken not in views.alarm(session, salma)
        assignment.release(session, salma, taken)
        assert views.alarm(session, salma) == [first, second, taken]


# --- Filters


def test_each_filter_leaves_what_fits(db: Database, salma: Staff, hire: Hire, ask: Callable[..., int], texts: Texts, entries: None) -> None:
    yassine = hire("Yassine")
    one = ask("violence", "telegram", topic="shelter", place="agadir", form="ar")
    two = take(db, yassine, ask(topic="doctor", place="inezgane", form="fr"), texts)
    three = ask("medical")
    for wanted, fitting in (
        ({"urgency": "violence"}, [one]),
        ({"urgency": ANY}, [one, three]),
        ({"topic": "housing"}, [one]),
        ({"topic": "nothing"}, []),
        ({"form": "ar"}, [one]),
        ({"channel": "telegram"}, [one]),
        ({"channel": "webchat"}, [three, two]),
        ({"place": "inezgane"}, [two]),
        ({"assignee": yassine.id}, [two]),
        ({"assignee": uuid.uuid4()}, []),
        ({"channel": "webchat", "urgency": "medical"}, [three]),
        ({"channel": "telegram", "urgency": "medical"}, []),
    ):
        assert numbers(db, salma, **wanted) == fitting, wanted


def test_counts_are_those_of_the_filtered_lists(db: Database, salma: Staff, ask: Callable[..., int], texts: Texts) -> None:
    ask("violence", "telegram")
    take(db, salma, ask("", "telegram"), texts)
    ask("medical")
    with db.begin() as session:
        found = views.read(session, salma, Wanted(channel="telegram"))
    assert found.counts == {"mine": 1, "waiting": 1, "urgent": 1, "all": 2, "closed": 0}


def test_the_form_is_the_one_that_the_person_writes_now(db: Database, salma: Staff) -> None:
    somebody = Somebody(db)
    somebody.queue()
    somebody.change(form="fr")
    number = somebody.asks_for_a_person()
    somebody.change(form="ary-Latn")
    assert numbers(db, salma, form="ary-Latn") == [number] and numbers(db, salma, form="fr") == []
    assert lines(db, salma)[0].form == "ary-Latn"


def test_closed_cases_are_found_by_the_topics_that_were_chosen_at_their_end(
    db: Database, salma: Staff, ask: Callable[..., int], texts: Texts, entries: None
) -> None:
    number = take(db, salma, ask(), texts)
    with db.begin() as session:
        cases.close(session, salma, number, Ending(texts, "answered", ("health",)))
    assert numbers(db, salma, view="closed", topic="health") == [number]
    assert numbers(db, salma, view="closed", topic="housing") == []


def test_overdue_is_an_open_case_whose_answer_is_late(db: Database, salma: Staff, ask: Callable[..., int], texts: Texts) -> None:
    late, soon = datetime.now(timezone.utc) - timedelta(minutes=1), datetime.now(timezone.utc) + timedelta(minutes=1)
    overdue, due, nothing_due = ask(due_at=late), ask(due_at=soon), ask(due_at=None)
    assert numbers(db, salma, overdue=True) == [overdue]
    assert {line.case.id: line.overdue for line in lines(db, salma)} == {overdue: True, due: False, nothing_due: False}
    close(db, salma, overdue, texts)
    assert numbers(db, salma, overdue=True) == [] == numbers(db, salma, view="closed", overdue=True)


# --- Pages


@pytest.fixture
def many(db: Database, salma: Staff, ask: Callable[..., int]) -> list[int]:
    """Two pages and a bit, some urgent, some opened in the same moment."""
    moment = datetime.now(timezone.utc) - timedelta(hours=1)
    with db.begin() as session:
        for n in range(2 * PAGE + 7):
            talk = Conversation(channel="webchat", address_sealed=b"", owner="waiting")
            session.add(talk)
            session.flush()
            at = moment + timedelta(seconds=n // 3)
            session.add(Case(conversation_id=talk.id, reason="asked", urgency="medical" if n % 9 == 0 else "", opened_at=at))
    with db.begin() as session:
        rows = session.query(Case).all()
        return [c.id for c in sorted(rows, key=lambda c: (not c.urgency, c.opened_at, c.id))]


def pages(db: Database, person: Staff, **wanted: Any) -> Iterator[list[int]]:
    after = ""
    while True:
        with db.begin() as session:
            found = views.read(session, person, Wanted(after=after, **wanted))
        yield [line.case.id for line in found.lines]
        after = found.after
        if not after:
            return


def test_the_pages_of_a_list_are_the_list(db: Database, salma: Staff, many: list[int]) -> None:
    found = list(pages(db, salma))
    assert [len(page) for page in found] == [PAGE, PAGE, 7] and list(chain(*found)) == many


def test_closed_cases_have_pages_too(db: Database, salma: Staff, many: list[int]) -> None:
    moment = datetime.now(timezone.utc)
    with db.begin() as session:
        for n, case in enumerate(session.query(Case).order_by(Case.id)):
            case.state, case.outcome, case.closed_at = "closed", "other", moment - timedelta(seconds=n // 4)
    with db.begin() as session:
        rows = session.query(Case).all()
        order = [c.id for c in sorted(rows, key=lambda c: (c.closed_at, c.id), reverse=True)]
    assert list(chain(*pages(db, salma, view="closed"))) == order


def test_a_full_page_alone_has_no_next_one(db: Database, salma: Staff, many: list[int]) -> None:
    with db.begin() as session:
        session.query(Case).filter(Case.id.in_(many[PAGE:])).delete()
    assert [len(page) for page in pages(db, salma)] == [PAGE]


def test_cases_that_come_and_go_move_no_other_one_over_the_edge(
    db: Database, salma: Staff, many: list[int], ask: Callable[..., int]
) -> None:
    turning = pages(db, salma)
    first = next(turning)
    ask("violence")
    with db.begin() as session:
        session.query(Case).filter(Case.id.in_(first[:5])).update({"state": "closed", "closed_at": datetime.now(timezone.utc)})
    assert [*first, *chain(*turning)] == many


@pytest.mark.parametrize("after", ["x", "1", "4.1.1", "1.99999999999999999999.1", "1.1.1; DROP TABLE", "1.٣.1", "\x00"])
def test_an_address_that_was_tampered_with_shows_the_first_page(db: Database, salma: Staff, many: list[int], after: str) -> None:
    assert numbers(db, salma, after=after) == many[:PAGE]
