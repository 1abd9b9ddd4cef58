"""The page where a customer pays, for people in browsers. Fetching it changes nothing (ADR 74)."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from contracts.payments.charge_v1 import DocumentNumbered, Line, RefundMade
from infra import payment_links
from infra.catalogues import ENGLISH, language_of
from infra.http.answers import Router
from infra.http.auth import Principal
from infra.http.customer_pages.acting import carried_out
from infra.http.customer_pages.doors import (
    Anybody,
    Asked,
    Chosen,
    Html,
    NoPage,
    NotTaken,
    Sender,
    Token,
)
from infra.http.customer_pages.houses import House, house_of
from infra.http.customer_pages.site import Site, back_to, policy
from infra.http.customer_pages.words import Words
from infra.http.models import Id
from infra.http.problems import slug_of
from infra.http.request_context import RequestContext
from infra.lookups import dealerships
from services.payments.adapters import facturx
from services.payments.adapters.cashier import SAYS_NO, Cashier, NoKeys
from services.payments.adapters.charge_ids import charge_id_of
from services.payments.adapters.paper import Paper
from services.payments.adapters.provider import Away
from services.payments.aggregates import ACCOUNT, CHARGE
from services.payments.charge.papers import number_of
from services.payments.charge.paying import (
    CardsNotTaken,
    ChargeIsPaid,
    ChargeIsParked,
    CurrencyNotCharged,
    NothingToCharge,
    PayAtDealership,
    PaymentIsOpen,
    PayOnline,
)
from services.payments.charge.situations import (
    AtDealership,
    Charge,
    Failed,
    Offered,
    Paid,
    Parked,
    Settled,
    Unoffered,
)
from services.payments.http.charges import status_of
from services.payments.http.offers import offer_of, unpaid
from services.payments.lookups import interventions_case
from services.payments.lookups.interventions_case import Case
from services.payments.terms import sum_of

T = TypeVar("T")

HERE = "/payments/page"
INTENT = "I"
"""How the ids of intents begin."""
SITE = Site("payments", "services.payments.http.payment_page")
PROVIDERS_FORM = "https://checkout.stripe.com"
ERRORS: Mapping[str, str] = {
    slug_of(one): text
    for one, text in {
        ChargeIsPaid: "error_paid",
        ChargeIsParked: "parked",
        PaymentIsOpen: "error_open",
        CardsNotTaken: "error_no_cards",
        CurrencyNotCharged: "error_no_cards",
        NothingToCharge: "gone_nothing",
    }.items()
}
"""The page says these of the rules that say no."""


# --- What is shown ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class LineShown:
    label: str
    amount: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundShown:
    refund_id: str
    amount: str
    at: str
    number: str | None
    bounced_at: str | None
    cancelling: str | None
    """The number of what cancels its credit note."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """All that the page says."""

    house: House
    status: str
    lines: tuple[LineShown, ...]
    excluding: str
    vat: str
    total: str
    paid_at: str
    number: str | None
    refunds: tuple[RefundShown, ...]
    may_pay: bool
    takes_cards: bool
    waits: bool
    """It is looked at again by itself: the answer of the provider is on its way."""
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Somebody who came by a good link, and the case that it is for."""

    context: RequestContext
    token: str
    case: Case
    charge_id: str
    charge: Charge
    words: Words

    @property
    def here(self) -> str:
        return f"{HERE}/{self.token}"


def lines_of(case: Case, charge: Charge) -> tuple[Line, ...]:
    """The lines that were paid or asked for; before, those that would be asked for now: a work
    report may have been sent anew since somebody chose how to pay."""
    offer = offer_of(case)
    match charge:
        case Unoffered():
            return offer.lines
        case Offered(bill) | AtDealership(bill) | Failed(bill):
            agreed = bill.debt is not None and bill.debt.stands
            is_new = not agreed and bill.offered.case_version != offer.case_version
            return offer.lines if is_new else bill.offered.lines
        case _:
            return charge.bill.offered.lines


def show(door: Door, house: House, takes_cards: bool, error: str | None) -> Page:
    words, charge = door.words, door.charge
    paid = charge if isinstance(charge, Paid) else None
    lines = lines_of(door.case, charge)
    total = sum_of(tuple(one.amounts for one in lines), door.case.currency)
    number = paid.numbers.get(None) if paid else None
    status = "offered" if isinstance(charge, Unoffered) else status_of(charge)
    return Page(
        house=house,
        status=status,
        lines=tuple(
            LineShown(label=one.label, amount=words.money(one.amounts.including_vat))
            for one in lines
        ),
        excluding=words.money(total.excluding_vat),
        vat=words.money(total.vat),
        total=words.money(total.including_vat),
        paid_at=words.time(paid.paid.paid_at) if paid else "",
        number=number.number if number else None,
        refunds=refunds_shown(paid, words) if paid else (),
        may_pay=not isinstance(charge, Paid | Parked | Settled) and not door.case.over,
        takes_cards=takes_cards,
        waits=error is None and (status == "asked" or (paid is not None and number is None)),
        error=error,
    )


def refunds_shown(paid: Paid, words: Words) -> tuple[RefundShown, ...]:
    return tuple(refund_shown(paid, one, words) for one in paid.refunds.values())


def refund_shown(paid: Paid, refund: RefundMade, words: Words) -> RefundShown:
    number, cancelling = (number_of(paid, refund.refund_id, cancels) for cancels in (False, True))
    bounced = paid.bounced.get(refund.refund_id)
    return RefundShown(
        refund_id=refund.refund_id,
        amount=words.money(refund.total.including_vat),
        at=words.time(refund.made_at),
        number=number.number if number else None,
        bounced_at=words.time(bounced.bounced_at) if bounced else None,
        cancelling=cancelling.number if cancelling else None,
    )


# --- What is done -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pages:
    """The page over what the service has opened."""

    cashier: Cashier
    form_at: str
    """The origin of the provider's form, where the page may send somebody."""

    async def door(self, asked: Asked) -> Door:
        """The case that a link opens now. Raises `NoPage`."""
        context = asked.context
        case_id = payment_links.read(self.cashier.masters, asked.token, context.at)
        if case_id is None:
            raise NoPage("gone_over", 410)
        known = await context.lookup(interventions_case.lookup, case_id)
        if known is None:
            raise NoPage("gone_unknown", 404)
        case = await unpaid(context, known)
        charge_id = charge_id_of(case.organisation_id, case_id)
        charge = (await context.load(CHARGE, charge_id)).state
        if not lines_of(case, charge) or (
            isinstance(charge, Unoffered) and (case.over or not case.version)
        ):
            raise NoPage("gone_nothing", 404)
        who = Principal(f"case:{case_id}", case.organisation_id, frozenset())
        language = asked.chosen or language_of(case.language) or ENGLISH
        return Door(
            context=context.as_principal(who),
            token=asked.token,
            case=case,
            charge_id=charge_id,
            charge=charge,
            words=SITE.words(language, ZoneInfo(case.time_zone)),
        )

    async def look(self, asked: Asked) -> Response:
        async def whole(door: Door) -> Response:
            return await self.written(door, asked)

        return await SITE.behind(asked, self.door, whole)

    async def written(
        self, door: Door, asked: Asked, error: str | None = None, status: int = 200
    ) -> Response:
        known = await door.context.lookup(dealerships.lookup, door.case.dealership_id)
        if known is None:
            raise NoPage("gone_unknown", 404)
        house = house_of(known, door.case.brand)
        account = (await door.context.load(ACCOUNT, door.case.dealership_id)).state
        page = show(door, house, account.takes_cards, error)
        answer = SITE.written(
            "payment.html",
            door.words,
            {"page": page},
            here=door.here,
            chosen=asked.chosen,
            status=status,
        )
        # Browsers hold the policy against where a form is sent on to as well.
        answer.headers["Content-Security-Policy"] = f"{policy(acts=True)} {self.form_at}"
        return answer

    async def act(self, asked: Asked, act: Callable[[Door], Awaitable[str | None]]) -> Response:
        """The page after an act, or with why it was not taken."""
        await asked.fields()

        async def done(door: Door) -> Response:
            if (refused := await self.not_the_customer(door, asked)) is not None:
                return refused
            outcome = await carried_out(act(door), ERRORS)
            if outcome.is_done:
                return back_to(door.here, asked.chosen)
            return await self.written(await self.door(asked), asked, outcome.error, outcome.status)

        return await SITE.behind(asked, self.door, done)

    async def not_the_customer(self, door: Door, asked: Asked) -> Response | None:
        """The page for a colleague who presses a button: what they choose would be recorded as the
        customer's choice. None for anybody else."""
        if not await asked.by_colleague(door.case.organisation_id):
            return None
        return await self.written(door, asked, "error_colleague", 403)

    async def pay_online(self, asked: Asked) -> Response:
        """To the provider's form, that of the attempt that is open or a new one's."""
        await asked.fields()

        async def done(door: Door) -> Response:
            if (refused := await self.not_the_customer(door, asked)) is not None:
                return refused
            forms: list[str] = []

            async def open_one() -> None:
                form = await self.form(door)
                if form is not None:
                    forms.append(form)

            outcome = await carried_out(open_one(), ERRORS)
            if forms:
                return RedirectResponse(forms[0], 303)
            if outcome.is_done:
                return back_to(door.here, asked.chosen)
            return await self.written(await self.door(asked), asked, outcome.error, outcome.status)

        return await SITE.behind(asked, self.door, done)

    async def form(self, door: Door) -> str | None:
        """The address of the provider's form; None when the attempt is over, which the page tells.

        Raises the `Problem` of a rule that says no, and `NotTaken` while the provider is away.
        """
        context, case = door.context, door.case
        refuse_over(case)
        account = (await context.load(ACCOUNT, case.dealership_id)).state
        connected = account.connected if account.takes_cards else None
        command = PayOnline(
            charge_id=door.charge_id,
            organisation_id=case.organisation_id,
            offer=offer_of(case),
            intent_id=context.new_id(INTENT),
            currencies=connected.currencies if connected else None,
            at=context.at,
        )
        await context.perform(CHARGE, door.charge_id, command)
        with_provider = self.cashier.form(door.charge_id)
        session = await asking(with_provider)
        return session.url if session else None

    async def pay_there(self, door: Door) -> None:
        """Choose the dealership; a form that is still open is taken away before."""
        refuse_over(door.case)
        if not await asking(self.cashier.give_up(door.charge_id)):
            raise NotTaken("error_paid")
        command = PayAtDealership(
            charge_id=door.charge_id,
            organisation_id=door.case.organisation_id,
            offer=offer_of(door.case),
            at=door.context.at,
        )
        await door.context.perform(CHARGE, door.charge_id, command)

    async def document(
        self, asked: Asked, refund_id: str | None = None, cancels: bool = False
    ) -> Response:
        """The invoice, the credit note of a refund, or what cancels that, as PDF (FLB-173); of a
        company with the invoice for machines in it."""

        async def made(door: Door) -> Response:
            paid = door.charge
            numbered = number_of(paid, refund_id, cancels) if isinstance(paid, Paid) else None
            if not isinstance(paid, Paid) or numbered is None:
                raise NoPage("gone_no_document", 404)
            pdf = await asyncio.to_thread(facturx.made, await paper_of(door, paid, numbered))
            name = f"{numbered.number}.pdf"
            headers = {
                "Content-Disposition": f'attachment; filename="{name}"',
                "Cache-Control": "no-store",
                "X-Robots-Tag": "noindex, nofollow, noarchive",
            }
            return Response(pdf, media_type="application/pdf", headers=headers)

        return await SITE.behind(asked, self.door, made)


def refuse_over(case: Case) -> None:
    """Raises `NotTaken` for a page that was made before the case was closed."""
    if case.over:
        raise NotTaken("gone_nothing")


async def asking(answer: Awaitable[T]) -> T:
    """The answer of the provider. Raises `NotTaken` where there is none."""
    try:
        return await answer
    except Away as error:
        raise NotTaken("error_provider") from error
    except (NoKeys, *SAYS_NO) as error:
        raise NotTaken("error_no_cards") from error


async def paper_of(door: Door, paid: Paid, numbered: DocumentNumbered) -> Paper:
    """A document that has a number, with the company as it was when it got it, in the language in
    which the case was written."""
    loaded = await door.context.load(
        ACCOUNT, door.case.dealership_id, at_version=numbered.account_version
    )
    company = loaded.state.company
    if company is None:
        raise NoPage("gone_no_document", 404)
    offered = paid.bill.offered
    language = language_of(offered.language) or ENGLISH
    return Paper(
        paid=paid,
        numbered=numbered,
        company=company,
        refund=paid.refunds[numbered.refund_id] if numbered.refund_id else None,
        words=SITE.words(language, ZoneInfo(offered.time_zone)),
    )


def router(cashier: Cashier, provider: str) -> Router:
    """The routes. They are for browsers, and no part of the API that documents tell of."""
    parts = urlsplit(provider)
    pages = Pages(cashier, f"{parts.scheme}://{parts.netloc}" if provider else PROVIDERS_FORM)
    routes = Router("Page in a browser")
    routes.include_in_schema = False

    SITE.serve_assets(routes)

    @routes.get("/page/{token}")
    async def look(token: Token, context: Anybody, request: Request, lang: Chosen = None) -> Html:
        """The page. Fetching it changes nothing."""
        return await pages.look(Asked(context, token, request, lang))

    @routes.post("/page/{token}/online")
    async def online(token: Token, context: Sender, request: Request, lang: Chosen = None) -> Html:
        """Pay by card at the provider (FLB-172); no second charge while one may go through."""
        return await pages.pay_online(Asked(context, token, request, lang))

    @routes.post("/page/{token}/at-dealership")
    async def there(token: Token, context: Sender, request: Request, lang: Chosen = None) -> Html:
        """Pay at the dealership (FLB-172)."""
        return await pages.act(Asked(context, token, request, lang), pages.pay_there)

    @routes.get("/page/{token}/invoice")
    async def invoice(
        token: Token, context: Anybody, request: Request, lang: Chosen = None
    ) -> Html:
        """The invoice as PDF (FLB-173)."""
        return await pages.document(Asked(context, token, request, lang))

    @routes.get("/page/{token}/credit-notes/{refund_id}")
    async def credit_note(
        token: Token, refund_id: Id, context: Anybody, request: Request, lang: Chosen = None
    ) -> Html:
        """The credit note of a refund as PDF."""
        return await pages.document(Asked(context, token, request, lang), refund_id)

    @routes.get("/page/{token}/cancellations/{refund_id}")
    async def cancellation(
        token: Token, refund_id: Id, context: Anybody, request: Request, lang: Chosen = None
    ) -> Html:
        """The document that cancels the credit note of a refund that came back, as PDF."""
        asked = Asked(context, token, request, lang)
        return await pages.document(asked, refund_id, cancels=True)

    return routes
