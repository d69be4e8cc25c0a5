"""One's own account: name, language, password, where one is signed in, and the second factor."""

import html
import re
import time

import pyotp
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select, update

from bot.db import Database
from bot.settings import Settings
from bot.staff import accounts
from bot.tables import AuditRow, Staff, StaffSession
from console.account import device
from console.app import include
from tests.console.conftest import PASSWORD, Browser, Enter

NEW = "cinq autres mots bien longs"
WRONG_CODE = "Ce code est incorrect"


def read_token(browser: Browser, path: str) -> str:
    """Open a page with a form, as one does before one sends it; the CSRF token changes with the cookie."""
    page = browser.get(path).text
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    browser.csrf = found.group(1) if found else ""
    return page


def field(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, name
    return html.unescape(found.group(1))


def set_up(browser: Browser) -> tuple[str, list[str]]:
    """Through the page: the secret and the recovery codes."""
    page = read_token(browser, "/account/second-factor")
    secret = re.search(r'id="secret"[^>]*>(\w+)<', page)
    assert secret
    answer = browser.post("/account/second-factor", sealed=field(page, "sealed"), code=pyotp.TOTP(secret.group(1)).now())
    return secret.group(1), re.findall(r"<li><code>([\w-]+)</code>", answer.text)


def forget_step(db: Database) -> None:
    """So that no test has to wait for the next code."""
    with db.begin() as session:
        session.execute(update(Staff).values(totp_step=0))


@pytest.fixture
def protected(amina: Browser, db: Database) -> tuple[str, list[str]]:
    found = set_up(amina)
    forget_step(db)
    return found


# --- Name, language, sign-ins


def test_the_name_is_what_people_read(amina, ask, db: Database):
    amina.post("/account", name="  Amina B. ", lang="fr")
    amina.post(f"/cases/{ask()}/take")
    assert "Amina B." in amina.get("/account").text
    with db.begin() as session:
        assert "Amina B." in session.scalars(select(Staff.name)).all()


@pytest.mark.parametrize("name", ["", "   ", "x" * 101])
def test_a_name_that_is_none_is_refused_and_said(amina, name):
    answer = amina.post("/account", name=name)
    assert answer.status_code == 422 and "Il faut un nom" in answer.text and 'value="Amina"' in answer.text


def test_the_language_of_the_account_is_that_of_this_device_and_the_next(amina, visitor):
    assert 'lang="ar"' in amina.post("/account", name="Amina", lang="ar").text
    assert 'lang="ar"' in visitor.sign_in("amina@example.org").text
    assert 'lang="ar"' in amina.post("/account", name="Amina", lang="xx").text


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36 Edg/120.0",
            "Edge, Windows",
        ),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0", "Firefox, Linux"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Version/17.0 Safari/604.1", "Safari, iPhone"),
        ("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/120.0 Mobile Safari/537.36", "Chrome, Android"),
        ("curl/8", ""),
    ],
)
def test_a_browser_is_called_as_its_user_calls_it(agent, words):
    assert device(agent) == words


def test_one_sees_where_one_is_signed_in_and_ends_it(amina, app: FastAPI, db: Database):
    other = Browser(TestClient(app, headers={"User-Agent": "Mozilla/5.0 (Android) Firefox/1"}))
    other.sign_in("amina@example.org")
    page = read_token(amina, "/account")
    number = re.search(r'id="end-(\d+)"', page)
    assert number and "Firefox, Android" in page and page.count("Cet appareil") == 1
    amina.post(f"/account/sessions/{number.group(1)}/end")
    assert other.get("/account", follow_redirects=False).status_code == 303 and amina.get("/account").status_code == 200


def test_all_other_sign_ins_are_ended_at_once(amina, brahim, app: FastAPI):
    others = [Browser(TestClient(app)) for _ in range(2)]
    for other in others:
        other.sign_in("amina@example.org")
    amina.post("/account/sessions/others/end")
    assert [b.get("/account", follow_redirects=False).status_code for b in (amina, brahim, *others)] == [200, 200, 303, 303]


def test_a_sign_in_of_somebody_else_is_not_ended(amina, brahim, db: Database):
    with db.begin() as session:
        number = session.scalars(select(StaffSession.id).order_by(StaffSession.id.desc())).first()
    assert amina.post(f"/account/sessions/{number}/end").status_code == 404
    assert brahim.get("/account", follow_redirects=False).status_code == 200


def test_a_page_that_refreshes_itself_does_not_keep_anybody_signed_in(amina, db: Database):
    with db.begin() as session:
        session.execute(update(StaffSession).values(used_at=StaffSession.created_at - accounts.LOCK))
        before = session.scalars(select(StaffSession.used_at)).one()
    amina.get("/queue", headers={"X-Console": "1"})
    with db.begin() as session:
        assert session.scalars(select(StaffSession.used_at)).one() == before
    amina.get("/account")
    with db.begin() as session:
        assert session.scalars(select(StaffSession.used_at)).one() > before


# --- Password


def test_a_new_password_keeps_this_device_and_signs_out_the_others(amina, visitor):
    visitor.sign_in("amina@example.org")
    before = amina.client.cookies["dalil_console"]
    read_token(amina, "/account/password")
    answer = amina.post("/account/password", current=PASSWORD, new=NEW, back="/console/account")
    assert answer.url.path == "/console/account" and amina.client.cookies["dalil_console"] != before
    assert visitor.get("/", follow_redirects=False).status_code == 303
    assert visitor.sign_in("amina@example.org").status_code == 403 and visitor.sign_in("amina@example.org", NEW).status_code == 200


@pytest.mark.parametrize(
    ("current", "new", "words"), [("wrong", NEW, "incorrect"), (PASSWORD, "court", "trop court"), (PASSWORD, PASSWORD, "le même que")]
)
def test_why_a_password_was_not_changed_is_said(amina, current, new, words):
    read_token(amina, "/account/password")
    answer = amina.post("/account/password", current=current, new=new)
    assert answer.status_code == 422 and words in answer.text and NEW not in answer.text


def test_passwords_cannot_be_guessed_on_a_computer_that_was_left_open(amina):
    read_token(amina, "/account/password")
    for _ in range(5):
        amina.post("/account/password", current="wrong", new=NEW)
    assert "bloqué" in amina.post("/account/password", current=PASSWORD, new=NEW).text


def test_who_got_a_password_from_somebody_changes_it_before_anything_else(amina, ask, db: Database):
    number = ask()
    with db.begin() as session:
        session.execute(update(Staff).values(must_change=True))
    for path in ("/", f"/cases/{number}", "/account", "/account/second-factor"):
        answer = amina.get(path, follow_redirects=False)
        assert answer.headers["location"].split("?")[0] == "/console/account/password"
    assert amina.post(f"/cases/{number}/take").url.path == "/console/account/password"
    page = read_token(amina, f"/account/password?back=/console/cases/{number}")
    assert "ne vient pas de vous" in page and 'class="menu"' not in page
    assert amina.post("/account/password", current=PASSWORD, new=NEW, back=field(page, "back")).url.path == f"/console/cases/{number}"


# --- Second factor


def test_the_picture_is_drawn_in_the_page_and_stands_for_the_secret(amina):
    page = read_token(amina, "/account/second-factor")
    assert re.search(r'<svg [^>]*width="\d+"', page) and "style=" not in page and "http" not in page
    address = re.search(r'id="open-app" class="button" href="([^"]+)"', page)
    secret = re.search(r'id="secret"[^>]*>(\w+)<', page)
    assert address and secret and pyotp.parse_uri(html.unescape(address.group(1))).secret == secret.group(1)


def test_each_page_offers_another_secret_and_a_wrong_code_keeps_it(amina):
    first, second = (field(read_token(amina, "/account/second-factor"), "sealed") for _ in range(2))
    answer = amina.post("/account/second-factor", sealed=second, code="000000")
    assert first != second and answer.status_code == 422 and WRONG_CODE in answer.text and field(answer.text, "sealed") == second
    again = amina.post("/account/second-factor", sealed="x", code="000000")
    assert "Voici un nouveau secret" in again.text and field(again.text, "sealed") not in (first, second, "x")


def test_recovery_codes_are_shown_once(amina, protected):
    assert len(protected[1]) == 10
    pages = [amina.get(path).text for path in ("/account", "/account/second-factor")]
    assert all("Codes de secours restants" in page and protected[0] not in page for page in pages)
    assert not any(code in page for page in pages for code in protected[1])


def test_after_the_password_only_the_code_page_opens(amina, protected, visitor, ask):
    number = ask()
    answer = visitor.client.post(
        "/console/sign-in",
        data={"email": "amina@example.org", "password": PASSWORD, "back": f"/console/cases/{number}"},
        headers={"User-Agent": "x"},
    )
    assert answer.url.path == "/console/sign-in/code" and 'class="menu"' not in answer.text and "Amina" not in answer.text
    assert visitor.get("/queue", headers={"X-Console": "1"}).status_code == 401
    page = read_token(visitor, f"/sign-in/code?back=/console/cases/{number}")
    wrong = visitor.post("/sign-in/code", code="000000", back=field(page, "back"))
    assert wrong.status_code == 403 and WRONG_CODE in wrong.text and 'lang="fr"' in wrong.text
    right = visitor.post("/sign-in/code", code=pyotp.TOTP(protected[0]).now(), back=field(page, "back"))
    assert right.url.path == f"/console/cases/{number}"
    assert visitor.get("/sign-in/code", follow_redirects=False).headers["location"] == "/console/"


def test_a_code_that_was_seen_is_worth_nothing(amina, protected, app: FastAPI):
    code = pyotp.TOTP(protected[0]).at(time.time() + 30)
    seen = []
    for _ in range(2):
        browser = Browser(TestClient(app))
        browser.sign_in("amina@example.org")
        seen.append(browser.post("/sign-in/code", code=code).status_code)
    assert seen == [200, 403]


def test_the_recovery_code_opens_once_and_the_account_says_how_many_are_left(amina, protected, visitor):
    visitor.sign_in("amina@example.org")
    visitor.post("/sign-in/code", code=protected[1][0])
    assert re.search(r"Codes de secours restants\s?: \S?9", visitor.get("/account").text)


def test_half_a_sign_in_can_be_left(amina, protected, visitor):
    visitor.sign_in("amina@example.org")
    assert visitor.post("/sign-out").url.path == "/console/sign-in"
    assert visitor.get("/sign-in/code", follow_redirects=False).headers["location"].startswith("/console/sign-in?")


def test_new_codes_and_switching_off_through_the_page(amina, protected):
    read_token(amina, "/account/second-factor")
    assert "incorrect" in amina.post("/account/second-factor/codes", password="wrong").text
    codes = re.findall(r"<li><code>([\w-]+)</code>", amina.post("/account/second-factor/codes", password=PASSWORD).text)
    assert len(codes) == 10 and not set(codes) & set(protected[1])
    assert WRONG_CODE in amina.post("/account/second-factor/off", password=PASSWORD, code=protected[1][0]).text
    answer = amina.post("/account/second-factor/off", password=PASSWORD, code=codes[0])
    assert answer.url.path == "/console/account" and "désactivée" in answer.text


def test_advice_stands_on_each_page_of_those_whose_account_opens_much(amina, enter: Enter, ask):
    boss, number = enter("Boss", "administrator"), ask()
    pages = ("/", f"/cases/{number}", "/people", "/audit", "/account")
    assert all('id="advised"' in boss.get(path).text for path in pages) and 'id="advised"' not in amina.get("/").text
    set_up(boss)
    assert not any('id="advised"' in boss.get(path).text for path in pages)


def test_where_it_is_required_nothing_opens_without_it(db: Database, settings: Settings, app: FastAPI, ask):
    strict = FastAPI()
    include(strict, db, settings.model_copy(update={"require_second_factor": True}))
    browser, number = Browser(TestClient(strict)), ask()
    browser.sign_in("amina@example.org")
    assert browser.get(f"/cases/{number}", follow_redirects=False).headers["location"].startswith("/console/account/second-factor?back=")
    assert browser.get("/account", follow_redirects=False).status_code == 303
    page = read_token(browser, f"/account/second-factor?back=/console/cases/{number}")
    assert 'class="menu"' not in page and field(page, "back") == f"/console/cases/{number}"
    set_up(browser)
    assert browser.get(f"/cases/{number}", follow_redirects=False).status_code == 200


def test_what_happened_to_the_account_is_in_the_trail(amina, protected, db: Database):
    read_token(amina, "/account")
    amina.post("/account", name="Amina C.", lang="en")
    amina.post("/sign-out")
    with db.begin() as session:
        found = list(session.scalars(select(AuditRow.action).order_by(AuditRow.id)))
    wanted = ["staff.second_factor_on", "staff.renamed", "staff.language_chosen", "staff.signed_out"]
    assert [action for action in found if action in wanted] == wanted
