"""Answers stay true, as a job of the sender: who must look at one is reminded; what nobody looks at is withdrawn."""

from collections.abc import Callable
from datetime import date

from bot.db import Database
from bot.faq import days, reviews
from channels.sender import Job


def reviewing(db: Database, today: Callable[[], date] = days.today) -> Job:
    def review() -> None:
        with db.begin() as session:
            reviews.withdraw(session, today())
        with db.begin() as session:
            reviews.remind(session, today())

    return review
