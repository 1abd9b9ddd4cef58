"""People of depots are let in once the platform's operator has confirmed theirs (G-20)."""

from typing import Any

import httpx
import pytest

from contracts.accounts.organisation_v1 import (
    OrganisationKind,
    RegistrationConfirmed,
    RegistrationRejected,
    RegistrationSubmitted,
)
from contracts.accounts.user_v1 import Role, RolesChanged, UserDeactivated
from infra.testing.following import NOON, activated, follow, organisation, user
from services.depot_tours.tests.serving import BODY, Caller, served

SUBMITTED = RegistrationSubmitted(
    organisation_id="anfa",
    user_id="nadia",
    manager_name="Nadia Alaoui",
    phone="+212661234567",
    identity_card="BK123456",
    identity_card_mark="mark",
    company_number=None,
    address="12 rue Ibn Batouta",
    city="Casablanca",
    conditions_version="2026-11",
    language="fr",
    submitted_at=NOON,
)
REJECTED = RegistrationRejected(
    organisation_id="anfa",
    user_id="nadia",
    partner="Anfa",
    reason="No such street.",
    rejected_by="lea",
    rejected_at=NOON,
)
CONFIRMED = RegistrationConfirmed(
    organisation_id="anfa", user_id="nadia", partner="Anfa", confirmed_by="lea", confirmed_at=NOON
)
ANFA = organisation("anfa", OrganisationKind.DEPOT)


async def registering(api: Caller, org: str = "anfa") -> httpx.Response:
    return await api.ask("POST", "/orders", BODY, org=org)


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rpartition(":")[2]


@pytest.mark.requirement("EXX-04", "G-20", "SM-07")
async def test_a_depot_is_let_in_once_it_is_confirmed(database: str) -> None:
    async with served(database) as api:
        await follow(api.running, ANFA, SUBMITTED)
        assert refusal(await registering(api)) == (403, "registration-pending")
        shown = await api.ask("GET", "/orders/P-1", org="anfa")
        assert refusal(shown) == (403, "registration-pending")
        await follow(api.running, CONFIRMED)
        assert (await registering(api)).status_code == 201


@pytest.mark.requirement("G-20")
async def test_who_was_rejected_is_told_so(database: str) -> None:
    async with served(database) as api:
        await follow(api.running, ANFA, SUBMITTED, REJECTED)
        assert refusal(await registering(api)) == (403, "registration-rejected")


@pytest.mark.parametrize("org", ["nobody-knows", "garage"])
async def test_who_is_no_depot_is_not_let_in(database: str, org: str) -> None:
    async with served(database) as api:
        await follow(api.running, organisation("garage", OrganisationKind.DEALERSHIP))
        assert refusal(await registering(api, org)) == (403, "not-a-depot")


CLOSED = UserDeactivated(
    user_id="said", organisation_id="maarif", deactivated_by="nadia", deactivated_at=NOON
)
PROMOTED = RolesChanged(
    user_id="said",
    organisation_id="maarif",
    roles=(Role.OPERATOR,),
    changed_by="nadia",
    changed_at=NOON,
    dealerships=(),
)
INVITED = user("said", "maarif", Role.COURIER)
ACTIVE = activated("said", "maarif", Role.COURIER)


@pytest.mark.requirement("G-27")
@pytest.mark.parametrize(
    ("history", "status"),
    [
        pytest.param((INVITED, ACTIVE), 201, id="an active courier"),
        pytest.param((INVITED,), 422, id="not active yet"),
        pytest.param((INVITED, ACTIVE, CLOSED), 422, id="closed"),
        pytest.param((INVITED, ACTIVE, PROMOTED), 422, id="no courier any more"),
        pytest.param((user("said", "elsewhere", Role.COURIER),), 422, id="of another depot"),
    ],
)
async def test_a_tour_is_given_to_an_active_courier_of_the_depot(
    database: str, history: tuple[Any, ...], status: int
) -> None:
    async with served(database) as api:
        await follow(api.running, *history)
        asked = {"courier_id": "said", "order_ids": [await api.prepared()]}
        answer = await api.omar("POST", "/tours", asked)
        assert answer.status_code == status, answer.text
        if status == 422:
            assert answer.json()["errors"][0]["field"] == "/courier_id"
