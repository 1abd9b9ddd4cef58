"""Payouts over HTTP: what is owed, statements and their payment."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import StringConstraints
from starlette.responses import Response

from infra.http.models import Body, Id, Line, to_json
from infra.http.request_context import RequestContext, requires
from services.payments.aggregates import PAYEE, PAYOUT
from services.payments.http.payees import only_own
from services.payments.payee.profile import Payee
from services.payments.payout import (
    Account,
    CloseStatement,
    NoSuchAccount,
    NoSuchPayout,
    RecordPayment,
)

router = APIRouter()

Anyone = Annotated[RequestContext, requires("driver", "billing")]
Billing = Annotated[RequestContext, requires("billing")]

# --- Bodies and answers -----------------------------------------------------


class StatementBody(Body):
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] = "EUR"


class PaymentBody(Body):
    reference: Line
    """The bank's reference of the transfer."""


def account_shown(account: Account) -> dict[str, Any]:
    """What is owed, and every statement, latest first."""
    return {
        "due": account.due,
        "statements": [statement_shown(account, id) for id in reversed(list(account.closed))],
    }


def statement_shown(account: Account, payout_id: str) -> dict[str, Any]:
    """A statement and its payment; a line is contested under `contest`."""
    statement = account.closed[payout_id]
    return {
        "payout_id": payout_id,
        "stream": f"payout-{statement.driver_id}",
        "version": statement.version,
        "closed_at": statement.closed_at,
        "lines": [
            {
                "kind": line.kind,
                "invoice_id": line.invoice_id,
                "trip_id": line.trip_id,
                "line_id": line.line_id,
                "amount": line.amount,
                "fact": line.fact,
                "contest": f"/invoices/invoices/{line.invoice_id}/lines/{line.line_id}/contest"
                if line.line_id != "vat"
                else None,
            }
            for line in statement.lines
        ],
        "gross": statement.gross,
        "expenses": statement.expenses,
        "adjustments": statement.adjustments,
        "vat": statement.vat,
        "carried_in": statement.carried_in,
        "carried_from": statement.carried_from,
        "carried_out": statement.carried_out,
        "net": statement.net,
        "payment": account.paid.get(payout_id),
    }


# --- Routes -----------------------------------------------------------------


@router.get("/payees/{driver_id}/payouts")
async def show_payouts(driver_id: Id, context: Anyone) -> Response:
    """What is owed and every statement; drivers see their own."""
    return answer(account_shown(await visible(context, driver_id)))


@router.get("/payees/{driver_id}/payouts/history")
async def payouts_history(driver_id: Id, context: Anyone) -> Response:
    """Every fact about what is owed and paid, by the version that statements name."""
    await visible(context, driver_id)
    return await context.history(PAYOUT, driver_id)


@router.get("/payees/{driver_id}/payouts/{payout_id}")
async def show_statement(driver_id: Id, payout_id: Id, context: Anyone) -> Response:
    """A statement, each figure with the fact behind it."""
    account = await visible(context, driver_id)
    if payout_id not in account.closed:
        raise context.refuse(NoSuchPayout())
    return answer(statement_shown(account, payout_id))


@router.post("/payees/{driver_id}/payouts", status_code=201)
async def close_statement(driver_id: Id, body: StatementBody, context: Billing) -> Response:
    """Put everything that is owed in a currency on one statement."""
    payout_id = f"p-{context.command_context.command_id.hex[:16]}"
    command = CloseStatement(
        driver_id=driver_id,
        organisation_id=context.principal.organisation_id,
        by=context.principal.subject,
        payout_id=payout_id,
        currency=body.currency,
        at=context.at,
    )
    created = f"/payments/payees/{driver_id}/payouts/{payout_id}"
    return await context.handle(
        PAYOUT, driver_id, command, lambda _: {"id": payout_id}, created=created
    )


@router.post("/payees/{driver_id}/payouts/{payout_id}/payment")
async def record_payment(
    driver_id: Id, payout_id: Id, body: PaymentBody, context: Billing
) -> Response:
    """The bank carried out the payout; not while bank details are changing."""

    async def payment(_: Account) -> RecordPayment:
        loaded = await context.load(PAYEE, driver_id)
        payee = loaded.state if isinstance(loaded.state, Payee) else None
        return RecordPayment(
            driver_id=driver_id,
            organisation_id=context.principal.organisation_id,
            by=context.principal.subject,
            payout_id=payout_id,
            reference=body.reference,
            has_account=payee is not None and payee.bank is not None,
            held_until=payee.pending.effective_at if payee and payee.pending else None,
            payee_version=loaded.version,
            at=context.at,
        )

    return await context.handle(PAYOUT, driver_id, payment)


# --- Whose ------------------------------------------------------------------


async def visible(context: RequestContext, driver_id: str) -> Account:
    """What is owed to a driver, if the caller may see it; else as if there were nothing."""
    only_own(context, driver_id)
    account = (await context.load(PAYOUT, driver_id)).state
    if account.organisation_id != context.principal.organisation_id:
        raise context.refuse(NoSuchAccount())
    return account


def answer(body: object) -> Response:
    return Response(to_json(body), media_type="application/json")
