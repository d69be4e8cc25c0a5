"""Sign-ins: how long they last, which are one's own, and when all of them end."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from bot.db import Database
from bot.errors import NotFound, Refused
from bot.staff import accounts, passwords, sessions
from bot.tables import Staff, StaffSession

PASSWORD = "quatre mots assez longs"
NEW = "cinq autres mots bien longs"


@pytest.fixture
def salma(db: Database) -> Staff:
    with db.begin() as session:
        return accounts.create(session, "salma@example.org", "Salma", "caseworker", PASSWORD)


def signed_in(db: Database, agent: str = "", password: str = PASSWORD) -> str:
    with db.begin() as session:
        return accounts.sign_in(session, "salma@example.org", password, agent)[0]


def goes_in(db: Database, token: str) -> bool:
    with db.begin() as session:
        return sessions.find(session, token) is not None


def rows(db: Database) -> list[StaffSession]:
    with db.begin() as session:
        return list(session.scalars(select(StaffSession).order_by(StaffSession.id)))


def let_pass(db: Database, time: timedelta) -> None:
    """As if everything had happened earlier."""
    columns = (StaffSession.created_at, StaffSession.used_at, StaffSession.expires_at)
    with db.begin() as session:
        session.execute(update(StaffSession).values({column.key: column - time for column in columns}))


def use(db: Database) -> None:
    with db.begin() as session:
        sessions.use(session, rows(db)[0].id)


def test_who_does_nothing_for_two_hours_is_signed_out(db: Database, salma: Staff) -> None:
    token = signed_in(db)
    let_pass(db, sessions.IDLE - timedelta(minutes=1))
    assert goes_in(db, token)
    let_pass(db, timedelta(minutes=1))
    assert not goes_in(db, token)


def test_who_does_something_stays_but_not_longer_than_twelve_hours(db: Database, salma: Staff) -> None:
    token = signed_in(db)
    for _ in range(7):
        let_pass(db, timedelta(hours=1, minutes=40))
        use(db)
        assert goes_in(db, token)
    let_pass(db, timedelta(minutes=21))
    use(db)
    assert not goes_in(db, token)


def test_the_last_use_is_written_once_a_minute(db: Database, salma: Staff) -> None:
    signed_in(db)
    before = rows(db)[0].used_at
    use(db)
    assert rows(db)[0].used_at == before
    let_pass(db, sessions.NOTED + timedelta(seconds=1))
    use(db)
    assert rows(db)[0].used_at > before


def test_only_the_hash_of_the_cookie_is_kept_and_the_browser_is_named(db: Database, salma: Staff) -> None:
    token = signed_in(db, "Firefox\x00\x1b" + "x" * 500)
    (row,) = rows(db)
    assert token not in row.token_hash and row.agent == "Firefox" + "x" * 193 and row.verified


def test_one_sign_in_is_ended_and_only_by_its_owner(db: Database, salma: Staff) -> None:
    first, second = signed_in(db), signed_in(db)
    with db.begin() as session:
        other = accounts.create(session, "omar@example.org", "Omar", "caseworker", PASSWORD)
        with pytest.raises(NotFound):
            sessions.end(session, other.id, rows(db)[0].id)
    assert goes_in(db, first)
    with db.begin() as session:
        sessions.end(session, salma.id, rows(db)[0].id)
    assert not goes_in(db, first) and goes_in(db, second)


def test_all_others_are_ended_and_this_one_stays(db: Database, salma: Staff) -> None:
    tokens = [signed_in(db) for _ in range(3)]
    with db.begin() as session:
        sessions.end_all(session, salma.id, but=rows(db)[1].id)
    assert [goes_in(db, token) for token in tokens] == [False, True, False]


def test_the_list_has_those_that_are_open_the_last_used_first(db: Database, salma: Staff) -> None:
    signed_in(db, "old")
    let_pass(db, sessions.IDLE)
    signed_in(db, "first")
    let_pass(db, timedelta(minutes=5))
    signed_in(db, "second")
    with db.begin() as session:
        assert [row.agent for row in sessions.of(session, salma.id)] == ["second", "first"]


def test_sign_ins_that_ran_out_are_cleared_away(db: Database, salma: Staff) -> None:
    signed_in(db, "old")
    let_pass(db, sessions.IDLE)
    signed_in(db, "new")
    assert [row.agent for row in rows(db)] == ["new"]


def test_who_does_not_work_here_any_more_is_out_at_once(db: Database, salma: Staff) -> None:
    token = signed_in(db)
    with db.begin() as session:
        session.execute(update(Staff).values(active=False))
    assert not goes_in(db, token)
    with pytest.raises(Refused, match=r"sign_in\.refused"):
        signed_in(db)


# --- Passwords


def change(db: Database, token: str, current: str, new: str) -> str:
    with db.begin() as session:
        found = sessions.find(session, token)
        assert found is not None
        return accounts.change_password(session, found[1], current, new)


def test_a_new_password_ends_the_other_sign_ins_and_changes_the_cookie_of_this_one(db: Database, salma: Staff) -> None:
    elsewhere, here = signed_in(db), signed_in(db)
    new = change(db, here, PASSWORD, NEW)
    assert [goes_in(db, token) for token in (elsewhere, here, new)] == [False, False, True]
    assert signed_in(db, password=NEW)
    with pytest.raises(Refused):
        signed_in(db)


@pytest.mark.parametrize(
    ("current", "new", "key"),
    [
        ("wrong", NEW, "account.wrong_password"),
        (PASSWORD, PASSWORD, "password.same"),
        (PASSWORD, "short", "password.short"),
        (PASSWORD, "x" * 40, "password.simple"),
        (PASSWORD, "abababababab", "password.simple"),
        (PASSWORD, "la vie de SALMA ici", "password.known"),
        (PASSWORD, "Salma@Example.org!", "password.known"),
    ],
)
def test_a_password_that_is_easy_to_guess_is_refused(db: Database, salma: Staff, current: str, new: str, key: str) -> None:
    with pytest.raises(Refused, match=key):
        change(db, signed_in(db), current, new)
    assert signed_in(db)


def test_short_names_do_not_forbid_ordinary_words() -> None:
    passwords.check("une phrase bien longue", "a@example.org", "Al Ba")


def test_a_password_of_somebody_else_is_changed_first(db: Database, salma: Staff) -> None:
    token = signed_in(db)
    with db.begin() as session:
        session.execute(update(Staff).values(must_change=True))
    with db.begin() as session, pytest.raises(Refused, match=r"sign_in\.password"):
        accounts.by_cookie(session, token)
    new = change(db, token, PASSWORD, NEW)
    with db.begin() as session:
        assert accounts.by_cookie(session, new)[0].must_change is False
