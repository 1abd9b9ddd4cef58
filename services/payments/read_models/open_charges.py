"""Charges of which something is still to be done: to be asked, refunded, read or numbered."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from contracts.payments.charge_v1 import (
    AttemptBegun,
    AttemptEnded,
    ChargePaid,
    DocumentNumbered,
    FeeRead,
    FormRevoked,
    PaymentDiffered,
    RefundBegun,
    RefundBounced,
    RefundFailed,
    RefundMade,
    contract,
)
from infra.consumers.views import View
from infra.reading import Table

Reads = (
    AttemptBegun
    | AttemptEnded
    | FormRevoked
    | PaymentDiffered
    | ChargePaid
    | RefundBegun
    | RefundMade
    | RefundFailed
    | RefundBounced
    | FeeRead
    | DocumentNumbered
)
PAYMENT = ""
"""Stands for the payment itself among ids of refunds."""


CANCELS = "cancels:"
"""Before the id of a refund: what cancels its credit note."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCharge:
    """A charge and what is not known or done of it yet."""

    charge_id: str
    organisation_id: str
    since: datetime
    asked: bool = False
    """It is not known how an attempt ended."""
    revoked: bool = False
    """Its form is to be taken away."""
    returning: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    """The movements whose fee is not known."""
    unnumbered: tuple[str, ...] = ()
    """The documents without a number: the invoice, credit notes, and what cancels these."""

    @property
    def is_open(self) -> bool:
        return self.asked or bool(self.returning or self.unread or self.unnumbered)


def key(event: Reads) -> tuple[str]:
    return (event.charge_id,)


def project(row: OpenCharge | None, event: Reads) -> OpenCharge | None:
    found = after(row, event)
    return found if found.is_open else None


def after(row: OpenCharge | None, event: Reads) -> OpenCharge:
    """Without a row nothing was open, which is no hole in history."""
    known = row or OpenCharge(
        charge_id=event.charge_id, organisation_id=event.organisation_id, since=since_of(event)
    )
    match event:
        case AttemptBegun():
            return replace(known, asked=True, revoked=False)
        case FormRevoked():
            return replace(known, revoked=True)
        case AttemptEnded() | PaymentDiffered():
            return replace(known, asked=False, revoked=False)
        case ChargePaid():
            known = replace(known, asked=False, revoked=False)
            return replace(known, unread=(PAYMENT,), unnumbered=(PAYMENT,))
        case RefundBegun():
            return replace(known, returning=(*known.returning, event.refund_id))
        case RefundMade():
            return replace(
                known,
                returning=without(known.returning, event.refund_id),
                unread=(*known.unread, event.refund_id),
                unnumbered=(*known.unnumbered, event.refund_id),
            )
        case RefundFailed():
            return replace(known, returning=without(known.returning, event.refund_id))
        case RefundBounced():
            cancelling = CANCELS + event.refund_id
            return replace(known, unnumbered=(*known.unnumbered, cancelling))
        case FeeRead():
            return replace(known, unread=without(known.unread, event.refund_id or PAYMENT))
        case DocumentNumbered():
            document = (CANCELS if event.cancels else "") + (event.refund_id or PAYMENT)
            return replace(known, unnumbered=without(known.unnumbered, document))
        case unhandled:
            assert_never(unhandled)


def since_of(event: Reads) -> datetime:
    match event:
        case AttemptBegun() | RefundBegun():
            return event.begun_at
        case AttemptEnded():
            return event.ended_at
        case FormRevoked():
            return event.revoked_at
        case PaymentDiffered():
            return event.differed_at
        case ChargePaid():
            return event.paid_at
        case RefundMade():
            return event.made_at
        case RefundFailed():
            return event.failed_at
        case RefundBounced():
            return event.bounced_at
        case FeeRead():
            return event.read_at
        case DocumentNumbered():
            return event.numbered_at
        case unhandled:
            assert_never(unhandled)


def without(ids: tuple[str, ...], id: str) -> tuple[str, ...]:
    return tuple(one for one in ids if one != id)


view = View(
    name="open_charges",
    contract=contract,
    reads=Reads,
    row=OpenCharge,
    primary_key=("charge_id",),
    key=key,
    project=project,
)

open_charges = Table(view, "open_charges")
