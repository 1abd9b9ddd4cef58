"""An organisation that asks for much waits for those that ask for little, not vice versa."""

import asyncio
from collections.abc import Iterable

import pytest

from services.media.adapters.turns import Turns

MUCH = ["rival"] * 5


class Workers:
    """People who work by turns until they are told to end; `began` has whose turn it was."""

    def __init__(self, at_once: int) -> None:
        self.turns = Turns(at_once)
        self.began: list[str] = []
        self._ends = asyncio.Semaphore(0)

    async def ask(self, organisations: Iterable[str]) -> list["asyncio.Task[None]"]:
        """Each asks for a turn, one after the other."""
        tasks = [asyncio.create_task(self._work(one)) for one in organisations]
        await asyncio.sleep(0)
        return tasks

    async def end(self, count: int) -> None:
        """So many end their work, and others begin."""
        for _ in range(count):
            self._ends.release()
            for _ in range(3):
                await asyncio.sleep(0)

    async def _work(self, organisation_id: str) -> None:
        async with self.turns.of(organisation_id):
            self.began.append(organisation_id)
            await self._ends.acquire()


async def test_so_many_work_at_once_and_no_more() -> None:
    workers = Workers(at_once=2)
    tasks = await workers.ask(["hiflow"] * 3)
    assert len(workers.began) == 2
    await workers.end(3)
    await asyncio.gather(*tasks)
    assert len(workers.began) == 3


async def test_an_organisation_that_asks_for_much_holds_up_nobody_else() -> None:
    workers = Workers(at_once=1)
    tasks = await workers.ask([*MUCH, "hiflow", "maarif", "hiflow"])
    await workers.end(len(tasks))
    await asyncio.gather(*tasks)
    assert workers.began[:6] == ["rival", "rival", "hiflow", "maarif", "rival", "hiflow"]
    assert workers.began[6:] == ["rival", "rival"]


@pytest.mark.parametrize("at_work", [False, True], ids=["while it waits", "as its turn comes"])
async def test_who_gives_up_takes_no_turn_from_others(at_work: bool) -> None:
    workers = Workers(at_once=1)
    first, second, third = await workers.ask(["hiflow", "rival", "maarif"])
    if at_work:
        # Its turn comes, and is not taken before it is cancelled.
        first.cancel()
        await asyncio.sleep(0)
    second.cancel()
    await workers.end(2)
    await asyncio.gather(first, second, third, return_exceptions=True)
    assert workers.began == ["hiflow", "maarif"]
    [last] = await workers.ask(["hiflow"])
    await workers.end(1)
    await last
    assert len(workers.began) == 3
