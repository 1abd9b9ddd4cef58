"""The outbound tours of a depot, and what became of each order: one row a tour."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from contracts.depot_tours.tour_v1 import (
    DeliveryFailed,
    ExitUndone,
    HandoverBegun,
    OrderGivenBack,
    OrderHandedOver,
    OrderOnTour,
    ParcelLoaded,
    TourCanceled,
    TourCheckedOut,
    TourComposed,
    TourReassigned,
    contract,
)
from infra.consumers.views import OutOfOrder, View
from infra.reading import Table
from infra.searching import filed_under

Reads = (
    TourComposed
    | TourReassigned
    | TourCanceled
    | ParcelLoaded
    | HandoverBegun
    | TourCheckedOut
    | ExitUndone
    | OrderHandedOver
    | DeliveryFailed
    | OrderGivenBack
)


class TourStatus(StrEnum):
    """How far a tour has come."""

    READY = "ready"
    HANDING_OVER = "handing_over"
    OUT = "out"
    CANCELED = "canceled"
    OVER = "over"
    """Of each order it is known what became of it."""


class DeliveryStatus(StrEnum):
    """The way of an order on a tour."""

    IN_DEPOT = "in_depot"
    OUT = "out"
    HANDED_OVER = "handed_over"
    LEFT_BEHIND = "left_behind"
    GIVEN_BACK = "given_back"


@dataclass(frozen=True, slots=True)
class Carried:
    """An order on a tour; `attempts` failed, the last one for a reason."""

    order_id: str
    tracking_number: str
    city: str
    parcel_codes: tuple[str, ...]
    cash_minor: int | None
    cash_currency: str | None
    status: str = "in_depot"
    attempts: int = 0
    failure: str | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Behind:
    """A parcel that did not leave with its tour."""

    parcel_code: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tour:
    """A canceled one names the courier who canceled; `filed_cities` are compared."""

    tour_id: str
    organisation_id: str
    courier_id: str
    orders: tuple[Carried, ...]
    order_ids: tuple[str, ...]
    tracking_numbers: tuple[str, ...]
    filed_cities: tuple[str, ...]
    composed_by: str
    composed_at: datetime
    status: str = "ready"
    loaded: tuple[str, ...] = ()
    left_behind: tuple[Behind, ...] = ()
    checked_out_by: str | None = None
    checked_out_at: datetime | None = None
    canceled_at: datetime | None = None


def key(event: Reads) -> tuple[str]:
    return (event.tour_id,)


def project(row: Tour | None, event: Reads) -> Tour:
    if isinstance(event, TourComposed):
        return _composed(event)
    if row is None:
        raise OutOfOrder(event)
    match event:
        case TourReassigned():
            return _given_again(row, event)
        case TourCanceled():
            return replace(row, status="canceled", canceled_at=event.canceled_at)
        case ParcelLoaded():
            # A code that the courier was shown before is for fewer parcels, and over.
            others = tuple(code for code in row.loaded if code != event.parcel_code)
            return replace(row, status="ready", loaded=(*others, event.parcel_code))
        case HandoverBegun():
            return replace(row, status="handing_over")
        case TourCheckedOut():
            return _left(row, event)
        case ExitUndone():
            return _back(row, event)
        case OrderHandedOver() | DeliveryFailed() | OrderGivenBack():
            orders = (
                _delivered(one, event) if one.order_id == event.order_id else one
                for one in row.orders
            )
            return _over_or_not(replace(row, orders=tuple(orders)))
        case unhandled:
            assert_never(unhandled)


def _composed(event: TourComposed) -> Tour:
    orders = event.orders
    return Tour(
        tour_id=event.tour_id,
        organisation_id=event.organisation_id,
        courier_id=event.courier_id,
        orders=tuple(map(_carried, orders)),
        order_ids=tuple(one.order_id for one in orders),
        tracking_numbers=tuple(one.tracking_number for one in orders),
        filed_cities=tuple(sorted({filed_under(one.city) for one in orders})),
        composed_by=event.composed_by,
        composed_at=event.composed_at,
    )


def _carried(one: OrderOnTour) -> Carried:
    cash = one.cash_on_delivery
    return Carried(
        order_id=one.order_id,
        tracking_number=one.tracking_number,
        city=one.city,
        parcel_codes=one.parcel_codes,
        cash_minor=cash.amount_minor if cash else None,
        cash_currency=cash.currency if cash else None,
    )


def _given_again(row: Tour, event: TourReassigned) -> Tour:
    """The next courier begins with nothing scanned."""
    return replace(row, status="ready", courier_id=event.courier_id, loaded=(), canceled_at=None)


def _left(row: Tour, event: TourCheckedOut) -> Tour:
    out = {*event.order_ids}
    return replace(
        row,
        status="out",
        orders=tuple(
            replace(one, status="out" if one.order_id in out else "left_behind")
            for one in row.orders
        ),
        left_behind=tuple(
            Behind(one.parcel_code, one.reason.name.lower()) for one in event.left_behind
        ),
        checked_out_by=event.checked_out_by,
        checked_out_at=event.checked_out_at,
    )


def _back(row: Tour, event: ExitUndone) -> Tour:
    """The tour is in the depot with all its orders, and nothing is scanned."""
    return replace(
        row,
        status="ready",
        courier_id=event.courier_id,
        orders=tuple(replace(one, status="in_depot") for one in row.orders),
        loaded=(),
        left_behind=(),
        checked_out_by=None,
        checked_out_at=None,
    )


def _delivered(one: Carried, event: OrderHandedOver | DeliveryFailed | OrderGivenBack) -> Carried:
    match event:
        case OrderHandedOver():
            return replace(one, status="handed_over", ended_at=event.handed_over_at)
        case OrderGivenBack():
            return replace(one, status="given_back", ended_at=event.given_back_at)
        case DeliveryFailed():
            return replace(one, attempts=event.attempt, failure=event.reason.name.lower())
        case unhandled:
            assert_never(unhandled)


def _over_or_not(row: Tour) -> Tour:
    going = any(one.status == "out" for one in row.orders)
    return replace(row, status="out" if going else "over")


view = View(
    name="tours",
    contract=contract,
    reads=Reads,
    row=Tour,
    primary_key=("tour_id",),
    key=key,
    project=project,
    indexes=(
        "(organisation_id, composed_at, tour_id) where status <> 'over'",
        "(organisation_id, status, composed_at, tour_id)",
        "(organisation_id, courier_id, composed_at, tour_id)",
        "using gin (tracking_numbers)",
        "using gin (order_ids)",
    ),
)
tours = Table(view, "tours")
LATEST = tours.order("latest", "composed_at", "tour_id", descending=True)
