"""The questions of partners about themselves: profile, papers, invoices, statements."""

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter
from starlette.responses import Response

from infra.http.models import Id, to_json
from infra.http.pages import Order, Paging
from infra.http.problems import Problem
from infra.http.request_context import RequestContext, requires
from infra.store.postgres import Pool
from services.views.account import invoices, papers, profile, statements

DriverContext = Annotated[RequestContext, requires("driver")]

LATEST_DELIVERY = Order("latest-delivery", (datetime, str))
LATEST_CLOSED = Order("latest-closed", (datetime, str))

Fact = dict[str, Any]


def router(pool: Pool) -> APIRouter:
    """The routes, over the tables of whichever generation is active."""
    made = APIRouter()
    _self(made, pool)
    _earned(made, pool)
    return made


def _self(made: APIRouter, pool: Pool) -> None:
    @made.get("/profile")
    async def my_profile(context: DriverContext) -> Response:
        """Who one is to the platform, with address, licence and roles (HIF-39, HIF-40)."""
        who = context.principal
        found = await profile.profile_of(pool, who.organisation_id, who.subject)
        if found is None:
            raise Problem(404, "no-such-profile", "There is no such profile.")
        return answer(found)

    @made.get("/papers")
    async def my_papers(context: DriverContext) -> Response:
        """One's papers, which of them hold, and until when (HIF-42)."""
        who = context.principal
        found = await papers.papers_of(pool, who.organisation_id, who.subject)
        return answer({"items": [paper(row, context.today) for row in found]})


def _earned(made: APIRouter, pool: Pool) -> None:
    @made.get("/invoices")
    async def my_invoices(context: DriverContext, page: Paging) -> Response:
        """One's invoices from the delivery to the payment, latest first (HIF-28, HIF-29)."""
        who = context.principal
        found = await invoices.invoices_of(
            pool, who.organisation_id, who.subject, since(page.after(LATEST_DELIVERY)), page.fetch
        )
        return page.answer(
            found, LATEST_DELIVERY, lambda row: (row.delivered_at, row.invoice_id), invoice
        )

    @made.get("/invoices/{invoice_id}")
    async def my_invoice(invoice_id: Id, context: DriverContext) -> Response:
        """One invoice, each approved figure with its fact (HIF-29)."""
        who = context.principal
        found = await invoices.invoice_of(pool, who.organisation_id, who.subject, invoice_id)
        if found is None:
            raise Problem(404, "no-such-invoice", "There is no such invoice.")
        return answer(invoice(found))

    @made.get("/statements")
    async def my_statements(context: DriverContext, page: Paging) -> Response:
        """One's payout statements, latest first, every figure with its facts."""
        who = context.principal
        found = await statements.statements_of(
            pool, who.organisation_id, who.subject, since(page.after(LATEST_CLOSED)), page.fetch
        )
        return page.answer(
            found, LATEST_CLOSED, lambda row: (row.closed_at, row.payout_id), statement
        )

    @made.get("/statements/{payout_id}")
    async def my_statement(payout_id: Id, context: DriverContext) -> Response:
        """One payout statement, every figure with its facts."""
        who = context.principal
        found = await statements.statement_of(pool, who.organisation_id, who.subject, payout_id)
        if found is None:
            raise Problem(404, "no-such-statement", "There is no such statement.")
        return answer(statement(found))


def answer(body: object) -> Response:
    return Response(to_json(body), media_type="application/json")


def since(after: tuple[Any, ...] | None) -> tuple[datetime, str] | None:
    return (after[0], after[1]) if after else None


def money(amount_minor: int | None, currency: str | None) -> dict[str, Any] | None:
    return None if amount_minor is None else {"amount_minor": amount_minor, "currency": currency}


def paper(row: papers.Paper, today: date) -> dict[str, Any]:
    """A paper as it was shown last, and the one of its kind that holds."""
    return {
        "paper_id": row.paper_id,
        "kind": row.kind,
        "status": row.status,
        "file_id": row.file_id,
        "issued_on": row.issued_on,
        "expires_on": row.expires_on,
        "refusal_reason": row.refusal_reason,
        "added_at": row.added_at,
        "decided_at": row.decided_at,
        "holds": row.holds(today),
        "held_file_id": row.held_file_id,
        "held_until": row.held_until,
        "days_left": (row.held_until - today).days if row.held_until else None,
    }


# --- Figures and the facts behind them --------------------------------------


def figure(amount_minor: int | None, currency: str | None, *facts: Fact) -> dict[str, Any]:
    """An amount with what it is from: versions of streams."""
    return {"amount": money(amount_minor, currency), "facts": facts}


def fact(stream: str, version: int) -> Fact:
    return {"stream": stream, "version": version}


def invoice(row: invoices.Invoice) -> dict[str, Any]:
    """An invoice as its driver follows it."""
    stream = f"invoice-{row.invoice_id}"
    return {
        "invoice_id": row.invoice_id,
        "trip_id": row.trip_id,
        "description": row.description,
        "status": "disputed" if row.contested else row.status,
        "delivered_at": row.delivered_at,
        "service": money(row.service_minor, row.currency),
        "expenses": row.expenses,
        "contested": row.contested,
        "settlements": [
            {
                "line_id": one.line_id,
                "adjustment": money(one.adjustment_minor, one.currency),
                **figure(one.amount_minor, one.currency, fact(stream, one.version)),
            }
            for one in row.settlements
        ],
        "validated_at": row.validated_at,
        "approval": approval(row, stream),
        "number": row.number,
        "payout_id": row.payout_id,
        "paid_at": row.paid_at,
    }


def approval(row: invoices.Invoice, stream: str) -> dict[str, Any] | None:
    """What was approved, absent before."""
    if row.approved_version is None:
        return None
    itself = fact(stream, row.approved_version)
    return {
        "lines": [
            {
                "line_id": line.line_id,
                "kind": line.kind,
                **figure(line.amount_minor, line.currency, fact(stream, line.version)),
            }
            for line in row.lines
        ],
        "net": figure(row.net_minor, row.currency, itself),
        "tax_rate": row.tax_rate,
        "tax": figure(row.tax_minor, row.currency, itself),
        "total": figure(row.total_minor, row.currency, itself),
        "approved_at": row.approved_at,
    }


def statement(row: statements.Statement) -> dict[str, Any]:
    """A statement: each sum names the facts it adds up, what is paid the statement itself."""

    def of(kind: str) -> list[Fact]:
        found = [fact(line.stream, line.version) for line in row.lines if line.kind == kind]
        return [one for n, one in enumerate(found) if one not in found[:n]]

    own = f"payout-{row.driver_id}"
    itself, unit = fact(own, row.version), row.currency
    before = row.carried_from_stream, row.carried_from_version
    carried = [fact(before[0], before[1])] if before[0] and before[1] is not None else []
    return {
        "payout_id": row.payout_id,
        "status": row.status,
        "lines": [
            {
                "kind": line.kind,
                "invoice_id": line.invoice_id,
                "line_id": line.line_id,
                "trip_id": line.trip_id,
                **figure(line.amount_minor, line.currency, fact(line.stream, line.version)),
                # VAT follows from the other lines, and is contested with them.
                "contest": None
                if line.line_id == "vat"
                else f"/invoices/invoices/{line.invoice_id}/lines/{line.line_id}/contest",
            }
            for line in row.lines
        ],
        "gross": figure(row.gross_minor, unit, *of("service")),
        "expenses": figure(row.expenses_minor, unit, *of("expense")),
        "adjustments": figure(row.adjustments_minor, unit, *of("adjustment")),
        "vat": figure(row.vat_minor, unit, *of("vat")),
        "carried_in": figure(row.carried_in_minor, unit, *carried),
        "carried_out": figure(row.carried_out_minor, unit, itself),
        "net": figure(row.net_minor, unit, itself),
        "closed_at": row.closed_at,
        "reference": row.reference,
        "paid_at": row.paid_at,
        "payment": fact(own, row.paid_version) if row.paid_version is not None else None,
    }
