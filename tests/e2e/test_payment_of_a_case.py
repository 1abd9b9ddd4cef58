"""From the answer of a customer to the payment by card and the work report, over the broker."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import pytest

from contracts.dealerships.dealership_v1 import Licence, LicencesChanged, Module, Modules
from infra import host, serving
from infra.settings import Settings
from infra.stack.broker import Broker
from infra.testing.brokers import emptied
from infra.testing.cards import CardServer, card_server
from infra.testing.eventually import PATIENCE_SECONDS, eventually
from infra.testing.following import NOON, follow
from infra.tokens import issue, jwks
from infra.topics import create_topics
from services.interventions.service import service as interventions
from services.interventions.tests.make import GROUP, LILLE
from services.interventions.tests.serving import BODY, CUSTOMER, SENDING, WORK, opened, settings
from services.payments.service import service as payments
from services.payments.tests.cards_stage import COMPANY, KEYS
from services.views.dealer.service import service as dealer
from tests.e2e.conftest import KEY, MASTER_KEYS

SERVICES = (interventions, payments, dealer)
CASES = "/interventions/cases"
ACCOUNT = f"/payments/card-accounts/{LILLE}"
LICENSED = LicencesChanged(
    dealership_id=LILLE,
    organisation_id=GROUP,
    licences=(Licence.ONLINE_PAYMENT,),
    changed_by="otto",
    changed_at=NOON,
)
REPORTS = settings(modules=Modules(modules=(Module.MECHANICAL, Module.WORK_REPORT)))
HOUSE = (opened(LILLE), LICENSED, REPORTS)
ANSWER = {"version": 1, "accepted": ["pads"], "risks_acknowledged": [], "origin": "phone"}

pytestmark = pytest.mark.timeout(300)


@dataclass
class House:
    """A dealership that takes cards, its customer, and the provider."""

    client: httpx.AsyncClient
    cards: CardServer

    async def done(self, method: str, path: str, body: Any = None) -> Any:
        """The answer to Léa, an agent, or to Gina, the manager, where it is about the account."""
        role = "group_manager" if path.startswith(ACCOUNT) else "administrative_agent"
        token = issue(KEY, "lea", GROUP, [role], dealerships={role: [LILLE]})
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": uuid4().hex}

        async def accepted() -> Any:
            answer = await self.client.request(method, path, json=body, headers=headers)
            assert answer.is_success, f"{method} {path}: {answer.text}"
            return answer.json()

        return await eventually(accepted)

    async def answered(self) -> str:
        """The path of a case whose customer wants the pads."""
        made = await self.done("POST", CASES, BODY)
        path = f"{CASES}/{made['id']}"
        await self.done("PUT", f"{path}/customer", CUSTOMER)
        await self.done("PUT", f"{path}/works/pads", WORK)
        await self.done("POST", f"{path}/sending", SENDING)
        await self.done("PUT", f"{path}/answer", ANSWER)
        return path

    async def page(self, path: str, wanted: str) -> list[str]:
        """The addresses of the payment on the customer's page, once it says something."""
        link = await self.done("POST", f"{path}/links/customer")
        address = f"/interventions/page/{link['url'].rpartition('/')[2]}"

        async def said() -> list[str]:
            page = (await self.client.get(address)).text
            assert wanted in page
            return re.findall(r'href="(/payments/page/[^"?]+)', page)

        return await eventually(said)

    async def pays(self, address: str) -> None:
        """The customer goes to the provider's form and fills it in; its webhook tells us."""
        form = {"key": uuid4().hex, "shown": ""}
        answer = await self.client.post(f"{address}/online", data=form)
        assert answer.status_code == 303, answer.text
        assert await self.cards.pay(answer.headers["Location"].rpartition("/")[2])


@asynccontextmanager
async def at_work(broker: Broker, new_database: Callable[[], str]) -> AsyncIterator[House]:
    topics = {c.topic: c for s in SERVICES for c in (*s.contracts, *s.sources)}
    await emptied(broker)
    await create_topics(broker.bootstrap, list(topics.values()), 1)
    async with AsyncExitStack() as stack:
        cards = await stack.enter_async_context(card_server())
        names = ("keys", *(one.name for one in SERVICES))
        named = Settings.model_validate(
            {
                "databases": {name: new_database() for name in names},
                "kafka": broker.bootstrap,
                "master_keys": MASTER_KEYS,
                "jwks": jwks(KEY),
                "card_provider": cards.url,
                "port": 0,
            }
        )
        running = [await stack.enter_async_context(host.opened(s, named)) for s in SERVICES]
        for one in running:
            await stack.enter_async_context(host.working(one))
            await follow(one, *HOUSE)
        url = await stack.enter_async_context(serving.serving(serving.site(running, named), named))
        client = httpx.AsyncClient(base_url=url, timeout=PATIENCE_SECONDS)
        await stack.enter_async_context(client)
        cards.client, cards.hook = client, f"{ACCOUNT}/events"
        yield House(client, cards)


@pytest.mark.requirement("FLB-172", "FLB-173", "FLB-174", "FLB-175", "M-09", "M-10")
async def test_a_case_is_paid_online_and_comes_into_a_report_at_nothing(
    broker: Broker, new_database: Callable[[], str]
) -> None:
    async with at_work(broker, new_database) as house:
        await house.done("PUT", f"{ACCOUNT}/company", COMPANY)
        await house.done("PUT", f"{ACCOUNT}/keys", KEYS)
        path = await house.answered()
        [address] = await house.page(path, "par carte en ligne")
        await house.pays(address)
        invoice, _ = await house.page(path, "Télécharger la facture")
        assert (await house.client.get(invoice)).content.startswith(b"%PDF")
        shown = await house.done("GET", path)
        assert shown["payment"]["total"] == {"amount_minor": 10_800, "currency": "EUR"}
        assert [one["paid"] for one in shown["answer"]["lines"]] == [True]
        report = await house.done(
            "POST", CASES, BODY | {"key": "report", "module": "work_report", "reference": "R-1"}
        )
        imports = f"{CASES}/{report['id']}/imports"
        await house.done("POST", imports, {"case_ids": [path.rpartition("/")[2]]})
        [work] = (await house.done("GET", f"{CASES}/{report['id']}"))["works"]
        assert (work["paid"], work["price"]["amount"]["amount_minor"]) == (True, 0)
        marked = (await house.done("GET", f"/dealer/cases/{path.rpartition('/')[2]}"))["payment"]
        assert marked["charge_id"] == shown["payment"]["charge_id"]
