"""How far a thing is that a request may be about, and who has it."""

from functools import reduce
from typing import Any

import pytest

from contracts.depot_tours.order_v1 import OrderPrepared, PreparationAssigned, PreparationUndone
from contracts.depot_tours.returned_v1 import CheckUndone, ReturnApproved, ReturnLeft, SentBack
from contracts.depot_tours.tour_v1 import (
    ExitUndone,
    OrderGivenBack,
    OrderHandedOver,
    TourCanceled,
    TourReassigned,
)
from contracts.missions.trip_v1 import DeliveryConfirmed, TripExpired
from contracts.support.request_v1 import ObjectKind, ObjectStatus
from infra.consumers.views import OutOfOrder
from services.support.http.attached import LOOKUPS
from services.support.tests.make import discrepancy
from services.support.tests.things import MISSION, ORDER, OUT, RETURN, TOUR, TRIP, fact

DELIVERED = fact(DeliveryConfirmed, trip_id="T1")
CANCELED = fact(TourCanceled, tour_id="R1")
AGAIN = fact(TourReassigned, tour_id="R1", courier_id="hassan")
FIRST = fact(OrderHandedOver, tour_id="R1", order_id="p-1")
LAST = fact(OrderGivenBack, tour_id="R1", order_id="p-2")
AGAIN_TO_DO = fact(PreparationUndone)
UNDONE = fact(CheckUndone, order_id="p-1")
NAMES = {
    ObjectKind.TRIP: ("T1", ("T1",)),
    ObjectKind.TOUR: ("R1", ("R1",)),
    ObjectKind.ORDER: ("CASA-2041", ("p-1",)),
    ObjectKind.RETURN: ("CASA-2041", ("p-1",)),
}
LEFT = fact(ReturnLeft, courier_id="hassan")


@pytest.mark.parametrize(
    ("kind", "events", "status", "carrier"),
    [
        (ObjectKind.TRIP, [TRIP], "open", None),
        (ObjectKind.TRIP, [TRIP, MISSION], "assigned", "ada"),
        (ObjectKind.TRIP, [TRIP, MISSION, DELIVERED], "delivered", "ada"),
        (ObjectKind.TRIP, [TRIP, fact(TripExpired, trip_id="T1")], "expired", None),
        (ObjectKind.TOUR, [TOUR], "ready", "karim"),
        (ObjectKind.TOUR, [TOUR, CANCELED], "canceled", "karim"),
        (ObjectKind.TOUR, [TOUR, CANCELED, AGAIN], "ready", "hassan"),
        (ObjectKind.TOUR, [TOUR, OUT, FIRST], "out", "karim"),
        (ObjectKind.TOUR, [TOUR, OUT, FIRST, LAST], "over", "karim"),
        (ObjectKind.TOUR, [TOUR, OUT, fact(ExitUndone, tour_id="R1")], "ready", "karim"),
        (ObjectKind.ORDER, [ORDER], "registered", None),
        (ObjectKind.ORDER, [ORDER, fact(PreparationAssigned)], "to_prepare", None),
        (ObjectKind.ORDER, [ORDER, fact(OrderPrepared)], "prepared", None),
        (
            ObjectKind.ORDER,
            [ORDER, fact(OrderPrepared), fact(PreparationUndone)],
            "to_prepare",
            None,
        ),
        (ObjectKind.RETURN, [RETURN], "in_depot", "karim"),
        (ObjectKind.RETURN, [RETURN, discrepancy()], "disputed", "karim"),
        (ObjectKind.RETURN, [RETURN, discrepancy(), UNDONE], "in_depot", "karim"),
        (ObjectKind.RETURN, [RETURN, fact(ReturnApproved)], "approved", "karim"),
        (ObjectKind.RETURN, [RETURN, LEFT], "out_of_depot", "hassan"),
        (ObjectKind.RETURN, [RETURN, fact(SentBack)], "back_to_sender", "karim"),
    ],
)
def test_a_thing_is_as_far_as_its_events_say(
    kind: ObjectKind, events: list[Any], status: str, carrier: str | None
) -> None:
    row = reduce(LOOKUPS[kind].project, events, None)
    assert row is not None
    assert (row.organisation_id, row.status, row.carrier_id) == ("maarif", status, carrier)
    assert row.status.upper() in ObjectStatus.__members__
    assert (row.called, LOOKUPS[kind].key(events[0])) == NAMES[kind]


@pytest.mark.parametrize(
    ("kind", "event"),
    [
        (ObjectKind.TRIP, MISSION),
        (ObjectKind.TOUR, OUT),
        (ObjectKind.ORDER, fact(OrderPrepared)),
        (ObjectKind.RETURN, UNDONE),
    ],
)
def test_a_thing_begins_with_its_first_event(kind: ObjectKind, event: Any) -> None:
    with pytest.raises(OutOfOrder):
        LOOKUPS[kind].project(None, event)
