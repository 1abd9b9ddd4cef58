"""Events survive the wire, and what is no event of ours is refused."""

import re
from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.common_v1 import Money, Point
from contracts.index import contracts
from contracts.missions import trip_v1
from contracts.missions.driver_v1 import AvailabilityDeclared, DriverRegistered, HomeChanged, Period
from contracts.missions.trip_v1 import Channel, DeliveryConfirmed, QuoteSubmitted
from contracts.runtime import REDACTED, DecodeError, EventType, UnknownEventType, message_class
from tests.contract import kit
from tools.compiler import python
from tools.compiler.schema import Enum, Field, Message

UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
NOON = datetime(2030, 5, 1, 12, 0, tzinfo=UTC)
REGISTERED = DriverRegistered(
    driver_id="driver-1", organisation_id="org-1", name="Ana", phone="+33 1", registered_at=NOON
)
QUOTE = QuoteSubmitted(
    trip_id="trip-1",
    driver_id="driver-1",
    price=Money(100, "EUR"),
    comment=None,
    pickup_on=None,
    delivery_on=None,
    submitted_at=NOON,
    expenses=(),
    valid_until=None,
)


def mirrored(_subject: str, _field: int, content: bytes) -> bytes:
    """Stands for a cipher: sealing twice is opening."""
    return content[::-1]


def forgotten(_subject: str, _field: int, _sealed: bytes) -> bytes | None:
    return None


def type_of(event: Any) -> EventType[Any]:
    return next(kind for kind in kit.KINDS if kind.cls is type(event))


def encoded(event: Any) -> bytes:
    return type_of(event).encode(event, mirrored)


def altered(event: Any, **fields: Any) -> bytes:
    """The event's bytes with fields of its message set to something else; None clears."""
    kind = type_of(event)
    message = kind.parse(encoded(event))
    for name, value in fields.items():
        message.ClearField(name)
        if value is not None:
            message.MergeFrom(message_class(kind.schema)(**{name: value}))
    content: bytes = message.SerializeToString()
    return content


# --- Any event there can be -------------------------------------------------

SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "string": st.text(),
    "bool": st.booleans(),
    "int32": st.integers(-(2**31), 2**31 - 1),
    "int64": st.integers(-(2**63), 2**63 - 1),
    "double": st.floats(allow_nan=False),
    "bytes": st.binary(),
}
VALUES: dict[str, st.SearchStrategy[Any]] = {
    python.INSTANT: st.datetimes(timezones=st.just(UTC)),
    python.DATE: st.dates(),
    python.SEALED_TEXT: st.text(),
    python.SEALED_POINT: st.builds(Point, latitude=SCALARS["double"], longitude=SCALARS["double"]),
}
DECLARED = {
    declared.full_name: declared
    for package in kit.packages()
    for declared in package.messages + package.enums
}


def class_of(declared: Message | Enum) -> Any:
    package = declared.full_name.rpartition(".")[0]
    return getattr(import_module(python.module_name(package)), declared.name)


def value_of(field: Field) -> st.SearchStrategy[Any]:
    one = single(field)
    if field.repeated:
        return st.lists(one, max_size=3).map(tuple)
    return st.none() | one if field.optional else one


def single(field: Field) -> st.SearchStrategy[Any]:
    if field.kind in SCALARS:
        return SCALARS[field.kind]
    if field.type_name in VALUES:
        return VALUES[field.type_name]
    declared = DECLARED[field.type_name]
    if isinstance(declared, Message):
        return instance_of(declared)
    return st.sampled_from(class_of(declared))


def instance_of(message: Message) -> st.SearchStrategy[Any]:
    return st.builds(class_of(message), **{field.name: value_of(field) for field in message.fields})


def event_of(kind: EventType[Any]) -> st.SearchStrategy[Any]:
    message = DECLARED[kind.schema]
    assert isinstance(message, Message)
    return instance_of(message)


@settings(UNHURRIED, max_examples=300)
@given(st.sampled_from(kit.KINDS).flatmap(event_of))
def test_every_event_survives_the_wire(event: Any) -> None:
    assert type_of(event).decode(encoded(event), mirrored) == event


@UNHURRIED
@given(st.sampled_from(kit.KINDS), st.binary(max_size=64))
def test_any_bytes_are_an_event_or_a_decode_error(kind: EventType[Any], content: bytes) -> None:
    try:
        assert isinstance(kind.decode(content, mirrored), kind.cls)
    except DecodeError:
        return


# --- What decoding refuses --------------------------------------------------


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"\xff\xff\xff", "not a relais.missions.trip.v1.QuoteSubmitted"),
        (altered(QUOTE, price=None), "QuoteSubmitted lacks price"),
        (altered(QUOTE, price=None, submitted_at=None), "lacks price, submitted_at"),
        (altered(QUOTE, pickup_on={"year": 2030, "month": 2, "day": 30}), "no such day"),
        (altered(QUOTE, submitted_at={"seconds": 2**60}), "no such instant"),
    ],
    ids=["garbage", "no price", "no price, no time", "no such day", "no such instant"],
)
def test_what_is_no_quote_is_refused(content: bytes, complaint: str) -> None:
    with pytest.raises(DecodeError, match=re.escape(complaint)):
        type_of(QUOTE).decode(content, mirrored)


@pytest.mark.parametrize("channel", [0, 99])
def test_an_enum_without_a_known_member_is_refused(channel: int) -> None:
    confirmed = DeliveryConfirmed(
        trip_id="trip-1",
        driver_id="driver-1",
        channel=Channel.APP,
        confirmed_at=NOON,
        client_told=False,
    )
    with pytest.raises(DecodeError, match=f"Channel has no member {channel}"):
        type_of(confirmed).decode(altered(confirmed, channel=channel), mirrored)


def test_a_sealed_text_that_opens_to_no_text_is_refused() -> None:
    with pytest.raises(DecodeError, match="not a text"):
        type_of(REGISTERED).decode(encoded(REGISTERED), lambda *_: b"\xff")


def test_a_field_of_a_later_revision_is_passed_over() -> None:
    field_99 = b"\x9a\x06\x03new"
    assert type_of(QUOTE).decode(encoded(QUOTE) + field_99, mirrored) == QUOTE


# --- What encoding refuses --------------------------------------------------


def test_a_time_without_a_zone_is_not_recorded() -> None:
    naive = NOON.replace(tzinfo=None)
    with pytest.raises(TypeError, match="offset-naive"):
        encoded(
            DeliveryConfirmed(
                trip_id="trip-1",
                driver_id="driver-1",
                channel=Channel.APP,
                confirmed_at=naive,
                client_told=False,
            )
        )


def test_an_amount_beyond_64_bits_is_not_recorded() -> None:
    quote = QuoteSubmitted(
        trip_id="trip-1",
        driver_id="driver-1",
        price=Money(2**63, "EUR"),
        comment=None,
        pickup_on=None,
        delivery_on=None,
        submitted_at=NOON,
        expenses=(),
        valid_until=None,
    )
    with pytest.raises(ValueError, match="out of range"):
        encoded(quote)


def test_a_time_of_another_zone_is_the_same_instant() -> None:
    paris = NOON.astimezone(datetime.fromisoformat("2030-05-01T14:00:00+02:00").tzinfo)
    quote = QuoteSubmitted(
        trip_id="trip-1",
        driver_id="driver-1",
        price=Money(1, "EUR"),
        comment=None,
        pickup_on=None,
        delivery_on=None,
        submitted_at=paris,
        expenses=(),
        valid_until=None,
    )
    decoded = type_of(quote).decode(encoded(quote), mirrored)
    assert (decoded, decoded.submitted_at.tzinfo) == (quote, UTC)


@pytest.mark.parametrize("offset", [timedelta(microseconds=1), -timedelta(microseconds=1)])
def test_times_are_exact_to_the_microsecond(offset: timedelta) -> None:
    instant = datetime(1970, 1, 1, tzinfo=UTC) + offset
    confirmed = DeliveryConfirmed(
        trip_id="trip-1",
        driver_id="driver-1",
        channel=Channel.APP,
        confirmed_at=instant,
        client_told=False,
    )
    assert type_of(confirmed).decode(encoded(confirmed), mirrored) == confirmed


# --- Personal data ----------------------------------------------------------


def test_sealing_is_told_the_subject_the_field_and_the_plaintext() -> None:
    asked: list[tuple[str, int, bytes]] = []

    def seal(subject: str, field: int, plaintext: bytes) -> bytes:
        asked.append((subject, field, plaintext))
        return b"sealed"

    type_of(REGISTERED).encode(REGISTERED, seal)
    assert asked == [("driver-1", 3, b"Ana"), ("driver-1", 4, b"+33 1")]


def test_opening_is_told_the_subject_the_field_and_the_sealed_bytes() -> None:
    asked: list[tuple[str, int, bytes]] = []

    def unseal(subject: str, field: int, sealed: bytes) -> bytes | None:
        asked.append((subject, field, sealed))
        return b""

    type_of(REGISTERED).decode(encoded(REGISTERED), unseal)
    assert asked == [("driver-1", 3, b"anA"), ("driver-1", 4, b"1 33+")]


def test_plaintext_never_reaches_the_wire() -> None:
    assert b"Ana" not in encoded(REGISTERED)


def test_a_forgotten_person_reads_as_crosses_and_nowhere() -> None:
    moved = HomeChanged(
        driver_id="driver-1",
        street="Street",
        postal_code="69007",
        city="Lyon",
        location=Point(latitude=45.7, longitude=4.8),
        changed_at=NOON,
    )
    nobody = HomeChanged(
        driver_id="driver-1",
        street=REDACTED,
        postal_code=REDACTED,
        city=REDACTED,
        location=None,
        changed_at=NOON,
    )
    assert type_of(moved).decode(encoded(moved), forgotten) == nobody


def test_what_a_forgotten_person_never_said_stays_absent() -> None:
    day = date(2030, 5, 6)
    declared = AvailabilityDeclared(
        driver_id="driver-1",
        availability_id="a-1",
        period=Period.DAY,
        from_day=day,
        until_day=day,
        reason=None,
        declared_at=NOON,
    )
    assert type_of(declared).decode(encoded(declared), forgotten) == declared


def test_a_forgotten_place_cannot_be_recorded_again() -> None:
    moved = HomeChanged(
        driver_id="driver-1",
        street=REDACTED,
        postal_code=REDACTED,
        city=REDACTED,
        location=None,
        changed_at=NOON,
    )
    with pytest.raises(ValueError, match="forgotten place"):
        encoded(moved)


def test_an_event_and_its_message_name_the_same_subjects() -> None:
    kind = type_of(REGISTERED)
    message = kind.parse(encoded(REGISTERED))
    assert kind.subjects_in(message) == kind.subjects_of(REGISTERED) == {"driver-1"}


def test_an_absent_personal_field_has_no_subject() -> None:
    declared = AvailabilityDeclared(
        driver_id="d",
        availability_id="a",
        period=Period.DAY,
        from_day=NOON.date(),
        until_day=NOON.date(),
        reason=None,
        declared_at=NOON,
    )
    kind = type_of(declared)
    assert kind.subjects_of(declared) == frozenset()
    assert kind.subjects_in(kind.parse(encoded(declared))) == frozenset()


def test_an_event_without_personal_fields_has_no_subjects() -> None:
    confirmed = DeliveryConfirmed(
        trip_id="trip-1",
        driver_id="driver-1",
        channel=Channel.APP,
        confirmed_at=NOON,
        client_told=False,
    )
    assert type_of(confirmed).subjects_of(confirmed) == frozenset()


# --- Contracts --------------------------------------------------------------


def test_a_type_the_contract_does_not_know_is_named() -> None:
    with pytest.raises(UnknownEventType) as unknown:
        trip_v1.contract.by_type("relais.missions.trip.v1.towed")
    assert unknown.value.type == "relais.missions.trip.v1.towed"


def test_a_contract_finds_its_types_by_name_and_by_class() -> None:
    for contract in contracts:
        for kind in contract.types:
            assert contract.by_type(kind.type) is contract.by_class(kind.cls) is kind


def test_the_key_of_an_event_is_its_stream_id() -> None:
    assert type_of(QUOTE).key_of(QUOTE) == "trip-1"
