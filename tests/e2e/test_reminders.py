"""From a work that is put off to the customer who answers the reminder, over the broker."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from contracts.dealerships.dealership_v1 import Module, Modules
from infra import host, serving
from infra.host import Running
from infra.settings import Settings
from infra.stack.broker import Broker
from infra.testing.brokers import emptied
from infra.testing.eventually import PATIENCE_SECONDS, eventually
from infra.testing.following import follow
from infra.testing.pages import hidden
from infra.timers import Timers
from infra.tokens import issue, jwks
from infra.topics import create_topics
from services.customers.service import service as customers
from services.interventions.service import service as interventions
from services.interventions.tests.make import GROUP, LILLE
from services.interventions.tests.serving import BODY, CUSTOMER, SENDING, WORK, opened, settings
from services.messaging.service import service as messaging
from services.reminders.service import service as reminders
from tests.e2e.conftest import KEY, MASTER_KEYS

SERVICES = (customers, interventions, messaging, reminders)
LEAD = timedelta(days=10)
"""The works are due in twice the days by which reminders go out before."""
ALLOWED = settings(
    reminders_allowed=True,
    reminders_automatic=True,
    reminder_lead_days=LEAD.days,
    modules=Modules(modules=(Module.MECHANICAL, Module.WORK_REPORT)),
)
CLAIRE = {name: value for name, value in CUSTOMER.items() if name != "phone"}
REPORT = BODY | {"module": "work_report"}

pytestmark = [pytest.mark.any_broker, pytest.mark.timeout(300)]


@dataclass
class House:
    """A dealership that reminds its customers by itself."""

    client: httpx.AsyncClient
    running: Running

    async def done(self, method: str, path: str, body: Any = None) -> Any:
        """The answer to Léa, an agent."""
        role = "administrative_agent"
        token = issue(KEY, "lea", GROUP, [role], dealerships={role: [LILLE]})
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": uuid4().hex}

        async def accepted() -> Any:
            answer = await self.client.request(method, path, json=body, headers=headers)
            assert answer.is_success, f"{method} {path}: {answer.text}"
            return answer.json()

        return await eventually(accepted)

    async def reported(self) -> None:
        """A work report is sent, with a work that is to be done later."""
        made = await self.done("POST", "/interventions/cases", REPORT)
        path = f"/interventions/cases/{made['id']}"
        await self.done("PUT", f"{path}/customer", CLAIRE)
        due = (datetime.now(UTC) + 2 * LEAD).date().isoformat()
        await self.done("PUT", f"{path}/works/pads", WORK | {"due_on": due})
        nothing = {"amount_minor": 0, "currency": "EUR"}
        seen = SENDING["seen"] | {"carried_out": nothing}
        await self.done("POST", f"{path}/sending", SENDING | {"seen": seen})

    async def time_passes(self) -> None:
        """The timers of the next days fire, once there is one."""
        timers = Timers("reminders", self.running.commands, reminders.aggregates)

        async def fired() -> None:
            assert await timers.fire_due(datetime.now(UTC) + 2 * LEAD)

        await eventually(fired)

    async def page(self) -> str:
        """The address of the page to which the mail of the reminder leads."""

        async def arrived() -> str:
            inbox = (await self.client.get("/messaging/inbox")).text
            links = re.findall(r'href="[^"]*?(/reminders/page/[^"]+)"', inbox)
            assert len(links) == 1, inbox
            return str(links[0])

        return await eventually(arrived)

    async def becomes(self, reminder_id: str, status: str) -> Any:
        """The reminder, once it is so."""

        async def so() -> Any:
            found = await self.done("GET", f"/reminders/reminders/{reminder_id}")
            assert found["status"] == status, found
            return found

        return await eventually(so)


@asynccontextmanager
async def at_work(broker: Broker, new_database: Callable[[], str]) -> AsyncIterator[House]:
    topics = {c.topic: c for s in SERVICES for c in (*s.contracts, *s.sources)}
    await emptied(broker)
    await create_topics(broker.bootstrap, list(topics.values()), 1)
    # Wherever it is about noon: nobody is written to in the night.
    zone = f"Etc/GMT{datetime.now(UTC).hour - 12:+d}"
    house = replace(opened(LILLE), time_zone=zone)
    async with AsyncExitStack() as stack:
        names = ("keys", *(one.name for one in SERVICES))
        named = Settings.model_validate(
            {
                "databases": {name: new_database() for name in names},
                "kafka": broker.bootstrap,
                "master_keys": MASTER_KEYS,
                "jwks": jwks(KEY),
                "port": 0,
            }
        )
        running = [await stack.enter_async_context(host.opened(s, named)) for s in SERVICES]
        for one in running:
            await stack.enter_async_context(host.working(one))
            if one.service is not messaging:
                await follow(one, house, ALLOWED)
        url = await stack.enter_async_context(serving.serving(serving.site(running, named), named))
        client = httpx.AsyncClient(base_url=url, timeout=PATIENCE_SECONDS)
        await stack.enter_async_context(client)
        yield House(client, running[-1])


@pytest.mark.requirement("FLB-146", "FLB-151", "FLB-158", "FLB-160", "SM-17", "T-05", "G-84")
async def test_a_work_that_is_put_off_comes_back_and_is_answered(
    broker: Broker, new_database: Callable[[], str]
) -> None:
    async with at_work(broker, new_database) as house:
        await house.reported()
        await house.time_passes()
        page = await house.page()
        reminder_id = page.rpartition("/")[2].partition(".")[0]
        sent = await house.becomes(reminder_id, "sent")
        [message] = sent["messages"]
        assert message["channel"] == "email"
        assert [one["label"] for one in sent["works"]] == [WORK["label"]]
        read = await house.client.get(page)
        assert WORK["label"] in read.text
        refused = await house.client.post(f"{page}/refusal", data=hidden(read.text))
        assert refused.status_code == 303, refused.text
        answered = await house.becomes(reminder_id, "answered")
        assert answered["answer"]["choice"] == "refused_all"
        # Whatever is told again makes no second mail and no second reminder.
        assert await house.page() == page
