"""A dealership's way over the broker: a phone, an agent, a mail, the answer of a customer, and the
end of what is known of them."""

import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import time
from typing import Any
from uuid import uuid4

import httpx
import pytest

from contracts.accounts.organisation_v1 import OrganisationKind, Profile
from infra import host, serving
from infra.settings import Settings
from infra.stack.broker import Broker
from infra.testing.brokers import emptied
from infra.testing.eventually import PATIENCE_SECONDS, eventually
from infra.testing.phones import Phone
from infra.tokens import Role, issue, jwks
from infra.topics import create_topics
from services.accounts.service import service as accounts
from services.conversations.service import service as conversations
from services.customers.service import service as customers
from services.dealerships.service import service as dealerships
from services.interventions.service import service as interventions
from services.media.service import service as media
from services.media.tests.make import image, sha256
from services.messaging.service import service as messaging
from services.views.dealer.service import service as dealer
from tests.e2e.conftest import KEY, MASTER_KEYS
from tools.relais.bootstrap import Founder, found

SERVICES = (
    accounts,
    conversations,
    customers,
    dealer,
    dealerships,
    interventions,
    media,
    messaging,
)
GROUP = "petit"
OPENED = {
    "dealership_name": "Petit Lyon",
    "time_zone": "Europe/Paris",
    "currency": "EUR",
    "country": "FR",
    "default_language": "fr",
    "vat_basis_points": 2_000,
    "main_brand": "renault",
    "main_brand_name": "Renault",
}
CLAIRE = {
    "title": "madam",
    "last_name": "Dupont",
    "first_name": "Claire",
    "email": "claire@example.org",
    "phone": "06 12 34 00 99",
}
PADS = {"label": "Plaquettes avant", "level": "urgent"}
CAR = {"plate": "AB-123-CD", "mileage_km": 84_210}
MODULES = {"modules": ["mechanical", "work_report"]}
TYRES = {"label": "Pneus", "level": "advised", "ordinal": 1}

# Eight services with all their workers begin on a machine that others use as well.
pytestmark = [pytest.mark.any_broker, pytest.mark.timeout(300)]


def eur(amount_minor: int) -> dict[str, Any]:
    return {"amount_minor": amount_minor, "currency": "EUR"}


def price(amount_minor: int) -> dict[str, Any]:
    return {"price": {"amount": eur(amount_minor), "mode": "including_vat"}}


@dataclass
class House:
    """A dealership, its people, one phone and a customer, before the platform."""

    client: httpx.AsyncClient
    phone: Phone = field(default_factory=Phone)
    dealership_id: str = ""
    technician_id: str = ""
    agent_id: str = ""
    device_id: str = ""

    async def ask(self, token: str, method: str, path: str, body: Any = None) -> httpx.Response:
        headers = {"Idempotency-Key": uuid4().hex}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if isinstance(body, bytes):
            headers["Content-Type"] = "application/octet-stream"
            return await self.client.request(method, path, content=body, headers=headers)
        return await self.client.request(method, path, json=body, headers=headers)

    async def done(self, token: str, method: str, path: str, body: Any = None) -> Any:
        """The answer, once the service has heard of everything that the request names."""

        async def accepted() -> Any:
            answer = await self.ask(token, method, path, body)
            assert answer.is_success, f"{method} {path}: {answer.text}"
            return answer.json()

        return await eventually(accepted)

    @property
    def agent(self) -> str:
        role, places = "administrative_agent", [self.dealership_id]
        return issue(KEY, self.agent_id, GROUP, [role], dealerships={role: places})

    @property
    def manager(self) -> str:
        return issue(KEY, "gina", GROUP, ["group_manager"], authenticated_at=time())

    async def opens(self) -> None:
        """The dealership, an agent, a technician and a paired phone."""
        opened = await self.done(
            issue(KEY, "rose", GROUP, ["administration"]),
            "POST",
            "/dealerships/dealerships",
            OPENED,
        )
        self.dealership_id = opened["id"]
        addresses = {"email_addresses": ["atelier@petit.example", "accueil@petit.example"]}
        path = f"/dealerships/dealerships/{self.dealership_id}/notified-addresses"
        await self.done(self.manager, "PUT", path, addresses)
        self.agent_id = await self._added("Aubry", "administrative_agent", email="a@example.org")
        self.technician_id = await self._added("Tixier", "technician")
        added = await self.done(
            self.manager,
            "POST",
            f"/dealerships/dealerships/{self.dealership_id}/devices",
            {"name": "pont-1"},
        )
        code = added["link"].partition("#code=")[2]
        pairing = {
            "code": code,
            "public_key": {"kty": "OKP", "crv": "Ed25519", "x": self.phone.x},
            "proof": self.phone.signs(aud="relais", code=code),
            "version": "1.0",
        }
        paired = await self.done("", "POST", "/dealerships/pairings", pairing)
        self.device_id = paired["device_id"]

    async def _added(self, last_name: str, role: Role, **more: str) -> str:
        place = {"dealership_id": self.dealership_id, "roles": [role]}
        body = {"last_name": last_name, "first_name": "Theo", "dealerships": [place], **more}
        return str(
            (await self.done(self.manager, "POST", "/accounts/dealership-users", body))["id"]
        )

    async def device(self) -> str:
        """An access token of the phone, for an assertion that it signs."""

        async def accepted() -> str:
            assertion = self.phone.signs(
                iss=self.device_id,
                sub=self.device_id,
                aud="relais-accounts",
                exp=int(time()) + 120,
                jti=uuid4().hex,
            )
            body = {"device_id": self.device_id, "assertion": assertion}
            answer = await self.ask("", "POST", "/accounts/device-tokens", body)
            assert answer.is_success, answer.text
            return str(answer.json()["access_token"])

        return await eventually(accepted)

    async def case_of_a_phone(self) -> str:
        """The id of a case with a photo, two works and a customer, that came in parts."""
        device, photo = await self.device(), image()
        about = {"name": "p.jpg", "media_type": "image/jpeg", "size_bytes": len(photo)}
        upload = about | {"purpose": "other", "sha256": sha256(photo)}
        file_id = (await self.done(device, "POST", "/media/uploads", upload))["id"]
        await self.done(device, "PUT", f"/media/uploads/{file_id}/pieces/0", photo)
        await self.done(device, "PUT", f"/media/uploads/{file_id}/completion")
        made = {
            "key": "phone-1",
            "dealership_id": self.dealership_id,
            "module": "mechanical",
            "reference": "OR-1",
            "author_id": self.technician_id,
        }
        case_id = (await self.done(device, "POST", "/interventions/cases", made))["id"]
        for part, body in (
            ("customer", CLAIRE),
            ("vehicle", CAR),
            ("works/pads", PADS),
            ("works/tyres", TYRES),
            ("media/m1", {"file_id": file_id, "work_id": "pads"}),
            ("completion", {"works": 2, "media": 1}),
        ):
            await self.done(device, "PUT", f"/interventions/cases/{case_id}/{part}", body)
        return str(case_id)

    async def send(self, case_id: str, pads: int) -> None:
        """An agent prices the works and sends them, by mail and by text message."""
        path = f"/interventions/cases/{case_id}"
        await self.done(self.agent, "PUT", f"{path}/works/pads", PADS | price(pads))
        await self.done(self.agent, "PUT", f"{path}/works/tyres", TYRES | price(24_000))
        seen = {"works": 2, "media": 1, "proposed": eur(pads + 24_000)}
        sending = {"channels": ["email", "sms"], "seen": seen}
        await self.done(self.agent, "POST", f"{path}/sending", sending)

    async def links(self, count: int) -> list[str]:
        """The paths to which so many messages to the customer lead, the newest first."""

        async def arrived() -> list[str]:
            inbox = (await self.client.get("/messaging/inbox")).text
            found = re.findall(r'href="http://localhost(/interventions/page/[^"]+)"', inbox)
            assert len(found) == count, inbox
            return found

        return await eventually(arrived)

    async def told(self, *subjects: str) -> None:
        """The addresses of the dealership have mails of these subjects."""

        async def arrived() -> None:
            inbox = (await self.client.get("/messaging/inbox")).text
            assert "atelier@petit.example" in inbox
            assert [one for one in subjects if one not in inbox] == []

        await eventually(arrived)

    @asynccontextmanager
    async def live(self, query: str, api: str = "/dealer") -> AsyncIterator[AsyncIterator[str]]:
        """The queries whose answers to the agent are others from now on."""
        params, headers = {"watch": query}, {"Authorization": f"Bearer {self.agent}"}
        path = f"{api}/live"
        async with self.client.stream("GET", path, params=params, headers=headers) as told:
            queries = changes(told.aiter_lines())
            await anext(queries)
            yield queries

    async def shown(self, path: str, **wanted: Any) -> Any:
        """The answer to the agent, once these fields of it are as wanted."""

        async def so() -> Any:
            found = (await self.ask(self.agent, "GET", path)).json()
            assert {name: found.get(name) for name in wanted} == wanted, found
            return found

        return await eventually(so)

    async def gone(self, page: str) -> None:
        """The link of the thread opens nothing any more."""

        async def closed() -> None:
            assert (await self.client.get(page)).status_code == 404

        await eventually(closed)


@asynccontextmanager
async def at_work(
    broker: Broker, new_database: Callable[[], str], home: Path
) -> AsyncIterator[House]:
    topics = {c.topic: c for s in SERVICES for c in (*s.contracts, *s.sources)}
    await emptied(broker)
    await create_topics(broker.bootstrap, list(topics.values()), 1)
    settings = Settings.model_validate(
        {
            "databases": {name: new_database() for name in ("keys", *(s.name for s in SERVICES))},
            "kafka": broker.bootstrap,
            "master_keys": MASTER_KEYS,
            "jwks": jwks(KEY),
            "home": home,
            "portal": "http://localhost/app",
            "port": 0,
        }
    )
    async with AsyncExitStack() as stack:
        opened = [await stack.enter_async_context(host.opened(s, settings)) for s in SERVICES]
        profile = Profile(
            name="Petit", time_zone="Europe/Paris", currency="EUR", country="FR", contacts=()
        )
        rose = Founder("rose", "rose@example.org", "Rose Petit")
        await found(opened[0], GROUP, OrganisationKind.DEALER_GROUP, profile, rose)
        olga = Founder("olga", "olga@example.org", "Olga Relais")
        operator = OrganisationKind.MARKETPLACE_OPERATOR
        await found(opened[0], "relais", operator, profile, olga)
        for running in opened:
            await stack.enter_async_context(host.working(running))
        site = serving.site(opened, settings)
        url = await stack.enter_async_context(serving.serving(site, settings))
        # Devices sign in here; the address is only known now.
        site.state.keys.url = f"{url}/accounts/.well-known/jwks.json"
        async with httpx.AsyncClient(base_url=url, timeout=PATIENCE_SECONDS) as client:
            house = House(client)
            await house.opens()
            yield house


async def answered(house: House, page: str) -> None:
    """Claire sees the photo, refuses what is urgent, takes the tyres, and wishes to be called."""
    read = await house.client.get(page)
    [photo] = re.findall(r'<img src="(/media/links/[^"]+)"', read.text)
    assert (await house.client.get(photo)).headers["Content-Type"] == "image/jpeg"
    decided: dict[str, Any] = {"version": 2, "accepted": ["tyres"]}
    careless = await house.ask("", "PUT", f"{page}/answer", decided)
    assert careless.status_code == 422, careless.text
    knowing = decided | {"risks_acknowledged": ["pads"]}
    await house.done("", "PUT", f"{page}/answer", knowing)
    await house.done("", "PUT", f"{page}/contact-request")


async def revised(house: House, case_id: str) -> str:
    """A second version is sent, and the link of the first is void. Answers the new page."""
    [former, _] = await house.links(2)
    path = f"/interventions/cases/{case_id}/revisions"
    await house.done(house.agent, "POST", path, {"version": 1})
    await house.send(case_id, 11_000)
    [page, *_] = await house.links(4)
    assert (await house.client.get(former)).status_code == 410
    return page


async def chatted(house: House, case_id: str, page: str) -> str:
    """Claire asks on a page beside that of the case, with a photo; the agent sees it live and
    answers, and she reads it. Answers the address of her page."""
    thread_page = await licensed(house, page)
    photo = await attached(house, thread_page)
    form = {"key": "chat-1", "shown": "0", "message": "Can the brakes wait?", "files": photo}
    asked = await house.client.post(f"{thread_page}/messages", data=form)
    assert asked.status_code == 303, asked.text
    opened = await house.done(
        house.agent, "POST", "/conversations/customer-threads", {"case_id": case_id}
    )
    path = f"/threads/{opened['id']}"
    async with house.live(path, "/conversations") as queries:
        body = {"message": "No, they cannot.", "read": 1}
        await house.done(house.agent, "POST", f"/conversations{path}/messages", body)
        assert await anext(queries) == path
    shown = await house.shown(f"/conversations{path}", unread=0, read=2)
    assert [one["author_id"] for one in shown["messages"]] == [None, house.agent_id]
    [sent] = shown["messages"][0]["files"]
    assert (await house.client.get(sent["url"])).content == image()
    read = (await house.client.get(thread_page)).text
    assert "Can the brakes wait?" in read
    assert "No, they cannot." in read
    return thread_page


async def attached(house: House, thread_page: str) -> str:
    """The id of a photo that Claire sends by the form of her page."""
    page = (await house.client.get(thread_page)).text
    [address] = re.findall(r'action="(/media/passes/[^"]+)"', page)
    part = {"file": ("IMG_1.jpg", image(), "image/jpeg")}
    sent = await house.client.post(address, data={"key": "photo-1"}, files=part)
    back, _, file_id = sent.headers["location"].partition("?files=")
    assert (sent.status_code, back) == (303, thread_page)
    return file_id


async def licensed(house: House, page: str) -> str:
    """The address of the page of the thread, once the operator has licensed the dealership."""
    operator = issue(KEY, "olga", "relais", ["administration"])
    path = f"/dealerships/dealerships/{house.dealership_id}/licences"
    await house.done(operator, "PUT", path, {"licences": ["chat"]})

    async def linked() -> str:
        answer = await house.client.get(page)
        found = re.search(r'href="(/conversations/page/[^"]+)"', answer.text)
        assert found, "the page has no link to the thread yet"
        assert (await house.client.get(found[1])).status_code == 200
        return found[1]

    return await eventually(linked)


async def changes(lines: AsyncIterator[str]) -> AsyncIterator[str]:
    """The queries whose answers are others, as a live screen is told of them."""
    async for line in lines:
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))["query"]


async def blocked(house: House, case: str) -> str:
    """The id of the customer whom the case made; she takes no mail more, and is sent none."""
    [claire] = await listed(house)
    customer_id = str(claire["customer_id"])
    channels = {"sms": False, "email": True}
    path = f"/customers/customers/{customer_id}/blocked-channels"
    await house.done(house.agent, "PUT", path, channels)
    await house.shown(f"/dealer/customers/{customer_id}", blocked=channels)
    again = {"channels": ["email"], "version": 2}

    async def refused() -> None:
        answer = await house.ask(house.agent, "POST", f"{case}/sending/repetitions", again)
        assert answer.json().get("type", "").endswith(":channel-not-possible"), answer.text

    await eventually(refused)
    return customer_id


async def listed(house: House) -> Any:
    """The customers of the dealership, once there is one."""

    async def known() -> Any:
        items = (await house.done(house.agent, "GET", "/dealer/customers"))["items"]
        assert items
        return items

    return await eventually(known)


async def made(house: House, module: str) -> str:
    """The path of an agent's case of a module."""
    about = {"key": module, "dealership_id": house.dealership_id, "reference": "OR-2"}
    case = await house.done(house.agent, "POST", "/interventions/cases", about | {"module": module})
    return f"/interventions/cases/{case['id']}"


async def reported(house: House, case_id: str) -> str:
    """The page of a work report: the tyres were changed, the pads are due next year."""
    settings = f"/dealerships/dealerships/{house.dealership_id}/settings"
    await house.done(house.manager, "PUT", settings, MODULES)
    report = await made(house, "work_report")
    await house.done(house.agent, "POST", f"{report}/imports", {"case_ids": [case_id]})
    works = (await house.shown(report, imported_cases=[case_id]))["works"]
    [pads] = [one["work_id"] for one in works if not one["carried_out"]]
    due = PADS | price(11_000) | {"due_on": f"{datetime.now(UTC).year + 1}-06-30"}
    await house.done(house.agent, "PUT", f"{report}/works/{pads}", due)
    seen = {"works": 2, "media": 0, "proposed": eur(11_000), "carried_out": eur(24_000)}
    sending = {"channels": ["sms"], "seen": seen}
    await house.done(house.agent, "POST", f"{report}/sending", sending)
    [page, *_] = await house.links(5)
    said = (await house.client.get(page)).text
    assert said.index("Ce qui a été fait") < said.index("Pneus") < said.index("À planifier")
    assert said.index("À planifier") < said.index("Plaquettes avant") < said.index("30 juin")
    return page


async def taken_up(house: House) -> None:
    """The pads come up in the next case of the car, and are on no list once they are in it."""
    case = await made(house, "mechanical")
    await house.done(house.agent, "PUT", f"{case}/vehicle", {"plate": "ab 123 cd"})
    open_works = f"/dealer/cases/{case.rpartition('/')[2]}/deferred-works"

    async def listed() -> Any:
        works = (await house.done(house.agent, "GET", open_works))["works"]
        assert [one["due_on"][-6:] for one in works] == ["-06-30"], works
        return {name: works[0][name] for name in ("case_id", "work_id")}

    lines = {"lines": [await eventually(listed)]}
    await house.done(house.agent, "POST", f"{case}/taken-up-works", lines)
    await house.shown(open_works, works=[])


async def erased(house: House, case_id: str, customer_id: str) -> None:
    """Nothing is left of the customer but X, and a certificate says so."""
    path = f"/customers/customers/{customer_id}"
    seen = await house.done(house.manager, "GET", f"{path}/erasure")
    assert seen["cases"] == 2
    confirmed = {name: seen[name] for name in ("cases", "vehicles", "merged_ids")}
    await house.done(house.manager, "PUT", f"{path}/erasure", confirmed)
    await house.shown(f"/dealer/cases/{case_id}", anonymised=True, last_name="X", email="X")
    await house.shown(f"/dealer/customers/{customer_id}", status="anonymised", email="X")
    certificate = f"{path}/erasure/certificate"
    await house.shown(certificate, complete=True)
    paper = await house.ask(house.manager, "GET", f"{certificate}.pdf")
    assert paper.content.startswith(b"%PDF-"), paper.text


@pytest.mark.requirement(
    "FLB-001",
    *("FLB-002", "FLB-050", "FLB-081", "FLB-096", "FLB-121", "FLB-123", "FLB-112"),
    *("FLB-124", "G-50", "G-51"),
)
async def test_what_a_phone_sent_is_answered_by_the_link_of_a_mail_and_forgotten(
    broker: Broker, new_database: Callable[[], str], tmp_path: Path
) -> None:
    async with at_work(broker, new_database, tmp_path) as house:
        case_id = await house.case_of_a_phone()
        await house.send(case_id, 12_000)
        path, shown = f"/interventions/cases/{case_id}", f"/dealer/cases/{case_id}"
        page = await revised(house, case_id)
        await house.shown(shown, status="sent", version=2)
        customer_id = await blocked(house, path)
        thread = await chatted(house, case_id, page)
        async with house.live(f"/cases/{case_id}") as queries:
            await answered(house, page)
            assert await anext(queries) == f"/cases/{case_id}"
        wanted = {"status": "answered", "contact": "requested", "last_name": "Dupont"}
        assert (await house.shown(shown, **wanted))["accepted"]["including_vat"] == eur(24_000)
        await house.told("un dossier a été créé", "un dossier a reçu une réponse")
        report = await reported(house, case_id)
        await taken_up(house)
        await erased(house, case_id, customer_id)
        assert {(await house.client.get(one)).status_code for one in (page, report)} == {410}
        await house.gone(thread)
