"""Putting the past right, as an operator does: an event is corrected, redacted or passed over.

    amending = Amending(commands, keyring, TRIP, "T1")
    plan = await amending.plan(3, Correct(right), "the price was a hundred times too high")
    await amending.carry_out(plan, "operator:lea", now)

A plan changes nothing. Carried out, it is one amendment behind the last event of the stream. What
is so already is not said a second time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce
from hashlib import sha256
from typing import Any, Generic, TypeVar, assert_never
from uuid import NAMESPACE_URL, uuid5

from contracts.amendments import TYPE, Amended, amended, decode, encode
from contracts.common_v1 import AmendmentKind, EventAmended
from contracts.runtime import UnknownEventType
from contracts.timers import CancelTimer, SetTimer
from infra.amendments import said, standing
from infra.commands import Aggregate, CommandContext, Commands, organisation_of, timer_change
from infra.personal import Encoded, Keyring, SubjectIsForgotten
from infra.store import (
    Append,
    Appended,
    EventTooLarge,
    NewEvent,
    RecordedEvent,
)
from infra.store.protocol import Unerasable

E = TypeVar("E")

AMENDMENTS = uuid5(NAMESPACE_URL, "relais:amendments")
ATTEMPTS = 8
"""How often an amendment is planned anew while others write to the stream."""


@dataclass(frozen=True, slots=True)
class Correct(Generic[E]):
    """Let another event of the same type hold instead."""

    right: E


@dataclass(frozen=True, slots=True)
class Redact(Generic[E]):
    """Remove the value for good; another event of the same type, or nothing, holds instead."""

    left: E | None = None


@dataclass(frozen=True, slots=True)
class Skip:
    """Let these readers pass the event over, or everybody when none is named."""

    readers: tuple[str, ...] = ()


Wish = Correct[E] | Redact[E] | Skip


class Unamendable(ValueError):
    """The event cannot be amended like that; the message says why."""


@dataclass(frozen=True, slots=True)
class Target(Generic[E]):
    """An event of a stream, and what holds of it now."""

    recorded: RecordedEvent
    said: Amended
    holds: E | Exception
    """The event that holds, also where somebody passes it over, or why there is none to read."""
    unreadable: bool
    """Whether the recorded value itself cannot be read."""


@dataclass(frozen=True, slots=True)
class Plan(Generic[E]):
    """An amendment before it is recorded, and the event that would then hold."""

    target: Target[E]
    wish: Wish[E]
    reason: str
    amendment: EventAmended | None
    """None when it is so already."""
    holds: E | None
    """None when everybody passes the event over."""
    stream: Sequence[RecordedEvent]
    timers: Mapping[str, SetTimer | CancelTimer]
    """The timers of the stream that change."""
    unreadable: Sequence[int]
    """The versions that still cannot be read."""


class Amending(Generic[E]):
    """The stream of one entity, for whoever has to put its past right."""

    def __init__(
        self,
        commands: Commands,
        keyring: Keyring,
        aggregate: Aggregate[Any, Any, E, Any],
        id: str,
    ) -> None:
        self._store = commands.store
        self._codec = commands.codec(aggregate.contract)
        self._keyring = keyring
        self._aggregate = aggregate
        self._id = id
        self.stream = aggregate.stream(id)

    async def target(self, version: int) -> Target[E]:
        """The event of a version. Raises `Unamendable` when it cannot be amended at all."""
        return await self._target(await self._store.read(self.stream), version)

    async def plan(self, version: int, wish: Wish[E], reason: str) -> Plan[E]:
        """The amendment that fulfils a wish. Raises `Unamendable`."""
        if not (why := reason.strip()):
            raise Unamendable("say why: nothing is amended without a reason")
        recorded = await self._store.read(self.stream)
        target = await self._target(recorded, version)
        match wish:
            case Correct(right=right):
                amendment = await self._correction(target, right, why)
            case Redact(left=left):
                amendment = await self._redaction(target, left, why)
            case Skip(readers=readers):
                amendment = _skip(target, readers, why)
            case unhandled:
                assert_never(unhandled)
        before = said(recorded)
        after = [*before, amendment] if amendment is not None else before
        was, _ = await self._read(standing(recorded, before))
        events, unreadable = await self._read(standing(recorded, after))
        if not unreadable:
            self._refuse_unfoldable(events.values())
        return Plan(
            target,
            wish,
            why,
            amendment,
            events.get(version),
            recorded,
            _changes(self._timers(was.values()), self._timers(events.values())),
            unreadable,
        )

    async def carry_out(self, plan: Plan[E], actor: str, at: datetime) -> int | None:
        """Record the amendment; answers its version, None when it was so already.

        When somebody wrote to the stream meanwhile, it is planned anew. Safe to repeat, also at
        once and after a crash. Raises `Unamendable`.
        """
        for _ in range(ATTEMPTS):
            if plan.amendment is None:
                return None
            append = self._append(plan, await self._proven(plan), actor, at)
            try:
                match plan.wish:
                    case Redact():
                        verdict = await self._store.erase(append, _left(plan))
                    case _:
                        verdict = await self._store.append(append)
            except (EventTooLarge, Unerasable) as error:
                raise Unamendable(str(error)) from error
            if isinstance(verdict, Appended):
                return verdict.version
            plan = await self.plan(plan.target.recorded.version, plan.wish, plan.reason)
        raise Unamendable(f"others keep writing to {self.stream}: try again")

    async def proves(self, version: int, value: bytes) -> bool:
        """Whether these bytes are what stood in an event before it was redacted.

        Raises `Unamendable` for one that was not redacted, or whose proof was destroyed.
        """
        target = await self.target(version)
        digests = [
            one.digest
            for one in said(await self._store.amendments(self.stream))
            if one.version == version and one.digest is not None
        ]
        name = _proof_of(target.recorded)
        opened = [await self._keyring.unseal(name, digest) for digest in digests]
        found = [digest for digest in opened if digest is not None]
        if not found:
            raise Unamendable(f"{self.stream} version {version} has no proof of a redaction")
        return sha256(value).digest() in found

    # --- What there is ----------------------------------------------------------------------------

    async def _target(self, recorded: Sequence[RecordedEvent], version: int) -> Target[E]:
        if not recorded:
            raise Unamendable(f"{self.stream} has no events")
        if not 1 <= version <= len(recorded):
            raise Unamendable(f"{self.stream} has no version {version}, only 1 to {len(recorded)}")
        one = recorded[version - 1]
        if one.type == TYPE:
            first = decode(one.data).version
            raise Unamendable(f"version {version} amends version {first}: amend that one again")
        spoken = amended(said(recorded)).get(version, Amended())
        type, value = spoken.held(one.type, one.data)
        held = Encoded(one.event_id, type, value)
        [event, holds] = await self._codec.try_decode([_encoded(one), held])
        return Target(one, spoken, holds, isinstance(event, Exception))

    async def _read(
        self, recorded: Sequence[RecordedEvent]
    ) -> tuple[Mapping[int, E], Sequence[int]]:
        """The events that can be read, and the versions of those that cannot."""
        events = await self._codec.try_decode([_encoded(one) for one in recorded])
        found = {one.version: event for one, event in zip(recorded, events, strict=True)}
        readable = {v: event for v, event in found.items() if not isinstance(event, Exception)}
        return readable, sorted(found.keys() - readable.keys())

    # --- What is said -----------------------------------------------------------------------------

    async def _correction(self, target: Target[E], right: E, why: str) -> EventAmended | None:
        passed_over = target.said.skipped or target.said.readers
        if target.holds == right and not passed_over:
            return None
        value = await self._value(target, right)
        return _amendment(target, AmendmentKind.CORRECTED, why, value)

    async def _redaction(self, target: Target[E], left: E | None, why: str) -> EventAmended | None:
        was_redacted = "redacted" in target.recorded.meta
        if was_redacted and (target.holds == left or (left is None and not target.recorded.data)):
            return None
        value = None if left is None else await self._value(target, left)
        return _amendment(target, AmendmentKind.REDACTED, why, value)

    async def _value(self, target: Target[E], event: E) -> Encoded:
        """The present form of an event that shall hold in the place of another."""
        recorded = target.recorded
        try:
            kind = self._codec.contract.by_type(recorded.type)
        except UnknownEventType as error:
            raise Unamendable(
                f"{error}: it cannot be corrected, only redacted or skipped"
            ) from error
        if type(event) is not kind.cls:
            raise Unamendable(f"the event is a {kind.cls.__name__}, not a {type(event).__name__}")
        if kind.key_of(event) != self._id:
            raise Unamendable(f"{kind.key} must stay {self._id}: it names the stream")
        try:
            [encoded] = await self._codec.encode([(recorded.event_id, event)])
        except SubjectIsForgotten as error:
            raise Unamendable(f"it has personal data of somebody who is {error}") from error
        except ValueError as error:
            raise Unamendable(f"{kind.cls.__name__}: {error}") from error
        return encoded

    def _refuse_unfoldable(self, events: Any) -> None:
        try:
            reduce(self._aggregate.evolve, events, self._aggregate.initial)
        except Exception as error:
            raise Unamendable(
                f"{self.stream} could not be folded any more: {type(error).__name__}: {error}"
            ) from error

    def _timers(self, events: Any) -> dict[str, SetTimer | CancelTimer]:
        """The last word of these events about each timer."""
        return {timer.name: timer for event in events for timer in self._aggregate.timers(event)}

    # --- Recording it -----------------------------------------------------------------------------

    async def _proven(self, plan: Plan[E]) -> EventAmended:
        """The amendment, with the proof of what a redaction removes."""
        assert plan.amendment is not None
        recorded = plan.target.recorded
        if not isinstance(plan.wish, Redact) or not recorded.data:
            return plan.amendment
        digest = sha256(recorded.data).digest()
        return replace(plan.amendment, digest=await self._keyring.seal(_proof_of(recorded), digest))

    def _append(self, plan: Plan[E], amendment: EventAmended, actor: str, at: datetime) -> Append:
        recorded, last = plan.target.recorded, len(plan.stream)
        value = encode(amendment)
        command = uuid5(AMENDMENTS, f"{recorded.event_id}|{last}|{sha256(value).hexdigest()}")
        context = CommandContext(
            command_id=command,
            correlation_id=str(command),
            causation_id=str(recorded.event_id),
            actor=actor,
            organisation_id=organisation_of(plan.stream),
            at=at,
            fingerprint="amendment",
        )
        event = NewEvent(command, TYPE, value, context.meta(), at)
        # One that is due already fired, or will as it was: nothing is done a second time.
        timers = [timer_change(one) for one in plan.timers.values() if _is_ahead(one, at)]
        return Append(self.stream, last, [event], timers)


def _amendment(
    target: Target[Any],
    kind: AmendmentKind,
    why: str,
    value: Encoded | None = None,
    *,
    readers: tuple[str, ...] = (),
) -> EventAmended:
    return EventAmended(
        version=target.recorded.version,
        event_id=str(target.recorded.event_id),
        kind=kind,
        reason=why,
        replacement=None if value is None else value.data,
        unreadable=target.unreadable,
        readers=readers,
        digest=None,
        type=target.recorded.type if value is None else value.type,
    )


def _skip(target: Target[Any], readers: tuple[str, ...], why: str) -> EventAmended | None:
    _, held = target.said.held(target.recorded.type, target.recorded.data)
    if not held or target.said.skipped or (readers and target.said.readers.issuperset(readers)):
        return None
    if not readers and not isinstance(target.holds, Exception):
        raise Unamendable(
            f"version {target.recorded.version} can be read: correct it, or name who skips it"
        )
    named = tuple(sorted(set(readers)))
    return _amendment(target, AmendmentKind.SKIPPED, why, readers=named)


def _changes(
    was: Mapping[str, SetTimer | CancelTimer], now: Mapping[str, SetTimer | CancelTimer]
) -> Mapping[str, SetTimer | CancelTimer]:
    """The timers that are not what they were."""
    ended = {name: CancelTimer(name) for name in was.keys() - now.keys()}
    return ended | {name: timer for name, timer in now.items() if was.get(name) != timer}


def _is_ahead(timer: SetTimer | CancelTimer, at: datetime) -> bool:
    return isinstance(timer, CancelTimer) or timer.due > at


def _left(plan: Plan[Any]) -> dict[int, tuple[str, bytes]]:
    """The values that stay: of the event, and of earlier amendments that had one for it."""
    assert plan.amendment is not None
    version = plan.target.recorded.version
    earlier = {one.version: decode(one.data) for one in plan.stream if one.type == TYPE}
    return {
        version: (plan.amendment.type, plan.amendment.replacement or b""),
        **{
            at: (TYPE, encode(replace(one, replacement=None)))
            for at, one in earlier.items()
            if one.version == version and one.replacement is not None
        },
    }


def _proof_of(recorded: RecordedEvent) -> str:
    """The name of the key that seals what a redaction proves; no person has such an id."""
    return f"redaction:{recorded.event_id}"


def _encoded(recorded: RecordedEvent) -> Encoded:
    return Encoded(recorded.event_id, recorded.type, recorded.data)
