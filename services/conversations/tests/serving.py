"""The API of conversations, over a dealership with a case, a mission, and the people of both."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx

from contracts.accounts.organisation_v1 import OrganisationKind
from contracts.accounts.user_v1 import Role, RolesAtDealership
from contracts.conversations.thread_v1 import MessageWritten
from contracts.dealerships.dealership_v1 import DealershipOpened, Licence, LicencesChanged
from contracts.dispatch.job_v1 import JobPlanned
from contracts.dispatch.request_v1 import RequestCreated, RequestOffered
from contracts.interventions.case_v1 import (
    CaseAssigned,
    CaseCreated,
    CustomerNamed,
    LinkIssued,
    LinkScope,
    Module,
    RecipientKind,
    RecipientNamed,
    Title,
)
from contracts.marketplace.relation_v1 import RelationConnected
from contracts.media.file_v1 import Purpose
from contracts.messaging.preferences_v1 import BrowserSubscribed
from contracts.missions.trip_v1 import DeliveryConfirmed, MissionAssigned, TripPublished
from contracts.providers import relation_id
from infra.http.customer_pages import threads
from infra.testing import serving
from infra.testing.following import activated, file, follow, organisation, user
from infra.testing.serving import KEY, NO_HEADERS
from infra.tokens import Role as RoleName
from infra.tokens import issue
from services.conversations.adapters.ending import Ending
from services.conversations.aggregates import THREAD
from services.conversations.service import service
from services.conversations.tests.make import CASE, GROUP, LILLE
from services.conversations.thread import Closed, Open

METZ = "GMETZ"
PEOPLE: Mapping[str, tuple[RoleName, str]] = {
    "lea": ("administrative_agent", LILLE),
    "marc": ("administrative_agent", LILLE),
    "sami": ("sales_representative", LILLE),
    "maya": ("dealership_manager", LILLE),
    "paul": ("administrative_agent", METZ),
}
ROLES: Mapping[str, Role] = {name: Role[role.upper()] for name, (role, _) in PEOPLE.items()}


class Caller(serving.Caller):
    """Asks as one of `PEOPLE`, as a driver or as staff, or as a customer with a link."""

    async def says(
        self,
        who: str,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> httpx.Response:
        role, dealership_id = PEOPLE[who]
        token = issue(KEY, who, GROUP, (role,), dealerships={role: [dealership_id]})
        sent = {"Authorization": f"Bearer {token}", **headers}
        return await self.anybody(method, path, body, sent)

    async def thread(self, who: str = "lea", **named: str) -> str:
        """The path of the thread with the customer of the case."""
        body = {"case_id": CASE, **named}
        answer = await self.says(who, "POST", "/customer-threads", body)
        assert answer.status_code == 201, answer.text
        return f"/threads/{answer.json()['id']}"

    async def writes(self, who: str, path: str, message: str, read: int = 0) -> None:
        body = {"message": message, "read": read}
        answer = await self.says(who, "POST", f"{path}/messages", body)
        assert answer.is_success, answer.text

    async def shown(self, who: str, path: str) -> Any:
        answer = await self.says(who, "GET", path)
        assert answer.is_success, answer.text
        return answer.json()

    def page(self, link_id: str = "customer.1", case_id: str = CASE) -> str:
        """The path of the page of whoever has that link."""
        masters = self.running.settings.masters
        return threads.path(masters, case_id, link_id).removeprefix("/conversations")

    def page_of_job(self, job_id: str = "B1") -> str:
        """The path of the page of the thread with the provider of a job."""
        masters = self.running.settings.masters
        return threads.path_of_job(masters, job_id).removeprefix("/conversations")

    async def fills_in(self, path: str, key: str = "k-1", **fields: str) -> httpx.Response:
        """Send a form of the page."""
        return await self.client.post(path, data={"key": key, "shown": "0", **fields})


def fact(type_: type[Any], **known: Any) -> Any:
    """An event of which only `known` matters."""
    return type_(**dict.fromkeys(type_.__dataclass_fields__) | known)


OPENED = fact(
    DealershipOpened,
    organisation_id=GROUP,
    dealership_name="Lumen Lille",
    time_zone="Europe/Paris",
    currency="EUR",
    country="FR",
    default_language="fr",
    vat_basis_points=2_000,
    main_brand="peugeot",
    main_brand_name="Peugeot",
)
CREATED = fact(
    CaseCreated,
    case_id=CASE,
    organisation_id=GROUP,
    dealership_id=LILLE,
    brand="peugeot",
    module=Module.MECHANICAL,
    author_id="tablet",
    time_zone="Europe/Paris",
)
NAMED = fact(
    CustomerNamed,
    case_id=CASE,
    contact_id=CASE,
    title=Title.MADAM,
    first_name="Claire",
    last_name="Moreau",
    email="claire@example.org",
    phone="+33612345678",
    language="fr",
)
LINKED = fact(LinkIssued, case_id=CASE, link_id="customer.1", recipient_id="customer")
DRIVER = fact(
    RecipientNamed,
    case_id=CASE,
    recipient_id="driver",
    kind=RecipientKind.DRIVER,
    recipient_name="Omar",
    language="ar",
    scope=LinkScope.READ,
)
REQUEST = (
    fact(RequestCreated, request_id="Q1", organisation_id="agora", manager_id="sophie"),
    fact(RequestOffered, request_id="Q1", provider_id="eclat", manager_id="yann"),
)
JOB = fact(
    JobPlanned,
    job_id="B1",
    organisation_id="agora",
    request_id="Q1",
    provider_id="vitrex",
    manager_id="marion",
    customer_name="Awa Diop",
    customer_email="awa@example.org",
    language="fr",
    time_zone="Europe/Paris",
)
JOBS = (
    JOB,
    fact(
        RelationConnected,
        relation_id=relation_id("agora", "vitrex"),
        marketplace_name="Agora",
        provider_name="Vitrex",
    ),
)
MISSION = (
    fact(TripPublished, trip_id="T1", organisation_id="hiflow"),
    fact(MissionAssigned, trip_id="T1", driver_id="ada"),
)


def licensed(*licences: Licence) -> Any:
    return fact(LicencesChanged, dealership_id=LILLE, licences=licences)


def subscription(user_id: str) -> Any:
    return fact(BrowserSubscribed, user_id=user_id, browser_id=f"b-{user_id}")


def people() -> list[Any]:
    """The users of the group, who may sign in."""
    found: list[Any] = []
    for name, (_, dealership_id) in PEOPLE.items():
        held = (RolesAtDealership(dealership_id=dealership_id, roles=(ROLES[name],)),)
        found.append(replace(user(name, GROUP, ROLES[name]), dealerships=held))
        found.append(activated(name, GROUP, ROLES[name]))
    return found


@asynccontextmanager
async def served(database: str, **named: Any) -> AsyncIterator[Caller]:
    """The API over two dealerships of a group and a mission; `named` are further settings."""
    named = {"portal": "https://portal.example.org/", **named}
    async with serving.served(service, database, Caller, **named) as caller:
        caller.user, caller.organisation = "lea", GROUP
        await follow(
            caller.running,
            organisation(GROUP, OrganisationKind.DEALER_GROUP),
            replace(OPENED, dealership_id=LILLE),
            replace(OPENED, dealership_id=METZ),
            licensed(Licence.CHAT),
            *people(),
            user("ada", "hiflow"),
            activated("ada", "hiflow", Role.DRIVER),
            file("f-1", "lea", GROUP, Purpose.OTHER),
            file("f-2", "marc", GROUP, Purpose.OTHER),
            CREATED,
            fact(CaseAssigned, case_id=CASE, assignee_id="lea"),
            NAMED,
            LINKED,
            DRIVER,
            fact(LinkIssued, case_id=CASE, link_id="driver.1", recipient_id="driver"),
            *MISSION,
            *REQUEST,
            *JOBS,
        )
        yield caller


async def written(caller: Caller, path: str) -> tuple[MessageWritten, ...]:
    """The messages of a thread, as they were recorded."""
    state = (await caller.running.commands.load(THREAD, path.rpartition("/")[2])).state
    assert isinstance(state, Open | Closed)
    return state.thread.messages


async def counts(caller: Caller, who: str, path: str) -> tuple[int, int]:
    """How many messages somebody has read, and how many they have not."""
    shown = await caller.shown(who, path)
    return shown["read"], shown["unread"]


async def show_threads(caller: Caller, path: str) -> None:
    """The service's own table of threads follows."""
    id = path.rpartition("/")[2]
    history = await caller.running.commands.history(THREAD, id)
    await follow(caller.running, *(one.event for one in history if one.version == 1))


async def end_mission(caller: Caller, path: str) -> None:
    """The mission of a thread is delivered, and the service looks what is over."""
    await follow(caller.running, fact(DeliveryConfirmed, trip_id="T1"))
    await show_threads(caller, path)
    await Ending(caller.running).turn()
