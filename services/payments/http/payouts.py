"""Payouts over HTTP: what is owed, statements and their payment."""

from typing import Annotated

from contracts.payments import payout_v1
from contracts.payments.payout_v1 import (
    AdjustmentMade,
    InvoiceCredited,
    LineKind,
    PayoutPaid,
    StatementClosed,
)
from infra.http.answers import Answer, Answered, MoneyShown, Recorded, Router
from infra.http.history import History, HistoryPart
from infra.http.models import Body, Id, Instant, Line, MoneyBody, Named
from infra.http.request_context import RequestContext, requires
from services.payments.aggregates import PAYEE, PAYOUT
from services.payments.http.payees import Iban, only_own
from services.payments.payee.profile import Payee
from services.payments.payout import (
    Account,
    CloseStatement,
    NoSuchAccount,
    NoSuchPayout,
    RecordPayment,
)

router = Router("Payouts")

Anyone = Annotated[RequestContext, requires("driver", "billing")]
Billing = Annotated[RequestContext, requires("billing")]

# --- Bodies and answers -----------------------------------------------------


class StatementBody(Body):
    due: MoneyBody
    """The sum of what is owed in this currency, as it was seen; 412 when it is another one now."""


class PaymentBody(Body):
    iban: Iban
    """The account that the money went to; 412 when the driver has another one now."""
    reference: Line
    """The bank's reference of the transfer."""


class FactShown(Answer):
    """The recorded fact behind a figure: an entry of the history of a stream."""

    stream: str
    version: int


class DueLine(Answer):
    """An amount that is owed."""

    kind: Annotated[LineKind, Named()]
    invoice_id: str
    line_id: str
    trip_id: str
    amount: MoneyShown
    fact: FactShown


class StatementLine(DueLine):
    """An amount on a statement."""

    contest: str | None
    """Where to contest it; VAT follows from the other lines."""


class PaymentShown(Answer):
    """The bank carried out the payout."""

    driver_id: str
    organisation_id: str
    payout_id: str
    net: MoneyShown
    reference: str
    invoice_ids: list[str]
    payee_version: int
    """The entry of the payee's history whose bank details the money went to."""
    paid_at: Instant
    version: int


class StatementShown(Answer):
    """A statement, each figure with the fact behind it, and its payment."""

    payout_id: str
    stream: str
    version: int
    """The entry of the history of `stream` that closed it."""
    closed_at: Instant
    lines: list[StatementLine]
    gross: MoneyShown
    expenses: MoneyShown
    adjustments: MoneyShown
    vat: MoneyShown
    carried_in: MoneyShown
    carried_from: FactShown | None
    """The statement that `carried_in` is from."""
    carried_out: MoneyShown
    net: MoneyShown
    payment: PaymentShown | None


class PayoutsShown(Answer):
    """The amounts owed to a driver and on no statement yet, and every statement, latest first."""

    due: list[DueLine]
    statements: list[StatementShown]


class StatementMade(Answer):
    """The statement that was made."""

    id: str


class CreditedFact(Answer):
    """An approved invoice is owed."""

    driver_id: str
    organisation_id: str
    invoice_id: str
    lines: list[DueLine]
    credited_at: Instant


class AdjustedFact(Answer):
    """A settlement after the approval changed what is owed."""

    driver_id: str
    organisation_id: str
    lines: list[DueLine]
    made_at: Instant


class ClosedFact(Answer):
    """Everything that was owed in a currency is on a statement."""

    driver_id: str
    organisation_id: str
    payout_id: str
    lines: list[DueLine]
    gross: MoneyShown
    expenses: MoneyShown
    adjustments: MoneyShown
    vat: MoneyShown
    carried_in: MoneyShown
    carried_out: MoneyShown
    net: MoneyShown
    carried_from: FactShown | None
    payable: bool
    """False where it was set off against what the driver owed."""
    closed_at: Instant
    version: int


class PayoutHistory(
    History,
    of=payout_v1.contract,
    shows={
        InvoiceCredited: CreditedFact,
        AdjustmentMade: AdjustedFact,
        StatementClosed: ClosedFact,
        PayoutPaid: PaymentShown,
    },
):
    """Every fact about what is owed to a driver and paid, oldest first."""


def payouts_shown(account: Account) -> PayoutsShown:
    return PayoutsShown(
        due=[DueLine.of(line) for line in account.due],
        statements=[statement_shown(account, id) for id in reversed(list(account.closed))],
    )


def statement_shown(account: Account, payout_id: str) -> StatementShown:
    statement = account.closed[payout_id]
    payment = account.paid.get(payout_id)
    before = statement.carried_from
    return StatementShown(
        payout_id=payout_id,
        stream=f"payout-{statement.driver_id}",
        version=statement.version,
        closed_at=statement.closed_at,
        lines=[_line(line) for line in statement.lines],
        gross=MoneyShown.of(statement.gross),
        expenses=MoneyShown.of(statement.expenses),
        adjustments=MoneyShown.of(statement.adjustments),
        vat=MoneyShown.of(statement.vat),
        carried_in=MoneyShown.of(statement.carried_in),
        carried_from=FactShown.of(before) if before else None,
        carried_out=MoneyShown.of(statement.carried_out),
        net=MoneyShown.of(statement.net),
        payment=PaymentShown.of(payment) if payment else None,
    )


def _line(line: payout_v1.Line) -> StatementLine:
    contest = f"/invoices/invoices/{line.invoice_id}/lines/{line.line_id}/contest"
    return StatementLine(
        kind=line.kind,
        invoice_id=line.invoice_id,
        line_id=line.line_id,
        trip_id=line.trip_id,
        amount=MoneyShown.of(line.amount),
        fact=FactShown.of(line.fact),
        contest=contest if line.line_id != "vat" else None,
    )


# --- Routes -----------------------------------------------------------------


@router.get("/payees/{driver_id}/payouts")
async def show_payouts(driver_id: Id, context: Anyone) -> Answered[PayoutsShown]:
    """The amounts that are owed, and every statement; drivers see their own."""
    return Answered(payouts_shown(await visible(context, driver_id)))


@router.get("/payees/{driver_id}/payouts/history")
async def payouts_history(
    driver_id: Id, context: Anyone, part: HistoryPart
) -> Answered[PayoutHistory]:
    """Every fact about what is owed and paid, by the version that statements name."""
    await visible(context, driver_id)
    return await context.history(PAYOUT, driver_id, PayoutHistory, part)


@router.get("/payees/{driver_id}/payouts/{payout_id}")
async def show_statement(driver_id: Id, payout_id: Id, context: Anyone) -> Answered[StatementShown]:
    """A statement, each figure with the fact behind it."""
    account = await visible(context, driver_id)
    if payout_id not in account.closed:
        raise context.refuse(NoSuchPayout())
    return Answered(statement_shown(account, payout_id))


@router.post("/payees/{driver_id}/payouts", status_code=201)
async def close_statement(
    driver_id: Id, body: StatementBody, context: Billing
) -> Answered[StatementMade]:
    """Put everything that is owed in a currency on one statement."""
    payout_id = f"p-{context.command_context.command_id.hex[:16]}"
    command = CloseStatement(
        driver_id=driver_id,
        organisation_id=context.principal.organisation_id,
        by=context.principal.subject,
        payout_id=payout_id,
        due=body.due.money(),
        at=context.at,
    )
    created = f"/payments/payees/{driver_id}/payouts/{payout_id}"
    return await context.handle(
        PAYOUT, driver_id, command, lambda _: StatementMade(id=payout_id), created=created
    )


@router.post("/payees/{driver_id}/payouts/{payout_id}/payment")
async def record_payment(
    driver_id: Id, payout_id: Id, body: PaymentBody, context: Billing
) -> Answered[Recorded]:
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
            iban=body.iban,
            account=payee.bank.iban if payee and payee.bank else None,
            held_until=payee.pending.effective_at if payee and payee.pending else None,
            payee_version=loaded.version,
            at=context.at,
        )

    return await context.handle(PAYOUT, driver_id, payment)


# --- Whose ------------------------------------------------------------------


async def visible(context: RequestContext, driver_id: str) -> Account:
    """The account of a driver. Refuses a caller who may not see it, as if there were none."""
    only_own(context, driver_id)
    account = (await context.load(PAYOUT, driver_id)).state
    if account.organisation_id != context.principal.organisation_id:
        raise context.refuse(NoSuchAccount())
    return account
