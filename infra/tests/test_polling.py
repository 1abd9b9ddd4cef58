import asyncio
from collections.abc import Sequence

from infra.polling import Polling
from infra.signals import Signal


class Turns(Polling):
    """A worker whose turns answer what was told beforehand, and nothing left afterwards."""

    rest_seconds = 3_600.0

    def __init__(self, answers: Sequence[bool]) -> None:
        super().__init__()
        self._answers = list(answers)
        self.taken = 0
        self.rested = asyncio.Event()

    async def turn(self) -> bool:
        self.taken += 1
        goes_on = bool(self._answers) and self._answers.pop(0)
        if not goes_on:
            self.rested.set()
        return goes_on


async def test_turns_follow_at_once_while_there_is_more_and_a_stop_ends_the_rest() -> None:
    worker = Turns([True, True])
    running = asyncio.create_task(worker.run())
    await asyncio.wait_for(worker.rested.wait(), 5)
    assert worker.taken == 3
    worker.stop()
    await asyncio.wait_for(running, 5)
    assert worker.taken == 3


class Rung(Turns):
    """A worker that rests until somebody rings."""

    rest_seconds = 0.0
    idle_seconds = 3_600.0

    def __init__(self, bell: Signal) -> None:
        super().__init__([])
        self._bell = bell


async def test_a_bell_ends_the_rest_and_so_does_a_stop() -> None:
    bell = Signal("bell")
    worker = Rung(bell)
    running = asyncio.create_task(worker.run())
    await asyncio.wait_for(worker.rested.wait(), 5)
    worker.rested.clear()
    bell.notify()
    await asyncio.wait_for(worker.rested.wait(), 5)
    assert worker.taken == 2
    worker.stop()
    await asyncio.wait_for(running, 5)
    assert worker.taken == 2


async def test_a_worker_that_was_stopped_takes_no_turn() -> None:
    worker = Turns([True])
    worker.stop()
    await worker.run()
    assert worker.taken == 0
