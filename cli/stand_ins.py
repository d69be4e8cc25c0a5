"""`dalil run --fake-providers`: stand-ins for Telegram, Twilio and a mail server beside the four processes, to try all without accounts.

They are the ones that the tests use (`tests/providers`). On the pages of the first two you write as a person; the third shows e-mails."""

import sys

from pydantic import SecretStr

from bot.settings import Settings
from cli.processes import LOCAL, Program

TELEGRAM_PORT, TWILIO_PORT, MAIL_PORT, MAIL_PAGE_PORT = 9081, 9082, 9083, 9084
TELEGRAM_TOKEN = "7000000001:AAstand-in-stand-in-stand-in-00000"
TWILIO_ACCOUNT, TWILIO_TOKEN, NUMBER = "AC" + "0" * 31 + "1", "stand-in-auth-token", "+212600000000"


def pretend(settings: Settings) -> Settings:
    """Settings with which all calls go to the stand-ins, whatever accounts are set up: nothing leaves this machine."""
    values = {
        "public_url": f"http://{LOCAL}:{settings.port}",
        "telegram_token": SecretStr(TELEGRAM_TOKEN),
        "telegram_api": f"http://{LOCAL}:{TELEGRAM_PORT}",
        "twilio_account_sid": TWILIO_ACCOUNT,
        "twilio_auth_token": SecretStr(TWILIO_TOKEN),
        "twilio_api": f"http://{LOCAL}:{TWILIO_PORT}",
        "whatsapp_number": NUMBER,
        "smtp_url": SecretStr(f"smtp://{LOCAL}:{MAIL_PORT}"),
        "mail_from": "Dalil <dalil@dalil.local>",
    }
    return settings.model_copy(update=values)


def program(settings: Settings) -> Program:
    ports = ("--telegram-port", str(TELEGRAM_PORT), "--twilio-port", str(TWILIO_PORT), "--web", settings.address)
    mail = ("--mail-port", str(MAIL_PORT), "--mail-page-port", str(MAIL_PAGE_PORT))
    accounts = ("--token", TELEGRAM_TOKEN, "--account", TWILIO_ACCOUNT, "--auth-token", TWILIO_TOKEN, "--number", NUMBER)
    return Program("providers", (sys.executable, "-m", "tests.providers", *ports, *mail, *accounts), f"http://{LOCAL}:{TWILIO_PORT}/")


def addresses() -> str:
    pages = (("Telegram", TELEGRAM_PORT), ("WhatsApp", TWILIO_PORT), ("E-mails", MAIL_PAGE_PORT))
    return "".join(f"  {name:15}http://{LOCAL}:{port}/ (stand-in)\n" for name, port in pages)
