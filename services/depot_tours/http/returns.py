"""Orders that came back, over HTTP: counted by the depot, and counted again after a slip."""

from enum import StrEnum
from typing import Annotated, assert_never

from pydantic import Field

from contracts.depot_tours import returned_v1
from contracts.depot_tours.returned_v1 import (
    CheckUndone,
    DiscrepancyFound,
    Finding,
    OrderReturned,
    ParcelFound,
    ParcelShelved,
    ReturnApproved,
    ReturnLeft,
    ReturnReason,
    ReturnWarned,
    SentBack,
)
from infra.http.answers import Answer, Answered, MoneyShown, Recorded, Router
from infra.http.history import History, HistoryPart
from infra.http.labels import Scanned, ShelfCode
from infra.http.models import Body, Id, Instant, MoneyBody, Named, Text
from infra.http.request_context import RequestContext
from infra.store import InTransaction
from services.depot_tours import returned
from services.depot_tours.adapters import claims
from services.depot_tours.aggregates import RETURNED
from services.depot_tours.http.access import DepotContext, worker_of
from services.depot_tours.http.orders import MOST_PARCELS
from services.depot_tours.returned.counting import Count
from services.depot_tours.terms import OrderIsOnAnotherTour

router = Router("Returns")

Found = Annotated[Finding, Named()]
Why = Annotated[ReturnReason, Named()]

# --- Bodies -----------------------------------------------------------------


class CountedBody(Body):
    """A parcel, and what was found of it."""

    parcel: Scanned
    finding: Found


class CheckBody(Body):
    """The result of counting what came back."""

    parcels: Annotated[
        tuple[CountedBody, ...], Field(min_length=1, max_length=2 * MOST_PARCELS, strict=False)
    ]
    """Each parcel that left, and those that the courier brought as well."""
    cash_on_delivery: MoneyBody | None
    """The money that the recipient pays by the courier's papers; null when they say nothing."""
    note: Text | None = None
    """About what differs, if anything does."""


class ShelfBody(Body):
    """A parcel and a shelf, scanned one after the other."""

    parcel: Scanned
    shelf: ShelfCode


# --- Answers ----------------------------------------------------------------


class ReturnStatus(StrEnum):
    IN_DEPOT = "in_depot"
    DISPUTED = "disputed"
    APPROVED = "approved"
    OUT_OF_DEPOT = "out_of_depot"
    BACK_TO_SENDER = "back_to_sender"


class FoundShown(Answer):
    parcel_code: str
    finding: Found


class DiscrepancyShown(Answer):
    """A difference between what left and what came back."""

    claim_id: str
    courier_id: str
    """The courier who had the parcels last."""
    parcels: tuple[FoundShown, ...]
    cash_differs: bool
    cash_stated: MoneyShown | None
    """The money that the recipient pays by the courier's papers, where that differs."""
    note: str | None
    """Null as well once the recipient was forgotten."""
    found_at: Instant


class StoredShown(Answer):
    """A parcel that is stored, and where."""

    parcel_code: str
    shelf: str | None
    """Null until it was put on one."""


class ReturnShown(Answer):
    """An order that came back."""

    order_id: str
    status: ReturnStatus
    tracking_number: str
    city: str
    tour_id: str
    courier_id: str
    reason: Why
    attempts: int
    cash_on_delivery: MoneyShown | None
    parcel_codes: tuple[str, ...]
    """The parcels that had left."""
    stayed: tuple[str, ...]
    """Those that had not."""
    stored: tuple[StoredShown, ...]
    discrepancy: DiscrepancyShown | None
    returned_at: Instant
    sent_back_from: Instant | None
    """When it goes back to its sender, unless it leaves before."""


class ReturnHistory(
    History,
    of=returned_v1.contract,
    shows={
        OrderReturned: (
            *("order_id", "organisation_id", "tour_id", "courier_id", "tracking_number", "city"),
            *("parcel_codes", "stayed", "cash_on_delivery", "reason", "attempts", "returned_at"),
        ),
        ReturnApproved: (
            *("order_id", "organisation_id", "tracking_number", "parcel_codes"),
            *("approved_by", "approved_at", "sent_back_from"),
        ),
        DiscrepancyFound: (
            *("order_id", "organisation_id", "tracking_number", "claim_id", "courier_id"),
            *("cash_differs", "cash_stated", "found_by", "found_at"),
        ),
        ParcelShelved: (
            *("order_id", "organisation_id", "parcel_code", "shelf", "shelved_by", "shelved_at"),
        ),
        CheckUndone: ("order_id", "organisation_id", "undone_by", "undone_at"),
        ReturnLeft: (
            *("order_id", "organisation_id", "tour_id", "courier_id", "confirmed_by", "left_at"),
        ),
        ReturnWarned: (
            *("order_id", "organisation_id", "tracking_number", "approved_by", "days"),
            "warned_at",
        ),
        SentBack: (
            *("order_id", "organisation_id", "tracking_number", "approved_by", "sent_back_at"),
        ),
    },
):
    """Every fact about the returns of an order, oldest first."""


# --- Routes -----------------------------------------------------------------


@router.get("/returns/{order_id}")
async def show_return(order_id: Id, context: DepotContext) -> Answered[ReturnShown]:
    """Show an order that came back, never stale."""
    found = await context.load(RETURNED, order_id)
    return context.show(shown(ours(context, found.state)), found)


@router.get("/returns/{order_id}/history")
async def return_history(
    order_id: Id, context: DepotContext, part: HistoryPart
) -> Answered[ReturnHistory]:
    """List every fact about the returns of an order."""
    ours(context, (await context.load(RETURNED, order_id)).state)
    return await context.history(RETURNED, order_id, ReturnHistory, part)


@router.put("/returns/{order_id}/check")
async def check_return(order_id: Id, body: CheckBody, context: DepotContext) -> Answered[Recorded]:
    """Say what came back: what is there is approved, and what differs opens a claim."""
    state = ours(context, (await context.load(RETURNED, order_id)).state)
    count = Count(
        parcels=tuple(ParcelFound(one.parcel, one.finding) for one in body.parcels),
        cash=body.cash_on_delivery.money() if body.cash_on_delivery else None,
    )
    command = returned.CheckReturn(
        organisation_id=context.principal.organisation_id,
        claim_id=context.new_id("C"),
        count=count,
        note=body.note,
        by=context.principal.subject,
        at=context.occurred_at,
    )
    approves = count.received and count.cash == state.returned.cash_on_delivery
    free = claims.freeing_orders(state.returned.tour_id, [order_id] if approves else [])
    return await context.handle(RETURNED, order_id, command, in_transaction=free)


@router.delete("/returns/{order_id}/check")
async def undo_check(order_id: Id, context: DepotContext) -> Answered[Recorded]:
    """Take a check back within fifteen minutes, or later as a manager; it stays in the history."""
    state = ours(context, (await context.load(RETURNED, order_id)).state)
    command = returned.UndoCheck(
        organisation_id=context.principal.organisation_id,
        worker=worker_of(context),
        # Of when it is undone, no clock of a phone tells.
        at=context.at,
    )
    claim = claiming_again(context, state.returned)
    return await context.handle(RETURNED, order_id, command, in_transaction=claim)


@router.put("/returns/{order_id}/shelf")
async def shelve_parcel(order_id: Id, body: ShelfBody, context: DepotContext) -> Answered[Recorded]:
    """Put a parcel that is stored on a shelf, or on another one."""
    command = returned.ShelveParcel(
        organisation_id=context.principal.organisation_id,
        parcel_code=body.parcel,
        shelf=body.shelf,
        by=context.principal.subject,
        at=context.occurred_at,
    )
    return await context.handle(RETURNED, order_id, command)


def claiming_again(context: RequestContext, order: OrderReturned) -> InTransaction:
    """The order is its tour's again until it is checked; refused when another tour has it."""
    return claims.claiming_orders(
        order.tour_id,
        [order.order_id],
        lambda _, other: context.refuse(OrderIsOnAnotherTour(order.tracking_number, other)),
    )


# --- Answers, made ----------------------------------------------------------


def ours(context: RequestContext, state: returned.Returned) -> returned.Back:
    """The order that came back, if it is one of the caller's organisation. Raises 404 otherwise."""
    if (
        isinstance(state, returned.Unknown)
        or state.returned.organisation_id != context.principal.organisation_id
    ):
        raise context.refuse(returned.NoSuchReturn())
    return state


def shown(state: returned.Back) -> ReturnShown:
    """The order to the depot."""
    match state:
        case returned.InDepot():
            return in_form(state, ReturnStatus.IN_DEPOT)
        case returned.Disputed(discrepancy=discrepancy):
            return in_form(state, ReturnStatus.DISPUTED, discrepancy=discrepancy)
        case returned.Approved(discrepancy=discrepancy):
            return in_form(state, ReturnStatus.APPROVED, state, discrepancy)
        case returned.OutOfDepot():
            return in_form(state, ReturnStatus.OUT_OF_DEPOT)
        case returned.BackToSender():
            return in_form(state, ReturnStatus.BACK_TO_SENDER)
        case unhandled:
            assert_never(unhandled)


def in_form(
    state: returned.Back,
    status: ReturnStatus,
    kept: returned.Approved | None = None,
    discrepancy: DiscrepancyFound | None = None,
) -> ReturnShown:
    """The answer, with what is known of its check."""
    order = state.returned
    return ReturnShown(
        order_id=order.order_id,
        status=status,
        tracking_number=order.tracking_number,
        city=order.city,
        tour_id=order.tour_id,
        courier_id=order.courier_id,
        reason=order.reason,
        attempts=order.attempts,
        cash_on_delivery=MoneyShown.of(order.cash_on_delivery) if order.cash_on_delivery else None,
        parcel_codes=order.parcel_codes,
        stayed=order.stayed,
        stored=parcels_stored(kept) if kept else (),
        discrepancy=DiscrepancyShown.of(discrepancy) if discrepancy else None,
        returned_at=order.returned_at,
        sent_back_from=kept.approved.sent_back_from if kept else None,
    )


def parcels_stored(kept: returned.Approved) -> tuple[StoredShown, ...]:
    """The parcels that are there, each with its shelf."""
    codes = kept.approved.parcel_codes
    return tuple(StoredShown(parcel_code=one, shelf=kept.shelves.get(one)) for one in codes)
