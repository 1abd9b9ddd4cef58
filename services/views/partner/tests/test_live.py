"""A screen of the partner's account follows the tables, over a real connection."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from infra.host import Running, opened
from infra.serving import serving, site
from infra.testing.following import follow
from infra.testing.serving import KEY, settings_of
from infra.tokens import issue
from services.views.partner.service import service
from services.views.partner.tests.make import published, registered

QUERIES = {"watch": ["/trips?limit=20", "/quotes"]}


class Screen:
    """A driver's screen, which listens."""

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


@asynccontextmanager
async def process(database: str, home: Path) -> AsyncIterator[tuple[Running, str]]:
    """An API of the partner's account, and its address."""
    settings = settings_of(service, database, home=home, port=0, leave_seconds=0)
    async with (
        opened(service, settings) as running,
        serving(site([running], settings), settings) as url,
    ):
        yield running, url


@asynccontextmanager
async def screen(url: str, who: str, organisation: str, last: str = "") -> AsyncIterator[Screen]:
    headers = {"Authorization": f"Bearer {issue(KEY, who, organisation, ['driver'])}"}
    if last:
        headers["Last-Event-ID"] = last
    async with (
        httpx.AsyncClient(timeout=60) as client,
        client.stream("GET", f"{url}/partner/live", params=QUERIES, headers=headers) as answer,
    ):
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        assert "Content-Encoding" not in answer.headers
        yield Screen(answer)


async def shows(running: Running, *events: Any) -> None:
    """The tables have these events; whether anybody is nudged is another matter."""
    await follow(running, *events)
    assert running.generations is not None
    active = await running.generations.active()
    assert active is not None
    async with running.pool.connection() as connection:
        await connection.execute(
            "insert into consumer.position (consumer, topic, partition, next_offset, timeline)"
            " values (%s, 'topic', 0, 1, 1) on conflict (consumer, topic, partition)"
            " do update set next_offset = position.next_offset + 1",
            (active.consumer,),
        )


async def test_a_screen_is_told_of_what_it_shows_and_misses_nothing(
    database: str, tmp_path: Path
) -> None:
    async with AsyncExitStack() as stack:
        async with process(database, tmp_path) as (running, url):
            await shows(running, registered("ada"), registered("eve", "rival"))
            ours = await stack.enter_async_context(screen(url, "ada", "hiflow"))
            theirs = await stack.enter_async_context(screen(url, "eve", "rival"))
            for one in (ours, theirs):
                assert [await one.told(), await one.told()] == ["/trips?limit=20", "/quotes"]
            await shows(running, published("t-1"))
            running.seen.notify()
            assert await ours.told() == "/trips?limit=20"
            # A nudge that is lost costs a second.
            await shows(running, published("t-2"))
            assert await ours.told() == "/trips?limit=20"
        # The process has ended, and the other organisation was told of nothing before.
        assert [await ours.told(), await theirs.told()] == [None, None]
        async with process(database, tmp_path) as (running, url):
            await shows(running, published("t-3"))
            async with screen(url, "ada", "hiflow", ours.id) as again:
                assert await again.told() == "/trips?limit=20"
                await shows(running, published("t-4"))
                running.seen.notify()
                assert await again.told() == "/trips?limit=20"
