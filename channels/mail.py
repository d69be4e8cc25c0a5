"""E-mail to members of staff, through the SMTP server of the settings: plain text, one message a connection."""

import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from email.utils import formatdate, parseaddr
from urllib.parse import SplitResult, unquote, urlsplit

from bot.errors import Rejected, SendError, TryAgain, Unreachable
from bot.handoff.notice_queue import Letter
from bot.settings import Settings

NAME = "email"
SECONDS = 10.0  # that the server may keep silent
PORTS = {"smtp": 587, "smtps": 465}
THIS_MACHINE = ("localhost", "127.0.0.1", "::1")


class Mail:
    def __init__(self, settings: Settings) -> None:
        self._url, self._from = settings.smtp_url.get_secret_value(), settings.mail_from
        self._sender = parseaddr(settings.mail_from)[1]
        self._domain = self._sender.partition("@")[2]

    def send(self, letter: Letter) -> None:
        """Raises SendError."""
        with self._connected() as server:
            server.send_message(self._message(letter), self._sender, [letter.target])

    def check(self) -> str:
        """Sign in and send nothing; says what was reached. Raises SendError."""
        with self._connected() as server:
            code, said = server.noop()
            if code != 250:
                raise TryAgain(_said(code, said))
        address = self._address()
        return f"{address.hostname} answers{', and the sign-in is right' if address.username else ''}"

    def _message(self, letter: Letter) -> EmailMessage:
        """Always of the same id: a mail program that gets it twice may show it once. Marked so that no holiday answer comes back."""
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self._from, letter.target, letter.subject
        message["Date"], message["Auto-Submitted"] = formatdate(localtime=False), "auto-generated"
        message["Message-ID"] = f"<dalil-notice-{letter.notice_id}-{letter.at.timestamp():.0f}@{self._domain}>"
        message.set_content(letter.text, cte="quoted-printable")
        return message

    def _address(self) -> SplitResult:
        """Never quoted in an error: it carries the password."""
        with suppress(ValueError):
            address = urlsplit(self._url)
            if address.scheme in PORTS and address.hostname and address.port != 0:
                return address
        raise Rejected("DALIL_SMTP_URL is not of the form smtp://user:password@host:587 (in a password, write %40 for @, %23 for #)")

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        address = self._address()
        if not self._domain:
            raise Rejected("DALIL_MAIL_FROM is not of the form Dalil <dalil@example.org>")
        try:
            server = self._reach(address)
            try:
                _sign_in(server, address)
                yield server
            finally:
                with suppress(smtplib.SMTPException, OSError):
                    server.quit()  # what was accepted counts, however this ends
                server.close()
        except (smtplib.SMTPException, OSError, ValueError) as error:
            raise _meaning(error) from None

    def _reach(self, address: SplitResult) -> smtplib.SMTP:
        """Names itself by our domain: to ask for the name of this machine may take long, and it concerns nobody."""
        host, port = address.hostname or "", address.port or PORTS[address.scheme]
        if address.scheme == "smtps":
            return smtplib.SMTP_SSL(host, port, self._domain, timeout=SECONDS, context=ssl.create_default_context())
        return smtplib.SMTP(host, port, self._domain, timeout=SECONDS)


def _sign_in(server: smtplib.SMTP, address: SplitResult) -> None:
    """Encrypted where the server can; a password goes in the clear to this machine only."""
    server.ehlo_or_helo_if_needed()
    encrypted = address.scheme == "smtps"
    if not encrypted and server.has_extn("starttls"):
        server.starttls(context=ssl.create_default_context())
        encrypted = True
    if address.username:
        if not encrypted and address.hostname not in THIS_MACHINE:
            raise Rejected("the mail server offers no encryption, so the password was not sent")
        server.login(unquote(address.username), unquote(address.password or ""))


def _meaning(error: Exception) -> SendError:
    """What is wrong with one letter will not be right later; everything else may be."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, said = next(iter(error.recipients.values()))
        return Unreachable(_said(code, said)) if code >= 500 else TryAgain(_said(code, said))
    if isinstance(error, smtplib.SMTPSenderRefused | smtplib.SMTPDataError) and error.smtp_code >= 500:
        return Rejected(_said(error.smtp_code, error.smtp_error))
    if isinstance(error, smtplib.SMTPResponseException):
        return TryAgain(_said(error.smtp_code, error.smtp_error))
    if isinstance(error, ssl.SSLCertVerificationError):
        return TryAgain(f"the certificate of the mail server is not good: {error.verify_message}")
    if isinstance(error, ValueError | smtplib.SMTPNotSupportedError):
        return Rejected("the mail server cannot take an address or password of this form")
    return TryAgain(f"the mail server did not answer ({type(error).__name__})")


def _said(code: int, said: bytes | str) -> str:
    """What the server answered, without the address that it may repeat."""
    words = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return f"{code} {re.sub(r'[^ <>]+@[^ <>]+', '…', words)}"
