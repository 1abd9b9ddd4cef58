"""The payment of an answered case: offered, asked for, paid once, refunded in parts."""

from typing import assert_never

from contracts.payments.charge_v1 import ChargeEvent
from services.payments.charge import papers, paying, refunding
from services.payments.charge.situations import Charge, Unoffered, evolve, initial

__all__ = ["Charge", "Command", "Rejection", "decide", "evolve", "initial"]

Command = paying.Command | refunding.Command | papers.NoteNumber
Rejection = paying.Rejection | refunding.Rejection | papers.Rejection
Decision = list[ChargeEvent] | Rejection


def decide(command: Command, charge: Charge) -> Decision:
    """New facts, an empty list when they are already recorded, or the rule that says no."""
    if isinstance(command, paying.OfCustomer | refunding.Refund) and is_strange(command, charge):
        return paying.NoSuchCharge()
    match command:
        case paying.PayOnline():
            return paying.pay_online(command, charge)
        case paying.PayAtDealership():
            return paying.pay_at_dealership(command, charge)
        case paying.NoteForm():
            return paying.note_form(command, charge)
        case paying.EndAttempt():
            return paying.end_attempt(command, charge)
        case paying.ConfirmPayment():
            return paying.confirm(command, charge)
        case papers.NoteNumber():
            return papers.note_number(command, charge)
        case refunding.Refund() | refunding.NoteRefund() | refunding.FailRefund():
            return refunding.decide(command, charge)
        case refunding.NoteFee():
            return refunding.decide(command, charge)
        case unhandled:
            assert_never(unhandled)


def is_strange(command: paying.OfCustomer | refunding.Refund, charge: Charge) -> bool:
    """Whether the charge is another organisation's."""
    if isinstance(charge, Unoffered):
        return False
    return charge.bill.offered.organisation_id != command.organisation_id
