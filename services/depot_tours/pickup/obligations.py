"""Obligations towards people of a pickup: nobody is forgotten while parcels are on their way."""

from contracts.obligations import Obligations
from services.depot_tours.pickup import Assigned, Pickup


def obligations(pickup: Pickup, person: str) -> Obligations:
    """Those towards its courier, and towards the recipients, who are named by their orders."""
    if not isinstance(pickup, Assigned):
        return Obligations()
    planned = pickup.planned
    if person in {pickup.assigned.courier_id, *(one.order_id for one in planned.orders)}:
        return Obligations(f"pickup {planned.pickup_id} is not verified")
    return Obligations()
