"""The people of dealerships: who keeps them, where their roles hold, who has no password."""

import asyncio

import pytest

from contracts.accounts.user_v1 import PasswordMeans, PasswordSet, Role
from infra.testing.spec import Spec
from services.accounts import user
from services.accounts.adapters.password_links import PasswordLinks
from services.accounts.adapters.secrets.passwords import keep
from services.accounts.tests.dealers import (
    AGENT,
    MANAGER,
    TECHNICIAN,
    add,
    added,
    at,
    close,
    closed,
    correct,
    corrected,
    give,
    given_roles,
    joined,
    lead,
    listed,
    open_again,
    opened,
    person,
    roles_at,
    shown,
    with_group,
)
from services.accounts.tests.make import NOON
from services.accounts.tests.serving import HASH, Caller, served
from services.accounts.tests.test_api import kind
from services.accounts.user import RolesMissing
from services.accounts.user.dealerships import (
    MOST_DEALERSHIPS,
    AddressMissing,
    AddressProved,
    DealershipNamedTwice,
    LastManager,
    OtherManagers,
    RolesNotOfDealerships,
    TooManyDealerships,
)
from services.accounts.user.sign_in import granted, granted_at

given = Spec(user.decide, user.evolve, user.initial).given
WORKER = (added(at("D1", TECHNICIAN), email=None), listed())
CHIEF = (added(at("D1", MANAGER)), opened(MANAGER))
PASSWORD_SET = PasswordSet(
    user_id="tom", organisation_id="dreux", means=PasswordMeans.RESET, set_at=NOON
)


@pytest.mark.requirement("FLB-014", "G-32")
class TestAdding:
    def test_who_signs_in_is_let_in_at_once(self) -> None:
        given().when(add(at("D2", AGENT, MANAGER), at("D1", AGENT))).records(
            added(at("D1", AGENT), at("D2", MANAGER, AGENT)), opened(MANAGER, AGENT)
        )

    @pytest.mark.requirement("FLB-015")
    def test_technicians_and_auditors_may_be_named_at_once_and_need_no_address(self) -> None:
        places = (at("D1", TECHNICIAN, Role.AUDITOR),)
        given().when(add(*places, email=None)).records(added(*places, email=None), listed())

    @pytest.mark.requirement("FLB-015")
    def test_who_signs_in_needs_an_address(self) -> None:
        given().when(add(at("D1", TECHNICIAN, AGENT), email=None)).is_rejected(AddressMissing())

    def test_only_roles_of_dealerships_are_granted_at_one(self) -> None:
        for role in (Role.GROUP_MANAGER, Role.ADMINISTRATION):
            refused = RolesNotOfDealerships((role.name.lower(),))
            given().when(add(at("D1", role))).is_rejected(refused)
            given(*WORKER).when(give("D1", role)).is_rejected(refused)

    def test_everybody_has_a_role_and_a_dealership_is_named_once(self) -> None:
        given().when(add()).is_rejected(RolesMissing())
        twice = add(at("D1", AGENT), at("D1", MANAGER))
        given().when(twice).is_rejected(DealershipNamedTwice("D1"))


@pytest.mark.requirement("FLB-015", "FLB-016")
class TestRoles:
    def test_the_first_role_that_signs_in_opens_the_account(self) -> None:
        worker = (added(at("D1", TECHNICIAN)), listed())
        places = (at("D1", TECHNICIAN), at("D2", AGENT))
        given(*worker).when(give("D2", AGENT)).records(
            given_roles(*places), opened(AGENT, TECHNICIAN)
        )
        given(*WORKER).when(give("D2", AGENT)).is_rejected(AddressMissing())

    def test_with_the_last_role_that_signs_in_the_account_has_no_password(self) -> None:
        facts = (added(at("D1", AGENT, TECHNICIAN)), opened(AGENT, TECHNICIAN))
        given(*facts).when(give("D1", TECHNICIAN)).records(
            given_roles(at("D1", TECHNICIAN)), listed()
        )

    def test_roles_elsewhere_stay_as_they_are(self) -> None:
        facts = (added(at("D1", AGENT), at("D2", AGENT)), opened(AGENT))
        given(*facts).when(give("D2")).records(given_roles(at("D1", AGENT)))
        given(*facts).when(give("D2", AGENT)).records_nothing()

    def test_nobody_is_left_without_a_role(self) -> None:
        given(*WORKER).when(give("D1")).is_rejected(RolesMissing())

    def test_who_does_not_sign_in_comes_back_as_they_were(self) -> None:
        given(*WORKER).when(close()).records(closed())
        given(*WORKER, closed()).when(open_again()).records(listed())
        given(*WORKER).when(open_again()).records_nothing()


@pytest.mark.requirement("G-31")
class TestLastManager:
    def test_the_last_manager_of_a_dealership_stays_one(self) -> None:
        elsewhere = OtherManagers(at=frozenset({"D2"}))
        for command in (give("D1", AGENT, others=elsewhere), close(elsewhere)):
            given(*CHIEF).when(command).is_rejected(LastManager())

    @pytest.mark.parametrize(
        "others", [OtherManagers(at=frozenset({"D1"})), OtherManagers(everywhere=True)]
    )
    def test_another_one_may_leave(self, others: OtherManagers) -> None:
        given(*CHIEF).when(close(others)).records(closed())
        given(*CHIEF).when(give("D1", AGENT, others=others)).records(given_roles(at("D1", AGENT)))

    def test_the_last_group_manager_stays_one(self) -> None:
        facts = (*CHIEF, given_roles(at("D1", MANAGER), group=True))
        given(*facts).when(lead(manages=False)).is_rejected(LastManager())
        left = given_roles(at("D1", MANAGER))
        given(*facts).when(lead(False, OtherManagers(everywhere=True))).records(left)
        given(*facts).when(give("D1", AGENT)).records(given_roles(at("D1", AGENT), group=True))


@pytest.mark.requirement("FLB-023", "G-32")
def test_a_group_manager_is_appointed_once_and_signs_in() -> None:
    led = given_roles(at("D1", MANAGER), group=True)
    given(*CHIEF).when(lead()).records(led)
    given(*CHIEF, led).when(lead()).records_nothing()
    given(*WORKER).when(lead()).is_rejected(AddressMissing())


@pytest.mark.requirement("G-32")
def test_somebody_is_at_no_more_dealerships_than_a_token_tells() -> None:
    places = tuple(at(f"D{n:02}", MANAGER) for n in range(MOST_DEALERSHIPS))
    almost = given(added(*places[:-1]), opened(MANAGER))
    almost.when(give("D19", MANAGER)).records(given_roles(*places))
    full = given(added(*places), opened(MANAGER))
    full.when(give("D99", MANAGER)).is_rejected(TooManyDealerships(MOST_DEALERSHIPS))
    fewer = full.answer(give("D19", others=OtherManagers(everywhere=True)))
    assert isinstance(fewer, list)


@pytest.mark.requirement("FLB-016")
def test_details_are_corrected_but_for_an_address_that_was_proved() -> None:
    given(*CHIEF).when(correct("new@example.org")).records(corrected("new@example.org"))
    given(*CHIEF).when(correct("tom@example.org")).records_nothing()
    given(*CHIEF, PASSWORD_SET).when(correct("new@example.org")).is_rejected(AddressProved())
    renamed = correct("tom@example.org", "Tom Grand")
    given(*CHIEF, PASSWORD_SET).when(renamed).records(corrected("tom@example.org", "Tom Grand"))
    given(*CHIEF).when(correct(None)).is_rejected(AddressMissing())
    given(*WORKER).when(correct(None, "Tim")).records(corrected(None, "Tim"))


@pytest.mark.requirement("G-32")
def test_a_token_says_at_which_dealerships_its_roles_hold() -> None:
    places = (at("D1", AGENT, MANAGER), at("D2", AGENT))
    roles = granted(frozenset({AGENT, MANAGER}), with_second_factor=False)
    assert roles == {"administrative_agent", "enrolling"}
    assert granted_at(places, roles) == {"administrative_agent": {"D1", "D2"}}
    roles = granted(frozenset({Role.GROUP_MANAGER}), with_second_factor=True)
    assert roles == {"group_manager", "dealership_manager"}
    assert granted_at((), roles) == {}


async def sign_in_of(api: Caller, user_id: str, who: str) -> int:
    """The status that somebody gets who knows a password that was kept for them."""
    async with api.running.pool.connection() as connection:
        await keep(connection, user_id, HASH)
    return (await api.sign_in(who)).status_code


def path_of(user_id: str) -> str:
    return f"/users/{user_id}/activation"


class TestOverHttp:
    @pytest.mark.requirement("FLB-013", "FLB-014", "G-32")
    async def test_a_manager_adds_people_to_their_own_dealerships_alone(
        self, database: str
    ) -> None:
        async with served(database) as api:
            await with_group(api)
            user_id = await joined(api, "zoe", D1=["administrative_agent"])
            seen = await shown(api, user_id)
            assert (seen["status"], seen["roles"]) == ("active", ["administrative_agent"])
            assert seen["dealerships"] == [
                {"dealership_id": "D1", "roles": ["administrative_agent"]}
            ]
            body = person("max", D1=["technician"], D2=["technician"])
            assert kind(await api.ask("POST", "/dealership-users", body, at=["D1"])) == (
                404,
                "no-such-dealership",
            )
            body = person("max", D9=["technician"])
            refused = await api.ask("POST", "/dealership-users", body, at=["D9"])
            assert kind(refused) == (422, "unknown-reference")

    @pytest.mark.requirement("FLB-013", "G-01")
    async def test_a_manager_keeps_nobody_who_also_works_elsewhere(self, database: str) -> None:
        async with served(database) as api:
            await with_group(api)
            both = await joined(api, "bea", D1=["technician"], D2=["technician"])
            theirs = await joined(api, "eve", D2=["technician"])
            refused = await api.ask("DELETE", path_of(both), at=["D1"])
            assert kind(refused) == (403, "beyond-your-dealerships")
            for method, path in (
                ("GET", f"/users/{theirs}"),
                ("GET", f"/users/{theirs}/history"),
                ("DELETE", path_of(theirs)),
            ):
                assert kind(await api.ask(method, path, at=["D1"])) == (404, "no-such-user")
            assert (await roles_at(api, theirs, "D1", "technician", at=("D1",))).status_code == 404
            assert (
                await api.ask("DELETE", f"/users/{both}/activation", at=["D1", "D2"])
            ).is_success

    @pytest.mark.requirement("FLB-015", "FLB-020")
    async def test_who_has_no_password_neither_signs_in_nor_resets_one(self, database: str) -> None:
        async with served(database) as api:
            await with_group(api)
            user_id = await joined(api, "tom", D1=["technician"])
            assert (await shown(api, user_id))["status"] == "listed"
            assert await sign_in_of(api, user_id, "tom") == 401
            email = {"email": "tom@example.org"}
            assert (await api.anybody("POST", "/password-resets", email)).status_code == 202
            await PasswordLinks(api.running).answer_waiting()
            with pytest.raises(IndexError):
                await api.link(user_id)
            assert (await roles_at(api, user_id, "D1", "administrative_agent")).is_success
            assert await sign_in_of(api, user_id, "tom") == 200

    @pytest.mark.requirement("FLB-015")
    async def test_what_somebody_signed_in_with_ends_with_their_last_such_role(
        self, database: str
    ) -> None:
        async with served(database) as api:
            await with_group(api)
            user_id = await joined(api, "tom", D1=["administrative_agent"])
            assert await sign_in_of(api, user_id, "tom") == 200
            tokens = await api.signed_in("tom")
            assert (await roles_at(api, user_id, "D1", "technician")).is_success
            body = {"refresh_token": tokens["refresh_token"]}
            assert (await api.anybody("POST", "/refresh", body)).status_code == 401
            assert (await roles_at(api, user_id, "D1", "administrative_agent")).is_success
            assert (await api.sign_in("tom")).status_code == 401

    @pytest.mark.requirement("G-31")
    async def test_of_two_managers_who_leave_at_once_one_stays(self, database: str) -> None:
        async with served(database) as api:
            await with_group(api)
            ids = [await joined(api, who, D1=["dealership_manager"]) for who in ("bob", "tim")]
            answers = await asyncio.gather(*(roles_at(api, id, "D1", "technician") for id in ids))
            assert sorted(answer.status_code for answer in answers) == [200, 409]

    @pytest.mark.requirement("G-32")
    async def test_the_operator_alone_appoints_group_managers_and_of_dealers_alone(
        self, database: str
    ) -> None:
        async with served(database) as api:
            await with_group(api)
            user_id = await joined(api, "zoe", D1=["administrative_agent"])
            await api.invited_user("ada")
            path = f"/users/{user_id}/group-manager"
            for org in ("dreux", "hiflow"):
                refused = await api.ask("PUT", path, roles=("administration",), org=org)
                assert kind(refused) == (404, "no-such-user")
            asked = await api.ask("PUT", path, roles=("administration",), org="relais")
            assert asked.is_success
            assert "group_manager" in (await shown(api, user_id))["roles"]
            path = "/users/ada/group-manager"
            refused = await api.ask("PUT", path, roles=("administration",), org="relais")
            assert kind(refused) == (409, "not-of-dealers")

    @pytest.mark.requirement("G-32")
    async def test_no_role_of_dealers_is_granted_beside_them(self, database: str) -> None:
        async with served(database) as api:
            body = {"email": "x@example.org", "name": "X", "roles": ["group_manager"]}
            assert kind(await api.ask("POST", "/users", body)) == (422, "roles-of-dealers")

    @pytest.mark.requirement("FLB-016")
    async def test_an_address_that_a_manager_corrects_signs_in(self, database: str) -> None:
        async with served(database) as api:
            await with_group(api)
            user_id = await joined(api, "tom", D1=["administrative_agent"])
            await joined(api, "bob", D1=["administrative_agent"])
            body = {"last_name": "Petit", "first_name": "Tim", "email": "bob@example.org"}
            path = f"/users/{user_id}/details"
            assert kind(await api.ask("PUT", path, body, at=["D1"])) == (409, "email-taken")
            body["email"] = "tim@example.org"
            assert (await api.ask("PUT", path, body, at=["D1"])).is_success
            seen = await shown(api, user_id)
            assert (seen["name"], seen["email"]) == ("Tim Petit", "tim@example.org")
            assert await sign_in_of(api, user_id, "tim") == 200
