"""Measures the way from the Authorization header to a principal, beside PyJWT alone."""

from collections.abc import Callable, Mapping, Sequence
from time import perf_counter
from typing import TypeVar

import jwt

from infra.http.auth import PublishedKeys, Verifier
from infra.tokens import issue
from tools.bench import events
from tools.bench.figures import Figure, Samples, at_most, interleave
from tools.bench.ground import Ground
from tools.bench.subject import Size, Subject

MICRO = 1_000_000
T = TypeVar("T")


async def measure(ground: Ground, size: Size, step: Callable[[], None]) -> Samples:
    settings = ground.settings("token")
    key = ground.signing
    tokens = [
        issue(key, f"driver-{n}", events.ORGANISATION, ["driver"], lifetime=3_600)
        for n in range(size.commands // 3)
    ]
    headers = [f"Bearer {token}".encode() for token in tokens]
    public = key.private.public_key()

    async def relais() -> Mapping[str, float]:
        keys = PublishedKeys(settings.jwks)
        verifier = Verifier(keys, settings.issuer, settings.audience)
        first = _each(verifier.principal, headers)
        return {"first": first, "again": _each(verifier.principal, headers)}

    def decode(token: str) -> None:
        jwt.decode(
            token,
            public,
            algorithms=["EdDSA"],
            issuer=settings.issuer,
            audience=settings.audience,
        )

    async def pyjwt() -> Mapping[str, float]:
        return {"pyjwt": _each(decode, tokens)}

    return await interleave(size.rounds, [relais, pyjwt], step)


def _each(check: Callable[[T], object], given: Sequence[T]) -> float:
    """Microseconds a check."""
    started = perf_counter()
    for one in given:
        check(one)
    return (perf_counter() - started) * MICRO / len(given)


SUBJECT = Subject(
    figures=(
        Figure(
            "token check, a token's first request",
            "µs",
            "PyJWT decoding the same token",
            at_most(1.3),
            "first",
            "pyjwt",
        ),
        Figure(
            "token check, its later requests",
            "µs",
            "PyJWT decoding the same token",
            at_most(1.3),
            "again",
            "pyjwt",
        ),
    ),
    measure=measure,
)
