"""What waits, by channel."""

from bot.db import Database
from bot.errors import Rejected
from bot.messaging import health, outbox
from tests.story import Somebody, bot


def test_each_channel_tells_what_waits(db: Database) -> None:
    somebody = Somebody(db, "telegram")
    somebody.write()
    somebody.queue(*bot("a", "b"))
    with db.begin() as session:
        found = health.channels(session)["telegram"]
    assert (found["unread"], found["queued"]) == (1, 2) and found["oldest"] is not None


def test_the_last_error_of_a_provider_is_told(db: Database) -> None:
    somebody = Somebody(db, "whatsapp")
    somebody.write()
    with db.begin() as session:
        outbox.after_failure(session, somebody.conversation().id, Rejected("Twilio 63013"))
    with db.begin() as session:
        found = health.channels(session)["whatsapp"]
    assert found["error"] == "Twilio 63013" and found["error_at"] is not None and found["dead"] == 0


def test_nobody_wrote_nothing_to_tell(db: Database) -> None:
    with db.begin() as session:
        assert health.channels(session) == {}
