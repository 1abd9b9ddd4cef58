"""The callers who see the lists of a depot, and the three filters that each of them has (G-29)."""

from typing import Annotated, TypeVar

from pydantic import Field

from infra.http.models import Id
from infra.http.pages import Filters
from infra.http.request_context import RequestContext, requires
from infra.reading import Rows
from infra.searching import filed_under

Row = TypeVar("Row")
DepotContext = Annotated[RequestContext, requires("administration", "operator", "depot_agent")]
OverseerContext = Annotated[RequestContext, requires("administration", "operator")]
"""They follow how others work; an agent works with parcels (EXX-21)."""


class PlaceAndNumber(Filters):
    """Where, and which order."""

    city: Annotated[str | None, Field(max_length=100)] = None
    """The city of a recipient; accents and capitals do not matter."""
    tracking_number: Annotated[str | None, Field(max_length=32)] = None

    def narrow(self, rows: Rows[Row]) -> Rows[Row]:
        """The rows that match, each with one city and one tracking number."""
        rows = rows.filtered({"tracking_number": self.tracking_number})
        if self.city is None:
            return rows
        return rows.where("filed_city = %(city)s", city=filed_under(self.city))


class ThreeFilters(PlaceAndNumber):
    """Where, with whom, and which order."""

    courier_id: Id | None = None

    def narrow_tours(self, rows: Rows[Row]) -> Rows[Row]:
        """The rows that match, each with the cities and tracking numbers of all its orders."""
        rows = rows.filtered({"courier_id": self.courier_id})
        if self.tracking_number is not None:
            rows = rows.where(
                "tracking_numbers @> array[%(number)s::text]", number=self.tracking_number
            )
        if self.city is not None:
            rows = rows.where("filed_cities @> array[%(city)s::text]", city=filed_under(self.city))
        return rows
