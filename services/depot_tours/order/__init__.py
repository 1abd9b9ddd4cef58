"""An order of parcels for one recipient, from its registration until it is ready to leave."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, assert_never

from contracts.cash import BadCash, bad_cash
from contracts.common_v1 import Money
from contracts.depot_tours.order_v1 import (
    OrderEvent,
    OrderPrepared,
    OrderRegistered,
    ParcelScanned,
    PreparationAssigned,
    PreparationUndone,
    SubjectForgotten,
)
from services.depot_tours import terms
from services.depot_tours.order import preparation
from services.depot_tours.order.preparation import (
    AssignPreparation,
    Prepare,
    ScanParcel,
    UndoPreparation,
)

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterOrder:
    order_id: str
    organisation_id: str
    tracking_number: str
    city: str
    recipient_name: str
    phone: str
    address: str
    parcel_codes: tuple[str, ...]
    cash_on_delivery: Money | None
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetRecipient:
    """The key of the order is destroyed; its recipient cannot be named again."""

    order_id: str
    organisation_id: str
    at: datetime


Command = RegisterOrder | ForgetRecipient | preparation.Command

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoSuchOrder:
    pass


@dataclass(frozen=True, slots=True)
class TrackingNumberTaken:
    """Another order of the organisation has it, or this one was registered otherwise."""

    tracking_number: str


@dataclass(frozen=True, slots=True)
class ParcelCodeRepeated:
    field: ClassVar[str] = "parcels"
    parcel_code: str


@dataclass(frozen=True, slots=True)
class ParcelCodeTaken:
    """A parcel of another order of the organisation has this code."""

    parcel_code: str


@dataclass(frozen=True, slots=True)
class RecipientIsForgotten:
    pass


Rejection = (
    NoSuchOrder
    | TrackingNumberTaken
    | RecipientIsForgotten
    | ParcelCodeRepeated
    | ParcelCodeTaken
    | BadCash
    | preparation.Rejection
)

# --- State ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Unregistered:
    pass


@dataclass(frozen=True, slots=True)
class Registered:
    registration: OrderRegistered
    task: preparation.Task
    recipient_forgotten: bool = False


Order = Unregistered | Registered

initial: Order = Unregistered()


def evolve(order: Order, event: OrderEvent) -> Order:
    """Take history as recorded: a rule added today must not break yesterday's events."""
    if isinstance(event, OrderRegistered):
        return Registered(event, preparation.Unassigned())
    if isinstance(order, Unregistered):
        return order
    match event:
        case PreparationAssigned() | ParcelScanned() | OrderPrepared() | PreparationUndone():
            return replace(order, task=preparation.evolve(order.task, event))
        case SubjectForgotten():
            return replace(order, recipient_forgotten=True)
        case unhandled:
            assert_never(unhandled)


def parcel_codes(tracking_number: str, ssccs: tuple[str | None, ...]) -> tuple[str, ...]:
    """The codes of the parcels of an order; one without an SSCC is called by the order.

    A tracking number has no slash, so that no other order has such a code.
    """
    if len(ssccs) == 1:
        return (ssccs[0] or tracking_number,)
    return tuple(sscc or f"{tracking_number}/{n}" for n, sscc in enumerate(ssccs, 1))


# --- Decisions --------------------------------------------------------------

Decision = list[OrderEvent] | Rejection


def decide(command: Command, order: Order) -> Decision:
    """New facts, an empty list when they are already recorded, or the rule that says no."""
    match command:
        case RegisterOrder():
            return register(command, order)
        case ForgetRecipient():
            return forget(command, order)
        case AssignPreparation() | ScanParcel() | Prepare() | UndoPreparation():
            return prepare(command, order)
        case unhandled:
            assert_never(unhandled)


def register(command: RegisterOrder, order: Order) -> Decision:
    due = command.cash_on_delivery
    if due is not None and (bad := bad_cash("cash_on_delivery", due, 1, terms.MOST_CASH_MINOR)):
        return bad
    for code in command.parcel_codes:
        if command.parcel_codes.count(code) > 1:
            return ParcelCodeRepeated(code)
    registered = OrderRegistered(
        order_id=command.order_id,
        organisation_id=command.organisation_id,
        tracking_number=command.tracking_number,
        city=command.city,
        recipient_name=command.recipient_name,
        phone=command.phone,
        address=command.address,
        parcel_codes=command.parcel_codes,
        cash_on_delivery=command.cash_on_delivery,
        registered_by=command.by,
        registered_at=command.at,
    )
    match order:
        case Unregistered():
            return [registered]
        case Registered(recipient_forgotten=True):
            return RecipientIsForgotten()
        case Registered(registration=known):
            same = replace(known, registered_by=command.by, registered_at=command.at)
            return [] if same == registered else TrackingNumberTaken(command.tracking_number)
        case unhandled:
            assert_never(unhandled)


def forget(command: ForgetRecipient, order: Order) -> Decision:
    match order:
        case Unregistered():
            return NoSuchOrder()
        case Registered(registration=known) if known.organisation_id != command.organisation_id:
            return NoSuchOrder()
        case Registered(recipient_forgotten=True):
            return []
        case Registered():
            return [SubjectForgotten(order_id=command.order_id, forgotten_at=command.at)]
        case unhandled:
            assert_never(unhandled)


def prepare(command: preparation.Command, order: Order) -> Decision:
    match order:
        case Registered(registration=known, task=task) if (
            known.organisation_id == command.organisation_id
        ):
            return preparation.decide(command, task, known)
        case Unregistered() | Registered():
            return NoSuchOrder()
        case unhandled:
            assert_never(unhandled)
