"""A consumer handles every event once and in order, however its transport behaves."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from infra import installation
from infra.consumers.ownership import Fenced
from infra.database import Connection
from infra.identity import ForeignTopic, name_of
from infra.tests.consuming import (
    TOPIC,
    Crash,
    Crashing,
    Kit,
    ReactionKit,
    history,
    losing_the_session,
    quoted,
    raising,
    reheaded,
    withdrawn,
)

ALL = ["published", "2", "3"]
OFFSET = "select next_offset from consumer.position where partition = 0"


class TestRepeated:
    async def test_a_record_delivered_again_is_done_once(self, kit: Kit) -> None:
        records = kit.topic.publish(*history())
        consumer = await kit.owner()
        await consumer.consume(records)
        await consumer.consume(records)
        assert await kit.seen() == ALL

    async def test_a_record_twice_in_a_batch_is_done_once(self, kit: Kit) -> None:
        records = kit.topic.publish(*history())
        await (await kit.owner()).consume([*records, *records])
        assert await kit.seen() == ALL

    async def test_an_event_twice_in_the_topic_is_done_once(self, kit: Kit) -> None:
        records = kit.topic.publish(*history())
        again = [kit.topic.append(record) for record in records]
        await (await kit.owner()).consume([*records, *again])
        assert await kit.seen() == ALL

    async def test_a_new_process_does_nothing_again(self, kit: Kit) -> None:
        records = kit.topic.publish(*history())
        await (await kit.owner()).consume(records)
        await (await kit.owner()).consume(records)
        assert await kit.seen() == ALL

    async def test_a_consumer_that_lost_its_positions_does_nothing_again(self, kit: Kit) -> None:
        records = kit.topic.publish(*history())
        await (await kit.owner()).consume(records)
        await kit.ask("delete from consumer.position returning 1")
        await (await kit.owner()).consume(records)
        assert await kit.seen() == ALL


class TestOrder:
    async def test_streams_may_come_in_any_order(self, kit: Kit) -> None:
        one, two = (kit.topic.publish(*history(f"t-{n}"), partition=n) for n in (0, 1))
        consumer = await kit.owner()
        await consumer.consume([*two[:2], one[0], two[2], *one[1:]])
        assert [await kit.seen("t-0"), await kit.seen("t-1")] == [ALL, ALL]

    async def test_records_a_transport_passed_over_are_read_first(self, kit: Kit) -> None:
        records = kit.topic.publish(*history("t-1"), *history("t-2", 9))
        consumer = await kit.owner()
        await consumer.consume([records[0], records[-1]])
        assert (await kit.seen("t-1"), len(await kit.seen("t-2"))) == (ALL, 9)

    async def test_a_version_that_comes_late_in_the_topic_is_done_in_its_place(
        self, kit: Kit
    ) -> None:
        first, second, third = history()
        records = [kit.topic.put(e, v) for e, v in ((first, 1), (third, 3), (second, 2))]
        consumer = await kit.owner()
        for record in records:
            await consumer.consume([record])
        assert await kit.seen() == ALL

    async def test_an_owner_goes_on_where_the_database_says(self, kit: Kit) -> None:
        records = kit.topic.publish(*history())
        await (await kit.owner()).consume(records[:2])
        offsets = await kit.consumer().acquire([(TOPIC, 0), (TOPIC, 1)])
        assert offsets == {(TOPIC, 0): 2, (TOPIC, 1): 0}

    async def test_catching_up_reads_what_no_transport_brought(self, kit: Kit) -> None:
        kit.topic.publish(*history())
        consumer = await kit.owner()
        assert (await consumer.catch_up(), await kit.seen()) == (0, ALL)

    async def test_a_large_stretch_is_read_before_what_follows_it(self, kit: Kit) -> None:
        records = kit.topic.publish(*history(length=20))
        consumer = await kit.owner()
        await consumer.consume([records[0], records[-2], records[-1]])
        assert await kit.ask(OFFSET) == [20]
        assert len(await kit.seen()) == 20


class TestCrash:
    @pytest.mark.parametrize("crash", [raising, losing_the_session])
    async def test_a_crash_before_the_commit_leaves_nothing_half_done(
        self, kit: Kit, crash: Callable[[Connection], Awaitable[None]]
    ) -> None:
        records = kit.topic.publish(*history())
        consumer = await kit.owner(handler=Crashing(kit.handler(), crash))
        with pytest.raises((Crash, psycopg.OperationalError)):
            await consumer.consume(records)
        assert await kit.seen() == ([] if kit.joins_transactions else ALL)
        assert await kit.ask(OFFSET) == [0]
        assert await kit.ask("select stream from consumer.stream") == []

    @pytest.mark.parametrize("crash", [raising, losing_the_session])
    async def test_the_same_batch_completes_after_a_crash(
        self, kit: Kit, crash: Callable[[Connection], Awaitable[None]]
    ) -> None:
        records = kit.topic.publish(*history())
        consumer = await kit.owner(handler=Crashing(kit.handler(), crash))
        with pytest.raises((Crash, psycopg.OperationalError)):
            await consumer.consume(records)
        await consumer.consume(records)
        assert await kit.seen() == ALL

    async def test_nothing_is_passed_over_when_the_database_lost_the_last_batches(
        self, kit: Kit
    ) -> None:
        records = kit.topic.publish(*history())
        consumer = await kit.owner()
        await consumer.consume(records[:2])
        # The position is what a crash leaves of a commit that did not wait for the disk.
        await kit.ask(
            "update consumer.position set next_offset = 1 where partition = 0 returning 1"
        )
        with pytest.raises(Fenced):
            await consumer.consume(records[2:])
        assert await kit.ask(OFFSET) == [1]
        await (await kit.owner()).consume(records)
        assert await kit.seen() == ALL


@pytest.mark.parametrize("kit", ["reaction"], indirect=True)
class TestReaction:
    async def test_the_relay_is_nudged_once_what_was_recorded_is_there(
        self, kit: ReactionKit, kit_database: str
    ) -> None:
        there: list[Any] = []

        def nudge() -> None:
            with psycopg.connect(kit_database) as connection:
                there.extend(connection.execute("select count(*) from es.event"))

        kit.commands.store.on_append = nudge
        consumer = await kit.owner()
        await consumer.consume(kit.topic.publish(*history()))
        await consumer.consume(kit.topic.publish(withdrawn()))
        assert there == [(3,)]


class TestOwnership:
    @pytest.mark.parametrize("kit", ["view", "reaction"], indirect=True)
    async def test_a_late_owner_writes_nothing(self, kit: Kit) -> None:
        records = kit.topic.publish(*history())
        late = await kit.owner()
        await late.consume(records[:1])
        await kit.owner()
        with pytest.raises(Fenced):
            await late.consume(records[1:])
        assert await kit.seen() == ["published"]

    async def test_what_a_late_owner_writes_counts_once(self, kit: Kit) -> None:
        records = kit.topic.publish(*history())
        late = await kit.owner()
        await late.consume(records[:1])
        owner = await kit.owner()
        with pytest.raises(Fenced):
            await late.consume(records[1:])
        await owner.consume(records)
        assert await kit.seen() == ALL

    @pytest.mark.parametrize("kit", ["view", "reaction"], indirect=True)
    async def test_a_late_owner_does_not_touch_what_is_parked(self, kit: Kit) -> None:
        kit.poison = {"2"}
        late = await kit.owner()
        await late.consume(kit.topic.publish(*history()))
        await kit.owner()
        kit.poison.clear()
        for request in ("requeue", "discard"):
            with pytest.raises(Fenced):
                await kit.request(request, late)
        assert (await kit.seen(), len(await kit.parked())) == (["published"], 2)

    async def test_records_of_a_released_partition_are_left_to_others(self, kit: Kit) -> None:
        records = kit.topic.publish(*history())
        consumer = await kit.owner()
        await consumer.release([(TOPIC, 0)])
        await consumer.consume(records)
        assert await kit.seen() == []


class TestRefilledTopic:
    async def test_it_is_read_from_the_start_and_nothing_is_done_again(self, kit: Kit) -> None:
        consumer = await kit.owner()
        await consumer.consume(kit.topic.publish(*history("t-1", 2), *history("t-2")))
        kit.topic.wipe()
        records = kit.topic.publish(*history("t-3"), *history("t-2"), *history("t-1"))
        await consumer.consume(records[-1:])
        assert [await kit.seen(f"t-{n}") for n in (1, 2, 3)] == [ALL, ALL, ALL]

    async def test_a_crash_while_reading_it_again_loses_nothing(self, kit: Kit) -> None:
        handler = Crashing(kit.handler(), times=0)
        consumer = await kit.owner(handler=handler)
        await consumer.consume(kit.topic.publish(*history("t-1")))
        kit.topic.wipe()
        records = kit.topic.publish(*history("t-2"), *history("t-1"))
        handler.times = 1
        with pytest.raises(Crash):
            await consumer.consume(records[-1:])
        await consumer.consume(records[-1:])
        assert (await kit.seen("t-1"), await kit.seen("t-2")) == (ALL, ALL)

    async def test_a_record_that_does_not_say_its_timeline_begins_nothing(self, kit: Kit) -> None:
        kit.topic.wipe()
        consumer = await kit.owner()
        await consumer.consume(kit.topic.publish(*history()))
        strange = kit.topic.append(replace(kit.topic.publish(quoted("t-2"))[0], headers=()))
        await consumer.consume([strange, *kit.topic.publish(quoted("t-1", "4"))])
        reads = kit.topic.reads
        await consumer.consume(kit.topic.publish(quoted("t-1", "5")))
        assert (await kit.seen(), kit.topic.reads) == ([*ALL, "4", "5"], reads)


async def apart(kit: Kit) -> None:
    """Make the database of the kit one of no installation."""
    await installation.migrate(kit.pool)
    for table in ("installation", "former"):
        await kit.ask(f"delete from relais.{table} returning 1")


async def belongs(kit: Kit) -> str:
    """Make the database of the kit one of an installation; its name in records."""
    await apart(kit)
    return name_of(await installation.adopt("missions", kit.pool, kit.pool))


class TestForeignTopic:
    async def test_records_of_the_installation_and_of_older_relays_are_taken(
        self, kit: Kit
    ) -> None:
        ours = (await belongs(kit)).encode()
        first, *others = kit.topic.publish(*history())
        consumer = await kit.owner()
        await consumer.consume([reheaded(first, installation=ours), *others])
        assert await kit.seen() == ALL

    async def test_those_of_another_installation_stop_the_consumer_and_change_nothing(
        self, kit: Kit
    ) -> None:
        await belongs(kit)
        first, *others = kit.topic.publish(*history())
        consumer = await kit.owner()
        with pytest.raises(ForeignTopic, match=f"{TOPIC} has records of installation 0badcafe"):
            await consumer.consume([first, reheaded(others[0], installation=b"0badcafe")])
        assert (await kit.seen(), await kit.ask(OFFSET)) == ([], [0])

    async def test_a_part_that_was_adopted_is_known_by_the_name_it_had(self, kit: Kit) -> None:
        await belongs(kit)
        before = name_of(uuid4())
        await kit.ask(f"insert into relais.former values ('{before}{uuid4().hex[8:]}') returning 1")
        records = kit.topic.publish(*history())
        consumer = await kit.owner()
        await consumer.consume([reheaded(one, installation=before.encode()) for one in records])
        assert await kit.seen() == ALL

    async def test_who_is_of_no_installation_takes_any(self, kit: Kit) -> None:
        await apart(kit)
        records = kit.topic.publish(*history())
        consumer = await kit.owner()
        await consumer.consume([reheaded(one, installation=b"0badcafe") for one in records])
        assert await kit.seen() == ALL
