"""The double of EventStoreDB, as the bare client sees it.

Each test says what the source of the servers says; a real server decides.
"""

from collections.abc import AsyncIterator, Sequence
from uuid import UUID, uuid4

import pytest
from kurrentdbclient import AsyncKurrentDBClient, NewEvent, StreamState
from kurrentdbclient.exceptions import (
    DeadlineExceededError,
    KurrentDBClientError,
    MaximumAppendSizeExceededError,
    NodeIsNotLeaderError,
    NotFoundError,
    StreamIsDeletedError,
    WrongCurrentVersionError,
)

from infra.store.esdb.client import connected
from infra.testing.esdb import EsdbDouble, Fault

A, B, C = (UUID(int=n) for n in range(1, 4))
NO, ANY, EXISTS = StreamState.NO_STREAM, StreamState.ANY, StreamState.EXISTS


@pytest.fixture
async def server() -> AsyncIterator[EsdbDouble]:
    async with EsdbDouble(append_bytes=1000) as server:
        yield server


@pytest.fixture
async def client(server: EsdbDouble) -> AsyncIterator[AsyncKurrentDBClient]:
    async with connected(server.url) as client:
        yield client


async def write(
    client: AsyncKurrentDBClient, at: int | StreamState, *ids: UUID, stream: str = "s"
) -> None:
    events = [NewEvent(type="test", data=b"{}", id=id) for id in ids or [uuid4()]]
    await client.append_to_stream(stream, events=events, current_version=at, timeout=5)


async def ids_of(client: AsyncKurrentDBClient, stream: str = "s") -> list[UUID]:
    return [event.id for event in await client.get_stream(stream)]


@pytest.mark.parametrize(
    ("at", "ids", "stands"),
    [
        (NO, [A, B], [A, B]),
        (NO, [A], [A, B]),
        (0, [B], [A, B]),
        (1, [A], [A, B, A]),
        (1, [C], [A, B, C]),
        (ANY, [B], [A, B]),
        (ANY, [C], [A, B, C]),
        (EXISTS, [A, B], [A, B]),
    ],
)
async def test_a_server_takes_what_it_does_not_find_where_a_repetition_would_stand(
    client: AsyncKurrentDBClient, at: int | StreamState, ids: Sequence[UUID], stands: list[UUID]
) -> None:
    await write(client, NO, A, B)
    await write(client, at, *ids)
    assert await ids_of(client) == stands


@pytest.mark.parametrize(
    ("at", "ids"),
    [(NO, [A, C]), (NO, [A, B, C]), (NO, [B]), (0, [C]), (2, [C]), (ANY, [A, C])],
)
async def test_a_server_refuses_another_version_with_the_one_it_has(
    client: AsyncKurrentDBClient, at: int | StreamState, ids: Sequence[UUID]
) -> None:
    await write(client, NO, A, B)
    with pytest.raises(WrongCurrentVersionError) as refused:
        await write(client, at, *ids)
    assert refused.value.actual_version == 1
    assert await ids_of(client) == [A, B]


@pytest.mark.parametrize("at", [EXISTS, 0])
async def test_a_stream_that_is_not_there_has_no_version(
    client: AsyncKurrentDBClient, at: int | StreamState
) -> None:
    with pytest.raises(WrongCurrentVersionError) as refused:
        await write(client, at, A)
    assert refused.value.actual_version is NO
    with pytest.raises(NotFoundError):
        await client.get_stream("s")


@pytest.mark.parametrize("at", [NO, 1, ANY])
async def test_numbers_go_on_in_a_deleted_stream(
    client: AsyncKurrentDBClient, at: int | StreamState
) -> None:
    await write(client, NO, A, B)
    await client.delete_stream("s", current_version=1)
    with pytest.raises(NotFoundError):
        await client.get_stream("s")
    with pytest.raises(StreamIsDeletedError):
        await write(client, EXISTS, C)
    await write(client, at, C)
    [found] = await client.get_stream("s")
    assert (found.id, found.stream_position) == (C, 2)


async def test_a_tombstoned_stream_is_over(client: AsyncKurrentDBClient) -> None:
    await write(client, NO, A)
    await client.tombstone_stream("s", current_version=0)
    with pytest.raises(StreamIsDeletedError):
        await client.get_stream("s")
    with pytest.raises(StreamIsDeletedError):
        await write(client, 0, B)


async def test_streams_are_read_both_ways(client: AsyncKurrentDBClient) -> None:
    await write(client, NO, A, B, C)
    assert await ids_of(client) == [A, B, C]
    back = await client.get_stream("s", backwards=True, limit=2)
    assert [event.id for event in back] == [C, B]
    middle = await client.get_stream("s", stream_position=1, backwards=True)
    assert [event.id for event in middle] == [B, A]


async def test_the_log_is_read_from_a_position_and_subscribed_to_behind_it(
    client: AsyncKurrentDBClient,
) -> None:
    await write(client, NO, A, B)
    await write(client, NO, C, stream="other")
    everything = [event async for event in await client.read_all()]
    assert [event.id for event in everything] == [A, B, C]
    position = everything[1].commit_position
    assert [event.id async for event in await client.read_all(commit_position=position)] == [B, C]
    back = await client.read_all(commit_position=position, backwards=True)
    assert [event.id async for event in back] == [A]
    subscription = await client.subscribe_to_all(commit_position=position)
    assert (await anext(subscription)).id == C
    await write(client, 1, UUID(int=9))
    assert (await anext(subscription)).id == UUID(int=9)
    await subscription.stop()


async def test_the_server_filters(client: AsyncKurrentDBClient) -> None:
    for stream in ("trip-1", "trap-1", "$system"):
        await write(client, NO, stream=stream)

    async def names(**wanted: object) -> list[str]:
        found = await client.read_all(filter_by_stream_name=True, **wanted)  # type: ignore[arg-type]
        return [event.stream_name async for event in found]

    assert await names(filter_exclude=(r"\$.*",)) == ["trip-1", "trap-1"]
    assert await names(filter_include=("trip-.*",)) == ["trip-1"]
    assert await names(filter_include=("tr", "$s"), filter_by_prefix=True) == [
        *("trip-1", "trap-1", "$system")
    ]


@pytest.mark.parametrize(("size", "fits"), [(1000 - 8, True), (1000 - 7, False)])
async def test_an_append_has_a_largest_size(
    client: AsyncKurrentDBClient, size: int, fits: bool
) -> None:
    events = [NewEvent(type="test", data=b"x" * size)]
    if fits:
        await client.append_to_stream("s", events=events, current_version=NO)
        return
    with pytest.raises(MaximumAppendSizeExceededError, match="1000"):
        await client.append_to_stream("s", events=events, current_version=NO)


async def test_a_follower_names_the_leader(server: EsdbDouble) -> None:
    async with EsdbDouble(server.log, leader=server) as follower:
        async with connected(follower.url) as client:
            with pytest.raises(NodeIsNotLeaderError) as refused:
                await write(client, NO, A)
        assert (refused.value.host, refused.value.port) == ("127.0.0.1", server.port)


async def test_a_busy_server_has_no_class_of_errors(
    server: EsdbDouble, client: AsyncKurrentDBClient
) -> None:
    server.next_appends(Fault.BUSY)
    with pytest.raises(KurrentDBClientError, match="Server Is Busy") as refused:
        await write(client, NO, A)
    assert type(refused.value) is KurrentDBClientError
    assert server.appends == 1


async def test_a_node_that_does_not_lead_is_not_read_from_either() -> None:
    async with EsdbDouble() as leader, EsdbDouble(leader.log, leader=leader) as other:
        async with connected(other.url) as client:
            with pytest.raises(NodeIsNotLeaderError):
                await client.get_stream("s")
        async with connected(f"{other.url}&nodePreference=follower") as client:
            with pytest.raises(NotFoundError):
                await client.get_stream("s")


async def test_what_is_not_replicated_counts_and_is_not_shown(
    server: EsdbDouble, client: AsyncKurrentDBClient
) -> None:
    await write(client, NO, A)
    server.log.hold()
    with pytest.raises(DeadlineExceededError):
        await client.append_to_stream(
            "s", events=[NewEvent("test", b"{}", id=B)], current_version=0, timeout=0.2
        )
    with pytest.raises(WrongCurrentVersionError):
        await write(client, 0, C)
    assert await ids_of(client) == [A]
    server.log.release()
    assert await ids_of(client) == [A, B]


async def test_a_server_that_catches_up_tells_where_its_last_page_began(
    server: EsdbDouble, client: AsyncKurrentDBClient
) -> None:
    for _ in range(40):
        await write(client, ANY, stream="other")
    async with await client.subscribe_to_all(
        filter_include=("s",),
        filter_by_prefix=True,
        filter_by_stream_name=True,
        include_checkpoints=True,
    ) as items:
        checkpoint = await anext(items)
    assert checkpoint.is_checkpoint
    assert (checkpoint.commit_position, checkpoint.prepare_position) != (0, 0)
    assert checkpoint.prepare_position == 0
    assert checkpoint.commit_position in server.log.places
