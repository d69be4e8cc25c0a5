"""`dalil run --fake-providers`: stand-ins for Telegram and Twilio beside the four processes, to try the channels without accounts.

They are the ones that the tests use (`tests/providers`); each has a page on which you write as a person."""

import sys

from pydantic import SecretStr

from bot.settings import Settings
from cli.processes import LOCAL, Program

TELEGRAM_PORT, TWILIO_PORT = 9081, 9082
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
    }
    return settings.model_copy(update=values)


def program(settings: Settings) -> Program:
    ports = ("--telegram-port", str(TELEGRAM_PORT), "--twilio-port", str(TWILIO_PORT), "--web", settings.address)
    accounts = ("--token", TELEGRAM_TOKEN, "--account", TWILIO_ACCOUNT, "--auth-token", TWILIO_TOKEN, "--number", NUMBER)
    return Program("providers", (sys.executable, "-m", "tests.providers", *ports, *accounts), f"http://{LOCAL}:{TWILIO_PORT}/")


def addresses() -> str:
    return f"  Telegram       http://{LOCAL}:{TELEGRAM_PORT}/ (stand-in)\n  WhatsApp       http://{LOCAL}:{TWILIO_PORT}/ (stand-in)\n"
