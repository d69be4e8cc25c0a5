"""`dalil channels check` and `sync`, against both stand-ins."""

from collections.abc import Iterator

import pytest
from pydantic import SecretStr
from sqlalchemy import update

from bot.db import Database
from bot.messaging import templates
from bot.settings import Settings
from bot.tables import Team
from channels.setup import check, sync
from channels.telegram import COMMANDS, PATH, Telegram
from channels.templates import wanted
from tests.channels.telegram_story import receive
from tests.providers import twilio as twilios
from tests.providers.control import Control
from tests.providers.mail import MailServer, Trouble
from tests.providers.telegram import TOKEN

PUBLIC = "https://dalil.example"
GROUP = "-1001234567890"


@pytest.fixture
def own(control: Control, twilio: str, config: Settings) -> Iterator[Settings]:
    accounts = {"twilio_account_sid": twilios.ACCOUNT_SID, "twilio_auth_token": SecretStr(twilios.AUTH_TOKEN), "twilio_api": twilio}
    number = {"whatsapp_number": twilios.NUMBER.removeprefix("whatsapp:")}
    yield config.model_copy(
        update={"telegram_token": SecretStr(TOKEN), "telegram_api": control.url, "public_url": PUBLIC, **accounts, **number}
    )


def fixes(db: Database, settings: Settings) -> set[str]:
    return {finding.fix for finding in check(db, settings) if finding.fix}


def test_before_it_is_synced_it_says_what_to_do(db: Database, own: Settings) -> None:
    assert fixes(db, own) == {"Run `dalil channels sync`."}


def test_after_it_is_synced_all_is_well(db: Database, own: Settings) -> None:
    assert not [finding for finding in sync(db, own) if finding.fix]
    assert fixes(db, own) == set()


def test_telegram_knows_webhook_secret_and_commands(db: Database, own: Settings, control: Control) -> None:
    list(sync(db, own))
    setup = control.get("setup")
    assert PUBLIC + PATH in str(setup) and all(name in str(setup) for name in COMMANDS)


def test_without_a_public_address_telegram_has_no_webhook(db: Database, own: Settings) -> None:
    local = own.model_copy(update={"public_url": "", "twilio_account_sid": ""})
    list(sync(db, own))
    list(sync(db, local))
    assert fixes(db, local) == set()


def test_a_second_sync_creates_no_template_again(db: Database, own: Settings) -> None:
    list(sync(db, own))
    said = [str(finding) for finding in sync(db, own) if "template" in finding.what]
    assert said and all("as it was" in line for line in said)


def test_a_changed_text_is_noticed(db: Database, own: Settings) -> None:
    list(sync(db, own))
    with db.begin() as session:
        templates.keep(session, "answer_waits.fr", "HX" + "0" * 32, "of another text", "approved")
    assert fixes(db, own) == {"Run `dalil channels sync`."}


def test_what_is_not_approved_is_said_and_not_used(db: Database, own: Settings) -> None:
    list(sync(db, own))
    with db.begin() as session:
        known = templates.known(session, "answer_waits.ar")
        assert known is not None
        templates.keep(session, known.name, known.provider_id, known.content_hash, "pending")
    with db.begin() as session:
        assert templates.usable(session, "answer_waits.ar") is None
    assert fixes(db, own) == {"Wait for WhatsApp, then run `dalil channels sync`."}


@pytest.mark.parametrize(
    ("wrong", "fix"),
    [
        ({"telegram_token": SecretStr("1:wrong")}, "Check DALIL_TELEGRAM_TOKEN, and the way to the Internet."),
        ({"twilio_auth_token": SecretStr("wrong")}, "Check DALIL_TWILIO_ACCOUNT_SID and DALIL_TWILIO_AUTH_TOKEN."),
    ],
)
def test_a_wrong_token_is_said(db: Database, own: Settings, wrong: dict[str, object], fix: str) -> None:
    assert fix in fixes(db, own.model_copy(update=wrong))


def test_channels_that_are_not_set_up_are_no_fault(db: Database, config: Settings) -> None:
    assert [finding.fix for finding in check(db, config)] == ["", "", ""]


# --- Notices to staff


@pytest.fixture
def telling(db: Database, control: Control, config: Settings) -> Settings:
    """Telegram is set up; the team is told in a group."""
    with db.begin() as session:
        session.execute(update(Team).values(telegram_group=GROUP))
    return config.model_copy(update={"telegram_token": SecretStr(TOKEN), "telegram_api": control.url})


def said(db: Database, settings: Settings, channel: str = "telegram") -> list[tuple[str, str]]:
    return [
        (finding.what, finding.fix) for finding in check(db, settings) if finding.channel == channel and "group" in finding.what.lower()
    ]


def test_a_group_that_the_bot_may_write_to_is_well(db: Database, control: Control, telling: Settings) -> None:
    control.post("group", id=int(GROUP), status="member")
    assert said(db, telling) == [(f"team Dalil is told in group {GROUP}", "")]


@pytest.mark.parametrize("status", ["kicked", "left", "silent"])
def test_a_group_that_the_bot_may_not_write_to_is_a_fault(db: Database, control: Control, telling: Settings, status: str) -> None:
    control.post("group", id=int(GROUP), status=status)
    wanted = "Let the bot be a member, and write." if status == "silent" else "Add the bot to the group of team Dalil, see docs/notices.md."
    assert wanted in fixes(db, telling)


@pytest.mark.parametrize("number", [GROUP, "team", "111"])
def test_a_group_that_nobody_knows_is_a_fault(db: Database, control: Control, telling: Settings, number: str) -> None:
    with db.begin() as session:
        session.execute(update(Team).values(telegram_group=number))
    assert "Add the bot to the group of team Dalil, see docs/notices.md." in fixes(db, telling)


def test_the_number_of_a_group_is_said_as_long_as_no_team_uses_it(
    db: Database, control: Control, channel: Telegram, telling: Settings
) -> None:
    for number, status in ((GROUP, "member"), ("-1002", "member"), ("-1003", "member"), ("-1003", "kicked")):
        control.post("group", id=int(number), name="Équipe", status=status)
    receive(db, channel)
    assert said(db, telling) == [
        (f"team Dalil is told in group {GROUP}", ""),
        ("the bot was added to the group Équipe: its number is -1002", ""),
    ]


def test_the_mail_server_is_tried_without_sending(db: Database, config: Settings) -> None:
    with MailServer() as server:
        settings = config.model_copy(update={"smtp_url": SecretStr(server.url()), "mail_from": "dalil@example.org"})
        assert [str(finding) for finding in check(db, settings) if finding.channel == "email"] == ["ok  email     127.0.0.1 answers"]
        assert server.mails == []
        server.script.append(Trouble("NOOP", "421 4.3.2 going down"))
        assert fixes(db, settings) == {"Check DALIL_SMTP_URL."}
    assert fixes(db, settings) == {"Check DALIL_SMTP_URL."}


def test_every_template_keeps_the_limits_of_whatsapp(config: Settings) -> None:
    found = list(wanted(config.data_dir))
    assert len(found) == len({template.name for template in found}) > 30
    for template in found:
        assert len(template.payload()["friendly_name"]) <= 64 and len(template.content.get("button", "")) <= 20
