"""A small run of `make day`: people and caseworkers at the same time, all through HTTP."""

import pytest
from sqlalchemy import select

from bot.db import Database
from bot.handoff import cases
from bot.messaging import conversations
from bot.settings import Settings
from bot.tables import Case
from cli.processes import Stack
from tests.day import Plan, play

pytestmark = pytest.mark.journey


def nobody_waits(live: Database) -> None:
    """A list has fifty rows: cases that other tests left behind would hide those of this day."""
    with live.begin() as session:
        for number in session.scalars(select(Case.id).filter_by(state="waiting").order_by(Case.id)).all():
            case = cases.lock(session, number)
            cases.leave_queue(session, conversations.get(session, case.conversation_id))


def test_people_and_caseworkers_write_at_once(installation: tuple[Stack, Settings], live: Database) -> None:
    nobody_waits(live)
    figures = play(installation[1].address, live, Plan(people=10, caseworkers=2, rounds=2, longest=240))
    assert figures.good(), str(figures)
    assert figures.people == 10 and figures.messages == 10 * (2 + 2 * 4)
