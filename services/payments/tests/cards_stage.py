"""The API of card payments over a real store and the double of the provider, and who asks it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from contracts.accounts.organisation_v1 import OrganisationKind
from contracts.common_v1 import Money
from contracts.dealerships.dealership_v1 import DealershipOpened, Licence, LicencesChanged
from contracts.interventions.case_v1 import (
    Amounts,
    AnswerOrigin,
    CaseAnswered,
    CaseClosed,
    CaseCreated,
    CustomerNamed,
    LineAccepted,
    Module,
    Price,
    PriceMode,
    Title,
    Work,
    WorkLevel,
)
from infra import payment_links
from infra.testing import serving
from infra.testing.cards import KEY, PUBLISHABLE, SECRET, CardServer, card_server
from infra.testing.following import NOON, follow, organisation
from infra.tokens import Role, issue
from services.payments.adapters.cashier import Cashier, cashier
from services.payments.adapters.charge_ids import charge_id_of
from services.payments.adapters.clerk import Clerk, clerk
from services.payments.service import service
from services.payments.tests.make_cards import GROUP, HOUSE

ACCOUNT = f"/card-accounts/{HOUSE}"
KEYS = {"restricted_key": KEY, "publishable_key": PUBLISHABLE, "webhook_secret": SECRET}
COMPANY = {
    "legal_name": "Petit Lyon SAS",
    "company_number": "73282932000074",
    "vat_number": "FR44732829320",
    "registered_office": "1 quai Perrache",
    "postal_code": "69002",
    "city": "Lyon",
    "country": "FR",
}
NO_SENDER = {"Idempotency-Key": ""}


def eur(amount_minor: int) -> dict[str, Any]:
    return {"amount_minor": amount_minor, "currency": "EUR"}


# --- What others told ---------------------------------------------------------------------------


def opened(currency: str = "EUR") -> DealershipOpened:
    return DealershipOpened(
        dealership_id=HOUSE,
        organisation_id=GROUP,
        dealership_name="Petit Lyon",
        time_zone="Europe/Paris",
        currency=currency,
        country="FR",
        default_language="fr",
        vat_basis_points=2_000,
        main_brand="renault",
        main_brand_name="Renault",
        opened_by="rose",
        opened_at=NOON,
    )


def licensed() -> LicencesChanged:
    return LicencesChanged(
        dealership_id=HOUSE,
        organisation_id=GROUP,
        licences=(Licence.ONLINE_PAYMENT,),
        changed_by="otto",
        changed_at=NOON,
    )


def created(module: Module = Module.MECHANICAL) -> CaseCreated:
    return CaseCreated(
        case_id="J1",
        organisation_id=GROUP,
        dealership_id=HOUSE,
        brand="renault",
        module=module,
        reference="OR-1",
        contact_id="claire",
        author_id="theo",
        created_by="theo",
        currency="EUR",
        vat_basis_points=2_000,
        time_zone="Europe/Paris",
        language="fr",
        duplicated_from=None,
        created_at=NOON,
    )


def named() -> CustomerNamed:
    return CustomerNamed(
        case_id="J1",
        organisation_id=GROUP,
        dealership_id=HOUSE,
        contact_id="claire",
        known=False,
        title=Title.MADAM,
        last_name="Dupont",
        first_name="Claire",
        email=None,
        phone=None,
        language="en",
        named_by="lea",
        named_at=NOON,
    )


def work(work_id: str, label: str, excluding: int, vat: int) -> Work:
    whole = Money(excluding + vat, "EUR")
    return Work(
        work_id=work_id,
        label=label,
        level=WorkLevel.ADVISED,
        price=Price(
            amount=whole,
            mode=PriceMode.INCLUDING_VAT,
            vat_basis_points=2_000,
            discount=None,
            discount_basis_points=None,
        ),
        amounts=Amounts(
            excluding_vat=Money(excluding, "EUR"), vat=Money(vat, "EUR"), including_vat=whole
        ),
        media_ids=(),
        carried_out=False,
        due_on=None,
        due_mileage_km=None,
        source=None,
        paid=False,
        measurement=None,
        assessment=None,
    )


PADS = work("pads", "Plaquettes avant", 9_167, 1_833)
TYRES = work("tyres", "Pneus", 20_000, 4_000)


def accepted(one: Work) -> LineAccepted:
    return LineAccepted(
        case_id="J1",
        organisation_id=GROUP,
        dealership_id=HOUSE,
        version=2,
        work=one,
        origin=AnswerOrigin.LINK,
        recipient_id="customer",
        link_id="L1",
        taken_down_by=None,
        ip_address=None,
        device=None,
        accepted_at=NOON,
    )


def answered() -> CaseAnswered:
    nothing = Money(0, "EUR")
    zero = Amounts(excluding_vat=nothing, vat=nothing, including_vat=nothing)
    return CaseAnswered(
        case_id="J1",
        organisation_id=GROUP,
        dealership_id=HOUSE,
        version=2,
        origin=AnswerOrigin.LINK,
        recipient_id="customer",
        taken_down_by=None,
        proposed=zero,
        accepted=zero,
        late=False,
        code_given=False,
        reply=None,
        sender_id=None,
        answered_at=NOON,
    )


def closed() -> CaseClosed:
    return CaseClosed(
        case_id="J1",
        organisation_id=GROUP,
        dealership_id=HOUSE,
        closed_by="theo",
        closed_at=NOON,
        asked_after=None,
    )


# --- Who asks -----------------------------------------------------------------------------------


@dataclass
class Caller(serving.Caller):
    """Asks as the group manager `gina` unless told otherwise."""

    user: str = "gina"
    roles: tuple[Role, ...] = ("group_manager",)
    organisation: str = GROUP
    cards: CardServer = field(default_factory=CardServer)

    @property
    def cashier(self) -> Cashier:
        return cashier(self.running)

    @property
    def clerk(self) -> Clerk:
        return clerk(self.running)

    async def operator(self, method: str, path: str, body: Any = None) -> httpx.Response:
        return await self.ask(method, path, body, "otto", ("administration",), "relais")

    async def agent(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """An agent of another dealership of the group."""
        token = issue(
            serving.KEY,
            "ana",
            GROUP,
            ["administrative_agent"],
            dealerships={"administrative_agent": ["dijon"]},
        )
        return await self.anybody(method, path, body, {"Authorization": f"Bearer {token}"})

    async def connect(self) -> None:
        """Cards are taken: a company and keys were given."""
        for part, body in (("company", COMPANY), ("keys", KEYS)):
            answer = await self.ask("PUT", f"{ACCOUNT}/{part}", body)
            assert answer.is_success, answer.text

    async def charge_id(self) -> str:
        """The charge that follows from the case."""
        return charge_id_of(GROUP, "J1")

    @property
    def page(self) -> str:
        """The page of the case, as the page of interventions leads to it."""
        until = datetime.now(UTC) + timedelta(hours=1)
        found = payment_links.address(self.running.settings.masters, "J1", until)
        return found.removeprefix("/payments")

    async def look(self) -> str:
        return (await self.client.get(self.page)).text

    async def press(
        self, button: str, key: str = "", beside: dict[str, str] | None = None
    ) -> httpx.Response:
        """Send the form of a button of the page, which has a key of its own."""
        self.count += 1
        fields = {"key": key or f"f{self.count}", "shown": ""}
        return await self.client.post(f"{self.page}/{button}", data=fields, headers=beside)

    async def session_id(self) -> str:
        """The form at which the customer stands after pressing the button."""
        answer = await self.press("online")
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"].rpartition("/")[2]

    async def paid(self) -> str:
        """The case is paid by card; answers the id of the charge."""
        assert await self.cards.pay(await self.session_id())
        return await self.charge_id()

    async def shown(self) -> Any:
        return (await self.ask("GET", f"/charges/{await self.charge_id()}")).json()


@asynccontextmanager
async def served(database: str, currency: str = "EUR") -> AsyncIterator[Caller]:
    """The service beside the provider: a licensed dealership, and a case that was answered."""
    async with (
        card_server() as cards,
        serving.served(service, database, Caller, card_provider=cards.url) as api,
    ):
        api.cards = cards
        cards.client, cards.hook = api.client, f"{ACCOUNT}/events"
        await follow(
            api.running,
            organisation("relais", OrganisationKind.MARKETPLACE_OPERATOR),
            opened(currency),
            licensed(),
        )
        await follow(api.running, created(), named(), accepted(PADS), accepted(TYRES), answered())
        yield api
