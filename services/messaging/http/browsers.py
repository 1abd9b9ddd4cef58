"""HTTP: the browsers in which somebody wants to be told things (FLB-125)."""

import base64
import binascii
from dataclasses import replace
from typing import Annotated
from uuid import NAMESPACE_URL, uuid5

from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import AfterValidator, StringConstraints

from contracts.messaging.preferences_v1 import BrowserSubscribed, UnsubscriptionReason
from infra.host import Running
from infra.http.answers import Answer, Answered, Listed, Recorded, Router
from infra.http.models import Body, Id, Instant
from infra.http.problems import Problem
from infra.http.request_context import MEMBERS, RequestContext, requires
from infra.vault import Vault
from infra.wording import Unfit
from services.messaging import preferences
from services.messaging.adapters.outbound import push
from services.messaging.aggregates import PREFERENCES
from services.messaging.http.messages import may_see
from services.messaging.read_models import browsers

Anyone = Annotated[RequestContext, requires(*MEMBERS)]
BROWSERS = uuid5(NAMESPACE_URL, "relais:messaging:browsers")
SECRET_BYTES = 16

# --- Bodies and answers -----------------------------------------------------


def bytes_of(text: str) -> bytes:
    """The bytes of a key in base64url, with or without padding. Raises `Unfit`."""
    try:
        return base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), b"-_", True)
    except (binascii.Error, ValueError) as error:
        raise Unfit("push_key") from error


def _point(text: str) -> str:
    """A public key on the curve that browsers use."""
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), bytes_of(text))
    except ValueError as error:
        raise Unfit("push_key") from error
    return text


def _secret(text: str) -> str:
    if len(bytes_of(text)) != SECRET_BYTES:
        raise Unfit("push_key")
    return text


class KeysBody(Body):
    """As a browser says them (`PushSubscription.toJSON().keys`)."""

    p256dh: Annotated[str, StringConstraints(max_length=100), AfterValidator(_point)]
    auth: Annotated[str, StringConstraints(max_length=50), AfterValidator(_secret)]


class BrowserBody(Body):
    """A subscription that the browser made with our `push-key`."""

    endpoint: Annotated[str, StringConstraints(max_length=1000, pattern=r"^https://[!-~]+$")]
    keys: KeysBody


class PushKey(Answer):
    """The key that a browser subscribes to."""

    public_key: str
    """Base64url, as `applicationServerKey` takes it."""


class Browser(Answer):
    """A browser that is told things."""

    browser_id: str
    host: str
    """Of its push service."""
    subscribed_at: Instant


# --- Routes -----------------------------------------------------------------


def router(running: Running) -> Router:
    """The routes, over the key that browsers subscribe to, and the push services there are."""
    vault = Vault(running.pool, running.settings.masters)
    hosts = running.settings.push_hosts
    routes = Router("Browsers")

    @routes.get("/push-key")
    async def show_push_key(context: Anyone) -> Answered[PushKey]:
        """The key that a browser subscribes to; it stays as it is."""
        return Answered(PushKey(public_key=push.public_half(await push.key_of(vault))))

    @routes.get("/browsers")
    async def list_browsers(context: Anyone) -> Answered[Listed[Browser]]:
        """The browsers in which the caller is told things, the first one first."""
        person = (await context.load(PREFERENCES, context.principal.subject)).state
        if not isinstance(person, preferences.Recipient) or not may_see(context, person):
            raise context.refuse(preferences.NoSuchRecipient())
        return Answered(Listed(items=[shown(one) for one in person.browsers], next=None))

    @routes.post("/browsers", status_code=201)
    async def subscribe_browser(body: BrowserBody, context: Anyone) -> Answered[Recorded]:
        """Be told things in a browser. Whoever was told there before is told there no more."""
        if not push.is_allowed(body.endpoint, hosts):
            raise Problem(422, "no-push-service")
        browser_id = f"b-{uuid5(BROWSERS, body.endpoint).hex}"
        await release(context, browser_id)
        who = context.principal
        command = preferences.SubscribeBrowser(
            user_id=who.subject,
            organisation_id=who.organisation_id,
            browser_id=browser_id,
            endpoint=body.endpoint,
            public_key=body.keys.p256dh,
            shared_secret=body.keys.auth,
            at=context.at,
        )
        created = f"/messaging/browsers/{browser_id}"
        return await context.handle(PREFERENCES, who.subject, command, created=created)

    return routes


own = Router("Browsers")


@own.delete("/browsers/{browser_id}")
async def unsubscribe_browser(browser_id: Id, context: Anyone) -> Answered[Recorded]:
    """Be told nothing any more in a browser; also before somebody else signs in there."""
    command = preferences.UnsubscribeBrowser(
        user_id=context.principal.subject,
        browser_id=browser_id,
        reason=UnsubscriptionReason.BY_HAND,
        at=context.at,
    )
    return await context.handle(PREFERENCES, context.principal.subject, command)


async def release(context: RequestContext, browser_id: str) -> None:
    """Tell nobody but the caller in that browser."""
    others = await browsers.others(context.pool, browser_id, context.principal.subject)
    for n, user_id in enumerate(others):
        step = replace(context, idempotency_key=f"{context.idempotency_key}.{n}", if_match=None)
        command = preferences.UnsubscribeBrowser(
            user_id=user_id,
            browser_id=browser_id,
            reason=UnsubscriptionReason.TAKEN_OVER,
            at=context.at,
        )
        await step.perform(PREFERENCES, user_id, command)


def shown(one: BrowserSubscribed) -> Browser:
    return Browser(
        browser_id=one.browser_id,
        host=one.endpoint.removeprefix("https://").partition("/")[0],
        subscribed_at=one.subscribed_at,
    )
