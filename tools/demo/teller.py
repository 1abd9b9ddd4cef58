"""Tells the story: plays its people over HTTP and prints what comes of it."""

import asyncio
import html
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from time import perf_counter
from typing import Any, Protocol
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx
from rich.console import Console

from infra.tokens import Role
from tools.demo.chronicle import Chronicle
from tools.demo.people import Person

SEEN_WITHIN = 180.0
LATE = frozenset({401, 403, 404, 412, 422, 425})
"""How a service answers who asks before it has heard from another one; 401 is its word for the
session of a phone that it has not heard of."""


class Tokens(Protocol):
    """Makes access tokens; the role holds at the dealerships, where some are named."""

    def __call__(
        self, subject: str, organisation_id: str, role: Role, dealerships: Sequence[str] = ()
    ) -> str: ...


class Unexpected(Exception):
    """The platform did not do what the story says it does."""


@dataclass
class Teller:
    """Plays the people of the story over HTTP and prints what comes of it."""

    client: httpx.AsyncClient
    tokens: Tokens
    console: Console
    run: str
    chronicle: Chronicle = field(default_factory=Chronicle)
    seen_ms: list[float] = field(default_factory=list)

    @property
    def organisation(self) -> str:
        """Each run has its own, so that runs do not mix."""
        return f"demo-{self.run}"

    async def ask(
        self, who: str, role: Role, method: str, path: str, body: Any = None, **headers: str
    ) -> httpx.Response:
        """One request of somebody; raises `Unexpected` unless it succeeds."""
        token = self.tokens(who, self.organisation, role)
        sent = {"Authorization": f"Bearer {token}", "Idempotency-Key": uuid4().hex, **headers}
        answer = await self.client.request(method, path, json=body, headers=sent)
        if answer.status_code == 425:
            return await self.ask(who, role, method, path, body, **headers)
        if answer.is_error:
            raise Unexpected(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer

    async def logistics(self, method: str, path: str, body: Any = None, **h: str) -> httpx.Response:
        return await self.ask("lea@logistics", "logistics", method, path, body, **h)

    async def driver(
        self, who: Person, method: str, path: str, body: Any = None, **h: str
    ) -> httpx.Response:
        return await self.ask(who.driver_id, "driver", method, path, body, **h)

    async def administration(self, method: str, path: str, body: Any = None) -> httpx.Response:
        return await self.ask("paul@administration", "administration", method, path, body)

    async def billing(self, method: str, path: str, body: Any = None) -> httpx.Response:
        return await self.ask("nadia@billing", "billing", method, path, body)

    async def send(self, who: Person, path: str, content: bytes) -> None:
        """Bytes of a file. Raises `Unexpected` unless they are taken."""
        headers = {
            "Authorization": f"Bearer {self.tokens(who.driver_id, self.organisation, 'driver')}",
            "Idempotency-Key": uuid4().hex,
            "Content-Type": "application/octet-stream",
        }
        answer = await self.client.put(path, content=content, headers=headers)
        expect(answer.is_success, f"{path}: {answer.status_code} {answer.text}")

    async def insist(
        self, token: str, method: str, path: str, body: Any = None, **headers: str
    ) -> httpx.Response:
        """One request of whoever has the token, of nobody where it is empty; asked again for a
        while where a service has not heard of everything yet. Text and bytes go as they are.

        Raises `Unexpected` when it does not succeed by then.
        """
        sent = {"Idempotency-Key": uuid4().hex, **headers}
        if token:
            sent["Authorization"] = f"Bearer {token}"
        if isinstance(body, bytes):
            sent["Content-Type"] = "application/octet-stream"
        content = {"content": body} if isinstance(body, bytes | str) else {"json": body}
        started = perf_counter()
        while True:
            answer = await self.client.request(method, path, headers=sent, **content)
            if answer.is_success:
                return answer
            if answer.status_code not in LATE or perf_counter() - started > SEEN_WITHIN:
                raise Unexpected(f"{method} {path}: {answer.status_code} {answer.text}")
            await asyncio.sleep(0.05)

    async def anybody(self, method: str, path: str, body: Any = None) -> Any:
        """The answer to nobody in particular. Raises `Unexpected` unless there is one in time."""
        return (await self.insist("", method, path, body)).json()

    async def fill_in(self, path: str, key: str, fields: Mapping[str, str]) -> str:
        """Where a page leads whoever sends its form. Raises `Unexpected` when it was not taken."""
        answer = await self.client.post(path, data={"key": key, **fields})
        expect(answer.status_code == 303, f"{path}: {answer.status_code} {answer.text}")
        return answer.headers["location"]

    async def try_out(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """The answer to nobody in particular, whatever it is."""
        headers = {"Idempotency-Key": uuid4().hex}
        return await self.client.request(method, path, json=body, headers=headers)

    async def come(
        self, look: Callable[[], Awaitable[Any]], holds: Callable[[Any], bool], what: str
    ) -> Any:
        """The sight that holds, once the platform has come so far; remembers how long that took.

        Raises `Unexpected`, with the last sight, when it never does.
        """
        started = perf_counter()
        while not holds(found := await look()):
            expect(perf_counter() - started < SEEN_WITHIN, f"{what}: {found}")
            await asyncio.sleep(0.05)
        self.seen_ms.append((perf_counter() - started) * 1000)
        return found

    async def received(self, address: str, wanted: re.Pattern[str], *former: str) -> str:
        """The part that is wanted of the newest message to an address, and that is none of the
        former ones, from the inbox of this machine. Raises `Unexpected` when none comes."""

        async def found() -> list[str]:
            # The inbox shows the newest mails alone: those to others must not push this one out.
            inbox = (await self.client.get("/messaging/inbox", params={"to": address})).text
            mine = [html.unescape(one) for one in inbox.split("<article")[1:]]
            parts = [part for one in mine for part in wanted.findall(one.partition("<pre")[2])]
            return [part for part in parts if part not in former]

        newest: str = (await self.come(found, bool, f"nothing came to {address}"))[0]
        return newest

    async def until(self, who: Person, path: str, holds: Callable[[Any], bool]) -> Any:
        """The answer once a reaction has done its part; raises `Unexpected` if it never does."""
        token = self.tokens(who.driver_id, self.organisation, "driver")
        started = perf_counter()
        headers = {"Authorization": f"Bearer {token}"}
        while True:
            answer = await self.client.get(path, headers=headers)
            if answer.is_success and holds(answer.json()):
                self.seen_ms.append((perf_counter() - started) * 1000)
                return answer.json()
            if perf_counter() - started > SEEN_WITHIN:
                raise Unexpected(f"{path}: {answer.status_code} {answer.text}")
            await asyncio.sleep(0.05)

    async def seen(self, who: Person, path: str, *commands: httpx.Response) -> Any:
        """The answer of a query that has seen these commands; remembers how long that took."""
        started = perf_counter()
        # Drivers can wait only for what drivers were told: theirs are sealed (HIF-15).
        by_staff = [c for c in commands[-20:] if isinstance(c.json()["version"], int)]
        if by_staff:
            day = today().isoformat()
            available = f"/partner/logistics/drivers/available?from_day={day}&until_day={day}"
            await self.logistics("GET", available, **positions(by_staff))
        by_drivers = [c for c in commands[-20:] if c not in by_staff]
        answer = await self.driver(who, "GET", path, **positions(by_drivers))
        self.seen_ms.append((perf_counter() - started) * 1000)
        return answer.json()

    def say(self, text: str) -> None:
        self.chronicle.note(text)
        self.console.print(text, highlight=False)

    def step(self, title: str) -> None:
        self.chronicle.begin(title)
        self.console.rule(f"[bold]{title}", align="left", style="dim")

    def visible(self) -> str:
        return f"[dim](visible after {self.seen_ms[-1]:.0f} ms)[/dim]"


def positions(commands: Sequence[httpx.Response]) -> dict[str, str]:
    """The header that waits until these commands are shown; none for none."""
    tokens = [command.headers["Relais-Position"] for command in commands]
    return {"Relais-Min-Position": ",".join(tokens)} if tokens else {}


def today() -> date:
    """The day it is for the organisation of the demo."""
    return datetime.now(ZoneInfo("Europe/Paris")).date()


def expect(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Unexpected(otherwise)
