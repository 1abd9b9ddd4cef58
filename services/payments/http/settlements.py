"""Settlements over HTTP: jobs that are owed to a provider of a marketplace, and their payment."""

import asyncio
from collections.abc import Iterable
from typing import Annotated
from zoneinfo import ZoneInfo

from starlette.responses import Response

from contracts.common_v1 import Money
from contracts.payments import settlement_v1
from contracts.payments.settlement_v1 import (
    CommissionInvoiced,
    JobCredited,
    ProviderPaid,
    Seller,
)
from infra.catalogues import ENGLISH, language_of
from infra.http.answers import Answer, Answered, Content, MoneyShown, Router
from infra.http.history import History, HistoryPart
from infra.http.models import Body, Id, Instant, Line, MoneyBody
from infra.http.request_context import RequestContext
from infra.lookups import marketplaces
from services.payments.adapters.commissions import CommissionPaper
from services.payments.aggregates import SETTLEMENT
from services.payments.http.payees import Iban
from services.payments.http.payment_page.routes import SITE
from services.payments.http.settlement_access import (
    EitherContext,
    OperatorContext,
    is_operator,
    settled,
)
from services.payments.lookups import marketplace_provider
from services.payments.settlement import (
    NoSuchCommissionInvoice,
    PayProvider,
    Settlement,
    sum_of,
)
from services.payments.settlement.invoicing import Buyer, Parties

router = Router("Settlements")
PDF = "application/pdf"
Pdf = Annotated[Response, Content(PDF)]

# --- Bodies and answers -----------------------------------------------------


class ProviderPayoutBody(Body):
    due: MoneyBody
    """The sum of what is owed in this currency, as it was seen; 412 when it is another one now."""
    iban: Iban
    """The account that the money went to; 412 when the provider has another one now."""
    reference: Line
    """The bank's reference of the transfer."""


class CreditedJob(Answer):
    """A job that was done, and what is whose of its price."""

    job_id: str
    amount: MoneyShown
    """Without VAT."""
    vat: MoneyShown
    commission: MoneyShown
    commission_vat: MoneyShown
    payout: MoneyShown
    """The provider's part: amount and VAT, less the commission and its VAT."""
    credited_at: Instant


class ProviderPayout(Answer):
    """A payment of the operator to the provider."""

    payout_id: str
    job_ids: tuple[str, ...]
    net: MoneyShown
    reference: str
    invoice_number: str | None
    """Of the commissions that were kept of it; null where nothing was invoiced."""
    paid_at: Instant


class SettlementShown(Answer):
    """The jobs that are owed to a provider of a marketplace, and what was paid, latest first."""

    settlement_id: str
    marketplace_id: str
    provider_id: str
    iban: str | None
    """Where the money is to go; shown to the operator alone. Null while the provider has not stated
    it."""
    due: tuple[MoneyShown, ...]
    """The sums of what is not paid, one a currency; negative where the provider owes it."""
    jobs: tuple[CreditedJob, ...]
    """Those that are not paid."""
    payouts: tuple[ProviderPayout, ...]


class ProviderPayoutMade(Answer):
    """The payment that was recorded."""

    id: str


class SettlementHistory(
    History,
    of=settlement_v1.contract,
    shows={
        JobCredited: (
            *("settlement_id", "provider_id", "job_id", "amount", "vat"),
            *("commission", "commission_vat", "payout", "credited_at"),
        ),
        ProviderPaid: (
            "settlement_id",
            "payout_id",
            "job_ids",
            "net",
            "reference",
            "paid_by",
            "paid_at",
        ),
        CommissionInvoiced: (
            *("settlement_id", "payout_id", "number", "commission", "vat"),
            *("including_vat", "issued_at"),
        ),
    },
):
    """Every fact about a settlement, oldest first."""


# --- Routes -----------------------------------------------------------------


@router.get("/settlements/{settlement_id}")
async def show_settlement(settlement_id: Id, context: EitherContext) -> Answered[SettlementShown]:
    """Show what is owed and was paid: the id is that of the relation of both sides."""
    state = await settled(context, settlement_id)
    account = await account_of(context, state) if is_operator(context) else None
    return Answered(shown(state, account))


@router.get("/settlements/{settlement_id}/history")
async def settlement_history(
    settlement_id: Id, context: EitherContext, part: HistoryPart
) -> Answered[SettlementHistory]:
    """List every fact about a settlement."""
    await settled(context, settlement_id)
    return await context.history(SETTLEMENT, settlement_id, SettlementHistory, part)


@router.post("/settlements/{settlement_id}/payouts", status_code=201)
async def pay_provider(
    settlement_id: Id, body: ProviderPayoutBody, context: OperatorContext
) -> Answered[ProviderPayoutMade]:
    """Record that the bank paid the provider all that is owed in a currency; the commissions of it
    are invoiced to the provider, once it is known which companies both are."""
    state = await settled(context, settlement_id)
    payout_id = f"p-{context.command_context.command_id.hex[:16]}"
    command = PayProvider(
        payout_id=payout_id,
        due=body.due.money(),
        iban=body.iban,
        account=await account_of(context, state),
        reference=body.reference,
        parties=await parties_of(context, state),
        by=context.principal.subject,
        at=context.at,
    )
    return await context.handle(
        SETTLEMENT,
        settlement_id,
        command,
        lambda _: ProviderPayoutMade(id=payout_id),
        created=f"/payments/settlements/{settlement_id}",
    )


@router.get("/settlements/{settlement_id}/payouts/{payout_id}/invoice")
async def commission_invoice(settlement_id: Id, payout_id: Id, context: EitherContext) -> Pdf:
    """The invoice of the commissions that were kept of a payment, as PDF in the language of the
    marketplace; the same bytes whenever it is asked for."""
    state = await settled(context, settlement_id)
    if (invoiced := state.invoices.get(payout_id)) is None:
        raise context.refuse(NoSuchCommissionInvoice())
    words = SITE.words(language_of(invoiced.language) or ENGLISH, ZoneInfo(invoiced.time_zone))
    content = await asyncio.to_thread(CommissionPaper(invoiced, words).pdf)
    name = f'inline; filename="{invoiced.number}.pdf"'
    return Response(content, media_type=PDF, headers={"Content-Disposition": name})


# --- What is shown ----------------------------------------------------------


async def account_of(context: RequestContext, state: Settlement) -> str | None:
    known = await context.lookup(marketplace_provider.lookup, state.provider_id)
    return known.iban if known else None


async def parties_of(context: RequestContext, state: Settlement) -> Parties | None:
    """The parties of an invoice of commissions; None until the operator has declared its company
    and the provider has stated who it is."""
    kept = await context.lookup(marketplaces.lookup, state.organisation_id)
    known = await context.lookup(marketplace_provider.lookup, state.provider_id)
    if kept is None or known is None or not kept.marketplace[0].company:
        return None
    [marketplace] = kept.marketplace
    [company] = marketplace.company
    if not (known.legal_name and known.street and known.postal_code and known.city):
        return None
    return Parties(
        seller=Seller(
            legal_name=company.legal_name,
            company_number=company.company_number,
            vat_number=company.vat_number,
            registered_office=company.registered_office,
            postal_code=company.postal_code,
            city=company.city,
            country=company.country,
        ),
        buyer=Buyer(
            name=known.legal_name,
            street=known.street,
            postal_code=known.postal_code,
            city=known.city,
            country=known.country,
            number=known.company_number,
            vat_number=known.vat_number,
        ),
        vat=marketplace.commission_vat,
        language=marketplace.language,
        time_zone=marketplace.time_zone,
    )


def shown(state: Settlement, account: str | None) -> SettlementShown:
    return SettlementShown(
        settlement_id=state.settlement_id,
        marketplace_id=state.organisation_id,
        provider_id=state.provider_id,
        iban=account,
        due=tuple(map(MoneyShown.of, sums(state.due.values()))),
        jobs=tuple(map(CreditedJob.of, state.due.values())),
        payouts=tuple(payout_shown(state, one) for one in reversed([*state.paid.values()])),
    )


def payout_shown(state: Settlement, paid: ProviderPaid) -> ProviderPayout:
    invoiced = state.invoices.get(paid.payout_id)
    return ProviderPayout(
        payout_id=paid.payout_id,
        job_ids=paid.job_ids,
        net=MoneyShown.of(paid.net),
        reference=paid.reference,
        invoice_number=invoiced.number if invoiced else None,
        paid_at=paid.paid_at,
    )


def sums(jobs: Iterable[JobCredited]) -> list[Money]:
    """The sums of the jobs, a currency at a time, in the order of their codes."""
    known = tuple(jobs)
    currencies = sorted({one.payout.currency for one in known})
    return [
        sum_of((one for one in known if one.payout.currency == currency), currency)
        for currency in currencies
    ]
