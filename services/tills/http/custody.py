"""The cash of a closed day over HTTP: it goes to the bank, and to the senders."""

from typing import Annotated

from pydantic import Field

from infra.http.answers import Answered, Recorded, Router
from infra.http.models import Body, Day, Id, Line, MoneyBody
from services.tills import till
from services.tills.aggregates import TILL
from services.tills.http.access import ManagerContext
from services.tills.till.custody import DepositCash, PaySenders

router = Router("Custody")

MOST_ORDERS = 1_000
"""Orders of one payment to senders."""


class DepositBody(Body):
    """Cash that was brought to the bank."""

    amount: MoneyBody
    """All that is in the till, or a part of it."""
    reference: Line
    """That of the bank."""


class PaymentBody(Body):
    """A payment of the bank to the senders of orders."""

    order_ids: Annotated[tuple[Id, ...], Field(min_length=1, max_length=MOST_ORDERS, strict=False)]
    """Orders whose recipients paid on that day. Each sender is paid what the recipient paid."""
    reference: Line
    """That of the bank."""


@router.post("/days/{day}/deposits")
async def deposit_cash(day: Day, body: DepositBody, context: ManagerContext) -> Answered[Recorded]:
    """Say that cash of a closed day is at the bank."""
    till_id = till.till_id(context.principal.organisation_id, day)
    command = DepositCash(
        till_id=till_id,
        organisation_id=context.principal.organisation_id,
        day=day,
        amount=body.amount.money(),
        reference=body.reference,
        by=context.principal.subject,
        at=context.occurred_at,
    )
    return await context.handle(TILL, till_id, command)


@router.post("/days/{day}/payments")
async def pay_senders(day: Day, body: PaymentBody, context: ManagerContext) -> Answered[Recorded]:
    """Say that the bank paid the senders of orders."""
    till_id = till.till_id(context.principal.organisation_id, day)
    command = PaySenders(
        till_id=till_id,
        organisation_id=context.principal.organisation_id,
        day=day,
        order_ids=body.order_ids,
        reference=body.reference,
        by=context.principal.subject,
        at=context.occurred_at,
    )
    return await context.handle(TILL, till_id, command)
