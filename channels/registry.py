"""The channels of this installation: the web page and practice always, the others when their settings are there."""

import sys

from bot.db import Database
from bot.messaging import templates
from bot.settings import Settings
from channels import leases
from channels.base import Channel
from channels.gathering import Gathering
from channels.links import Checker
from channels.notices import escalating, messengers
from channels.practice import Practice
from channels.reviews import reviewing
from channels.sender import Sender
from channels.telegram import NAME as telegram_name
from channels.telegram import Polling, Telegram
from channels.training import Training
from channels.webchat import WebChat
from channels.whatsapp import NAME as whatsapp_name
from channels.whatsapp import Reconciler, WhatsApp


def channels_of(db: Database, settings: Settings) -> dict[str, Channel]:
    found: list[Channel] = [WebChat(), Practice(db, settings.data_dir)]
    if settings.has_telegram:
        found.append(Telegram.of(settings))
    if settings.has_whatsapp:
        found.append(whatsapp_of(db, settings))
    return {channel.name: channel for channel in found}


def sender_of(db: Database, settings: Settings) -> Sender:
    """The sending process, with what this installation needs beside it."""
    channels = channels_of(db, settings)
    telegram, whatsapp = channels.get(telegram_name), channels.get(whatsapp_name)
    group = telegram if isinstance(telegram, Telegram) else None
    polling = (Polling(db, group),) if group and not settings.is_public else ()
    missed = (Reconciler(db, whatsapp),) if isinstance(whatsapp, WhatsApp) else ()
    training = Training(db, settings, [sys.executable, "-m", "cli", "learn"])
    beside = (*polling, training, Gathering(db, settings), Checker(db, settings), *messengers(db, settings, group))
    return Sender(db, channels, (leases.ending(db), escalating(db), reviewing(db), *missed), beside)


def whatsapp_of(db: Database, settings: Settings) -> WhatsApp:
    def template(name: str) -> str | None:
        with db.begin() as session:
            return templates.usable(session, name)

    return WhatsApp.of(settings, template)
