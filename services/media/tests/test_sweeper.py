"""Files that nobody needs any more are deleted, and those that somebody needs never are (G-08)."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from infra.objects import Objects, objects_of
from infra.timers import Timers
from services.media.adapters.scanner import NoScanner
from services.media.adapters.sweeper import AGAIN
from services.media.adapters.upload_store import UploadStore
from services.media.aggregates import FILE
from services.media.file import LIFETIME, Uploading
from services.media.tests.caller import Caller, served
from services.media.tests.make import EXE, PDF, SECOND, image

pytestmark = pytest.mark.requirement("G-08")
DAY = timedelta(days=1)


class Killed(BaseException):
    """As a signal ends a process: nobody catches it."""


class Meanwhile:
    """Objects during whose clearing something else happens."""

    def __init__(self, objects: Objects, happens: Callable[[], Awaitable[object]]) -> None:
        self._objects, self._happens = objects, happens
        self.put, self.read, self.remove = objects.put, objects.read, objects.remove

    async def clear(self, prefix: str) -> None:
        await self._objects.clear(prefix)
        await self._happens()


async def die() -> None:
    raise Killed


def objects(api: Caller) -> Objects:
    return objects_of(api.running.settings)


async def time_passes(api: Caller, by: timedelta) -> None:
    """The timers fire first, then the sweeper looks; as workers do."""
    end = datetime.now(UTC) + by
    await Timers("media", api.running.commands, (FILE,)).fire_due(end)
    await api.swept(end)


class TestWhatIsCleared:
    async def test_of_a_stored_file_the_original_stays(self, database: str, tmp_path: Path) -> None:
        async with served(database, tmp_path) as api:
            file = await api.sent(image(), "image/jpeg", visibility="public")
            assert len(api.kept(file)) == 4
            assert await api.swept() == 1
            assert api.kept(file) == ["original", "public"]
            assert (await api.ask("GET", f"/files/{file}/content")).content == image()
            assert await api.swept(datetime.now(UTC) + 365 * DAY) == 0

    async def test_of_a_refused_or_removed_one_nothing_stays(
        self, database: str, tmp_path: Path
    ) -> None:
        async with served(database, tmp_path) as api:
            other, refused = await api.sent(), await api.refused("type", EXE, "image/jpeg")
            removed, early = await api.sent(), await api.start(PDF, "application/pdf")
            await api.swept()
            await api.piece(early, 0, PDF[:10])
            for file in (removed, early):
                assert (await api.ask("DELETE", f"/files/{file}")).is_success
            await api.swept()
            assert [api.kept(file) for file in (refused, removed, early)] == [[], [], []]
            assert (api.kept(other), await api.rows()) == (["original"], {other})
            assert await api.status(removed) == ("removed", None)

    async def test_an_upload_is_left_alone_until_its_day_is_over(
        self, database: str, tmp_path: Path
    ) -> None:
        async with served(database, tmp_path) as api:
            file = await api.start(PDF, "application/pdf")
            await api.piece(file, 0, PDF[:1000])
            await time_passes(api, LIFETIME - timedelta(minutes=1))
            assert (await api.status(file), len(api.kept(file))) == (("uploading", None), 1)
            await time_passes(api, LIFETIME + SECOND)
            assert await api.status(file) == ("abandoned", None)
            assert (api.kept(file), await api.rows()) == ([], set())
            late = await api.piece(file, 1000, PDF[1000:])
            assert (late.status_code, late.json()["detail"]) == (
                409,
                "The upload is over: abandoned.",
            )

    async def test_one_the_timer_has_not_given_up_yet_is_looked_at_again(
        self, database: str, tmp_path: Path
    ) -> None:
        async with served(database, tmp_path) as api:
            file = await api.start(PDF, "application/pdf")
            late = datetime.now(UTC) + LIFETIME + SECOND
            assert [await api.swept(late), await api.swept(late)] == [1, 0]
            assert await api.rows() == {file}
            await Timers("media", api.running.commands, (FILE,)).fire_due(late)
            await api.swept(late + AGAIN)
            assert await api.rows() == set()


class TestTogether:
    async def test_a_removal_while_the_sweeper_clears_is_not_forgotten(
        self, database: str, tmp_path: Path
    ) -> None:
        async with served(database, tmp_path) as api:
            file = await api.sent()
            busy = Meanwhile(objects(api), lambda: api.ask("DELETE", f"/files/{file}"))
            await api.sweeper(busy).sweep()
            assert api.kept(file) == ["original"]
            assert await api.swept() == 1
            assert (api.kept(file), await api.rows()) == ([], set())

    async def test_a_file_that_others_are_at_is_left_for_later(
        self, database: str, tmp_path: Path
    ) -> None:
        async with served(database, tmp_path) as api:
            file = await api.sent()
            async with UploadStore(api.running.pool, objects(api), NoScanner()).held(file):
                assert await api.swept() == 1
                assert len(api.kept(file)) == 3
                assert (await api.complete(file)).is_success
            assert await api.swept(datetime.now(UTC) + AGAIN + SECOND) == 1
            assert api.kept(file) == ["original"]

    async def test_one_that_fails_does_not_hold_up_the_others(
        self, database: str, tmp_path: Path
    ) -> None:
        async with served(database, tmp_path) as api:
            files = [await api.sent(), await api.sent()]
            dying = api.sweeper(Meanwhile(objects(api), die))
            with pytest.raises(Killed):
                await dying.sweep()
            assert await api.swept() == 1
            await api.swept(datetime.now(UTC) + AGAIN + SECOND)
            assert [api.kept(file) for file in files] == [["original"], ["original"]]


class TestAfterACrash:
    """The object is written first, the event after; a crash may come between any two steps."""

    async def broken_off(self, api: Caller, media: str = "application/pdf") -> str:
        """A file of which all is put, and no event tells."""
        file = await api.start(PDF, media)
        await api.piece(file, 0, PDF)
        state = (await api.running.commands.load(FILE, file)).state
        assert isinstance(state, Uploading)
        with suppress(Killed):
            async with UploadStore(api.running.pool, objects(api), NoScanner()).put_together(
                state.upload
            ):
                raise Killed
        assert "original" in api.kept(file)
        return file

    async def test_an_object_without_its_event_is_completed_again(
        self, database: str, tmp_path: Path
    ) -> None:
        async with served(database, tmp_path) as api:
            file = await self.broken_off(api)
            assert await api.status(file) == ("uploading", None)
            assert (await api.ask("GET", f"/files/{file}/content")).status_code == 404
            assert (await api.complete(file)).json()["status"] == "stored"
            assert (await api.ask("GET", f"/files/{file}/content")).content == PDF
            await api.swept()
            assert api.kept(file) == ["original"]

    async def test_or_is_swept_when_nobody_comes_back(self, database: str, tmp_path: Path) -> None:
        async with served(database, tmp_path) as api:
            file = await self.broken_off(api)
            await time_passes(api, LIFETIME + SECOND)
            assert (api.kept(file), await api.rows()) == ([], set())

    async def test_an_event_whose_answer_was_lost_is_answered_again(
        self, database: str, tmp_path: Path
    ) -> None:
        async with served(database, tmp_path) as api:
            file = await api.sent()
        async with served(database, tmp_path) as api:
            assert (await api.complete(file)).json()["status"] == "stored"
            await api.swept()
            assert (await api.complete(file)).json()["status"] == "stored"
            assert (await api.ask("GET", f"/files/{file}/content")).content == PDF
            history = (await api.ask("GET", f"/files/{file}/history")).json()["items"]
            assert len(history) == 2

    async def test_a_piece_without_its_row_is_sent_again_or_swept(
        self, database: str, tmp_path: Path
    ) -> None:
        async with served(database, tmp_path) as api:
            file = await api.start(PDF, "application/pdf")
            await objects(api).put(f"files/{file}/pieces/0-lost", PDF[:7])
            told = await api.ask("HEAD", f"/uploads/{file}")
            assert told.headers["Upload-Offset"] == "0"
            await api.piece(file, 0, PDF)
            assert (await api.complete(file)).json()["status"] == "stored"
            await api.swept()
            assert api.kept(file) == ["original"]

    async def test_a_sweeper_that_died_leaves_its_row_to_begin_from(
        self, database: str, tmp_path: Path
    ) -> None:
        async with served(database, tmp_path) as api:
            file = await api.sent()
            await api.ask("DELETE", f"/files/{file}")
            with pytest.raises(Killed):
                await api.sweeper(Meanwhile(objects(api), die)).sweep()
            assert (await api.rows(), await api.swept()) == ({file}, 0)
            await api.swept(datetime.now(UTC) + AGAIN + SECOND)
            assert await api.rows() == set()
