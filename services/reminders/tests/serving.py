"""The API of a dealership's reminders, and the facts of others that it follows."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import httpx

from contracts import dealers
from contracts.common_v1 import Money
from contracts.customers.customer_v1 import CustomerErased, CustomerRecorded
from contracts.dealerships.dealership_v1 import DealershipOpened, SettingsChanged
from contracts.interventions.case_v1 import (
    Amounts,
    CaseCreated,
    Module,
    VersionFixed,
    Work,
    WorkLevel,
)
from contracts.media.file_v1 import Purpose
from infra.commands import Aggregate, CommandContext, Refused
from infra.testing import serving
from infra.testing.following import NOON, file, follow
from infra.testing.serving import KEY, NO_HEADERS
from infra.tokens import Role, issue
from services.reminders.service import service
from services.reminders.tests.make import CASE, CLAIRE, GROUP, LILLE

METZ = "GMETZ"
PEOPLE: Mapping[str, tuple[Role, str]] = {
    "lea": ("administrative_agent", LILLE),
    "maya": ("dealership_manager", LILLE),
    "paul": ("administrative_agent", METZ),
}
SOON = date(2040, 6, 20)
BODY: dict[str, Any] = {
    "key": "reminder-1",
    "dealership_id": LILLE,
    "customer_id": CLAIRE,
    "send_on": SOON.isoformat(),
    "brand": "peugeot",
    "reference": "OR-48213",
    "works": [
        {
            "work_id": "belt",
            "label": "Belt",
            "level": "advised",
            "price": {"amount_minor": 64_000, "currency": "EUR"},
        },
        {"work_id": "pads", "label": "Pads", "level": "urgent"},
    ],
}
SENDING = {"works": 2, "proposed": {"amount_minor": 64_000, "currency": "EUR"}}


class Caller(serving.Caller):
    """Asks as one of `PEOPLE`."""

    async def says(
        self,
        who: str,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] = NO_HEADERS,
        org: str = GROUP,
    ) -> httpx.Response:
        role, dealership_id = PEOPLE[who]
        token = issue(KEY, who, org, (role,), dealerships={role: [dealership_id]})
        return await self.anybody(
            method, path, body, {"Authorization": f"Bearer {token}", **headers}
        )

    async def made(self, **changed: Any) -> str:
        """The path of a reminder that was made by hand."""
        answer = await self.says("lea", "POST", "/reminders", BODY | changed)
        assert answer.status_code == 201, answer.text
        return f"/reminders/{answer.json()['id']}"

    async def shown(self, path: str) -> Any:
        answer = await self.says("lea", "GET", path)
        assert answer.is_success, answer.text
        return answer.json()

    async def has(self, aggregate: Aggregate[Any, Any, Any, Any], id: str, *commands: Any) -> None:
        """These commands were carried out."""
        for command in commands:
            context = CommandContext(uuid4(), "c", "c", "lea", GROUP, datetime.now(UTC), "")
            done = await self.running.commands.handle(aggregate, id, command, context)
            assert not isinstance(done, Refused), done


def opened(dealership_id: str) -> DealershipOpened:
    return DealershipOpened(
        dealership_id=dealership_id,
        organisation_id=GROUP,
        dealership_name="Lumen Lille",
        time_zone="Europe/Paris",
        currency="EUR",
        country="FR",
        default_language="fr",
        vat_basis_points=2_000,
        main_brand="peugeot",
        main_brand_name="Peugeot",
        opened_by="olga",
        opened_at=NOON,
    )


def settings(**said: Any) -> SettingsChanged:
    """How the dealership at Lille works from now on; it makes reminders."""
    allowed: dict[str, Any] = {"reminders_allowed": True, "reminders_automatic": True}
    return SettingsChanged(
        dealership_id=LILLE,
        organisation_id=GROUP,
        brand=None,
        settings=replace(dealers.NOTHING_SAID, **(allowed | said)),
        changed_by="maya",
        changed_at=NOON,
    )


def recorded(customer_id: str = CLAIRE, phone: str | None = "+33612345678") -> CustomerRecorded:
    return CustomerRecorded(
        customer_id=customer_id,
        organisation_id=GROUP,
        dealership_id=LILLE,
        title="madam",
        last_name="Moreau",
        first_name="Claire",
        email="claire@example.org",
        phone=phone,
        language="fr",
        case_id=None,
        recorded_by="lea",
        recorded_at=NOON,
    )


ERASED = CustomerErased(
    customer_id=CLAIRE,
    organisation_id=GROUP,
    dealership_id=LILLE,
    contact_ids=(),
    case_ids=(),
    with_customer_id=None,
    merged_customer_ids=(),
    erased_by="maya",
    erased_at=NOON,
)


def case_created(module: Module = Module.WORK_REPORT, case_id: str = CASE) -> CaseCreated:
    return CaseCreated(
        case_id=case_id,
        organisation_id=GROUP,
        dealership_id=LILLE,
        brand="peugeot",
        module=module,
        reference="OR-48213",
        contact_id=CLAIRE,
        author_id="karim",
        created_by="tablet-3",
        currency="EUR",
        vat_basis_points=2_000,
        time_zone="Europe/Paris",
        language="fr",
        duplicated_from=None,
        created_at=NOON,
    )


def case_work(
    id: str = "belt",
    due: date | None = date(2030, 6, 30),
    km: int | None = None,
    done: bool = False,
) -> Work:
    zero = Money(0, "EUR")
    return Work(
        work_id=id,
        label=id.title(),
        level=WorkLevel.ADVISED,
        price=None,
        amounts=Amounts(excluding_vat=zero, vat=zero, including_vat=Money(64_000, "EUR")),
        media_ids=(),
        carried_out=done,
        due_on=due,
        due_mileage_km=km,
        source=None,
        paid=False,
        measurement=None,
        assessment=None,
    )


def version_fixed(*works: Work, version: int = 1, case_id: str = CASE) -> VersionFixed:
    zero = Money(0, "EUR")
    nothing = Amounts(excluding_vat=zero, vat=zero, including_vat=zero)
    return VersionFixed(
        case_id=case_id,
        organisation_id=GROUP,
        dealership_id=LILLE,
        version=version,
        works=works,
        proposed=nothing,
        media_ids=(),
        code_above=None,
        answer_by=None,
        fixed_at=NOON,
        carried_out=None,
    )


@asynccontextmanager
async def served(database: str, *facts: Any, **named: Any) -> AsyncIterator[Caller]:
    """The API over two dealerships of a group, one of which makes reminders."""
    async with serving.served(service, database, Caller, **named) as caller:
        caller.user, caller.organisation = "lea", GROUP
        photo = replace(file("f-photo", "lea", GROUP, Purpose.OTHER), media_type="image/jpeg")
        await follow(
            caller.running,
            opened(LILLE),
            opened(METZ),
            settings(),
            recorded(),
            photo,
            *facts,
        )
        yield caller
