"""A screen of the partner's account follows the tables, over a real connection."""

from contextlib import AsyncExitStack
from pathlib import Path

from infra.testing.screens import process
from services.views.partner.service import service
from services.views.partner.tests.make import published, registered

QUERIES = ("/trips?limit=20", "/quotes")


async def test_a_screen_is_told_of_what_it_shows_and_misses_nothing(
    database: str, tmp_path: Path
) -> None:
    async with AsyncExitStack() as stack:
        async with process(service, database, tmp_path) as api:
            await api.shows(registered("ada"), registered("eve", "rival"))
            ours = await stack.enter_async_context(api.screen(QUERIES, "ada", "hiflow", "driver"))
            theirs = await stack.enter_async_context(api.screen(QUERIES, "eve", "rival", "driver"))
            for one in (ours, theirs):
                assert [await one.told(), await one.told()] == ["/trips?limit=20", "/quotes"]
            await api.shows(published("t-1"))
            api.nudge()
            assert await ours.told() == "/trips?limit=20"
            # A nudge that is lost costs a second.
            await api.shows(published("t-2"))
            assert await ours.told() == "/trips?limit=20"
        # The process has ended, and the other organisation was told of nothing before.
        assert [await ours.told(), await theirs.told()] == [None, None]
        async with process(service, database, tmp_path) as api:
            await api.shows(published("t-3"))
            async with api.screen(QUERIES, "ada", "hiflow", "driver", ours.id) as again:
                assert await again.told() == "/trips?limit=20"
                await api.shows(published("t-4"))
                api.nudge()
                assert await again.told() == "/trips?limit=20"
