"""The payment of an answered case: offered, asked for, paid once, refunded in parts, or owed by a
company."""

from datetime import datetime
from typing import assert_never

from contracts.payments.charge_v1 import ChargeEvent
from services.payments.charge import dunning, elsewhere, papers, paying, refunding
from services.payments.charge.dunning import timers
from services.payments.charge.situations import Charge, Unoffered, evolve, initial

__all__ = ["Charge", "Command", "Rejection", "decide", "evolve", "initial", "on_timer", "timers"]

OfStaff = elsewhere.SettleElsewhere | refunding.Refund | dunning.OfStaff
Asked = paying.OfCustomer | OfStaff
"""Somebody asks for it, who has to be of the organisation."""
Following = paying.OfProvider | paying.RevokeForm | refunding.OfProvider | dunning.TakeStep
Command = Asked | Following | papers.NoteNumber | papers.WithholdDocument
Rejection = (
    paying.Rejection
    | elsewhere.Rejection
    | dunning.Rejection
    | refunding.Rejection
    | papers.Rejection
)
Decision = list[ChargeEvent] | Rejection


def decide(command: Command, charge: Charge) -> Decision:
    """New facts, an empty list when they are already recorded, or the rule that says no."""
    if isinstance(command, Asked) and is_strange(command, charge):
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
        case paying.RevokeForm():
            return paying.revoke_form(command, charge)
        case elsewhere.SettleElsewhere():
            return elsewhere.settle(command, charge)
        case (
            dunning.DeferPayment()
            | dunning.TakeStep()
            | dunning.DisputeDebt()
            | dunning.SettleDispute()
        ):
            return dunning.decide(command, charge)
        case papers.NoteNumber() | papers.WithholdDocument():
            return papers.decide(command, charge)
        case refunding.Refund() | refunding.NoteRefund() | refunding.FailRefund():
            return refunding.decide(command, charge)
        case refunding.NoteFee():
            return refunding.decide(command, charge)
        case unhandled:
            assert_never(unhandled)


def is_strange(command: Asked, charge: Charge) -> bool:
    """Whether the charge is another organisation's."""
    if isinstance(charge, Unoffered):
        return False
    return charge.bill.offered.organisation_id != command.organisation_id


def on_timer(name: str, charge_id: str, due: datetime) -> Command:
    """The command of a timer that came due. LookupError when no timer has that name."""
    return dunning.on_timer(name, charge_id, due)
