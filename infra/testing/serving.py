"""A service's API over a database, without a network, and somebody who asks it."""

import base64
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import httpx

from infra.database import closed_pool
from infra.host import Running, Service, assembled, opened
from infra.http.auth import PublishedKeys, Verifier
from infra.http.health import Health
from infra.http.positions import Tokens
from infra.serving import api
from infra.settings import Settings
from infra.tokens import Role, SigningKey, issue, jwks

KEY = SigningKey.generate()
MASTER_KEYS = json.dumps({"test": base64.b64encode(bytes(range(32))).decode()})
NO_HEADERS: Mapping[str, str] = {}


@dataclass
class Caller:
    """Asks as anybody, with a fresh Idempotency-Key unless one is given.

    A service's tests derive their own with the defaults and the journeys that they need.
    """

    client: httpx.AsyncClient
    running: Running
    user: str = "lea"
    roles: tuple[Role, ...] = ("logistics",)
    organisation: str = "hiflow"
    count: int = field(default=0)

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        who: str = "",
        roles: tuple[Role, ...] = (),
        org: str = "",
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> httpx.Response:
        """Ask as this user, in these roles of this organisation; unless told, as the caller's."""
        token = issue(KEY, who or self.user, org or self.organisation, roles or self.roles)
        sent = {"Authorization": f"Bearer {token}", **headers}
        return await self.anybody(method, path, body, sent)

    async def anybody(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] = NO_HEADERS
    ) -> httpx.Response:
        """Ask without a token, unless the headers have one."""
        self.count += 1
        sent = {"Idempotency-Key": f"k{self.count}", **headers}
        content = {} if body is None else {"json": body}
        return await self.client.request(method, path, headers=sent, **content)

    def position(self, stream: str, version: int, org: str = "") -> str:
        """A position as somebody of this organisation is told of it; unless told, the caller's."""
        tokens = Tokens(next(iter(self.running.settings.masters.values())))
        return tokens.tell(org or self.organisation, stream, version)


AnyCaller = TypeVar("AnyCaller", bound=Caller)


def settings_of(service: Service, database: str, **named: Any) -> Settings:
    """Settings of a service that keeps everything in one database."""
    fixed = {
        "databases": {service.name: database, "keys": database},
        "master_keys": MASTER_KEYS,
        "jwks": jwks(KEY),
    }
    return Settings.model_validate(fixed | named)


@asynccontextmanager
async def served(
    service: Service, database: str, caller: type[AnyCaller], **named: Any
) -> AsyncIterator[AnyCaller]:
    """The service, opened in a home of its own, and a caller of this kind; `named` are further
    settings."""
    with TemporaryDirectory(prefix="relais-") as home:
        settings = settings_of(service, database, **{"home": home, **named})
        async with opened(service, settings) as running, asking(running, caller) as asks:
            yield asks


async def prepare(service: Service, database: str) -> None:
    """Bring an empty database to what the service needs."""
    async with opened(service, settings_of(service, database)):
        return


@asynccontextmanager
async def asking(running: Running, caller: type[AnyCaller]) -> AsyncIterator[AnyCaller]:
    """A caller of the API of a running service."""
    settings = running.settings
    verifier = Verifier(PublishedKeys(settings.jwks), settings.issuer, settings.audience)
    transport = httpx.ASGITransport(api(running, verifier, Health()))
    async with httpx.AsyncClient(transport=transport, base_url="http://relais") as client:
        yield caller(client, running)


@asynccontextmanager
async def without_database(
    service: Service, caller: type[AnyCaller], **named: Any
) -> AsyncIterator[AnyCaller]:
    """The service where nothing is behind the API: what needs its database is answered 503."""
    settings = settings_of(service, "", **named)
    pool, keys = closed_pool("", 2, service.name, service.shape), closed_pool("", 2, "keys")
    async with asking(assembled(service, settings, pool, keys), caller) as asks:
        yield asks
