"""Access tokens for development."""

from collections.abc import Sequence

from infra.http.auth import PublishedKeys, Verifier
from infra.http.problems import Problem
from infra.tokens import Role
from tools.relais import connections
from tools.relais.answers import USAGE, Answer, Trouble, sentence
from tools.relais.keys import TOKEN_SECONDS, development_token, with_keys


async def made(roles: Sequence[Role], subject: str, org: str) -> Answer:
    """A token of this home's key. Raises `Trouble` when no API here would take it."""
    settings = connections.settings()
    key, settings = with_keys(settings.home.resolve(), settings)
    found = development_token(key, subject, org, roles)
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
