"""A trip's own events make its invoice: the offer is noted, the award prepares, delivery opens."""

from dataclasses import replace
from typing import assert_never

from contracts.invoices.invoice_v1 import AcceptedExtra, ExpenseKind, QuotedExpense
from contracts.missions.trip_v1 import (
    DeliveryConfirmed,
    ExtraCostAccepted,
    MissionAssigned,
    TripPublished,
    VehicleIdentified,
)
from contracts.runtime import REDACTED
from services.invoices.invoice import mission
from services.invoices.invoice.mission import (
    NoteExtra,
    NoteTrip,
    NoteVehicle,
    OpenInvoice,
    PrepareInvoice,
)

Reads = TripPublished | VehicleIdentified | MissionAssigned | ExtraCostAccepted | DeliveryConfirmed


def react(event: Reads) -> list[mission.Command]:
    id = f"inv-{event.trip_id}"
    match event:
        case TripPublished():
            return [
                NoteTrip(
                    invoice_id=id,
                    trip_id=event.trip_id,
                    organisation_id=event.organisation_id,
                    description=_description(event),
                    at=event.published_at,
                )
            ]
        case VehicleIdentified(plate=plate) if plate == REDACTED:
            return []
        case VehicleIdentified():
            return [NoteVehicle(invoice_id=id, plate=event.plate, at=event.identified_at)]
        case MissionAssigned():
            return [_prepare(id, event)]
        case ExtraCostAccepted():
            kind = ExpenseKind(event.kind)
            extra = AcceptedExtra(event.request_id, kind, event.amount)
            return [NoteExtra(invoice_id=id, extra=extra, at=event.accepted_at)]
        case DeliveryConfirmed():
            return [OpenInvoice(invoice_id=id, at=event.confirmed_at)]
        case unhandled:
            assert_never(unhandled)


def _prepare(id: str, event: MissionAssigned) -> PrepareInvoice:
    """The price of a mission holds its expenses; the rest is the service."""
    quoted = tuple(QuotedExpense(ExpenseKind(one.kind), one.amount) for one in event.expenses)
    price = event.price
    if price is not None:
        spent = sum(one.amount.amount_minor for one in quoted)
        price = replace(price, amount_minor=price.amount_minor - spent)
    return PrepareInvoice(
        invoice_id=id,
        driver_id=event.driver_id,
        service_price=price,
        quoted=quoted,
        at=event.assigned_at,
    )


def _description(offer: TripPublished) -> str:
    vehicle = f"{offer.vehicle.make} {offer.vehicle.model}"
    return f"{vehicle}, {offer.departure.city} - {offer.arrival.city}"


def target(command: mission.Command) -> str:
    """The invoice whose stream takes the command."""
    return command.invoice_id
