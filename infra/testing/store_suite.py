"""Tests that every event store must pass, whichever database is behind it.

A store's tests subclass `StoreSuite` and give it a `store` fixture: an empty, migrated store.
"""

import asyncio
from collections import Counter, defaultdict
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from infra.store import (
    Append,
    Appended,
    Conflict,
    EventIdTaken,
    EventStore,
    EventTooLarge,
    NewEvent,
    RecordedEvent,
    Verdict,
)
from infra.store.protocol import BEGINNING, MAX_EVENT_BYTES

NOON = datetime(2020, 5, 1, 12, 0, tzinfo=UTC)
LATE_SECONDS = 30.0


def new(id: UUID | None = None, data: bytes = b"data") -> NewEvent:
    return NewEvent(id or uuid4(), "test.happened", data, {"actor": "ada"}, NOON)


def after(version: int, *events: NewEvent, stream: str = "trip-1") -> Append:
    """An append at this version; of one event unless told which."""
    return Append(stream, version, events or (new(),))


async def written(store: EventStore, *appends: Append) -> list[Verdict]:
    """The verdicts of appends made at the same time."""
    return list(await asyncio.gather(*map(store.append, appends)))


async def followed(store: EventStore, count: int, page: int = 7) -> list[RecordedEvent]:
    """Everything in order, read in small pages until so many events came."""
    found: list[RecordedEvent] = []
    async with asyncio.timeout(LATE_SECONDS):
        while len(found) < count:
            events = await store.read_all(found[-1].position if found else BEGINNING, page)
            found += events
            await asyncio.sleep(0 if events else 0.002)
    return found


def versions_by_stream(events: list[RecordedEvent]) -> dict[str, list[int]]:
    versions = defaultdict(list)
    for event in events:
        versions[event.stream].append(event.version)
    return dict(versions)


class StoreSuite:
    """Mix into a test class that has a `store` fixture."""

    # --- Append -------------------------------------------------------------

    async def test_a_new_stream_starts_with_version_one(self, store: EventStore) -> None:
        assert await store.append(after(0)) == Appended(1)

    async def test_versions_count_every_event(self, store: EventStore) -> None:
        await store.append(after(0, new(), new(), new()))
        assert await store.append(after(3)) == Appended(4)

    async def test_an_event_comes_back_as_it_was_recorded(self, store: EventStore) -> None:
        event = NewEvent(uuid4(), "test.happened", b"\x00\xff", {"actor": "ada", "é": [1]}, NOON)
        await store.append(after(0, event))
        [found] = await store.read("trip-1")
        assert (found.stream, found.version, found.event_id) == ("trip-1", 1, event.event_id)
        assert (found.type, found.data, found.meta) == (event.type, event.data, event.meta)
        assert found.occurred_at == NOON
        assert found.recorded_at.tzinfo is not None

    @pytest.mark.requirement("G-07")
    @pytest.mark.parametrize("expected", [0, 1, 3])
    async def test_another_version_is_a_conflict_with_its_facts(
        self, store: EventStore, expected: int
    ) -> None:
        await store.append(after(0, new(), new()))
        assert await store.append(after(expected)) == Conflict(expected, 2)
        assert len(await store.read("trip-1")) == 2

    async def test_events_are_recorded_all_or_none(self, store: EventStore) -> None:
        taken = new()
        await store.append(after(0, taken, stream="trip-other"))
        assert await store.append(after(0, new(), taken)) == EventIdTaken()
        assert await store.read("trip-1") == []

    async def test_a_repeated_append_is_recognised(self, store: EventStore) -> None:
        twice = after(0, new(), new())
        assert await store.append(twice) == Appended(2)
        assert await store.append(twice) == Appended(2, repeated=True)
        assert len(await store.read("trip-1")) == 2

    async def test_a_repeated_append_is_recognised_behind_later_events(
        self, store: EventStore
    ) -> None:
        twice = after(0, new())
        await store.append(twice)
        await store.append(after(1))
        assert await store.append(twice) == Appended(1, repeated=True)

    async def test_a_repetition_with_more_events_is_a_conflict(self, store: EventStore) -> None:
        first = new()
        await store.append(after(0, first))
        assert await store.append(after(0, first, new())) == Conflict(0, 1)

    async def test_an_event_id_belongs_to_one_place(self, store: EventStore) -> None:
        event = new()
        await store.append(after(0, event))
        assert await store.append(after(0, event, stream="trip-2")) == EventIdTaken()
        assert await store.append(after(1, event)) == EventIdTaken()

    async def test_an_event_of_the_largest_size_is_recorded(self, store: EventStore) -> None:
        largest = b"x" * MAX_EVENT_BYTES
        await store.append(after(0, new(data=largest)))
        assert (await store.read("trip-1"))[0].data == largest

    async def test_one_byte_more_is_refused_before_anything_is_recorded(
        self, store: EventStore
    ) -> None:
        with pytest.raises(EventTooLarge, match=str(MAX_EVENT_BYTES + 1)):
            await store.append(after(0, new(), new(data=b"x" * (MAX_EVENT_BYTES + 1))))
        assert await store.read("trip-1") == []

    # --- Many at the same time ------------------------------------------------

    async def test_writers_of_many_streams_get_their_own_verdicts(self, store: EventStore) -> None:
        await written(store, *(after(0, stream=f"trip-{n}") for n in range(0, 64, 2)))
        verdicts = await written(store, *(after(0, stream=f"trip-{n}") for n in range(64)))
        assert verdicts == [Appended(1) if n % 2 else Conflict(0, 1) for n in range(64)]

    async def test_one_of_many_writers_of_a_stream_wins(self, store: EventStore) -> None:
        verdicts = await written(store, *(after(0) for _ in range(64)))
        assert Counter(verdicts) == {Appended(1): 1, Conflict(0, 1): 63}
        assert len(await store.read("trip-1")) == 1

    async def test_a_taken_id_hurts_nobody_else(self, store: EventStore) -> None:
        taken = new()
        await store.append(after(0, taken))
        good = [after(0, stream=f"trip-good-{n}") for n in range(8)]
        bad = after(0, taken, stream="trip-bad")
        verdicts = await written(store, *good[:4], bad, *good[4:])
        assert verdicts == [*[Appended(1)] * 4, EventIdTaken(), *[Appended(1)] * 4]

    async def test_the_same_append_sent_twice_at_once_is_recorded_once(
        self, store: EventStore
    ) -> None:
        twice = after(0)
        verdicts = await written(store, twice, twice)
        assert set(verdicts) == {Appended(1), Appended(1, repeated=True)}

    # --- Read -----------------------------------------------------------------

    async def test_an_unknown_stream_is_empty(self, store: EventStore) -> None:
        assert await store.read("trip-unknown") == []

    @pytest.mark.parametrize(
        ("after_version", "to_version", "expected"),
        [(0, None, [1, 2, 3]), (1, None, [2, 3]), (0, 2, [1, 2]), (1, 2, [2]), (0, 0, [])],
    )
    async def test_a_stream_is_read_between_versions(
        self, store: EventStore, after_version: int, to_version: int | None, expected: list[int]
    ) -> None:
        await store.append(after(0, new(), new(), new()))
        found = await store.read("trip-1", after_version=after_version, to_version=to_version)
        assert [event.version for event in found] == expected

    async def test_a_stream_is_read_as_it_was_known_at_a_time(self, store: EventStore) -> None:
        for version in range(3):
            await store.append(after(version))
        second = (await store.read("trip-1"))[1]
        known = await store.read("trip-1", to_time=second.recorded_at)
        assert [event.version for event in known] == [1, 2]
        assert await store.read("trip-1", to_time=NOON) == []

    async def test_many_readers_at_once_get_their_own_streams(self, store: EventStore) -> None:
        await written(store, *(after(0, stream=f"trip-{n}") for n in range(16)))
        found = await asyncio.gather(*(store.read(f"trip-{n % 16}") for n in range(64)))
        assert [events[0].stream for events in found] == [f"trip-{n % 16}" for n in range(64)]

    # --- Read everything ------------------------------------------------------

    async def test_an_empty_store_has_nothing_to_read(self, store: EventStore) -> None:
        assert await store.read_all(BEGINNING, 10) == []

    async def test_pages_join_without_a_gap_or_a_repetition(self, store: EventStore) -> None:
        for n in range(20):
            await store.append(after(n // 2, stream=f"trip-{n % 2}"))
        assert versions_by_stream(await followed(store, 20, page=3)) == {
            "trip-0": list(range(1, 11)),
            "trip-1": list(range(1, 11)),
        }

    async def test_the_end_answers_an_empty_page(self, store: EventStore) -> None:
        await store.append(after(0))
        [last] = await followed(store, 1)
        assert await store.read_all(last.position, 10) == []

    async def test_a_follower_of_busy_writers_sees_each_event_once_and_in_order(
        self, store: EventStore
    ) -> None:
        async def write(stream: str) -> None:
            for version in range(25):
                await store.append(after(version, stream=stream))

        streams = [f"trip-{n}" for n in range(8)]
        following = asyncio.create_task(followed(store, 200))
        await asyncio.gather(*map(write, streams))
        seen = versions_by_stream(await following)
        assert seen == {stream: list(range(1, 26)) for stream in streams}
