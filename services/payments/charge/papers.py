"""The invoice of a payment and the credit note of each refund have a number."""

from dataclasses import dataclass
from datetime import datetime

from contracts.payments.charge_v1 import ChargeEvent, DocumentNumbered
from services.payments.charge.paying import NoSuchCharge
from services.payments.charge.refunding import ChargeIsNotPaid
from services.payments.charge.situations import Charge, Paid, Unoffered


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteNumber:
    """`refund_id` is None for the invoice; the version is that of the company it names."""

    charge_id: str
    refund_id: str | None
    number: str
    account_version: int
    at: datetime


@dataclass(frozen=True, slots=True)
class NoSuchRefund:
    pass


@dataclass(frozen=True, slots=True)
class NumberIsAnother:
    """The document has a number, and keeps it."""

    number: str


Rejection = NoSuchCharge | ChargeIsNotPaid | NoSuchRefund | NumberIsAnother


def note_number(command: NoteNumber, charge: Charge) -> list[ChargeEvent] | Rejection:
    match charge:
        case Unoffered():
            return NoSuchCharge()
        case Paid():
            pass
        case _:
            return ChargeIsNotPaid()
    if command.refund_id is not None and command.refund_id not in charge.refunds:
        return NoSuchRefund()
    if (known := charge.numbers.get(command.refund_id)) is not None:
        return [] if known.number == command.number else NumberIsAnother(known.number)
    offered = charge.bill.offered
    return [
        DocumentNumbered(
            charge_id=command.charge_id,
            organisation_id=offered.organisation_id,
            dealership_id=offered.dealership_id,
            case_id=offered.case_id,
            refund_id=command.refund_id,
            number=command.number,
            account_version=command.account_version,
            numbered_at=command.at,
        )
    ]
