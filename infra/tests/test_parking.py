"""A record that cannot be handled parks its stream and nothing else, whatever kind of consumer."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from infra.consumers.handler import Handler
from infra.consumers.records import Delivery, Record
from infra.database import Connection
from infra.supervisor import Halt
from infra.tests.consuming import TOPIC, Kit, history, published, quoted, reheaded, withdrawn

ALL = ["published", "2", "3"]
STREAM = "missions.trip/t-1"
OFFSET = "select next_offset from consumer.position where partition = 0"


class TooLong(Handler):
    """A handler that asks for a word of one stream which PostgreSQL never takes."""

    async def handle(
        self, connection: Connection, deliveries: Sequence[Delivery]
    ) -> Mapping[int, Exception]:
        for one in deliveries:
            letters = 3_000 if one.stream == STREAM else 3
            await connection.execute("select repeat('x', %s)::tsquery", (letters,))
        return {}


class TestPoison:
    async def test_it_parks_its_stream_and_what_comes_behind(self, kit: Kit) -> None:
        kit.poison = {"2"}
        await (await kit.owner()).consume(kit.topic.publish(*history()))
        assert (await kit.seen(), await kit.parked()) == (["published"], [(STREAM, 2), (STREAM, 3)])

    async def test_the_reason_is_kept_with_the_first_one_only(self, kit: Kit) -> None:
        kit.poison = {"2"}
        await (await kit.owner()).consume(kit.topic.publish(*history()))
        kept = await kit.ask("select reason, attempts from consumer.parked order by version")
        assert kept == [("Poison: 2", 1), (None, 0)]

    async def test_other_streams_flow(self, kit: Kit) -> None:
        kit.poison = {"bad"}
        records = kit.topic.publish(*history("t-1", 2), quoted("t-1", "bad"), *history("t-2"))
        await (await kit.owner()).consume(records)
        assert await kit.seen("t-2") == ALL

    async def test_what_comes_later_waits_behind_it(self, kit: Kit) -> None:
        kit.poison = {"2"}
        first, second, third = kit.topic.publish(*history())
        consumer = await kit.owner()
        await consumer.consume([first, second])
        await consumer.consume([third])
        assert (await kit.seen(), len(await kit.parked())) == (["published"], 2)

    async def test_a_new_process_knows_what_is_parked(self, kit: Kit) -> None:
        kit.poison = {"2"}
        first, second, third = kit.topic.publish(*history())
        await (await kit.owner()).consume([first, second])
        await (await kit.owner()).consume([third])
        assert (await kit.seen(), len(await kit.parked())) == (["published"], 2)

    async def test_a_row_the_database_refuses_parks_alone(self, kit: Kit) -> None:
        records = kit.topic.publish(*history("t-1", 2), quoted("t-1", "refused"), *history("t-2"))
        await (await kit.owner()).consume(records)
        assert await kit.parked() == [(STREAM, 3)]
        assert (await kit.seen("t-1"), await kit.seen("t-2")) == (["published", "2"], ALL)

    async def test_what_is_too_large_for_the_database_parks_alone(self, kit: Kit) -> None:
        records = kit.topic.publish(*history("t-1", 1), *history("t-2"))
        await (await kit.owner(handler=TooLong())).consume(records)
        assert await kit.parked() == [(STREAM, 1)]


class TestRecordsNobodyCanRead:
    @pytest.mark.parametrize("value", [b"\xff\xff", b""])
    async def test_bytes_that_are_no_event_park(self, kit: Kit, value: bytes) -> None:
        first, second, third = kit.topic.publish(*history())
        await (await kit.owner()).consume([first, replace(second, value=value), third])
        assert (await kit.seen(), len(await kit.parked())) == (["published"], 2)
        assert (await kit.reason()).startswith("DecodeError")

    @pytest.mark.parametrize("headers", [(), (("ce_id", b"\0"),), (("\0", b"\0\xff"),)])
    async def test_a_record_that_is_no_event_of_ours_parks_alone(
        self, kit: Kit, headers: tuple[tuple[str, bytes], ...]
    ) -> None:
        strange = replace(kit.topic.publish(quoted("t-2"))[0], headers=headers)
        records = kit.topic.publish(*history())
        await (await kit.owner()).consume([strange, *records])
        assert (await kit.seen(), await kit.parked()) == (ALL, [(f"{TOPIC}/0/0", 1)])

    @pytest.mark.parametrize("key", [b"", b"\0", b"\xff", b"t-9"])
    async def test_a_record_under_a_key_that_is_not_its_own_parks_alone(
        self, kit: Kit, key: bytes
    ) -> None:
        strange = replace(kit.topic.publish(quoted("t-2"))[0], key=key)
        await (await kit.owner()).consume([strange, *kit.topic.publish(*history())])
        assert (await kit.seen(), await kit.parked()) == (ALL, [(f"{TOPIC}/0/0", 1)])

    @pytest.mark.parametrize("version", [b"0", b"-1", b"99999999999", b"one"])
    async def test_a_version_that_cannot_be_parks_alone(self, kit: Kit, version: bytes) -> None:
        strange = reheaded(kit.topic.publish(quoted("t-2"))[0], sequence=version)
        await (await kit.owner()).consume([strange, *kit.topic.publish(*history())])
        assert (await kit.seen(), await kit.parked()) == (ALL, [(f"{TOPIC}/0/0", 1)])

    async def test_a_parked_record_keeps_every_byte(self, kit: Kit) -> None:
        kit.poison = {"published"}
        [record] = kit.topic.publish(*history(length=1))
        strange = replace(record, headers=(*record.headers, ("x", b"\0\xff")))
        consumer = await kit.owner()
        await consumer.consume([strange])
        await kit.request("requeue", consumer)
        [(key, value, headers)] = await kit.ask("select key, value, headers from consumer.parked")
        kept = [(name, text.encode("latin-1")) for name, text in headers]
        assert (key, value, kept) == (record.key, record.value, list(strange.headers))


class TestEventsNobodyReads:
    async def test_one_of_an_unknown_type_is_passed_by(self, kit: Kit) -> None:
        first, second, third = kit.topic.publish(*history())
        await (await kit.owner()).consume([first, reheaded(second, type=b"of.tomorrow"), third])
        assert (await kit.seen(), await kit.parked()) == (["published", "3"], [])

    async def test_one_is_passed_by_whatever_its_bytes_are(self, kit: Kit) -> None:
        first, second, third = kit.topic.publish(published(), withdrawn(), quoted())
        await (await kit.owner()).consume([first, replace(second, value=b"\xff\xff"), third])
        assert (await kit.seen(), await kit.parked()) == (["published", "ada"], [])

    async def test_one_counts_as_the_next_version_of_its_stream(self, kit: Kit) -> None:
        records = kit.topic.publish(published(), withdrawn(), withdrawn())
        await (await kit.owner()).consume(records)
        assert await kit.ask("select stream, version from consumer.stream") == [(STREAM, 3)]
        assert await kit.ask(OFFSET) == [3]

    async def test_one_is_done_once_like_every_other(self, kit: Kit) -> None:
        records = kit.topic.publish(published(), withdrawn(), quoted())
        consumer = await kit.owner()
        await consumer.consume([*records, *records])
        await (await kit.owner()).consume([kit.topic.append(record) for record in records])
        assert await kit.seen() == ["published", "ada"]

    async def test_one_fills_its_place_in_a_hole(self, kit: Kit) -> None:
        events = ((published(), 1), (quoted(), 3), (withdrawn(), 2))
        first, third, _ = (kit.topic.put(event, version) for event, version in events)
        await (await kit.owner()).consume([first, third])
        assert (await kit.seen(), await kit.parked()) == (["published", "ada"], [])

    async def test_one_that_is_missing_is_missed(self, kit: Kit) -> None:
        first, second, third = kit.topic.publish(published(), withdrawn(), quoted())
        kit.topic.lose(second)
        await (await kit.owner()).consume([first, third])
        assert (await kit.seen(), await kit.parked()) == (["published"], [(STREAM, 3)])

    async def test_one_waits_behind_a_parked_event_of_its_stream(self, kit: Kit) -> None:
        kit.poison = {"2"}
        consumer = await kit.owner()
        await consumer.consume(kit.topic.publish(*history(length=2), withdrawn()))
        assert await kit.parked() == [(STREAM, 2), (STREAM, 3)]
        assert await kit.ask("select version from consumer.stream") == [1]

    async def test_one_that_waits_is_passed_by_when_its_turn_comes(self, kit: Kit) -> None:
        kit.poison = {"2"}
        consumer = await kit.owner()
        await consumer.consume(kit.topic.publish(*history(length=2), withdrawn(), quoted()))
        kit.poison.clear()
        await kit.request("requeue", consumer)
        assert (await kit.seen(), await kit.parked()) == (["published", "2", "ada"], [])

    async def test_one_that_an_older_release_parked_is_passed_by_when_requeued(
        self, kit: Kit
    ) -> None:
        consumer = await kit.owner()
        first, second = kit.topic.publish(*history(length=2))
        await consumer.consume([first, replace(second, value=b"\xff")])
        headers = json.dumps([[k, v.decode()] for k, v in second.headers])
        unread = headers.replace("quote_submitted", "of_tomorrow")
        await kit.ask(f"update consumer.parked set headers = '{unread}' returning 1")
        await kit.request("requeue", consumer)
        await consumer.consume(kit.topic.publish(quoted()))
        assert (await kit.seen(), await kit.parked()) == (["published", "ada"], [])


class TestHoles:
    async def test_a_hole_the_topic_cannot_fill_parks_the_stream(self, kit: Kit) -> None:
        first, second, third = kit.topic.publish(*history())
        kit.topic.lose(second)
        await (await kit.owner()).consume([first, third])
        assert (await kit.seen(), await kit.parked()) == (["published"], [(STREAM, 3)])
        assert await kit.reason() == "Hole: versions 2 to 2 are missing"

    async def test_it_heals_by_itself_when_the_missing_record_comes(self, kit: Kit) -> None:
        first, second, third = kit.topic.publish(*history())
        kit.topic.lose(second)
        consumer = await kit.owner()
        await consumer.consume([first, third])
        await consumer.consume([kit.topic.append(second)])
        await consumer.serve_requests()
        assert (await kit.seen(), await kit.parked()) == (ALL, [])

    async def test_what_stands_in_the_hole_and_cannot_be_read_keeps_the_rest_waiting(
        self, kit: Kit
    ) -> None:
        first, second, third, fourth = history(length=4)
        records = [kit.topic.put(e, v) for e, v in ((first, 1), (fourth, 4))]
        kit.topic.lose(unread := kit.topic.put(second, 2))
        kit.topic.append(replace(unread, value=b"\xff"))
        kit.topic.put(third, 3)
        await (await kit.owner()).consume(records)
        assert (await kit.seen(), len(await kit.parked())) == (["published"], 3)

    async def test_a_stretch_of_the_hole_heals_as_far_as_it_goes(self, kit: Kit) -> None:
        records = kit.topic.publish(*history(length=4))
        kit.topic.lose(records[2])
        await (await kit.owner()).consume([records[0], records[3]])
        assert (await kit.seen(), await kit.parked()) == (["published", "2"], [(STREAM, 4)])


class TestLimit:
    async def test_too_many_parked_streams_stop_the_consumer_and_move_nothing(
        self, kit: Kit
    ) -> None:
        kit.poison = {"published"}
        records = [r for n in range(4) for r in kit.topic.publish(*history(f"t-{n}"))]
        consumer = await kit.owner(limit=2)
        await consumer.consume(records[:6])
        with pytest.raises(Halt, match="relais parked requeue"):
            await consumer.consume(records[6:])
        assert len(await kit.parked()) == 6
        assert await kit.ask(OFFSET) == [6]

    async def test_after_the_cause_is_mended_it_goes_on(self, kit: Kit) -> None:
        kit.poison = {"published"}
        records = [r for n in range(3) for r in kit.topic.publish(*history(f"t-{n}"))]
        consumer = await kit.owner(limit=2)
        with pytest.raises(Halt):
            await consumer.consume(records)
        kit.poison.clear()
        await consumer.consume(records)
        assert [await kit.seen(f"t-{n}") for n in range(3)] == [ALL, ALL, ALL]


class TestLimitOfOneOrganisation:
    """The streams of one organisation stop nobody else; a release bad for several stops."""

    @staticmethod
    def poisoned(kit: Kit, organisation: bytes, count: int) -> list[Record]:
        """Records of so many streams of an organisation, none of which can be handled."""
        kit.poison = {"published"}
        streams = [f"{organisation.decode()}-{n}" for n in range(count)]
        records = [kit.topic.publish(*history(stream, 1))[0] for stream in streams]
        return [reheaded(record, organisation=organisation) for record in records]

    async def test_whatever_one_parks_the_streams_of_others_flow(self, kit: Kit) -> None:
        consumer = await kit.owner(limit=2)
        await consumer.consume(self.poisoned(kit, b"bad", 9))
        await consumer.consume(self.poisoned(kit, b"other", 2))
        kit.poison.clear()
        await consumer.consume(kit.topic.publish(*history("t-9")))
        assert (await kit.seen("t-9"), len(await kit.parked())) == (ALL, 11)

    async def test_too_many_of_the_others_stop_the_consumer(self, kit: Kit) -> None:
        consumer = await kit.owner(limit=2)
        await consumer.consume(self.poisoned(kit, b"bad", 9))
        with pytest.raises(Halt, match="would park 3 streams, more than 2"):
            await consumer.consume(self.poisoned(kit, b"other", 3))
        assert len(await kit.parked()) == 9

    @pytest.mark.parametrize("organisation", [b"", b"\0"])
    async def test_records_that_name_no_organisation_all_count(
        self, kit: Kit, organisation: bytes
    ) -> None:
        consumer = await kit.owner(limit=2)
        records = [
            reheaded(record, organisation=organisation) for record in self.poisoned(kit, b"t", 3)
        ]
        with pytest.raises(Halt, match="would park 3 streams"):
            await consumer.consume(records)


class TestRequeue:
    async def test_it_does_the_parked_records_in_order(self, kit: Kit) -> None:
        kit.poison = {"2"}
        consumer = await kit.owner()
        await consumer.consume(kit.topic.publish(*history(length=9)))
        kit.poison.clear()
        await kit.request("requeue", consumer)
        assert (await kit.seen(), await kit.parked()) == (["published", *"23456789"], [])

    async def test_it_stops_at_the_next_failure(self, kit: Kit) -> None:
        kit.poison = {"2"}
        consumer = await kit.owner()
        await consumer.consume(kit.topic.publish(*history(length=5)))
        kit.poison = {"4"}
        await kit.request("requeue", consumer)
        assert (await kit.seen(), await kit.parked()) == (ALL, [(STREAM, 4), (STREAM, 5)])
        assert await kit.reason() == "Poison: 4"

    async def test_a_row_that_is_refused_again_parks_again(self, kit: Kit) -> None:
        consumer = await kit.owner()
        await consumer.consume(kit.topic.publish(*history(), quoted("t-1", "refused")))
        await kit.request("requeue", consumer)
        assert (await kit.seen(), await kit.parked()) == (ALL, [(STREAM, 4)])
        assert await kit.ask("select attempts, request from consumer.parked") == [(2, None)]

    async def test_a_record_that_is_no_event_stays_what_it_is(self, kit: Kit) -> None:
        consumer = await kit.owner()
        await consumer.consume([replace(kit.topic.publish(quoted())[0], headers=())])
        await kit.request("requeue", consumer)
        assert await kit.parked() == [(f"{TOPIC}/0/0", 1)]

    async def test_new_records_go_on_behind_the_requeued_ones(self, kit: Kit) -> None:
        kit.poison = {"2"}
        consumer = await kit.owner()
        await consumer.consume(kit.topic.publish(*history()))
        kit.poison.clear()
        await kit.request("requeue", consumer)
        await consumer.consume(kit.topic.publish(quoted("t-1", "4")))
        assert await kit.seen() == [*ALL, "4"]

    async def test_another_process_leaves_it_to_the_owner(self, kit: Kit) -> None:
        kit.poison = {"2"}
        await (await kit.owner()).consume(kit.topic.publish(*history()))
        kit.poison.clear()
        await kit.request("requeue", kit.consumer())
        assert len(await kit.parked()) == 2

    async def test_a_redelivered_parked_record_does_not_withdraw_the_request(
        self, kit: Kit
    ) -> None:
        kit.poison = {"2"}
        records = kit.topic.publish(*history())
        await (await kit.owner()).consume(records)
        kit.poison.clear()
        await kit.ask("update consumer.parked set request = 'requeue' returning 1")
        await kit.ask("update consumer.position set next_offset = 0 returning 1")
        consumer = await kit.owner()
        await consumer.consume(records)
        await consumer.serve_requests()
        assert (await kit.seen(), await kit.parked()) == (ALL, [])


class TestDiscard:
    async def test_it_drops_exactly_the_first(self, kit: Kit) -> None:
        kit.poison = {"2"}
        consumer = await kit.owner()
        await consumer.consume(kit.topic.publish(*history(length=4)))
        await kit.request("discard", consumer)
        assert (await kit.seen(), await kit.parked()) == (["published"], [(STREAM, 3), (STREAM, 4)])

    async def test_the_rest_follows_when_requeued(self, kit: Kit) -> None:
        kit.poison = {"2"}
        consumer = await kit.owner()
        await consumer.consume(kit.topic.publish(*history(length=4)))
        await kit.request("discard", consumer)
        await kit.request("requeue", consumer)
        assert (await kit.seen(), await kit.parked()) == (["published", "3", "4"], [])

    async def test_a_discarded_last_record_frees_the_stream(self, kit: Kit) -> None:
        kit.poison = {"3"}
        consumer = await kit.owner()
        await consumer.consume(kit.topic.publish(*history()))
        await kit.request("discard", consumer)
        await consumer.consume(kit.topic.publish(quoted("t-1", "4")))
        assert await kit.seen() == ["published", "2", "4"]
