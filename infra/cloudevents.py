"""An event on Kafka is a CloudEvent in binary mode; these are its headers, both ways."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from contracts import amendments
from contracts.runtime import Contract, UnknownEventType
from infra.store import RecordedEvent
from infra.store.protocol import Outgoing, outgoing

Header = tuple[str, bytes]
Headers = Sequence[Header]

MAX_NUMBER = 2**31 - 1
REDACTED_BY = "ce_redactedby"
"""Names the amendment that removed what first stood in the value; the value may be empty then."""

INSTALLATION = "ce_installation"
"""The name of the installation that recorded the event."""

_FOREIGN = (
    "every event here is a CloudEvent in binary mode, so another program wrote this record: stop"
    " that program, then give the record up (`relais parked discard`)"
)


class NotAnEvent(ValueError):
    """A record without the headers that every event of ours has."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """The facts in the headers of a record. `sequence` is the version in the stream."""

    event_id: UUID
    type: str
    subject: str
    sequence: int
    occurred_at: datetime
    recorded_at: datetime
    timeline: int
    correlation_id: str
    causation_id: str
    actor: str
    organisation_id: str
    traceparent: str | None
    installation: str = ""
    """The name of the installation that recorded it; empty in older records."""


def headers(
    contract: Contract[Any], key: str, event: RecordedEvent, timeline: int, installation: str = ""
) -> list[Header]:
    """The CloudEvents headers of a recorded event."""
    own = of_event(outgoing(event), key.encode(), timeline, installation)
    return [*of_type(contract, event.type), *own]


def of_event(
    event: Outgoing, subject: bytes, timeline: int, installation: str = ""
) -> list[Header]:
    """The headers of an event that others of its type do not share."""
    found = [
        ("ce_id", event.event_id.encode()),
        ("ce_subject", subject),
        ("ce_time", event.occurred_at.isoformat().encode()),
        ("ce_sequence", b"%d" % event.version),
        ("ce_partitionkey", subject),
        ("ce_recordedtime", event.recorded_at.isoformat().encode()),
        ("ce_timeline", b"%d" % timeline),
        ("ce_correlationid", event.correlation.encode()),
        ("ce_causationid", event.causation.encode()),
        ("ce_actor", event.actor.encode()),
        ("ce_organisation", event.organisation.encode()),
    ]
    if installation:
        found.append((INSTALLATION, installation.encode()))
    if event.redacted:
        found.append((REDACTED_BY, event.redacted.encode()))
    if event.traceparent:
        found.append(("traceparent", event.traceparent.encode()))
    return found


def of_type(contract: Contract[Any], type: str) -> Sequence[Header]:
    """The headers that all events of a type share."""
    return (
        ("ce_specversion", b"1.0"),
        ("ce_source", b"/relais/" + contract.service.encode()),
        ("ce_type", type.encode()),
        ("content-type", b"application/protobuf"),
        *_schema(contract, type),
    )


def _schema(contract: Contract[Any], type: str) -> Sequence[Header]:
    if type == amendments.TYPE:
        return (("ce_dataschema", amendments.SCHEMA_URI.encode()),)
    try:
        return (("ce_dataschema", contract.by_type(type).schema_uri.encode()),)
    except UnknownEventType:
        # Recorded by a newer release than this relay: published all the same.
        return ()


def envelope(found: Headers) -> Envelope:
    """The envelope of a record. Raises `NotAnEvent` when a header is missing or malformed."""
    given = dict(found)
    try:
        return Envelope(
            event_id=UUID(given["ce_id"].decode()),
            type=given["ce_type"].decode(),
            subject=given["ce_subject"].decode(),
            sequence=_number(given["ce_sequence"], least=1),
            occurred_at=_time(given["ce_time"]),
            recorded_at=_time(given["ce_recordedtime"]),
            timeline=_number(given["ce_timeline"], least=0),
            correlation_id=given.get("ce_correlationid", b"").decode(),
            causation_id=given.get("ce_causationid", b"").decode(),
            actor=given.get("ce_actor", b"").decode(),
            organisation_id=given.get("ce_organisation", b"").decode(),
            traceparent=given["traceparent"].decode() if "traceparent" in given else None,
            installation=given.get(INSTALLATION, b"").decode(),
        )
    except KeyError as error:
        raise NotAnEvent(f"its header {error.args[0]} is missing; {_FOREIGN}") from error
    except (ValueError, OverflowError) as error:
        raise NotAnEvent(f"one of its headers cannot be read, {error}; {_FOREIGN}") from error


def recorded_envelope(key: str, event: RecordedEvent) -> Envelope:
    """The envelope a recorded event would have on Kafka, in timeline 0."""
    meta = event.meta
    return Envelope(
        event_id=event.event_id,
        type=event.type,
        subject=key,
        sequence=event.version,
        occurred_at=event.occurred_at,
        recorded_at=event.recorded_at,
        timeline=0,
        correlation_id=meta.get("correlation", ""),
        causation_id=meta.get("causation", ""),
        actor=meta.get("actor", ""),
        organisation_id=meta.get("organisation", ""),
        traceparent=meta.get("traceparent"),
    )


def _number(value: bytes, least: int) -> int:
    number = int(value)
    if not least <= number <= MAX_NUMBER:
        raise ValueError(f"{number} is out of range")
    return number


def _time(value: bytes) -> datetime:
    time = datetime.fromisoformat(value.decode())
    if time.tzinfo is None:
        raise ValueError(f"{time} has no zone")
    return time.astimezone(UTC)
