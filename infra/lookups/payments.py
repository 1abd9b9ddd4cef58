"""The online payments of cases: what was paid, what went back, and the works that stay paid.

A case is paid for once (G-59), so its payment is found by it.
"""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from contracts.payments import charge_v1
from contracts.payments.charge_v1 import ChargePaid, DocumentNumbered, RefundBounced, RefundMade
from infra.consumers.views import OutOfOrder, View

Reads = ChargePaid | RefundMade | RefundBounced | DocumentNumbered


@dataclass(frozen=True, slots=True)
class Part:
    """An amount of a work including VAT, in minor units; of a refund where it names one."""

    work_id: str
    including_vat: int
    refund_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """The payment of a case; amounts are of its one currency."""

    case_id: str
    organisation_id: str
    charge_id: str
    currency: str
    paid_at: datetime
    paid: tuple[Part, ...]
    refunded: tuple[Part, ...] = ()
    invoice_number: str | None = None
    """None while the invoice is being made."""

    @property
    def paid_minor(self) -> int:
        return sum(one.including_vat for one in self.paid)

    @property
    def refunded_minor(self) -> int:
        return sum(one.including_vat for one in self.refunded)

    @property
    def kept(self) -> frozenset[str]:
        """The works whose money did not all go back."""
        left = Counter({one.work_id: one.including_vat for one in self.paid})
        for one in self.refunded:
            left[one.work_id] -= one.including_vat
        return frozenset(work_id for work_id, amount in left.items() if amount > 0)


def key(event: Reads) -> tuple[str]:
    return (event.case_id,)


def project(row: Payment | None, event: Reads) -> Payment:
    if isinstance(event, ChargePaid):
        return Payment(
            case_id=event.case_id,
            organisation_id=event.organisation_id,
            charge_id=event.charge_id,
            currency=event.total.including_vat.currency,
            paid_at=event.paid_at,
            paid=tuple(
                Part(one.work_id, one.amounts.including_vat.amount_minor) for one in event.lines
            ),
        )
    if row is None:
        raise OutOfOrder(event)
    match event:
        case RefundMade():
            parts = [
                Part(one.work_id, one.amounts.including_vat.amount_minor, event.refund_id)
                for one in event.parts
            ]
            return replace(row, refunded=(*others(row, event), *parts))
        case RefundBounced():
            return replace(row, refunded=others(row, event))
        case DocumentNumbered(refund_id=None):
            return replace(row, invoice_number=event.number)
        case DocumentNumbered():
            return row
        case unhandled:
            assert_never(unhandled)


def others(row: Payment, event: RefundMade | RefundBounced) -> tuple[Part, ...]:
    """The parts that went back with other refunds."""
    return tuple(one for one in row.refunded if one.refund_id != event.refund_id)


lookup = View(
    name="payments",
    contract=charge_v1.contract,
    reads=Reads,
    row=Payment,
    primary_key=("case_id",),
    key=key,
    project=project,
)
