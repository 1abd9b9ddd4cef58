"""The API of dispatch over a marketplace with providers, and those who ask it."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import httpx

from contracts.common_v1 import Point, Zone
from contracts.marketplace.marketplace_v1 import (
    AssignmentChanged,
    LocalitiesListed,
    Locality,
    MarketplaceActivated,
    ServiceListed,
    ServiceUnit,
)
from contracts.marketplace.provider_v1 import ZoneDrawn
from contracts.marketplace.relation_v1 import (
    ApplicationAccepted,
    EndAnnounced,
    ReasonCode,
    RelationConnected,
    RelationEnd,
    RelationSuspended,
    ServiceAccepted,
    ServiceProposed,
)
from contracts.media.file_v1 import Purpose
from contracts.providers import relation_id
from infra.commands import Aggregate
from infra.consumers.reactions import ReactionHandler
from infra.testing import serving
from infra.testing.deliveries import deliveries
from infra.testing.following import file, follow
from infra.timers import Timers
from services.dispatch import request
from services.dispatch.aggregates import JOB, REQUEST
from services.dispatch.service import service
from services.dispatch.tests.make import LATER, NOON

IN_LILLE = {"latitude": 50.6366, "longitude": 3.0635}
AROUND_LILLE = [[2.9, 50.5], [3.2, 50.5], [3.2, 50.8], [2.9, 50.8], [2.9, 50.5]]
AROUND_LYON = [[4.7, 45.6], [5.0, 45.6], [5.0, 45.9], [4.7, 45.9], [4.7, 45.6]]
PROVIDERS = ("eclat", "vitrex", "clair")
LILLE = Locality(
    locality="Lille",
    postal_code="59000",
    commune_code="59350",
    centre=Point(latitude=50.6366, longitude=3.0635),
)
ROUBAIX = Locality(
    locality="Roubaix",
    postal_code="59100",
    commune_code="59512",
    centre=Point(latitude=50.6927, longitude=3.1778),
)
MANAGES: tuple[Any, ...] = ("marketplace_manager",)
PROVIDES: tuple[Any, ...] = ("provider_manager",)


def in_days(days: float) -> datetime:
    """A time from now on, to the hour."""
    at = datetime.now(UTC) + timedelta(days=days)
    return at.replace(minute=0, second=0, microsecond=0)


def text(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def euros(minor: int) -> dict[str, Any]:
    return {"amount_minor": minor, "currency": "EUR"}


def wanted(**changed: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "service_code": "windows",
        "customer_name": "Awa Diop",
        "customer_email": "awa@example.org",
        "language": "fr",
        "address": "12 rue des Tanneurs",
        "place": IN_LILLE,
        "locality": "Lille",
        "postal_code": "59000",
        "commune_code": "59350",
        "details": "Six windows",
        "wanted_from": text(in_days(10)),
        "wanted_until": text(in_days(14)),
    }
    return body | changed


def proposal(**changed: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "price": euros(12_000),
        "vat_basis_points": 2_000,
        "slots": [text(in_days(11)), text(in_days(12))],
        "scope": "Six windows, both sides",
        "valid_until": text(in_days(9)),
    }
    return body | changed


class Caller(serving.Caller):
    """Asks as Sophie, who runs the marketplace, or as the manager of a provider."""

    async def by(self, provider: str, method: str, path: str, body: Any = None) -> httpx.Response:
        return await self.ask(method, path, body, f"{provider}-manager", PROVIDES, provider)

    async def created(self, **changed: Any) -> str:
        """The id of a request that the operator made, once the workers have seen it."""
        answer = await self.ask("POST", "/requests", wanted(**changed))
        assert answer.status_code == 201, answer.text
        request_id: str = answer.json()["id"]
        await self.work(REQUEST, request_id)
        return request_id

    async def proposed(self, request_id: str, *providers: str) -> None:
        for provider in providers:
            answer = await self.by(provider, "PUT", f"/offers/{request_id}/proposal", proposal())
            assert answer.is_success, answer.text

    async def chosen(self) -> tuple[str, str]:
        """A request for which the customer chose a provider, and its job."""
        request_id = await self.created()
        await self.proposed(request_id, *PROVIDERS)
        answer = await self.anybody("PUT", f"{await self.page(request_id)}/choice", self.choice())
        assert answer.is_success, answer.text
        await self.work(REQUEST, request_id)
        shown = await self.ask("GET", f"/requests/{request_id}")
        return request_id, shown.json()["job_id"]

    def choice(self, provider: str = "eclat") -> dict[str, Any]:
        slot = text(in_days(11))
        return {"provider_id": provider, "price": euros(12_000), "arrives_from": slot}

    async def page(self, request_id: str) -> str:
        """The path of the customer's page, from the link that is sent."""
        state = (await self.running.commands.load(REQUEST, request_id)).state
        assert isinstance(state, request.Open | request.Chosen | request.Cancelled)
        link: str = state.dossier.created.customer_link
        return f"/page/{link.rpartition('/')[2]}"

    async def work(self, aggregate: Aggregate[Any, Any, Any, Any], id: str) -> None:
        """The workers see what was recorded of an entity: reactions, then views."""
        facts = [one.event for one in await self.running.commands.history(aggregate, id)]
        for reaction in service.reactions:
            if reaction.contract is not aggregate.contract:
                continue
            own = [one for one in facts if type(one) in reaction.events]
            handler = ReactionHandler(reaction, self.running.commands, service.name)
            batch = deliveries([aggregate.contract], own, count(1), NOON)
            async with self.running.pool.connection() as connection, connection.transaction():
                assert await handler.handle(connection, batch) == {}
        if aggregate is REQUEST:
            facts = [one.event for one in await self.running.commands.history(aggregate, id)]
            await follow(self.running, *facts)

    async def time_passes(self, until: datetime) -> None:
        """Timers that are due by then fire."""
        timers = Timers(service.name, self.running.commands, service.aggregates)
        await timers.fire_due(until)

    async def job(self, job_id: str, status: str) -> Any:
        """The job as its provider sees it, which is that far."""
        shown = (await self.by("eclat", "GET", f"/jobs/{job_id}")).json()
        assert shown["status"] == status, shown
        return shown

    async def cancelled(self, job_id: str, cause: str = "illness") -> None:
        body = {"cause": cause}
        answer = await self.by("eclat", "PUT", f"/jobs/{job_id}/cancellation", body)
        assert answer.is_success, answer.text
        await self.work(JOB, job_id)


def marketplace(marketplace_id: str, broadcast: bool = True) -> list[Any]:
    """A marketplace that lists the cleaning of windows."""
    return [
        MarketplaceActivated(
            marketplace_id=marketplace_id,
            marketplace_name="Agora",
            time_zone="Europe/Paris",
            currency="EUR",
            language="fr",
            activated_by="sophie",
            activated_at=NOON,
        ),
        AssignmentChanged(
            marketplace_id=marketplace_id,
            broadcast=broadcast,
            required_proposals=3,
            sending_after_days=3,
            reminder_after_days=2,
            changed_by="sophie",
            changed_at=LATER,
        ),
        ServiceListed(
            marketplace_id=marketplace_id,
            service_code="windows",
            names=(),
            unit=ServiceUnit.JOB,
            listed_by="sophie",
            listed_at=LATER,
        ),
    ]


def related(marketplace_id: str, provider: str) -> list[Any]:
    """A provider that the marketplace accepted, for the cleaning of windows."""
    known = relation_id(marketplace_id, provider)
    connected = RelationConnected(
        relation_id=known,
        marketplace_id=marketplace_id,
        provider_id=provider,
        provider_name=provider.title(),
        marketplace_name="Agora",
        invitation_id=f"I-{provider}",
        terms_version=None,
        connected_by=f"{provider}-manager",
        connected_at=NOON,
        internal_documents=(),
    )
    accepted = ApplicationAccepted(
        relation_id=known,
        marketplace_id=marketplace_id,
        provider_id=provider,
        marketplace_name="Agora",
        told_id=f"{provider}-manager",
        accepted_by="sophie",
        accepted_at=NOON,
    )
    proposes = ServiceProposed(
        relation_id=known,
        marketplace_id=marketplace_id,
        provider_id=provider,
        service_code="windows",
        proposed_by=f"{provider}-manager",
        proposed_at=NOON,
    )
    may = ServiceAccepted(
        relation_id=known,
        marketplace_id=marketplace_id,
        provider_id=provider,
        service_code="windows",
        accepted_by="sophie",
        accepted_at=LATER,
        marketplace_name=None,
        told_id=None,
    )
    return [connected, accepted, proposes, may]


def suspended(provider: str) -> RelationSuspended:
    return RelationSuspended(
        relation_id=relation_id("agora", provider),
        marketplace_id="agora",
        provider_id=provider,
        marketplace_name="Agora",
        told_id=f"{provider}-manager",
        reason=ReasonCode.LEGAL_DUTY,
        explanation="A licence is missing.",
        suspended_by="sophie",
        suspended_at=LATER,
    )


def ends(provider: str, last: datetime) -> EndAnnounced:
    """The provider leaves the marketplace at the end of a day."""
    return EndAnnounced(
        relation_id=relation_id("agora", provider),
        marketplace_id="agora",
        provider_id=provider,
        marketplace_name="Agora",
        told_id=f"{provider}-manager",
        end=RelationEnd.DEACTIVATED,
        reason=ReasonCode.NO_DEMAND,
        explanation="There is no demand.",
        jobs=(),
        last_day=last.date(),
        effective_at=last + timedelta(days=1),
        announced_by="sophie",
        announced_at=LATER,
        contracts=(),
    )


def draws(provider: str, ring: list[list[float]]) -> ZoneDrawn:
    geojson = json.dumps({"type": "Polygon", "coordinates": [ring]})
    return ZoneDrawn(
        provider_id=provider,
        zone=Zone(geojson=geojson, communes=()),
        drawn_by=f"{provider}-manager",
        drawn_at=NOON,
    )


@asynccontextmanager
async def served(database: str, **named: int) -> AsyncIterator[Caller]:
    """The API of a marketplace with three providers around Lille and one around Lyon; another
    marketplace assigns by hand, and has one of them too. `named` are further settings."""
    async with serving.served(service, database, Caller, **named) as caller:
        caller.user, caller.roles, caller.organisation = "sophie", MANAGES, "agora"
        await follow(
            caller.running,
            *marketplace("agora"),
            LocalitiesListed(
                marketplace_id="agora",
                localities=(ROUBAIX, LILLE),
                listed_by="sophie",
                listed_at=LATER,
            ),
            *marketplace("forum", broadcast=False),
            *(event for one in (*PROVIDERS, "lyonnais") for event in related("agora", one)),
            *related("forum", "eclat"),
            *(draws(one, AROUND_LILLE) for one in PROVIDERS),
            draws("lyonnais", AROUND_LYON),
            file("f-photo", "eclat-manager", "eclat", Purpose.PHOTO),
        )
        yield caller
