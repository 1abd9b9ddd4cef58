"""The invoice of a mission: prepared at award, opened by the delivery, completed, approved, paid.

Its facts come from the trip's own events, so that nobody else need be asked. Each topic of it is
a module of its own, with its commands and their rules.
"""

from typing import assert_never

from contracts.invoices.invoice_v1 import InvoiceEvent
from services.invoices.invoice import (
    approval,
    archive,
    contests,
    expenses,
    mission,
    numbers,
    own_invoice,
    payment,
)
from services.invoices.invoice.approval import AgreePrice, ApproveInvoice, ReopenExpenses
from services.invoices.invoice.archive import RecordArchived, RecordEmptied, RecordProof
from services.invoices.invoice.contests import ContestLine, SettleContest
from services.invoices.invoice.expenses import AddExpense, RemoveExpense, ValidateExpenses
from services.invoices.invoice.mission import (
    NoteExtra,
    NoteTrip,
    NoteVehicle,
    OpenInvoice,
    PrepareInvoice,
)
from services.invoices.invoice.numbers import TakeNumber
from services.invoices.invoice.own_invoice import (
    AcceptOwnInvoice,
    RefuseOwnInvoice,
    SendOwnInvoice,
)
from services.invoices.invoice.payment import RecordPayment
from services.invoices.invoice.rejections import NoSuchInvoice, OwnInvoice, Rejection
from services.invoices.invoice.situations import (
    Bill,
    Delivered,
    Noted,
    Prepared,
    State,
    Unknown,
    evolve,
    initial,
)

__all__ = ["Asked", "Command", "Following", "Rejection", "State", "decide", "evolve", "initial"]

Following = mission.Command | TakeNumber | archive.Command | RecordPayment
"""Follows from events elsewhere."""
Decided = approval.Command | SettleContest | AcceptOwnInvoice | RefuseOwnInvoice
Asked = expenses.Command | Decided | ContestLine | SendOwnInvoice
"""Somebody asks for it, who has to be let in."""
Command = Following | Asked
Decision = list[InvoiceEvent] | Rejection


def decide(command: Command, state: State) -> Decision:
    """New facts, an empty list when they are already recorded, or the rule that says no."""
    match command:
        case NoteTrip():
            return mission.note_trip(command, state)
        case NoteVehicle():
            return mission.note_vehicle(command, state)
        case PrepareInvoice():
            return mission.prepare(command, state)
        case NoteExtra():
            return mission.note_extra(command, state)
        case OpenInvoice():
            return mission.open_invoice(command, state)
        case TakeNumber():
            return numbers.take(command, state)
        case RecordArchived() | RecordProof() | RecordEmptied():
            return archive.decide(command, state)
        case RecordPayment():
            return payment.record(command, state)
        case _ if isinstance(state, Unknown | Noted | Prepared):
            return NoSuchInvoice()
        case _:
            return _decide_for_people(command, state)


def _decide_for_people(command: Asked, state: Delivered) -> Decision:
    if not _visible(command, state.bill):
        return NoSuchInvoice()
    match command:
        case AddExpense():
            return expenses.add(command, state)
        case RemoveExpense():
            return expenses.remove(command, state)
        case ValidateExpenses():
            return expenses.validate(command, state)
        case ContestLine():
            return contests.contest(command, state)
        case SendOwnInvoice():
            return own_invoice.send(command, state)
        case _ if command.by == state.bill.driver_id:
            return OwnInvoice()
        case AgreePrice():
            return approval.agree_price(command, state)
        case ReopenExpenses():
            return approval.reopen(command, state)
        case ApproveInvoice():
            return approval.approve(command, state)
        case SettleContest():
            return contests.settle(command, state)
        case AcceptOwnInvoice():
            return own_invoice.accept(command, state)
        case RefuseOwnInvoice():
            return own_invoice.refuse(command, state)
        case unhandled:
            assert_never(unhandled)


def _visible(command: Asked, bill: Bill) -> bool:
    """Drivers see only their own invoices (HIF-29)."""
    if command.organisation_id != bill.organisation_id:
        return False
    if isinstance(command, Decided):
        return True
    return command.driver_id in (None, bill.driver_id)
