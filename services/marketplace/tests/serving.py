"""The API of marketplaces, and the people who ask it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import httpx

from contracts.accounts.organisation_v1 import OrganisationKind
from contracts.marketplace.invitation_v1 import InvitationSent
from contracts.media.file_v1 import Purpose
from contracts.providers import relation_id
from infra.commands import CommandContext, Done
from infra.testing import serving
from infra.testing.following import file, follow, organisation
from services.marketplace.aggregates import INVITATION, PROVIDER, RELATION
from services.marketplace.provider import ShowDocument
from services.marketplace.service import service
from services.marketplace.tests.make import NOON, paper

ACTIVATION: dict[str, Any] = {
    "marketplace_name": "Quartier Net",
    "time_zone": "Europe/Paris",
    "currency": "EUR",
    "language": "fr",
}
ADDRESS = "paul@atelier.example"


class Caller(serving.Caller):
    """Asks as Olga, who manages a marketplace."""

    async def admin(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """Ask as Ada, the administration of the marketplace."""
        return await self.ask(method, path, body, "ada", ("administration",))

    async def provider(
        self, method: str, path: str, body: Any = None, org: str = "atelier"
    ) -> httpx.Response:
        """Ask as Paul, who manages a provider."""
        return await self.ask(method, path, body, "paul", ("provider_manager",), org)

    async def owner(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """Ask as Pia, the administration of the provider."""
        return await self.ask(method, path, body, "pia", ("administration",), "atelier")

    async def activated(self) -> None:
        answer = await self.admin("PUT", "/settings/activation", ACTIVATION)
        assert answer.status_code == 200, answer.text

    async def invited(self, email: str = ADDRESS) -> str:
        """The token that was mailed to an address."""
        body = {"email_addresses": [email]}
        answer = await self.ask("POST", "/invitations", body)
        assert answer.status_code == 200, answer.text
        return await self.token(answer.json()["items"][0]["invitation_id"])

    async def token(self, invitation_id: str) -> str:
        """The token of the last link of an invitation."""
        facts = await self.running.commands.history(INVITATION, invitation_id)
        sent = [one.event for one in facts if isinstance(one.event, InvitationSent)]
        return sent[-1].link.rpartition("#token=")[2]

    async def joined(self, org: str = "atelier") -> None:
        """A provider uses an invitation to the marketplace, which has no terms."""
        body = {"token": await self.invited(f"{org}@example.org"), "terms_version": None}
        answer = await self.provider("POST", "/marketplaces", body, org)
        assert answer.status_code == 201, answer.text

    async def works(self) -> None:
        """A provider joins, applies and is accepted."""
        await self.joined()
        body = {"terms_version": None}
        path = "/marketplaces/quartier/application"
        assert (await self.provider("PUT", path, body)).status_code == 200
        answer = await self.ask("PUT", "/providers/atelier/acceptance", {"seen": []})
        assert answer.status_code == 200, answer.text

    async def follows_relation(self) -> None:
        """The workers see the facts between the marketplace and the provider."""
        id = relation_id("quartier", "atelier")
        facts = await self.running.commands.history(RELATION, id)
        await follow(self.running, *(one.event for one in facts))

    async def shows(self, kind: str = "vigilance") -> None:
        """The vault tells of a paper of the provider."""
        command = ShowDocument(provider_id="atelier", document=paper(kind), by="paul", at=NOON)
        context = CommandContext(uuid4(), "c", "c", "paul", "atelier", NOON, "")
        done = await self.running.commands.handle(PROVIDER, "atelier", command, context)
        assert isinstance(done, Done)


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """The status and the kind of a problem."""
    return answer.status_code, answer.json()["type"].rpartition(":")[2]


@asynccontextmanager
async def served(database: str) -> AsyncIterator[Caller]:
    """The API, with two marketplaces, two providers and a depot; one marketplace is active."""
    async with serving.served(service, database, Caller) as caller:
        caller.user, caller.roles, caller.organisation = (
            "olga",
            ("marketplace_manager",),
            "quartier",
        )
        await follow(
            caller.running,
            organisation("quartier", OrganisationKind.MARKETPLACE),
            organisation("rival", OrganisationKind.MARKETPLACE),
            organisation("atelier", OrganisationKind.PROVIDER),
            organisation("other", OrganisationKind.PROVIDER),
            organisation("maarif", OrganisationKind.DEPOT),
            file("f-terms", "olga", "quartier", Purpose.OTHER),
        )
        await caller.activated()
        yield caller
