"""Tells browsers and caches how to treat our answers: kept by nobody, shown in no frame."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

USUAL: tuple[tuple[bytes, bytes], ...] = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)
ONLY_TLS = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")


class SafeHeaders:
    """Adds to every answer the headers that its route did not set itself.

    Most answers are about somebody, so none is kept unless its route says so. `tls` is whether
    people reach us by HTTPS only.
    """

    def __init__(self, app: ASGIApp, *, tls: bool = False) -> None:
        self._app = app
        self._added = (*USUAL, ONLY_TLS) if tls else USUAL

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def completed(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = message["headers"]
                names = {name for name, _ in given}
                message["headers"] = [*given, *(one for one in self._added if one[0] not in names)]
            await send(message)

        await self._app(scope, receive, completed)


def parting(send: Send) -> Send:
    """Sends the same answers and ends the connection, so that the next request goes elsewhere."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], (b"connection", b"close")]
        await send(message)

    return sent
