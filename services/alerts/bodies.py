"""What the front end sends, and what it is shown of a search."""

from typing import Annotated, Any

from pydantic import Field

from contracts.alerts.searches_v1 import SearchSaved
from infra.http.models import Body, Day, Line

Kilometres = Annotated[int, Field(ge=0, le=20_000, examples=[50])]


class SearchBody(Body):
    """Trips to be told of; what is not named does not matter."""

    text: Line | None = None
    """Part of a city, of a client's brand or of a trip's id; without accents and capitals."""
    within_km: Kilometres | None = None
    """From one's home to the departure; nothing matches while the home is unknown."""
    from_day: Day | None = None
    until_day: Day | None = None
    """Trips that can be made, at least in part, between the two days, both included."""
    shortest_km: Kilometres | None = None
    longest_km: Kilometres | None = None
    """Of the trip."""


def search_shown(saved: SearchSaved) -> dict[str, Any]:
    """One search to its owner."""
    return {
        "search_id": saved.search_id,
        "text": saved.text,
        "within_km": saved.within_km,
        "from_day": saved.from_day,
        "until_day": saved.until_day,
        "shortest_km": saved.shortest_km,
        "longest_km": saved.longest_km,
        "saved_at": saved.saved_at,
    }
