"""Screens that listen to an API over a real connection, and tables that move on under them."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from infra.host import Running, Service, opened
from infra.serving import serving, site
from infra.testing.following import follow
from infra.testing.serving import KEY, settings_of
from infra.tokens import Role, issue


class Screen:
    """Somebody's screen, which listens."""

    def __init__(self, answer: httpx.Response) -> None:
        self._lines = answer.aiter_lines()
        self.id = ""

    async def told(self) -> str | None:
        """The query of the next event; None when the stream ends before one."""
        query = None
        async for line in self._lines:
            field, _, value = line.partition(": ")
            if field == "data":
                query = httpx.Response(200, text=value).json()["query"]
            elif field == "id":
                self.id = value
            elif not line and query is not None:
                return str(query)
        return None


@dataclass(frozen=True)
class Process:
    """An API in a process of its own, as far as its listeners can tell."""

    running: Running
    url: str

    @asynccontextmanager
    async def screen(
        self, queries: Sequence[str], who: str, organisation: str, role: Role, last: str = ""
    ) -> AsyncIterator[Screen]:
        """A screen that listens to these queries, after the event with that id."""
        headers = {"Authorization": f"Bearer {issue(KEY, who, organisation, [role])}"}
        if last:
            headers["Last-Event-ID"] = last
        url = f"{self.url}{self.running.service.prefix}/live"
        asked = {"watch": list(queries)}
        async with (
            httpx.AsyncClient(timeout=60) as client,
            client.stream("GET", url, params=asked, headers=headers) as answer,
        ):
            assert answer.status_code == 200, await answer.aread()
            assert answer.headers["Content-Type"].startswith("text/event-stream")
            assert "Content-Encoding" not in answer.headers
            yield Screen(answer)

    async def shows(self, *events: Any) -> None:
        """The tables have these events; whether anybody is nudged is another matter."""
        await follow(self.running, *events)
        assert self.running.generations is not None
        active = await self.running.generations.active()
        assert active is not None
        async with self.running.pool.connection() as connection:
            await connection.execute(
                "insert into consumer.position (consumer, topic, partition, next_offset, timeline)"
                " values (%s, 'topic', 0, 1, 1) on conflict (consumer, topic, partition)"
                " do update set next_offset = position.next_offset + 1",
                (active.consumer,),
            )

    def nudge(self) -> None:
        """Tell whoever waits that the tables have moved on."""
        self.running.seen.notify()


@asynccontextmanager
async def process(service: Service, database: str, home: Path) -> AsyncIterator[Process]:
    """An API of a service that is served within the block."""
    settings = settings_of(service, database, home=home, port=0, leave_seconds=0)
    async with (
        opened(service, settings) as running,
        serving(site([running], settings), settings) as url,
    ):
        yield Process(running, url)
