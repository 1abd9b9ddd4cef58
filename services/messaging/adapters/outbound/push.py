"""Notifications in browsers (FLB-125): encrypted for one browser (RFC 8291), and handed to its push
service under our name (RFC 8292)."""

import asyncio
import json
import ssl
from collections.abc import Collection, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from email.utils import parseaddr
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from webpush import WebPush, WebPushSubscription
from webpush.types import WebPushKeys
from webpush.vapid import VAPID

from contracts.messaging.preferences_v1 import BrowserSubscribed
from infra.catalogues import direction
from infra.vault import Vault
from services.messaging.adapters.outbound import (
    Accepted,
    Failure,
    NeverThere,
    NotNow,
    OutboundMessage,
    RenderedMessage,
    Why,
)

SECONDS = 10.0
KEPT_SECONDS = 24 * 60 * 60
"""So long a push service keeps a message for a browser that is not there."""
MOST_CHARACTERS = 600
"""Of the words under the title; a message has to fit into 4096 bytes."""
GONE = frozenset({404, 410})
"""The push service knows the browser no more (RFC 8030)."""
AGAIN = frozenset({408, 425, 429})
KEY = "push"


@dataclass(frozen=True, slots=True)
class Browser:
    """The address of a browser, as the sender hands it on."""

    browser_id: str
    endpoint: str
    public_key: str
    shared_secret: str

    def written(self) -> str:
        """One address of a message on its way."""
        return json.dumps(asdict(self))


def address_of(subscribed: BrowserSubscribed) -> str:
    """The address of a browser that wants to be told."""
    return Browser(
        subscribed.browser_id,
        subscribed.endpoint,
        subscribed.public_key,
        subscribed.shared_secret,
    ).written()


def is_allowed(endpoint: str, hosts: Collection[str]) -> bool:
    """Whether messages are sent to that address: https, and at one of the known push services.

    A name that begins with a dot means every host below it; another port than 443 is named with its
    host. So nobody has us ask a host of theirs, or one within our own network.
    """
    try:
        parts = urlsplit(endpoint)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if parts.scheme != "https" or parts.username is not None or parts.password is not None:
        return False
    name = host if port in (None, 443) else f"{host}:{port}"
    return any(name == one or (one.startswith(".") and name.endswith(one)) for one in hosts)


async def key_of(vault: Vault) -> bytes:
    """The private key with which messages are signed, as PEM; made the first time. Browsers
    subscribe to its public half, so it stays as it is."""
    fresh = ec.generate_private_key(ec.SECP256R1())
    pem = fresh.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return await vault.kept(KEY, pem)


def public_half(private: bytes) -> str:
    """The public key as browsers take it (`applicationServerKey`)."""
    found: str = VAPID.get_application_server_key(load_pem_private_key(private, None).public_key())
    return found


class Push:
    """Sends a message to every browser of a person; one that takes it is enough."""

    gives_receipts = False

    def __init__(
        self,
        key: bytes,
        sender: str,
        hosts: Collection[str],
        authority: Path | None = None,
    ) -> None:
        """`sender` is whom push services write to when they have to. Raises OSError when the
        authority cannot be read."""
        public = load_pem_private_key(key, None).public_key()
        self._sealing = WebPush(
            private_key=key,
            public_key=public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
            subscriber=parseaddr(sender)[1],
            ttl=KEPT_SECONDS,
        )
        self._hosts = hosts
        self._tls = ssl.create_default_context(cafile=authority)

    def following(self) -> nullcontext[None]:
        """Each message takes a connection of its own."""
        return nullcontext()

    async def send(self, message: OutboundMessage) -> Accepted:
        """One request a browser, all at once. Raises `NotNow` or `NeverThere` when none takes it;
        both outcomes name the browsers that are gone."""
        browsers = [Browser(**json.loads(one)) for one in message.to]
        payload = written(message)
        async with httpx.AsyncClient(timeout=SECONDS, verify=self._tls) as client:
            ends = await asyncio.gather(
                *(self._one(client, browser, message.key, payload) for browser in browsers)
            )
        gone = tuple(
            browser.browser_id
            for browser, end in zip(browsers, ends, strict=True)
            if isinstance(end, NeverThere) and end.gone
        )
        failures = [end for end in ends if end is not None]
        if len(failures) < len(ends):
            return Accepted(message.key, gone=gone)
        raise worst(failures, gone)

    async def _one(
        self, client: httpx.AsyncClient, browser: Browser, key: str, payload: str
    ) -> Failure | None:
        """None when the push service took it for the browser, else why not."""
        if not is_allowed(browser.endpoint, self._hosts):
            return NeverThere(Why.RECIPIENT, "no known push service", "host", (browser.browser_id,))
        try:
            sealed = self._sealing.get(
                payload,
                WebPushSubscription(
                    endpoint=browser.endpoint,
                    keys=WebPushKeys(auth=browser.shared_secret, p256dh=browser.public_key),
                ),
            )
        except ValueError as error:
            return NeverThere(Why.RECIPIENT, str(error), "keys", (browser.browser_id,))
        headers = {**sealed.headers, "topic": topic(key), "urgency": "normal"}
        try:
            answer = await client.post(browser.endpoint, content=sealed.encrypted, headers=headers)
        except httpx.HTTPError as error:
            kind = type(error).__name__
            return NotNow(Why.BUSY, f"{kind}: {error}", kind)
        if answer.is_success:
            return None
        return refusal(answer.status_code, answer.text[:200], browser.browser_id)


def refusal(status: int, text: str, browser_id: str) -> Failure:
    """The failure that the no of a push service is. It says nothing of the other services."""
    detail, said = f"{status} {text}", str(status)
    if status in GONE:
        return NeverThere(Why.RECIPIENT, detail, said, (browser_id,))
    if status in AGAIN or status >= 500:
        return NotNow(Why.BUSY, detail, said)
    return NeverThere(Why.SETUP if status in (401, 403) else Why.MESSAGE, detail, said)


def worst(failures: Sequence[Failure], gone: tuple[str, ...]) -> Failure:
    """The failure of a message that no browser took: as long as one may take it later, not now."""
    again = next((one for one in failures if isinstance(one, NotNow)), None)
    if again is not None:
        return again
    first = failures[0]
    return NeverThere(first.why, str(first), first.said, gone)


def written(message: OutboundMessage) -> str:
    """The payload that a service worker shows: title, words, language and direction."""
    content: RenderedMessage = message.content
    words = content.short if content.short != content.subject else ""
    shown = {
        "id": message.key,
        "title": content.subject,
        "body": words[:MOST_CHARACTERS],
        "lang": content.language,
        "dir": direction(content.language),
    }
    return json.dumps(shown, ensure_ascii=False)


def topic(key: str) -> str:
    """A later attempt takes the place of an earlier one that waits (RFC 8030)."""
    return sha256(key.encode()).hexdigest()[:32]
