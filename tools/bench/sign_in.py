"""Signing in over HTTP, beside what no sign-in can do without: checking the password."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from itertools import cycle, islice
from time import perf_counter

from argon2 import PasswordHasher

from contracts.accounts.organisation_v1 import OrganisationKind, Profile
from contracts.accounts.user_v1 import Role
from infra.host import opened
from services.accounts.service import service
from tools.bench import events
from tools.bench.figures import Figure, Samples, at_most, interleave
from tools.bench.ground import Ground
from tools.bench.processes import RELAIS, answered, child
from tools.bench.requests import request
from tools.bench.subject import Size, Subject
from tools.relais.bootstrap import Founder, found

USERS = 6
"""So many that nobody signs in more often in a quarter of an hour than one address may."""
MOST = 12
"""In each turn; with all rounds it stays below what one client may in that time."""
PASSWORD = "seven green lanterns on the quay"


async def measure(ground: Ground, size: Size, step: Callable[[], None]) -> Samples:
    count = min(MOST, size.commands // 16)
    addresses = await _users(ground)
    requests = _requests(addresses)
    # With the parameters the service has: it takes the library's.
    hasher = PasswordHasher()
    hashed = hasher.hash(PASSWORD)
    environment = ground.environment("sign_in")
    async with child(*RELAIS, "serve", "accounts", environment=environment) as ours:

        async def relais() -> Mapping[str, float]:
            sent = list(islice(requests, count))
            return {"ours": 1_000 / (await answered(ours.port, sent, connections=1)).per_second}

        async def argon2() -> Mapping[str, float]:
            started = perf_counter()
            for _ in range(count):
                await asyncio.to_thread(hasher.verify, hashed, PASSWORD)
            return {"argon2": (perf_counter() - started) * 1_000 / count}

        return await interleave(size.rounds, [relais, argon2], step)


async def _users(ground: Ground) -> list[str]:
    """The addresses of drivers who may sign in."""
    profile = Profile(
        name="Atlas", time_zone="Europe/Paris", currency="EUR", country="FR", contacts=()
    )
    founders = [
        Founder(
            f"driver-{n}", f"driver-{n}@atlas.example", f"D. {n}", (Role.DRIVER,), password=PASSWORD
        )
        for n in range(USERS)
    ]
    async with opened(service, ground.settings("sign_in")) as running:
        kind = OrganisationKind.DRIVER_PARTNER
        await found(running, events.ORGANISATION, kind, profile, *founders)
    return [founder.email for founder in founders]


def _requests(addresses: list[str]) -> Iterator[str]:
    for email in cycle(addresses):
        yield request("POST", "/accounts/sign-in", body={"email": email, "password": PASSWORD})


SUBJECT = Subject(
    figures=(
        Figure(
            "signing in over HTTP, one after the other",
            "ms",
            "argon2 checking the password",
            at_most(1.3),
            "ours",
            "argon2",
        ),
    ),
    measure=measure,
)
