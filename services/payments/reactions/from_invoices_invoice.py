"""An approved invoice is owed to its driver, and so is what a later settlement changes.

Where the driver writes the invoices, nothing is owed before theirs is accepted: without one the VAT
would not be deductible.
"""

from datetime import datetime
from typing import assert_never

from contracts.common_v1 import Money
from contracts.invoices.invoice_v1 import ContestSettled, InvoiceApproved, OwnInvoiceAccepted
from contracts.payments.payout_v1 import Fact, Line, LineKind
from services.payments.payout import Adjust, Credit

Reads = InvoiceApproved | OwnInvoiceAccepted | ContestSettled


def react(event: Reads) -> list[Credit | Adjust]:
    match event:
        case InvoiceApproved(waits_for_own_invoice=True):
            return []
        case InvoiceApproved():
            return [_credit(event, event.approved_at)]
        case OwnInvoiceAccepted(settlement_version=None):
            return [_credit(event, event.accepted_at)]
        case OwnInvoiceAccepted():
            [line] = event.lines
            fact = Fact(f"invoice-{event.invoice_id}", line.version)
            return [_adjust(event, line.line_id, (event.net, event.tax.amount), fact)]
        case ContestSettled(waits_for_own_invoice=True):
            return []
        case ContestSettled(adjustment=Money() as adjustment, adjustment_vat=Money() as vat):
            fact = Fact(f"invoice-{event.invoice_id}", event.version)
            return [_adjust(event, event.line_id, (adjustment, vat), fact)]
        case ContestSettled():
            return []
        case unhandled:
            assert_never(unhandled)


def _credit(event: InvoiceApproved | OwnInvoiceAccepted, at: datetime) -> Credit:
    return Credit(
        driver_id=event.driver_id,
        organisation_id=event.organisation_id,
        invoice_id=event.invoice_id,
        lines=_credited(event),
        at=at,
    )


def _credited(event: InvoiceApproved | OwnInvoiceAccepted) -> tuple[Line, ...]:
    stream = f"invoice-{event.invoice_id}"
    lines = [
        Line(
            kind=LineKind.SERVICE if line.kind is None else LineKind.EXPENSE,
            invoice_id=event.invoice_id,
            line_id=line.line_id,
            trip_id=event.trip_id,
            amount=line.amount,
            fact=Fact(stream, line.version),
        )
        for line in event.lines
    ]
    vat = Line(
        kind=LineKind.VAT,
        invoice_id=event.invoice_id,
        line_id="vat",
        trip_id=event.trip_id,
        amount=event.tax.amount,
        fact=Fact(stream, event.version),
    )
    return (*lines, vat)


def _adjust(
    event: ContestSettled | OwnInvoiceAccepted,
    line_id: str,
    net_and_vat: tuple[Money, Money],
    fact: Fact,
) -> Adjust:
    kinds = (LineKind.ADJUSTMENT, LineKind.VAT)
    return Adjust(
        driver_id=event.driver_id,
        organisation_id=event.organisation_id,
        lines=tuple(
            Line(
                kind=kind,
                invoice_id=event.invoice_id,
                line_id=line_id,
                trip_id=event.trip_id,
                amount=amount,
                fact=fact,
            )
            for kind, amount in zip(kinds, net_and_vat, strict=True)
        ),
        at=event.settled_at if isinstance(event, ContestSettled) else event.accepted_at,
    )


def target(command: Credit | Adjust) -> str:
    """The driver whose stream takes the command."""
    return command.driver_id
