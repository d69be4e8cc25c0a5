"""`dalil channels check` and `sync`: what the providers know of us, and what a person has to do about it."""

from collections.abc import Iterator
from typing import NamedTuple

from bot.db import Database
from bot.errors import SendError
from bot.messaging import inbox, templates
from bot.settings import Settings
from bot.staff import teams
from channels import mail, telegram, whatsapp
from channels.mail import Mail
from channels.registry import channels_of
from channels.telegram import COMMANDS, UPDATES, Telegram
from channels.templates import Template, wanted
from channels.whatsapp import WhatsApp


class Finding(NamedTuple):
    """`fix` is empty when all is well."""

    channel: str
    what: str
    fix: str = ""

    def __str__(self) -> str:
        return f"{'ok ' if not self.fix else 'FIX'} {self.channel:10}{self.what}{'. ' + self.fix if self.fix else ''}"


def check(db: Database, settings: Settings) -> Iterator[Finding]:
    """All channels, without changing anything."""
    channels = channels_of(db, settings)
    telegrams, whatsapps = channels.get(telegram.NAME), channels.get(whatsapp.NAME)
    if isinstance(telegrams, Telegram):
        yield from _safely(telegram.NAME, _check_telegram(telegrams, settings), "Check DALIL_TELEGRAM_TOKEN, and the way to the Internet.")
        yield from _check_groups(telegrams, db)
        telegrams.stop()
    else:
        yield Finding(telegram.NAME, "not set up: DALIL_TELEGRAM_TOKEN is empty")
    if isinstance(whatsapps, WhatsApp):
        yield from _safely(whatsapp.NAME, _check_whatsapp(whatsapps, db), "Check DALIL_TWILIO_ACCOUNT_SID and DALIL_TWILIO_AUTH_TOKEN.")
    else:
        yield Finding(whatsapp.NAME, "not set up: account, token or number is empty")
    if settings.has_mail:
        yield from _safely(mail.NAME, _check_mail(settings), "Check DALIL_SMTP_URL.")
    else:
        yield Finding(mail.NAME, "not set up: DALIL_SMTP_URL or DALIL_MAIL_FROM is empty")


def sync(db: Database, settings: Settings) -> Iterator[Finding]:
    """Tell the providers: webhook, commands, templates. Twice does no harm."""
    channels = channels_of(db, settings)
    telegrams, whatsapps = channels.get(telegram.NAME), channels.get(whatsapp.NAME)
    if isinstance(telegrams, Telegram):
        yield from _safely(telegram.NAME, _sync_telegram(telegrams, settings, db), "Check DALIL_TELEGRAM_TOKEN.")
        telegrams.stop()
    if isinstance(whatsapps, WhatsApp):
        yield from _safely(whatsapp.NAME, _sync_templates(whatsapps, db), "Check DALIL_TWILIO_ACCOUNT_SID and DALIL_TWILIO_AUTH_TOKEN.")


def _safely(channel: str, findings: Iterator[Finding], fix: str) -> Iterator[Finding]:
    try:
        yield from findings
    except SendError as error:
        yield Finding(channel, str(error), fix)


def _check_telegram(channel: Telegram, settings: Settings) -> Iterator[Finding]:
    me, hook = channel.call(channel.bot.get_me()), channel.call(channel.bot.get_webhook_info())
    yield Finding(telegram.NAME, f"the token is that of @{me.username}")
    address = settings.public_url.rstrip("/") + telegram.PATH if settings.is_public else ""
    right = hook.url == address
    yield Finding(telegram.NAME, f"webhook: {hook.url or 'none, updates are asked for'}", "" if right else "Run `dalil channels sync`.")
    if hook.pending_update_count:
        yield Finding(telegram.NAME, f"{hook.pending_update_count} updates wait", "Is Dalil running, and reachable from outside?")
    if hook.last_error_message:
        yield Finding(telegram.NAME, f"Telegram's last error: {hook.last_error_message}", "Look whether the address answers over HTTPS.")


def _check_groups(channel: Telegram, db: Database) -> Iterator[Finding]:
    """Where teams are told of cases; and the numbers of groups that the bot was added to lately: Telegram itself does not show them."""
    with db.begin() as session:
        used = {team.telegram_group: team.name for team in teams.all_teams(session) if team.telegram_group}
        added = telegram.groups(inbox.ignored(session, telegram.NAME))
    for number, team in used.items():
        yield from _safely(
            telegram.NAME, _check_group(channel, number, team), f"Add the bot to the group of team {team}, see docs/notices.md."
        )
    for number, title in added.items():
        if number not in used:
            yield Finding(telegram.NAME, f"the bot was added to the group {title}: its number is {number}")


def _check_group(channel: Telegram, number: str, team: str) -> Iterator[Finding]:
    allowed = channel.may_write(number)
    yield Finding(telegram.NAME, f"team {team} is told in group {number}", "" if allowed else "Let the bot be a member, and write.")


def _check_mail(settings: Settings) -> Iterator[Finding]:
    yield Finding(mail.NAME, Mail(settings).check())


def _check_whatsapp(channel: WhatsApp, db: Database) -> Iterator[Finding]:
    yield Finding(whatsapp.NAME, f"the account is {channel.account_status()}")
    if not channel.settings.is_public:
        yield Finding(
            whatsapp.NAME, "no public address: nobody's messages arrive", "Set DALIL_PUBLIC_URL to the https address of this server."
        )
    base = channel.settings.public_url.rstrip("/")
    yield Finding(whatsapp.NAME, f"enter at Twilio: messages to {base}{whatsapp.PATH}#rc=3&rp=all, status to {base}{whatsapp.STATUS_PATH}")
    for template in wanted(channel.settings.data_dir):
        with db.begin() as session:
            row = templates.known(session, template.name)
        if row is None or row.content_hash != template.hash():
            yield Finding(whatsapp.NAME, f"template {template.name} is not at Twilio as it is in the files", "Run `dalil channels sync`.")
        elif row.approval not in templates.USABLE:
            yield Finding(whatsapp.NAME, f"template {template.name}: {row.approval}", "Wait for WhatsApp, then run `dalil channels sync`.")


def _sync_telegram(channel: Telegram, settings: Settings, db: Database) -> Iterator[Finding]:
    bot, texts = channel.bot, channel.texts
    if settings.is_public:
        address = settings.public_url.rstrip("/") + telegram.PATH
        channel.call(bot.set_webhook(address, secret_token=telegram.secret(settings, db), allowed_updates=UPDATES, max_connections=40))
        yield Finding(telegram.NAME, f"webhook: {address}")
    else:
        channel.call(bot.delete_webhook())
        yield Finding(telegram.NAME, "no public address: updates are asked for")
    for form, language in (("fr", None), ("fr", "fr"), ("en", "en"), ("ar", "ar")):
        commands = [(name, texts.get(f"command_{name}", form)) for name in COMMANDS]
        channel.call(bot.set_my_commands(commands, language_code=language))
        channel.call(bot.set_my_description(texts.get("bot_description", form), language_code=language))
        channel.call(bot.set_my_short_description(texts.get("bot_short_description", form), language_code=language))
    yield Finding(telegram.NAME, "commands and descriptions in French, English and Arabic")


def _sync_templates(channel: WhatsApp, db: Database) -> Iterator[Finding]:
    for template in wanted(channel.settings.data_dir):
        yield Finding(whatsapp.NAME, f"template {template.name}: {_sync_template(channel, db, template)}")


def _sync_template(channel: WhatsApp, db: Database, template: Template) -> str:
    """What is new or changed is created; what waits for approval is asked about."""
    with db.begin() as session:
        known = templates.known(session, template.name)
    if known and known.content_hash == template.hash():
        sid, said = known.provider_id, "as it was"
    else:
        sid, said = channel.create_template(template.payload(), template.category), "created"
    approval = channel.approval(sid) if template.category else ""
    with db.begin() as session:
        templates.keep(session, template.name, sid, template.hash(), approval)
    return f"{said}{', ' + approval if approval else ''}"
