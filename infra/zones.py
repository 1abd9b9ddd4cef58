"""Zones on the earth: read from people, brought to one form, and asked whether a place is inside.

A zone is drawn (RFC 7946, WGS 84, longitude first) or names communes. Whoever works in several
layers, like a provider whose zone was reduced, works where all of them hold (M8).
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import shapely
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.geometry.polygon import orient

from contracts.common_v1 import Point, Zone
from infra.wording import Unfit

MOST_POINTS = 5_000
"""A border of a country at a scale of people has fewer."""
MOST_COMMUNES = 2_000
MOST_POLYGONS = 50
DIGITS = 6
"""A tenth of a metre; more is noise of a pen."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is wanted: a point, its commune, or both."""

    point: Point | None
    commune: str | None


def drawn(geometry: Mapping[str, Any]) -> str:
    """A Polygon or MultiPolygon in its one form: rounded, outer rings anticlockwise, as RFC 7946
    asks. Raises `Unfit` with the name of the rule that it breaks.

    Crossing itself, an open ring, a hole outside, points off the earth and more than `MOST_POINTS`
    are refused; so is what crosses the antimeridian, which RFC 7946 wants cut in two.
    """
    kind, coordinates = geometry.get("type"), geometry.get("coordinates")
    if kind not in ("Polygon", "MultiPolygon") or not isinstance(coordinates, Sequence):
        raise Unfit("zone_shape")
    polygons = [coordinates] if kind == "Polygon" else list(coordinates)
    if not 1 <= len(polygons) <= MOST_POLYGONS:
        raise Unfit("zone_shape")
    _refuse_long(polygons)
    parts = [_polygon(rings) for rings in polygons]
    whole = parts[0] if len(parts) == 1 else MultiPolygon(parts)
    if not whole.is_valid or whole.is_empty or whole.area == 0:
        raise Unfit("zone_crosses")
    return json.dumps(_written(parts), separators=(",", ":"))


def _refuse_long(polygons: Iterable[object]) -> None:
    """Count before anything is made of it."""
    points = 0
    for rings in polygons:
        if not isinstance(rings, Sequence) or isinstance(rings, str):
            raise Unfit("zone_shape")
        for ring in rings:
            if not isinstance(ring, Sequence) or isinstance(ring, str):
                raise Unfit("zone_shape")
            points += len(ring)
            if points > MOST_POINTS:
                raise Unfit("zone_too_long")


def _polygon(rings: Sequence[Sequence[object]]) -> Polygon:
    if not rings:
        raise Unfit("zone_shape")
    outer, *holes = [_ring(ring) for ring in rings]
    return orient(Polygon(outer, holes))


def _ring(points: Sequence[object]) -> list[tuple[float, float]]:
    """A closed ring of at least four positions. Raises `Unfit`."""
    ring = [_position(point) for point in points]
    if len(ring) < 4 or ring[0] != ring[-1]:
        raise Unfit("zone_open")
    return ring


def _position(point: object) -> tuple[float, float]:
    """Longitude and latitude; a height is left out (RFC 7946, 3.1.1)."""
    if not isinstance(point, Sequence) or isinstance(point, str) or len(point) not in (2, 3):
        raise Unfit("zone_shape")
    if any(isinstance(one, bool) or not isinstance(one, int | float) for one in point):
        raise Unfit("zone_shape")
    longitude, latitude = float(point[0]), float(point[1])
    # Written so that what is no number is refused.
    if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
        raise Unfit("zone_off_earth")
    return round(longitude, DIGITS), round(latitude, DIGITS)


def _written(parts: Sequence[Polygon]) -> dict[str, object]:
    polygons = [
        [[list(point) for point in ring.coords] for ring in (part.exterior, *part.interiors)]
        for part in parts
    ]
    if len(polygons) == 1:
        return {"type": "Polygon", "coordinates": polygons[0]}
    return {"type": "MultiPolygon", "coordinates": polygons}


@lru_cache(maxsize=4_096)
def shape(geojson: str) -> BaseGeometry:
    """The geometry of a drawn zone, ready for many questions."""
    found = shapely.from_geojson(geojson)
    shapely.prepare(found)
    return found


def holds(layers: Iterable[Zone], place: Place) -> bool:
    """Whether the place is in every layer; its border counts as inside. No layer holds nothing: who
    has drawn no zone works nowhere."""
    asked = tuple(layers)
    return bool(asked) and all(_holds(zone, place) for zone in asked)


def _holds(zone: Zone, place: Place) -> bool:
    if zone.geojson is None:
        return place.commune is not None and place.commune in zone.communes
    if place.point is None:
        return False
    point = shapely.Point(place.point.longitude, place.point.latitude)
    return bool(shape(zone.geojson).covers(point))


def effective(layers: Iterable[Zone]) -> Zone | None:
    """The one zone that all layers leave, to be shown: None where they leave nothing, or where some
    are drawn and others name communes, so that only `holds` can tell."""
    found: Zone | None = None
    for layer in layers:
        found = layer if found is None else _both(found, layer)
        if found is None:
            return None
    return found


def _both(one: Zone, other: Zone) -> Zone | None:
    if one.geojson is not None and other.geojson is not None:
        # Only areas are left of what touches: lines and points are no zones.
        left = shape(one.geojson).intersection(shape(other.geojson))
        parts = [part for part in _polygons(left) if part.area > 0]
        if not parts:
            return None
        written = _written([orient(part) for part in parts])
        return Zone(geojson=json.dumps(written, separators=(",", ":")), communes=())
    if one.geojson is None and other.geojson is None:
        known = frozenset(other.communes)
        left_over = tuple(code for code in one.communes if code in known)
        return Zone(geojson=None, communes=left_over) if left_over else None
    return None


def _polygons(geometry: BaseGeometry) -> list[Polygon]:
    if isinstance(geometry, Polygon):
        return [] if geometry.is_empty else [geometry]
    return [part for one in getattr(geometry, "geoms", ()) for part in _polygons(one)]


def bounds(zone: Zone) -> tuple[float, float, float, float] | None:
    """West, south, east and north of a drawn zone, for an index; None where communes are named."""
    if zone.geojson is None:
        return None
    west, south, east, north = shape(zone.geojson).bounds
    return west, south, east, north
