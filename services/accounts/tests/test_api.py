"""The routes of accounts: whom they admit, whose they are, and what they answer."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any, get_args
from uuid import uuid4

import httpx
import pytest

from contracts.accounts.user_v1 import SubjectForgotten
from infra.cloudevents import Envelope
from infra.consumers.records import Delivery
from infra.host import Running
from infra.http.app import admissions
from infra.testing.routes import Existing
from infra.timers import Timers
from infra.tokens import Role
from services.accounts.adapters.forgetting import Forgetting
from services.accounts.aggregates import ORGANISATION, USER
from services.accounts.http import router
from services.accounts.http.access import Access
from services.accounts.tests.make import context
from services.accounts.tests.registering import EVIDENCE
from services.accounts.tests.serving import Caller, invitation, served, today
from services.accounts.user import ForgetUser

EVERY_ROLE: tuple[Role, ...] = get_args(Role)
PROFILE = {"phone": "+33612345678", "city": "Lyon"}
LICENCE = {"number": "14AB", "categories": ["B"], "issued_on": "2020-05-01"}
DETAILS = {"last_name": "Martin", "first_name": "Ada", "email": "ada@example.org"}
FOUNDING = ("/users", "/depot-users", "/dealership-users")
"""The routes that add somebody to one's own organisation."""
REJECTION = {"seen": EVIDENCE, "reason": "No."}
DECISIONS: dict[str, Any] = {
    "/registrations/organisation_id/confirmation": {"seen": EVIDENCE},
    "/registrations/organisation_id/rejection": REJECTION,
}
THEIRS: dict[str, Any] = {
    "PUT /users/{user_id}/agreement": {"signed_on": "2020-05-01"},
    "PUT /users/{user_id}/roles": {"roles": ["analyst"]},
    "PUT /users/{user_id}/details": DETAILS,
    "PUT /users/{user_id}/dealerships/{dealership_id}/roles": {"roles": []},
    "POST /users/{user_id}/second-factor/removal": {"password": "y"},
    "PUT /registrations/{organisation_id}/confirmation": {"seen": EVIDENCE},
    "PUT /registrations/{organisation_id}/rejection": REJECTION,
}
"""These are sent about somebody of another organisation."""
SUPPORT = {"supporter_id": "sam", "roles": ["logistics"], "reason": "A quote does not open."}


def bodies_of_users() -> dict[str, Any]:
    """Bodies by the end of a path, and by the method where two have one end."""
    return {
        "agreement": {"signed_on": today()},
        "roles": {"roles": ["analyst"]},
        "profile": PROFILE,
        "details": DETAILS,
        "licence": LICENCE,
        "password": {"former": "x", "password": "y"},
        "second-factor": {"password": "y"},
        "removal": {"password": "y"},
        "confirmation": {"code": "123456"},
        "recovery-codes": {"code": "123456"},
        "email": {"email": "x@example.org", "password": "y"},
        "POST phone": {"phone": "+212612345678", "password": "y"},
        "PUT phone": {"code": "123456"},
        "role-views": {"dealership_id": "lille", "role": "sales_representative"},
    }


def support(hours: float = 2.0) -> dict[str, Any]:
    until = datetime.now(UTC) + timedelta(hours=hours)
    return {**SUPPORT, "until": until.isoformat().replace("+00:00", "Z")}


def kind(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rpartition(":")[2]


async def driver(api: Caller, method: str, path: str, body: Any = None) -> httpx.Response:
    """Ask as the driver Ada."""
    return await api.ask(method, path, body, who="ada", roles=("driver",))


def routes(running: Running) -> list[tuple[str, str, frozenset[str] | None]]:
    """Method, path and admitted roles of every route."""
    return [
        (method, route.path.replace("{", "").replace("}", ""), admission.roles)
        for route, admission in admissions(router(running).routes)
        for method in sorted(route.methods or ())
    ]


class TestWhoMay:
    async def test_only_signing_in_is_public(self, database: str) -> None:
        async with served(database) as api:
            public = {path for _, path, roles in routes(api.running) if roles is None}
            assert public == {
                "/.well-known/jwks.json",
                "/sign-in",
                "/refresh",
                "/sign-out",
                "/browser/sign-in",
                "/browser/refresh",
                "/browser/sign-out",
                "/password-resets",
                "/password",
                "/email",
                "/phone-codes",
                "/device-tokens",
                "/company-registrations",
                "/registrations",
                "/registrations/conditions",
            }

    @pytest.mark.requirement("G-01")
    async def test_a_strangers_organisation_finds_nothing(self, database: str) -> None:
        bodies = bodies_of_users()
        async with served(database) as api:
            await api.active_user("ada")
            for method, path, roles in routes(api.running):
                # The support's own doors and one's own organisation name nobody else's.
                theirs = path.startswith(("/organisation", "/support"))
                if roles is None or theirs or path in FOUNDING:
                    continue
                last = path.rpartition("/")[2]
                body = DECISIONS.get(path) or bodies.get(f"{method} {last}") or bodies.get(last)
                place = path.replace("user_id", "ada").replace("organisation_id", "hiflow")
                asked = await api.ask(method, place, body, "ada", EVERY_ROLE, "stranger")
                assert (method, path, asked.status_code) == (method, path, 404)

    @pytest.mark.requirement("G-01")
    async def test_what_exists_is_hidden_from_strangers(self, database: str) -> None:
        async with served(database) as api:
            await api.active_user("ada-1")
            granted = await api.ask("POST", "/organisation/support-access", support())
            zoe = (await api.ask("POST", "/users", invitation("zoe"))).json()["id"]
            existing = Existing(
                ids={
                    "user_id": "ada-1",
                    "grant_id": granted.json()["id"],
                    "found": zoe,
                    "organisation_id": "hiflow",
                    "dealership_id": "D1",
                },
                queries={"GET /users": "reference=zoe"},
                bodies=THEIRS,
                owners={"driver": "ada-1", "administration": "lea"},
                # Hiflow did not register itself.
                for_all=("GET /organisation/registration",),
            )
            await existing.is_hidden_from(api)

    async def test_signing_in_wants_an_idempotency_key_too(self, database: str) -> None:
        async with served(database) as api:
            for method, path, roles in routes(api.running):
                if method == "GET" or roles is not None:
                    continue
                asked = await api.anybody(method, path, headers={"Idempotency-Key": ""})
                assert (path, asked.status_code) == (path, 400)


class TestUsers:
    @pytest.mark.requirement("HIF-02")
    async def test_an_address_is_one_users_in_an_organisation(self, database: str) -> None:
        async with served(database) as api:
            await api.with_password("ada")
            await api.active_user("bob")
            for taken in ("ADA@example.org", "bob@example.org"):
                refused = await api.ask("POST", "/users", invitation("eve", email=taken))
                assert kind(refused) == (409, "email-taken")

    @pytest.mark.requirement("HIF-02", "G-01")
    async def test_an_organisation_is_not_told_that_another_one_knows_an_address(
        self, database: str
    ) -> None:
        async with served(database) as api:
            await api.with_password("ada")
            answers = [
                await api.ask("POST", "/users", invitation(who, email=email), org="rival")
                for who, email in (("eve", "ada@example.org"), ("eva", "free@example.org"))
            ]
            assert [answer.status_code for answer in answers] == [201, 201]

    async def test_a_reference_is_one_users_in_an_organisation(self, database: str) -> None:
        async with served(database) as api:
            body = invitation("P 4711/é")
            ours = [
                await api.ask("POST", "/users", body | {"email": "p@example.org"}) for _ in "12"
            ]
            theirs = await api.ask("POST", "/users", body | {"email": "q@x.org"}, org="rival")
            ids = [answer.json()["id"] for answer in (*ours, theirs)]
            assert ids[0] == ids[1] != ids[2]
            other = await api.ask("POST", "/users", body | {"email": "r@example.org"})
            assert kind(other) == (409, "user-id-taken")
            shown = (await api.ask("GET", f"/users/{ids[0]}")).json()
            assert shown["reference"] == "P 4711/é"
            found = await api.ask("GET", "/users?reference=P%204711%2F%C3%A9")
            assert found.json() == {"items": [shown], "next": None}
            nobody = await api.ask("GET", "/users?reference=P%204712")
            assert nobody.json()["items"] == []

    @pytest.mark.parametrize("reference", ["", " ", "x" * 65, "two\nlines", "zero\u200bwidth"])
    async def test_a_reference_is_one_line_of_printable_text(
        self, database: str, reference: str
    ) -> None:
        async with served(database) as api:
            body = invitation("ada") | {"reference": reference}
            refused = await api.ask("POST", "/users", body)
            assert kind(refused) == (422, "invalid-request")
            assert refused.json()["errors"][0]["field"] == "/reference"

    async def test_an_invitation_that_came_to_nothing_keeps_no_address(self, database: str) -> None:
        async with served(database) as api:
            addresses = Access(api.running).secrets.addresses
            key = await addresses.key("ada@example.org")
            async with api.running.pool.connection() as connection:
                assert await addresses.expect(connection, key, "hiflow", "lost") == "lost"
            assert (await api.ask("POST", "/users", invitation("ada"))).status_code == 201
            assert "lost" not in await addresses.expected(key)

    @pytest.mark.requirement("HIF-02")
    async def test_of_ten_who_invite_with_one_address_at_once_one_does(self, database: str) -> None:
        async with served(database) as api:
            bodies = [invitation(f"u{n}", email="ada@example.org") for n in range(10)]
            answers = await asyncio.gather(*(api.ask("POST", "/users", one) for one in bodies))
            made = [answer for answer in answers if answer.status_code == 201]
            others = [kind(answer) for answer in answers if answer.status_code != 201]
            assert (len(made), others) == (1, [(409, "email-taken")] * 9)
            addresses = Access(api.running).secrets.addresses
            expected = await addresses.expected(await addresses.key("ada@example.org"))
            assert expected == [made[0].json()["id"]]

    @pytest.mark.requirement("G-07")
    async def test_a_repeated_invitation_is_one_user(self, database: str) -> None:
        async with served(database) as api:
            body = {**invitation("ada"), "reference": None}
            key = {"Idempotency-Key": "once"}
            asked = [await api.ask("POST", "/users", body, headers=key) for _ in range(2)]
            places = [answer.headers["Location"] for answer in asked]
            assert [answer.status_code for answer in asked] == [201, 201]
            assert places[0] == places[1]

    async def test_the_last_administrator_stays(self, database: str) -> None:
        async with served(database) as api:
            await api.active_user("max", "administration")
            await api.active_user("eve", "administration")
            lesser = {"roles": ["analyst"]}
            assert (await api.ask("PUT", "/users/max/roles", lesser)).is_success
            refused = [
                await api.ask("PUT", "/users/eve/roles", lesser),
                await api.ask("DELETE", "/users/eve/activation"),
            ]
            assert [kind(answer) for answer in refused] == [(409, "last-administrator")] * 2

    async def test_two_administrators_cannot_close_each_other(self, database: str) -> None:
        async with served(database) as api:
            await api.active_user("max", "administration")
            await api.active_user("eve", "administration")
            asked = await asyncio.gather(
                api.ask("DELETE", "/users/max/activation", who="eve"),
                api.ask("DELETE", "/users/eve/activation", who="max"),
            )
            assert sorted(answer.status_code for answer in asked) == [200, 409]

    @pytest.mark.requirement("HIF-39", "HIF-40")
    async def test_a_driver_keeps_their_own_account(self, database: str) -> None:
        async with served(database) as api:
            await api.active_user("ada")
            assert (await driver(api, "PUT", "/me/profile", PROFILE)).is_success
            assert (await driver(api, "PUT", "/me/licence", LICENCE)).is_success
            me = (await driver(api, "GET", "/me")).json()
            told = (me["status"], me["phone"], me["profile"]["city"], me["licence"]["number"])
            assert told == ("active", "+33612345678", "Lyon", "14AB")

    @pytest.mark.requirement("G-07")
    async def test_who_saw_an_old_account_does_not_overwrite_a_newer_one(
        self, database: str
    ) -> None:
        async with served(database) as api:
            await api.active_user("ada")
            shown = await driver(api, "GET", "/me")
            old = {"If-Match": shown.headers["ETag"]}
            await driver(api, "PUT", "/me/profile", PROFILE)
            late = await api.ask(
                "PUT", "/me/profile", {}, who="ada", roles=("driver",), headers=old
            )
            assert late.status_code == 412

    @pytest.mark.requirement("G-05")
    async def test_the_history_tells_who_did_what(self, database: str) -> None:
        async with served(database) as api:
            await api.active_user("ada")
            items = (await api.ask("GET", "/users/ada/history")).json()["items"]
            told = [(item["type"].rpartition(".")[2], item["actor"]) for item in items]
            assert told == [("invited", "lea"), ("agreement_signed", "lea"), ("activated", "lea")]

    async def test_the_forgotten_leave_no_secret_and_free_their_address(
        self, database: str
    ) -> None:
        async with served(database) as api:
            await api.with_password("ada")
            command = ForgetUser(user_id="ada", organisation_id="hiflow", at=datetime.now(UTC))
            await api.running.commands.handle(USER, "ada", command, context())
            await handled(
                api.running, SubjectForgotten(user_id="ada", forgotten_at=datetime.now(UTC))
            )
            assert (await api.sign_in("ada")).status_code == 401
            again = invitation("eve", email="ada@example.org")
            assert (await api.ask("POST", "/users", again)).status_code == 201
            assert (await api.ask("GET", "/users/ada")).json() == {"status": "forgotten"}


async def handled(running: Running, event: SubjectForgotten) -> None:
    now = event.forgotten_at
    type = "relais.accounts.user.v1.subject_forgotten"
    told = Envelope(uuid4(), type, "ada", 9, now, now, 1, "c", "c", "test", "hiflow", None)
    delivery = Delivery("accounts.user/ada", told, event)
    async with running.pool.connection() as connection:
        await Forgetting().handle(connection, [delivery])


class TestOrganisations:
    @pytest.mark.requirement("G-01", "G-02", "G-03")
    async def test_an_organisation_is_shown_to_its_people(self, database: str) -> None:
        async with served(database) as api:
            moved = {"name": "Hiflow Sud", "time_zone": "Africa/Casablanca", "currency": "MAD"}
            assert (await api.ask("PUT", "/organisation/profile", moved)).is_success
            shown = (await driver(api, "GET", "/organisation")).json()
            assert shown["kind"] == "driver_partner"
            assert shown["profile"] == {**moved, "country": "FR", "contacts": []}
            strange = await api.ask("GET", "/organisation", org="stranger")
            assert kind(strange) == (404, "no-such-organisation")

    @pytest.mark.requirement("HIF-38")
    async def test_partners_see_how_their_organisation_is_reached(self, database: str) -> None:
        channels: list[dict[str, str | None]] = [
            {"kind": "phone", "value": "04 65 71 00 00", "about": "Planning, 8 to 18"},
            {"kind": "email", "value": "partners@hiflow.example", "about": None},
            {"kind": "web", "value": "https://hiflow.example/contact", "about": None},
        ]
        async with served(database) as api:
            body = {"name": "Hiflow", "contacts": channels}
            assert (await api.ask("PUT", "/organisation/profile", body)).is_success
            shown = (await driver(api, "GET", "/organisation")).json()["profile"]["contacts"]
        assert shown == [channels[0] | {"value": "+33465710000"}, *channels[1:]]

    async def test_phones_are_of_the_country_of_the_organisation(self, database: str) -> None:
        async with served(database) as api:
            await api.with_password("ada")
            contact = {"kind": "phone", "value": "05 22 12 34 56"}
            moved = {"name": "Hiflow Sud", "country": "MA", "contacts": [contact]}
            assert (await api.ask("PUT", "/organisation/profile", moved)).is_success
            shown = (await driver(api, "GET", "/organisation")).json()["profile"]["contacts"]
            assert [one["value"] for one in shown] == ["+212522123456"]
            tokens = await api.signed_in("ada")
            mine = {"phone": "06 12 34 56 78"}
            assert (await api.own(tokens, "PUT", "/me/profile", mine)).is_success
            assert (await api.own(tokens, "GET", "/me")).json()["phone"] == "+212612345678"

    @pytest.mark.parametrize(
        ("kind", "value"),
        [
            ("phone", "12"),
            ("email", "hiflow.example"),
            ("web", "http://hiflow.example"),
            ("pigeon", "roof"),
        ],
    )
    async def test_a_contact_channel_can_be_used(
        self, database: str, kind: str, value: str
    ) -> None:
        async with served(database) as api:
            body = {"name": "Hiflow", "contacts": [{"kind": kind, "value": value}]}
            refused = await api.ask("PUT", "/organisation/profile", body)
            field = "/contacts/0/" + ("kind" if kind == "pigeon" else "value")
            assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)

    async def test_a_time_zone_exists(self, database: str) -> None:
        async with served(database) as api:
            body = {"name": "Hiflow", "time_zone": "Europe/Lutetia"}
            assert (await api.ask("PUT", "/organisation/profile", body)).status_code == 422

    async def test_the_support_enters_where_it_was_let_in(self, database: str) -> None:
        async with served(database) as api:
            granted = await api.ask("POST", "/organisation/support-access", support())
            assert granted.status_code == 201
            entered = await enter(api, "sam")
            who = api.verifier.principal(f"Bearer {entered.json()['access_token']}".encode())
            told = (who.subject, who.organisation_id, sorted(who.roles))
            assert told == ("sam", "hiflow", ["logistics"])
            assert entered.json()["refresh_token"] is None
            assert kind(await enter(api, "max")) == (404, "no-such-grant")

    async def test_a_manager_takes_no_other_role_in_their_own_organisation(
        self, database: str
    ) -> None:
        async with served(database) as api:
            await api.active_user("sam", org="hiflow")
            own = await api.ask("POST", "/organisation/support-access", support())
            assert kind(own) == (422, "supporter-is-member")
            await api.active_user("max", org="support")
            other = support() | {"supporter_id": "max"}
            assert (await api.ask("POST", "/organisation/support-access", other)).is_success
            assert (await enter(api, "max")).is_success
            body = {"organisation_id": "hiflow"}
            assert kind(await api.ask("POST", "/support-sessions", body, who="max")) == (
                404,
                "no-such-grant",
            )

    async def test_a_revoked_access_opens_nothing(self, database: str) -> None:
        async with served(database) as api:
            granted = await api.ask("POST", "/organisation/support-access", support())
            place = granted.headers["Location"].removeprefix("/accounts")
            assert (await api.ask("DELETE", place)).is_success
            assert (await enter(api, "sam")).status_code == 404

    async def test_an_access_is_not_longer_than_its_grant(self, database: str) -> None:
        async with served(database) as api:
            await api.ask("POST", "/organisation/support-access", support(hours=0.01))
            assert 0 < (await enter(api, "sam")).json()["expires_in"] <= 36

    async def test_the_end_of_an_access_is_recorded(self, database: str) -> None:
        async with served(database) as api:
            await api.ask("POST", "/organisation/support-access", support())
            timers = Timers("accounts", api.running.commands, (ORGANISATION,))
            assert await timers.fire_due(datetime.now(UTC) + timedelta(hours=3)) == 1
            history = await api.running.commands.history(ORGANISATION, "hiflow")
            assert history[-1].type.endswith("support_access_ended")


async def enter(api: Caller, who: str) -> httpx.Response:
    body = {"organisation_id": "hiflow"}
    return await api.ask("POST", "/support-sessions", body, who=who, org="support")
