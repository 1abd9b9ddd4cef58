"""The situations of an invoice, and how its events lead from one to the next."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import assert_never

from contracts.common_v1 import Money
from contracts.invoices.invoice_v1 import (
    AcceptedExtra,
    ArchiveEmptied,
    ContestSettled,
    CorrectionNumbered,
    DocumentArchived,
    ExpenseAdded,
    ExpenseKind,
    ExpenseRemoved,
    ExpensesReopened,
    ExpensesValidated,
    ExtraNoted,
    InvoiceApproved,
    InvoiceEvent,
    InvoiceNumbered,
    InvoiceOpened,
    InvoicePaid,
    InvoicePrepared,
    Line,
    LineContested,
    OwnInvoiceAccepted,
    OwnInvoiceRefused,
    OwnInvoiceSent,
    PriceAgreed,
    ProofArchived,
    TripNoted,
    VehicleNoted,
)
from services.invoices import terms

SERVICE = "service"
"""The line of the service price."""


@dataclass(frozen=True, slots=True)
class Unknown:
    pass


@dataclass(frozen=True, slots=True)
class Noted:
    """A trip is offered; whether it leads to an invoice is open."""

    trip: TripNoted
    version: int = 1
    plate: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """The mission is assigned and not delivered, so nobody sees an invoice yet."""

    version: int
    trip: TripNoted
    mission: InvoicePrepared
    lines: tuple[Line, ...]
    extras: tuple[AcceptedExtra, ...] = ()
    plate: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """The bill of a delivered mission, line by line, each with the version it is from.

    `removed` and `settlements` make repetitions recognisable.
    """

    version: int
    mission: InvoicePrepared
    description: str
    delivered_at: datetime
    lines: tuple[Line, ...]
    extras: tuple[AcceptedExtra, ...]
    agreed: Money | None = None
    """The price of the service where the award left it open."""
    expenses: tuple[ExpenseAdded, ...] = ()
    removed: frozenset[str] = frozenset()
    contests: tuple[LineContested, ...] = ()
    settlements: tuple[ContestSettled, ...] = ()
    validated_at: datetime | None = None
    """The time when the driver validated the expenses as they stand; None while they are open."""
    plate: str | None = None
    """The number plate of the vehicle; `XXXX` once it is forgotten."""

    @property
    def invoice_id(self) -> str:
        """The id of the invoice."""
        return self.mission.invoice_id

    @property
    def organisation_id(self) -> str:
        """The organisation that pays."""
        return self.mission.organisation_id

    @property
    def driver_id(self) -> str:
        """The driver who is paid."""
        return self.mission.driver_id

    @property
    def price(self) -> Money | None:
        """The price of the service, frozen at award or agreed on since."""
        line = self.line(SERVICE)
        return line.amount if line else None

    @property
    def currency(self) -> str:
        """The currency of every amount."""
        amounts = [self.mission.service_price, *(quoted.amount for quoted in self.mission.quoted)]
        amounts += [self.price, *(extra.amount for extra in self.extras)]
        return next((amount.currency for amount in amounts if amount), terms.EUR)

    @property
    def net(self) -> Money:
        """The sum of the lines as they stand."""
        return terms.total((line.amount for line in self.lines), self.currency)

    def line(self, line_id: str) -> Line | None:
        """The line of that id."""
        return next((line for line in self.lines if line.line_id == line_id), None)

    def contest(self, line_id: str) -> LineContested | None:
        """The contest of that line, until it is settled."""
        return next((one for one in self.contests if one.line_id == line_id), None)

    def allowed(self, kind: ExpenseKind) -> int:
        """The sum quoted and accepted for a kind of expense, in minor units."""
        quoted = [one.amount.amount_minor for one in self.mission.quoted if one.kind is kind]
        extras = [one.amount.amount_minor for one in self.extras if one.kind is kind]
        return sum(quoted) + sum(extras)

    def declared(self, kind: ExpenseKind, but: str = "") -> int:
        """The sum of the lines of a kind, in minor units, except the line `but`."""
        others = (line for line in self.lines if line.kind is kind and line.line_id != but)
        return sum(line.amount.amount_minor for line in others)


@dataclass(frozen=True, slots=True)
class Open:
    """The driver completes the expenses."""

    bill: Bill


@dataclass(frozen=True, slots=True)
class Validated:
    """The expenses are locked, and billing decides."""

    bill: Bill


Numbers = Mapping[int | None, str]
"""The number of the invoice under None, those of corrections by the version they settle."""


Archived = DocumentArchived | ProofArchived
Archive = Mapping[int | None, Archived]
"""What was put into the archive; keys are those of `Numbers`."""


OwnInvoice = OwnInvoiceSent | OwnInvoiceAccepted | OwnInvoiceRefused
Own = Mapping[int | None, OwnInvoice]
"""The last event of each own invoice of the driver; keys are those of `Numbers`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """With a payment it is paid; a paid one can still be contested, and corrected."""

    bill: Bill
    approval: InvoiceApproved
    payment: InvoicePaid | None = None
    numbers: Numbers = field(default_factory=dict)
    archive: Archive = field(default_factory=dict)
    emptied: frozenset[int | None] = frozenset()
    """The keys of the archive whose content is gone, as its day is over."""
    own: Own = field(default_factory=dict)

    def numbered(self, settlement: int | None, number: str) -> "Approved":
        """With the number of the invoice, or of the correction of that settlement."""
        return replace(self, numbers={**self.numbers, settlement: number})


Delivered = Open | Validated | Approved
State = Unknown | Noted | Prepared | Delivered
initial: State = Unknown()


def evolve(state: State, event: InvoiceEvent) -> State:
    """Take history as recorded: a rule added today must not break yesterday's events."""
    match state:
        case Unknown():
            return Noted(event) if isinstance(event, TripNoted) else state
        case Noted():
            return _before_award(replace(state, version=state.version + 1), event)
        case Prepared():
            return _before_delivery(replace(state, version=state.version + 1), event)
        case Open() | Validated() | Approved():
            bill = replace(state.bill, version=state.bill.version + 1)
            return _after_delivery(replace(state, bill=_billed(bill, event)), event)
        case unhandled:
            assert_never(unhandled)


def _before_award(state: Noted, event: InvoiceEvent) -> State:
    if isinstance(event, VehicleNoted):
        return replace(state, plate=event.plate)
    return _prepared(state, event) if isinstance(event, InvoicePrepared) else state


def _prepared(state: Noted | Prepared, mission: InvoicePrepared) -> Prepared:
    price, version = mission.service_price, state.version
    return Prepared(
        version=version,
        trip=state.trip,
        mission=mission,
        lines=(Line(SERVICE, None, price, version),) if price else (),
        plate=state.plate,
    )


def _before_delivery(state: Prepared, event: InvoiceEvent) -> State:
    if isinstance(event, InvoicePrepared):
        return _prepared(state, event)
    if isinstance(event, VehicleNoted):
        return replace(state, plate=event.plate)
    if isinstance(event, ExtraNoted):
        return replace(state, extras=(*state.extras, event.extra))
    if isinstance(event, InvoiceOpened):
        return Open(
            Bill(
                version=state.version,
                mission=state.mission,
                description=state.trip.description,
                delivered_at=event.delivered_at,
                lines=state.lines,
                extras=state.extras,
                plate=state.plate,
            )
        )
    return state


def _after_delivery(state: Delivered, event: InvoiceEvent) -> State:
    match event:
        case ExpensesValidated():
            return Validated(state.bill)
        case ExpensesReopened():
            return Open(state.bill)
        case InvoiceApproved():
            return Approved(bill=state.bill, approval=event)
        case InvoiceNumbered() | CorrectionNumbered() | InvoicePaid():
            return _after_approval(state, event) if isinstance(state, Approved) else state
        case OwnInvoiceSent() | OwnInvoiceAccepted() | OwnInvoiceRefused():
            return _after_approval(state, event) if isinstance(state, Approved) else state
        case DocumentArchived() | ProofArchived() | ArchiveEmptied():
            return _after_approval(state, event) if isinstance(state, Approved) else state
        case TripNoted() | InvoicePrepared() | InvoiceOpened() | ExtraNoted() | PriceAgreed():
            return state
        case VehicleNoted():
            return state
        case ExpenseAdded() | ExpenseRemoved() | LineContested() | ContestSettled():
            return state
        case unhandled:
            assert_never(unhandled)


AfterApproval = (
    InvoiceNumbered | CorrectionNumbered | Archived | ArchiveEmptied | OwnInvoice | InvoicePaid
)


def _after_approval(state: Approved, event: AfterApproval) -> Approved:
    match event:
        case InvoiceNumbered():
            return state.numbered(None, event.number)
        case CorrectionNumbered(settlement_version=version):
            return state.numbered(version, event.number)
        case DocumentArchived(settlement_version=key) | ProofArchived(settlement_version=key):
            return replace(state, archive={**state.archive, key: event})
        case ArchiveEmptied(settlement_version=key):
            return replace(state, emptied=state.emptied | {key})
        case OwnInvoiceSent() | OwnInvoiceAccepted() | OwnInvoiceRefused():
            return replace(state, own={**state.own, event.settlement_version: event})
        case InvoicePaid():
            return replace(state, payment=event)
        case unhandled:
            assert_never(unhandled)


def _billed(bill: Bill, event: InvoiceEvent) -> Bill:
    match event:
        case ExtraNoted(extra=extra):
            return replace(bill, extras=(*bill.extras, extra))
        case PriceAgreed(service_price=price):
            service = Line(SERVICE, None, price, bill.version)
            return replace(bill, lines=(service, *_without(bill, SERVICE)), agreed=price)
        case ExpenseAdded():
            line = Line(event.expense_id, event.kind, event.amount, bill.version)
            return replace(bill, lines=(*bill.lines, line), expenses=(*bill.expenses, event))
        case ExpenseRemoved(expense_id=removed):
            left = tuple(one for one in bill.expenses if one.expense_id != removed)
            lines = _without(bill, removed)
            return replace(bill, lines=lines, expenses=left, removed=bill.removed | {removed})
        case VehicleNoted(plate=plate):
            return replace(bill, plate=plate)
        case LineContested():
            return replace(bill, contests=(*bill.contests, event))
        case ContestSettled():
            return _settled(bill, event)
        case ExpensesValidated():
            return replace(bill, validated_at=event.validated_at)
        case ExpensesReopened():
            return replace(bill, validated_at=None)
        case TripNoted() | InvoicePrepared() | InvoiceOpened():
            return bill
        case InvoiceApproved() | InvoiceNumbered():
            return bill
        case CorrectionNumbered() | InvoicePaid():
            return bill
        case DocumentArchived() | ProofArchived() | ArchiveEmptied():
            return bill
        case OwnInvoiceSent() | OwnInvoiceAccepted() | OwnInvoiceRefused():
            return bill
        case unhandled:
            assert_never(unhandled)


def _without(bill: Bill, line_id: str) -> tuple[Line, ...]:
    return tuple(line for line in bill.lines if line.line_id != line_id)


def _settled(bill: Bill, event: ContestSettled) -> Bill:
    lines = tuple(
        replace(line, amount=event.amount, version=bill.version)
        if line.line_id == event.line_id and line.amount != event.amount
        else line
        for line in bill.lines
    )
    contests = tuple(one for one in bill.contests if one.line_id != event.line_id)
    return replace(bill, lines=lines, contests=contests, settlements=(*bill.settlements, event))
