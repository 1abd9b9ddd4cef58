"""Access tokens for development."""

from collections.abc import Sequence

from infra.http.auth import PublishedKeys, Verifier
from infra.http.problems import Problem
from infra.tokens import Role
from tools.relais import connections
from tools.relais.answers import UNREACHABLE, USAGE, Answer, Trouble, sentence
from tools.relais.keys import SIGNING, TOKEN_SECONDS, development_token, with_keys


async def made(
    roles: Sequence[Role], subject: str, org: str, dealerships: Sequence[str] = ()
) -> Answer:
    """A token of this home's key, whose roles hold at these dealerships. Raises `Trouble` when no
    API here would take it, and when there is no key: one that is made here would be known to no
    API."""
    settings = connections.settings()
    home = settings.home.resolve()
    if not (home / SIGNING).exists():
        raise Trouble(
            f"no platform ever ran in {home}, so no API would take a token: start `relais up`,"
            " or say in RELAIS_HOME where it keeps its data",
            UNREACHABLE,
        )
    key, settings = with_keys(home, settings)
    found = development_token(key, subject, org, roles, dealerships)
    verifier = Verifier(PublishedKeys(settings.jwks), settings.issuer, settings.audience)
    try:
        verifier.principal(f"Bearer {found}".encode())
    except Problem as problem:
        message = f"no API here would take it: {problem}; are these names of letters and digits?"
        raise Trouble(message, USAGE) from problem
    return sentence(
        {
            "token": found,
            "subject": subject,
            "org": org,
            "roles": sorted(roles),
            "expires_in_seconds": int(TOKEN_SECONDS),
        },
        found,
    )
