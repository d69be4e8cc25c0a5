"""Internal notes: for colleagues only, encrypted, found by their words, and told to who is named in them."""

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from bot.db import Database
from bot.errors import NotFound, Refused
from bot.handoff import cases, mentions, notes, thread
from bot.staff import accounts
from bot.tables import AuditRow, Case, Mention, Note, OutboundRow, Staff
from tests.story import AtOnce, Somebody, hire, listening, new_team, result

Write = Callable[..., int]


@pytest.fixture
def number(db: Database) -> int:
    somebody = Somebody(db)
    somebody.write()
    return somebody.asks_for_a_person()


@pytest.fixture
def worker(db: Database) -> Staff:
    return hire(db, "Salma")


@pytest.fixture
def write(db: Database, number: int, worker: Staff) -> Write:
    def noted(text: str, by: Staff | None = None, case: int = 0) -> int:
        with db.begin() as session:
            return notes.add(session, by or worker, cases.get(session, case or number), text).id

    return noted


def elsewhere(db: Database, name: str, role: str = "caseworker") -> Staff:
    """A member of another team."""
    return hire(db, name, role, team_id=new_team(db, f"team {uuid.uuid4()}"))


def told(db: Database, note_id: int) -> tuple[str, ...]:
    with db.begin() as session:
        return mentions.told(session, [note_id]).get(note_id, ())


def unread(db: Database, person: Staff) -> int:
    with db.begin() as session:
        return mentions.unread(session, person)


def found(db: Database, text: str) -> list[int]:
    with db.begin() as session:
        return list(session.scalars(notes.matching(session, text)))


# --- Written


def test_a_note_stands_in_the_thread_by_time_and_nothing_is_sent(db: Database, number: int, write: Write, worker: Staff) -> None:
    before = _rows(db)
    note_id = write("Elle a appelé hier.")
    with db.begin() as session:
        last = thread.read(session, cases.get(session, number))[-1]
    assert (last.id, last.side, last.name, last.text) == (f"note-{note_id}", "note", worker.name, "Elle a appelé hier.")
    assert _rows(db) == before


def _rows(db: Database) -> int:
    with db.begin() as session:
        return session.scalar(select(func.count()).select_from(OutboundRow)) or 0


def test_a_note_is_no_answer(db: Database, number: int, write: Write) -> None:
    write("je m’en occupe")
    with db.begin() as session:
        case = cases.get(session, number)
        assert case.answered_at is None and case.due_at is not None


def test_its_words_are_nowhere_readable(db: Database, write: Write) -> None:
    write("passeport")
    with db.begin() as session:
        row = session.scalars(select(Note)).one()
        data = [str(a.data) for a in session.scalars(select(AuditRow))]
    assert b"passeport" not in row.body_sealed and "passeport" not in str(row.words) + "".join(data)


def test_it_is_recorded_who_wrote(db: Database, number: int, write: Write, worker: Staff) -> None:
    note_id = write("a")
    with db.begin() as session:
        row = session.scalars(select(AuditRow).filter_by(action="case.noted")).one()
    assert (row.actor, row.subject, row.data) == (str(worker.id), f"case:{number}", {"note": note_id, "mentions": 0})


@pytest.mark.parametrize("empty", ["", "  \n "])
def test_an_empty_note_is_refused(write: Write, empty: str) -> None:
    with pytest.raises(Refused, match=r"note\.empty"):
        write(empty)


def test_a_form_that_comes_twice_is_one_note(db: Database, write: Write) -> None:
    with AtOnce() as both:
        first, second = [both.start(write, "rappeler demain") for _ in range(2)]
    assert result(first) == result(second)


def test_the_same_words_may_be_noted_again_later_or_after_another_note(db: Database, write: Write) -> None:
    first = write("rappelé")
    write("autre chose")
    second = write("rappelé")
    with db.begin() as session:
        session.execute(update(Note).values(at=Note.at - timedelta(hours=1)))
    assert len({first, second, write("rappelé")}) == 3


def test_who_may_not_see_the_case_writes_nothing(db: Database, write: Write) -> None:
    with pytest.raises(NotFound):
        write("a", by=elsewhere(db, "Omar"))
    with db.begin() as session:
        assert session.scalars(select(Note)).all() == []


def test_a_note_may_be_written_after_the_end_and_is_shown(db: Database, number: int, write: Write) -> None:
    with db.begin() as session:
        case = cases.get(session, number)
        case.state, case.closed_at = "closed", case.opened_at
    write("elle est revenue au bureau")
    with db.begin() as session:
        assert thread.read(session, cases.get(session, number))[-1].text == "elle est revenue au bureau"


def test_colleagues_who_look_at_the_case_are_told(db: Database, number: int, write: Write) -> None:
    with db.begin() as session:
        conversation_id = str(cases.get(session, number).conversation_id)
    with listening(db, "console") as heard:
        write("a")
        assert conversation_id in heard()


def test_notes_go_with_the_case(db: Database, number: int, write: Write) -> None:
    yassine = hire(db, "Yassine")
    write("@Yassine regarde")
    with db.begin() as session:
        session.delete(cases.get(session, number))
    with db.begin() as session:
        assert session.scalars(select(Note)).all() == [] and session.scalars(select(Mention)).all() == []
    assert unread(db, yassine) == 0


# --- Found


@pytest.mark.parametrize(
    "asked",
    ["passeport", "PASSEPORT", "passe", "pas", "passeport perdu", "perdu, passeport!", "الوراق", "وراق", "ورا", "né", "06", "x" * 24],
)
def test_a_note_is_found_by_words_and_their_beginnings(db: Database, number: int, write: Write, asked: str) -> None:
    write(f"Son passeport est perdu, né à Fès. الوراق 06 12 {'x' * 40}")
    assert found(db, asked) == [number]


@pytest.mark.parametrize("asked", ["pa", "asseport", "passeport trouvé", "", "  ", "!?", "passeports", "راق"])
def test_it_is_not_found_by_anything_else(db: Database, write: Write, asked: str) -> None:
    write("Son passeport est perdu الوراق")
    assert found(db, asked) == []


def test_all_words_stand_in_one_note(db: Database, write: Write) -> None:
    write("passeport perdu")
    write("loyer payé")
    assert found(db, "passeport loyer") == []


def test_a_long_note_is_found_by_its_last_words(db: Database, number: int, write: Write) -> None:
    write("mot " * 900 + "consulat")
    assert found(db, "consulat") == [number]


def test_fingerprints_tell_nothing_of_the_order_of_words(db: Database, write: Write) -> None:
    write("zèbre abricot")
    with db.begin() as session:
        words = session.scalars(select(Note.words)).one()
    assert words == sorted(set(words)) and {len(word) for word in words} == {notes.PRINT}


# --- Told


def test_who_is_named_has_it_in_their_list_until_they_open_the_case(db: Database, number: int, write: Write, worker: Staff) -> None:
    yassine = hire(db, "Yassine Amrani")
    note_id = write("@Yassine Amrani tu peux l’appeler ?")
    assert told(db, note_id) == ("Yassine Amrani",) and unread(db, yassine) == 1
    with db.begin() as session:
        assert [(x.case_id, x.name, x.text, x.unread) for x in mentions.lines(session, yassine)] == [
            (number, worker.name, "@Yassine Amrani tu peux l’appeler ?", True)
        ]
        mentions.seen(session, yassine, cases.get(session, number))
    assert unread(db, yassine) == 0
    with db.begin() as session:
        assert [x.unread for x in mentions.lines(session, yassine)] == [False]


def test_unread_ones_come_first(db: Database, write: Write, number: int) -> None:
    yassine, somebody = hire(db, "Yassine"), Somebody(db)
    somebody.write()
    second = somebody.asks_for_a_person()
    write("@yassine a")
    write("@Yassine b", case=second)
    with db.begin() as session:
        mentions.seen(session, yassine, cases.get(session, second))
        assert [x.case_id for x in mentions.lines(session, yassine)] == [number, second]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("@Amina Naji", {"Amina Naji"}),
        ("@amina naji, merci", {"Amina Naji"}),
        ("@Amina", set()),  # two are called so
        ("@Yassine", {"Yassine Amrani"}),
        ("@YASSINE: et @Amina Naji!", {"Yassine Amrani", "Amina Naji"}),
        ("@Yassine Amrani @Yassine", {"Yassine Amrani"}),
        ("Yassine", set()),
        ("courriel@Yassine", set()),
        ("@Yassinette", set()),
        ("@سلمى", {"سلمى"}),
        ("يا @سلمى، شكرا", {"سلمى"}),
    ],
)
def test_names_are_read_as_they_are_written(db: Database, write: Write, text: str, names: set[str]) -> None:
    for name in ("Amina Naji", "Amina Idrissi", "Yassine Amrani", "سلمى"):
        hire(db, name)
    assert set(told(db, write(text))) == names


def test_a_full_name_wins_over_one_that_begins_like_it(db: Database, write: Write) -> None:
    amina, naji = hire(db, "Amina"), hire(db, "Amina Naji")
    write("@Amina Naji")
    assert (unread(db, amina), unread(db, naji)) == (0, 1)
    write("@Amina et @Amina Naji")
    assert (unread(db, amina), unread(db, naji)) == (1, 2)


def test_only_active_colleagues_who_may_see_the_case_are_told(db: Database, write: Write, number: int, worker: Staff) -> None:
    far, boss, gone = elsewhere(db, "Omar"), elsewhere(db, "Hind", "administrator"), hire(db, "Nabil")
    with db.begin() as session:
        session.execute(update(Staff).filter_by(id=gone.id).values(active=False))
        accounts.create(session, "zineb@dalil.local", "Zineb", "editor", "a long password for tests")
    assert told(db, write("@Omar @Hind @Nabil @Zineb @Salma")) == ("Hind",)
    with db.begin() as session:
        assert [c.name for c in mentions.colleagues(session, worker, cases.get(session, number))] == ["Hind"]
    assert (unread(db, far), unread(db, boss), unread(db, gone), unread(db, worker)) == (0, 1, 0, 0)


def test_a_case_that_went_to_another_team_is_not_in_the_list(db: Database, write: Write, number: int) -> None:
    yassine = hire(db, "Yassine")
    write("@Yassine")
    with db.begin() as session:
        session.execute(update(Case).values(team_id=session.get_one(Staff, elsewhere(db, "Omar").id).team_id))
    with db.begin() as session:
        assert mentions.unread(session, yassine) == 0 and mentions.lines(session, yassine) == []


def test_pages_of_who_is_named_hear_of_it(db: Database, write: Write) -> None:
    hire(db, "Yassine")
    with listening(db, "console") as heard:
        write("@Yassine")
        assert "queue" in heard()


def test_nobody_is_told_of_practice(session: Session, db: Database, worker: Staff) -> None:
    hire(db, "Yassine")
    somebody = Somebody(db)
    somebody.write()
    case = cases.get(session, somebody.asks_for_a_person())
    case.practice_of = worker.id
    assert mentions.colleagues(session, worker, case) == []
