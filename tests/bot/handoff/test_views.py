"""The lists of cases: who is on which, in which order, by which filters and words, page by page, and only for who may see them."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from itertools import chain
from typing import Any

import pytest
from sqlalchemy import event, update

from bot.db import Database
from bot.handoff import assignment, cases, notes, practice, views
from bot.handoff.cases import Ending
from bot.handoff.views import ANY, PAGE, Line, Wanted
from bot.messages import Button, Reply
from bot.messaging import outbox
from bot.tables import Case, Conversation, EntryRow, Staff
from bot.texts import Texts
from tests.story import DATA, Hire, Somebody, bot, system

CALLED = {
    "topic": {"housing": "Logement", "health": "Santé"},
    "place": {"agadir": "Agadir", "ait_melloul": "Aït Melloul"},
    "outcome": {"no_reply": "Ne répond plus", "referred": "Orientée"},
    "channel": {"webchat": "Chat du site", "telegram": "Telegram"},
    "urgency": {"violence": "Violence"},
}


@pytest.fixture
def salma(hire: Hire) -> Staff:
    return hire()


@pytest.fixture
def boss(hire: Hire) -> Staff:
    return hire("Boss", "administrator")


@pytest.fixture
def ask(db: Database) -> Callable[..., int]:
    """Somebody new asks for a person; columns of the case as given."""

    def asking(urgency: str = "", channel: str = "webchat", **values: Any) -> int:
        number = Somebody(db, channel).asks_for_a_person(urgency)
        if values:
            with db.begin() as session:
                session.execute(update(Case).where(Case.id == number).values(**values))
        return number

    return asking


@pytest.fixture
def entries(db: Database) -> None:
    with db.begin() as session:
        for name, topic, title in (("shelter", "housing", "Où dormir ce soir"), ("doctor", "health", "Voir un médecin")):
            body = {"titles": {"fr": title, "ar": "طبيب" if topic == "health" else "مأوى"}}
            session.add(EntryRow(id=name, topic=topic, body=body, seed_hash=""))


def lines(db: Database, person: Staff, **wanted: Any) -> list[Line]:
    with db.begin() as session:
        return views.read(session, person, Wanted(called=CALLED, **wanted)).lines


def numbers(db: Database, person: Staff, **wanted: Any) -> list[int]:
    return [line.case.id for line in lines(db, person, **wanted)]


def take(db: Database, person: Staff, number: int, texts: Texts) -> int:
    with db.begin() as session:
        return cases.take(session, person, number, texts).id


def close(db: Database, person: Staff, number: int, texts: Texts, outcome: str = "no_reply") -> int:
    take(db, person, number, texts)
    with db.begin() as session:
        cases.close(session, person, number, Ending(texts, outcome))
    return number


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


# --- Search


@pytest.fixture
def told_apart(db: Database, hire: Hire, ask: Callable[..., int], texts: Texts, entries: None) -> dict[str, int]:
    """Two cases that have nothing in common."""
    one = take(db, hire("Hélène Benali"), ask("violence", "telegram", topic="shelter", place="ait_melloul"), texts)
    return {"one": one, "two": ask("", "webchat", topic="doctor", place="agadir")}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("dormir", "one"),
        ("OU  dormir", "one"),
        ("médecin", "two"),
        ("طبيب", "two"),
        ("logement", "one"),
        ("ait melloul", "one"),
        ("Agadir", "two"),
        ("telegram", "one"),
        ("chat", "two"),
        ("helene", "one"),
        ("Benali violence dormir", "one"),
        ("Benali médecin", ""),
        ("nothing of this", ""),
        ("%", "both"),
        ("  ", "both"),
    ],
)
def test_a_case_is_found_by_what_is_known_of_it(db: Database, salma: Staff, told_apart: dict[str, int], text: str, found: str) -> None:
    wanted = {"": [], "both": [told_apart["one"], told_apart["two"]]}.get(found) if found in ("", "both") else [told_apart[found]]
    assert numbers(db, salma, text=text) == wanted


def test_a_case_is_found_by_its_number(db: Database, salma: Staff, told_apart: dict[str, int]) -> None:
    for number in told_apart.values():
        assert numbers(db, salma, text=f" {number} ") == [number]
    assert numbers(db, salma, text="999999999999999999999") == []


def test_a_closed_case_is_found_by_its_outcome(db: Database, salma: Staff, ask: Callable[..., int], texts: Texts) -> None:
    number = close(db, salma, ask(), texts)
    assert numbers(db, salma, view="closed", text="repond plus") == [number]
    assert numbers(db, salma, view="closed", text="orientée") == []


def test_a_case_is_found_by_the_words_of_a_note(db: Database, salma: Staff, told_apart: dict[str, int]) -> None:
    with db.begin() as session:
        notes.add(session, salma, cases.get(session, told_apart["two"]), "Le passeport est chez son employeur.")
    assert numbers(db, salma, text="passeport employeur") == [told_apart["two"]]
    assert numbers(db, salma, text="passeport perdu") == []


def test_the_notes_of_another_team_are_not_searched(
    db: Database, salma: Staff, boss: Staff, ask: Callable[..., int], other_team: int
) -> None:
    number = ask(team_id=other_team)
    with db.begin() as session:
        notes.add(session, boss, cases.get(session, number), "passeport")
    assert numbers(db, salma, text="passeport") == [] and numbers(db, boss, text="passeport") == [number]


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


# --- What a line says


def test_a_line_says_who_has_a_case_and_what_it_is_about(
    db: Database, salma: Staff, ask: Callable[..., int], texts: Texts, entries: None
) -> None:
    take(db, salma, ask("", "telegram", topic="shelter"), texts)
    (line,) = lines(db, salma)
    assert (line.holder, line.channel, line.team, line.titles["fr"]) == ("Salma", "telegram", "Dalil", "Où dormir ce soir")


def last(db: Database, person: Staff, view: str = "all") -> tuple[str, str, str]:
    (line,) = lines(db, person, view=view)
    assert line.last is not None
    return line.last.side, line.last.kind, line.last.text


def test_nothing_was_said_yet(db: Database, salma: Staff, ask: Callable[..., int]) -> None:
    ask()
    assert lines(db, salma)[0].last is None


def test_the_last_words_are_those_of_the_person(db: Database, salma: Staff, somebody: Somebody, texts: Texts) -> None:
    """Not what the guide, the system or a colleague answered: who reads a list looks for what is wanted."""
    somebody.write("je cherche\n un logement")
    somebody.turn(system("Appelez le 15."), *bot("Voici des adresses."))
    number = somebody.asks_for_a_person()
    assert last(db, salma) == ("asker", "text", "je cherche un logement")
    take(db, salma, number, texts)
    with db.begin() as session:
        cases.reply(session, salma, number, "Où êtes-vous ?")
    assert last(db, salma) == ("asker", "text", "je cherche un logement")
    somebody.write("à Inezgane")
    assert last(db, salma) == ("asker", "text", "à Inezgane")


def test_a_button_that_was_pressed_is_its_title(db: Database, salma: Staff, somebody: Somebody) -> None:
    somebody.queue(Reply("Choisissez", "fr", (Button("Santé", "menu"),)))
    somebody.asks_for_a_person()
    somebody.press(somebody.options()[0].token)
    assert last(db, salma) == ("asker", "button", "Santé")


def test_what_has_no_words_is_named(db: Database, salma: Staff, somebody: Somebody) -> None:
    somebody.write("", "location", latitude=30.4, longitude=-9.6)
    somebody.asks_for_a_person()
    assert last(db, salma) == ("asker", "location", "")


def test_what_is_said_after_the_end_is_not_shown(db: Database, salma: Staff, somebody: Somebody, texts: Texts) -> None:
    number = somebody.asks_for_a_person()
    somebody.write("avant la fin")
    close(db, salma, number, texts)
    somebody.write("seulement pour le robot")
    with db.begin() as session:
        outbox.add(session, somebody.row(session), bot("réponse du robot"))
    assert "robot" not in last(db, salma, "closed")[2]


def test_a_long_message_is_one_short_line(db: Database, salma: Staff, somebody: Somebody) -> None:
    somebody.write("mot " * 500)
    somebody.asks_for_a_person()
    assert len(last(db, salma)[2]) <= 110


@contextmanager
def counted(db: Database) -> Iterator[list[str]]:
    said: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        said.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    yield said
    event.remove(db.engine, "before_cursor_execute", note)


def test_a_long_list_asks_no_more_than_a_short_one(db: Database, salma: Staff, entries: None) -> None:
    asked = []
    for people in (1, 12):
        for _ in range(people):
            somebody = Somebody(db)
            somebody.queue(Reply("Choisissez", "fr", (Button("Santé", "menu"),)))
            somebody.press(somebody.options()[0].token)
            somebody.asks_for_a_person()
        with counted(db) as said:
            assert len(lines(db, salma)) >= people
        asked.append(len(said))
    assert asked[0] == asked[1] <= 8


def test_places_are_those_of_the_cases_that_one_may_see(db: Database, salma: Staff, ask: Callable[..., int], other_team: int) -> None:
    ask(place="agadir")
    ask(place="agadir")
    ask(place="taroudant", team_id=other_team)
    ask()
    with db.begin() as session:
        assert views.places(session, salma) == ["agadir"]
