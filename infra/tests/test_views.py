"""Tables from row types, and generations of them that are swapped at once."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

import psycopg
import pytest
import pytest_asyncio

from contracts.missions import trip_v1
from contracts.missions.trip_v1 import (
    QuoteSubmitted,
    QuoteWithdrawn,
    SubjectForgotten,
    TripEvent,
    TripPublished,
)
from contracts.runtime import REDACTED
from infra.consumers.core import Consumer
from infra.consumers.filling import Filled
from infra.consumers.views import Generation, Generations, View, ViewHandler
from infra.searching import Words, words
from infra.tests.consuming import NOON, TOPIC, ViewKit, history, opened, published, quoted


@dataclass(frozen=True, slots=True)
class Line:
    driver: str
    on: date | None
    amount: int


@dataclass(frozen=True, slots=True)
class Everything:
    """One column of each type there is."""

    trip_id: str
    km: int
    latitude: float
    fixed: bool
    at: datetime
    day: date
    note: str | None
    left: datetime | None
    drivers: tuple[str, ...]
    lines: tuple[Line, ...]
    search: Words


EMPTY = Everything("t-1", 9, 48.84, False, NOON, NOON.date(), None, None, (), (), words("Évry"))


Reads = TripPublished | QuoteSubmitted | QuoteWithdrawn


def project(row: Everything | None, event: Reads) -> Everything | None:
    row = row or EMPTY
    if isinstance(event, QuoteSubmitted):
        line = Line(event.driver_id, event.pickup_on, event.price.amount_minor)
        drivers = (*row.drivers, event.driver_id)
        return replace(row, note="é 'x'", drivers=drivers, lines=(*row.lines, line))
    return None if isinstance(event, QuoteWithdrawn) else row


def key(event: Reads) -> tuple[str]:
    return (event.trip_id,)


view = View("everything", trip_v1.contract, Everything, ("trip_id",), key, project, reads=Reads)


@pytest_asyncio.fixture
async def kit(database: str) -> AsyncIterator[ViewKit]:
    async with opened("view", database) as kit:
        assert isinstance(kit, ViewKit)
        yield kit


async def fed(kit: ViewKit, generation: Generation, *events: TripEvent) -> Consumer:
    """The consumer of a generation, after it has handled these events."""
    consumer = kit.consumer(generation.consumer, ViewHandler(generation, [kit.view]))
    await consumer.acquire([(TOPIC, 0)])
    await consumer.consume(kit.topic.publish(*events))
    return consumer


class TestColumns:
    def test_follow_from_the_types_of_the_row(self) -> None:
        assert view.definition() == (
            '"trip_id" text not null, "km" bigint not null, "latitude" double precision not null,'
            ' "fixed" boolean not null, "at" timestamptz not null, "day" date not null,'
            ' "note" text, "left" timestamptz, "drivers" text[] not null,'
            ' "lines" jsonb not null, "search" text not null, search_words tsvector not null'
            " generated always as (array_to_tsvector(string_to_array(search, ' '))) stored,"
            " primary key (trip_id)"
        )
        assert view.all_indexes == ("using gin (search_words)",)

    async def rows(self, kit: ViewKit, *events: TripEvent) -> list[Everything]:
        generations = Generations("other", [view], kit.pool)
        await generations.migrate()
        generation = await generations.active()
        assert generation is not None
        handler = ViewHandler(generation, [view])
        consumer = kit.consumer(generation.consumer, handler, reads=Reads)
        await consumer.acquire([(TOPIC, 0)])
        for record in kit.topic.publish(*events):
            await consumer.consume([record])
        async with kit.pool.connection() as connection:
            cursor = connection.cursor(row_factory=view.row_factory)
            columns = ", ".join(f'"{name}"' for name in view.columns)
            await cursor.execute(f"select {columns} from other.everything".encode())
            return await cursor.fetchall()

    async def test_give_back_the_row_that_was_put_in(self, kit: ViewKit) -> None:
        later = replace(quoted(driver="bob"), pickup_on=date(2030, 5, 7))
        assert await self.rows(kit, published(), quoted(driver="ada"), later) == [
            replace(
                EMPTY,
                note="é 'x'",
                drivers=("ada", "bob"),
                lines=(Line("ada", None, 12_500), Line("bob", date(2030, 5, 7), 12_500)),
            )
        ]

    async def test_no_row_is_left_when_the_projection_answers_none(self, kit: ViewKit) -> None:
        gone = QuoteWithdrawn(
            trip_id="t-1", driver_id="ada", withdrawn_at=datetime(2030, 1, 1, tzinfo=UTC)
        )
        assert await self.rows(kit, published(), quoted(), gone) == []


async def test_whole_streams_say_nothing_more_of_who_is_forgotten(kit: ViewKit) -> None:
    personal = replace(view, subject="trip_id", personal=("note",))
    generation = await Generations("personal", [personal], kit.pool).create()
    gone = SubjectForgotten(trip_id="t-1", forgotten_at=NOON)
    told = [Filled("missions.trip/t-1", n, e) for n, e in enumerate([published(), quoted(), gone])]
    async with kit.pool.connection() as connection:
        handler = ViewHandler(generation, [personal], filling=True)
        await handler.fill(connection, told)
    assert await kit.ask(f"select note from {generation.schema}.everything") == [REDACTED]


class TestGenerations:
    async def test_two_processes_that_start_at_once_make_one(self, kit: ViewKit) -> None:
        generations = [Generations("twice", [kit.view], kit.pool) for _ in range(4)]
        await asyncio.gather(*(g.migrate() for g in generations))
        assert [g.state for g in await generations[0].all()] == ["active"]

    async def test_a_new_one_is_neither_read_nor_fed(self, kit: ViewKit) -> None:
        made = await kit.generations.create()
        assert await kit.generations.fed() == [kit.generation]
        assert await kit.generations.active() == kit.generation
        with pytest.raises(ValueError, match="still filling"):
            await kit.generations.activate(made)

    async def test_queries_read_the_new_one_after_the_swap_and_the_old_one_after_another(
        self, kit: ViewKit
    ) -> None:
        await fed(kit, kit.generation, *history())
        new = await kit.generations.filled(await kit.generations.create(), {})
        shown = []
        for generation in (kit.generation, new, kit.generation):
            await kit.generations.activate(generation)
            shown.append(await kit.ask("select count(*) from shown.seen"))
        assert shown == [[1], [0], [1]]

    async def test_one_is_active_and_the_former_ones_stay_fed(self, kit: ViewKit) -> None:
        new = await kit.generations.filled(await kit.generations.create(), {})
        await kit.generations.activate(new)
        assert [g.state for g in await kit.generations.fed()] == ["previous", "active"]

    async def test_code_of_another_shape_does_not_feed_it(self, kit: ViewKit) -> None:
        assert await Generations("shown", [view], kit.pool).fed() == []

    async def test_another_shape_inside_a_column_is_another_shape(self, kit: ViewKit) -> None:
        @dataclass(frozen=True, slots=True)
        class Renamed(Everything):
            lines: tuple[Renaming, ...]  # type: ignore[assignment]

        other = Generations("shown", [replace(view, row=Renamed)], kit.pool)
        assert other.fingerprint != Generations("shown", [view], kit.pool).fingerprint

    async def test_dropping_one_forgets_how_far_it_was(self, kit: ViewKit) -> None:
        new = await kit.generations.filled(await kit.generations.create(), {(TOPIC, 0): (0, 0)})
        kit.poison = {"3"}
        await fed(kit, new, *history())
        await kit.generations.drop(new)
        for table in ("position", "stream", "parked"):
            assert await kit.ask(f"select 1 from consumer.{table}") == []
        assert await kit.generations.all() == [kit.generation]

    async def test_the_number_of_a_dropped_one_is_not_used_again(self, kit: ViewKit) -> None:
        dropped = await kit.generations.create()
        await kit.generations.drop(dropped)
        assert (await kit.generations.create()).number == dropped.number + 1
        with pytest.raises(ValueError, match="gone"):
            await kit.generations.drop(dropped)

    async def test_the_active_one_is_not_dropped(self, kit: ViewKit) -> None:
        with pytest.raises(ValueError, match="active"):
            await kit.generations.drop(kit.generation)

    async def test_no_query_fails_while_they_are_swapped(self, kit: ViewKit) -> None:
        await fed(kit, kit.generation, *history())
        new = await kit.generations.filled(await kit.generations.create(), {})
        await fed(kit, new)

        async def swap() -> None:
            for generation in [new, kit.generation] * 10:
                await kit.generations.activate(generation)

        swapping = asyncio.create_task(swap())
        while not swapping.done():
            assert await kit.ask("select count(*) from shown.seen") in ([0], [1])
        await swapping


@dataclass(frozen=True, slots=True)
class Renaming:
    who: str


class TestSeen:
    async def test_a_stream_is_as_far_as_the_active_generation_shows_it(self, kit: ViewKit) -> None:
        await fed(kit, kit.generation, *history())
        streams = ["missions.trip/t-1", "missions.trip/t-2"]
        seen = await kit.generations.seen(streams)
        assert list(seen.items()) == [(streams[0], 3), (streams[1], 0)]


class TestTables:
    async def test_a_table_that_is_gone_is_an_error_and_parks_nothing(self, kit: ViewKit) -> None:
        consumer = await fed(kit, kit.generation, published())
        async with kit.pool.connection() as connection:
            await connection.execute("drop schema shown_1 cascade")
        with pytest.raises(psycopg.errors.UndefinedTable):
            await consumer.consume(kit.topic.publish(quoted()))
        assert await kit.parked() == []
