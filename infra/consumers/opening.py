"""Opens records: the envelope of each, and its event where the consumer reads that type."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from contracts import amendments
from contracts.runtime import DecodeError
from infra.cloudevents import Envelope, NotAnEvent, envelope
from infra.consumers.records import Record
from infra.consumers.subscriptions import Subscription
from infra.identity import ForeignTopic
from infra.personal import Codec, Encoded, Keyring


class Opened(NamedTuple):
    """A record with its envelope and its event.

    Where there is no envelope or no event, `event` is the exception that says why; it is None
    when the consumer does not read events of that type, and where the value was redacted.
    """

    record: Record
    envelope: Envelope | None
    event: Any


class Opener:
    """Opens the records of a consumer's topics."""

    def __init__(self, subscriptions: Sequence[Subscription], keyring: Keyring) -> None:
        self.ours: frozenset[str] = frozenset()
        """The names of our installation in records; while there are none, any is taken."""
        self._types = {one.topic: one.types for one in subscriptions}
        self._codecs = {one.topic: Codec(one.contract, keyring) for one in subscriptions}

    def reads(self, record: Record) -> bool:
        """Whether there is more to do for it than to pass it by."""
        named = dict(record.headers).get("ce_type")
        if named is None:
            return True  # It is no event, and is parked.
        type = named.decode(errors="replace")
        return type == amendments.TYPE or type in self._types[record.topic]

    async def open(self, records: Sequence[Record]) -> list[Opened]:
        """Each record, opened; the events of a topic are decoded together.

        Raises `ForeignTopic` for a record of another installation.
        """
        opened = [_enveloped(record) for record in records]
        if self.ours:
            self._refuse_foreign(opened)
        for topic in {record.topic for record in records}:
            places = [
                n
                for n, (record, found, _) in enumerate(opened)
                if found
                and record.topic == topic
                and found.type in self._types[topic]
                and not record.is_empty
            ]
            encoded = [_encoded(opened[n]) for n in places]
            decoded = await self._codecs[topic].try_decode(encoded)
            for n, event in zip(places, decoded, strict=True):
                opened[n] = opened[n]._replace(event=event)
        return opened

    def _refuse_foreign(self, opened: Sequence[Opened]) -> None:
        for record, found, _ in opened:
            if found is not None and found.installation and found.installation not in self.ours:
                raise ForeignTopic(record.topic, found.installation, self.ours)


def refused(record: Record, error: Exception) -> Opened:
    """The record with the error of the database instead of its event."""
    opened = _enveloped(record)
    return opened if opened.envelope is None else opened._replace(event=error)


def version_of(record: Record) -> int:
    """The version a record says it has; 0 when it does not say."""
    found = _enveloped(record).envelope
    return found.sequence if found is not None else 0


def _enveloped(record: Record) -> Opened:
    try:
        found = envelope(record.headers)
    except NotAnEvent as error:
        return Opened(record, None, error)
    if not record.key or b"\0" in record.key or record.key != found.subject.encode():
        return Opened(record, None, NotAnEvent("its key is not its subject"))
    if found.type == amendments.TYPE:
        try:
            amendments.decode(record.value)
        except DecodeError as error:
            return Opened(record, found, error)
    return Opened(record, found, None)


def _encoded(opened: Opened) -> Encoded:
    assert opened.envelope is not None
    return Encoded(opened.envelope.event_id, opened.envelope.type, opened.record.value)
