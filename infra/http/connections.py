"""Bounds connections: how long a client may take over a request and its answer, and how many
connections it may hold.

Without this, whoever opens connections and says nothing, or reads nothing, holds them for ever.
"""

import json
import logging
from asyncio import TimerHandle, Transport
from collections import Counter
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from infra import telemetry
from infra.catalogues import ENGLISH
from infra.http.clients import NOBODY_KNOWN, Proxies, named
from infra.http.problems import MEDIA_TYPE, Problem, malformed
from infra.wording import ALL

log = logging.getLogger("relais.http")

MOST_HEAD_BYTES = 64 * 1024


@dataclass(slots=True)
class Gate:
    """The bounds, and the connections that each client holds now."""

    head_seconds: float = 10.0
    """From the connection, or the first byte of a further request, to the end of its headers."""
    stalled_seconds: float = 60.0
    """How long a client may take nothing of an answer that waits for it."""
    most_of_client: int = 200
    proxies: Proxies = field(default_factory=Proxies)
    """They hold the connections of many clients, so they are not counted."""
    held: "Counter[str]" = field(default_factory=Counter)

    def enter(self, client: str) -> bool:
        """Count a connection of a client; False when it holds too many."""
        if self.held[client] >= self.most_of_client and not self.proxies.has(client):
            return False
        self.held[client] += 1
        return True

    def leave(self, client: str) -> None:
        """A counted connection is over."""
        self.held[client] -= 1
        if not self.held[client]:
            del self.held[client]


class Config(uvicorn.Config):
    """uvicorn's settings, and the gate its connections come through."""

    def __init__(self, app: ASGIApp, gate: Gate, **options: Any) -> None:
        super().__init__(app, http=Connection, ws="none", **options)
        self.gate = gate


class Connection(HttpToolsProtocol):
    """uvicorn's connection, with an end to waiting for the client.

    The client is waited for whenever no request is in hand: until headers are whole, and while the
    rest of a body comes that nobody reads. The body of a request in hand has its own time.
    """

    def __init__(self, config: Config, *args: Any, **named_args: Any) -> None:
        super().__init__(config, *args, **named_args)
        self._gate = config.gate
        self._client: str | None = None
        self._waiting: TimerHandle | None = None
        self._stalled: TimerHandle | None = None
        self._in_head = False
        self._head_bytes = 0
        self._unanswered = 0

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        client = named(self.client[0]) if self.client else NOBODY_KNOWN
        if not self._gate.enter(client):
            self._turn_away(Problem(429, "too-many-connections"))
            return
        self._client = client
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._client is not None:
            self._gate.leave(self._client)
            self._client = None
        self._stop_waiting()
        self._stop_watching()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > MOST_HEAD_BYTES:
                facts = {"most": MOST_HEAD_BYTES}
                self._turn_away(Problem(431, "headers-too-large", facts=facts))
                return
        if self._unanswered:
            self._stop_waiting()
        elif self._waiting is None:
            # Not begun anew by each byte: that is how slow clients are slow.
            self._wait()

    def send_400_response(self, msg: str) -> None:
        self._turn_away(malformed("header:", "not_http"))

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = True
        self._head_bytes = 0

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._unanswered += 1
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        self._unanswered -= 1
        super().on_response_complete()
        if self._in_head and not self.transport.is_closing():
            # The next request has begun already: it is not idle, and has its time.
            self._unset_keepalive_if_required()
            self._wait()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch(self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop_watching()

    # --- Waiting for the client ---------------------------------------------

    def _wait(self) -> None:
        self._waiting = self.loop.call_later(self._gate.head_seconds, self._waited)

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _waited(self) -> None:
        facts = {"seconds": round(self._gate.head_seconds)}
        self._turn_away(Problem(408, "request-too-slow", facts=facts))

    def _watch(self, unsent: int) -> None:
        self._stalled = self.loop.call_later(self._gate.stalled_seconds, self._look_again, unsent)

    def _stop_watching(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def _look_again(self, unsent: int) -> None:
        # While writing is paused, what is unsent only becomes less.
        if (left := self.transport.get_write_buffer_size()) < unsent:
            self._watch(left)
            return
        log.info("a client took nothing of its answer for %g s", self._gate.stalled_seconds)
        telemetry.turned_away("answer-not-taken")
        self.transport.abort()

    def _turn_away(self, problem: Problem) -> None:
        """Answer before there is a request to answer, in English, and close."""
        self._stop_waiting()
        telemetry.turned_away(problem.slug)
        log.info("a connection is closed: %s", problem.slug)
        told = {
            "type": problem.type,
            "title": ALL.title(ENGLISH, problem.status_code),
            "status": problem.status_code,
            "detail": problem.sentence(ALL, ENGLISH),
            **({"facts": problem.facts} if problem.facts else {}),
        }
        body = json.dumps(told, separators=(",", ":")).encode()
        phrase = HTTPStatus(problem.status_code).phrase
        head = (
            f"HTTP/1.1 {problem.status_code} {phrase}\r\nContent-Type: {MEDIA_TYPE}\r\n"
            f"Content-Language: {ENGLISH}\r\n"
            f"Content-Length: {len(body)}\r\nCache-Control: no-store\r\n"
            "X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()
