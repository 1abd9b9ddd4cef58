"""A manager looks at the platform as a role at a dealership, and changes nothing."""

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from contracts.accounts.user_v1 import Role, RoleViewed
from infra.http.auth import Principal
from infra.testing.spec import Spec
from infra.words import word
from services.accounts import user
from services.accounts.aggregates import USER
from services.accounts.tests.dealers import (
    MANAGER,
    added,
    at,
    closed,
    joined,
    opened,
    roles_at,
    with_group,
)
from services.accounts.tests.make import NOON
from services.accounts.tests.serving import Caller, served
from services.accounts.tests.test_api import kind
from services.accounts.user.sign_in import NotActive
from services.accounts.user.viewing import RoleSeesNothing, ViewRole

given = Spec(user.decide, user.evolve, user.initial).given
CHIEF = (added(at("D1", MANAGER)), opened(MANAGER))
WHILE = timedelta(minutes=5)
SELLER = {"dealership_id": "D1", "role": "sales_representative"}


def view(role: Role = Role.SALES_REPRESENTATIVE, where: str = "D1", when: datetime = NOON) -> Any:
    return ViewRole(
        user_id="tom",
        organisation_id="dreux",
        dealership_id=where,
        role=role,
        until=when + WHILE,
        at=when,
    )


def viewed(
    role: Role = Role.SALES_REPRESENTATIVE, where: str = "D1", when: datetime = NOON
) -> RoleViewed:
    return RoleViewed(
        user_id="tom",
        organisation_id="dreux",
        dealership_id=where,
        role=role,
        viewed_until=when + WHILE,
        viewed_at=when,
    )


@pytest.mark.parametrize(
    "role",
    [
        MANAGER,
        Role.ADMINISTRATIVE_AGENT,
        Role.SALES_REPRESENTATIVE,
        Role.AUDIT_MANAGER,
    ],
)
def test_a_manager_looks_as_a_role_that_signs_in(role: Role) -> None:
    given(*CHIEF).when(view(role)).records(viewed(role))


@pytest.mark.requirement("FLB-015")
@pytest.mark.parametrize(
    "role", [Role.TECHNICIAN, Role.AUDITOR, Role.GROUP_MANAGER, Role.ADMINISTRATION]
)
def test_a_role_that_sees_nothing_at_a_dealership_is_none_to_look_as(role: Role) -> None:
    given(*CHIEF).when(view(role)).is_rejected(RoleSeesNothing(role.name.lower()))


def test_each_look_is_recorded_once_until_it_is_over() -> None:
    looking = given(*CHIEF, viewed())
    looking.when(view(when=NOON + WHILE - timedelta(seconds=1))).records_nothing()
    looking.when(view(when=NOON + WHILE)).records(viewed(when=NOON + WHILE))
    looking.when(view(where="D2")).records(viewed(where="D2"))


def test_who_was_let_go_looks_at_nothing() -> None:
    given(*CHIEF, closed()).when(view()).is_rejected(NotActive())


async def looks(api: Caller, user_id: str, **changed: Any) -> httpx.Response:
    """The answer to a manager of D1 who wants to look as a seller there."""
    return await api.ask("POST", "/role-views", SELLER | changed, who=user_id, at=("D1",))


def who_has(api: Caller, answer: httpx.Response) -> Principal:
    return api.verifier.principal(f"Bearer {answer.json()['access_token']}".encode())


async def test_the_token_has_that_role_there_alone_and_changes_nothing(database: str) -> None:
    async with served(database) as api:
        await with_group(api)
        maya = await joined(api, "maya", D1=["dealership_manager"])
        answer = await looks(api, maya)
        told = answer.json()
        assert answer.headers["Cache-Control"] == "no-store"
        assert (told["roles"], told["reads_only"]) == (["sales_representative"], True)
        assert (told["refresh_token"], told["expires_in"]) == (None, 300)
        who = who_has(api, answer)
        assert (who.subject, who.reads_only) == (maya, True)
        assert who.dealerships == {("sales_representative", "D1")}
        refused = await api.own(told, "DELETE", "/me/sessions")
        assert kind(refused) == (403, "reads-only")


async def test_a_screen_shows_that_its_token_looks_as_a_role(database: str) -> None:
    async with served(database) as api:
        await with_group(api)
        maya = await joined(api, "maya", D1=["dealership_manager"])
        told = (await looks(api, maya)).json()
        french = {"Accept-Language": "fr", "Authorization": f"Bearer {told['access_token']}"}
        me = await api.anybody("GET", "/me", None, french)
        assert me.headers["Content-Language"] == "fr"
        assert me.json()["look"] == {
            "dealership_id": "D1",
            "role": "sales_representative",
            "role_name": word("fr", "GrantedRole", "sales_representative"),
            "banner": "Vous voyez ce que voit ce rôle, sans rien modifier.",
        }
        own = await api.ask("GET", "/me", who=maya, at=("D1",))
        assert (own.json()["user_id"], own.json()["look"]) == (maya, None)


async def test_the_history_of_the_account_tells_of_each_look(database: str) -> None:
    async with served(database) as api:
        await with_group(api)
        maya = await joined(api, "maya", D1=["dealership_manager"])
        first, again = await looks(api, maya), await looks(api, maya)
        assert again.json()["expires_in"] <= first.json()["expires_in"]
        facts = [one.event for one in await api.running.commands.history(USER, maya)]
        [fact] = [one for one in facts if isinstance(one, RoleViewed)]
        assert (fact.dealership_id, fact.role) == ("D1", Role.SALES_REPRESENTATIVE)
        told = await api.ask("GET", f"/users/{maya}/history", at=("D1",))
        shown = told.json()["items"][-1]["what"]
        assert (shown["dealership_id"], shown["role"]) == ("D1", "sales_representative")


async def test_whoever_manages_a_dealership_no_more_looks_no_more(database: str) -> None:
    async with served(database) as api:
        await with_group(api)
        maya = await joined(api, "maya", D1=["dealership_manager"])
        await joined(api, "nora", D1=["dealership_manager"])
        assert (await looks(api, maya)).is_success
        assert (await roles_at(api, maya, "D1", "sales_representative")).is_success
        assert kind(await looks(api, maya)) == (404, "no-such-dealership")


async def test_nobody_looks_where_they_manage_nothing(database: str) -> None:
    async with served(database) as api:
        await with_group(api)
        maya = await joined(api, "maya", D1=["dealership_manager"])
        assert kind(await looks(api, maya, dealership_id="D2")) == (404, "no-such-dealership")
        agent = await api.ask(
            "POST", "/role-views", SELLER, who=maya, roles=("administrative_agent",), at=("D1",)
        )
        assert kind(agent) == (403, "not-admitted")
