"""HTTP to commands: guard bank details, close statements, pay; and the books to read."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter
from starlette.responses import Response

from infra.host import Running
from infra.http.models import Id, to_json
from infra.http.pages import Paging
from infra.http.request_context import RequestContext, requires
from services.payments import bodies, payee, payout
from services.payments.aggregates import PAYEE, PAYOUT
from services.payments.edge import books, waiting

router = APIRouter()

Anyone = Annotated[RequestContext, requires("driver", "billing")]
DriverContext = Annotated[RequestContext, requires("driver")]
Billing = Annotated[RequestContext, requires("billing")]

# --- Where money goes -------------------------------------------------------


@router.get("/payees/{driver_id}")
async def show_payee(driver_id: Id, context: Anyone) -> Response:
    """The billing profile, never stale; drivers see their own."""
    only_own(context, driver_id)
    found = await context.load(PAYEE, driver_id)
    return context.show(bodies.payee_shown(known(context, found.state)), found)


@router.get("/payees/{driver_id}/history")
async def payee_history(driver_id: Id, context: Anyone) -> Response:
    """Every fact about the billing profile: who changed what, and when."""
    await show_payee(driver_id, context)
    return await context.history(PAYEE, driver_id)


@router.put("/payees/{driver_id}/bank-details")
async def change_bank_details(
    driver_id: Id, body: bodies.BankBody, context: DriverContext
) -> Response:
    """Ask for other bank details: right after signing in, with proof; payouts wait (P8)."""
    only_own(context, driver_id)
    shown = context.principal.authenticated_at
    command = payee.ChangeBankDetails(
        driver_id=driver_id,
        organisation_id=context.principal.organisation_id,
        change_id=f"b-{context.command_context.command_id.hex[:16]}",
        iban=body.iban,
        bic=body.bic,
        holder=body.holder,
        proof_file_id=body.proof_file_id,
        authenticated_at=None if shown is None else datetime.fromtimestamp(shown, UTC),
        at=context.at,
    )
    return await context.handle(PAYEE, driver_id, command)


@router.delete("/payees/{driver_id}/bank-changes/{change_id}")
async def cancel_bank_change(driver_id: Id, change_id: Id, context: Anyone) -> Response:
    """Stop a change of bank details while it waits."""
    only_own(context, driver_id)
    who = context.principal
    command = payee.CancelBankChange(driver_id, who.organisation_id, change_id, context.at)
    return await context.handle(PAYEE, driver_id, command)


@router.post("/payees/{driver_id}/questions", status_code=201)
async def ask_billing(driver_id: Id, body: bodies.QuestionBody, context: DriverContext) -> Response:
    """The contact form of the billing department (HIF-30)."""
    only_own(context, driver_id)
    question_id = f"q-{context.command_context.command_id.hex[:16]}"
    command = payee.AskQuestion(
        driver_id=driver_id,
        organisation_id=context.principal.organisation_id,
        question_id=question_id,
        invoice_id=body.invoice_id,
        question=body.question,
        at=context.occurred_at,
    )
    return await context.handle(PAYEE, driver_id, command, created=f"/payments/payees/{driver_id}")


@router.post("/payees/{driver_id}/questions/{question_id}/answer")
async def answer_question(
    driver_id: Id, question_id: Id, body: bodies.AnswerBody, context: Billing
) -> Response:
    """Answer a driver, who finds it beside the question in their billing profile (HIF-30)."""
    who, at = context.principal, context.occurred_at
    command = payee.AnswerQuestion(
        driver_id, who.organisation_id, who.subject, question_id, body.answer, at
    )
    return await context.handle(PAYEE, driver_id, command)


# --- Payouts ----------------------------------------------------------------


@router.get("/payees/{driver_id}/payouts")
async def show_payouts(driver_id: Id, context: Anyone) -> Response:
    """What is owed and every statement; drivers see their own."""
    found = await account(context, driver_id)
    return answer(bodies.account_shown(found))


@router.get("/payees/{driver_id}/payouts/history")
async def payouts_history(driver_id: Id, context: Anyone) -> Response:
    """Every fact about what is owed and paid, by the version that statements name (G-05)."""
    await account(context, driver_id)
    return await context.history(PAYOUT, driver_id)


@router.get("/payees/{driver_id}/payouts/{payout_id}")
async def show_statement(driver_id: Id, payout_id: Id, context: Anyone) -> Response:
    """A statement, each figure with the fact behind it (P6)."""
    found = await account(context, driver_id)
    if payout_id not in found.closed:
        raise context.refuse(payout.NoSuchPayout())
    return answer(bodies.statement_shown(found, payout_id))


@router.post("/payees/{driver_id}/payouts", status_code=201)
async def close_statement(driver_id: Id, body: bodies.StatementBody, context: Billing) -> Response:
    """Put everything that is owed in a currency on one statement."""
    who = context.principal
    payout_id = f"p-{context.command_context.command_id.hex[:16]}"
    command = payout.CloseStatement(
        driver_id, who.organisation_id, who.subject, payout_id, body.currency, context.at
    )
    created = f"/payments/payees/{driver_id}/payouts/{payout_id}"
    return await context.handle(
        PAYOUT, driver_id, command, lambda _: {"id": payout_id}, created=created
    )


@router.post("/payees/{driver_id}/payouts/{payout_id}/payment")
async def record_payment(
    driver_id: Id, payout_id: Id, body: bodies.PaymentBody, context: Billing
) -> Response:
    """The bank carried out the payout; not while bank details are changing (P8)."""
    who = context.principal

    async def payment(_: payout.Account) -> payout.RecordPayment:
        paid = await context.load(PAYEE, driver_id)
        state = paid.state if isinstance(paid.state, payee.Payee) else None
        return payout.RecordPayment(
            driver_id=driver_id,
            organisation_id=who.organisation_id,
            by=who.subject,
            payout_id=payout_id,
            reference=body.reference,
            has_account=state is not None and state.bank is not None,
            held_until=state.pending.effective_at if state and state.pending else None,
            payee_version=paid.version,
            at=context.at,
        )

    return await context.handle(PAYOUT, driver_id, payment)


# --- Books ------------------------------------------------------------------


def routes(running: Running | None) -> APIRouter:
    """All routes; those of the books read a table. None: only to be listed."""
    made = APIRouter()

    @made.get("/payouts/to-pay")
    async def payouts_to_pay(context: Billing, page: Paging) -> Response:
        """Statements of every driver that were closed and wait for the bank, oldest first.

        A payment is refused while other bank details of the driver wait (P8).
        """
        assert running is not None
        after = page.after(waiting.OLDEST)
        organisation_id = context.principal.organisation_id
        rows = await waiting.to_pay(running.pool, organisation_id, after, page.fetch)
        return page.answer(rows, waiting.OLDEST, key=lambda row: (row.closed_at, row.payout_id))

    @made.get("/ledger/accounts")
    async def ledger_accounts(context: Billing) -> Response:
        """The balance of each account of the books; together they are zero."""
        assert running is not None
        items = await books.balances(running.pool, context.principal.organisation_id)
        return answer({"items": items})

    @made.get("/ledger/entries")
    async def ledger_entries(context: Billing, page: Paging) -> Response:
        """Every entry of the books, latest first, each posting with the fact behind it."""
        assert running is not None
        after = page.after(books.LATEST)
        rows = await books.entries(
            running.pool, context.principal.organisation_id, after, page.fetch
        )
        return page.answer(rows, books.LATEST, key=lambda row: (row.booked_at, row.entry_id))

    return APIRouter(routes=[*router.routes, *made.routes])


# --- Who may ----------------------------------------------------------------


def is_billing(context: RequestContext) -> bool:
    return "billing" in context.principal.roles


def only_own(context: RequestContext, driver_id: str) -> None:
    """Refuse a driver who means somebody else, as if there were nobody."""
    if not is_billing(context) and context.principal.subject != driver_id:
        raise context.refuse(payee.NoSuchPayee())


def known(context: RequestContext, found: payee.State) -> payee.Payee:
    if (
        not isinstance(found, payee.Payee)
        or found.organisation_id != context.principal.organisation_id
    ):
        raise context.refuse(payee.NoSuchPayee())
    return found


async def account(context: RequestContext, driver_id: str) -> payout.Account:
    only_own(context, driver_id)
    found = (await context.load(PAYOUT, driver_id)).state
    if found.organisation_id != context.principal.organisation_id:
        raise context.refuse(payout.NoSuchAccount())
    return found


def answer(body: Any) -> Response:
    return Response(to_json(body), media_type="application/json")
