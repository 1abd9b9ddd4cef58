"""A random history, brought by a transport that does everything wrong, ends as the store says."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import psycopg
import pytest

from contracts.missions.trip_v1 import TripEvent
from infra.consumers.core import Consumer
from infra.consumers.ownership import Fenced
from infra.consumers.records import Record
from infra.tests.consuming import (
    TOPIC,
    Crash,
    Crashing,
    Kit,
    Topic,
    history,
    losing_the_session,
    raising,
    word,
)

SEEDS = 60
STREAMS = 4
PARTITIONS = 2
STEPS = 25


@dataclass
class Ordeal:
    """One seed: a history, the topic it is in, and the processes that consume it."""

    kit: Kit
    seed: int
    chance: random.Random
    topic: Topic = field(default_factory=Topic)
    owners: list[Consumer] = field(default_factory=list)
    streams: dict[str, list[TripEvent]] = field(default_factory=dict)
    lost: list[Record] = field(default_factory=list)

    async def run(self) -> None:
        self.kit.topic = self.topic
        self._write()
        await self._change_owner()
        for _ in range(STEPS):
            action = self.chance.choices(
                [self._deliver, self._change_owner, self._refill, self._requeue],
                weights=[20, 2, 1, 2],
            )[0]
            await self._survive(action)
        await self._settle()

    def _write(self) -> None:
        """Each stream in its order, the streams mixed, some records twice, some lost for now."""
        names = [f"s{self.seed}-{n}" for n in range(STREAMS)]
        self.streams = {name: history(name, self.chance.randint(1, 8)) for name in names}
        left = {name: list(events) for name, events in self.streams.items()}
        while any(left.values()):
            name = self.chance.choice([name for name, events in left.items() if events])
            partition = names.index(name) % PARTITIONS
            [record] = self.topic.publish(left[name].pop(0), partition=partition)
            if self.chance.random() < 0.15:
                self.topic.append(record)
            elif self.chance.random() < 0.1:
                self.topic.lose(record)
                self.lost.append(record)

    async def _records(self, partition: int) -> list[Record]:
        [end] = (await self.topic.ends([(TOPIC, partition)])).values()
        found: list[Record] = []
        while stretch := await self.topic.read((TOPIC, partition), _next(found), end):
            found += stretch
        return found

    async def _deliver(self) -> None:
        """Any stretch, from before or after where the consumer is, with some records lost."""
        batch: list[Record] = []
        for partition in range(PARTITIONS):
            records = await self._records(partition)
            start = self.chance.randrange(len(records) + 1)
            stretch = records[start : start + self.chance.randint(0, 6)]
            batch += [r for r in stretch if self.chance.random() > 0.2]
        consumer = self.chance.choice(self.owners[-2:])
        await consumer.consume(batch)

    async def _change_owner(self) -> None:
        crash = self.chance.choice([raising, raising, losing_the_session])
        handler = Crashing(self.kit.handler(), crash, times=0)
        self.owners.append(await self.kit.owner(f"seed-{self.seed}", handler))
        handler.times = self.chance.choice([0, 0, 1])

    async def _refill(self) -> None:
        self.topic.wipe()
        self.lost.clear()
        for n, events in enumerate(self.streams.values()):
            self.topic.publish(*events, partition=n % PARTITIONS)

    async def _requeue(self) -> None:
        self.kit.poison = set(self.chance.sample(["2", "3", "5", "published"], 1))
        await self._survive(self._deliver)
        self.kit.poison = set()
        await self.kit.request("requeue", self.owners[-1])

    async def _survive(self, action: Callable[[], Awaitable[None]]) -> None:
        try:
            await action()
        except (Crash, Fenced, psycopg.OperationalError):
            return

    async def _settle(self) -> None:
        """The trouble is over: a last owner reads what there is, then what was parked."""
        for record in self.lost:
            self.topic.append(record)
        consumer = await self.kit.owner(f"seed-{self.seed}")
        for partition in range(PARTITIONS):
            await consumer.consume(await self._records(partition))
        await self.kit.request("requeue", consumer)

    async def check(self) -> None:
        for name, events in self.streams.items():
            expected = [word(event) for event in events]
            assert await self.kit.seen(name) == expected, f"seed {self.seed}, {name}"
        assert await self.kit.parked() == [], f"seed {self.seed}"


def _next(records: list[Record]) -> int:
    return records[-1].offset + 1 if records else 0


@pytest.mark.parametrize("first", range(0, SEEDS, 20))
async def test_every_event_is_done_once_and_in_order_whatever_happens(kit: Kit, first: int) -> None:
    for seed in range(first, first + 20):
        ordeal = Ordeal(kit, seed, random.Random(seed))
        await ordeal.run()
        await ordeal.check()
