"""The invoice of a payment, the credit note of each refund, and what cancels the credit note of one
that bounced, have a number.

A numbered document never goes away: another one says that it holds no more (ADR 86).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from contracts.payments.charge_v1 import ChargeEvent, DocumentNumbered, DocumentWithheld
from services.payments.charge.paying import NoSuchCharge
from services.payments.charge.refunding import ChargeIsNotPaid
from services.payments.charge.situations import Charge, Paid, Unoffered
from services.payments.terms import Buyer


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteNumber:
    """`refund_id` is None for the invoice, `cancels` says that it is of the document that cancels
    the credit note; the version is that of the company that sells. `buyer` is None of a person."""

    charge_id: str
    refund_id: str | None
    cancels: bool
    number: str
    account_version: int
    buyer: Buyer | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WithholdDocument:
    """The document would break these rules, each with the words of its authors. The rest is as in
    `NoteNumber`; `responsible_id` is told."""

    charge_id: str
    refund_id: str | None
    cancels: bool
    broken: tuple[tuple[str, str], ...]
    responsible_id: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class NoSuchRefund:
    pass


@dataclass(frozen=True, slots=True)
class RefundHolds:
    """It did not bounce, so nothing cancels its credit note."""


@dataclass(frozen=True, slots=True)
class NumberIsAnother:
    """The document has a number, and keeps it."""

    number: str


Rejection = NoSuchCharge | ChargeIsNotPaid | NoSuchRefund | RefundHolds | NumberIsAnother


def decide(command: NoteNumber | WithholdDocument, charge: Charge) -> list[ChargeEvent] | Rejection:
    match charge:
        case Unoffered():
            return NoSuchCharge()
        case Paid():
            pass
        case _:
            return ChargeIsNotPaid()
    if command.refund_id is not None and command.refund_id not in charge.refunds:
        return NoSuchRefund()
    if command.cancels and command.refund_id not in charge.bounced:
        return RefundHolds()
    match command:
        case NoteNumber():
            return note_number(command, charge)
        case WithholdDocument():
            return withhold(command, charge)
        case unhandled:
            assert_never(unhandled)


def note_number(command: NoteNumber, charge: Paid) -> list[ChargeEvent] | NumberIsAnother:
    known = number_of(charge, command.refund_id, command.cancels)
    if known is not None:
        return [] if known.number == command.number else NumberIsAnother(known.number)
    offered, buyer = charge.bill.offered, command.buyer
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
            cancels=True if command.cancels else None,
            buyer_name=buyer.name if buyer else None,
            buyer_number=buyer.number if buyer else None,
            buyer_vat_number=buyer.vat_number if buyer else None,
            buyer_office=buyer.office if buyer else None,
            postal_code=buyer.postal_code if buyer else None,
            city=buyer.city if buyer else None,
            buyer_country=buyer.country if buyer else None,
        )
    ]


def withhold(command: WithholdDocument, charge: Paid) -> list[ChargeEvent]:
    """Told once, until it breaks other rules; nothing of a document that has a number."""
    if number_of(charge, command.refund_id, command.cancels) is not None:
        return []
    rules, known = tuple(dict.fromkeys(rule for rule, _ in command.broken)), charge.withheld
    place = (command.refund_id, command.cancels)
    if known and ((known.refund_id, known.cancels is True), known.rules) == (place, rules):
        return []
    offered = charge.bill.offered
    return [
        DocumentWithheld(
            charge_id=command.charge_id,
            organisation_id=offered.organisation_id,
            dealership_id=offered.dealership_id,
            case_id=offered.case_id,
            refund_id=command.refund_id,
            cancels=True if command.cancels else None,
            rules=rules,
            says="\n".join(says for _, says in command.broken),
            responsible_id=command.responsible_id,
            withheld_at=command.at,
        )
    ]


def number_of(charge: Paid, refund_id: str | None, cancels: bool) -> DocumentNumbered | None:
    """The number of a document, where it has one."""
    if cancels:
        return charge.cancelling.get(refund_id or "")
    return charge.numbers.get(refund_id)
