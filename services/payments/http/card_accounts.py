"""The accounts of dealerships at the provider of card payments, over HTTP (FLB-169, FLB-170)."""

from typing import Annotated

from pydantic import AfterValidator, StringConstraints

from contracts.dealerships.dealership_v1 import Licence
from contracts.payments import account_v1
from contracts.payments.account_v1 import (
    AccountConnected,
    AccountDisconnected,
    CardDifferenceKind,
    CompanyDeclared,
    DayReconciled,
    DifferenceFound,
    DifferenceResolution,
    DifferenceResolved,
    ModeSet,
    PaidOut,
    PeriodClosed,
)
from infra.http.answers import Answer, Answered, MoneyShown, Recorded, Router
from infra.http.history import History, HistoryPart
from infra.http.models import Body, Country, Id, Instant, Line, Named
from infra.http.problems import try_again
from infra.http.request_context import RequestContext
from infra.lookups import dealerships
from infra.wording import Unfit
from services.payments.account import (
    Account,
    Connect,
    DeclareCompany,
    Disconnect,
    KeyRefused,
    KeysOfTwoModes,
    ScopesMissing,
    SetMode,
)
from services.payments.adapters.card_keys import Keys, destroying
from services.payments.adapters.cashier import Cashier
from services.payments.adapters.provider import Away, Identity, KeyNotTaken, NotDone, NotPermitted
from services.payments.aggregates import ACCOUNT
from services.payments.http.card_access import (
    MANAGERS,
    AdministrationContext,
    ManagerContext,
    of_any,
    own,
)

LIVE_RESTRICTED, LIVE_PUBLISHABLE = "rk_live_", "pk_live_"
SHOWN_OF_KEY = 4

# --- Bodies -----------------------------------------------------------------


def restricted_key(text: str) -> str:
    """A key that may do some things only; whole keys are never taken."""
    if not text.startswith(("rk_test_", LIVE_RESTRICTED)):
        raise Unfit("restricted_key")
    return text


def publishable_key(text: str) -> str:
    if not text.startswith(("pk_test_", LIVE_PUBLISHABLE)):
        raise Unfit("publishable_key")
    return text


def webhook_secret(text: str) -> str:
    if not text.startswith("whsec_"):
        raise Unfit("webhook_secret")
    return text


_Secret = Annotated[str, StringConstraints(pattern=r"^[!-~]{16,255}$")]


class KeysBody(Body):
    """Keys of the dealership's own account; nobody is ever shown the two secret ones again."""

    restricted_key: Annotated[_Secret, AfterValidator(restricted_key)]
    publishable_key: Annotated[_Secret, AfterValidator(publishable_key)]
    webhook_secret: Annotated[_Secret, AfterValidator(webhook_secret)]


class CompanyBody(Body):
    """The company that sells the works, as it is registered."""

    legal_name: Line
    company_number: Line
    vat_number: Line | None = None
    registered_office: Line
    postal_code: Line
    city: Line
    country: Country


class ModeBody(Body):
    live: bool
    """Whether customers of the dealership pay with real money."""


# --- Answers ----------------------------------------------------------------


class CompanyShown(Answer):
    """The company that writes the invoices."""

    legal_name: str
    company_number: str
    vat_number: str | None
    registered_office: str
    postal_code: str
    city: str
    country: str


class ConnectionShown(Answer):
    """The account at the provider; its secret keys are shown to nobody."""

    provider_account_id: str
    publishable_key: str
    key_ends_with: str
    currencies: list[str]
    connected_by: str
    connected_at: Instant


class CardAccountShown(Answer):
    """How a dealership takes cards."""

    dealership_id: str
    live: bool
    takes_cards: bool
    company: CompanyShown | None
    connection: ConnectionShown | None


class DifferenceFact(Answer):
    """The provider's balance and the books differ."""

    dealership_id: str
    organisation_id: str
    difference_id: str
    kind: Annotated[CardDifferenceKind, Named()]
    movement: str | None
    charge_id: str | None
    at_provider: MoneyShown | None
    fee_at_provider: MoneyShown | None
    in_books: MoneyShown | None
    fee_in_books: MoneyShown | None
    moved_at: Instant
    found_at: Instant


class ResolvedFact(Answer):
    """An accountant said what a difference is."""

    dealership_id: str
    organisation_id: str
    difference_id: str
    resolution: Annotated[DifferenceResolution, Named()]
    reference: str | None
    resolved_by: str
    resolved_at: Instant


class PaidOutFact(Answer):
    """The provider paid out to the bank."""

    dealership_id: str
    organisation_id: str
    balance_transaction_id: str
    amount: MoneyShown
    fee: MoneyShown
    paid_out_at: Instant
    booked_at: Instant
    version: int


class CardAccountHistory(
    History,
    of=account_v1.contract,
    shows={
        ModeSet: ("dealership_id", "organisation_id", "live", "set_by", "set_at"),
        CompanyDeclared: (
            *("dealership_id", "organisation_id", "legal_name", "company_number", "vat_number"),
            *("registered_office", "postal_code", "city", "country", "declared_by", "declared_at"),
        ),
        AccountConnected: (
            *("dealership_id", "organisation_id", "provider_account_id", "live"),
            *("publishable_key", "key_ends_with", "currencies", "connected_by", "connected_at"),
        ),
        AccountDisconnected: (
            *("dealership_id", "organisation_id", "disconnected_by", "disconnected_at"),
        ),
        DayReconciled: (
            *(
                "dealership_id",
                "organisation_id",
                "day",
                "matched_count",
                "found_count",
                "responsible_id",
            ),
            "reconciled_at",
        ),
        DifferenceFound: DifferenceFact,
        DifferenceResolved: ResolvedFact,
        PaidOut: PaidOutFact,
        PeriodClosed: (
            *("dealership_id", "organisation_id", "begins_on", "ends_on", "entry_count", "digest"),
            *("closed_by", "closed_at"),
        ),
    },
):
    """Every fact about how a dealership takes cards, oldest first."""


def account_shown(dealership_id: str, account: Account) -> CardAccountShown:
    return CardAccountShown(
        dealership_id=dealership_id,
        live=account.live,
        takes_cards=account.takes_cards,
        company=CompanyShown.of(account.company) if account.company else None,
        connection=ConnectionShown.of(account.connected) if account.connected else None,
    )


# --- Routes -----------------------------------------------------------------


def router(cashier: Cashier) -> Router:
    """The routes of accounts."""
    routes = Router("Card accounts")

    @routes.get("/card-accounts/{dealership_id}")
    async def show_card_account(
        dealership_id: Id, context: ManagerContext
    ) -> Answered[CardAccountShown]:
        """Show how a dealership takes cards; never its secret keys."""
        await own(context, dealership_id, *MANAGERS)
        found = await context.load(ACCOUNT, dealership_id)
        return context.show(account_shown(dealership_id, found.state), found)

    @routes.get("/card-accounts/{dealership_id}/history")
    async def card_account_history(
        dealership_id: Id, context: ManagerContext, part: HistoryPart
    ) -> Answered[CardAccountHistory]:
        """List every fact about how a dealership takes cards."""
        await own(context, dealership_id, *MANAGERS)
        return await context.history(ACCOUNT, dealership_id, CardAccountHistory, part)

    @routes.put("/card-accounts/{dealership_id}/mode")
    async def set_card_mode(
        dealership_id: Id, body: ModeBody, context: AdministrationContext
    ) -> Answered[Recorded]:
        """Say whether customers of the dealership pay with real money; the operator does."""
        known = await of_any(context, dealership_id)
        command = SetMode(
            dealership_id=dealership_id,
            organisation_id=known.organisation_id,
            live=body.live,
            by=context.principal.subject,
            at=context.at,
        )
        return await context.handle(ACCOUNT, dealership_id, command)

    @routes.put("/card-accounts/{dealership_id}/company")
    async def declare_card_company(
        dealership_id: Id, body: CompanyBody, context: ManagerContext
    ) -> Answered[Recorded]:
        """Say which company sells the works and writes the invoices."""
        await own(context, dealership_id, *MANAGERS)
        command = DeclareCompany(
            dealership_id=dealership_id,
            organisation_id=context.principal.organisation_id,
            legal_name=body.legal_name,
            company_number=body.company_number,
            vat_number=body.vat_number,
            registered_office=body.registered_office,
            postal_code=body.postal_code,
            city=body.city,
            country=body.country,
            by=context.principal.subject,
            at=context.at,
        )
        return await context.handle(ACCOUNT, dealership_id, command)

    @routes.put("/card-accounts/{dealership_id}/keys")
    async def connect_card_account(
        dealership_id: Id, body: KeysBody, context: ManagerContext
    ) -> Answered[Recorded]:
        """Give the keys of the dealership's account: the provider is asked what they may, and
        whether they are for real money."""
        known = await own(context, dealership_id, *MANAGERS)
        dealerships.require_licence(known, Licence.ONLINE_PAYMENT)
        identity = await identified(context, cashier, body)
        command = Connect(
            dealership_id=dealership_id,
            organisation_id=context.principal.organisation_id,
            provider_account_id=identity.provider_account_id,
            live=identity.live,
            publishable_key=body.publishable_key,
            key_ends_with=body.restricted_key[-SHOWN_OF_KEY:],
            currencies=identity.currencies,
            currency=known.currency,
            missing=identity.missing,
            needless=identity.needless,
            by=context.principal.subject,
            at=context.at,
        )
        keep = cashier.keys.keeping(dealership_id, Keys(body.restricted_key, body.webhook_secret))
        return await context.handle(ACCOUNT, dealership_id, command, in_transaction=keep)

    @routes.delete("/card-accounts/{dealership_id}/keys")
    async def disconnect_card_account(
        dealership_id: Id, context: ManagerContext
    ) -> Answered[Recorded]:
        """Destroy the keys: no card is charged for the dealership from then on."""
        await own(context, dealership_id, *MANAGERS)
        command = Disconnect(
            dealership_id=dealership_id,
            organisation_id=context.principal.organisation_id,
            by=context.principal.subject,
            at=context.at,
        )
        destroy = destroying(dealership_id)
        return await context.handle(ACCOUNT, dealership_id, command, in_transaction=destroy)

    return routes


async def identified(context: RequestContext, cashier: Cashier, body: KeysBody) -> Identity:
    """The account of a key. Raises the `Problem` of one that the provider does not take."""
    live = body.restricted_key.startswith(LIVE_RESTRICTED)
    if live != body.publishable_key.startswith(LIVE_PUBLISHABLE):
        raise context.refuse(KeysOfTwoModes())
    try:
        return await cashier.provider.identity(body.restricted_key)
    except KeyNotTaken as error:
        raise context.refuse(KeyRefused()) from error
    except (NotPermitted, NotDone) as error:
        raise context.refuse(ScopesMissing("account")) from error
    except Away as error:
        raise try_again(503, "provider-away") from error
