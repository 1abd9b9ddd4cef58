"""One invoice for billing, each figure with the fact it is from."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

from contracts.invoices.invoice_v1 import Compared, ExpenseKind, TaxCategory
from infra.http.answers import FORMER, Answer, Answered, MoneyShown, Router, money
from infra.http.models import Id, Instant, Named
from infra.http.problems import Problem
from infra.http.request_context import RequestContext, requires
from services.views.backoffice.contests import (
    BY_INVOICE,
    Contest,
    ContestShown,
    contest_shown,
    contests,
)
from services.views.backoffice.expenses import AS_DECLARED, Expense, expenses
from services.views.backoffice.grouping import grouped
from services.views.backoffice.invoices import Invoice, OwnInvoice, invoices
from services.views.backoffice.persons import PersonShown, persons

# --- Answers ----------------------------------------------------------------


class InvoiceStatus(StrEnum):
    """How far an invoice has come; disputed as long as one of its lines is contested."""

    TO_COMPLETE = "to_complete"
    VALIDATED = "validated"
    APPROVED = "approved"
    PAID = "paid"
    DISPUTED = "disputed"


class OwnInvoiceStatus(StrEnum):
    """Whether an invoice that the driver wrote waits to be looked at, or what became of it."""

    SENT = "sent"
    REFUSED = "refused"
    ACCEPTED = "accepted"


class FactShown(Answer):
    """The recorded fact behind a figure: an entry of the history of a stream."""

    stream: str
    version: int


class AllowedExtraShown(Answer):
    """An extra cost that was accepted, and may be declared up to its amount."""

    extra_id: str
    amount: MoneyShown


class ReceiptPartShown(Answer):
    """A rate of VAT on a receipt, in basis points, and the amounts it stands beside."""

    rate: int
    net: MoneyShown
    vat: MoneyShown


class ReceiptShown(Answer):
    """A receipt as the driver says it is printed, and the country it is from."""

    country: str
    parts: list[ReceiptPartShown]
    total: MoneyShown
    """VAT included."""


class DeclaredExpenseShown(Answer):
    """An expense that the driver declared, excluding VAT."""

    expense_id: str
    amount: MoneyShown
    settled: MoneyShown | None
    """The amount after a contest was settled."""
    receipt_file_id: str
    receipt: ReceiptShown | None
    """Null where the driver did not say what it says."""
    note: str | None
    added_at: Instant


class KindCompared(Answer):
    """The amounts quoted and accepted for a kind of expense, beside those declared."""

    kind: Annotated[ExpenseKind, Named()]
    quoted: list[MoneyShown]
    extras: list[AllowedExtraShown]
    declared: list[DeclaredExpenseShown]
    allowed: MoneyShown
    allowed_minor: Annotated[int, FORMER]
    total_declared: MoneyShown
    declared_minor: Annotated[int, FORMER]
    over: MoneyShown
    """How much more was declared than allowed."""
    over_minor: Annotated[int, FORMER]


class ApprovedLineShown(Answer):
    """An amount as it was approved, excluding VAT; the service has no kind."""

    line_id: str
    kind: Annotated[ExpenseKind, Named()] | None
    amount: MoneyShown
    fact: FactShown


class SumShown(Answer):
    """A sum as it was approved."""

    amount: MoneyShown
    fact: FactShown


class TaxShown(Answer):
    """The VAT as it was approved; the rate is in basis points."""

    category: Annotated[TaxCategory, Named()]
    rate: int
    amount: MoneyShown
    fact: FactShown


class ApprovalShown(Answer):
    """The figures that were approved, each with the fact it is from."""

    lines: list[ApprovedLineShown]
    net: SumShown
    tax: TaxShown
    total: SumShown
    self_billed: bool
    seller: FactShown
    """The company of the driver, as it was then."""
    buyer: FactShown
    """The organisation's company, as it was then."""
    approved_at: Instant


class OwnInvoiceShown(Answer):
    """An invoice that the driver wrote, because the organisation has no mandate to."""

    settlement_version: int | None
    """The settlement that it follows from; null for the invoice itself."""
    file_id: str
    number: str
    status: OwnInvoiceStatus
    differing: list[Annotated[Compared, Named()]]
    """The statements that were not found there, or are others than what is owed."""


class InvoiceForBilling(Answer):
    """An invoice as billing decides on it."""

    invoice_id: str
    trip_id: str
    driver_id: str
    driver: PersonShown
    description: str
    status: InvoiceStatus
    delivered_at: Instant
    service: MoneyShown | None
    """Null as long as no price was agreed on."""
    expenses: MoneyShown | None
    """The sum of the validated expenses."""
    kinds: list[KindCompared]
    contests: list[ContestShown]
    validated_at: Instant | None
    approval: ApprovalShown | None
    number: str | None
    own_invoices: list[OwnInvoiceShown]
    payout_id: str | None
    paid_at: Instant | None


async def detailed(context: RequestContext, rows: Sequence[Invoice]) -> list[InvoiceForBilling]:
    """The invoices with their drivers, expenses and contests."""
    organisation_id = context.principal.organisation_id
    ids = [row.invoice_id for row in rows]
    declared = await expenses.of(organisation_id, invoice_id=ids).many(context.pool, AS_DECLARED)
    disputes = await contests.of(organisation_id, invoice_id=ids).many(context.pool, BY_INVOICE)
    expenses_of = grouped(declared, lambda expense: expense.invoice_id)
    contests_of = grouped(disputes, lambda contest: contest.invoice_id)
    who = await persons(context, (row.driver_id for row in rows))
    return [
        invoice_shown(
            row, who[row.driver_id], expenses_of[row.invoice_id], contests_of[row.invoice_id]
        )
        for row in rows
    ]


def invoice_shown(
    row: Invoice,
    driver: PersonShown,
    declared: Sequence[Expense],
    disputes: Sequence[Contest],
) -> InvoiceForBilling:
    status = InvoiceStatus.DISPUTED if row.contested else InvoiceStatus(row.status)
    kinds = dict.fromkeys([one.kind for one in row.allowed] + [one.kind for one in declared])
    return InvoiceForBilling(
        invoice_id=row.invoice_id,
        trip_id=row.trip_id,
        driver_id=row.driver_id,
        driver=driver,
        description=row.description,
        status=status,
        delivered_at=row.delivered_at,
        service=money(row.service_minor, row.currency),
        expenses=money(row.expenses_minor, row.currency),
        kinds=[compared(kind, row, declared) for kind in kinds],
        contests=[contest_shown(contest) for contest in disputes],
        validated_at=row.validated_at,
        approval=approval(row),
        number=row.number,
        own_invoices=[own_invoice(one) for one in row.own_invoices],
        payout_id=row.payout_id,
        paid_at=row.paid_at,
    )


def compared(kind: str, row: Invoice, declared: Sequence[Expense]) -> KindCompared:
    """One kind of expense, line by line."""
    allowed = [one for one in row.allowed if one.kind == kind]
    lines = [one for one in declared if one.kind == kind]
    allowed_minor = sum(one.amount_minor for one in allowed)
    declared_minor = sum(one.current_minor for one in lines)
    over_minor = max(0, declared_minor - allowed_minor)
    currency = (allowed or lines)[0].currency
    return KindCompared(
        kind=ExpenseKind[kind.upper()],
        quoted=[MoneyShown.of(one) for one in allowed if one.extra_id is None],
        extras=[
            AllowedExtraShown(extra_id=one.extra_id, amount=MoneyShown.of(one))
            for one in allowed
            if one.extra_id is not None
        ],
        declared=[declared_expense(one) for one in lines],
        allowed=MoneyShown(amount_minor=allowed_minor, currency=currency),
        allowed_minor=allowed_minor,
        total_declared=MoneyShown(amount_minor=declared_minor, currency=currency),
        declared_minor=declared_minor,
        over=MoneyShown(amount_minor=over_minor, currency=currency),
        over_minor=over_minor,
    )


def declared_expense(row: Expense) -> DeclaredExpenseShown:
    return DeclaredExpenseShown(
        expense_id=row.expense_id,
        amount=MoneyShown.of(row),
        settled=money(row.settled_minor, row.currency),
        receipt_file_id=row.receipt_file_id,
        receipt=receipt(row),
        note=row.note,
        added_at=row.added_at,
    )


def receipt(row: Expense) -> ReceiptShown | None:
    if row.receipt_country is None:
        return None
    unit = row.currency
    return ReceiptShown(
        country=row.receipt_country,
        parts=[
            ReceiptPartShown(
                rate=part.rate,
                net=MoneyShown(amount_minor=part.net_minor, currency=unit),
                vat=MoneyShown(amount_minor=part.vat_minor, currency=unit),
            )
            for part in row.receipt_parts
        ],
        total=MoneyShown(
            amount_minor=sum(part.net_minor + part.vat_minor for part in row.receipt_parts),
            currency=unit,
        ),
    )


def own_invoice(row: OwnInvoice) -> OwnInvoiceShown:
    return OwnInvoiceShown(
        settlement_version=row.settlement_version,
        file_id=row.file_id,
        number=row.number,
        status=OwnInvoiceStatus(row.status),
        differing=[Compared[field.upper()] for field in row.differing],
    )


def approval(row: Invoice) -> ApprovalShown | None:
    if row.approved_version is None:
        return None
    stream = f"invoice-{row.invoice_id}"
    approved = {"stream": stream, "version": row.approved_version}
    return ApprovalShown.of(
        {
            "lines": [
                ApprovedLineShown(
                    line_id=line.line_id,
                    kind=ExpenseKind[line.kind.upper()] if line.kind else None,
                    amount=MoneyShown.of(line),
                    fact=FactShown(stream=stream, version=line.version),
                )
                for line in row.lines
            ],
            "net": {"amount": money(row.net_minor, row.currency), "fact": approved},
            "tax": {
                "category": row.tax_category,
                "rate": row.tax_rate,
                "amount": money(row.tax_minor, row.currency),
                "fact": approved,
            },
            "total": {"amount": money(row.total_minor, row.currency), "fact": approved},
            "self_billed": row.self_billed,
            "seller": {"stream": f"seller-{row.driver_id}", "version": row.seller_version},
            "buyer": {"stream": f"buyer-{row.organisation_id}", "version": row.buyer_version},
            "approved_at": row.approved_at,
        }
    )


# --- The question -----------------------------------------------------------

router = Router("Invoices")
Billing = Annotated[RequestContext, requires("billing")]


@router.get("/invoices/{invoice_id}")
async def invoice_details(invoice_id: Id, context: Billing) -> Answered[InvoiceForBilling]:
    """An invoice with the facts behind its figures, and what was contested."""
    row = await invoices.of(context.principal.organisation_id, invoice_id=invoice_id).one(
        context.pool
    )
    if row is None:
        raise Problem(404, "no-such-invoice")
    [invoice] = await detailed(context, [row])
    return Answered(invoice)
