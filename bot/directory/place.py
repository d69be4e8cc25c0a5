"""Where: points on the earth, and how far it is from one to another."""

from dataclasses import dataclass
from math import radians

import numpy as np
from numpy.typing import NDArray

from bot.tables import Service

EARTH_KM = 6371.0
# Rough kilometres along the main road, north to south (Taroudant lies off it): only to say which town is the next one.
ROAD_KM = {"taroudant": -75, "agadir": 0, "inezgane": 10, "ait_melloul": 14, "biougra": 30, "ait_amira": 38, "belfaa": 50, "tiznit": 92}
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Point:
    latitude: float
    longitude: float


def distance_km(a: Point, b: Point) -> float:
    return float(distances_km(a, np.array([b.latitude]), np.array([b.longitude]))[0])


def distances_km(a: Point, latitudes: Numbers, longitudes: Numbers) -> Numbers:
    """Along the great circle (haversine); where a place is not known it is not a number."""
    north, south = radians(a.latitude), np.radians(latitudes)
    half_height, half_width = (south - north) / 2, (np.radians(longitudes) - radians(a.longitude)) / 2
    squared = np.sin(half_height) ** 2 + np.cos(north) * np.cos(south) * np.sin(half_width) ** 2
    found: Numbers = 2 * EARTH_KM * np.arcsin(np.sqrt(squared))
    return found


def location(service: Service) -> Point | None:
    """None when unknown, and for a hidden place even if somebody entered it."""
    if service.hidden_place or service.latitude is None or service.longitude is None:
        return None
    return Point(service.latitude, service.longitude)
