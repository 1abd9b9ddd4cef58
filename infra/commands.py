"""From a command to recorded facts: load, fold, decide, append, and again on a conflict."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import reduce
from typing import Any, Generic, TypeVar, assert_never
from uuid import UUID, uuid5
from weakref import WeakValueDictionary

from contracts.amendments import TYPE, decode
from contracts.common_v1 import EventAmended
from contracts.obligations import Obligations
from contracts.runtime import Contract
from contracts.timers import CancelTimer, SetTimer
from infra import telemetry
from infra.amendments import said, said_by, standing
from infra.folds import Fold, Folds
from infra.personal import Codec, Encoded, Keyring
from infra.store import (
    Append,
    Appended,
    Cancel,
    Conflict,
    EventIdTaken,
    Fire,
    NewEvent,
    RecordedEvent,
    Schedule,
    TimerGone,
)
from infra.store.protocol import InTransaction, ServiceStore

C = TypeVar("C")
S = TypeVar("S")
E = TypeVar("E")
R = TypeVar("R")

CommandFactory = Callable[[S], Awaitable[C]]
"""Makes a command once the state it will be decided on is known. It only reads:
a command on the same stream would wait for this one."""

FINGERPRINT_DIGITS = 32
"""Hexadecimal digits of the fingerprint of a request: 128 bits. Earlier releases recorded more."""

ATTEMPTS = 32
"""How often a command is decided anew when other processes keep writing to its stream."""


@dataclass(frozen=True, slots=True)
class Aggregate(Generic[C, S, E, R]):
    """One kind of stream: its contract, its rules and its timers."""

    contract: Contract[E]
    decide: Callable[[C, S], list[E] | R]
    evolve: Callable[[S, E], S]
    initial: S
    timers: Callable[[E], Sequence[SetTimer | CancelTimer]] = lambda _: ()
    on_timer: Callable[[str, str, datetime], C] | None = None
    forget: Callable[[str, str, datetime], Any] | None = None
    """Where a stream has the id of a person: the command that records that they are forgotten,
    from their id, the organisation and the time."""
    obligations: Callable[[S, str], Obligations] | None = None
    """The reasons not to forget a person yet, and what the law keeps of them, by the state of a
    stream that names them."""

    def stream(self, id: str) -> str:
        """Name of the stream of the entity `id`."""
        return f"{self.contract.name}-{id}"


@dataclass(frozen=True, slots=True)
class CommandContext:
    """The actor, the time and the request of a command, recorded with every event that results.

    Without an organisation, that of the stream is recorded: timers and workers know no other.
    `command_id` makes a repeated request recognisable, `fingerprint` tells whether the repeated
    request is really the same. `actor` is the id of a user, or the kind and the name of what acts
    by itself, with a `:` between them, which no id of a user has.
    """

    command_id: UUID
    correlation_id: str
    causation_id: str
    actor: str
    organisation_id: str
    at: datetime
    fingerprint: str
    traceparent: str | None = None

    def meta(self) -> dict[str, str]:
        """The metadata that is stored beside each event."""
        meta = {
            "command": str(self.command_id),
            "correlation": self.correlation_id,
            "causation": self.causation_id,
            "actor": self.actor,
            "organisation": self.organisation_id,
            "fingerprint": self.fingerprint,
        }
        return meta | {"traceparent": self.traceparent} if self.traceparent else meta


@dataclass(frozen=True, slots=True)
class Done(Generic[S]):
    """Durable. `position` is the token that lets a reader wait for these facts."""

    stream: str
    version: int
    state: S
    recorded: int
    repeated: bool
    position: str


@dataclass(frozen=True, slots=True)
class Refused(Generic[R]):
    """The rule that said no, with its facts. Nothing was recorded."""

    rejection: R


@dataclass(frozen=True, slots=True)
class Read:
    """A stream as it was read from its beginning, and the state that it leads to."""

    recorded: Sequence[RecordedEvent]
    fold: Fold


@dataclass(frozen=True, slots=True)
class Loaded(Generic[S]):
    """An entity folded from its stream; version 0 when it has none.

    `stream` is its name as position tokens have it, `organisation_id` whose it is. `subjects` is
    everybody named in its sealed fields; None when one of them is forgotten, and of the past.
    `read` is for a command that follows at once; None of the past, and where a state was kept.
    """

    state: S
    version: int
    stream: str = field(default="", compare=False)
    organisation_id: str = field(default="", compare=False)
    subjects: frozenset[str] | None = field(default=None, compare=False)
    read: Read | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Amendment:
    """The last thing that was said of an event, and the version at which it was."""

    version: int
    said: EventAmended


@dataclass(frozen=True, slots=True)
class HistoryEntry(Generic[E]):
    """One fact: what, who, when it happened and when we learnt of it.

    `event` is an `EventAmended` where nothing else is left to tell, and of the amendment itself.
    """

    version: int
    type: str
    event: E | EventAmended
    actor: str
    occurred_at: datetime
    recorded_at: datetime
    correlation_id: str
    causation_id: str
    amendment: Amendment | None = None
    instead: E | None = None
    """What holds in the place of `event`; None while that does."""

    @property
    def holds(self) -> E | EventAmended:
        """The event that is taken for true now."""
        return self.event if self.instead is None else self.instead


class VersionMismatch(Exception):
    """The caller named a version (`If-Match`) that the stream does not stand at.

    `rejection` is the rule that refuses the command as the stream stands; None when none does. It
    comes first where it says that the caller must not know of the stream.
    """

    def __init__(self, expected: int, actual: int, rejection: object | None = None) -> None:
        super().__init__(f"expected version {expected}, the stream stands at {actual}")
        self.expected = expected
        self.actual = actual
        self.rejection = rejection


class TooMuchContention(Exception):
    """Others kept writing to the stream; the caller may simply try again."""


class IdempotencyKeyReused(Exception):
    """The same Idempotency-Key came with another request."""


class Commands:
    """Handles commands on the aggregates of one service.

    Commands on one stream take turns within a process, in the order they came, so that only other
    processes cause conflicts.
    """

    def __init__(
        self,
        service: str,
        store: ServiceStore,
        keyring: Keyring,
        folds: Folds | None = None,
    ) -> None:
        self.service = service
        self.store = store
        self._keyring = keyring
        self._codecs: dict[str, Codec[Any]] = {}
        self._folds = folds or Folds()
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def handle(
        self,
        aggregate: Aggregate[C, S, E, R],
        id: str,
        command: C | CommandFactory[S, C],
        context: CommandContext,
        expected_version: int | None = None,
        *,
        in_transaction: InTransaction | None = None,
        loaded: Loaded[S] | None = None,
    ) -> Done[S] | Refused[R]:
        """Decide and record, all or nothing; a repeated command answers what it answered before.

        A command that needs facts from elsewhere may be given as a function from the state it
        will be decided on; it is asked anew after a conflict. Raises `VersionMismatch` (nothing
        recorded), `IdempotencyKeyReused`, `TooMuchContention`.

        `in_transaction` is done together with the events or not at all: not when there are none,
        nor when the command is repeated. What it raises comes out, and nothing is recorded.

        `loaded` is the entity as the same request found it: events are decided on that, and on what
        stands by then after a conflict. Nothing is refused or left as it is without another look;
        a function is given the state of now.
        """
        # What makes a command may refuse by the state, which must be that of now.
        read = None if loaded is None or callable(command) else loaded.read
        return await self._settle(
            aggregate, id, command, context, expected_version, None, in_transaction, read
        )

    async def _settle(
        self,
        aggregate: Aggregate[C, S, E, R],
        id: str,
        command: C | CommandFactory[S, C],
        context: CommandContext,
        expected_version: int | None,
        fire: Fire | None,
        in_transaction: InTransaction | None = None,
        read: Read | None = None,
    ) -> Done[S] | Refused[R]:
        stream = aggregate.stream(id)
        turn = self._turns.setdefault(stream, asyncio.Lock())
        if turn.locked():
            # Whoever has it is likely to record something.
            read = None
        async with turn:
            for _ in range(ATTEMPTS):
                attempt = await self._attempt(
                    aggregate, id, command, context, expected_version, fire, in_transaction, read
                )
                if attempt is not None:
                    return attempt
                read = None
        raise TooMuchContention(f"{stream}: {ATTEMPTS} attempts")

    async def _attempt(
        self,
        aggregate: Aggregate[C, S, E, R],
        id: str,
        command: C | CommandFactory[S, C],
        context: CommandContext,
        expected_version: int | None,
        fire: Fire | None,
        in_transaction: InTransaction | None,
        read: Read | None,
    ) -> Done[S] | Refused[R] | None:
        stream = aggregate.stream(id)
        found = read.fold if read else await self._kept(aggregate, stream, context)
        if read is not None or found is None:
            recorded = read.recorded if read else await self.store.read(stream)
            if before := _earlier(recorded, context):
                return await self._answer_again(aggregate, stream, recorded, before.version)
            found = found or await self._folded(aggregate, stream, recorded)
        state, version = found.state, found.version
        asked: C = await command(state) if callable(command) else command
        decision = aggregate.decide(asked, state)
        records = isinstance(decision, list) and decision
        if read is not None and not (records and expected_version in (None, version)):
            # The request itself may have changed it since. What is recorded meets a conflict then,
            # and nothing else does.
            return None
        if expected_version is not None and expected_version != version:
            rejection = None if isinstance(decision, list) else decision
            raise VersionMismatch(expected_version, version, rejection)
        if not isinstance(decision, list):
            return Refused(decision)
        if not decision and fire is None:
            return Done(stream, version, state, 0, False, self._token(stream, version))
        if not context.organisation_id:
            context = replace(context, organisation_id=found.organisation_id)
        append = await self.prepare(aggregate, stream, version, decision, context, fire)
        verdict = await (
            self.store.append_with(append, in_transaction)
            if in_transaction
            else self.store.append(append)
        )
        match verdict:
            case Appended(repeated=True) | Conflict():
                # Read again: it may have been this very request, which came twice at once.
                return None
            case Appended(version=version):
                state = reduce(aggregate.evolve, decision, state)
                token = self._token(stream, version)
                return Done(stream, version, state, len(decision), False, token)
            case EventIdTaken():
                raise IdempotencyKeyReused
            case TimerGone():
                return Done(stream, version, state, 0, False, self._token(stream, version))
            case unhandled:
                assert_never(unhandled)

    async def prepare(
        self,
        aggregate: Aggregate[C, S, E, R],
        stream: str,
        version: int,
        events: Sequence[E],
        context: CommandContext,
        fire: Fire | None = None,
    ) -> Append:
        """The append that records these events after `version`, with their timers."""
        named = [(event_id(context.command_id, n), event) for n, event in enumerate(events)]
        encoded = await self.codec(aggregate.contract).encode(named)
        meta = context.meta()
        timers: list[Schedule | Cancel | Fire] = [fire] if fire else []
        timers += [timer_change(timer) for event in events for timer in aggregate.timers(event)]
        return Append(
            stream,
            version,
            [NewEvent(e.event_id, e.type, e.data, meta, context.at) for e in encoded],
            timers,
        )

    async def fire(
        self,
        aggregate: Aggregate[C, S, E, R],
        id: str,
        command: C,
        context: CommandContext,
        timer: Fire,
    ) -> Done[S] | Refused[R]:
        """Like `handle`, consuming the timer in the same transaction; at most once a timer."""
        return await self._settle(aggregate, id, command, context, None, timer)

    async def load(
        self,
        aggregate: Aggregate[Any, S, E, Any],
        id: str,
        *,
        at_time: datetime | None = None,
        at_version: int | None = None,
    ) -> Loaded[S]:
        """The entity now, as it was known at a time, or at a version. Never stale."""
        stream, name = aggregate.stream(id), f"{self.service}.{aggregate.contract.name}/{id}"
        if at_time is not None or at_version is not None:
            past = await self.store.read(stream, to_time=at_time, to_version=at_version)
            version = past[-1].version if past else 0
            amendments = said_by(version, await self.store.amendments(stream))
            state = await self._fold(aggregate, past, amendments)
            return Loaded(state, version, name, organisation_of(past))
        found, read = await self._kept(aggregate, stream), None
        if found is None:
            recorded = await self.store.read(stream)
            found = await self._folded(aggregate, stream, recorded)
            read = Read(recorded, found)
        subjects = found.subjects if found.readable == found.subjects else None
        return Loaded(found.state, found.version, name, found.organisation_id, subjects, read)

    async def stands(self, name: str, version: int, subjects: frozenset[str]) -> bool:
        """Whether a stream, by its name as position tokens have it, is still at a version, and
        nobody of these is forgotten."""
        owner, _, id = name.partition("/")
        if await self.store.version(f"{owner.rpartition('.')[2]}-{id}") != version:
            return False
        return subjects == (await self._keyring.keys(subjects)).keys()

    async def history(
        self,
        aggregate: Aggregate[Any, Any, E, Any],
        id: str,
        *,
        after: int = 0,
        most: int | None = None,
    ) -> list[HistoryEntry[E]]:
        """The facts of the entity after a version, oldest first: all, or `most` of them.

        An event that was corrected is told as it was recorded, and what holds instead beside it.
        One that cannot be read, and was amended, is told by its amendment alone.
        """
        last = None if most is None else after + most
        stream = aggregate.stream(id)
        recorded = await self.store.read(stream, after_version=after, to_version=last)
        if not (spoken := await self.store.amendments(stream)):
            events = await self._decode(aggregate.contract, recorded)
            return [
                _entry(aggregate.contract, one, event)
                for one, event in zip(recorded, events, strict=True)
            ]
        return await self._amended_history(aggregate.contract, recorded, spoken)

    async def _amended_history(
        self,
        contract: Contract[E],
        recorded: Sequence[RecordedEvent],
        spoken: Sequence[RecordedEvent],
    ) -> list[HistoryEntry[E]]:
        """The entries of a stream with amendments, of which `spoken` are all there are."""
        amendments = said(spoken)
        codec = self.codec(contract)
        as_recorded = await codec.try_decode(_encoded(recorded))
        holding = standing(recorded, amendments)
        decoded = await codec.decode(_encoded(holding))
        instead = {one.version: event for one, event in zip(holding, decoded, strict=True)}
        last = {
            one.version: Amendment(event.version, one)
            for one, event in zip(amendments, spoken, strict=True)
            if not one.readers
        }
        return [
            _amended_entry(contract, one, event, instead.get(one.version), last.get(one.version))
            for one, event in zip(recorded, as_recorded, strict=True)
        ]

    def codec(self, contract: Contract[E]) -> Codec[E]:
        """The codec of a contract, with this service's keyring."""
        if contract.package not in self._codecs:
            self._codecs[contract.package] = Codec(contract, self._keyring)
        return self._codecs[contract.package]

    async def _kept(
        self,
        aggregate: Aggregate[Any, Any, Any, Any],
        stream: str,
        context: CommandContext | None = None,
    ) -> Fold | None:
        """The state now, from one that was kept and what came since.

        None where the whole stream must be read: nothing was kept, somebody in it was forgotten
        since, an event of it was amended, or the command was recorded before.
        """
        kept = self._folds.get(stream)
        if kept is None:
            return None
        if context is not None and await self.store.find([event_id(context.command_id, 0)]):
            return None
        recorded = await self.store.read(stream, after_version=kept.version)
        if any(event.type == TYPE for event in recorded):
            # Events that the state was folded from may mean something else now.
            self._folds.drop(stream)
            return None
        decoded = await self.codec(aggregate.contract).decode_beside(
            _encoded(recorded), kept.subjects
        )
        if decoded.readable & kept.subjects != kept.readable:
            self._folds.drop(stream)
            return None
        fold = Fold(
            reduce(aggregate.evolve, decoded.events, kept.state),
            recorded[-1].version if recorded else kept.version,
            kept.organisation_id or organisation_of(recorded),
            decoded.subjects,
            decoded.readable,
        )
        self._folds.keep(stream, fold)
        return fold

    async def _folded(
        self,
        aggregate: Aggregate[Any, Any, Any, Any],
        stream: str,
        recorded: Sequence[RecordedEvent],
    ) -> Fold:
        """The state that the whole stream leads to; of a long one it is kept."""
        events = standing(recorded, said(recorded))
        decoded = await self.codec(aggregate.contract).decode_beside(_encoded(events))
        state = reduce(aggregate.evolve, decoded.events, aggregate.initial)
        version = recorded[-1].version if recorded else 0
        fold = Fold(state, version, organisation_of(recorded), decoded.subjects, decoded.readable)
        self._folds.keep(stream, fold)
        return fold

    async def _fold(
        self,
        aggregate: Aggregate[Any, S, E, Any],
        recorded: Sequence[RecordedEvent],
        amendments: Sequence[EventAmended],
    ) -> S:
        events = await self._decode(aggregate.contract, standing(recorded, amendments))
        return reduce(aggregate.evolve, events, aggregate.initial)

    async def _decode(self, contract: Contract[E], recorded: Sequence[RecordedEvent]) -> list[E]:
        return await self.codec(contract).decode(_encoded(recorded))

    async def _answer_again(
        self,
        aggregate: Aggregate[Any, S, E, Any],
        stream: str,
        recorded: Sequence[RecordedEvent],
        version: int,
    ) -> Done[S]:
        amendments = said_by(version, recorded)
        state = await self._fold(aggregate, recorded[:version], amendments)
        return Done(stream, version, state, 0, True, self._token(stream, version))

    def _token(self, stream: str, version: int) -> str:
        name, id = stream.split("-", 1)
        return f"{self.service}.{name}/{id}@{version}"


def event_id(command_id: UUID, number: int) -> UUID:
    """The id of an event of a command, by which it is recognised when it comes again."""
    return uuid5(command_id, str(number))


def _entry(
    contract: Contract[E], recorded: RecordedEvent, event: E | EventAmended
) -> HistoryEntry[E]:
    amends = isinstance(event, EventAmended)
    return HistoryEntry(
        version=recorded.version,
        # That of today, whichever it was recorded as.
        type=TYPE if amends else contract.by_class(type(event)).type,
        event=event,
        actor=recorded.meta.get("actor", ""),
        occurred_at=recorded.occurred_at,
        recorded_at=recorded.recorded_at,
        correlation_id=recorded.meta.get("correlation", ""),
        causation_id=recorded.meta.get("causation", ""),
    )


def _amended_entry(
    contract: Contract[E],
    recorded: RecordedEvent,
    event: E | Exception,
    holding: E | None,
    amendment: Amendment | None,
) -> HistoryEntry[E]:
    """An event as it was recorded, or as it holds where that cannot be read any more."""
    if recorded.type == TYPE:
        return _entry(contract, recorded, decode(recorded.data))
    if isinstance(event, Exception):
        if amendment is None:
            raise event
        told = amendment.said if holding is None else holding
        return replace(_entry(contract, recorded, told), amendment=amendment)
    instead = holding if holding != event else None
    return replace(_entry(contract, recorded, event), amendment=amendment, instead=instead)


def _encoded(recorded: Sequence[RecordedEvent]) -> list[Encoded]:
    return [Encoded(r.event_id, r.type, r.data) for r in recorded]


def _earlier(recorded: Sequence[RecordedEvent], context: CommandContext) -> RecordedEvent | None:
    """The last event this very command recorded before, if it came before."""
    command = str(context.command_id)
    for event in recorded[::-1]:
        if event.meta.get("command") == command:
            stored = event.meta.get("fingerprint", "")[:FINGERPRINT_DIGITS]
            if stored != context.fingerprint[:FINGERPRINT_DIGITS]:
                raise IdempotencyKeyReused
            telemetry.repeated_commands(1)
            return event
    return None


def organisation_of(recorded: Sequence[RecordedEvent]) -> str:
    """The organisation of a stream: that of its first event that names one, or empty."""
    named = (event.meta.get("organisation", "") for event in recorded)
    return next(filter(None, named), "")


def timer_change(timer: SetTimer | CancelTimer) -> Schedule | Cancel:
    """The same for the store: a timer that an event sets or ends."""
    match timer:
        case SetTimer(name=name, due=due):
            return Schedule(name, due)
        case CancelTimer(name=name):
            return Cancel(name)
