"""A mail server that keeps what it is given: can refuse, be slow, break off, want a sign-in, and encrypt (at once or by STARTTLS)."""

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from fastapi import FastAPI
from fastapi.responses import PlainTextResponse

from channels.background import Background
from tests.providers.server import bound

LOCAL = "127.0.0.1"
USER, PASSWORD = "dalil", "p@ss #word"  # characters that an address must escape


class Mail(NamedTuple):
    """What arrived. `by`: who was signed in."""

    sender: str
    to: str
    message: EmailMessage
    by: str
    encrypted: bool

    @property
    def text(self) -> str:
        return str(self.message.get_content()).replace("\r\n", "\n")


class Trouble(NamedTuple):
    """What happens to the next command of this name: MAIL, RCPT, DATA (of a mail that has arrived), NOOP. `hang`: no answer comes."""

    command: str
    answer: str = ""
    hang: bool = False
    drop: bool = False


@dataclass
class Handler:
    """The names of the methods are those that aiosmtpd looks for."""

    wants_sign_in: bool
    mails: list[Mail] = field(default_factory=list)
    script: list[Trouble] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)

    async def handle_MAIL(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        if self.wants_sign_in and not session.authenticated:
            return "530 5.7.0 Authentication required"
        answer = await self._play("MAIL", server)
        if answer.startswith("250"):
            envelope.mail_from = address
        return answer

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        answer = await self._play("RCPT", server)
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.original_content
        assert content is not None and envelope.mail_from is not None
        message = message_from_bytes(content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        signed = session.auth_data.login.decode() if session.authenticated else ""
        answer = await self._play("DATA", server)
        if answer.startswith("250"):
            encrypted = server.transport is not None and server.transport.get_extra_info("sslcontext") is not None
            self.mails.append(Mail(envelope.mail_from, envelope.rcpt_tos[0], message, signed, encrypted))
        return answer

    async def handle_NOOP(self, server: SMTP, session: Session, envelope: Envelope, arg: str) -> str:
        return await self._play("NOOP", server)

    def sign_in(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        self.commands.append("AUTH")
        known = isinstance(data, LoginPassword) and (data.login.decode(), data.password.decode()) == (USER, PASSWORD)
        return AuthResult(success=known, handled=False, auth_data=data)

    async def _play(self, command: str, server: SMTP) -> str:
        self.commands.append(command)
        trouble = next((t for t in self.script if t.command == command), None)
        if trouble is None:
            return "250 OK"
        self.script.remove(trouble)
        if trouble.hang:
            await asyncio.sleep(60)
        if trouble.drop and isinstance(server.transport, asyncio.Transport):
            server.transport.abort()
        return trouble.answer or "250 OK"


class MailServer:
    """Runs on a free port (or the given one) of this machine while the block is open.

    `certificate`: it encrypts, from the first byte when `at_once`, else when it is asked to (STARTTLS).
    """

    def __init__(self, port: int = 0, certificate: Path | None = None, at_once: bool = False, wants_sign_in: bool = False) -> None:
        self._port, self._at_once, self.port = port, at_once, 0
        self._context = _context(certificate) if certificate else None
        self._handler = Handler(wants_sign_in)
        self._sessions: list[SMTP] = []

    @property
    def mails(self) -> list[Mail]:
        return self._handler.mails

    @property
    def script(self) -> list[Trouble]:
        return self._handler.script

    @property
    def commands(self) -> list[str]:
        return self._handler.commands

    def __enter__(self) -> "MailServer":
        self._loop = Background()
        self._loop.run(self._start())
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._loop.run(self._end())
        self._loop.stop()

    def url(self, user: str = "", host: str = LOCAL) -> str:
        """`user`: what stands before the @, escaped."""
        return f"{'smtps' if self._at_once else 'smtp'}://{user + '@' if user else ''}{host}:{self.port}"

    def end_sessions(self) -> None:
        """Breaks off whoever it has left without an answer."""
        self._loop.run(self._break_off())

    async def _start(self) -> None:
        listening, at_once = bound(self._port), self._context if self._at_once else None
        self.port = listening.getsockname()[1]
        self._server = await asyncio.get_running_loop().create_server(self._session, sock=listening, ssl=at_once)

    def _session(self) -> SMTP:
        later = None if self._at_once else self._context
        loop, offers = asyncio.get_running_loop(), {"auth_require_tls": False, "authenticator": self._handler.sign_in}
        found = SMTP(self._handler, hostname="mail.example", tls_context=later, loop=loop, **offers)
        self._sessions.append(found)
        return found

    async def _end(self) -> None:
        self._server.close()
        await self._break_off()
        await self._server.wait_closed()

    async def _break_off(self) -> None:
        for session in self._sessions:
            if session.transport is not None:
                session.transport.abort()  # type: ignore[attr-defined]
        waiting = asyncio.all_tasks() - {task for task in [asyncio.current_task()] if task}
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


def make_certificate(folder: Path) -> Path:
    """A file with a key and a certificate for this machine, signed by itself: a client must be told to trust it."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(timezone.utc)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stand-in")])
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(LOCAL)), x509.DNSName("localhost")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).add_extension(names, False)
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
    signed = builder.not_valid_after(now + timedelta(days=1)).sign(key, hashes.SHA256())
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = folder / "certificate.pem"
    file.write_bytes(key.private_bytes(*plain) + signed.public_bytes(serialization.Encoding.PEM))
    return file


def _context(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def create_app(server: MailServer) -> FastAPI:
    """A page that shows what arrived, the newest first."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        with server:
            yield

    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/", response_class=PlainTextResponse)
    def page() -> str:
        shown = (f"To: {mail.to}\nSubject: {mail.message['subject']}\n\n{mail.text}" for mail in reversed(server.mails))
        return f"{'-' * 60}\n".join(shown) or "No e-mail has arrived."

    return app
