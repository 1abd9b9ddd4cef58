"""The preparation of an order: given to somebody, scanned parcel by parcel, validated (SM-08)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import assert_never

from contracts.depot_tours.order_v1 import (
    MissingParcel,
    OrderEvent,
    OrderPrepared,
    OrderRegistered,
    ParcelScanned,
    PreparationAssigned,
    PreparationUndone,
)
from services.depot_tours import terms

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignPreparation:
    """The last one asked is to do it."""

    organisation_id: str
    operator_id: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A person who works on the order; a manager may in the place of who was asked (G-22)."""

    user_id: str
    manages: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanParcel:
    """`scan_id` tells that the same scan came again from one that was made again.

    `other_order` is the tracking number of the order that the parcel belongs to, when it is
    another one.
    """

    organisation_id: str
    scan_id: str
    parcel_code: str
    other_order: str | None
    worker: Worker
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepare:
    """Each parcel was scanned, or is missing for a reason (EXX-08)."""

    organisation_id: str
    missing: tuple[MissingParcel, ...]
    worker: Worker
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoPreparation:
    """`was_out`: whether the order left the depot before. One that a tour or pickup has is refused
    with its claims."""

    organisation_id: str
    worker: Worker
    was_out: bool
    at: datetime


Command = AssignPreparation | ScanParcel | Prepare | UndoPreparation

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OrderIsNotAssigned:
    pass


@dataclass(frozen=True, slots=True)
class OrderIsSomebodyElses:
    operator_id: str


@dataclass(frozen=True, slots=True)
class OrderIsPrepared:
    pass


@dataclass(frozen=True, slots=True)
class OrderIsNotValidated:
    """There is nothing to undo."""


@dataclass(frozen=True, slots=True)
class ParcelOfAnotherOrder:
    parcel_code: str
    tracking_number: str


Rejection = (
    OrderIsNotAssigned
    | OrderIsSomebodyElses
    | OrderIsPrepared
    | ParcelOfAnotherOrder
    | OrderIsNotValidated
    | terms.TooLateToUndo
    | terms.OrderWasOut
    | terms.BadRest
)

# --- State ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Unassigned:
    pass


@dataclass(frozen=True, slots=True)
class ToPrepare:
    operator_id: str
    scans: Mapping[str, str] = field(default_factory=dict)
    """The id of the scan, by the code of the parcel."""
    undone: bool = False
    """Whether a validation was undone."""


@dataclass(frozen=True, slots=True)
class Prepared:
    operator_id: str
    scans: Mapping[str, str]
    prepared: OrderPrepared


Task = Unassigned | ToPrepare | Prepared
Event = PreparationAssigned | ParcelScanned | OrderPrepared | PreparationUndone


def evolve(task: Task, event: Event) -> Task:
    if isinstance(event, PreparationAssigned):
        scans = {} if isinstance(task, Unassigned) else task.scans
        return ToPrepare(event.operator_id, scans)
    if isinstance(event, PreparationUndone):
        return ToPrepare(task.operator_id, undone=True) if isinstance(task, Prepared) else task
    if not isinstance(task, ToPrepare):
        return task
    match event:
        case ParcelScanned():
            return replace(task, scans={**task.scans, event.parcel_code: event.scan_id})
        case OrderPrepared():
            return Prepared(task.operator_id, task.scans, event)
        case unhandled:
            assert_never(unhandled)


# --- Decisions --------------------------------------------------------------

Decision = list[OrderEvent] | Rejection


def decide(command: Command, task: Task, order: OrderRegistered) -> Decision:
    """As in every aggregate."""
    match command:
        case AssignPreparation():
            return assign(command, task, order)
        case ScanParcel():
            return scan(command, task, order)
        case Prepare():
            return prepare(command, task, order)
        case UndoPreparation():
            return undo(command, task, order)
        case unhandled:
            assert_never(unhandled)


def assign(command: AssignPreparation, task: Task, order: OrderRegistered) -> Decision:
    match task:
        case Prepared():
            return OrderIsPrepared()
        case ToPrepare(operator_id=operator_id) if operator_id == command.operator_id:
            return []
        case Unassigned() | ToPrepare():
            return [
                PreparationAssigned(
                    order_id=order.order_id,
                    organisation_id=order.organisation_id,
                    tracking_number=order.tracking_number,
                    operator_id=command.operator_id,
                    assigned_by=command.by,
                    assigned_at=command.at,
                )
            ]
        case unhandled:
            assert_never(unhandled)


def scan(command: ScanParcel, task: Task, order: OrderRegistered) -> Decision:
    code = command.parcel_code
    if isinstance(task, Unassigned):
        return OrderIsNotAssigned()
    if bad := bad_worker(command.worker, task):
        return bad
    if command.other_order is not None:
        return ParcelOfAnotherOrder(code, command.other_order)
    if code not in order.parcel_codes:
        return terms.ParcelUnknown(code)
    if task.scans.get(code) == command.scan_id:
        return []
    match task:
        case Prepared():
            return OrderIsPrepared()
        case ToPrepare(scans=scans) if code in scans:
            return terms.ParcelIsScanned(code)
        case ToPrepare():
            return [
                ParcelScanned(
                    order_id=order.order_id,
                    scan_id=command.scan_id,
                    parcel_code=code,
                    scanned_by=command.worker.user_id,
                    scanned_at=command.at,
                )
            ]
        case unhandled:
            assert_never(unhandled)


def prepare(command: Prepare, task: Task, order: OrderRegistered) -> Decision:
    match task:
        case Unassigned():
            return OrderIsNotAssigned()
        case Prepared(prepared=known):
            bad = bad_worker(command.worker, task)
            return bad or ([] if known.missing == command.missing else OrderIsPrepared())
        case ToPrepare(scans=scans):
            missing = [one.parcel_code for one in command.missing]
            bad = bad_worker(command.worker, task)
            return (
                bad
                or terms.bad_rest(missing, order.parcel_codes, scans)
                or [
                    OrderPrepared(
                        order_id=order.order_id,
                        organisation_id=order.organisation_id,
                        missing=command.missing,
                        prepared_by=command.worker.user_id,
                        prepared_at=command.at,
                    )
                ]
            )
        case unhandled:
            assert_never(unhandled)


def undo(command: UndoPreparation, task: Task, order: OrderRegistered) -> Decision:
    """Both facts stay; the parcels are scanned anew (D5)."""
    match task:
        case Unassigned():
            return OrderIsNotAssigned()
        case ToPrepare(undone=undone):
            return [] if undone else OrderIsNotValidated()
        case Prepared(prepared=known):
            if command.was_out:
                return terms.OrderWasOut(order.tracking_number)
            bad = bad_worker(command.worker, task)
            return (
                bad
                or terms.too_late(known.prepared_at, command.at, command.worker.manages)
                or [
                    PreparationUndone(
                        order_id=order.order_id,
                        organisation_id=order.organisation_id,
                        undone_by=command.worker.user_id,
                        undone_at=command.at,
                    )
                ]
            )
        case unhandled:
            assert_never(unhandled)


def bad_worker(worker: Worker, task: ToPrepare | Prepared) -> OrderIsSomebodyElses | None:
    """Why somebody may not work on the order, if they may not."""
    if worker.manages or worker.user_id == task.operator_id:
        return None
    return OrderIsSomebodyElses(task.operator_id)
