"""From an approved invoice to its document, and to the rules that the document would break."""

from typing import Any, Protocol, TypeVar

from contracts.invoices.invoice_v1 import ContestSettled
from infra import invoice_rules
from infra.commands import Aggregate, Loaded
from services.invoices import numbering, seller
from services.invoices.adapters.document import Paper
from services.invoices.aggregates import BUYER, SELLER
from services.invoices.invoice.rejections import BrokenRule
from services.invoices.invoice.situations import Approved

S = TypeVar("S")

LAST_ORDINAL = 999_999
"""The number of a document that has none yet is as long as any will be."""


class Source(Protocol):
    """Loads entities as they were at a version: a request does, and so does a service."""

    async def load(
        self, aggregate: Aggregate[Any, S, Any, Any], id: str, *, at_version: int | None = None
    ) -> Loaded[S]: ...


async def paper(source: Source, invoice: Approved, settled: ContestSettled | None = None) -> Paper:
    """The document, with both companies as they were at the approval."""
    approval = invoice.approval
    sold = await source.load(SELLER, approval.driver_id, at_version=approval.seller_version)
    bought = await source.load(BUYER, approval.organisation_id, at_version=approval.buyer_version)
    assert isinstance(sold.state, seller.Seller)
    assert sold.state.company is not None
    assert bought.state is not None
    return Paper(invoice=invoice, seller=sold.state.company, buyer=bought.state, settled=settled)


async def broken_rules(
    source: Source, invoice: Approved, settled: ContestSettled | None = None
) -> tuple[BrokenRule, ...]:
    """The rules that its document would break, before it has a number."""
    number = numbering.number(invoice.approval.organisation_id, LAST_ORDINAL)
    # The invoice that a correction names may still wait for its own number.
    which = {None, settled.version} if settled else {None}
    for missing in which - invoice.numbers.keys():
        invoice = invoice.numbered(missing, number)
    made = await paper(source, invoice, settled)
    if not made.is_facturx:
        return ()
    found = await invoice_rules.broken(made.xml(), domestic=made.is_domestic)
    return tuple(BrokenRule(*one) for one in found)
