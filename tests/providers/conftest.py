"""The stand-in of Twilio, one for a file of tests, and as new for each test."""

from collections.abc import Iterator

import pytest

from tests.providers.twilio_desk import Desk, started


@pytest.fixture(scope="module")
def running() -> Iterator[Desk]:
    with started() as desk:
        yield desk


@pytest.fixture
def desk(running: Desk) -> Desk:
    return running.fresh()
