"""Which missions are mine, and what do I need to prepare them?"""

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from contracts.missions.trip_v1 import ExpenseKind
from infra.http.answers import FORMER, Answer, Answered, Listed, MoneyShown, Router
from infra.http.models import Coded, Instant, Named
from infra.http.pages import ByReference, Paging, of_reference
from infra.http.readable_ids import TRIP
from infra.reading import Rows
from services.views.partner import trips
from services.views.partner.open_trips import DriverContext, Search
from services.views.partner.trips import (
    ExpenseShown,
    ExtraCost,
    SlotShown,
    TownShown,
    Trip,
    VehicleShown,
)

router = Router("Missions")

LATEST = trips.trips.order("latest-assigned", "assigned_at", "trip_id", descending=True)


def missions_of(organisation_id: str, driver_id: str) -> Rows[Trip]:
    """The driver's missions, past ones too (HIF-22)."""
    return trips.trips.of(organisation_id, driver_id=driver_id)


class MissionStatus(StrEnum):
    ASSIGNED = "assigned"
    NOT_FINALISED = "not_finalised"
    """Its first day has come, and the delivery is not confirmed."""
    CONFIRMED = "confirmed"


class ExtraCostStatus(StrEnum):
    REQUESTED = "requested"
    ACCEPTED = "accepted"
    REFUSED = "refused"


class ExtraCostShown(Answer):
    """A cost that was asked for; once accepted, what was granted may be declared."""

    request_id: str
    kind: Annotated[ExpenseKind, Named()]
    amount: MoneyShown
    amount_minor: Annotated[int, FORMER]
    status: ExtraCostStatus
    granted: MoneyShown | None
    granted_minor: Annotated[int | None, FORMER]


class Mission(Answer):
    """A mission with all that its driver needs to prepare it."""

    trip_id: str
    status: MissionStatus
    client_brand: str
    tags: Annotated[tuple[str, ...], Coded("Tag")]
    departure: TownShown
    arrival: TownShown
    from_: Annotated[SlotShown, Field(serialization_alias="from")]
    until: SlotShown
    vehicle: VehicleShown
    delivery_type: Annotated[str, Coded("DeliveryType")]
    distance_km: int
    duration_minutes: int
    additional_services: Annotated[tuple[str, ...], Coded("AdditionalService")]
    client_process: str | None
    price: MoneyShown | None
    expenses: tuple[ExpenseShown, ...]
    extra_costs: tuple[ExtraCostShown, ...]
    attachments: tuple[str, ...]
    """Files; the trip itself has their labels."""
    assigned_at: Instant | None
    delivered_at: Instant | None


def status(row: Trip, today: date) -> MissionStatus:
    if row.status == "delivered":
        return MissionStatus.CONFIRMED
    return MissionStatus.NOT_FINALISED if row.from_day <= today else MissionStatus.ASSIGNED


def price(row: Trip) -> MoneyShown | None:
    if row.price_minor is None or row.price_currency is None:
        return None
    return MoneyShown(amount_minor=row.price_minor, currency=row.price_currency)


def extra_cost(row: ExtraCost) -> ExtraCostShown:
    def money(amount_minor: int) -> MoneyShown:
        return MoneyShown(amount_minor=amount_minor, currency=row.currency)

    return ExtraCostShown(
        request_id=row.request_id,
        kind=ExpenseKind[row.kind.upper()],
        amount=money(row.amount_minor),
        amount_minor=row.amount_minor,
        status=ExtraCostStatus(row.status),
        granted=None if row.granted_minor is None else money(row.granted_minor),
        granted_minor=row.granted_minor,
    )


def mission(row: Trip, today: date) -> Mission:
    """A mission as its driver sees it (HIF-23, HIF-26, SM-04)."""
    return Mission(
        trip_id=row.trip_id,
        status=status(row, today),
        client_brand=row.client_brand,
        tags=row.tags,
        departure=trips.departure(row),
        arrival=trips.arrival(row),
        from_=trips.first_day(row),
        until=trips.last_day(row),
        vehicle=trips.vehicle(row),
        delivery_type=row.delivery_type,
        distance_km=row.distance_km,
        duration_minutes=row.duration_minutes,
        additional_services=row.additional_services,
        client_process=row.client_process,
        price=price(row),
        expenses=trips.expenses_shown(row.expenses, row.price_currency or ""),
        extra_costs=tuple(map(extra_cost, row.extras)),
        attachments=row.attachments,
        assigned_at=row.assigned_at,
        delivered_at=row.delivered_at,
    )


@router.get("/missions")
async def my_missions(
    context: DriverContext, page: Paging, q: Search = "", reference: ByReference = None
) -> Answered[Listed[Mission]]:
    """List one's missions, past ones too, latest assigned first."""
    who = context.principal
    mine = missions_of(who.organisation_id, who.subject).searched(q)
    rows = of_reference(mine, "trip_id", TRIP, who.organisation_id, reference)
    return await page.show(rows, LATEST, lambda row: mission(row, context.today))
