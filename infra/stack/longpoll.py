"""python -m infra.stack.longpoll PORT BROKER_PORT: lends noida-db two manners of Apache Kafka.

Apache Kafka answers a fetch when there are records, or after the time that the client set. noida-db
answers at once that there are none, so a waiting client asks over a thousand times a second. This
is a server before it: it passes on everything, but an answer without records waits here until
somebody produces to one of its topics, and is then asked for again.

Apache Kafka gives up a member of a group that says nothing for the time of its session. noida-db
never does, and lets a group wait for a leader that is gone. So this server leaves the group in the
name of a member whose connection ended, who joined anew under another id, or who fell silent.
"""

import asyncio
import sys
from collections import defaultdict
from collections.abc import Callable, Collection, Coroutine, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from struct import Struct
from typing import Any, cast

LOOPBACK = "127.0.0.1"
PRODUCE, FETCH, METADATA, FIND_COORDINATOR = 0, 1, 3, 10
JOIN_GROUP, LEAVE_GROUP = 11, 13
READ_FETCHES = range(4, 12)
READ_PRODUCES = range(3, 9)
READ_JOINS = range(1, 6)
READ_LEAVES = range(4)
"""The versions whose layout is known here. A fetch of another one is not held; a produce of another
one counts for every topic; who joins a group by another one is not looked after."""
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
    group: bytes = b""
    """The group that is joined or left."""
    member: bytes = b""
    """The id of the one who joins; empty when it has none yet."""
    session: float = 0.0
    """How many seconds the one who joins may be silent."""


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
    if key == JOIN_GROUP and version in READ_JOINS:
        group, session = reader.text(), reader.number() / SECOND
        # How long it may take to join.
        reader.skip(_INT32.size)
        return Question(key, version, frame, group=group, member=reader.text(), session=session)
    if key == LEAVE_GROUP and version in READ_LEAVES:
        return Question(key, version, frame, group=reader.text())
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


def joined_as(answer: bytes, version: int) -> bytes:
    """The id under which somebody is in the group by now; empty when they are not."""
    reader = Reader(answer, 8 + (_INT32.size if version >= 2 else 0))
    refused = reader.number(_INT16)
    # Generation, protocol, leader.
    reader.skip(_INT32.size)
    reader.text()
    reader.text()
    member = reader.text()
    return b"" if refused else member


def leaving(group: bytes, member: bytes) -> bytes:
    """The request by which a member leaves a group."""
    named = b"".join(_INT16.pack(len(text)) + text for text in (b"", group, member))
    content = _HEADER.pack(LEAVE_GROUP, 1, 0) + named
    return _INT32.pack(len(content)) + content


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


Leave = Callable[[bytes, bytes], None]
"""Leaves a group in the name of a member."""


class Members:
    """The members of groups that speak by one connection; it leaves in the name of who is gone.

    One is gone when its connection has ended, when it joins under another id, or when it says
    nothing for the time of its session. While it is `owed` an answer, it is not silent but waiting.
    """

    def __init__(self, leave: Leave, owed: Collection[object]) -> None:
        self._leave = leave
        self._owed = owed
        self._members: dict[bytes, bytes] = {}
        self._session = 0.0
        self._heard_at = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def heard(self) -> None:
        """The client asked something, or was answered."""
        self._heard_at = asyncio.get_running_loop().time()

    def asks(self, asked: Question) -> None:
        """Somebody asks to join or to leave a group."""
        if asked.key == LEAVE_GROUP:
            self._members.pop(asked.group, None)
        else:
            self._session = asked.session
            self.joined(asked.group, asked.member)

    def joined(self, group: bytes, member: bytes) -> None:
        """The client is this member of the group, and no other one any more."""
        before = self._members.pop(group, member)
        if before != member:
            self._leave(group, before)
        if member:
            self._members[group] = member
            self._timer = self._timer or self._look_in(self._session)

    def gone(self) -> None:
        """None of them will say anything more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for group, member in self._members.items():
            self._leave(group, member)
        self._members.clear()

    def _look_in(self, seconds: float) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(seconds, self._look)

    def _look(self) -> None:
        silent = asyncio.get_running_loop().time() - self._heard_at
        if self._owed:
            self._timer = self._look_in(self._session)
        elif silent < self._session:
            self._timer = self._look_in(self._session - silent)
        else:
            self.gone()


class Conversation:
    """A client and the broker, with at most one fetch that is held."""

    def __init__(
        self,
        client: Side,
        broker: Side,
        news: News,
        names: tuple[bytes, bytes],
        leave: Leave,
    ) -> None:
        self._client, self._broker, self._news = client, broker, news
        self._hidden, self._shown = names
        self._asked: dict[bytes, Question] = {}
        self._members = Members(leave, self._asked)
        self._held: tuple[Question, bytes, asyncio.TimerHandle] | None = None
        client.peer, broker.peer = broker, client
        client.take, broker.take = self._ask, self._answer
        client.lost = broker.lost = self._end

    def _ask(self, frame: bytes) -> None:
        # Answers leave in the order of the questions.
        self._give_up()
        self._members.heard()
        asked = question(frame)
        if asked.group:
            self._members.asks(asked)
        self._pass_on(asked)

    def _pass_on(self, asked: Question) -> None:
        asked.asked_at = self._news.count
        self._asked[asked.frame[8:12]] = asked
        self._broker.transport.write(asked.frame)

    def _answer(self, frame: bytes) -> None:
        asked = self._asked.pop(frame[4:8])
        self._members.heard()
        match asked.key:
            case key if key == FETCH and asked.within and not self._asked:
                if found_nothing(frame, asked.version):
                    self._hold(asked, frame)
                    return
            case key if key == PRODUCE:
                self._news.arrived(asked.topics)
            case key if key == JOIN_GROUP and asked.group:
                if member := joined_as(frame, asked.version):
                    self._members.joined(asked.group, member)
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
        self._members.gone()
        self._client.transport.close()
        self._broker.transport.close()


async def serve(port: int, broker_port: int) -> None:
    """Answer on a port in the name of the broker on another one, until cancelled."""
    loop = asyncio.get_running_loop()
    news = News()
    names = _address(broker_port), _address(port)
    tasks: set[asyncio.Task[None]] = set()

    def begin(work: Coroutine[Any, Any, None]) -> None:
        task = loop.create_task(work)
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    async def leave(group: bytes, member: bytes) -> None:
        # A broker that is gone has no groups either.
        with suppress(OSError, asyncio.IncompleteReadError):
            reader, writer = await asyncio.open_connection(LOOPBACK, broker_port)
            with closing(writer):
                writer.write(leaving(group, member))
                await reader.readexactly(_INT32.size)

    async def converse(client: Side) -> None:
        try:
            _, broker = await loop.create_connection(Side, LOOPBACK, broker_port)
        except OSError:
            client.transport.close()
            return
        Conversation(client, broker, news, names, lambda *gone: begin(leave(*gone)))
        if client.transport.is_closing():
            broker.transport.close()
        else:
            client.hand_on()

    class Door(Side):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            super().connection_made(transport)
            self.lost = lambda: None
            begin(converse(self))

    server = await loop.create_server(Door, LOOPBACK, port, backlog=BACKLOG)
    async with server:
        await server.serve_forever()


def _address(port: int) -> bytes:
    """Host and port as they stand beside each other in answers."""
    return LOOPBACK.encode() + _INT32.pack(port)


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2])))
