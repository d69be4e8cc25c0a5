"""Cases that their caseworkers left behind, as a job of the sender."""

from bot.db import Database
from bot.handoff import lease
from channels.sender import Job


def ending(db: Database) -> Job:
    """Each case in a transaction of its own: no two conversations are locked at once."""

    def end() -> None:
        with db.begin() as session:
            over = lease.over(session)
        for case_id in over:
            with db.begin() as session:
                lease.end(session, case_id)

    return end
