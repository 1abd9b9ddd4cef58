"""The API of accounts over a real store, and people who ask it."""

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pyotp
from argon2 import PasswordHasher

import infra.tokens
from contracts.accounts.user_v1 import PasswordResetRequested, Role
from infra.database import Connection
from infra.host import opened
from infra.http.auth import PublishedKeys, Verifier
from infra.http.health import Health
from infra.serving import api
from infra.settings import Settings
from infra.testing import serving
from infra.tokens import jwks
from services.accounts.adapters.password_links import PasswordLinks
from services.accounts.adapters.secrets import Secrets
from services.accounts.adapters.secrets.passwords import keep
from services.accounts.aggregates import ORGANISATION, USER
from services.accounts.http.access import Access
from services.accounts.service import service
from services.accounts.tests.make import context, register
from services.accounts.user import InviteUser

PASSWORD = "correct horse battery"
HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
"""The hash of the password. It names its parameters, which cost nothing, to who checks it."""


@dataclass
class Caller(serving.Caller):
    """Asks as the administrator `lea` unless told otherwise."""

    roles: tuple[infra.tokens.Role, ...] = ("administration",)
    verifier: Verifier = field(init=False)
    """Trusts the published keys, and nothing else."""

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        who: str = "",
        roles: tuple[infra.tokens.Role, ...] = (),
        org: str = "",
        headers: Mapping[str, str] = serving.NO_HEADERS,
        at: Collection[str] = (),
    ) -> httpx.Response:
        """The same, in roles that hold at these dealerships."""
        held = roles or self.roles
        token = infra.tokens.issue(
            serving.KEY,
            who or self.user,
            org or self.organisation,
            held,
            dealerships=dict.fromkeys(held, at) if at else None,
        )
        return await self.anybody(
            method, path, body, {"Authorization": f"Bearer {token}", **headers}
        )

    async def own(self, tokens: Mapping[str, Any], method: str, path: str, body: Any = None) -> Any:
        """Ask with an access token of ours."""
        header = {"Authorization": f"Bearer {tokens['access_token']}"}
        return await self.anybody(method, path, body, header)

    async def active_user(self, user_id: str, *roles: str, org: str = "hiflow") -> None:
        """An active user without a password."""
        await self.invited_user(user_id, *roles, org=org)
        asked = [
            await self.ask("PUT", f"/users/{user_id}/agreement", {"signed_on": today()}, org=org),
            await self.ask("PUT", f"/users/{user_id}/activation", org=org),
        ]
        assert [answer.is_success for answer in asked] == [True] * 2

    async def invited_user(
        self, user_id: str, *roles: str, org: str = "hiflow", email: str = ""
    ) -> None:
        """An invited user with a short id, as operators give them; the API makes its own."""
        access, address = Access(self.running), email or f"{user_id}@example.org"
        command = InviteUser(
            user_id=user_id,
            organisation_id=org,
            email=address,
            name=f"{user_id.title()} Martin",
            language="fr",
            roles=tuple(Role[role.upper()] for role in roles or ("driver",)),
            phone=None,
            by="lea",
            at=datetime.now(UTC),
        )
        addresses = access.secrets.addresses
        key = await access.accounts.free(addresses, address, org, user_id)
        assert key is not None

        async def expect(connection: Connection) -> None:
            assert await addresses.expect(connection, key, org, user_id) == user_id

        if Role.ADMINISTRATION in command.roles:
            await access.administrators.add(org, user_id)
        invited = replace(context(), organisation_id=org, actor="lea")
        await self.running.commands.handle(USER, user_id, command, invited, in_transaction=expect)

    async def link(self, user_id: str) -> str:
        """The token of the newest link mailed to a user."""
        history = await self.running.commands.history(USER, user_id)
        links = [e.event for e in history if isinstance(e.event, PasswordResetRequested)]
        return links[-1].reset_link.partition("#token=")[2]

    async def mailed(self, user_id: str) -> str:
        """Ask for a link, let the loop make it, and read the mail."""
        email = {"email": f"{user_id}@example.org"}
        assert (await self.anybody("POST", "/password-resets", email)).status_code == 202
        await PasswordLinks(self.running).answer_waiting()
        return await self.link(user_id)

    async def with_password(self, user_id: str, *roles: str) -> None:
        """An active user who set a password by mail; it is kept as a hash that costs nothing."""
        await self.active_user(user_id, *roles)
        body = {"token": await self.mailed(user_id), "password": PASSWORD}
        assert (await self.anybody("PUT", "/password", body)).is_success
        async with self.running.pool.connection() as connection:
            await keep(connection, user_id, HASH)

    async def sign_in(self, user_id: str, password: str = PASSWORD, **more: Any) -> httpx.Response:
        body = {"email": f"{user_id}@example.org", "password": password, **more}
        return await self.anybody("POST", "/sign-in", body)

    async def signed_in(self, user_id: str, **more: Any) -> Any:
        answer = await self.sign_in(user_id, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def enrolled(self, user_id: str) -> pyotp.TOTP:
        """Give a user with a password a second factor."""
        tokens = await self.signed_in(user_id)
        begun = await self.own(tokens, "POST", "/me/second-factor", {"password": PASSWORD})
        totp = pyotp.TOTP(begun.json()["secret"])
        path = "/me/second-factor/confirmation"
        assert (await self.own(tokens, "POST", path, {"code": totp.now()})).is_success
        return totp

    async def without_factor(self, user_id: str) -> httpx.Response:
        """The answer to the administrator `eve`, who removes a user's second factor."""
        await self.with_password("eve", "administration")
        path = f"/users/{user_id}/second-factor/removal"
        return await self.ask("POST", path, {"password": PASSWORD}, who="eve")

    def roles_of(self, tokens: Mapping[str, Any]) -> frozenset[str]:
        """Those of an access token, checked with nothing but the published keys."""
        return self.verifier.principal(f"Bearer {tokens['access_token']}".encode()).roles


def coming(totp: pyotp.TOTP) -> str:
    """The code of the next step: it counts already, and the present one was used to enrol."""
    return totp.at(datetime.now(UTC) + timedelta(seconds=30))


def invitation(user_id: str, *roles: str, **changed: Any) -> dict[str, Any]:
    return {
        "reference": user_id,
        "email": f"{user_id}@example.org",
        "name": f"{user_id.title()} Martin",
        "roles": list(roles or ("driver",)),
        **changed,
    }


def today() -> str:
    return datetime.now(UTC).date().isoformat()


@asynccontextmanager
async def served(database: str, **named: Any) -> AsyncIterator[Caller]:
    """The API of accounts, where the organisation `hiflow` is registered."""
    settings = serving.settings_of(service, database, portal="https://portal.example", **named)
    async with opened(service, settings) as running:
        command = register(at=datetime.now(UTC))
        await running.commands.handle(ORGANISATION, "hiflow", command, context())
        ours = await Secrets(running.pool, settings.masters).keys.published(datetime.now(UTC))
        transport = httpx.ASGITransport(
            api(running, verifier_of(settings, jwks(serving.KEY, *ours)), Health())
        )
        async with httpx.AsyncClient(transport=transport, base_url="http://relais") as client:
            caller = Caller(client, running)
            published = await client.get("/.well-known/jwks.json")
            caller.verifier = verifier_of(settings, published.text)
            yield caller


def verifier_of(settings: Settings, published: str) -> Verifier:
    return Verifier(PublishedKeys(published), settings.issuer, settings.audience)
