"""The keys that access tokens are signed with."""

from typing import Literal

from infra.http.answers import Answer, Answered, Router
from services.accounts.http.access import Access, PublicContext

PUBLISHED = {"Cache-Control": "public, max-age=60"}


class PublishedKey(Answer):
    """A public key as a JSON Web Key (RFC 8037)."""

    crv: Literal["Ed25519"]
    kty: Literal["OKP"]
    x: str
    kid: str
    alg: Literal["EdDSA"]
    use: Literal["sig"]


class KeySet(Answer):
    """A JSON Web Key Set."""

    keys: list[PublishedKey]


def routes(access: Access) -> Router:
    router = access.router("Keys")

    @router.get("/.well-known/jwks.json")
    async def published_keys(context: PublicContext) -> Answered[KeySet]:
        """The keys that access tokens are signed with, as a JSON Web Key Set."""
        pairs = await access.secrets.keys.published(context.at)
        keys = [PublishedKey.model_validate(pair.published) for pair in pairs]
        return Answered(KeySet(keys=keys), headers=PUBLISHED)

    return router
