"""Orders over HTTP: registered by the depot, given to somebody, scanned and validated."""

from collections.abc import Collection
from enum import StrEnum
from typing import Annotated, assert_never

from pydantic import Field

from contracts.accounts.user_v1 import Role
from contracts.depot_tours import order_v1
from contracts.depot_tours.order_v1 import (
    MissingParcel,
    MissingReason,
    OrderPrepared,
    OrderRegistered,
    ParcelScanned,
    PreparationAssigned,
    PreparationUndone,
)
from infra.http import readable_ids
from infra.http.answers import Answer, Answered, MoneyShown, Recorded, Router
from infra.http.history import History, HistoryPart
from infra.http.labels import Scanned
from infra.http.models import Body, Id, Instant, Line, MoneyBody, Named, Phone
from infra.http.request_context import RequestContext
from infra.lookups import users
from infra.store import InTransaction
from services.depot_tours import order, returned, terms
from services.depot_tours.adapters import claims
from services.depot_tours.aggregates import ORDER, RETURNED
from services.depot_tours.http.access import DepotContext, ManagerContext, worker_of
from services.depot_tours.http.fields import Sscc, TrackingNumber
from services.depot_tours.order.preparation import (
    AssignPreparation,
    Prepare,
    Prepared,
    ScanParcel,
    ToPrepare,
    Unassigned,
    UndoPreparation,
)

router = Router("Orders")

MOST_PARCELS = 99
Reason = Annotated[MissingReason, Named()]
OF_DEPOT = (Role.OPERATOR, Role.DEPOT_AGENT, Role.ADMINISTRATION)
"""Those whom the routes of preparation admit."""

# --- Bodies -----------------------------------------------------------------


class ParcelBody(Body):
    """A parcel of the order."""

    sscc: Sscc | None = None
    """What its label says, without the `00` before it; absent when the label names the order."""


class RecipientBody(Body):
    name: Line
    phone: Phone
    address: Line
    """The street, and all that a courier has to know to find the door."""


class OrderBody(Body):
    """An order to register."""

    tracking_number: TrackingNumber
    """Unique in the organisation: the same order again is a repetition."""
    city: Line
    recipient: RecipientBody
    parcels: Annotated[
        tuple[ParcelBody, ...], Field(min_length=1, max_length=MOST_PARCELS, strict=False)
    ]
    cash_on_delivery: MoneyBody | None = None
    """What the recipient pays the courier, in dirhams."""


class AssignmentBody(Body):
    operator_id: Id
    """Somebody of the depot whose account is active, and no courier."""


class ScanBody(Body):
    scanned: Scanned


class MissingBody(Body):
    """A parcel that cannot be scanned, and why."""

    parcel: Scanned
    reason: Reason


class PreparationBody(Body):
    """The end of a preparation."""

    missing: Annotated[tuple[MissingBody, ...], Field(max_length=MOST_PARCELS, strict=False)] = ()
    """The parcels that were not scanned, each with its reason."""


# --- Answers ----------------------------------------------------------------


class OrderStatus(StrEnum):
    REGISTERED = "registered"
    TO_PREPARE = "to_prepare"
    PREPARED = "prepared"


class RecipientShown(Answer):
    name: str
    phone: str
    address: str


class MissingShown(Answer):
    parcel_code: str
    reason: Reason


class Order(Answer):
    """An order, as the depot works on it."""

    order_id: str
    tracking_number: str
    status: OrderStatus
    city: str
    recipient: RecipientShown | None
    """Null once the recipient was forgotten."""
    parcel_codes: tuple[str, ...]
    scanned: tuple[str, ...]
    missing: tuple[MissingShown, ...]
    cash_on_delivery: MoneyShown | None
    operator_id: str | None
    """Who was asked to prepare it."""
    registered_at: Instant
    prepared_at: Instant | None


class OrderHistory(
    History,
    of=order_v1.contract,
    shows={
        OrderRegistered: (
            *("order_id", "organisation_id", "tracking_number", "city", "parcel_codes"),
            *("cash_on_delivery", "registered_by", "registered_at"),
        ),
        PreparationAssigned: (
            *("order_id", "organisation_id", "tracking_number", "operator_id"),
            *("assigned_by", "assigned_at"),
        ),
        ParcelScanned: ("order_id", "scan_id", "parcel_code", "scanned_by", "scanned_at"),
        OrderPrepared: ("order_id", "organisation_id", "prepared_by", "prepared_at"),
        PreparationUndone: ("order_id", "organisation_id", "undone_by", "undone_at"),
    },
):
    """Every fact about an order, oldest first."""


# --- Routes -----------------------------------------------------------------


@router.post("/orders", status_code=201)
async def register_order(body: OrderBody, context: DepotContext) -> Answered[Recorded]:
    """Register an order with its parcels."""
    order_id, command, claim = registering(context, body)
    return await context.handle(
        ORDER,
        order_id,
        command,
        created=f"/depot_tours/orders/{order_id}",
        in_transaction=claim,
    )


def registering(
    context: RequestContext, body: OrderBody
) -> tuple[str, order.RegisterOrder, InTransaction]:
    """The id of an order, the command that registers it, and what claims its parcels' codes.

    Raises the 422 `Problem` of its fields.
    """
    organisation_id = context.principal.organisation_id
    order_id = context.new_id(readable_ids.ORDER, body.tracking_number)
    codes = order.parcel_codes(body.tracking_number, tuple(one.sscc for one in body.parcels))
    command = order.RegisterOrder(
        order_id=order_id,
        organisation_id=organisation_id,
        tracking_number=body.tracking_number,
        city=body.city,
        recipient_name=body.recipient.name,
        phone=context.phone("recipient/phone", body.recipient.phone),
        address=body.recipient.address,
        parcel_codes=codes,
        cash_on_delivery=body.cash_on_delivery.money() if body.cash_on_delivery else None,
        by=context.principal.subject,
        at=context.occurred_at,
    )
    claim = claims.claiming_parcels(
        organisation_id, order_id, codes, lambda code: context.refuse(order.ParcelCodeTaken(code))
    )
    return order_id, command, claim


@router.get("/orders/{order_id}")
async def show_order(order_id: Id, context: DepotContext) -> Answered[Order]:
    """Show an order, never stale."""
    found = await context.load(ORDER, order_id)
    return context.show(shown(ours(context, found.state)), found)


@router.get("/orders/{order_id}/history")
async def order_history(
    order_id: Id, context: DepotContext, part: HistoryPart
) -> Answered[OrderHistory]:
    """List every fact about an order."""
    ours(context, (await context.load(ORDER, order_id)).state)
    return await context.history(ORDER, order_id, OrderHistory, part)


@router.put("/orders/{order_id}/preparation")
async def assign_preparation(
    order_id: Id, body: AssignmentBody, context: ManagerContext
) -> Answered[Recorded]:
    """Ask somebody of the depot to prepare the order; the last one asked is to do it."""
    await users.require_active(context, "operator_id", body.operator_id, *OF_DEPOT)
    command = AssignPreparation(
        organisation_id=context.principal.organisation_id,
        operator_id=body.operator_id,
        by=context.principal.subject,
        at=context.occurred_at,
    )
    return await context.handle(ORDER, order_id, command)


@router.post("/orders/{order_id}/preparation/scans")
async def scan_parcel(order_id: Id, body: ScanBody, context: DepotContext) -> Answered[Recorded]:
    """Scan a parcel of the order that is prepared."""
    command = ScanParcel(
        organisation_id=context.principal.organisation_id,
        scan_id=context.new_id("S"),
        parcel_code=body.scanned,
        other_order=await other_order(context, order_id, body.scanned),
        worker=worker_of(context),
        at=context.occurred_at,
    )
    return await context.handle(ORDER, order_id, command)


@router.put("/orders/{order_id}/preparation/completion")
async def complete_preparation(
    order_id: Id, body: PreparationBody, context: DepotContext
) -> Answered[Recorded]:
    """Validate the order: each parcel was scanned, or is missing for a reason."""
    command = Prepare(
        organisation_id=context.principal.organisation_id,
        missing=tuple(MissingParcel(one.parcel, one.reason) for one in body.missing),
        worker=worker_of(context),
        at=context.occurred_at,
    )
    return await context.handle(ORDER, order_id, command)


@router.delete("/orders/{order_id}/preparation/completion")
async def undo_preparation(order_id: Id, context: DepotContext) -> Answered[Recorded]:
    """Take the validation of an order back within fifteen minutes, or later as a manager, while no
    tour or pickup has it; it stays in the history, and the parcels are scanned anew."""
    back = (await context.load(RETURNED, order_id)).state
    command = UndoPreparation(
        organisation_id=context.principal.organisation_id,
        worker=worker_of(context),
        was_out=not isinstance(back, returned.Unknown),
        # Of when it is undone, no clock of a phone tells.
        at=context.at,
    )
    state = (await context.load(ORDER, order_id)).state
    number = state.registration.tracking_number if isinstance(state, order.Registered) else ""

    def taken(tour_id: str) -> Exception:
        return context.refuse(terms.OrderIsOnAnotherTour(number, tour_id))

    free = claims.undoing_preparation(order_id, taken)
    return await context.handle(ORDER, order_id, command, in_transaction=free)


# --- Answers, made ----------------------------------------------------------


def ours(context: RequestContext, state: order.Order) -> order.Registered:
    """The order, if it is one of the caller's organisation. Raises 404 otherwise."""
    match state:
        case order.Registered(registration=known) if (
            known.organisation_id == context.principal.organisation_id
        ):
            return state
        case order.Unregistered() | order.Registered():
            raise context.refuse(order.NoSuchOrder())
        case unhandled:
            assert_never(unhandled)


async def other_order(context: RequestContext, order_id: str, parcel_code: str) -> str | None:
    """The tracking number of the order that a parcel belongs to, if it is another one."""
    owner = await claims.order_of(context.pool, context.principal.organisation_id, parcel_code)
    if owner in (None, order_id):
        return None
    return ours(context, (await context.load(ORDER, owner)).state).registration.tracking_number


def shown(state: order.Registered) -> Order:
    """The order to the depot."""
    match state.task:
        case Unassigned():
            return in_form(state, OrderStatus.REGISTERED)
        case ToPrepare(operator_id=operator_id, scans=scans):
            return in_form(state, OrderStatus.TO_PREPARE, operator_id, scans)
        case Prepared(operator_id=operator_id, scans=scans, prepared=prepared):
            return in_form(state, OrderStatus.PREPARED, operator_id, scans, prepared)
        case unhandled:
            assert_never(unhandled)


def in_form(
    state: order.Registered,
    status: OrderStatus,
    operator_id: str | None = None,
    scans: Collection[str] = (),
    prepared: OrderPrepared | None = None,
) -> Order:
    """The answer, with what is known of the preparation."""
    known = state.registration
    return Order(
        order_id=known.order_id,
        tracking_number=known.tracking_number,
        status=status,
        city=known.city,
        recipient=recipient_shown(state),
        parcel_codes=known.parcel_codes,
        scanned=tuple(code for code in known.parcel_codes if code in scans),
        missing=tuple(MissingShown.of(one) for one in prepared.missing) if prepared else (),
        cash_on_delivery=MoneyShown.of(known.cash_on_delivery) if known.cash_on_delivery else None,
        operator_id=operator_id,
        registered_at=known.registered_at,
        prepared_at=prepared.prepared_at if prepared else None,
    )


def recipient_shown(state: order.Registered) -> RecipientShown | None:
    """To whom the order goes; None once the recipient was forgotten."""
    if state.recipient_forgotten:
        return None
    known = state.registration
    return RecipientShown(name=known.recipient_name, phone=known.phone, address=known.address)
