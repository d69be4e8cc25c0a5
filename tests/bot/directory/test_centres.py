"""The middles of towns: one for each, and about as far from each other as the roads are long."""

import pytest

from bot.directory.near import centres
from bot.directory.place import ROAD_KM, distance_km
from bot.directory.towns import town_names
from bot.settings import ROOT

DATA = ROOT / "data"


def test_every_town_has_one() -> None:
    assert set(centres(DATA)) == set(town_names(DATA, "fr"))


@pytest.mark.parametrize("town", sorted(ROAD_KM.keys() - {"agadir"}))
def test_no_town_is_further_away_than_its_road_is_long(town: str) -> None:
    road, air = abs(ROAD_KM[town]), distance_km(centres(DATA)["agadir"], centres(DATA)[town])
    assert 0.7 * road < air < 1.15 * road
