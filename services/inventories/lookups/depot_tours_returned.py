"""Orders that came back, for inventories: which of their parcels are stored, and on which shelf."""

from dataclasses import dataclass, replace
from datetime import datetime
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

Reads = (
    OrderReturned
    | DiscrepancyFound
    | ReturnApproved
    | ParcelShelved
    | CheckUndone
    | ReturnLeft
    | SentBack
)


@dataclass(frozen=True, slots=True)
class Stored:
    """A parcel that is stored: on which shelf, since when, and who put it there."""

    parcel_code: str
    shelf: str | None
    at: datetime
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """An order that came back; `kept` and `gone` say whether it is stored, and whether it left."""

    order_id: str
    organisation_id: str
    courier_id: str
    since: datetime
    kept: bool = False
    gone: bool = False
    stored: tuple[Stored, ...] = ()


def key(event: Reads) -> tuple[str]:
    return (event.order_id,)


def project(row: Return | None, event: Reads) -> Return:
    if isinstance(event, OrderReturned):
        return Return(
            order_id=event.order_id,
            organisation_id=event.organisation_id,
            courier_id=event.courier_id,
            since=event.returned_at,
        )
    if row is None:
        raise OutOfOrder(event)
    match event:
        case DiscrepancyFound():
            return replace(row, since=event.found_at)
        case ReturnApproved():
            at, by = event.approved_at, event.approved_by
            stored = tuple(Stored(code, None, at, by) for code in event.parcel_codes)
            return replace(row, kept=True, stored=stored, since=at)
        case ParcelShelved():
            return shelved(row, event)
        case CheckUndone():
            return replace(row, kept=False, stored=(), since=event.undone_at)
        case ReturnLeft():
            return replace(
                row,
                courier_id=event.courier_id,
                since=event.left_at,
                kept=False,
                gone=True,
                stored=(),
            )
        case SentBack():
            return replace(row, kept=False, stored=(), since=event.sent_back_at)
        case unhandled:
            assert_never(unhandled)


def shelved(row: Return, event: ParcelShelved) -> Return:
    moved = Stored(event.parcel_code, event.shelf, event.shelved_at, event.shelved_by)
    stored = (moved if one.parcel_code == event.parcel_code else one for one in row.stored)
    return replace(row, stored=tuple(stored))


lookup = View(
    name="returns",
    contract=contract,
    reads=Reads,
    row=Return,
    primary_key=("order_id",),
    key=key,
    project=project,
    indexes=("(organisation_id, order_id) where kept",),
)
returns = Table(lookup, "returns")
BY_ID = returns.order("by-id", "order_id")
