"""The needs of a batch of events travel together, and the order of the events holds."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from infra.commands import Commands
from infra.consumers.reactions import _chains, _Wanted
from infra.consumers.records import Delivery
from infra.store import Append
from infra.tests.consuming import ReactionKit, history

NOBODY = UUID(int=0)
ALL = ["published", "2", "3"]


class Together(Commands):
    """Prepares what is recorded only once as many others are at it."""

    barrier: asyncio.Barrier

    async def prepare(self, *given: Any, **named: Any) -> Append:
        await self.barrier.wait()
        return await super().prepare(*given, **named)


@pytest.mark.parametrize("kit", ["reaction"], indirect=True)
async def test_events_for_different_targets_do_not_wait_for_each_other(kit: ReactionKit) -> None:
    together = Together("notes", kit.commands.store, kit.keyring)
    together.barrier = asyncio.Barrier(4)
    kit.commands = together
    told = [history(f"t-{n}") for n in range(4)]
    records = [kit.topic.publish(*events) for events in told]
    async with asyncio.timeout(30):
        await (await kit.owner()).consume(
            [one for few in zip(*records, strict=True) for one in few]
        )
    assert [await kit.seen(f"t-{n}") for n in range(4)] == [ALL] * 4


@pytest.mark.parametrize(
    ("targets", "chains"),
    [
        ([("1", "a"), ("1", "a")], [[0, 1]]),
        ([("1", "a"), ("2", "b")], [[0], [1]]),
        ([("1", "a"), ("2", "a")], [[0, 1]]),
        ([("1", "a"), ("1", ""), ("1", "b")], [[0, 1, 2]]),
        ([("1", "a"), ("2", "b"), ("3", "ab"), ("4", "c")], [[0, 1, 2], [3]]),
        ([("1", "ab"), ("2", "bc"), ("3", ""), ("4", "c")], [[0, 1, 3], [2]]),
    ],
)
def test_events_of_a_stream_or_with_a_target_in_common_keep_their_order(
    targets: list[tuple[str, str]], chains: list[list[int]]
) -> None:
    envelope: Any = None
    deliveries = [Delivery(stream, envelope, None) for stream, _ in targets]
    wanted = [[_Wanted(id, None, NOBODY) for id in ids] for _, ids in targets]
    assert sorted(map(list, _chains(deliveries, wanted))) == chains
