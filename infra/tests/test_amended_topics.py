"""Consumers honour what operators say of events: what is parked goes on, views are made good."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from contracts.common_v1 import AmendmentKind
from infra.consumers.handler import Retry
from infra.consumers.records import Record
from infra.tests.consuming import Kit, ViewKit, history, opened, quoted, withdrawn

STREAM = "missions.trip/t-1"
SKIPPED = AmendmentKind.SKIPPED
REDACTED = AmendmentKind.REDACTED


def broken(kit: Kit) -> list[Record]:
    """Three records of a trip of which nobody can read the second."""
    first, second, third = kit.topic.publish(*history())
    torn = replace(second, value=b"\xff\xff")
    kit.topic.swap(second, torn)
    return [first, torn, third]


class TestParked:
    async def test_what_is_corrected_goes_on_by_itself(self, kit: Kit) -> None:
        consumer = await kit.owner()
        await consumer.consume(broken(kit))
        assert (await kit.seen(), len(await kit.parked())) == (["published"], 2)
        await consumer.consume([kit.topic.amend(2, instead=quoted("t-1", "right"))])
        await consumer.serve_requests()
        assert (await kit.seen(), await kit.parked()) == (["published", "right", "3"], [])

    @pytest.mark.parametrize("kind", [SKIPPED, REDACTED])
    async def test_what_is_skipped_or_redacted_is_passed_by(
        self, kit: Kit, kind: AmendmentKind
    ) -> None:
        consumer = await kit.owner()
        await consumer.consume([*broken(kit), kit.topic.amend(2, kind=kind)])
        await consumer.serve_requests()
        assert (await kit.seen(), await kit.parked()) == (["published", "3"], [])
        assert await kit.ask("select version from consumer.stream") == [4]

    @pytest.mark.parametrize(("reader", "left"), [("test", 0), ("somebody.else", 3)])
    async def test_only_a_reader_that_is_named_passes_it_by(
        self, kit: Kit, reader: str, left: int
    ) -> None:
        consumer = await kit.owner()
        records = broken(kit)
        await consumer.consume([*records, kit.topic.amend(2, kind=SKIPPED, readers=(reader,))])
        await consumer.serve_requests()
        assert len(await kit.parked()) == left

    async def test_the_last_word_counts(self, kit: Kit) -> None:
        consumer = await kit.owner()
        records = broken(kit)
        records += [kit.topic.amend(2, instead=quoted("t-1", word)) for word in ("wrong", "right")]
        await consumer.consume(records)
        await consumer.serve_requests()
        assert await kit.seen() == ["published", "right", "3"]

    async def test_an_amendment_that_nobody_can_read_parks(self, kit: Kit) -> None:
        records = kit.topic.publish(*history())
        said = replace(kit.topic.amend(1), value=b"\xff")
        await (await kit.owner()).consume([*records, said])
        assert "DecodeError" in await kit.reason()

    async def test_a_record_without_a_value_is_passed_by_where_it_says_why(self, kit: Kit) -> None:
        first, second, third = kit.topic.publish(*history())
        removed = replace(second, value=b"", headers=(*second.headers, ("ce_redactedby", b"x")))
        await (await kit.owner()).consume([first, removed, third])
        assert (await kit.seen(), await kit.parked()) == (["published", "3"], [])


@pytest_asyncio.fixture
async def views(kit_database: str) -> AsyncIterator[ViewKit]:
    async with opened("view", kit_database) as kit:
        assert isinstance(kit, ViewKit)
        yield kit


class TestViews:
    async def test_a_row_is_folded_anew_with_what_holds(self, views: ViewKit) -> None:
        consumer = await views.owner()
        await consumer.consume(views.topic.publish(*history()))
        await consumer.consume([views.topic.amend(2, instead=quoted("t-1", "right"))])
        assert await views.seen() == ["published", "right", "3"]

    async def test_what_was_redacted_leaves_the_row(self, views: ViewKit) -> None:
        consumer = await views.owner()
        await consumer.consume(views.topic.publish(*history()))
        await consumer.consume([views.topic.amend(2, kind=REDACTED)])
        assert await views.seen() == ["published", "3"]

    async def test_what_came_with_it_and_behind_it_is_there_once(self, views: ViewKit) -> None:
        records = views.topic.publish(*history())
        said = views.topic.amend(2, instead=quoted("t-1", "right"))
        more = views.topic.publish(withdrawn(), quoted("t-1", "6"))
        await (await views.owner()).consume([*records, said, *more])
        assert await views.seen() == ["published", "right", "3", "6"]

    async def test_rows_of_other_streams_stay(self, views: ViewKit) -> None:
        consumer = await views.owner()
        await consumer.consume(views.topic.publish(*history("t-1"), *history("t-2")))
        await consumer.consume([views.topic.amend(1, kind=REDACTED)])
        assert (await views.seen("t-1"), await views.seen("t-2")) == (
            ["2", "3"],
            ["published", "2", "3"],
        )

    async def test_what_an_operator_gave_up_before_stays_given_up(self, views: ViewKit) -> None:
        consumer = await views.owner()
        await consumer.consume(broken(views))
        await views.request("discard", consumer)
        await views.request("requeue", consumer)
        await consumer.consume([views.topic.amend(3, instead=quoted("t-1", "right"))])
        assert await views.seen() == ["published", "right"]

    async def test_what_the_view_cannot_take_parks_and_changes_nothing(
        self, views: ViewKit
    ) -> None:
        consumer = await views.owner()
        await consumer.consume(views.topic.publish(*history()))
        views.poison = {"wrong"}
        await consumer.consume([views.topic.amend(2, instead=quoted("t-1", "wrong"))])
        assert (await views.seen(), await views.parked()) == (
            ["published", "2", "3"],
            [(STREAM, 4)],
        )
        views.poison = set()
        await views.request("requeue", consumer)
        assert (await views.seen(), await views.parked()) == (["published", "wrong", "3"], [])

    async def test_it_waits_while_the_topic_is_being_filled_again(self, views: ViewKit) -> None:
        consumer = await views.owner()
        first, *rest = views.topic.publish(*history())
        await consumer.consume([first, *rest])
        views.topic.lose(first)
        said = views.topic.amend(2, instead=quoted("t-1", "right"))
        with pytest.raises(Retry, match="does not hold all of it yet"):
            await consumer.consume([said])
        assert await views.seen() == ["published", "2", "3"]
