"""Payments of cases by card over HTTP: what became of them, and refunds."""

from datetime import date
from typing import Annotated, assert_never

from pydantic import Field

from contracts.payments import charge_v1
from contracts.payments.charge_v1 import (
    AttemptBegun,
    AttemptEnd,
    AttemptEnded,
    ChargeOffered,
    ChargePaid,
    DealershipChosen,
    DebtDisputed,
    DisputeSettled,
    DocumentNumbered,
    DocumentWithheld,
    DunningGivenUp,
    DunningStep,
    DunningStepTaken,
    FeeRead,
    FormOpened,
    FormRevoked,
    PaidElsewhere,
    PaymentDeferred,
    PaymentDiffered,
    PaymentMeans,
    RefundBegun,
    RefundBounced,
    RefundFailed,
    RefundMade,
    RefundReason,
)
from infra.http.answers import Answer, Answered, MoneyShown, Recorded, Router
from infra.http.history import History, HistoryPart
from infra.http.models import Body, Id, Instant, MoneyBody, Named
from infra.http.problems import try_again
from infra.http.request_context import RequestContext
from services.payments.adapters.cashier import SAYS_NO, Cashier, NoKeys
from services.payments.adapters.provider import Away
from services.payments.aggregates import CHARGE
from services.payments.charge.paying import CardsNotTaken, NoSuchCharge
from services.payments.charge.refunding import ChargeIsNotPaid, Refund
from services.payments.charge.situations import (
    Asked,
    AtDealership,
    Charge,
    Debt,
    Failed,
    Known,
    Offered,
    Paid,
    Parked,
    Settled,
    Unoffered,
)
from services.payments.http.card_access import MANAGERS, READERS, ManagerContext, ReaderContext
from services.payments.read_models.charges import ChargeStatus

REFUND = "W"
"""How the ids of refunds begin."""
MOST_PARTS = 200

# --- Bodies -----------------------------------------------------------------


class RefundPartBody(Body):
    """A work and what goes back of it, including VAT."""

    work_id: Id
    amount: MoneyBody


class RefundBody(Body):
    """The parts that go back, and why."""

    parts: Annotated[
        tuple[RefundPartBody, ...], Field(min_length=1, max_length=MOST_PARTS, strict=False)
    ]
    reason: Annotated[RefundReason, Named()]
    rest: MoneyBody
    """What could still go back of the whole, as it was seen; 412 when it is something else now."""


# --- Answers ----------------------------------------------------------------


class AmountsShown(Answer):
    """An amount and its VAT, as they were paid."""

    excluding_vat: MoneyShown
    vat: MoneyShown
    including_vat: MoneyShown


class ChargeLine(Answer):
    """A work that is paid for."""

    work_id: str
    label: str
    amounts: AmountsShown
    vat_basis_points: int


class ChargeLineShown(ChargeLine):
    """A work that is paid for, and what can still go back of it."""

    left: AmountsShown


class RefundPartShown(Answer):
    """The part of a line that goes back."""

    work_id: str
    amounts: AmountsShown


class RefundShown(Answer):
    """Money that went back, and its credit note; some of it may have come back again."""

    refund_id: str
    parts: list[RefundPartShown]
    total: AmountsShown
    reason: Annotated[RefundReason, Named()]
    made_at: Instant | None
    """Null while it is not known whether the provider made it."""
    number: str | None
    """Of the credit note."""
    bounced_at: Instant | None
    """When the customer's bank had sent it back: it counts as paid again."""
    cancelling_number: str | None
    """The number of the document that cancels the credit note of a refund that bounced."""
    fee: MoneyShown | None


class ElsewhereShown(Answer):
    """A payment that was made at the dealership."""

    amount: MoneyShown
    means: Annotated[PaymentMeans, Named()]
    reference: str
    paid_on: date
    recorded_by: str
    recorded_at: Instant


class DunnedShown(Answer):
    """A step about an invoice that was not paid in time."""

    step: Annotated[DunningStep, Named()]
    owed: MoneyShown
    pay_by: date | None
    """Null of the last step."""
    taken_at: Instant


class DebtShown(Answer):
    """The invoice by which a company pays until a day."""

    customer_id: str
    debtor_name: str
    email: str
    invoice_number: str
    invoiced_on: date
    due_on: date
    amount: MoneyShown
    indemnity: MoneyShown | None
    """The fixed sum that the law gives for the costs of recovery; null where it gives none."""
    steps: list[DunnedShown]
    next_step_at: Instant | None
    """Null after the last step, while the company disputes, and when nothing is owed any more."""
    disputed_at: Instant | None
    reason: str | None
    """What the company says, while it disputes."""
    is_owed: bool


class WithheldShown(Answer):
    """A document that has no number, because it would break rules of electronic invoices. It gets
    one once they are kept."""

    refund_id: str | None
    """Null of the invoice."""
    cancels: bool
    """It would cancel the credit note of the refund."""
    rules: list[str]
    """As their authors call them: BR-CO-09."""
    says: str | None
    """What they say, in the words of their authors, one a line."""
    withheld_at: Instant


class ChargeShown(Answer):
    """The payment of a case."""

    charge_id: str
    dealership_id: str
    case_id: str
    case_version: int
    status: ChargeStatus
    lines: list[ChargeLineShown]
    total: AmountsShown
    rest: MoneyShown | None
    """What can still go back; null before it is paid."""
    paid_at: Instant | None
    payment_id: str | None
    """As the provider calls it."""
    invoice_number: str | None
    fee: MoneyShown | None
    """What the provider kept, as it says."""
    reported: MoneyShown | None
    """The other amount that the provider reported, where it did."""
    refunds: list[RefundShown]
    withheld: WithheldShown | None
    elsewhere: ElsewhereShown | None
    debt: DebtShown | None


class OfferedFact(Answer):
    """A case is to be paid for."""

    charge_id: str
    organisation_id: str
    dealership_id: str
    case_id: str
    case_version: int
    lines: list[ChargeLine]
    total: AmountsShown
    customer_name: str
    language: str
    time_zone: str
    offered_at: Instant


class BegunFact(Answer):
    """The provider is going to be asked for the money."""

    charge_id: str
    organisation_id: str
    dealership_id: str
    intent_id: str
    amount: MoneyShown
    begun_at: Instant


class EndedFact(Answer):
    """An attempt brought no money."""

    charge_id: str
    organisation_id: str
    dealership_id: str
    case_id: str
    intent_id: str
    end: Annotated[AttemptEnd, Named()]
    ended_at: Instant
    next_step_at: Instant | None


class PaidFact(Answer):
    """The provider has the money."""

    charge_id: str
    organisation_id: str
    dealership_id: str
    case_id: str
    case_version: int
    lines: list[ChargeLine]
    total: AmountsShown
    intent_id: str
    payment_id: str
    paid_at: Instant
    version: int


class DifferedFact(Answer):
    """The provider reports another amount than was asked for."""

    charge_id: str
    organisation_id: str
    dealership_id: str
    case_id: str
    intent_id: str
    asked: MoneyShown
    reported: MoneyShown
    differed_at: Instant


class RefundBegunFact(Answer):
    """Money is to go back."""

    charge_id: str
    organisation_id: str
    dealership_id: str
    refund_id: str
    parts: list[RefundPartShown]
    total: AmountsShown
    reason: Annotated[RefundReason, Named()]
    begun_by: str
    begun_at: Instant


class RefundMadeFact(Answer):
    """Money went back."""

    charge_id: str
    organisation_id: str
    dealership_id: str
    case_id: str
    refund_id: str
    provider_refund_id: str
    parts: list[RefundPartShown]
    total: AmountsShown
    reason: Annotated[RefundReason, Named()]
    made_at: Instant
    version: int


class RefundBouncedFact(Answer):
    """A refund came back: the customer's bank did not take it."""

    charge_id: str
    organisation_id: str
    dealership_id: str
    case_id: str
    refund_id: str
    provider_refund_id: str
    parts: list[RefundPartShown]
    total: AmountsShown
    balance_transaction_id: str | None
    responsible_id: str | None
    bounced_at: Instant
    version: int


class FeeFact(Answer):
    """The part of a movement that the provider kept."""

    charge_id: str
    organisation_id: str
    dealership_id: str
    balance_transaction_id: str
    refund_id: str | None
    fee: MoneyShown
    read_at: Instant
    version: int


class ElsewhereFact(Answer):
    """A case was paid at the dealership."""

    charge_id: str
    organisation_id: str
    dealership_id: str
    case_id: str
    amount: MoneyShown
    means: Annotated[PaymentMeans, Named()]
    reference: str
    paid_on: date
    recorded_by: str
    recorded_at: Instant


class DeferredFact(Answer):
    """A company pays by invoice until a day."""

    charge_id: str
    organisation_id: str
    dealership_id: str
    case_id: str
    customer_id: str
    debtor_name: str
    email: str
    language: str
    invoice_number: str
    invoiced_on: date
    due_on: date
    amount: MoneyShown
    indemnity: MoneyShown | None
    dealership_called: str
    deferred_by: str
    deferred_at: Instant
    next_step_at: Instant


class DunnedFact(Answer):
    """A step about an invoice that was not paid in time."""

    charge_id: str
    organisation_id: str
    dealership_id: str
    case_id: str
    customer_id: str
    debtor_name: str
    email: str
    language: str
    dealership_called: str
    step: Annotated[DunningStep, Named()]
    invoice_number: str
    due_on: date
    owed: MoneyShown
    indemnity: MoneyShown | None
    pay_by: date | None
    responsible_id: str
    taken_at: Instant
    next_step_at: Instant | None


_WHOSE = ("charge_id", "organisation_id", "dealership_id")


class ChargeHistory(
    History,
    of=charge_v1.contract,
    shows={
        ChargeOffered: OfferedFact,
        DealershipChosen: (*_WHOSE, "case_id", "chosen_at"),
        AttemptBegun: BegunFact,
        FormOpened: (*_WHOSE, "intent_id", "session_id", "expires_at", "opened_at"),
        AttemptEnded: EndedFact,
        FormRevoked: (*_WHOSE, "intent_id", "revoked_at"),
        PaidElsewhere: ElsewhereFact,
        PaymentDeferred: DeferredFact,
        DunningStepTaken: DunnedFact,
        DunningGivenUp: (
            *(*_WHOSE, "case_id", "customer_id", "invoice_number", "owed", "responsible_id"),
            "given_up_at",
        ),
        DebtDisputed: (*_WHOSE, "case_id", "customer_id", "reason", "disputed_by", "disputed_at"),
        DisputeSettled: (
            *(*_WHOSE, "case_id", "customer_id", "owed", "settled_by", "settled_at"),
            "next_step_at",
        ),
        ChargePaid: PaidFact,
        PaymentDiffered: DifferedFact,
        RefundBegun: RefundBegunFact,
        RefundMade: RefundMadeFact,
        RefundFailed: (*_WHOSE, "refund_id", "failed_at"),
        RefundBounced: RefundBouncedFact,
        FeeRead: FeeFact,
        DocumentNumbered: (
            *(*_WHOSE, "case_id", "refund_id", "number", "account_version", "numbered_at"),
            *("cancels", "buyer_name", "buyer_number", "buyer_vat_number", "buyer_office"),
            *("postal_code", "city", "buyer_country"),
        ),
        DocumentWithheld: (
            *(*_WHOSE, "case_id", "refund_id", "cancels", "rules", "says"),
            *("responsible_id", "withheld_at"),
        ),
    },
):
    """Every fact about the payment of a case, oldest first."""


def charge_shown(charge: Known) -> ChargeShown:
    offered = charge.bill.offered
    paid = charge if isinstance(charge, Paid) else None
    fee = paid.movements.get(None) if paid else None
    number = paid.numbers.get(None) if paid else None
    reported = charge.differed.reported if isinstance(charge, Parked) else None
    return ChargeShown(
        charge_id=offered.charge_id,
        dealership_id=offered.dealership_id,
        case_id=offered.case_id,
        case_version=offered.case_version,
        status=status_of(charge),
        lines=[
            ChargeLineShown(
                work_id=line.work_id,
                label=line.label,
                amounts=AmountsShown.of(line.amounts),
                vat_basis_points=line.vat_basis_points,
                left=AmountsShown.of(paid.left(line) if paid else line.amounts),
            )
            for line in offered.lines
        ],
        total=AmountsShown.of(offered.total),
        rest=MoneyShown.of(paid.rest) if paid else None,
        paid_at=paid.paid.paid_at if paid else None,
        payment_id=paid.paid.payment_id if paid else None,
        invoice_number=number.number if number else None,
        fee=MoneyShown.of(fee.fee) if fee else None,
        reported=MoneyShown.of(reported) if reported else None,
        refunds=refunds_shown(paid) if paid else [],
        withheld=withheld_shown(paid.withheld) if paid and paid.withheld else None,
        elsewhere=ElsewhereShown.of(charge.bill.elsewhere) if charge.bill.elsewhere else None,
        debt=debt_shown(charge.bill.debt) if charge.bill.debt else None,
    )


def debt_shown(debt: Debt) -> DebtShown:
    known = debt.deferred
    return DebtShown(
        customer_id=known.customer_id,
        debtor_name=known.debtor_name,
        email=known.email,
        invoice_number=known.invoice_number,
        invoiced_on=known.invoiced_on,
        due_on=known.due_on,
        amount=MoneyShown.of(known.amount),
        indemnity=MoneyShown.of(known.indemnity) if known.indemnity else None,
        steps=[DunnedShown.of(one) for one in debt.steps],
        next_step_at=debt.due_step_at,
        disputed_at=debt.disputed.disputed_at if debt.disputed else None,
        reason=debt.disputed.reason if debt.disputed else None,
        is_owed=debt.stands,
    )


def withheld_shown(withheld: DocumentWithheld) -> WithheldShown:
    return WithheldShown(
        refund_id=withheld.refund_id,
        cancels=withheld.cancels is True,
        rules=list(withheld.rules),
        says=withheld.says,
        withheld_at=withheld.withheld_at,
    )


def refunds_shown(paid: Paid) -> list[RefundShown]:
    """Those that were made, then those of which it is not known."""
    all_of_them: tuple[RefundMade | RefundBegun, ...] = (
        *paid.refunds.values(),
        *paid.returning.values(),
    )
    return [refund_shown(paid, one) for one in all_of_them]


def refund_shown(paid: Paid, refund: RefundMade | RefundBegun) -> RefundShown:
    number, fee = paid.numbers.get(refund.refund_id), paid.movements.get(refund.refund_id)
    bounced, cancelling = paid.bounced.get(refund.refund_id), paid.cancelling.get(refund.refund_id)
    return RefundShown(
        refund_id=refund.refund_id,
        parts=[RefundPartShown.of(one) for one in refund.parts],
        total=AmountsShown.of(refund.total),
        reason=refund.reason,
        made_at=refund.made_at if isinstance(refund, RefundMade) else None,
        number=number.number if number else None,
        bounced_at=bounced.bounced_at if bounced else None,
        cancelling_number=cancelling.number if cancelling else None,
        fee=MoneyShown.of(fee.fee) if fee else None,
    )


def status_of(charge: Known) -> ChargeStatus:
    match charge:
        case Offered():
            return "offered"
        case AtDealership():
            return "at_dealership"
        case Asked():
            return "asked"
        case Failed():
            return "failed"
        case Settled():
            return "settled"
        case Parked():
            return "parked"
        case Paid():
            return "paid"
        case unhandled:
            assert_never(unhandled)


# --- Routes -----------------------------------------------------------------


def router(cashier: Cashier) -> Router:
    """The routes of charges."""
    routes = Router("Card payments")

    @routes.get("/charges/{charge_id}")
    async def show_charge(charge_id: Id, context: ReaderContext) -> Answered[ChargeShown]:
        """Show what became of the payment of a case, with its refunds."""
        found = await context.load(CHARGE, charge_id)
        return context.show(charge_shown(visible(context, found.state)), found)

    @routes.get("/charges/{charge_id}/history")
    async def charge_history(
        charge_id: Id, context: ReaderContext, part: HistoryPart
    ) -> Answered[ChargeHistory]:
        """List every fact about the payment of a case."""
        visible(context, (await context.load(CHARGE, charge_id)).state)
        return await context.history(CHARGE, charge_id, ChargeHistory, part)

    @routes.post("/charges/{charge_id}/refunds")
    async def refund_charge(
        charge_id: Id, body: RefundBody, context: ManagerContext
    ) -> Answered[Recorded]:
        """Give money back for works, or parts of them: with the VAT that was paid, once."""
        state = (await context.load(CHARGE, charge_id)).state
        offered = refundable(context, state).bill.offered
        try:
            available = await cashier.available(
                offered.dealership_id, offered.total.including_vat.currency
            )
        except Away as error:
            raise try_again(503, "provider-away") from error
        except (NoKeys, *SAYS_NO) as error:
            raise context.refuse(CardsNotTaken()) from error
        command = Refund(
            charge_id=charge_id,
            organisation_id=context.principal.organisation_id,
            refund_id=context.new_id(REFUND),
            parts=tuple((one.work_id, one.amount.money()) for one in body.parts),
            reason=body.reason,
            rest=body.rest.money(),
            available=available,
            by=context.principal.subject,
            at=context.at,
        )
        # The clerk asks the provider for it: at once, and again until it is known how it ended.
        return await context.handle(CHARGE, charge_id, command)

    return routes


def visible(context: RequestContext, charge: Charge) -> Known:
    """A charge of a dealership of the caller's. Raises the same 404 for any other."""
    if isinstance(charge, Unoffered):
        raise context.refuse(NoSuchCharge())
    offered = charge.bill.offered
    ours = offered.organisation_id == context.principal.organisation_id
    if not ours or offered.dealership_id not in context.dealerships(*READERS):
        raise context.refuse(NoSuchCharge())
    return charge


def refundable(context: RequestContext, charge: Charge) -> Paid:
    """A paid charge of a dealership that the caller manages. Raises a 404 or 409 `Problem`."""
    known = visible(context, charge)
    if known.bill.offered.dealership_id not in context.dealerships(*MANAGERS):
        raise context.refuse(NoSuchCharge())
    if not isinstance(known, Paid):
        raise context.refuse(ChargeIsNotPaid())
    return known
