"""From the confirmed delivery to the money: three services at work, with a broker between them."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import time
from typing import Any
from uuid import uuid4

import httpx
import pytest

from contracts.media.file_v1 import Purpose
from infra import host, serving
from infra.host import Service
from infra.http.readable_ids import referenced_id
from infra.lookups import files, users
from infra.settings import Settings
from infra.stack.broker import Broker
from infra.testing.brokers import emptied
from infra.testing.eventually import PATIENCE_SECONDS, eventually
from infra.testing.following import file, follow, user
from infra.tokens import Role, issue, jwks
from infra.topics import create_topics
from services.invoices.service import service as invoices
from services.missions.service import service as missions
from services.payments.service import service as payments
from tests.e2e.conftest import KEY, MASTER_KEYS
from tools.demo.people import cities, trips
from tools.demo.teller import today

SERVICES = (missions, invoices, payments)
COMPANY = {
    "legal_name": "Ada & Co",
    "street": "4 rue des Lilas",
    "postal_code": "69003",
    "city": "Lyon",
    "country": "FR",
    "company_number": "73282932000074",
    "vat_number": "FR44732829320",
}
BUYER = {name: value for name, value in COMPANY.items() if name != "street"} | {
    "registered_office": "8 rue de l'Exemple"
}
BANK = {"iban": "FR1420041010050500013M02606", "holder": "Ada", "proof_file_id": "f-2"}
UPLOADED = (
    file("f-1", purpose=Purpose.RECEIPT),
    file("f-2", purpose=Purpose.PAPER),
    file("f-9", purpose=Purpose.MISSION),
)
TRIP_ID = referenced_id("T", "hiflow", "T1")
INVOICE = f"/invoices/invoices/inv-{TRIP_ID}"
TRIP = f"/missions/trips/{TRIP_ID}"
LESS = {"amount": {"amount_minor": 19_000, "currency": "EUR"}, "explanation": "A day late"}


@dataclass
class People:
    """Ada drives, Lea does the rest."""

    client: httpx.AsyncClient

    async def ask(
        self, who: str, roles: tuple[Role, ...], method: str, path: str, body: Any
    ) -> httpx.Response:
        token = issue(KEY, who, "hiflow", roles, authenticated_at=time())
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": uuid4().hex}
        return await self.client.request(method, path, json=body, headers=headers)

    async def ada(self, method: str, path: str, body: Any = None) -> Any:
        return done(await self.ask("ada", ("driver",), method, path, body))

    async def lea(self, method: str, path: str, body: Any = None) -> Any:
        return done(await self.ask("lea", ("logistics", "billing"), method, path, body))

    async def until(self, path: str, name: str, wanted: object) -> Any:
        """The answer to Ada, once a field of it is as wanted."""

        async def shown() -> Any:
            answer = await self.ask("ada", ("driver",), "GET", path, None)
            found = answer.json()
            assert found.get(name) == wanted, found
            return found

        return await eventually(shown)


def done(answer: httpx.Response) -> Any:
    assert answer.is_success, answer.text
    is_json = answer.headers["Content-Type"] == "application/json"
    return answer.json() if is_json else answer.content


@asynccontextmanager
async def at_work(
    broker: Broker, new_database: Callable[[], str], *views: Service
) -> AsyncIterator[People]:
    services = (*SERVICES, *views)
    topics = {c.topic: c for s in services for c in (*s.contracts, *s.sources)}
    await emptied(broker)
    await create_topics(broker.bootstrap, list(topics.values()), 1)
    settings = Settings.model_validate(
        {
            "databases": {name: new_database() for name in ("keys", *(s.name for s in services))},
            "kafka": broker.bootstrap,
            "master_keys": MASTER_KEYS,
            "jwks": jwks(KEY),
            "port": 0,
        }
    )
    async with AsyncExitStack() as stack:
        opened = [await stack.enter_async_context(host.opened(s, settings)) for s in services]
        for running in opened:
            await stack.enter_async_context(host.working(running))
            if files.lookup in running.service.lookups:
                await follow(running, *UPLOADED)
            if users.lookup in running.service.lookups:
                await follow(running, user("ada"))
        site = serving.site(opened, settings)
        url = await stack.enter_async_context(serving.serving(site, settings))
        async with httpx.AsyncClient(base_url=url, timeout=PATIENCE_SECONDS) as client:
            yield People(client)


async def offered(people: People) -> None:
    """A trip that anybody may quote for, and both companies known."""
    [trip] = trips(1, cities(), today())
    first = datetime.now(UTC).date()
    window = {"from_slot": {"date": str(first)}, "until_slot": {"date": str(first + timedelta(3))}}
    ada = {"driver_id": "ada", "name": "Ada Roux", "phone": "+33465710000"}
    await people.lea("POST", "/missions/drivers", ada)
    open_to_all: dict[str, Any] = {"client_process": None, "additional_services": []}
    await people.lea("POST", "/missions/trips", trip | window | open_to_all | {"reference": "T1"})
    await people.ada("PUT", "/invoices/sellers/ada/company", COMPANY)
    await people.ada("PUT", "/invoices/sellers/ada/mandate")
    await people.ada("PUT", "/payments/payees/ada/bank-details", BANK)
    await people.lea("PUT", "/invoices/buyer", BUYER)


async def delivered(people: People) -> None:
    """A mission of 200.00 EUR that Ada drove."""
    await offered(people)
    price = {"price": eur(20_000)}
    await people.lea("POST", f"{TRIP}/assignment", {"driver_id": "ada"} | price)
    await people.ada("POST", f"{TRIP}/delivery-confirmation", {"channel": "app"})


async def delivered_with_expenses(people: People) -> None:
    """A mission of 200.00 EUR with 35.00 of it for tolls, and 18.00 granted for a taxi."""
    await offered(people)
    toll = {"kind": "toll", "amount": eur(3_500)}
    quote = {"price": eur(20_000), "expenses": [toll]}
    await people.ada("POST", f"{TRIP}/quote", quote)
    await people.lea("POST", f"{TRIP}/award", {"driver_id": "ada", "quote": quote})
    taxi = {"kind": "taxi", "amount": eur(2_500), "reason": "No bus", "photo_file_id": "f-9"}
    await people.ada("POST", f"{TRIP}/extra-costs", taxi)
    found = await people.lea("GET", f"{TRIP}/history")
    [request] = [one["what"] for one in found["items"] if "extra_cost" in one["type"]]
    accept = f"{TRIP}/extra-costs/{request['request_id']}/acceptance"
    await people.lea("POST", accept, {"amount": eur(1_800)})
    await people.ada("POST", f"{TRIP}/delivery-confirmation", {"channel": "app"})


def eur(amount_minor: int) -> dict[str, Any]:
    return {"amount_minor": amount_minor, "currency": "EUR"}


def spent(kind: str, amount_minor: int) -> dict[str, Any]:
    return {"kind": kind, "amount": eur(amount_minor), "receipt_file_id": "f-1"}


async def approved(people: People) -> None:
    await people.until(INVOICE, "status", "to_complete")
    net = {"net": (await people.ada("GET", INVOICE))["net"]}
    await people.ada("POST", f"{INVOICE}/validation", net)
    seen = await people.lea("GET", INVOICE)
    await people.lea("POST", f"{INVOICE}/approval", net | {"validated_at": seen["validated_at"]})
    await people.until(INVOICE, "number", "HIFLOW-000001")


async def paid_out(people: People, reference: str) -> Any:
    payouts = "/payments/payees/ada/payouts"
    lines = (await people.lea("GET", payouts))["due"]
    due = eur(sum(line["amount"]["amount_minor"] for line in lines))
    made = await people.lea("POST", payouts, {"due": due})
    statement = f"{payouts}/{made['id']}"
    payment = {"reference": reference, "iban": BANK["iban"]}
    await people.lea("POST", f"{statement}/payment", payment)
    return await people.ada("GET", statement)


async def contested(people: People) -> dict[str, Any]:
    """The only line of the invoice as billing sees it, contested."""
    [line] = (await people.lea("GET", INVOICE))["lines"]
    return {"contested_at": line["contest"]["contested_at"], "instead_of": line["amount"]}


async def owed(people: People, lines: int) -> None:
    async def shown() -> None:
        path = "/payments/payees/ada/payouts"
        answer = await people.ask("ada", ("driver",), "GET", path, None)
        assert len(answer.json().get("due", [])) == lines

    await eventually(shown)


@pytest.mark.requirement("HIF-27", "HIF-28", "HIF-29", "G-15")
async def test_a_delivered_mission_is_paid(broker: Broker, new_database: Callable[[], str]) -> None:
    async with at_work(broker, new_database) as people:
        await delivered(people)
        await approved(people)
        await owed(people, 2)
        assert (await people.ada("GET", f"{INVOICE}/document")).startswith(b"%PDF")
        statement = await paid_out(people, "SEPA-1")
        assert statement["net"] == {"amount_minor": 24_000, "currency": "EUR"}
        shown = await people.until(INVOICE, "status", "paid")
        assert shown["payment"]["reference"] == "SEPA-1"
        facts = (await people.ada("GET", f"{INVOICE}/history"))["items"]
        service = next(line for line in statement["lines"] if line["kind"] == "service")
        assert facts[service["fact"]["version"] - 1]["what"]["service_price"] == service["amount"]


@pytest.mark.any_broker
async def test_a_contested_line_is_settled_on_the_statement_and_in_the_books(
    broker: Broker, new_database: Callable[[], str]
) -> None:
    async with at_work(broker, new_database) as people:
        await delivered(people)
        await approved(people)
        line = f"{INVOICE}/lines/service"
        await people.ada("POST", f"{line}/contest", {"amount": eur(20_000), "reason": "Early"})
        await people.lea("POST", f"{line}/settlement", LESS | await contested(people))
        await owed(people, 4)
        statement = await paid_out(people, "SEPA-1")
        assert statement["adjustments"]["amount_minor"] == -1_000
        assert statement["net"]["amount_minor"] == 24_000 - 1_200

        async def booked() -> None:
            items = (await people.lea("GET", "/payments/ledger/accounts"))["items"]
            books = {one["account"]: one["balance_minor"] for one in items}
            assert (books.get("bank"), books.get("payable:ada")) == (-22_800, 0)
            assert sum(books.values()) == 0

        await eventually(booked)
        entries = await people.lea("GET", "/payments/ledger/entries?limit=2")
        assert len(entries["items"]) == 2
        later = await people.lea("GET", f"/payments/ledger/entries?cursor={entries['next']}")
        assert [one["entry_id"] for one in later["items"]] == [f"invoice:inv-{TRIP_ID}"]


@pytest.mark.any_broker
@pytest.mark.requirement("HIF-28", "G-15")
async def test_only_what_was_quoted_or_accepted_is_paid(
    broker: Broker, new_database: Callable[[], str]
) -> None:
    async with at_work(broker, new_database) as people:
        await delivered_with_expenses(people)
        await people.until(INVOICE, "status", "to_complete")
        for kind, limit in (("toll", 3_500), ("taxi", 1_800)):
            over = spent(kind, limit + 1)
            refused = await people.ask("ada", ("driver",), "POST", f"{INVOICE}/expenses", over)
            assert refused.status_code == 422
            await people.ada("POST", f"{INVOICE}/expenses", spent(kind, limit))
        await approved(people)
        shown = await people.ada("GET", INVOICE)
        amounts = [line["amount"]["amount_minor"] for line in shown["lines"]]
        assert amounts == [16_500, 3_500, 1_800]
        await owed(people, 4)
        statement = await paid_out(people, "SEPA-1")
        assert statement["net"]["amount_minor"] == 21_800 + 4_360
