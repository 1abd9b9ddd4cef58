"""The cast of the demo: real cities, and drivers and trips drawn from a fixed seed."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.resources import files
from math import asin, cos, radians, sin, sqrt
from random import Random
from typing import Any

BRANDS = ("Atlas Mobilité", "Novaloc", "Garage du Centre", "Hexa Lease", "Auto Partage")
CLIENT_PROCESSES = {"Hexa Lease": "hexa_lease", "Novaloc": "novaloc"}
SERVICES = ("vehicle_handover", "exterior_wash")
VEHICLES = (("Renault", "Clio"), ("Peugeot", "208"), ("Citroën", "C3"), ("Dacia", "Spring"),
            ("Renault", "Master"), ("Tesla", "Model 3"))  # fmt: skip
TAGS = ("trade_plate_required", "complementary_round_trip")
FIRST_NAMES = ("Camille", "Louis", "Inès", "Hugo", "Fatima", "Jules", "Zoé", "Adam", "Rose", "Paul")
LAST_NAMES = ("Moreau", "Petit", "Roux", "Garnier", "Benali", "Faure", "Lambert", "Girard")
ROAD_FACTOR = 1.3
"""French roads are about this much longer than the great circle."""


@dataclass(frozen=True, slots=True)
class City:
    """A city with its coordinates, WGS 84."""

    city: str
    postal_code: str
    latitude: float
    longitude: float

    @property
    def point(self) -> dict[str, float]:
        """As the API takes it."""
        return {"latitude": self.latitude, "longitude": self.longitude}


@dataclass(frozen=True, slots=True)
class Person:
    """A driver of the demo. Numbers are of the range kept free for fiction."""

    driver_id: str
    name: str
    phone: str
    home: City


def cities() -> tuple[City, ...]:
    """Seventy French cities, the largest first."""
    with files("tools.demo").joinpath("cities.csv").open(encoding="utf-8") as lines:
        return tuple(
            City(r["city"], r["postal_code"], float(r["latitude"]), float(r["longitude"]))
            for r in csv.DictReader(lines)
        )


def road_km(start: City, end: City) -> int:
    """Kilometres by road, estimated from the great circle."""
    north = sin(radians(end.latitude - start.latitude) / 2) ** 2
    east = sin(radians(end.longitude - start.longitude) / 2) ** 2
    scale = cos(radians(start.latitude)) * cos(radians(end.latitude))
    return max(1, round(12_742 * asin(sqrt(north + scale * east)) * ROAD_FACTOR))


def drivers(run: str, count: int, places: Sequence[City]) -> list[Person]:
    """The drivers of one run; the first is Camille Moreau in Lyon."""
    draw = Random(f"drivers {count}")
    lyon = next(place for place in places if place.city == "Lyon")
    return [
        Person(
            driver_id=f"D{run}-{n + 1}",
            name=f"{FIRST_NAMES[n % 10]} {LAST_NAMES[n % 8]}",
            phone=f"+3346571{n:04}",
            home=lyon if n == 0 else draw.choice(places),
        )
        for n in range(count)
    ]


def trips(count: int, places: Sequence[City], today: date) -> list[dict[str, Any]]:
    """Offers as the API takes them; the first leaves Lyon today and needs nothing special."""
    draw = Random(f"trips {count}")
    lyon = next(place for place in places if place.city == "Lyon")
    bordeaux = next(place for place in places if place.city == "Bordeaux")
    first = _trip(draw, lyon, bordeaux, today, plain=True)
    others = (draw.sample(places, 2) for _ in range(count - 1))
    return [first, *(_trip(draw, start, end, today) for start, end in others)]


def _trip(draw: Random, start: City, end: City, today: date, plain: bool = False) -> dict[str, Any]:
    brand = BRANDS[0] if plain else draw.choice(BRANDS)
    leaves = today if plain else today + timedelta(draw.randrange(0, 10))
    kilometres = road_km(start, end)
    make, model = draw.choice(VEHICLES)
    return {
        "client_brand": brand,
        "tags": [] if plain else draw.sample(TAGS, draw.choice((0, 0, 1, 2))),
        "departure": {"city": start.city, "postal_code": start.postal_code, "point": start.point},
        "arrival": {"city": end.city, "postal_code": end.postal_code, "point": end.point},
        "from_slot": {"date": leaves.isoformat(), "fixed": not plain and draw.random() < 0.2},
        "until_slot": {"date": (leaves + timedelta(draw.randrange(1, 5))).isoformat()},
        "vehicle": {"make": make, "model": model},
        "delivery_type": draw.choice(("dealership", "home", "compound")),
        "distance_km": kilometres,
        "duration_minutes": kilometres * 60 // 85 + 20,
        "client_process": CLIENT_PROCESSES.get(brand),
        "additional_services": [] if plain else draw.sample(SERVICES, draw.choice((0, 1, 1, 2))),
    }
