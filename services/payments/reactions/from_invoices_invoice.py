"""An approved invoice is owed to its driver, and so is what a later settlement changes."""

from typing import assert_never

from contracts.common_v1 import Money
from contracts.invoices.invoice_v1 import ContestSettled, InvoiceApproved
from contracts.payments.payout_v1 import Fact, Line, LineKind
from services.payments.payout import Adjust, Credit

Reads = InvoiceApproved | ContestSettled


def react(event: Reads) -> list[Credit | Adjust]:
    match event:
        case InvoiceApproved():
            return [
                Credit(
                    driver_id=event.driver_id,
                    organisation_id=event.organisation_id,
                    invoice_id=event.invoice_id,
                    lines=_credited(event),
                    at=event.approved_at,
                )
            ]
        case ContestSettled(adjustment=Money() as adjustment, adjustment_vat=Money() as vat):
            return [
                Adjust(
                    driver_id=event.driver_id,
                    organisation_id=event.organisation_id,
                    lines=_adjusted(event, adjustment, vat),
                    at=event.settled_at,
                )
            ]
        case ContestSettled():
            return []
        case unhandled:
            assert_never(unhandled)


def _credited(event: InvoiceApproved) -> tuple[Line, ...]:
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


def _adjusted(event: ContestSettled, adjustment: Money, vat: Money) -> tuple[Line, ...]:
    fact = Fact(f"invoice-{event.invoice_id}", event.version)
    return tuple(
        Line(
            kind=kind,
            invoice_id=event.invoice_id,
            line_id=event.line_id,
            trip_id=event.trip_id,
            amount=amount,
            fact=fact,
        )
        for kind, amount in ((LineKind.ADJUSTMENT, adjustment), (LineKind.VAT, vat))
    )


def target(command: Credit | Adjust) -> str:
    """The driver whose stream takes the command."""
    return command.driver_id
