"""Cells of a grid that cover zones, so that an index finds the zones that a place may be in.

The world is one cell of level 0; each cell has four of the next level. A zone is covered by few
cells of different levels: large ones inside, small ones at its border. A place is in one cell of
each level, so it is looked for by their names, however many zones there are. What is found by a
cell is asked exactly then (`infra.zones.holds`): cells at a border hold more than the zone.

There is no PostGIS in the server that comes with the package; GIN over the names of cells is in
every PostgreSQL.
"""

from heapq import heappop, heappush

import shapely

from contracts.common_v1 import Point, Zone
from infra.zones import shape

MOST_CELLS = 64
"""That cover a zone; more would cover it more closely, and make the index larger."""
FINEST = 14
"""Cells of 2.4 by 1.2 km at the equator."""


def cover(zone: Zone) -> tuple[str, ...]:
    """The cells of a drawn zone, or the communes of a named one."""
    if zone.geojson is None:
        return tuple(f"c{code}" for code in zone.communes)
    area = shape(zone.geojson)
    whole: list[str] = []
    # The largest cell at the border is divided first.
    border: list[tuple[int, int, int]] = [(0, 0, 0)]
    while border and len(whole) + len(border) + 3 <= MOST_CELLS and border[0][0] < FINEST:
        level, x, y = heappop(border)
        for child in _children(level, x, y):
            box = shapely.box(*_bounds(*child))
            if area.contains(box):
                whole.append(_name(*child))
            elif area.intersects(box):
                heappush(border, child)
    return tuple(sorted([*whole, *(_name(*one) for one in border)]))


def cells_of(place: Point, commune: str) -> list[str]:
    """The names by which a place is looked for: its cell of each level, and its commune."""
    found = [f"c{commune}"]
    for level in range(FINEST + 1):
        side = 1 << level
        x = min(int((place.longitude + 180) / 360 * side), side - 1)
        y = min(int((place.latitude + 90) / 180 * side), side - 1)
        found.append(_name(level, x, y))
    return found


def _children(level: int, x: int, y: int) -> list[tuple[int, int, int]]:
    return [(level + 1, 2 * x + dx, 2 * y + dy) for dx in (0, 1) for dy in (0, 1)]


def _bounds(level: int, x: int, y: int) -> tuple[float, float, float, float]:
    """West, south, east and north."""
    side = 1 << level
    wide, high = 360 / side, 180 / side
    west, south = x * wide - 180, y * high - 90
    return west, south, west + wide, south + high


def _name(level: int, x: int, y: int) -> str:
    return f"{level}/{x}/{y}"
