"""Signing in, staying signed in, and what ends it."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from contracts.accounts.user_v1 import SessionEnd, SessionsEnded
from services.accounts.adapters.password_links import PasswordLinks
from services.accounts.adapters.secrets import keys
from services.accounts.aggregates import USER
from services.accounts.tests.serving import PASSWORD, Caller, coming, served


def outcome(answer: httpx.Response) -> tuple[int, str]:
    """Status and kind of a problem."""
    return answer.status_code, answer.json()["type"].rpartition(":")[2]


REFUSED = (401, "sign-in-refused")
OVER = (401, "session-over")


async def from_client(api: Caller, number: int, password: str = PASSWORD) -> httpx.Response:
    """Sign in as Ada, from a client that a proxy speaks for."""
    body = {"email": "ada@example.org", "password": password}
    return await api.anybody("POST", "/sign-in", body, {"X-Forwarded-For": f"192.0.2.{number}"})


async def a_while_passes(api: Caller) -> None:
    """The last use of each token moves to before the leeway."""
    async with api.running.pool.connection() as connection:
        await connection.execute(
            "update secrets.refresh_token set used_at = used_at - interval '31 seconds'"
        )


async def refresh(api: Caller, tokens: Any, key: str = "") -> httpx.Response:
    headers = {"Idempotency-Key": key} if key else {}
    return await api.anybody(
        "POST", "/refresh", {"refresh_token": tokens["refresh_token"]}, headers
    )


class TestPasswords:
    @pytest.mark.requirement("HIF-02", "HIF-03", "HIF-04")
    async def test_from_the_invitation_to_the_first_sign_in(self, database: str) -> None:
        async with served(database) as api:
            await api.active_user("ada", "driver")
            body = {"token": await api.mailed("ada"), "password": PASSWORD}
            assert (await api.anybody("PUT", "/password", body)).is_success
            tokens = await api.signed_in("ada")
            assert api.roles_of(tokens) == {"driver"}
            assert tokens["expires_in"] == keys.ACCESS.total_seconds()

    @pytest.mark.requirement("HIF-02")
    async def test_without_an_agreement_there_are_no_credentials(self, database: str) -> None:
        async with served(database) as api:
            await api.invited_user("ada")
            refused = await api.ask("PUT", "/users/ada/activation")
            assert outcome(refused) == (409, "agreement-missing")
            await api.anybody("POST", "/password-resets", {"email": "ada@example.org"})
            await PasswordLinks(api.running).answer_waiting()
            history = await api.running.commands.history(USER, "ada")
            assert [entry.type.rpartition(".")[2] for entry in history] == ["invited"]

    @pytest.mark.requirement("HIF-04", "G-04", "FLB-006")
    async def test_asking_for_a_mail_is_answered_alike_for_everybody(self, database: str) -> None:
        async with served(database) as api:
            await api.active_user("ada")
            asked = [
                await api.anybody("POST", "/password-resets", {"email": f"{who}@example.org"})
                for who in ("ada", "nobody")
            ]
            told = [(a.status_code, a.content, set(a.headers)) for a in asked]
            assert told[0] == told[1]
            assert told[0][0] == 202

    @pytest.mark.requirement("HIF-04", "FLB-006")
    async def test_a_link_works_once(self, database: str) -> None:
        async with served(database) as api:
            await api.active_user("ada")
            body = {"token": await api.mailed("ada"), "password": PASSWORD}
            key = {"Idempotency-Key": "set"}
            assert (await api.anybody("PUT", "/password", body, key)).is_success
            assert (await api.anybody("PUT", "/password", body, key)).is_success, "a repeat"
            other = {**body, "password": "another good one"}
            again = await api.anybody("PUT", "/password", other)
            assert outcome(again) == (409, "link-invalid")

    @pytest.mark.requirement("HIF-04")
    async def test_setting_a_password_voids_every_other_link(self, database: str) -> None:
        async with served(database) as api:
            await api.active_user("ada")
            links = [await api.mailed("ada") for _ in range(2)]
            assert links[0] != links[1]
            used = await api.anybody("PUT", "/password", {"token": links[1], "password": PASSWORD})
            old = await api.anybody("PUT", "/password", {"token": links[0], "password": PASSWORD})
            assert (used.status_code, old.status_code) == (200, 409)

    async def test_an_old_link_is_refused(self, database: str) -> None:
        async with served(database) as api:
            await api.active_user("ada")
            token = await api.mailed("ada")
            async with api.running.pool.connection() as connection:
                await connection.execute("update secrets.link set expires_at = now()")
            refused = await api.anybody("PUT", "/password", {"token": token, "password": PASSWORD})
            assert outcome(refused) == (409, "link-invalid")

    async def test_a_weak_password_costs_no_link(self, database: str) -> None:
        async with served(database) as api:
            await api.active_user("ada")
            body = {"token": await api.mailed("ada"), "password": "too short"}
            weak = await api.anybody("PUT", "/password", body)
            assert outcome(weak) == (422, "password-too-short")
            good = await api.anybody("PUT", "/password", {**body, "password": PASSWORD})
            assert good.is_success

    @pytest.mark.requirement("HIF-39", "FLB-008")
    async def test_a_password_is_changed_with_the_former_one(self, database: str) -> None:
        async with served(database) as api:
            await api.with_password("ada")
            tokens = await api.signed_in("ada")
            body = {"former": "not the former", "password": "another good one"}
            path = "/me/password"
            wrong = await ask_as(api, "ada", "PUT", path, body)
            right = await ask_as(api, "ada", "PUT", path, {**body, "former": PASSWORD})
            assert (wrong.status_code, right.status_code) == (422, 200)
            assert outcome(await api.sign_in("ada")) == REFUSED
            assert (await api.sign_in("ada", "another good one")).is_success
            assert outcome(await refresh(api, tokens)) == OVER, "every session ended"


class TestRefusals:
    @pytest.mark.requirement("G-04")
    async def test_every_wrong_sign_in_is_answered_alike(self, database: str) -> None:
        async with served(database) as api:
            await api.with_password("ada")
            await api.active_user("new")
            await api.with_password("gone")
            assert (await api.ask("DELETE", "/users/gone/activation")).is_success
            answers = [
                await api.sign_in("ada", "a wrong password"),
                await api.sign_in("nobody"),
                await api.sign_in("new"),
                await api.sign_in("gone"),
            ]
            assert [outcome(answer) for answer in answers] == [REFUSED] * 4
            assert len({answer.json()["detail"] for answer in answers}) == 1

    @pytest.mark.requirement("G-04")
    async def test_guessing_is_throttled_whether_or_not_there_is_a_user(
        self, database: str
    ) -> None:
        async with served(database) as api:
            await api.with_password("ada")
            for who in ("ada", "nobody"):
                guesses = [await api.sign_in(who, "a wrong password") for _ in range(5)]
                assert {answer.status_code for answer in guesses} == {401}
                late = await api.sign_in(who)
                assert outcome(late) == (429, "too-many-attempts")
                assert 0 < int(late.headers["Retry-After"]) <= 900

    async def test_who_signs_in_was_not_guessing(self, database: str) -> None:
        async with served(database) as api:
            await api.with_password("ada")
            for _ in range(2):
                for _ in range(4):
                    await api.sign_in("ada", "a wrong password")
                await api.signed_in("ada")

    async def test_strangers_who_guess_do_not_lock_out_the_owner_at_home(
        self, database: str
    ) -> None:
        proxies = "127.0.0.0/8"
        async with served(database, proxies=proxies) as api:
            await api.with_password("ada")
            assert (await from_client(api, 0)).status_code == 200
            for stranger in range(1, 13):
                for _ in range(5):
                    assert (await from_client(api, stranger, "a wrong password")).status_code == 401
            assert outcome(await from_client(api, 13)) == (429, "too-many-attempts")
            assert (await from_client(api, 0)).status_code == 200

    @pytest.mark.requirement("G-04", "FLB-006")
    async def test_asking_for_mails_is_throttled(self, database: str) -> None:
        async with served(database) as api:
            body = {"email": "nobody@example.org"}
            asked = [await api.anybody("POST", "/password-resets", body) for _ in range(4)]
            assert [answer.status_code for answer in asked] == [202, 202, 202, 429]

    async def test_an_address_has_many_spellings(self, database: str) -> None:
        async with served(database) as api:
            await api.with_password("ada")
            body = {"email": " ADA@Example.org", "password": PASSWORD}
            assert (await api.anybody("POST", "/sign-in", body)).is_success


class TestSessions:
    @pytest.mark.requirement("G-04", "FLB-005")
    async def test_remembered_means_long(self, database: str) -> None:
        async with served(database) as api:
            await api.with_password("ada")
            lasts = [
                datetime.fromisoformat(
                    (await api.signed_in("ada", remember_me=long))["session_expires_at"]
                )
                for long in (False, True)
            ]
            assert timedelta(days=59) < lasts[1] - lasts[0] < timedelta(days=60)

    @pytest.mark.requirement("G-07")
    async def test_a_repeated_sign_in_is_the_same_session(self, database: str) -> None:
        async with served(database) as api:
            await api.with_password("ada")
            body = {"email": "ada@example.org", "password": PASSWORD}
            key = {"Idempotency-Key": "once"}
            first, again = [(await api.anybody("POST", "/sign-in", body, key)) for _ in range(2)]
            tokens = [answer.json()["refresh_token"] for answer in (first, again)]
            assert tokens[0] == tokens[1]

    async def test_a_refresh_token_is_replaced_at_each_use(self, database: str) -> None:
        async with served(database) as api:
            await api.with_password("ada")
            tokens = await api.signed_in("ada")
            seen = {tokens["refresh_token"]}
            for _ in range(3):
                tokens = (await refresh(api, tokens)).json()
                assert api.roles_of(tokens) == {"driver"}
                seen.add(tokens["refresh_token"])
            assert len(seen) == 4

    @pytest.mark.requirement("G-07")
    async def test_a_repeated_refresh_is_answered_as_before(self, database: str) -> None:
        async with served(database) as api:
            await api.with_password("ada")
            first = await api.signed_in("ada")
            answers = [(await refresh(api, first, "again")).json() for _ in range(2)]
            assert answers[0]["refresh_token"] == answers[1]["refresh_token"]

    async def test_two_tabs_that_refresh_at_once_keep_their_session(self, database: str) -> None:
        async with served(database) as api:
            await api.with_password("ada")
            first = await api.signed_in("ada")
            tabs = await asyncio.gather(refresh(api, first), refresh(api, first))
            assert [answer.status_code for answer in tabs] == [200, 200]
            await a_while_passes(api)
            again = [(await refresh(api, tab.json())).status_code for tab in tabs]
            assert again == [200, 200]

    @pytest.mark.requirement("G-04")
    async def test_a_refresh_token_that_comes_twice_ends_the_session(self, database: str) -> None:
        async with served(database) as api:
            await api.with_password("ada")
            first = await api.signed_in("ada")
            second = (await refresh(api, first)).json()
            await a_while_passes(api)
            assert outcome(await refresh(api, first)) == OVER, "somebody has it as well"
            assert outcome(await refresh(api, second)) == OVER, "nobody knows who stole it"
            last = (await api.running.commands.history(USER, "ada"))[-1].event
            assert isinstance(last, SessionsEnded)
            assert last.reason is SessionEnd.TOKEN_REUSED

    async def test_a_session_expires(self, database: str) -> None:
        async with served(database) as api:
            await api.with_password("ada")
            tokens = await api.signed_in("ada")
            async with api.running.pool.connection() as connection:
                await connection.execute("update secrets.session set expires_at = now()")
            assert outcome(await refresh(api, tokens)) == OVER

    async def test_signing_out_ends_one_session(self, database: str) -> None:
        async with served(database) as api:
            await api.with_password("ada")
            here, there = [await api.signed_in("ada") for _ in range(2)]
            out = {"refresh_token": here["refresh_token"]}
            assert [(await api.anybody("POST", "/sign-out", out)).status_code] * 2 == [200, 200]
            assert outcome(await refresh(api, here)) == OVER
            assert (await refresh(api, there)).is_success

    async def test_an_unknown_token_opens_and_tells_nothing(self, database: str) -> None:
        async with served(database) as api:
            unknown = {"refresh_token": "x" * 43}
            assert outcome(await refresh(api, unknown)) == OVER
            assert (await api.anybody("POST", "/sign-out", unknown)).is_success

    @pytest.mark.parametrize("path", ["/me/sessions", "/users/ada/sessions"])
    async def test_all_sessions_can_be_ended(self, database: str, path: str) -> None:
        async with served(database) as api:
            await api.with_password("ada")
            tokens = [await api.signed_in("ada") for _ in range(2)]
            own = "me" in path
            answer = await (ask_as(api, "ada", "DELETE", path) if own else api.ask("DELETE", path))
            assert answer.is_success
            assert [outcome(await refresh(api, one)) for one in tokens] == [OVER] * 2

    async def test_a_deactivation_ends_all_sessions_at_once(self, database: str) -> None:
        async with served(database) as api:
            await api.with_password("ada")
            tokens = await api.signed_in("ada")
            link = await api.mailed("ada")
            assert (await api.ask("DELETE", "/users/ada/activation")).is_success
            assert outcome(await refresh(api, tokens)) == OVER
            assert (await api.ask("PUT", "/users/ada/activation")).is_success
            assert outcome(await refresh(api, tokens)) == OVER, "also when they come back"
            late = await api.anybody("PUT", "/password", {"token": link, "password": PASSWORD})
            assert outcome(late) == (409, "link-invalid")

    async def test_a_deactivated_administrator_does_nothing_more_here(self, database: str) -> None:
        async with served(database) as api:
            await api.active_user("max", "administration")
            await api.active_user("eve", "administration")
            assert (await api.ask("GET", "/users/eve", who="max")).is_success
            assert (await api.ask("DELETE", "/users/max/activation", who="eve")).is_success
            for method, path in (("GET", "/users/eve"), ("DELETE", "/users/eve/activation")):
                assert outcome(await api.ask(method, path, who="max")) == OVER

    async def test_other_roles_are_in_the_next_access_token(self, database: str) -> None:
        async with served(database) as api:
            await api.with_password("ada")
            tokens = await api.signed_in("ada")
            roles = {"roles": ["driver", "logistics"]}
            assert (await api.ask("PUT", "/users/ada/roles", roles)).is_success
            assert api.roles_of((await refresh(api, tokens)).json()) == {"driver", "logistics"}


class TestSecondFactor:
    @pytest.mark.parametrize("role", ["administration", "billing"])
    async def test_it_opens_the_roles_that_touch_money_or_users(
        self, database: str, role: str
    ) -> None:
        async with served(database) as api:
            await api.with_password("max", role, "analyst")
            assert api.roles_of(await api.signed_in("max")) == {"analyst", "enrolling"}
            totp = await api.enrolled("max")
            assert outcome(await api.sign_in("max")) == (401, "second-factor-needed")
            tokens = await api.signed_in("max", code=coming(totp))
            assert api.roles_of(tokens) == {"analyst", role}
            assert api.roles_of((await refresh(api, tokens)).json()) == {"analyst", role}

    async def test_who_is_enrolling_may_do_nothing_else(self, database: str) -> None:
        async with served(database) as api:
            await api.with_password("max", "administration")
            for method, path in (("GET", "/users/max"), ("PUT", "/users/max/activation")):
                answer = await api.ask(method, path, who="max", roles=("enrolling",))
                assert outcome(answer) == (403, "no-second-factor")

    async def test_a_code_is_right_once(self, database: str) -> None:
        async with served(database) as api:
            await api.with_password("max", "billing")
            totp = await api.enrolled("max")
            code = coming(totp)
            assert (await api.sign_in("max", code=code)).status_code == 200
            again = await api.sign_in("max", code=code)
            assert outcome(again) == (401, "code-used")
            assert again.json()["facts"] == {"seconds": 30}
            assert outcome(await api.sign_in("max", "a wrong password", code=code)) == REFUSED

    async def test_wrong_codes_are_throttled(self, database: str) -> None:
        async with served(database) as api:
            await api.with_password("max", "billing")
            await api.enrolled("max")
            guesses = [await api.sign_in("max", code="000000") for _ in range(6)]
            assert [answer.status_code for answer in guesses] == [401] * 5 + [429]

    async def test_a_second_factor_is_not_replaced_by_who_has_a_token(self, database: str) -> None:
        async with served(database) as api:
            await api.with_password("max", "billing")
            await api.enrolled("max")
            again = await ask_as(api, "max", "POST", "/me/second-factor", {"password": PASSWORD})
            path = "/me/second-factor/confirmation"
            confirmed = await ask_as(api, "max", "POST", path, {"code": "123456"})
            taken = (409, "already-enrolled")
            assert [outcome(again), outcome(confirmed)] == [taken, taken]

    async def test_a_wrong_code_enrols_nothing(self, database: str) -> None:
        async with served(database) as api:
            await api.with_password("max", "billing")
            await ask_as(api, "max", "POST", "/me/second-factor", {"password": PASSWORD})
            path = "/me/second-factor/confirmation"
            wrong = await ask_as(api, "max", "POST", path, {"code": "000000"})
            assert wrong.status_code == 422
            assert (await api.sign_in("max")).is_success

    async def test_of_a_lost_phone_an_administrator_removes_it(self, database: str) -> None:
        async with served(database) as api:
            await api.with_password("max", "billing")
            totp = await api.enrolled("max")
            tokens = await api.signed_in("max", code=coming(totp))
            assert (await api.without_factor("max")).is_success
            assert outcome(await refresh(api, tokens)) == OVER
            assert api.roles_of(await api.signed_in("max")) == {"enrolling"}


class TestSecrets:
    async def test_no_secret_is_in_an_event_or_beside_one(self, database: str) -> None:
        async with served(database) as api:
            await api.with_password("max", "billing")
            totp = await api.enrolled("max")
            tokens = await api.signed_in("max", code=coming(totp))
            secrets = [PASSWORD, totp.secret, tokens["refresh_token"], await api.link("max")]
            async with api.running.pool.connection() as connection:
                cursor = await connection.execute("select data, meta::text from es.event")
                rows = await cursor.fetchall()
            stored = b"".join(bytes(data) + meta.encode() for data, meta in rows)
            assert [one for one in secrets if one.encode() in stored] == []

    async def test_the_fingerprint_of_a_request_is_no_hash_of_its_password(
        self, database: str
    ) -> None:
        async with served(database) as api:
            await api.with_password("ada")
            await api.signed_in("ada")
            async with api.running.pool.connection() as connection:
                cursor = await connection.execute("select type, meta->>'fingerprint' from es.event")
                prints: dict[str, str] = dict(await cursor.fetchall())
            for event in ("password_set", "signed_in"):
                # Plain ones are 32 hexadecimal digits.
                assert len(prints[f"relais.accounts.user.v1.{event}"]) == 43

    @pytest.mark.requirement("G-05")
    async def test_the_history_shows_no_link(self, database: str) -> None:
        async with served(database) as api:
            await api.with_password("ada")
            for shown in (
                await api.ask("GET", "/users/ada/history"),
                await ask_as(api, "ada", "GET", "/me/history"),
            ):
                assert "password_reset_requested" in shown.text
                assert "token=" not in shown.text


async def ask_as(api: Caller, who: str, method: str, path: str, body: Any = None) -> httpx.Response:
    """Ask as somebody with an access token of their own, whatever their role."""
    return await api.ask(method, path, body, who=who, roles=("driver",))
