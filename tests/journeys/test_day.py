"""A small run of `make day`: people and caseworkers at the same time, all through HTTP."""

import pytest

from bot.db import Database
from bot.settings import Settings
from cli.processes import Stack
from tests.day import Plan, play

pytestmark = pytest.mark.journey


def test_people_and_caseworkers_write_at_once(installation: tuple[Stack, Settings], live: Database) -> None:
    figures = play(installation[1].address, live, Plan(people=10, caseworkers=2, rounds=2, longest=240))
    assert figures.good(), str(figures)
    assert figures.people == 10 and figures.messages == 10 * (2 + 2 * 4)
