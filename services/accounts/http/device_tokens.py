"""Access tokens of paired devices: for an assertion that their own key signed (RFC 7523)."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import StringConstraints

from infra.http.answers import Answered, Router
from infra.http.models import Body, Id
from infra.http.request_context import PublicRequest
from infra.lookups import devices
from infra.proofs import LONGEST_PROOF, NotProved, claims_of
from services.accounts.adapters.secrets import assertions
from services.accounts.http.access import NO_STORE, Access, PublicContext
from services.accounts.http.problems import AssertionRefused
from services.accounts.http.tokens import GrantedRole, Tokens, tokens_for

LONGEST = timedelta(minutes=10)
"""How far ahead an assertion may expire: so long it is remembered."""
LONGEST_ID = 64


class AssertionBody(Body):
    """The device that asks, and its proof."""

    device_id: Id
    assertion: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_PROOF)]
    """A JSON Web Token signed (EdDSA) with the key that the device was paired with: `iss` and
    `sub` are its id, `aud` is the issuer of access tokens, `exp` within ten minutes, `jti` new."""


def routes(access: Access) -> Router:
    router = access.router("Devices")

    @router.post("/device-tokens")
    async def get_device_token(body: AssertionBody, context: PublicContext) -> Answered[Tokens]:
        """Get the access token of a paired device: five minutes, at its dealership.

        An assertion works once. Every wrong one is answered alike; so is one that comes in the
        moment before the pairing is known here, which is sent anew.
        """
        device = await asserted(access, context, body)
        tokens = await tokens_for(
            access,
            user_id=device.device_id,
            organisation_id=device.organisation_id,
            roles=(GrantedRole.DEVICE,),
            at=context.at,
            authenticated_at=context.at.timestamp(),
            session_id=device.key_id,
            dealerships={GrantedRole.DEVICE: (device.dealership_id,)},
        )
        return Answered(tokens, headers=NO_STORE)

    return router


async def asserted(access: Access, context: PublicRequest, body: AssertionBody) -> devices.Device:
    """The device that signed the assertion, which is used up. Raises the 401 `Problem` of any
    other."""
    device = await context.lookup(devices.lookup, body.device_id)
    if device is None or device.public_key is None:
        raise context.refuse(AssertionRefused())
    try:
        claims = claims_of(
            body.assertion, device.public_key, access.issuer, ["iss", "sub", "exp", "jti"]
        )
    except NotProved as error:
        raise context.refuse(AssertionRefused()) from error
    expires_at = expiry(claims, context.at)
    names = (claims["iss"], claims["sub"])
    if expires_at is None or names != (device.device_id, device.device_id):
        raise context.refuse(AssertionRefused())
    if not await assertions.take(access.pool, device.device_id, claims["jti"], expires_at):
        raise context.refuse(AssertionRefused())
    organisation = await access.organisation(device.organisation_id)
    if organisation is not None and organisation.barred:
        raise context.refuse(AssertionRefused())
    return device


def expiry(claims: Mapping[str, Any], now: datetime) -> datetime | None:
    """When the assertion expires; None when that is not ahead, or too far, or it has no good id."""
    expires, jti = claims["exp"], claims["jti"]
    if not isinstance(expires, int | float) or not isinstance(jti, str):
        return None
    # JSON can spell what no text column holds: NUL, and halves of characters.
    if not 0 < len(jti) <= LONGEST_ID or not jti.isprintable():
        return None
    if not now.timestamp() < expires <= (now + LONGEST).timestamp():
        return None
    return datetime.fromtimestamp(expires, UTC)
