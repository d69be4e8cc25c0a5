"""A small run of `make chaos`: everything is killed while people write on both providers."""

import pytest

from bot.settings import Settings
from tests.chaos import Plan, play

pytestmark = pytest.mark.journey


def test_nothing_is_lost_or_out_of_order_whatever_is_killed(capsys: pytest.CaptureFixture[str]) -> None:
    figures = play(Settings(), Plan(contacts=6, messages=60, kills=6, seed=3), print)
    assert figures.good(), str(figures)
    assert figures.said == 60 and sum(figures.kills.values()) >= 5
