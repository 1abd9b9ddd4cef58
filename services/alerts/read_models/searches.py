"""The searches of all drivers, as a new trip is compared with them."""

from dataclasses import dataclass
from datetime import date
from typing import assert_never

from contracts.alerts import searches_v1
from contracts.alerts.searches_v1 import SearchRemoved, SearchSaved
from infra.consumers.views import View
from infra.searching import question

# A removal of each search comes before its owner is forgotten.
Reads = SearchSaved | SearchRemoved


@dataclass(frozen=True, slots=True)
class Search:
    """A search as the matcher reads it; a condition that is None or empty is met by every trip."""

    driver_id: str
    search_id: str
    organisation_id: str
    question: str
    """The words looked for, as a `tsquery`."""
    within_km: int | None
    from_day: date | None
    until_day: date | None
    shortest_km: int | None
    longest_km: int | None


def key(event: Reads) -> tuple[str, str]:
    return (event.driver_id, event.search_id)


def project(_: Search | None, event: Reads) -> Search | None:
    match event:
        case SearchSaved():
            return Search(
                driver_id=event.driver_id,
                search_id=event.search_id,
                organisation_id=event.organisation_id,
                question=question(event.text or ""),
                within_km=event.within_km,
                from_day=event.from_day,
                until_day=event.until_day,
                shortest_km=event.shortest_km,
                longest_km=event.longest_km,
            )
        case SearchRemoved():
            return None
        case unhandled:
            assert_never(unhandled)


view = View(
    name="searches",
    contract=searches_v1.contract,
    reads=Reads,
    row=Search,
    primary_key=("driver_id", "search_id"),
    key=key,
    project=project,
    indexes=("(organisation_id)",),
)
