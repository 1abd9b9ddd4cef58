"""Things that requests are about: events of other services, as far as support reads them."""

from typing import Any

from contracts.depot_tours.order_v1 import OrderRegistered
from contracts.depot_tours.returned_v1 import OrderReturned
from contracts.depot_tours.tour_v1 import TourCheckedOut, TourComposed
from contracts.missions.trip_v1 import MissionAssigned, TripPublished


def fact(kind: type[Any], **known: Any) -> Any:
    """An event of which only `known` matters."""
    return kind(**dict.fromkeys(kind.__dataclass_fields__) | known)


TRIP = fact(TripPublished, trip_id="T1", organisation_id="maarif")
MISSION = fact(MissionAssigned, trip_id="T1", driver_id="ada")
TOUR = fact(TourComposed, tour_id="R1", organisation_id="maarif", courier_id="karim")
OUT = fact(TourCheckedOut, tour_id="R1", order_ids=("p-1", "p-2"))
CALLED = {"organisation_id": "maarif", "tracking_number": "CASA-2041"}
ORDER = fact(OrderRegistered, order_id="p-1", **CALLED)
RETURN = fact(OrderReturned, order_id="p-1", courier_id="karim", **CALLED)
