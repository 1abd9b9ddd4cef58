"""python -m infra.stack.longpoll PORT BROKER_PORT: holds questions for records open.

Apache Kafka answers a fetch when there are records, or after the time that the client set. noida-db
answers at once that there are none, so a waiting client asks over a thousand times a second. This
is a server before it: it passes on everything, but an answer without records waits here until
somebody produces to one of its topics, and is then asked for again.
"""

import asyncio
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from struct import Struct
from typing import cast

LOOPBACK = "127.0.0.1"
PRODUCE, FETCH, METADATA, FIND_COORDINATOR = 0, 1, 3, 10
READ_FETCHES = range(4, 12)
READ_PRODUCES = range(3, 9)
"""The versions whose layout is known here. A fetch of another one is not held; a produce of another
one counts for every topic."""
SECOND = 1_000
BACKLOG = 1_024

_INT8, _INT16, _INT32, _INT64 = Struct(">b"), Struct(">h"), Struct(">i"), Struct(">q")
_HEADER = Struct(">hhi")


class Reader:
    """Reads the types of the Kafka protocol from a frame, one after the other."""

    def __init__(self, frame: bytes, at: int) -> None:
        self._frame = frame
        self._at = at

    def skip(self, count: int) -> None:
        self._at += count

    def number(self, kind: Struct = _INT32) -> int:
        [value] = kind.unpack_from(self._frame, self._at)
        self._at += kind.size
        return cast(int, value)

    def text(self) -> bytes:
        """A string; empty when it is null."""
        size = max(0, self.number(_INT16))
        self._at += size
        return self._frame[self._at - size : self._at]

    def skip_bytes(self) -> int:
        """Bytes, passed over; answers how many, none when they are null."""
        size = max(0, self.number())
        self._at += size
        return size


@dataclass(slots=True)
class Question:
    """A request on its way to the broker."""

    key: int
    version: int
    frame: bytes
    topics: frozenset[bytes] = frozenset()
    """The topics that are produced to or fetched from; empty stands for all, or for none known."""
    within: float = 0.0
    """How many seconds a fetch may wait; 0 for everything that is not held."""
    asked_at: int = 0
    """The news there had been when it was last passed on."""


def question(frame: bytes) -> Question:
    """The parts of a request that matter here."""
    key, version, _ = _HEADER.unpack_from(frame, 4)
    reader = Reader(frame, 4 + _HEADER.size)
    reader.text()
    if key == FETCH and version in READ_FETCHES:
        within, topics = _fetched(reader, version)
        return Question(key, version, frame, topics, within)
    if key == PRODUCE and version in READ_PRODUCES:
        return Question(key, version, frame, _produced(reader))
    return Question(key, version, frame)


def _fetched(reader: Reader, version: int) -> tuple[float, frozenset[bytes]]:
    reader.skip(_INT32.size)
    within = reader.number() / SECOND
    # The least and the most bytes, the isolation, and the session.
    reader.skip(9 + (8 if version >= 7 else 0))
    # Partition, epoch of its leader, offset, start of its log, most bytes.
    entry = 16 + (8 if version >= 5 else 0) + (4 if version >= 9 else 0)
    topics = set()
    for _ in range(reader.number()):
        topics.add(reader.text())
        reader.skip(reader.number() * entry)
    return within, frozenset(topics)


def _produced(reader: Reader) -> frozenset[bytes]:
    reader.text()
    # Acknowledgements and time.
    reader.skip(6)
    topics = set()
    for _ in range(reader.number()):
        topics.add(reader.text())
        for _ in range(reader.number()):
            reader.skip(4)
            reader.skip_bytes()
    return frozenset(topics)


def found_nothing(answer: bytes, version: int) -> bool:
    """Whether the answer to a fetch holds neither records nor an error."""
    reader = Reader(answer, 8 + _INT32.size)
    if version >= 7 and reader.number(_INT16):
        return False
    reader.skip(4 if version >= 7 else 0)
    for _ in range(reader.number()):
        reader.text()
        for _ in range(reader.number()):
            reader.skip(4)
            if reader.number(_INT16):
                return False
            # The end, the stable end, the start.
            reader.skip(8 + 8 + (8 if version >= 5 else 0))
            # Transactions that were given up: producer and offset.
            reader.skip(max(0, reader.number()) * 16)
            reader.skip(4 if version >= 11 else 0)
            if reader.skip_bytes():
                return False
    return True


class News:
    """Counts what was produced, and wakes who waits for it."""

    def __init__(self) -> None:
        self.count = 0
        self._everywhere = 0
        self._latest: dict[bytes, int] = {}
        self._waiting: dict[bytes, set[Callable[[], None]]] = defaultdict(set)

    def arrived(self, topics: frozenset[bytes]) -> None:
        """Something was produced to these topics; to all of them when there are none."""
        self.count += 1
        if not topics:
            self._everywhere = self.count
        for topic in topics or list(self._waiting):
            self._latest[topic] = self.count
            for wake in list(self._waiting[topic]):
                wake()

    def since(self, count: int, topics: frozenset[bytes]) -> bool:
        """Whether something arrived in one of the topics after that many news."""
        return self._everywhere > count or any(self._latest.get(t, 0) > count for t in topics)

    def wait(self, topics: frozenset[bytes], wake: Callable[[], None]) -> None:
        for topic in topics:
            self._waiting[topic].add(wake)

    def leave(self, topics: frozenset[bytes], wake: Callable[[], None]) -> None:
        for topic in topics:
            self._waiting[topic].discard(wake)


class Side(asyncio.Protocol):
    """One of the two connections of a conversation; hands on whole frames.

    Those that come before anybody takes them wait. Reading is not paused for that: some releases
    of Python 3.11 read on when `connection_made` pauses.
    """

    def __init__(self) -> None:
        self.take: Callable[[bytes], None] | None = None
        self.lost: Callable[[], None]
        self.peer: Side
        self.transport: asyncio.Transport
        self._buffer = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self.hand_on()

    def hand_on(self) -> None:
        """Hand on the whole frames there are, if somebody takes them."""
        if self.take is not None:
            for frame in self._frames():
                self.take(frame)

    def _frames(self) -> Iterator[bytes]:
        buffer, at = self._buffer, 0
        while len(buffer) - at >= 4:
            end = at + 4 + int.from_bytes(buffer[at : at + 4])
            if len(buffer) < end:
                break
            yield bytes(buffer[at:end])
            at = end
        del buffer[:at]

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost()

    def pause_writing(self) -> None:
        self.peer.transport.pause_reading()

    def resume_writing(self) -> None:
        with suppress(RuntimeError):
            self.peer.transport.resume_reading()


class Conversation:
    """A client and the broker, with at most one fetch that is held."""

    def __init__(self, client: Side, broker: Side, news: News, names: tuple[bytes, bytes]) -> None:
        self._client, self._broker, self._news = client, broker, news
        self._hidden, self._shown = names
        self._asked: dict[bytes, Question] = {}
        self._held: tuple[Question, bytes, asyncio.TimerHandle] | None = None
        client.peer, broker.peer = broker, client
        client.take, broker.take = self._ask, self._answer
        client.lost = broker.lost = self._end

    def _ask(self, frame: bytes) -> None:
        # Answers leave in the order of the questions.
        self._give_up()
        self._pass_on(question(frame))

    def _pass_on(self, asked: Question) -> None:
        asked.asked_at = self._news.count
        self._asked[asked.frame[8:12]] = asked
        self._broker.transport.write(asked.frame)

    def _answer(self, frame: bytes) -> None:
        asked = self._asked.pop(frame[4:8])
        match asked.key:
            case key if key == FETCH and asked.within and not self._asked:
                if found_nothing(frame, asked.version):
                    self._hold(asked, frame)
                    return
            case key if key == PRODUCE:
                self._news.arrived(asked.topics)
            case key if key in (METADATA, FIND_COORDINATOR):
                frame = frame.replace(self._hidden, self._shown)
        self._client.transport.write(frame)

    def _hold(self, asked: Question, frame: bytes) -> None:
        if self._news.since(asked.asked_at, asked.topics):
            self._pass_on(asked)
            return
        timer = asyncio.get_running_loop().call_later(asked.within, self._give_up)
        self._held = asked, frame, timer
        self._news.wait(asked.topics, self._ask_again)

    def _ask_again(self) -> None:
        if (asked := self._let_go()) is not None:
            self._pass_on(asked[0])

    def _give_up(self) -> None:
        if (asked := self._let_go()) is not None:
            self._client.transport.write(asked[1])

    def _let_go(self) -> tuple[Question, bytes] | None:
        if self._held is None:
            return None
        (asked, frame, timer), self._held = self._held, None
        timer.cancel()
        self._news.leave(asked.topics, self._ask_again)
        return asked, frame

    def _end(self) -> None:
        self._let_go()
        self._client.transport.close()
        self._broker.transport.close()


async def serve(port: int, broker_port: int) -> None:
    """Answer on a port in the name of the broker on another one, until cancelled."""
    loop = asyncio.get_running_loop()
    news = News()
    names = _address(broker_port), _address(port)
    tasks: set[asyncio.Task[None]] = set()

    async def converse(client: Side) -> None:
        try:
            _, broker = await loop.create_connection(Side, LOOPBACK, broker_port)
        except OSError:
            client.transport.close()
            return
        Conversation(client, broker, news, names)
        if client.transport.is_closing():
            broker.transport.close()
        else:
            client.hand_on()

    class Door(Side):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            super().connection_made(transport)
            self.lost = lambda: None
            task = loop.create_task(converse(self))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

    server = await loop.create_server(Door, LOOPBACK, port, backlog=BACKLOG)
    async with server:
        await server.serve_forever()


def _address(port: int) -> bytes:
    """Host and port as they stand beside each other in answers."""
    return LOOPBACK.encode() + _INT32.pack(port)


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2])))
