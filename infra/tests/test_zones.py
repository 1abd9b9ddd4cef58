from typing import Any

import pytest

from contracts.common_v1 import Point, Zone
from infra import zones
from infra.wording import Unfit

RING = [[4.0, 45.0], [5.0, 45.0], [5.0, 46.0], [4.0, 46.0], [4.0, 45.0]]


def polygon(*rings: list[list[float]]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": list(rings)}


def drawn(*rings: list[list[float]]) -> Zone:
    return Zone(geojson=zones.drawn(polygon(*rings)), communes=())


def at(longitude: float, latitude: float, commune: str | None = None) -> zones.Place:
    return zones.Place(Point(latitude=latitude, longitude=longitude), commune)


def test_a_zone_has_one_form_whichever_way_its_ring_goes() -> None:
    assert zones.drawn(polygon(RING)) == zones.drawn(polygon(RING[::-1]))


@pytest.mark.parametrize(
    ("geometry", "fault"),
    [
        (polygon([[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]), "zone_crosses"),
        (polygon(RING[:-1]), "zone_open"),
        (polygon([[181.0, 0], [1, 1], [1, 0], [181.0, 0]]), "zone_off_earth"),
        (polygon([[0.0, 0.0]] * (zones.MOST_POINTS + 1)), "zone_too_long"),
        ({"type": "Point", "coordinates": [4.0, 45.0]}, "zone_shape"),
        (polygon(), "zone_shape"),
    ],
    ids=["crossing", "open", "off-earth", "long", "point", "nothing"],
)
def test_a_zone_that_is_none_is_refused(geometry: dict[str, Any], fault: str) -> None:
    with pytest.raises(Unfit) as found:
        zones.drawn(geometry)
    assert found.value.rule == fault


def test_a_place_is_in_a_zone_when_it_is_in_every_layer_of_it() -> None:
    east = drawn([[4.5, 44.0], [6.0, 44.0], [6.0, 47.0], [4.5, 47.0], [4.5, 44.0]])
    named = Zone(geojson=None, communes=("69123",))
    assert zones.holds((drawn(RING),), at(4.0, 45.5))
    assert zones.holds((drawn(RING), east), at(4.5, 45.5))
    assert not zones.holds((drawn(RING), east), at(4.4, 45.5))
    assert zones.holds((drawn(RING), named), at(4.4, 45.5, "69123"))
    assert not zones.holds((drawn(RING), named), at(4.4, 45.5, "69381"))
    assert not zones.holds((), at(4.4, 45.5))


def test_layers_that_have_nothing_in_common_leave_no_zone() -> None:
    beside = drawn([[5.0, 45.0], [6.0, 45.0], [6.0, 46.0], [5.0, 46.0], [5.0, 45.0]])
    assert zones.effective((drawn(RING), beside)) is None
    one, other = (Zone(geojson=None, communes=codes) for codes in (("1", "2"), ("2", "3")))
    assert zones.effective((one, other)) == Zone(geojson=None, communes=("2",))
