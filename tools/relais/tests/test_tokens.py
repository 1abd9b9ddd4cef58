"""Tokens for development."""

import pytest

from infra.http.auth import PublishedKeys, Verifier
from infra.settings import Settings
from infra.tokens import Role, SigningKey, jwks
from tools.relais.keys import development_token

KEY = SigningKey.generate()


@pytest.mark.requirement("G-32")
@pytest.mark.parametrize("there", [(), ("lake",), ("lake", "hill")])
def test_the_roles_of_a_token_hold_at_the_dealerships_that_are_named(
    there: tuple[str, ...],
) -> None:
    roles: tuple[Role, ...] = ("dealership_manager", "device")
    token = development_token(KEY, "ines", "garages", roles, there)
    settings = Settings.model_validate({"jwks": jwks(KEY)})
    verifier = Verifier(PublishedKeys(settings.jwks), settings.issuer, settings.audience)
    principal = verifier.principal(f"Bearer {token}".encode())
    assert principal.roles == frozenset(roles)
    assert principal.dealerships == {(role, one) for role in roles for one in there}
