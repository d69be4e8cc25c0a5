"""The second factor: codes by the standard, each good once; recovery codes; what it protects against, and what it costs to guess."""

import time
from datetime import datetime, timedelta, timezone

import pyotp
import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from bot.db import Database
from bot.errors import Conflict, Refused
from bot.privacy.vault import vault
from bot.staff import accounts, second_factor, sessions
from bot.staff.second_factor import STEP, step_of
from bot.tables import AuditRow, RecoveryCode, Staff, StaffSession
from tests.story import AtOnce, result

PASSWORD = "quatre mots assez longs"
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # of RFC 6238, appendix B: "12345678901234567890"
VECTORS = {59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130"}


@pytest.fixture
def salma(db: Database) -> Staff:
    with db.begin() as session:
        return accounts.create(session, "salma@example.org", "Salma", "supervisor", PASSWORD)


def opened(session: Session, token: str) -> StaffSession:
    found = sessions.find(session, token)
    assert found is not None
    return found[1]


def enter_password(db: Database, password: str = PASSWORD) -> str:
    """The token after the password, or nothing."""
    with db.begin() as session:
        try:
            return accounts.sign_in(session, "salma@example.org", password)[0]
        except Refused:
            return ""


def set_up(db: Database, token: str) -> tuple[str, list[str]]:
    """The secret on the device, and the recovery codes. The step of the first code is forgotten, so that tests need not wait."""
    with db.begin() as session:
        mine, person = opened(session, token), session.scalars(select(Staff)).one()
        offer = second_factor.offer(session, person)
        codes = second_factor.set_up(session, mine, offer.sealed, pyotp.TOTP(offer.secret).now())
    forget_step(db)
    return offer.secret, codes


def forget_step(db: Database) -> None:
    with db.begin() as session:
        session.execute(update(Staff).values(totp_step=0))


@pytest.fixture
def protected(db: Database, salma: Staff) -> tuple[str, list[str]]:
    return set_up(db, enter_password(db))


def enter(db: Database, token: str, code: str) -> str:
    with db.begin() as session:
        try:
            return second_factor.enter(session, opened(session, token), code)
        except Refused as error:
            return str(error)


def goes_in(db: Database, token: str) -> bool:
    with db.begin() as session:
        try:
            return accounts.by_cookie(session, token)[0].email == "salma@example.org"
        except Refused:
            return False


def actions(db: Database) -> list[str]:
    with db.begin() as session:
        return list(session.scalars(select(AuditRow.action).order_by(AuditRow.id)))


# --- Codes


@pytest.mark.parametrize(("at", "code"), VECTORS.items())
def test_codes_are_those_of_the_standard(at: int, code: str) -> None:
    assert step_of(SECRET, code, at) == at // STEP


@pytest.mark.parametrize(("late", "good"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_the_clock_of_a_device_may_be_half_a_minute_wrong(late: int, good: bool) -> None:
    code = pyotp.TOTP(SECRET).at(1_700_000_000 + late)
    assert (step_of(SECRET, code, 1_700_000_000) is not None) is good


@pytest.mark.parametrize("code", ["", "28708", "2870820", "abcdef", "٢٨٧٠٨"])
def test_what_is_no_code_belongs_to_no_step(code: str) -> None:
    assert step_of(SECRET, code, 59) is None


# --- Setting up


def test_it_counts_only_after_a_code_of_the_device(db: Database, salma: Staff) -> None:
    token = enter_password(db)
    with db.begin() as session:
        offer = second_factor.offer(session, salma)
        for wrong in ("", "000000" if pyotp.TOTP(offer.secret).now() != "000000" else "111111"):
            with pytest.raises(Refused, match=r"second_factor\.wrong"):
                second_factor.set_up(session, opened(session, token), offer.sealed, wrong)
        assert session.scalars(select(Staff.totp_sealed)).one() is None


def test_a_secret_is_good_for_its_owner_only_and_not_for_long(db: Database, salma: Staff) -> None:
    token = enter_password(db)
    with db.begin() as session:
        other = accounts.create(session, "other@example.org", "Omar", "caseworker", PASSWORD)
        secret = pyotp.random_base32()
        old = {"staff": str(salma.id), "secret": secret, "at": time.time() - second_factor.OFFERED - 1}
        for sealed in (second_factor.offer(session, other).sealed, vault(session).seal(old).decode(), "", "nonsense"):
            with pytest.raises(Refused, match=r"second_factor\.stale"):
                second_factor.set_up(session, opened(session, token), sealed, pyotp.TOTP(secret).now())


def test_the_address_for_the_app_names_us_and_the_account(session: Session, salma: Staff) -> None:
    offer = second_factor.offer(session, salma)
    parsed = pyotp.parse_uri(offer.address)
    assert (parsed.name, parsed.issuer, parsed.secret) == ("salma@example.org", "Dalil", offer.secret)


def test_setting_up_ends_all_other_sign_ins_and_is_done_once(db: Database, salma: Staff) -> None:
    elsewhere, here = enter_password(db), enter_password(db)
    set_up(db, here)
    assert goes_in(db, here) and not goes_in(db, elsewhere)
    with pytest.raises(Conflict, match=r"second_factor\.is_on"):
        set_up(db, here)


def test_secret_and_recovery_codes_are_not_readable_in_the_database(db: Database, protected: tuple[str, list[str]]) -> None:
    secret, codes = protected
    with db.begin() as session:
        sealed = session.scalars(select(Staff.totp_sealed)).one()
        hashes = " ".join(session.scalars(select(RecoveryCode.code_hash)))
    assert sealed and secret.encode() not in sealed
    assert len(codes) == len(set(codes)) == 10 and not any(code.replace("-", "") in hashes or code in hashes for code in codes)


def test_only_some_roles_are_told_to_set_it_up(session: Session) -> None:
    advised = {role for role in accounts.ROLES if second_factor.is_advised(Staff(role=role))}
    assert advised == {"supervisor", "manager", "administrator"}
    assert not second_factor.is_advised(Staff(role="manager", totp_sealed=b"x"))


# --- Signing in with it


def test_the_password_alone_opens_nothing(db: Database, protected: tuple[str, list[str]]) -> None:
    token = enter_password(db)
    with db.begin() as session:
        with pytest.raises(Refused, match=r"sign_in\.code"):
            accounts.by_cookie(session, token)
        assert accounts.by_cookie(session, token, finishing={"code"})[0].name == "Salma"


def test_the_code_completes_the_sign_in_under_a_new_cookie(db: Database, protected: tuple[str, list[str]]) -> None:
    before = enter_password(db)
    with db.begin() as session:
        csrf = opened(session, before).csrf
    after = enter(db, before, pyotp.TOTP(protected[0]).now())
    assert after != before and goes_in(db, after) and not goes_in(db, before)
    with db.begin() as session:
        assert opened(session, after).csrf != csrf
    assert actions(db)[-2:] == ["staff.password_given", "staff.signed_in"]


@pytest.mark.parametrize("written", ["{}{}", " {}{} ", "{} {}", "{}-{}"])
def test_spaces_do_not_matter(db: Database, protected: tuple[str, list[str]], written: str) -> None:
    code = pyotp.TOTP(protected[0]).now()
    assert goes_in(db, enter(db, enter_password(db), written.format(code[:3], code[3:])))


def test_digits_of_an_arabic_keyboard_are_digits(db: Database, protected: tuple[str, list[str]]) -> None:
    code = pyotp.TOTP(protected[0]).now().translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    assert goes_in(db, enter(db, enter_password(db), code))


def test_a_code_is_good_once_and_so_is_every_earlier_one(db: Database, protected: tuple[str, list[str]]) -> None:
    codes = pyotp.TOTP(protected[0])
    latest = codes.at(time.time() + STEP)
    assert goes_in(db, enter(db, enter_password(db), latest))
    for code in (latest, codes.now(), codes.at(time.time() - STEP)):
        assert enter(db, enter_password(db), code) == "second_factor.wrong"


def test_the_code_that_set_it_up_is_used(db: Database, salma: Staff) -> None:
    token = enter_password(db)
    with db.begin() as session:
        offer = second_factor.offer(session, salma)
        code = pyotp.TOTP(offer.secret).at(time.time() + STEP)
        second_factor.set_up(session, opened(session, token), offer.sealed, code)
    assert enter(db, enter_password(db), code) == "second_factor.wrong"


def test_of_many_who_send_the_same_code_at_once_one_goes_in(db: Database, protected: tuple[str, list[str]]) -> None:
    tokens, code = [enter_password(db) for _ in range(4)], pyotp.TOTP(protected[0]).now()
    with AtOnce() as all_of_them:
        answers = [result(each) for each in [all_of_them.start(enter, db, token, code) for token in tokens]]
    assert sorted(goes_in(db, answer) for answer in answers) == [False, False, False, True]


def test_wrong_codes_lock_the_account_like_wrong_passwords(db: Database, protected: tuple[str, list[str]]) -> None:
    token = enter_password(db)
    for _ in range(accounts.TRIES):
        assert enter(db, token, "wrong") == "second_factor.wrong"
    assert enter(db, token, pyotp.TOTP(protected[0]).now()) == "account.locked" and not enter_password(db)
    assert actions(db)[-1] == "staff.locked"
    with db.begin() as session:
        session.execute(update(Staff).values(locked_until=datetime.now(timezone.utc) - timedelta(seconds=1)))
    assert goes_in(db, enter(db, token, pyotp.TOTP(protected[0]).now()))


def test_who_knows_the_password_gets_no_more_guesses_by_giving_it_again(db: Database, protected: tuple[str, list[str]]) -> None:
    for _ in range(accounts.TRIES):
        assert enter(db, enter_password(db), "wrong") == "second_factor.wrong"
    assert not enter_password(db)


def test_guesses_at_the_same_moment_are_counted_one_by_one(db: Database, protected: tuple[str, list[str]]) -> None:
    token = enter_password(db)
    with AtOnce() as all_of_them:
        answers = sorted(result(each) for each in [all_of_them.start(enter, db, token, "wrong") for _ in range(8)])
    assert answers == ["account.locked"] * 3 + ["second_factor.wrong"] * accounts.TRIES


# --- Recovery codes


def test_a_recovery_code_opens_the_account_once(db: Database, protected: tuple[str, list[str]]) -> None:
    first, second, *_ = protected[1]
    assert goes_in(db, enter(db, enter_password(db), first.upper().replace("-", " ")))
    assert enter(db, enter_password(db), first) == "second_factor.wrong"
    assert goes_in(db, enter(db, enter_password(db), second))
    with db.begin() as session:
        assert second_factor.codes_left(session, session.scalars(select(Staff.id)).one()) == 8
    assert actions(db).count("staff.recovery_code_used") == 2


def test_of_two_who_use_the_same_recovery_code_one_goes_in(db: Database, protected: tuple[str, list[str]]) -> None:
    tokens = [enter_password(db) for _ in range(2)]
    with AtOnce() as both:
        answers = [result(each) for each in [both.start(enter, db, token, protected[1][0]) for token in tokens]]
    assert sorted(goes_in(db, answer) for answer in answers) == [False, True]


def test_a_recovery_code_of_somebody_else_opens_nothing(db: Database, protected: tuple[str, list[str]]) -> None:
    with db.begin() as session:
        other = accounts.create(session, "other@example.org", "Omar", "caseworker", PASSWORD)
        session.execute(update(RecoveryCode).values(staff_id=other.id))
    assert enter(db, enter_password(db), protected[1][0]) == "second_factor.wrong"


def test_new_recovery_codes_need_the_password_and_replace_the_old_ones(
    db: Database, protected: tuple[str, list[str]], salma: Staff
) -> None:
    with db.begin() as session, pytest.raises(Refused, match=r"account\.wrong_password"):
        second_factor.renew_codes(session, salma.id, "wrong")
    with db.begin() as session:
        new = second_factor.renew_codes(session, salma.id, PASSWORD)
        assert second_factor.codes_left(session, salma.id) == 10
    assert enter(db, enter_password(db), protected[1][0]) == "second_factor.wrong"
    assert goes_in(db, enter(db, enter_password(db), new[0]))


# --- Switching off


def test_switching_off_needs_password_and_code(db: Database, protected: tuple[str, list[str]]) -> None:
    code = pyotp.TOTP(protected[0])
    token = enter(db, enter_password(db), protected[1][0])
    for password, given in (("wrong", code.now()), (PASSWORD, "wrong"), (PASSWORD, protected[1][0])):
        with db.begin() as session, pytest.raises(Refused):
            second_factor.switch_off(session, opened(session, token), password, given)
    with db.begin() as session:
        second_factor.switch_off(session, opened(session, token), PASSWORD, code.now())
    assert goes_in(db, enter_password(db)) and actions(db)[-2:] == ["staff.second_factor_off", "staff.signed_in"]
    with db.begin() as session:
        assert session.scalars(select(RecoveryCode)).all() == []


def test_guesses_of_the_password_on_ones_own_page_are_counted(db: Database, salma: Staff) -> None:
    """Who finds a computer that is signed in cannot try passwords there."""

    def guess(password: str) -> str:
        with db.begin() as session:
            try:
                accounts.proven(session, salma.id, password)
            except Refused as error:
                return str(error)
            return ""

    assert [guess("wrong") for _ in range(accounts.TRIES)] == ["account.wrong_password"] * accounts.TRIES
    assert guess(PASSWORD) == "account.locked"


def test_an_administrator_takes_away_what_was_lost_and_every_sign_in_ends(db: Database, protected: tuple[str, list[str]]) -> None:
    token = enter(db, enter_password(db), protected[1][0])
    with db.begin() as session:
        boss = accounts.create(session, "boss@example.org", "Boss", "administrator", PASSWORD)
        person = session.scalars(select(Staff).filter_by(email="salma@example.org")).one()
        second_factor.take_away(session, boss, accounts.locked(session, person.id))
    assert not goes_in(db, token) and goes_in(db, enter_password(db))


def test_nobody_who_is_led_to_the_set_up_does_anything_else(db: Database, salma: Staff) -> None:
    token = enter_password(db)
    with db.begin() as session:
        with pytest.raises(Refused, match=r"sign_in\.second_factor"):
            accounts.by_cookie(session, token, required=True)
        assert accounts.by_cookie(session, token, required=True, finishing={"second_factor"})
    set_up(db, token)
    with db.begin() as session:
        assert accounts.by_cookie(session, token, required=True)


def test_rows_that_point_to_an_account_are_written_while_it_is_locked(db: Database, salma: Staff) -> None:
    """A reply must not wait for, nor block with, an account that is being changed."""
    with db.begin() as session:
        accounts.locked(session, salma.id)
        with db.begin() as other:
            other.execute(text("SET LOCAL lock_timeout = '2s'"))
            sessions.start(other, salma)
