"""Callers that come at the same time travel together, and only share the journey."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pytest

from infra.batching import Batcher, Full


class Ferry:
    """Answers each item with itself, in batches that it remembers; waits at the quay if told."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.may_leave = asyncio.Event()
        self.may_leave.set()
        self.sinks_with: BaseException | None = None

    async def __call__(self, items: Sequence[str]) -> Sequence[str | BaseException]:
        self.batches.append(list(items))
        await self.may_leave.wait()
        if self.sinks_with is not None:
            raise self.sinks_with
        return [ValueError(item) if item.startswith("bad") else item for item in items]


async def turns(count: int = 5) -> None:
    """Let everybody go on as far as they can."""
    for _ in range(count):
        await asyncio.sleep(0)


Boarding = Callable[..., Awaitable[list[str | BaseException]]]


def boarding(batcher: Batcher[str, str]) -> Boarding:
    async def board(*items: str) -> list[str | BaseException]:
        return await asyncio.gather(*map(batcher.submit, items), return_exceptions=True)

    return board


@pytest.fixture
def ferry() -> Ferry:
    return Ferry()


async def test_who_comes_alone_leaves_alone(ferry: Ferry) -> None:
    batcher = Batcher(ferry, size=10)
    assert [await batcher.submit("a"), await batcher.submit("b")] == ["a", "b"]
    assert ferry.batches == [["a"], ["b"]]


async def test_after_one_that_came_alone_the_next_leaves_at_once(ferry: Ferry) -> None:
    batcher = Batcher(ferry, size=10, lanes=2)
    await batcher.submit("a")
    ferry.may_leave.clear()
    both = [asyncio.ensure_future(batcher.submit(item)) for item in "bc"]
    await turns(1)
    assert ferry.batches == [["a"], ["b"], ["c"]]
    ferry.may_leave.set()
    assert await asyncio.gather(*both) == ["b", "c"]


async def test_those_who_come_while_one_is_away_alone_travel_together(ferry: Ferry) -> None:
    batcher = Batcher(ferry, size=10)
    await batcher.submit("a")
    ferry.may_leave.clear()
    everybody = asyncio.ensure_future(boarding(batcher)("b", "c", "d"))
    await turns()
    ferry.may_leave.set()
    assert await everybody == ["b", "c", "d"]
    assert ferry.batches == [["a"], ["b"], ["c", "d"]]


async def test_one_that_is_away_alone_is_told_what_went_wrong(ferry: Ferry) -> None:
    board = boarding(Batcher(ferry, size=10))
    await board("a")
    [bad] = await board("bad")
    ferry.sinks_with = OSError("storm")
    [lost] = await board("b")
    ferry.sinks_with = None
    assert (repr(bad), repr(lost)) == ("ValueError('bad')", "OSError('storm')")
    assert await board("c") == ["c"]


async def test_one_that_gives_up_while_away_alone_holds_up_nobody(ferry: Ferry) -> None:
    batcher = Batcher(ferry, size=10)
    await batcher.submit("a")
    ferry.may_leave.clear()
    leaving, staying = (asyncio.ensure_future(batcher.submit(item)) for item in "bc")
    await turns()
    leaving.cancel()
    ferry.may_leave.set()
    assert await staying == "c"
    assert leaving.cancelled()


async def test_each_gets_the_answer_to_its_own_item(ferry: Ferry) -> None:
    assert await boarding(Batcher(ferry, size=10))("a", "b", "c") == ["a", "b", "c"]
    assert ferry.batches == [["a", "b", "c"]]


async def test_no_batch_is_larger_than_its_size(ferry: Ferry) -> None:
    await boarding(Batcher(ferry, size=2))("a", "b", "c", "d", "e")
    assert ferry.batches == [["a", "b"], ["c", "d"], ["e"]]


async def test_the_next_batch_gathers_while_every_lane_is_busy(ferry: Ferry) -> None:
    ferry.may_leave.clear()
    board = boarding(Batcher(ferry, size=10, lanes=1))
    first = asyncio.ensure_future(board("a"))
    await turns()
    rest = [asyncio.ensure_future(board(item)) for item in "bcd"]
    await turns()
    ferry.may_leave.set()
    await asyncio.gather(first, *rest)
    assert ferry.batches == [["a"], ["b", "c", "d"]]


async def test_a_second_lane_does_not_wait_for_the_first(ferry: Ferry) -> None:
    ferry.may_leave.clear()
    board = boarding(Batcher(ferry, size=1, lanes=2))
    everybody = asyncio.ensure_future(board("a", "b", "c"))
    await turns()
    assert ferry.batches == [["a"], ["b"]]
    ferry.may_leave.set()
    assert await everybody == ["a", "b", "c"]


async def test_items_of_one_key_travel_one_after_the_other(ferry: Ferry) -> None:
    board = boarding(Batcher(ferry, size=10, key=lambda item: item[0]))
    assert await board("a1", "a2", "b1", "a3", "b2") == ["a1", "a2", "b1", "a3", "b2"]
    assert ferry.batches == [["a1", "b1"], ["a2", "b2"], ["a3"]]


async def test_a_bad_item_is_told_alone(ferry: Ferry) -> None:
    good, bad, other = await boarding(Batcher(ferry, size=10))("a", "bad", "b")
    assert (good, other) == ("a", "b")
    assert isinstance(bad, ValueError)


async def test_a_lost_batch_is_told_to_all_and_the_next_one_leaves(ferry: Ferry) -> None:
    board = boarding(Batcher(ferry, size=10))
    ferry.sinks_with = OSError("storm")
    assert [repr(answer) for answer in await board("a", "b")] == ["OSError('storm')"] * 2
    ferry.sinks_with = None
    assert await board("c") == ["c"]


async def test_nobody_waits_for_ever_for_an_answer_that_is_missing() -> None:
    async def forgetful(items: Sequence[str]) -> Sequence[str]:
        return items[1:]

    answers = await boarding(Batcher(forgetful, size=10))("a", "b")
    assert [type(answer) for answer in answers] == [ValueError, ValueError]


async def test_one_who_leaves_the_queue_hurts_nobody(ferry: Ferry) -> None:
    batcher = Batcher(ferry, size=10)
    ferry.may_leave.clear()
    leaving, staying = (asyncio.ensure_future(batcher.submit(item)) for item in "ab")
    await turns()
    leaving.cancel()
    ferry.may_leave.set()
    assert await staying == "b"
    assert leaving.cancelled()


async def test_a_full_queue_admits_nobody_until_it_moves(ferry: Ferry) -> None:
    batcher = Batcher(ferry, size=1, waiting=2)
    board = boarding(batcher)
    answers = await board("a", "b", "c")
    assert answers[:2] == ["a", "b"]
    assert isinstance(answers[2], Full)
    assert await board("c") == ["c"]
