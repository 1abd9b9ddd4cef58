"""The story of the source: a request goes to forty of two hundred, three answer, one is chosen."""

from typing import Any

import pytest

from contracts.marketplace.relation_v1 import ReasonCode, RelationSuspended, ServiceDeactivated
from contracts.providers import relation_id
from infra.testing.following import follow
from services.dispatch.tests.make import LATER
from services.dispatch.tests.serving import (
    AROUND_LILLE,
    AROUND_LYON,
    PROVIDERS,
    Caller,
    draws,
    related,
    served,
)

OTHERS = 197
MATCHING = 37
"""Beside the three of every test."""


def history(number: int) -> list[Any]:
    """A provider: the first ones match, and of the others a third each has another zone, a service
    that was deactivated, or a suspended relation."""
    provider = f"p{number}"
    known = relation_id("agora", provider)
    facts = related("agora", provider)
    lost = number >= MATCHING
    facts.append(draws(provider, AROUND_LYON if lost and number % 3 == 0 else AROUND_LILLE))
    if lost and number % 3 == 1:
        facts.append(
            ServiceDeactivated(
                relation_id=known,
                marketplace_id="agora",
                provider_id=provider,
                service_code="windows",
                deactivated_by="sophie",
                deactivated_at=LATER,
                marketplace_name=None,
                told_id=None,
            )
        )
    if lost and number % 3 == 2:
        facts.append(
            RelationSuspended(
                relation_id=known,
                marketplace_id="agora",
                provider_id=provider,
                marketplace_name="Agora",
                told_id=f"{provider}-manager",
                reason=ReasonCode.OTHER,
                explanation="Holidays",
                suspended_by="sophie",
                suspended_at=LATER,
            )
        )
    return facts


async def two_hundred(api: Caller) -> None:
    """With the four providers of every test, one of whom is elsewhere, there are 201."""
    await follow(api.running, *(fact for n in range(OTHERS) for fact in history(n)))


@pytest.mark.requirement("OGU-03", "OGU-04", "OGU-24", "OGU-25", "G-61")
async def test_a_request_goes_to_forty_of_two_hundred_and_one_of_three_is_chosen(
    database: str,
) -> None:
    async with served(database) as api:
        await two_hundred(api)
        request_id, job_id = await api.chosen()
        shown = (await api.ask("GET", f"/requests/{request_id}")).json()
        assert len(shown["offers"]) == 40
        assert {one["provider_id"] for one in shown["proposals"]} == set(PROVIDERS)
        told = (await api.ask("GET", f"/requests/{request_id}/explanation")).json()
        missed = [one for one in told["considered"] if not one["offered"]]
        assert len(missed) == 161
        facts = [c["fact"] for one in missed for c in one["criteria"] if not c["met"]]
        assert {fact: facts.count(fact) for fact in set(facts)} == {
            "outside": 54,
            "deactivated": 54,
            "suspended": 53,
        }
        await api.job(job_id, "planned")
        closed = await api.by("p0", "GET", f"/offers/{request_id}")
        assert closed.json()["status"] == "closed"


async def test_the_next_request_begins_with_those_who_were_offered_one_least_recently(
    database: str,
) -> None:
    async with served(database) as api:
        first = await api.created()
        await follow(api.running, *related("agora", "novice"), draws("novice", AROUND_LILLE))
        second = await api.created()
        offers = (await api.ask("GET", f"/requests/{second}")).json()["offers"]
        assert offers[0]["provider_id"] == "novice"
        assert offers[0]["last_offered_at"] is None
        created = (await api.ask("GET", f"/requests/{first}")).json()["created_at"]
        assert {one["last_offered_at"] for one in offers[1:]} == {created}
