"""E-mail to staff, against a mail server that keeps what it is given and has the troubles of real ones."""

import logging
import ssl
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from urllib.parse import quote

import pytest
from pydantic import SecretStr

from bot.errors import Rejected, SendError, TryAgain, Unreachable
from bot.handoff.notice_queue import Letter
from bot.settings import Settings
from channels import mail
from channels.mail import Mail
from tests.providers.mail import PASSWORD, USER, MailServer, Trouble, make_certificate

AT = datetime(2026, 11, 21, 22, 40, tzinfo=timezone.utc)
LETTER = Letter(7, "amina@example.org", "Dalil : demande n° 12", "La demande n° 12 attend.\n\nhttps://dalil.example/console/cases/12", AT)
SIGN_IN = f"{USER}:{quote(PASSWORD, safe='')}"


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer() as found:
        yield found


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The stand-in's certificate, which this process trusts."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    return certificate


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits ten seconds for a server that keeps silent."""
    monkeypatch.setattr(mail, "SECONDS", 2.0)


def post(url: str, letter: Letter = LETTER) -> None:
    Mail(Settings(smtp_url=SecretStr(url), mail_from="Dalil <dalil@example.org>")).send(letter)


def check(url: str) -> str:
    return Mail(Settings(smtp_url=SecretStr(url), mail_from="Dalil <dalil@example.org>")).check()


def refused(url: str, letter: Letter = LETTER) -> SendError:
    with pytest.raises(SendError) as caught:
        post(url, letter)
    return caught.value


# --- What arrives


def test_a_letter_arrives_as_plain_text(server: MailServer) -> None:
    post(server.url())
    (found,) = server.mails
    assert (found.sender, found.to, found.encrypted, found.by) == ("dalil@example.org", "amina@example.org", False, "")
    message = found.message
    assert (message["From"], message["To"], message["Subject"]) == ("Dalil <dalil@example.org>", LETTER.target, LETTER.subject)
    assert message.get_content_type() == "text/plain" and message.get_content_charset() == "utf-8"
    assert found.text.strip() == LETTER.text and message["Auto-Submitted"] == "auto-generated"


def test_a_letter_in_arabic_arrives_whole(server: MailServer) -> None:
    words = "الطلب المستعجل رقم \u206612\u2069 ينتظر منذ \u206623:40\u2069."
    post(server.url(), LETTER._replace(subject="دليل: طلب مستعجل رقم \u206612\u2069", text=words))
    (found,) = server.mails
    assert found.message["Subject"] == "دليل: طلب مستعجل رقم \u206612\u2069" and found.text.strip() == words


def test_a_letter_that_is_sent_twice_has_the_same_id(server: MailServer) -> None:
    post(server.url())
    post(server.url())
    post(server.url(), LETTER._replace(notice_id=8))
    ids = [found.message["Message-ID"] for found in server.mails]
    assert ids[0] == ids[1] != ids[2] and ids[0].endswith("@example.org>")


def test_nothing_is_sent_by_a_check(server: MailServer) -> None:
    assert check(server.url()) == "127.0.0.1 answers"
    assert server.mails == [] and server.commands == ["NOOP"]


# --- Signing in, and encryption


def test_who_must_sign_in_does(trusted: Path) -> None:
    with MailServer(certificate=trusted, wants_sign_in=True) as server:
        post(server.url(SIGN_IN))
        assert [(found.by, found.encrypted) for found in server.mails] == [(USER, True)]
        assert check(server.url(SIGN_IN)) == "127.0.0.1 answers, and the sign-in is right"


def test_a_server_that_encrypts_from_the_first_byte_is_spoken_to(trusted: Path) -> None:
    with MailServer(certificate=trusted, at_once=True, wants_sign_in=True) as server:
        post(server.url(SIGN_IN))
        assert [(found.by, found.encrypted) for found in server.mails] == [(USER, True)]


def test_a_wrong_password_is_said_and_tried_again_later(trusted: Path) -> None:
    with MailServer(certificate=trusted, wants_sign_in=True) as server:
        error = refused(server.url(f"{USER}:wrong"))
        assert isinstance(error, TryAgain) and str(error).startswith("535 ") and server.mails == []
        with pytest.raises(TryAgain):
            check(server.url(f"{USER}:wrong"))


@pytest.mark.parametrize("at_once", [False, True])
def test_a_certificate_that_nobody_vouches_for_is_not_accepted(certificate: Path, at_once: bool, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)  # the server says loudly that the handshake was broken off
    with MailServer(certificate=certificate, at_once=at_once, wants_sign_in=True) as server:
        error = refused(server.url(SIGN_IN))
        assert isinstance(error, TryAgain) and "certificate" in str(error)
        assert "AUTH" not in server.commands


def test_a_certificate_of_another_name_is_not_accepted(trusted: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    with MailServer(certificate=trusted) as server:
        assert "certificate" in str(refused(server.url(SIGN_IN, host="127.1")))


def test_a_password_never_goes_out_in_the_clear(server: MailServer) -> None:
    error = refused(server.url(SIGN_IN, host="127.1"))  # the same machine, by a name that does not say so
    assert isinstance(error, Rejected) and "encryption" in str(error) and server.commands == []


def test_without_a_password_a_server_that_does_not_encrypt_may_be_used(server: MailServer) -> None:
    post(server.url(host="127.1"))
    assert len(server.mails) == 1


# --- Trouble


@pytest.mark.parametrize(
    ("trouble", "kind"),
    [
        (Trouble("RCPT", "550 5.1.1 <amina@example.org>: no such user"), Unreachable),
        (Trouble("RCPT", "450 4.2.1 try later"), TryAgain),
        (Trouble("MAIL", "550 5.7.1 we do not know dalil@example.org"), Rejected),
        (Trouble("MAIL", "421 4.3.2 going down"), TryAgain),
        (Trouble("DATA", "554 5.7.1 looks like spam"), Rejected),
        (Trouble("DATA", "452 4.3.1 disk full"), TryAgain),
        (Trouble("RCPT", hang=True), TryAgain),
        (Trouble("DATA", drop=True), TryAgain),
    ],
)
def test_each_trouble_has_its_meaning(server: MailServer, monkeypatch: pytest.MonkeyPatch, trouble: Trouble, kind: type[SendError]) -> None:
    monkeypatch.setattr(mail, "SECONDS", 0.3 if trouble.hang else 5.0)
    server.script.append(trouble)
    error = refused(server.url())
    assert type(error) is kind and "@" not in str(error) and str(error).startswith(trouble.answer[:4])


def test_after_trouble_the_next_letter_goes_out(server: MailServer) -> None:
    server.script.append(Trouble("RCPT", "450 4.2.1 try later"))
    refused(server.url())
    post(server.url())
    assert len(server.mails) == 1


def test_a_server_that_is_not_there_is_tried_again() -> None:
    with MailServer() as gone:
        url = gone.url()
    assert isinstance(refused(url), TryAgain)


@pytest.mark.parametrize("target", ["amina", "amina@example.org\nBcc: all@example.org", "أمينة@example.org"])
def test_what_is_no_address_goes_nowhere(server: MailServer, target: str) -> None:
    if target == "amina":
        server.script.append(Trouble("RCPT", "550 5.1.3 no address"))
    assert not isinstance(refused(server.url(), LETTER._replace(target=target)), TryAgain)
    assert server.mails == []


@pytest.mark.parametrize(
    "url", ["mail.example", "http://mail.example", "smtp://", "smtp://u:p#w@mail.example", "smtp://[mail", "smtp://h:x"]
)
def test_a_setting_that_cannot_be_read_is_said_without_its_password(url: str) -> None:
    error = refused(url)
    assert isinstance(error, Rejected) and "DALIL_SMTP_URL" in str(error) and "p#w" not in str(error)


def test_a_sender_that_is_no_address_is_said(server: MailServer) -> None:
    with pytest.raises(Rejected, match="DALIL_MAIL_FROM"):
        Mail(Settings(smtp_url=SecretStr(server.url()), mail_from="Dalil")).send(LETTER)


def test_the_password_is_in_no_error(trusted: Path) -> None:
    with MailServer(certificate=trusted, wants_sign_in=True) as server:
        assert "secret" not in str(refused(server.url(f"{USER}:secret")))
    assert ssl.create_default_context().verify_mode is ssl.CERT_REQUIRED
