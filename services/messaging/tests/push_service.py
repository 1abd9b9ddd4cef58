"""A real push service and its browsers: it checks who sends, and they open what is for them."""

import base64
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
import jwt
import uvicorn
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.testing.certificates import Authority

CURVE = ec.SECP256R1()
UNCOMPRESSED = 65


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unbase64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def derived(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(secret)


@dataclass
class Browser:
    """A browser that subscribed: its keys, and what it was told."""

    endpoint: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(CURVE))
    secret: bytes = field(default_factory=lambda: os.urandom(16))
    told: list[dict[str, Any]] = field(default_factory=list)

    @property
    def public(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def subscription(self) -> dict[str, Any]:
        """As `PushSubscription.toJSON()` says it."""
        keys = {"p256dh": base64url(self.public), "auth": base64url(self.secret)}
        return {"endpoint": self.endpoint, "keys": keys}

    def open(self, body: bytes) -> None:
        """Decrypt a message as RFC 8291 and RFC 8188 say, and show it."""
        salt, length = body[:16], body[20]
        theirs, sealed = body[21 : 21 + length], body[21 + length :]
        assert length == UNCOMPRESSED
        shared = self.key.exchange(
            ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, theirs)
        )
        info = b"WebPush: info\0" + self.public + theirs
        secret = derived(shared, self.secret, info, 32)
        key = derived(secret, salt, b"Content-Encoding: aes128gcm\0", 16)
        nonce = derived(secret, salt, b"Content-Encoding: nonce\0", 12)
        record = AESGCM(key).decrypt(nonce, sealed, None)
        text, end = record.rstrip(b"\0")[:-1], record.rstrip(b"\0")[-1:]
        assert end == b"\2"
        self.told.append(json.loads(text))


@dataclass
class PushService:
    """Takes messages for its browsers over TLS; `answers` are its next statuses."""

    host: str = ""
    authority: Path = Path()
    browsers: dict[str, Browser] = field(default_factory=dict)
    answers: list[int] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    senders: set[str] = field(default_factory=set)
    """The keys that signed."""

    def browser(self, name: str = "b1") -> Browser:
        """A browser that subscribes."""
        made = Browser(f"https://{self.host}/push/{name}")
        self.browsers[name] = made
        return made

    async def take(self, request: Request) -> Response:
        if self.answers and (status := self.answers.pop(0)) != 201:
            return Response("as told", status, headers={"location": "http://127.0.0.1:9/"})
        if (browser := self.browsers.get(request.path_params["name"])) is None:
            return Response("no such browser", 410)
        self.check(request.headers["authorization"])
        self.headers.append(dict(request.headers))
        browser.open(await request.body())
        return Response(status_code=201)

    def check(self, authorization: str) -> None:
        """The sender proves who it is as RFC 8292 says."""
        scheme, _, parameters = authorization.partition(" ")
        named = dict(one.strip().split("=", 1) for one in parameters.split(","))
        public = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, unbase64url(named["k"]))
        # webpush 1.0.6 leaves the port out of the origin; push services are at the usual one.
        audience = f"https://{self.host.partition(':')[0]}"
        claims = jwt.decode(named["t"], public, algorithms=["ES256"], audience=audience)
        ahead = claims["exp"] - datetime.now(UTC).timestamp()
        assert scheme == "vapid"
        assert 0 < ahead <= 24 * 60 * 60
        assert claims["sub"] == "mailto:no-reply@relais.example"
        self.senders.add(named["k"])


@asynccontextmanager
async def push_service(folder: Path) -> AsyncIterator[PushService]:
    """Listens within the block, with a certificate of an authority of its own."""
    made, authority = PushService(), Authority.made("an authority of our own")
    made.authority = authority.written(folder / "push-ca.pem")
    keys = authority.server(folder / "push.pem")
    app = Starlette(routes=[Route("/push/{name}", made.take, methods=["POST"])])
    config = uvicorn.Config(
        app, "127.0.0.1", 0, ssl_certfile=keys, ssl_keyfile=keys, lifespan="off", log_config=None
    )
    server = uvicorn.Server(config)
    async with anyio.create_task_group() as group:
        group.start_soon(server.serve)
        while not server.started:
            await anyio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        made.host = f"127.0.0.1:{port}"
        try:
            yield made
        finally:
            server.should_exit = True
