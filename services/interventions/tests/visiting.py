"""A customer with a link, in a browser without scripts, and the dealership whose page it is."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import uuid4

import httpx

from contracts.common_v1 import Money
from contracts.dealers import NOTHING_SAID
from contracts.dealerships.dealership_v1 import DealershipOpened, SettingsChanged
from contracts.dealerships.template_v1 import Module, TemplateSaved, TemplateText
from infra.commands import CommandContext, Refused
from infra.testing import serving
from infra.testing.following import follow
from infra.testing.pages import hidden
from infra.testing.serving import KEY
from infra.tokens import issue
from infra.vault import Vault
from services.interventions import case
from services.interventions.adapters import links
from services.interventions.aggregates import CASE
from services.interventions.service import service
from services.interventions.tests.make import GROUP, ID, LILLE, LINK, NOON

Fact = TypeVar("Fact")
CODE_ABOVE = 20_000
PAGE = "text/html; charset=utf-8"


@dataclass
class Visitor(serving.Caller):
    """Looks at the page of a case, and fills in its forms."""

    token: str = ""
    case_id: str = field(default=ID)
    beside: Mapping[str, str] = field(default_factory=dict)
    """The headers that its browser sends."""

    async def has(self, *commands: case.Command) -> None:
        """These commands were carried out."""
        now = datetime.now(UTC)
        for command in commands:
            context = CommandContext(uuid4(), "c", "c", "lea", GROUP, now, "")
            done = await self.running.commands.handle(CASE, self.case_id, command, context)
            assert not isinstance(done, Refused), done

    async def holds(self, link_id: str = LINK) -> None:
        """From now on they have that link."""
        vault = Vault(self.running.pool, self.running.settings.masters)
        self.token = await links.of_cases(vault).token(self.case_id, link_id)

    async def look(self, query: str = "") -> httpx.Response:
        return await self.client.get(f"/page/{self.token}{query}", headers=self.beside)

    async def send(self, act: str, page: httpx.Response, **entered: str) -> httpx.Response:
        """Send the form of a page with what was entered, and what the browser says beside."""
        fields = {
            **hidden(page.text),
            **{name.replace("__", "."): v for name, v in entered.items()},
        }
        return await self.client.post(f"/page/{self.token}/{act}", data=fields, headers=self.beside)

    async def preview(self, *roles: Any, at: str = LILLE, org: str = GROUP) -> httpx.Response:
        """The page for a colleague in these roles at a dealership."""
        token = issue(KEY, "lea", org, roles, dealerships={role: [at] for role in roles})
        headers = {"Authorization": f"Bearer {token}"}
        return await self.client.get(f"/cases/{self.case_id}/page", headers=headers)

    async def recorded(self, kind: type[Fact]) -> list[Fact]:
        """The facts of a kind about the case, oldest first."""
        facts = await self.running.commands.history(CASE, self.case_id)
        return [fact.event for fact in facts if isinstance(fact.event, kind)]


@asynccontextmanager
async def visiting(database: str, *commands: case.Command) -> AsyncIterator[Visitor]:
    """Somebody with the link of the customer of a case, after these commands."""
    async with serving.served(service, database, Visitor) as visitor:
        await follow(visitor.running, *HOUSE)
        await visitor.has(*commands)
        await visitor.holds()
        yield visitor


def soon(hours: float) -> datetime:
    """A time in the future, since pages are looked at now."""
    return datetime.now(UTC) + timedelta(hours=hours)


HOUSE = (
    DealershipOpened(
        dealership_id=LILLE,
        organisation_id=GROUP,
        dealership_name="Lumen Lille",
        time_zone="Europe/Paris",
        currency="EUR",
        country="FR",
        default_language="fr",
        vat_basis_points=2_000,
        main_brand="peugeot",
        main_brand_name="Peugeot",
        opened_by="maya",
        opened_at=NOON,
    ),
    SettingsChanged(
        dealership_id=LILLE,
        organisation_id=GROUP,
        brand=None,
        settings=replace(
            NOTHING_SAID,
            website="https://lumen.example",
            booking_link="https://lumen.example/rendez-vous",
            code_above=Money(CODE_ABOVE, "EUR"),
            colour="9c1c2e",
        ),
        changed_by="maya",
        changed_at=NOON,
    ),
    TemplateSaved(
        template_id="T1",
        organisation_id=GROUP,
        dealership_id=LILLE,
        brand="peugeot",
        module=Module.MECHANICAL,
        title="Workshop",
        texts=(TemplateText(language="fr", text="À très vite."),),
        banner_file_id="banner-1",
        advertising_file_id="spring-1",
        saved_by="maya",
        saved_at=NOON,
    ),
)
