"""Zones as they come in: drawn, or named commune by commune (M8)."""

from typing import Annotated, Any, Self

from pydantic import Field, StringConstraints, model_validator

from contracts.common_v1 import Zone
from infra import zones
from infra.http.models import Body
from infra.wording import Unfit

Commune = Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{2,10}$")]
"""The code of a commune, like the INSEE code 69123."""


class ZoneBody(Body):
    """A part of the earth: a drawing or a list of communes, one of both."""

    geojson: dict[str, Any] | None = None
    """A Polygon or MultiPolygon of RFC 7946: longitude first, rings closed."""
    communes: Annotated[
        tuple[Commune, ...], Field(max_length=zones.MOST_COMMUNES, strict=False)
    ] = ()

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.geojson is None) == (not self.communes):
            raise Unfit("zone_or_communes")
        self.zone()
        return self

    def zone(self) -> Zone:
        """In its one form. Raises `Unfit` for a drawing that is none."""
        if self.geojson is not None:
            return Zone(geojson=zones.drawn(self.geojson), communes=())
        return Zone(geojson=None, communes=tuple(sorted(set(self.communes))))
