"""Sample people of a sample organisation: who they are, and how they come to be."""

import asyncio
import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from time import time
from typing import Any, NamedTuple

import httpx
import pyotp

from contracts.accounts.organisation_v1 import OrganisationKind, Profile
from contracts.accounts.user_v1 import Role
from infra.host import Running
from infra.tokens import Role as RoleName
from services.accounts.adapters.secrets.totp import STEP_SECONDS
from tools.demo.people import cities, trips
from tools.demo.teller import today
from tools.relais.bootstrap import Founder, found
from tools.relais.keys import kept

ORGANISATION = "development"
PROFILE = Profile(
    name="Relais Lyon", time_zone="Europe/Paris", currency="EUR", country="FR", contacts=()
)
PHONE = "+33465710001"
TRIPS = 6
KNOWN_WITHIN = 60.0
"""Seconds until the service of drivers knows of a user, at most."""
WITH_CODE = frozenset({Role.ADMINISTRATION, Role.BILLING})
"""The roles that need a second factor."""

Tokens = Callable[[str, str, RoleName], str]
"""(subject, organisation, role) -> access token."""


class Sample(NamedTuple):
    """Somebody of the sample organisation, and the answers that they may look at."""

    id: str
    name: str
    role: Role
    looks_at: Sequence[str]

    @property
    def email(self) -> str:
        """Where their mail goes: into the inbox of the platform."""
        return f"{self.id}@example.org"


SAMPLES = (
    Sample(
        "camille-dev",
        "Camille Moreau",
        Role.DRIVER,
        (
            "/app/",
            "/partner/profile",
            "/partner/trips/near-home",
            "/partner/trips",
            "/account/papers",
        ),
    ),
    Sample("lea-dev", "Léa Garnier", Role.LOGISTICS, ("/app/", "/backoffice/quotes/to-process")),
    Sample("paul-dev", "Paul Roux", Role.ADMINISTRATION, ("/backoffice/papers/to-check",)),
    Sample("nadia-dev", "Nadia Benali", Role.BILLING, ("/backoffice/invoices/to-approve",)),
    Sample("ines-dev", "Inès Faure", Role.ANALYST, ("/messaging/messages/mine",)),
    Sample("hugo-dev", "Hugo Lambert", Role.OPERATOR, ("/messaging/messages/mine",)),
)
DRIVER, STAFF = SAMPLES[0], SAMPLES[1]


@dataclass(frozen=True, slots=True)
class Credentials:
    """The address, password and code that somebody signs in with."""

    email: str
    password: str
    code: str | None


class People:
    """The sample people of one platform. They are made when somebody first wants to be one."""

    def __init__(self, home: Path, accounts: Running, tokens: Tokens) -> None:
        fresh = {"password": secrets.token_urlsafe(16), "totp": pyotp.random_base32()}
        path = home / "keys" / "people.json"
        self._secrets: dict[str, str] = json.loads(kept(path, json.dumps(fresh)))
        self._accounts = accounts
        self._tokens = tokens
        self._making = asyncio.Lock()
        self._made: dict[str, date] = {}
        self._shown_step = 0

    async def credentials(self, sample: Sample, url: str) -> Credentials:
        """How to sign in as this person at the platform of this address.

        A code is right once. The second one of half a minute is that of the next half minute.
        """
        async with self._making:
            if self._made.get(sample.id) != today():
                await self._make(sample, url)
                self._made[sample.id] = today()
        code = self._code() if sample.role in WITH_CODE else None
        return Credentials(sample.email, self._secrets["password"], code)

    def _code(self) -> str:
        present = int(time()) // STEP_SECONDS
        self._shown_step = min(max(present, self._shown_step + 1), present + 1)
        return pyotp.TOTP(self._secrets["totp"]).at(self._shown_step * STEP_SECONDS)

    async def _make(self, sample: Sample, url: str) -> None:
        """This person; for the driver also trips that leave today or soon. Safe to repeat."""
        kind = OrganisationKind.DRIVER_PARTNER
        await found(self._accounts, ORGANISATION, kind, PROFILE, self._founder(sample))
        if sample is DRIVER:
            async with httpx.AsyncClient(base_url=url, timeout=30.0) as client:
                await self._settle(client)

    def _founder(self, sample: Sample) -> Founder:
        return Founder(
            sample.id,
            sample.email,
            sample.name,
            roles=(sample.role,),
            phone=PHONE,
            password=self._secrets["password"],
            totp_secret=self._secrets["totp"] if sample.role in WITH_CODE else None,
        )

    async def _settle(self, client: httpx.AsyncClient) -> None:
        """A home in Lyon, once the service of drivers knows the user, and trips on offer."""
        path = f"/missions/drivers/{DRIVER.id}"
        async with asyncio.timeout(KNOWN_WITHIN):
            while not (await self._ask(client, STAFF, "GET", path)).is_success:
                await asyncio.sleep(0.1)
        lyon = next(place for place in cities() if place.city == "Lyon")
        home = {
            "street": "12 rue de la République",
            "postal_code": lyon.postal_code,
            "city": lyon.city,
            "location": lyon.point,
        }
        await self._tell(client, DRIVER, "PUT", f"{path}/home", home, "home")
        for number, trip in enumerate(trips(TRIPS, cities(), today())):
            await self._tell(client, STAFF, "POST", "/missions/trips", trip, f"trip-{number}")

    async def _tell(
        self, client: httpx.AsyncClient, who: Sample, method: str, path: str, body: Any, key: str
    ) -> None:
        (await self._ask(client, who, method, path, body, key)).raise_for_status()

    async def _ask(
        self,
        client: httpx.AsyncClient,
        who: Sample,
        method: str,
        path: str,
        body: Any = None,
        key: str = "",
    ) -> httpx.Response:
        """One request of somebody; what is told twice on one day is told once."""
        token = self._tokens(who.id, ORGANISATION, _name(who.role))
        headers = {
            "Authorization": f"Bearer {token}",
            "Idempotency-Key": f"development-{today()}-{key}",
        }
        return await client.request(method, path, json=body, headers=headers)


def _name(role: Role) -> RoleName:
    match role:
        case Role.DRIVER:
            return "driver"
        case Role.LOGISTICS:
            return "logistics"
        case _:
            raise ValueError(f"nobody commands as {role}")
