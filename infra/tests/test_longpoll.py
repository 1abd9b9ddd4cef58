"""A question for records stays open until there are some, before a broker that answers at once; and
who is gone from a group has left it, before a broker that never gives anybody up."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from typing import Any, get_args

import pytest
import pytest_asyncio
from aiokafka.protocol import fetch, group, metadata, produce
from aiokafka.protocol.types import Int32

from infra.stack.longpoll import (
    FETCH,
    JOIN_GROUP,
    LEAVE_GROUP,
    PRODUCE,
    Members,
    Question,
    found_nothing,
    joined_as,
    leaving,
    question,
    serve,
)
from infra.stack.ports import LOOPBACK, free_port

PATIENCE = 30.0
ENDLESS_MS = 3_600_000
FETCHES = {kind.API_VERSION: kind for kind in get_args(fetch.FetchRequestStruct)}
PRODUCES = {kind.API_VERSION: kind for kind in get_args(produce.ProduceRequestStruct)}
JOINS = {kind.API_VERSION: kind for kind in get_args(group.JoinGroupRequestStruct)}
PLACES = [(0, 7, 1_000), (1, 7, 1_000)]


def framed(content: bytes) -> bytes:
    return len(content).to_bytes(4) + content


def request(built: Any, number: int = 1) -> bytes:
    """A request as a client sends it, with this correlation id."""
    header: bytes = built.build_request_header(number, "a client").encode()
    return framed(header + built.encode())


def fetching(*topics: str, number: int = 1, version: int = 11, within: int = ENDLESS_MS) -> bytes:
    asked = fetch.FetchRequest(within, 1, 1_000_000, 0, [(topic, PLACES) for topic in topics])
    return request(asked.build(FETCHES[version]), number)


def producing(*topics: str, number: int = 1, version: int = 7) -> bytes:
    parts = [(0, b"some records"), (1, b"")]
    asked = produce.ProduceRequest(None, 1, 1_000, [(topic, parts) for topic in topics])
    return request(asked.build(PRODUCES[version]), number)


def joining(member: str, number: int = 1, version: int = 5, session: int = ENDLESS_MS) -> bytes:
    asked = group.JoinGroupRequest(
        "readers", session, ENDLESS_MS, member, "", "consumer", [("range", b"topics")]
    )
    return request(asked.build(JOINS[version]), number)


def joined(member: str, version: int = 5, error: int = 0) -> bytes:
    """The answer to one who joins, without its length and number."""
    throttled = (0,) if version >= 2 else ()
    kind = JOINS[version].RESPONSE_TYPE
    return bytes(kind(*throttled, error, 3, "range", "leader", member, []).encode())


def answer(version: int, records: bytes = b"", error: int = 0) -> bytes:
    """An answer about two partitions, without its length and number."""
    given: list[tuple[Any, ...]] = []
    for number, (wrong, held) in enumerate(((0, b""), (error, records))):
        start = (3,) if version >= 5 else ()
        replica = (-1,) if version >= 11 else ()
        given.append((number, wrong, 9, 9, *start, [(1, 2)], *replica, held))
    session = (0, 0) if version >= 7 else ()
    kind = FETCHES[version].RESPONSE_TYPE
    return bytes(kind(0, *session, [("quiet", []), ("trips", given)]).encode())


EMPTY, FULL = answer(11), answer(11, records=b"records")


class TestFrames:
    @pytest.mark.parametrize("version", range(4, 12))
    def test_a_fetch_says_its_topics_and_how_long_it_waits(self, version: int) -> None:
        frame = fetching("trips", "users", version=version, within=1_500)
        topics = frozenset({b"trips", b"users"})
        assert question(frame) == Question(FETCH, version, frame, topics, 1.5)

    @pytest.mark.parametrize("version", range(3, 8))
    def test_a_produce_says_its_topics(self, version: int) -> None:
        frame = producing("trips", "users", version=version)
        topics = frozenset({b"trips", b"users"})
        assert question(frame) == Question(PRODUCE, version, frame, topics)

    @pytest.mark.parametrize("frame", [fetching("trips", version=3), producing("t", version=2)])
    def test_of_a_version_it_does_not_know_it_says_nothing(self, frame: bytes) -> None:
        found = question(frame)
        assert (found.topics, found.within) == (frozenset(), 0.0)

    @pytest.mark.parametrize("version", range(4, 12))
    def test_an_answer_without_records_is_one_that_found_nothing(self, version: int) -> None:
        answers = (answer(version), answer(version, b"records"), answer(version, error=1))
        nothing = [found_nothing(framed(Int32.encode(1) + one), version) for one in answers]
        assert nothing == [True, False, False]

    @pytest.mark.parametrize("version", [1, 2, 5])
    def test_who_joins_says_the_group_and_how_long_they_may_be_silent(self, version: int) -> None:
        frame = joining("ada", version=version, session=1_500)
        expected = Question(JOIN_GROUP, version, frame, group=b"readers", member=b"ada")
        expected.session = 1.5
        assert question(frame) == expected

    @pytest.mark.parametrize("version", [1, 2, 5])
    def test_who_has_joined_is_told_their_id_and_who_has_not_is_nobody(self, version: int) -> None:
        answers = (joined("ada", version), joined("ada", version, error=79))
        told = [joined_as(framed(Int32.encode(1) + one), version) for one in answers]
        assert told == [b"ada", b""]

    def test_leaving_is_a_request_as_a_client_sends_it(self) -> None:
        built = group.LeaveGroupRequest_v1("readers", "ada")
        header: bytes = built.build_request_header(0, "").encode()
        assert leaving(b"readers", b"ada") == framed(header + built.encode())


@dataclass
class Talk:
    """A broker that says what it is told to, and clients of the server before it."""

    port: int = field(default_factory=free_port)
    broker_port: int = field(default_factory=free_port)
    asked: list[bytes] = field(default_factory=list)
    answers: list[bytes] = field(default_factory=list)
    fetched: asyncio.Event = field(default_factory=asyncio.Event)
    """A held question is answered once it is set."""
    held: int = FETCH
    hung_up: Callable[[], None] = lambda: None

    async def broker(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.hung_up = writer.close
        with suppress(asyncio.IncompleteReadError), closing(writer):
            while True:
                frame = await received(reader)
                self.asked.append(frame)
                key = question(frame).key
                if key == self.held:
                    await self.fetched.wait()
                answer = b"" if key == LEAVE_GROUP else self.answers.pop(0)
                writer.write(framed(frame[8:12] + answer))

    @asynccontextmanager
    async def client(self) -> AsyncIterator["Client"]:
        reader, writer = await asyncio.open_connection(LOOPBACK, self.port)
        try:
            yield Client(reader, writer)
        finally:
            writer.close()


@dataclass
class Client:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def ask(self, frame: bytes) -> bytes:
        """The answer, without its length and number."""
        self.writer.write(frame)
        return await self.hear()

    async def hear(self) -> bytes:
        return (await asyncio.wait_for(received(self.reader), PATIENCE))[8:]


async def received(reader: asyncio.StreamReader) -> bytes:
    size = await reader.readexactly(4)
    return size + await reader.readexactly(int.from_bytes(size))


@asynccontextmanager
async def served(talk: Talk) -> AsyncIterator[None]:
    """The server before the broker, listening within the block."""
    serving = asyncio.create_task(serve(talk.port, talk.broker_port))
    try:
        while True:
            with suppress(OSError):
                async with talk.client():
                    break
            await asyncio.sleep(0.01)
        yield
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


@pytest_asyncio.fixture
async def talk() -> AsyncIterator[Talk]:
    talk = Talk()
    talk.fetched.set()
    async with await asyncio.start_server(talk.broker, LOOPBACK, talk.broker_port), served(talk):
        yield talk


async def until_asked(talk: Talk, frames: Sequence[bytes]) -> None:
    async with asyncio.timeout(PATIENCE):
        while talk.asked != list(frames):
            await asyncio.sleep(0.01)


class TestWaiting:
    async def test_records_that_are_there_are_answered_with_at_once(self, talk: Talk) -> None:
        talk.answers = [FULL]
        async with talk.client() as client:
            assert await client.ask(fetching("trips")) == FULL

    async def test_a_fetch_waits_until_something_is_produced_to_its_topic(self, talk: Talk) -> None:
        talk.answers = [EMPTY, b"thanks", FULL]
        asked = [fetching("trips", "users"), producing("trips"), fetching("trips", "users")]
        async with talk.client() as client, talk.client() as producer:
            client.writer.write(asked[0])
            await until_asked(talk, asked[:1])
            assert await producer.ask(asked[1]) == b"thanks"
            assert await client.hear() == FULL
        assert talk.asked == asked

    async def test_another_topic_does_not_wake_it(self, talk: Talk) -> None:
        talk.answers = [EMPTY, b"thanks", b"thanks", FULL]
        asked = [fetching("trips"), producing("users"), producing("trips"), fetching("trips")]
        async with talk.client() as client, talk.client() as producer:
            client.writer.write(asked[0])
            await until_asked(talk, asked[:1])
            for frame in asked[1:3]:
                await producer.ask(frame)
            assert await client.hear() == FULL
        assert talk.asked == asked

    async def test_a_produce_of_an_unknown_version_wakes_every_fetch(self, talk: Talk) -> None:
        talk.answers = [EMPTY, b"thanks", FULL]
        async with talk.client() as client, talk.client() as producer:
            client.writer.write(fetching("trips"))
            await until_asked(talk, [fetching("trips")])
            await producer.ask(producing("users", version=2))
            assert await client.hear() == FULL

    async def test_what_is_produced_while_the_broker_answers_is_not_missed(
        self, talk: Talk
    ) -> None:
        talk.fetched.clear()
        talk.answers = [b"thanks", EMPTY, FULL]
        async with talk.client() as client, talk.client() as producer:
            client.writer.write(fetching("trips"))
            await until_asked(talk, [fetching("trips")])
            await producer.ask(producing("trips"))
            talk.fetched.set()
            assert await client.hear() == FULL

    async def test_after_its_time_it_is_answered_that_there_is_nothing(self, talk: Talk) -> None:
        talk.answers = [EMPTY]
        async with talk.client() as client:
            assert await client.ask(fetching("trips", within=20)) == EMPTY
        assert len(talk.asked) == 1

    async def test_the_next_question_of_the_client_ends_the_wait(self, talk: Talk) -> None:
        talk.answers = [EMPTY, b"metadata"]
        async with talk.client() as client:
            client.writer.write(fetching("trips", number=1))
            await until_asked(talk, [fetching("trips", number=1)])
            assert await client.ask(metadata_of(number=2)) == EMPTY
            assert await client.hear() == b"metadata"

    async def test_an_answer_with_another_one_behind_it_is_not_held(self, talk: Talk) -> None:
        talk.answers = [EMPTY, b"metadata"]
        async with talk.client() as client:
            client.writer.write(fetching("trips", number=1) + metadata_of(number=2))
            assert await client.hear() == EMPTY
            assert await client.hear() == b"metadata"


def metadata_of(number: int) -> bytes:
    return request(metadata.MetadataRequest_v1([]), number)


def left(member: str) -> bytes:
    return leaving(b"readers", member.encode())


class TestMembers:
    async def test_one_whose_connection_ended_has_left(self, talk: Talk) -> None:
        talk.answers = [joined("ada")]
        async with talk.client() as client:
            assert await client.ask(joining("")) == joined("ada")
        await until_asked(talk, [joining(""), left("ada")])

    async def test_one_whose_connection_ended_before_the_answer_has_left(self, talk: Talk) -> None:
        talk.held = JOIN_GROUP
        talk.fetched.clear()
        talk.answers = [joined("ada")]
        async with talk.client() as client:
            client.writer.write(joining("ada"))
            await until_asked(talk, [joining("ada")])
        await until_asked(talk, [joining("ada"), left("ada")])
        talk.fetched.set()

    async def test_one_who_joins_under_another_id_has_left_under_the_first(
        self, talk: Talk
    ) -> None:
        talk.answers = [joined("ada"), joined("bob")]
        async with talk.client() as client:
            await client.ask(joining(""))
            client.writer.write(joining("", number=2))
            async with asyncio.timeout(PATIENCE):
                while left("ada") not in talk.asked:
                    await asyncio.sleep(0.01)
            await client.hear()
        async with asyncio.timeout(PATIENCE):
            while talk.asked[-1] != left("bob"):
                await asyncio.sleep(0.01)
        assert talk.asked.count(left("ada")) == 1

    async def test_one_who_says_nothing_for_their_session_has_left(self, talk: Talk) -> None:
        talk.answers = [joined("ada")]
        async with talk.client() as client:
            await client.ask(joining("", session=50))
            await until_asked(talk, [joining("", session=50), left("ada")])

    async def test_one_who_still_says_something_has_not(self) -> None:
        gone: list[bytes] = []
        when_last_heard: list[list[bytes]] = []
        members = Members(lambda _, member: gone.append(member), ())
        members.asks(question(joining("ada", session=50)))
        # Timers that are late run in their order: a busy machine changes nothing here.
        loop = asyncio.get_running_loop()
        for late in range(0, 300, 10):
            loop.call_later(late / 1_000, members.heard)
        loop.call_later(0.3, lambda: when_last_heard.append([*gone]))
        async with asyncio.timeout(PATIENCE):
            while not gone:
                await asyncio.sleep(0.01)
        assert (when_last_heard, gone) == ([[]], [b"ada"])

    async def test_one_who_is_owed_an_answer_is_waiting_and_not_silent(self) -> None:
        gone: list[bytes] = []
        owed = ["an answer"]
        members = Members(lambda _, member: gone.append(member), owed)
        members.asks(question(joining("ada", session=10)))
        await asyncio.sleep(0.1)
        assert gone == []
        owed.clear()
        async with asyncio.timeout(PATIENCE):
            while not gone:
                await asyncio.sleep(0.01)

    async def test_one_who_left_is_not_left_again(self, talk: Talk) -> None:
        talk.answers = [joined("ada"), b"metadata"]
        async with talk.client() as client:
            await client.ask(joining(""))
            await client.ask(left("ada"))
        async with talk.client() as client:
            await client.ask(metadata_of(number=1))
        assert talk.asked == [joining(""), left("ada"), metadata_of(number=1)]


class TestPassing:
    async def test_clients_are_told_the_address_of_the_server_before(self, talk: Talk) -> None:
        host = LOOPBACK.encode()
        talk.answers = [b"..." + host + Int32.encode(talk.broker_port) + b"..."]
        async with talk.client() as client:
            answer = await client.ask(metadata_of(number=1))
        assert answer == b"..." + host + Int32.encode(talk.port) + b"..."

    async def test_a_broker_that_hangs_up_ends_the_connection(self, talk: Talk) -> None:
        talk.answers = [EMPTY]
        async with talk.client() as client:
            client.writer.write(fetching("trips"))
            await until_asked(talk, [fetching("trips")])
            talk.hung_up()
            with pytest.raises(asyncio.IncompleteReadError):
                await client.hear()

    async def test_without_a_broker_nobody_is_let_in(self) -> None:
        talk = Talk()
        async with served(talk), talk.client() as client:
            with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
                await client.ask(fetching("trips"))

    async def test_a_large_frame_arrives_whole(self, talk: Talk) -> None:
        large = answer(11, records=b"x" * 5_000_000)
        talk.answers = [large]
        async with talk.client() as client:
            assert await client.ask(fetching("trips")) == large
