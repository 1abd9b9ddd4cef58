"""Statements that were closed and wait to be paid by the bank."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, assert_never

from contracts.payments.payout_v1 import PayoutPaid, StatementClosed, contract
from infra.consumers.views import View
from infra.http.answers import FORMER, Answer, Answered, Listed, MoneyShown, Router
from infra.http.models import Instant
from infra.http.pages import Paging
from infra.http.request_context import RequestContext, requires
from infra.reading import Table

Reads = StatementClosed | PayoutPaid


@dataclass(frozen=True, slots=True)
class Waiting:
    """A statement that was closed and not paid; one that was carried over never waits."""

    payout_id: str
    driver_id: str
    organisation_id: str
    net_minor: int
    currency: str
    closed_at: datetime

    @property
    def net(self) -> MoneyShown:
        return MoneyShown(amount_minor=self.net_minor, currency=self.currency)


def key(event: Reads) -> tuple[str, str]:
    return event.driver_id, event.payout_id


def project(_: Waiting | None, event: Reads) -> Waiting | None:
    match event:
        case StatementClosed(payable=True):
            return Waiting(
                payout_id=event.payout_id,
                driver_id=event.driver_id,
                organisation_id=event.organisation_id,
                net_minor=event.net.amount_minor,
                currency=event.net.currency,
                closed_at=event.closed_at,
            )
        case StatementClosed() | PayoutPaid():
            return None
        case unhandled:
            assert_never(unhandled)


view = View(
    name="waiting",
    contract=contract,
    reads=Reads,
    row=Waiting,
    primary_key=("driver_id", "payout_id"),
    key=key,
    project=project,
    indexes=("(organisation_id, closed_at, payout_id)",),
)

# --- The question -----------------------------------------------------------

waiting = Table(view, "waiting")
OLDEST = waiting.order("oldest", "closed_at", "payout_id")


class PayoutToPay(Answer):
    """A statement that waits for the bank."""

    payout_id: str
    driver_id: str
    organisation_id: str
    net: MoneyShown
    net_minor: Annotated[int, FORMER]
    currency: Annotated[str, FORMER]
    closed_at: Instant


router = Router("Payouts")


@router.get("/payouts/to-pay")
async def payouts_to_pay(
    context: Annotated[RequestContext, requires("billing")], page: Paging
) -> Answered[Listed[PayoutToPay]]:
    """Statements of every driver that were closed and wait for the bank, oldest first.

    A payment is refused while other bank details of the driver wait.
    """
    return await page.show(waiting.of(context.principal.organisation_id), OLDEST, PayoutToPay.of)
