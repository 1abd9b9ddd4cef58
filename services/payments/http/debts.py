"""Cases that are not paid online: paid at the dealership, or by a company until a day."""

from datetime import date
from typing import Annotated
from zoneinfo import ZoneInfo

from contracts.dealers import Dealership
from contracts.payments.charge_v1 import PaymentMeans
from infra.http.answers import Answered, Recorded, Router
from infra.http.models import Body, Day, Email, Id, Line, MoneyBody, Named, Text
from infra.http.problems import try_again
from infra.http.request_context import RequestContext
from infra.lookups import dealerships
from services.payments.adapters.cashier import SAYS_NO, Cashier, NoKeys
from services.payments.adapters.charge_ids import charge_id_of
from services.payments.adapters.provider import Away
from services.payments.aggregates import CHARGE
from services.payments.charge.dunning import Debtor, DeferPayment, DisputeDebt, SettleDispute
from services.payments.charge.elsewhere import SettleElsewhere, settle
from services.payments.charge.paying import ChargeIsPaid, NoSuchCharge, PaymentIsOpen
from services.payments.charge.situations import Asked, Offered
from services.payments.http.card_access import READERS, ReaderContext
from services.payments.http.charges import visible
from services.payments.http.offers import offer_of, unpaid
from services.payments.lookups import customers_customer, interventions_case
from services.payments.lookups.interventions_case import Case
from services.payments.read_models import debts

UNION: frozenset[str] = frozenset(
    {
        *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU"),
        *("IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"),
    }
)
"""The countries in which the law gives the fixed sum (Directive 2011/7/EU)."""

# --- Bodies -----------------------------------------------------------------


class ElsewhereBody(Body):
    """A payment that was made at the dealership."""

    amount: MoneyBody
    """All that the case comes to, or that with what was claimed beside the invoice."""
    means: Annotated[PaymentMeans, Named()]
    reference: Line
    """Of the receipt, the cheque or the transfer, as the dealership's own books have it."""
    paid_on: Day


class DeferralBody(Body):
    """The invoice by which a company pays, and until when."""

    amount: MoneyBody
    """What the case comes to, as it was seen; 412 when it is another amount now."""
    invoice_number: Line
    """Of the dealership's own invoice."""
    invoiced_on: Day
    due_on: Day
    """At most 60 days after that of the invoice."""
    email: Email
    """Where the company gets its invoices, and what is written about them."""


class DisputeBody(Body):
    reason: Text
    """What the company says."""


class DisputeSettlementBody(Body):
    owed: bool
    """False: nothing is owed by the invoice any more."""


# --- Routes -----------------------------------------------------------------


def router(cashier: Cashier) -> Router:
    """The routes of what is not paid online."""
    routes = Router("Card payments")

    @routes.put("/cases/{case_id}/payment-elsewhere")
    async def settle_elsewhere(
        case_id: Id, body: ElsewhereBody, context: ReaderContext
    ) -> Answered[Recorded]:
        """Record that a case was paid at the dealership. An open form for a card is taken away
        before."""
        case, house = await case_of(context, case_id)
        charge_id = charge_id_of(case.organisation_id, case_id)
        command = SettleElsewhere(
            charge_id=charge_id,
            organisation_id=case.organisation_id,
            offer=offer_of(case),
            amount=body.amount.money(),
            means=body.means,
            reference=body.reference,
            paid_on=body.paid_on,
            today=today(context, house),
            by=context.principal.subject,
            at=context.at,
        )
        state = await cashier.state(charge_id)
        if isinstance(state, Asked):
            # Nobody loses their form to a slip of the pen.
            without_form = settle(command, Offered(state.bill))
            if not isinstance(without_form, list):
                raise context.refuse(without_form)
            await give_up(cashier, context, charge_id)
        return await context.handle(CHARGE, charge_id, command)

    @routes.put("/cases/{case_id}/deferral")
    async def defer_payment(
        case_id: Id, body: DeferralBody, context: ReaderContext
    ) -> Answered[Recorded]:
        """Give a company time to pay a case by the dealership's own invoice. After the day it is
        dunned, until it pays or disputes."""
        case, house = await case_of(context, case_id)
        debtor, held = await debtor_of(context, case)
        command = DeferPayment(
            charge_id=charge_id_of(case.organisation_id, case_id),
            organisation_id=case.organisation_id,
            offer=offer_of(case),
            debtor=debtor,
            held_by=held,
            email=body.email,
            amount=body.amount.money(),
            invoice_number=body.invoice_number,
            invoiced_on=body.invoiced_on,
            due_on=body.due_on,
            today=today(context, house),
            in_union=house.country in UNION,
            dealership_called=house.dealership_name,
            by=context.principal.subject,
            at=context.at,
        )
        return await context.handle(CHARGE, command.charge_id, command)

    @routes.post("/charges/{charge_id}/dispute")
    async def dispute_debt(
        charge_id: Id, body: DisputeBody, context: ReaderContext
    ) -> Answered[Recorded]:
        """Record that a company disputes its invoice: it is dunned no more until that is
        settled."""
        visible(context, (await context.load(CHARGE, charge_id)).state)
        command = DisputeDebt(
            charge_id=charge_id,
            organisation_id=context.principal.organisation_id,
            reason=body.reason,
            by=context.principal.subject,
            at=context.at,
        )
        return await context.handle(CHARGE, charge_id, command)

    @routes.post("/charges/{charge_id}/dispute/settlement")
    async def settle_dispute(
        charge_id: Id, body: DisputeSettlementBody, context: ReaderContext
    ) -> Answered[Recorded]:
        """Record whether the company owes what it disputed."""
        visible(context, (await context.load(CHARGE, charge_id)).state)
        command = SettleDispute(
            charge_id=charge_id,
            organisation_id=context.principal.organisation_id,
            owed=body.owed,
            by=context.principal.subject,
            at=context.at,
        )
        return await context.handle(CHARGE, charge_id, command)

    return routes


async def case_of(context: RequestContext, case_id: str) -> tuple[Case, Dealership]:
    """A case of a dealership of the caller's, and that. Raises the same 404 for any other."""
    case = await context.lookup(interventions_case.lookup, case_id)
    if case is None or case.organisation_id != context.principal.organisation_id:
        raise context.refuse(NoSuchCharge())
    house = await context.lookup(dealerships.lookup, case.dealership_id)
    if house is None or case.dealership_id not in context.dealerships(*READERS):
        raise context.refuse(NoSuchCharge())
    return await unpaid(context, case), house


async def debtor_of(context: RequestContext, case: Case) -> tuple[Debtor | None, str | None]:
    """The company of a case, and the number of an invoice for which it is on hold."""
    company = await customers_customer.of_case(context.lookups, case.case_id)
    if company is None:
        return None, None
    debtor = Debtor(customer_id=company.customer_id, name=company.legal_name)
    records = await customers_customer.records_of(context.lookups, company)
    return debtor, await debts.held_by(context.pool, case.organisation_id, records)


async def give_up(cashier: Cashier, context: RequestContext, charge_id: str) -> None:
    """Take an open form away. Raises 409 where the customer paid by it, or may have, and 503 while
    the provider is away."""
    try:
        if not await cashier.give_up(charge_id):
            raise context.refuse(ChargeIsPaid())
    except Away as error:
        raise try_again(503, "provider-away") from error
    except (NoKeys, *SAYS_NO) as error:
        raise context.refuse(PaymentIsOpen()) from error


def today(context: RequestContext, house: Dealership) -> date:
    """The day where the dealership is."""
    return context.at.astimezone(ZoneInfo(house.time_zone)).date()
