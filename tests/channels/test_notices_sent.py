"""Notices on their way out: by mail and to a Telegram group, in trouble, and beside the messages to people."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select, update

from bot.db import Database
from bot.handoff import cases, notice_queue
from bot.settings import Settings
from bot.tables import Case, Notice, Staff, Team
from bot.texts import Texts
from channels import mail, notices
from channels.notices import Messenger, messengers
from channels.registry import sender_of
from channels.sender import Sender
from channels.telegram import Telegram
from tests.channels.telegram_story import at, end
from tests.providers.control import Control
from tests.providers.mail import MailServer, Trouble
from tests.story import AtOnce, Provider, Somebody, bot, hire, result, until

GROUP = "-1001234567890"


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer() as found:
        yield found


@pytest.fixture
def worker(db: Database) -> Staff:
    return hire(db)


@pytest.fixture
def settings(config: Settings, server: MailServer) -> Settings:
    return with_mail(config, server)


def with_mail(config: Settings, server: MailServer) -> Settings:
    own = {"smtp_url": SecretStr(server.url()), "mail_from": "dalil@example.org", "public_url": "https://dalil.example/"}
    return config.model_copy(update=own)


def of_way(db: Database, settings: Settings, way: str, channel: Telegram | None = None) -> Messenger:
    (found,) = [m for m in messengers(db, settings, channel) if isinstance(m, Messenger) and m.way == way]
    return found


@pytest.fixture
def post(db: Database, settings: Settings) -> Messenger:
    """Sends e-mails."""
    return of_way(db, settings, mail.NAME)


def due_at_once(db: Database) -> None:
    with db.begin() as session:
        session.execute(update(Notice).values(next_at=func.clock_timestamp()))


def states(db: Database) -> list[str]:
    with db.begin() as session:
        return list(session.scalars(select(Notice.state).order_by(Notice.id)))


def change_team(db: Database, **values: str) -> None:
    with db.begin() as session:
        session.execute(update(Team).values(**values))


# --- By mail


def test_who_is_told_finds_a_number_and_a_link(db: Database, worker: Staff, server: MailServer, post: Messenger) -> None:
    number = Somebody(db).asks_for_a_person("violence")
    assert post.send_one() and not post.send_one()
    (found,) = server.mails
    assert found.to == worker.email and found.message["Subject"] == f"Dalil : demande urgente n° {number}"
    assert found.text.strip().endswith(f"https://dalil.example/console/cases/{number}") and states(db) == ["sent"]


def test_what_fails_is_tried_again(db: Database, worker: Staff, server: MailServer, post: Messenger) -> None:
    server.script.extend([Trouble("RCPT", "450 4.2.1 later"), Trouble("DATA", "452 4.3.1 full")])
    Somebody(db).asks_for_a_person()
    for n in range(3):
        assert len(server.mails) == 0 and post.send_one(), n
        due_at_once(db)
    assert len(server.mails) == 1 and states(db) == ["sent"] and not post.send_one()


def test_between_two_tries_there_is_a_pause(db: Database, worker: Staff, server: MailServer, post: Messenger) -> None:
    server.script.append(Trouble("RCPT", "450 4.2.1 later"))
    Somebody(db).asks_for_a_person()
    assert post.send_one() and not post.send_one()


def test_an_address_that_does_not_exist_is_given_up(db: Database, worker: Staff, server: MailServer, post: Messenger) -> None:
    server.script.append(Trouble("RCPT", f"550 5.1.1 {worker.email} unknown"))
    Somebody(db).asks_for_a_person()
    post.send_one()
    with db.begin() as session:
        row = session.scalars(select(Notice)).one()
    assert (row.state, row.error) == ("dead", "550 5.1.1 … unknown")


def test_a_server_that_is_away_longer_is_given_up_at_last(db: Database, worker: Staff, config: Settings) -> None:
    with MailServer() as gone:
        post = of_way(db, with_mail(config, gone), mail.NAME)
    Somebody(db).asks_for_a_person()
    tries = 0
    while states(db) == ["queued"]:
        assert post.send_one()
        due_at_once(db)
        tries += 1
    assert tries == len(notice_queue.WAITS) + 1 and states(db) == ["dead"]


def test_an_unforeseen_error_is_noted_and_holds_up_nobody_else(db: Database, worker: Staff) -> None:
    def fail(letter: notice_queue.Letter) -> None:
        raise KeyError(letter.target)

    post = Messenger(db, mail.NAME, notice_queue.Wording(Texts.load(Settings().data_dir, "staff"), ""), fail)
    for _ in range(2):
        Somebody(db).asks_for_a_person()
    assert post.send_one() and post.send_one() and not post.send_one()
    with db.begin() as session:
        assert {(row.error, row.state) for row in session.scalars(select(Notice))} == {("KeyError", "queued")}


def test_what_was_taken_is_sent_by_the_next_sender_when_this_one_dies(
    db: Database, worker: Staff, settings: Settings, server: MailServer
) -> None:
    """Its mail may have gone out or not: it is sent again, with the same id."""
    Somebody(db).asks_for_a_person()
    dying, next_one = of_way(db, settings, mail.NAME), of_way(db, settings, mail.NAME)
    sends = dying.send
    assert sends is not None

    def die(letter: notice_queue.Letter) -> None:
        sends(letter)
        raise SystemExit  # nothing of ours catches it: the result is never written

    dying.send = die
    with pytest.raises(SystemExit):
        dying.send_one()
    assert not next_one.send_one()
    with db.begin() as session:
        session.execute(update(Notice).values(next_at=Notice.next_at - notice_queue.LEASE))
    assert next_one.send_one() and states(db) == ["sent"]
    assert len({found.message["Message-ID"] for found in server.mails}) == 1 and len(server.mails) == 2


def test_a_case_can_be_taken_and_erased_while_the_mail_server_keeps_silent(
    db: Database, worker: Staff, server: MailServer, post: Messenger, texts: Texts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail, "SECONDS", 30.0)
    server.script.append(Trouble("RCPT", hang=True))
    number = Somebody(db).asks_for_a_person()
    with AtOnce() as both:
        sending = both.start(post.send_one)
        until(lambda: "RCPT" in server.commands)
        with db.begin() as session:
            cases.take(session, worker, number, texts)
        with db.begin() as session:
            session.delete(session.get_one(Case, number))
        assert not sending.done()
        server.end_sessions()
        assert result(sending)
    assert states(db) == []


def test_without_a_mail_server_nothing_waits(db: Database, worker: Staff, config: Settings) -> None:
    Somebody(db).asks_for_a_person()
    assert not of_way(db, config, mail.NAME).send_one() and states(db) == ["dropped"]


# --- To a Telegram group


@pytest.fixture
def group(db: Database, control: Control, channel: Telegram, settings: Settings) -> Messenger:
    """Tells a group of which the bot is a member."""
    change_team(db, telegram_group=GROUP)
    control.post("group", id=int(GROUP), name="Team", status="member")
    return of_way(db, settings, "telegram", channel)


def test_a_group_is_told(db: Database, control: Control, group: Messenger) -> None:
    number = Somebody(db).asks_for_a_person("violence")
    assert group.send_one() and not group.send_one()
    (sent,) = control.get("sent")
    assert sent["to"] == GROUP and sent["text"].startswith(f"La demande urgente n° {number} attend depuis")
    assert sent["text"].endswith(f"https://dalil.example/console/cases/{number}") and sent["buttons"] == []


@pytest.mark.parametrize(
    ("place", "error"),
    [
        ({"status": "kicked"}, "Forbidden: bot was kicked from the supergroup chat"),
        ({"status": "left"}, "Forbidden: bot is not a member of the supergroup chat"),
        ({"status": "silent"}, "Not enough rights to send text messages to the chat"),
        ({"status": "member", "moved": -1009876543210}, "the group has a new number: -1009876543210"),
    ],
)
def test_a_group_where_the_bot_may_not_write_is_given_up(
    db: Database, control: Control, group: Messenger, place: dict[str, object], error: str
) -> None:
    control.post("group", id=int(GROUP), **place)
    Somebody(db).asks_for_a_person()
    group.send_one()
    with db.begin() as session:
        row = session.scalars(select(Notice)).one()
    assert (row.state, row.error) == ("dead", error)


def test_a_group_may_be_named(db: Database, control: Control, group: Messenger) -> None:
    control.post("group", id=-1002, status="member", username="our_team")
    change_team(db, telegram_group="@our_team")
    Somebody(db).asks_for_a_person()
    assert group.send_one() and [sent["to"] for sent in control.get("sent")] == ["-1002"]


@pytest.mark.parametrize("number", ["111", "-12x", "@t", "-100 1", "+212600000000", ""])
def test_what_is_no_group_is_never_written_to(db: Database, control: Control, group: Messenger, number: str) -> None:
    """A positive number would be a person."""
    Somebody(db).asks_for_a_person()
    with db.begin() as session:
        session.execute(update(Notice).values(target=number))
    assert group.send_one() and control.get("sent") == [] and states(db) == ["dead"]


def test_what_telegram_asks_us_to_wait_is_waited_for(db: Database, control: Control, group: Messenger) -> None:
    control.post("script", to=GROUP, answers=[{"status": 429, "retry_after": 33}])
    Somebody(db).asks_for_a_person()
    assert group.send_one() and not group.send_one()
    with db.begin() as session:
        row = session.scalars(select(Notice)).one()
        left = session.scalar(select(row.next_at - func.clock_timestamp()))
    assert left is not None and 30 < left.total_seconds() <= 33


def test_without_telegram_nothing_waits(db: Database, settings: Settings) -> None:
    change_team(db, telegram_group=GROUP)
    Somebody(db).asks_for_a_person()
    assert not of_way(db, settings, "telegram").send_one() and states(db) == ["dropped"]


# --- The process


@contextmanager
def running(process: Sender) -> Iterator[None]:
    with AtOnce() as thread:
        loop = thread.start(process.run)
        try:
            yield
        finally:
            process.stopping.set()
        result(loop)


def test_the_process_tells_by_both_ways_and_escalates(
    db: Database, worker: Staff, settings: Settings, server: MailServer, control: Control
) -> None:
    change_team(db, telegram_group=GROUP)
    control.post("group", id=int(GROUP), status="member")
    with db.begin() as session:
        session.execute(update(Staff).values(role="administrator"))
    Somebody(db).asks_for_a_person("violence")
    with db.begin() as session:
        session.execute(update(Case).values(urgent_at=func.clock_timestamp() - func.make_interval(0, 0, 0, 0, 1)))
    process = sender_of(db, at(control.url, settings))
    with running(process):
        until(lambda: len(server.mails) == 2 and len(control.get("sent")) == 1)
        until(lambda: states(db) == ["sent"] * 3)
    subjects = sorted(found.message["Subject"].split(" n°")[0] for found in server.mails)
    assert subjects == ["Dalil : demande urgente", "Dalil : personne n’a pris la demande urgente"]
    telegram = process.channels["telegram"]
    assert isinstance(telegram, Telegram)
    end(telegram)


def test_a_mail_server_that_keeps_silent_holds_up_nobody(db: Database, worker: Staff, settings: Settings, server: MailServer) -> None:
    server.script.append(Trouble("RCPT", hang=True))
    Somebody(db).asks_for_a_person()
    provider, person = Provider(), Somebody(db)
    sender = Sender(db, {provider.name: provider}, beside=messengers(db, settings, None))
    with running(sender):
        until(lambda: "RCPT" in server.commands)
        person.queue(*bot("bonjour"))
        until(lambda: provider.texts() == ["bonjour"])
        assert server.mails == []
        server.end_sessions()


def test_a_messenger_waits_for_a_lost_database(
    db: Database, worker: Staff, server: MailServer, post: Messenger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "IDLE_SECONDS", 0.01)
    stopping, lost = threading.Event(), threading.Event()
    real: Callable[[], bool] = post.send_one

    def lose() -> bool:
        if not lost.is_set():
            lost.set()
            with db.engine.connect() as connection:
                connection.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")
        return real()

    monkeypatch.setattr(post, "send_one", lose)
    Somebody(db).asks_for_a_person()
    with AtOnce() as thread:
        loop = thread.start(post, stopping)
        until(lambda: len(server.mails) == 1)
        stopping.set()
        result(loop)
    assert lost.is_set()
