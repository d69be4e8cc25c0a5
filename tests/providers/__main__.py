"""The stand-ins by hand: `python -m tests.providers --telegram-port 9081 --twilio-port 9082 --web http://127.0.0.1:8080`."""

import argparse
import contextlib
import signal
import threading

from tests.providers import mail, telegram, twilio
from tests.providers.server import Server


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.providers", description="Stand-ins for Telegram, Twilio and a mail server.")
    parser.add_argument("--telegram-port", type=int, default=9081)
    parser.add_argument("--twilio-port", type=int, default=9082)
    parser.add_argument("--mail-port", type=int, default=9083)
    parser.add_argument("--mail-page-port", type=int, default=9084)
    parser.add_argument("--web", default="http://127.0.0.1:8080", help="where Dalil's web process listens")
    parser.add_argument("--token", default=telegram.TOKEN, help="of the Telegram bot")
    parser.add_argument("--account", default=twilio.ACCOUNT_SID, help="at Twilio")
    parser.add_argument("--auth-token", default=twilio.AUTH_TOKEN, help="of that account")
    parser.add_argument("--number", default=twilio.NUMBER.removeprefix("whatsapp:"), help="our WhatsApp sender")
    return parser.parse_args()


def until_stopped() -> None:
    """Blocks until Ctrl+C or a polite kill."""
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    stopped.wait()


def main() -> None:
    given = arguments()
    with contextlib.ExitStack() as stack:
        account = {"account_sid": given.account, "auth_token": given.auth_token, "number": f"whatsapp:{given.number}"}
        twilios = twilio.create_app(given.web, public_url=given.web, **account)
        for name, app, port in (
            ("Telegram", telegram.create_app(given.web, given.token), given.telegram_port),
            ("Twilio", twilios, given.twilio_port),
            ("E-mails", mail.create_app(mail.MailServer(given.mail_port)), given.mail_page_port),
        ):
            server = stack.enter_context(Server(app, port))
            print(f"{name}: {server.url}/", flush=True)
        until_stopped()


if __name__ == "__main__":
    main()
