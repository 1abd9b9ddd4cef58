"""The online payments of cases, for the lists of dealerships (FLB-174)."""

from collections.abc import Iterable, Mapping

from infra.http.answers import Answer, MoneyShown
from infra.http.models import Instant
from infra.http.request_context import RequestContext
from infra.lookups.payments import Payment, lookup
from infra.reading import Table

view = lookup
table = Table(view, "payments")
BY_CASE = table.order("payments-by-case", "case_id")

# --- Parts of answers -------------------------------------------------------


class CasePayment(Answer):
    """The online payment of a case."""

    charge_id: str
    total: MoneyShown
    refunded: MoneyShown
    paid_at: Instant


Payments = Mapping[str, Payment]


async def payments(context: RequestContext, case_ids: Iterable[str]) -> Payments:
    """The payment of each of these cases that was paid online."""
    mine = table.of(context.principal.organisation_id, case_id=set(case_ids))
    return {row.case_id: row for row in await mine.many(context.pool, BY_CASE)}


def payment_shown(row: Payment | None) -> CasePayment | None:
    if row is None:
        return None
    return CasePayment(
        charge_id=row.charge_id,
        total=MoneyShown(amount_minor=row.paid_minor, currency=row.currency),
        refunded=MoneyShown(amount_minor=row.refunded_minor, currency=row.currency),
        paid_at=row.paid_at,
    )
