"""The movements of the provider's balance that our books know of, to be compared with what it says
itself."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from contracts.payments.charge_v1 import ChargePaid, FeeRead, RefundBounced, RefundMade, contract
from infra.consumers.views import OutOfOrder, View
from infra.reading import Table

Reads = ChargePaid | RefundMade | RefundBounced | FeeRead
PAYMENT = "payment"


@dataclass(frozen=True, slots=True, kw_only=True)
class CardMovement:
    """A payment, a refund, or one that bounced. `fee_minor` and `balance_transaction_id` are None
    until they are read; `payment_id` is that of the payment it belongs to, as the provider says."""

    charge_id: str
    movement: str
    """The name of its entry in the books."""
    organisation_id: str
    dealership_id: str
    amount_minor: int
    """As it moves the balance: negative for a refund."""
    currency: str
    booked_at: datetime
    payment_id: str | None = None
    balance_transaction_id: str | None = None
    fee_minor: int | None = None
    fee_currency: str | None = None


def key(event: Reads) -> tuple[str, str]:
    return event.charge_id, movement_of(event)


def movement_of(event: Reads) -> str:
    match event:
        case ChargePaid() | FeeRead(refund_id=None):
            return PAYMENT
        case RefundMade() | FeeRead():
            return f"refund:{event.refund_id}"
        case RefundBounced():
            return f"bounced:{event.refund_id}"
        case unhandled:
            assert_never(unhandled)


def project(row: CardMovement | None, event: Reads) -> CardMovement:
    match event:
        case ChargePaid():
            made = moved(event, 1, event.paid_at)
            return replace(made, payment_id=event.payment_id)
        case RefundMade():
            return moved(event, -1, event.made_at)
        case RefundBounced():
            made = moved(event, 1, event.bounced_at)
            return replace(made, balance_transaction_id=event.balance_transaction_id)
        case FeeRead():
            if row is None:
                raise OutOfOrder(event)
            return replace(
                row,
                balance_transaction_id=event.balance_transaction_id,
                fee_minor=event.fee.amount_minor,
                fee_currency=event.fee.currency,
            )
        case unhandled:
            assert_never(unhandled)


def moved(event: ChargePaid | RefundMade | RefundBounced, sign: int, at: datetime) -> CardMovement:
    total = event.total.including_vat
    return CardMovement(
        charge_id=event.charge_id,
        movement=movement_of(event),
        organisation_id=event.organisation_id,
        dealership_id=event.dealership_id,
        amount_minor=sign * total.amount_minor,
        currency=total.currency,
        booked_at=at,
    )


view = View(
    name="card_movements",
    contract=contract,
    reads=Reads,
    row=CardMovement,
    primary_key=("charge_id", "movement"),
    key=key,
    project=project,
    indexes=(
        "(dealership_id, balance_transaction_id)",
        "(dealership_id, payment_id) where payment_id is not null",
    ),
)

card_movements = Table(view, "card_movements")
IN_ORDER = card_movements.order("card-movements", "booked_at", "charge_id", "movement")
