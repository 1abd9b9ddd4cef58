"""A loop that fails starts again; one that must not go on waits for a person."""

import asyncio

import pytest

from infra.supervisor import Halt, Progress, supervise


class Loop:
    """Ends one way after the other, then well."""

    def __init__(self, *ends: BaseException) -> None:
        self.starts = 0
        self._ends = list(ends)

    async def __call__(self) -> None:
        self.starts += 1
        if self._ends:
            raise self._ends.pop(0)


async def test_a_loop_that_ends_well_is_not_started_again() -> None:
    loop, progress = Loop(), Progress()
    await supervise("loop", loop, progress)
    assert (loop.starts, progress.halted) == (1, None)


async def test_a_failed_loop_starts_again() -> None:
    loop = Loop(OSError("away"), KeyError("bug"))
    await supervise("loop", loop, Progress())
    assert loop.starts == 3


async def test_a_loop_that_keeps_failing_still_makes_progress() -> None:
    progress = Progress(ticked_at=0.0)
    await supervise("loop", Loop(OSError("away")), progress)
    assert progress.ticked_at > 0.0


async def test_a_halted_loop_stays_halted_and_says_why() -> None:
    loop, progress = Loop(Halt("look at the store")), Progress()
    await supervise("loop", loop, progress)
    assert (loop.starts, progress.halted) == (1, "look at the store")


async def test_a_failed_loop_leaves_the_others_alone() -> None:
    halted, failing, steady = Loop(Halt("stop")), Loop(OSError("away")), Loop()
    await asyncio.gather(
        *(supervise("loop", each, Progress()) for each in (halted, failing, steady))
    )
    assert (halted.starts, failing.starts, steady.starts) == (1, 2, 1)


async def test_a_cancelled_loop_ends() -> None:
    started = asyncio.Event()

    async def forever() -> None:
        started.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(supervise("loop", forever, Progress()))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_cancellation_that_nobody_asked_of_the_loop_is_a_failure_like_others() -> None:
    loop = Loop(asyncio.CancelledError())
    await supervise("loop", loop, Progress())
    assert loop.starts == 2


def test_age_grows_from_the_last_tick() -> None:
    progress = Progress(ticked_at=0.0)
    before = progress.age()
    progress.tick()
    assert progress.age() < before
