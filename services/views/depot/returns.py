"""The orders that came back to a depot: one row an order, as it is since it came back last."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from contracts.depot_tours.returned_v1 import (
    CheckUndone,
    DiscrepancyFound,
    OrderReturned,
    ParcelShelved,
    ReturnApproved,
    ReturnLeft,
    SentBack,
    contract,
)
from infra.consumers.views import OutOfOrder, View
from infra.reading import Table
from infra.searching import filed_under

Reads = (
    OrderReturned
    | DiscrepancyFound
    | ReturnApproved
    | ParcelShelved
    | CheckUndone
    | ReturnLeft
    | SentBack
)


class ReturnStatus(StrEnum):
    """Where an order that came back is, and how far its check has come."""

    IN_DEPOT = "in_depot"
    DISPUTED = "disputed"
    APPROVED = "approved"
    OUT_OF_DEPOT = "out_of_depot"
    BACK_TO_SENDER = "back_to_sender"


@dataclass(frozen=True, slots=True)
class Shelved:
    """A parcel that is stored, and on which shelf."""

    parcel_code: str
    shelf: str | None


@dataclass(frozen=True, slots=True)
class Differing:
    """A parcel that is not as it should be."""

    parcel_code: str
    finding: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """`filed_city` is the city as it is compared; `courier_id` brought the order back, or has it
    now, with the tour `left_with`."""

    order_id: str
    organisation_id: str
    tracking_number: str
    city: str
    filed_city: str
    tour_id: str
    courier_id: str
    brought_by: str
    reason: str
    attempts: int
    parcel_codes: tuple[str, ...]
    stayed: tuple[str, ...]
    cash_minor: int | None
    cash_currency: str | None
    returned_at: datetime
    status: str = "in_depot"
    stored: tuple[Shelved, ...] = ()
    approved_by: str | None = None
    approved_at: datetime | None = None
    sent_back_from: datetime | None = None
    claim_id: str | None = None
    differing: tuple[Differing, ...] = ()
    cash_differs: bool = False
    left_with: str | None = None
    left_at: datetime | None = None
    sent_back_at: datetime | None = None


def key(event: Reads) -> tuple[str]:
    return (event.order_id,)


def project(row: Return | None, event: Reads) -> Return:
    if isinstance(event, OrderReturned):
        return _returned(event)
    if row is None:
        raise OutOfOrder(event)
    match event:
        case DiscrepancyFound():
            return replace(
                row,
                status="disputed",
                claim_id=event.claim_id,
                differing=tuple(
                    Differing(one.parcel_code, one.finding.name.lower()) for one in event.parcels
                ),
                cash_differs=event.cash_differs,
            )
        case ReturnApproved():
            return replace(
                row,
                status="approved",
                stored=tuple(Shelved(code, None) for code in event.parcel_codes),
                approved_by=event.approved_by,
                approved_at=event.approved_at,
                sent_back_from=event.sent_back_from,
            )
        case ParcelShelved():
            stored = (
                replace(one, shelf=event.shelf) if one.parcel_code == event.parcel_code else one
                for one in row.stored
            )
            return replace(row, stored=tuple(stored))
        case CheckUndone():
            return _unchecked(row)
        case ReturnLeft():
            return replace(
                row,
                status="out_of_depot",
                courier_id=event.courier_id,
                left_with=event.tour_id,
                left_at=event.left_at,
                sent_back_from=None,
            )
        case SentBack():
            return replace(row, status="back_to_sender", sent_back_at=event.sent_back_at)
        case unhandled:
            assert_never(unhandled)


def _returned(event: OrderReturned) -> Return:
    cash = event.cash_on_delivery
    return Return(
        order_id=event.order_id,
        organisation_id=event.organisation_id,
        tracking_number=event.tracking_number,
        city=event.city,
        filed_city=filed_under(event.city),
        tour_id=event.tour_id,
        courier_id=event.courier_id,
        brought_by=event.courier_id,
        reason=event.reason.name.lower(),
        attempts=event.attempts,
        parcel_codes=event.parcel_codes,
        stayed=event.stayed,
        cash_minor=cash.amount_minor if cash else None,
        cash_currency=cash.currency if cash else None,
        returned_at=event.returned_at,
    )


def _unchecked(row: Return) -> Return:
    return replace(
        row,
        status="in_depot",
        stored=(),
        approved_by=None,
        approved_at=None,
        sent_back_from=None,
        claim_id=None,
        differing=(),
        cash_differs=False,
        sent_back_at=None,
    )


view = View(
    name="returns",
    contract=contract,
    reads=Reads,
    row=Return,
    primary_key=("order_id",),
    key=key,
    project=project,
    indexes=(
        "(organisation_id, returned_at, order_id)",
        "(organisation_id, status, returned_at, order_id)",
        "(organisation_id, sent_back_from, order_id) where status = 'approved'",
        "(organisation_id, courier_id, returned_at, order_id)",
        "(organisation_id, filed_city, returned_at, order_id)",
        "(organisation_id, brought_by, returned_at)",
        "(organisation_id, tracking_number)",
    ),
)
returns = Table(view, "returns")
OLDEST = returns.order("oldest", "returned_at", "order_id")
