"""The part of the trip: its offer is noted, its award prepares the bill, its delivery opens it."""

from dataclasses import dataclass
from datetime import datetime

from contracts.common_v1 import Money
from contracts.invoices.invoice_v1 import (
    AcceptedExtra,
    ExpensesReopened,
    ExtraNoted,
    InvoiceEvent,
    InvoiceOpened,
    InvoicePrepared,
    QuotedExpense,
    TripNoted,
    VehicleNoted,
)
from services.invoices.invoice.rejections import NoSuchInvoice
from services.invoices.invoice.situations import (
    Approved,
    Noted,
    Prepared,
    State,
    Unknown,
    Validated,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteTrip:
    invoice_id: str
    trip_id: str
    organisation_id: str
    description: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteVehicle:
    invoice_id: str
    plate: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepareInvoice:
    invoice_id: str
    driver_id: str
    service_price: Money | None
    quoted: tuple[QuotedExpense, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteExtra:
    invoice_id: str
    extra: AcceptedExtra
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenInvoice:
    invoice_id: str
    at: datetime


Command = NoteTrip | NoteVehicle | PrepareInvoice | NoteExtra | OpenInvoice
Decision = list[InvoiceEvent] | NoSuchInvoice


def note_trip(command: NoteTrip, state: State) -> Decision:
    if not isinstance(state, Unknown):
        return []
    return [
        TripNoted(
            invoice_id=command.invoice_id,
            trip_id=command.trip_id,
            organisation_id=command.organisation_id,
            description=command.description,
            noted_at=command.at,
        )
    ]


def note_vehicle(command: NoteVehicle, state: State) -> Decision:
    """An approved invoice stays as it is, so a plate that is told later stands on none."""
    if isinstance(state, Unknown):
        return NoSuchInvoice()
    if isinstance(state, Approved):
        return []
    before = state if isinstance(state, Noted | Prepared) else state.bill
    if before.plate == command.plate:
        return []
    facts = before.trip if isinstance(before, Noted) else before.mission
    return [
        VehicleNoted(
            invoice_id=command.invoice_id,
            trip_id=facts.trip_id,
            organisation_id=facts.organisation_id,
            plate=command.plate,
            noted_at=command.at,
        )
    ]


def prepare(command: PrepareInvoice, state: State) -> Decision:
    if isinstance(state, Unknown):
        return NoSuchInvoice()
    if not isinstance(state, Noted | Prepared):
        return []
    prepared = _prepared(command, state.trip)
    return [] if isinstance(state, Prepared) and prepared == state.mission else [prepared]


def _prepared(command: PrepareInvoice, trip: TripNoted) -> InvoicePrepared:
    return InvoicePrepared(
        invoice_id=command.invoice_id,
        trip_id=trip.trip_id,
        organisation_id=trip.organisation_id,
        driver_id=command.driver_id,
        service_price=command.service_price,
        quoted=command.quoted,
        prepared_at=command.at,
    )


def note_extra(command: NoteExtra, state: State) -> Decision:
    """An extra can be declared if it is accepted before the approval; that reopens the expenses."""
    if isinstance(state, Unknown | Noted):
        return NoSuchInvoice()
    before = state if isinstance(state, Prepared) else state.bill
    extras, mission = before.extras, before.mission
    if any(extra.extra_id == command.extra.extra_id for extra in extras):
        return []
    noted = ExtraNoted(
        invoice_id=mission.invoice_id,
        organisation_id=mission.organisation_id,
        driver_id=mission.driver_id,
        extra=command.extra,
        noted_at=command.at,
    )
    if not isinstance(state, Validated):
        return [noted]
    reopened = ExpensesReopened(
        invoice_id=mission.invoice_id,
        organisation_id=mission.organisation_id,
        driver_id=mission.driver_id,
        extra_id=command.extra.extra_id,
        reopened_at=command.at,
    )
    return [noted, reopened]


def open_invoice(command: OpenInvoice, state: State) -> Decision:
    if isinstance(state, Unknown | Noted):
        return NoSuchInvoice()
    return [_opened(command, state)] if isinstance(state, Prepared) else []


def _opened(command: OpenInvoice, state: Prepared) -> InvoiceOpened:
    mission = state.mission
    return InvoiceOpened(
        invoice_id=mission.invoice_id,
        trip_id=mission.trip_id,
        organisation_id=mission.organisation_id,
        driver_id=mission.driver_id,
        description=state.trip.description,
        service_price=mission.service_price,
        quoted=mission.quoted,
        extras=state.extras,
        delivered_at=command.at,
    )
