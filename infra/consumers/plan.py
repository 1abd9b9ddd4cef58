"""The plan of a batch: which records are done, passed by, parked or dropped. It touches nothing.

The stream's version decides: the next one is admitted, an older one is a duplicate, and a hole is
first filled from the topic. Behind a parked record of its stream, a record is parked too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import psycopg

from infra.cloudevents import Envelope
from infra.consumers.opening import Opened
from infra.consumers.records import Delivery, Record

REFUSED = (psycopg.DataError, psycopg.IntegrityError, psycopg.errors.ProgramLimitExceeded)
"""Errors of the database about a row it will never take, however often it is tried: also one that
is too large for it, which psycopg counts among those of a database that is away."""


@dataclass(slots=True)
class StreamState:
    """How far a stream is: last version done, and the first one parked, if any."""

    seen: int = 0
    head: int | None = None


@dataclass(frozen=True, slots=True)
class Admitted:
    """The next record of its stream; without a delivery it is passed by."""

    record: Record
    version: int
    delivery: Delivery | None


@dataclass(frozen=True, slots=True)
class Parked:
    """A record to park, and why; without a reason it only waits behind another."""

    record: Record
    stream: str
    version: int
    reason: str | None


@dataclass(slots=True)
class Plan:
    """The outcome of a batch before it is carried out; `states` are those of its streams.

    `requeued` are parked streams whose hole was filled by a record of this batch, or one of whose
    events was amended by it.
    """

    states: dict[str, StreamState]
    admitted: list[Admitted] = field(default_factory=list)
    parked: list[Parked] = field(default_factory=list)
    duplicates: int = 0
    holes: int = 0
    requeued: set[str] = field(default_factory=set)

    @property
    def deliveries(self) -> list[Delivery]:
        """The deliveries that the handler gets."""
        return [one.delivery for one in self.admitted if one.delivery is not None]

    @property
    def amendments(self) -> list[Record]:
        """The amendments of streams that had come further than what they speak of."""
        return [
            one.record
            for one in self.admitted
            if one.record.is_amendment and one.version <= self.states[one.record.stream].seen
        ]

    @property
    def versions(self) -> dict[str, int]:
        """The version of each stream afterwards."""
        return {stream: state.seen for stream, state in self.states.items()}

    def add(self, opened: Opened) -> range:
        """Give a record its place.

        Answers the versions that are missing before it: then it has no place yet, and `fill` must
        follow with as many of them as there are.
        """
        record, envelope, event = opened
        if envelope is None:
            self.parked.append(Parked(record, _stand_in(record), 1, _reason(event)))
            return range(0)
        state, version = self.states[record.stream], envelope.sequence
        if version <= state.seen:
            self.duplicates += 1
        elif isinstance(event, REFUSED):
            self._park(record, version, _reason(event))
        elif version > state.seen + 1 and state.head is None:
            return range(state.seen + 1, version)
        elif state.head is None or (version == state.seen + 1 < state.head):
            self._admit(opened, envelope)
        else:
            self._park(record, version, None)
        return range(0)

    def fill(self, opened: Opened, missing: range, found: Sequence[Opened]) -> None:
        """Give a record its place behind those that were missing; while they are, it is parked."""
        assert opened.envelope is not None
        self.holes += 1
        for one in found:
            assert one.envelope is not None
            self._admit_or_wait(one, one.envelope)
        state = self.states[opened.record.stream]
        if state.head is not None or state.seen + 1 == opened.envelope.sequence:
            self._admit_or_wait(opened, opened.envelope)
        else:
            reason = f"Hole: {lacking(missing)}"
            self._park(opened.record, opened.envelope.sequence, reason)

    def park_failures(self, failed: Mapping[int, Exception]) -> None:
        """Park what failed, by index of its delivery, and what was admitted behind it."""
        deliveries = self.deliveries
        self._park_from(
            {
                (deliveries[index].stream, deliveries[index].envelope.sequence): error
                for index, error in failed.items()
            }
        )

    def park_amendment(self, record: Record, error: Exception) -> None:
        """Park an amendment that a view cannot take, and what was admitted behind it.

        Views take what comes behind it a second time later, which is harmless.
        """
        [version] = [one.version for one in self.admitted if one.record is record]
        self._park_from({(record.stream, version): error})

    def _park_from(self, errors: Mapping[tuple[str, int], Exception]) -> None:
        broken: set[str] = set()
        for one in self.admitted:
            stream, version = one.record.stream, one.version
            error = errors.get((stream, version))
            if stream in broken:
                self._park(one.record, version, None)
            elif error is not None:
                broken.add(stream)
                self.requeued.discard(stream)
                self.states[stream].seen = version - 1
                self._park(one.record, version, _reason(error))

    def _admit_or_wait(self, opened: Opened, envelope: Envelope) -> None:
        if self.states[opened.record.stream].head is None:
            self._admit(opened, envelope)
        else:
            self._park(opened.record, envelope.sequence, None)

    def _admit(self, opened: Opened, envelope: Envelope) -> None:
        record, _, event = opened
        if isinstance(event, Exception):
            self._park(record, envelope.sequence, _reason(event))
            return
        state = self.states[record.stream]
        state.seen = envelope.sequence
        delivery = None if event is None else Delivery(record.stream, envelope, event)
        self.admitted.append(Admitted(record, envelope.sequence, delivery))
        if state.head is not None and state.head == state.seen + 1:
            self.requeued.add(record.stream)

    def _park(self, record: Record, version: int, reason: str | None) -> None:
        state = self.states[record.stream]
        state.head = min(state.head or version, version)
        if record.is_amendment and reason is None:
            # What the stream waits for may be mended by it.
            self.requeued.add(record.stream)
        self.parked.append(Parked(record, record.stream, version, reason))


def lacking(missing: range) -> str:
    """The missing versions, in words."""
    return f"versions {missing[0]} to {missing[-1]} are missing"


def _stand_in(record: Record) -> str:
    """The name that stands for the stream of a record which does not tell its own."""
    return f"{record.topic}/{record.partition}/{record.offset}"


def _reason(error: Exception) -> str:
    # One line: the database quotes whole rows further down, personal data with them.
    first = next(iter(str(error).splitlines()), "")
    return f"{type(error).__name__}: {first}".replace("\x00", "\\0")[:500]
