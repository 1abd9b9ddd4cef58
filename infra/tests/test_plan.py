"""The plan of a batch, without a topic or a database: what becomes of each record."""

from datetime import UTC, datetime
from uuid import UUID

import psycopg
import pytest

from infra.cloudevents import Envelope, NotAnEvent
from infra.consumers.opening import Opened
from infra.consumers.plan import Plan, StreamState
from infra.consumers.records import Record

NOON = datetime(2030, 5, 1, 12, 0, tzinfo=UTC)
T1, T2 = "missions.trip/t-1", "missions.trip/t-2"
PASSED_BY = None
UNREADABLE = ValueError("not readable\nDETAIL: of a row, with a name in it")
REFUSED = psycopg.DataError("a NUL in a text")
NONE = range(0)


def opened(version: int, trip: str = "t-1", event: object = "event") -> Opened:
    """A record of that version; its offset is the version too."""
    envelope = Envelope(
        event_id=UUID(int=version),
        type="relais.missions.trip.v1.published",
        subject=trip,
        sequence=version,
        occurred_at=NOON,
        recorded_at=NOON,
        timeline=1,
        correlation_id="",
        causation_id="",
        actor="",
        organisation_id="",
        traceparent=None,
    )
    return Opened(record(version, trip), envelope, event)


def record(offset: int, trip: str = "t-1") -> Record:
    return Record("relais.missions.trip.v1", 0, offset, trip.encode(), b"", ())


def plan(seen: int = 0, head: int | None = None) -> Plan:
    return Plan({T1: StreamState(seen, head), T2: StreamState()})


def admitted(made: Plan) -> list[tuple[str, int]]:
    return [(one.record.stream, one.version) for one in made.admitted]


def parked(made: Plan) -> list[tuple[int, str | None]]:
    return [(one.version, one.reason) for one in made.parked]


def test_the_next_version_of_a_stream_is_admitted() -> None:
    made = plan(seen=4)
    assert [made.add(opened(5)), made.add(opened(6))] == [NONE, NONE]
    assert admitted(made) == [(T1, 5), (T1, 6)]
    assert made.versions == {T1: 6, T2: 0}
    assert [one.envelope.sequence for one in made.deliveries] == [5, 6]


def test_an_event_that_nobody_reads_moves_its_stream_and_is_not_delivered() -> None:
    made = plan()
    made.add(opened(1, event=PASSED_BY))
    assert (made.versions[T1], made.deliveries) == (1, [])


@pytest.mark.parametrize("version", [1, 4])
def test_a_version_that_was_done_is_a_duplicate(version: int) -> None:
    made = plan(seen=4)
    assert made.add(opened(version)) == NONE
    assert (made.duplicates, admitted(made), parked(made)) == (1, [], [])
    assert made.versions[T1] == 4


def test_a_duplicate_is_dropped_even_if_the_database_refuses_its_row() -> None:
    made = plan(seen=4)
    made.add(opened(4, event=REFUSED))
    assert (made.duplicates, parked(made)) == (1, [])


def test_an_event_that_cannot_be_read_is_parked_with_one_line_of_the_reason() -> None:
    made = plan()
    made.add(opened(1, event=UNREADABLE))
    assert parked(made) == [(1, "ValueError: not readable")]
    assert (made.versions[T1], made.states[T1].head) == (0, 1)


def test_what_the_database_refuses_is_parked() -> None:
    made = plan()
    made.add(opened(1, event=REFUSED))
    assert parked(made) == [(1, "DataError: a NUL in a text")]


def test_a_reason_has_no_nul_and_an_end() -> None:
    made = plan()
    made.add(opened(1, event=ValueError("\0" + "x" * 1000)))
    [(_, reason)] = parked(made)
    assert reason is not None
    assert reason.startswith("ValueError: \\0xxx")
    assert len(reason) == 500


def test_a_record_waits_behind_a_parked_one_of_its_stream() -> None:
    made = plan()
    for one in (opened(1, event=UNREADABLE), opened(2), opened(1, trip="t-2")):
        assert made.add(one) == NONE
    assert parked(made) == [(1, "ValueError: not readable"), (2, None)]
    assert admitted(made) == [(T2, 1)]


def test_a_record_without_an_envelope_is_parked_under_its_place() -> None:
    made = plan()
    made.add(Opened(record(7), None, NotAnEvent("its key is not its subject")))
    [one] = made.parked
    assert (one.stream, one.version) == ("relais.missions.trip.v1/0/7", 1)
    assert one.reason == "NotAnEvent: its key is not its subject"
    assert made.states[T1] == StreamState()


class TestHole:
    def test_the_missing_versions_are_asked_for(self) -> None:
        made = plan(seen=2)
        assert made.add(opened(5)) == range(3, 5)
        assert (admitted(made), parked(made)) == ([], [])

    def test_it_is_filled_in_order(self) -> None:
        made = plan(seen=2)
        missing = made.add(opened(5))
        made.fill(opened(5), missing, [opened(3), opened(4)])
        assert admitted(made) == [(T1, 3), (T1, 4), (T1, 5)]
        assert (made.holes, parked(made)) == (1, [])

    def test_a_record_is_parked_while_some_of_it_is_missing(self) -> None:
        made = plan(seen=2)
        made.fill(opened(5), made.add(opened(5)), [opened(3)])
        assert admitted(made) == [(T1, 3)]
        assert parked(made) == [(5, "Hole: versions 3 to 4 are missing")]
        assert made.versions[T1] == 3

    def test_what_cannot_be_read_in_it_holds_back_what_follows(self) -> None:
        made = plan(seen=2)
        made.fill(opened(5), made.add(opened(5)), [opened(3, event=UNREADABLE), opened(4)])
        assert admitted(made) == []
        assert parked(made) == [(3, "ValueError: not readable"), (4, None), (5, None)]

    def test_a_stream_with_a_parked_record_has_none(self) -> None:
        made = plan(seen=2, head=4)
        assert made.add(opened(6)) == NONE
        assert (parked(made), made.states[T1].head) == ([(6, None)], 4)


class TestBeforeAParkedRecord:
    def test_the_missing_version_is_admitted_and_the_stream_is_replayed(self) -> None:
        made = plan(seen=2, head=4)
        made.add(opened(3))
        assert admitted(made) == [(T1, 3)]
        assert made.requeued == {T1}

    def test_that_record_is_not_admitted_when_it_comes_again(self) -> None:
        made = plan(seen=2, head=3)
        made.add(opened(3))
        assert (admitted(made), parked(made)) == ([], [(3, None)])

    def test_one_of_several_missing_versions_is_admitted_alone(self) -> None:
        made = plan(seen=2, head=5)
        made.add(opened(3))
        assert (admitted(made), made.requeued) == ([(T1, 3)], set())


class TestFailures:
    def test_a_failed_delivery_is_parked_and_what_was_behind_it_waits(self) -> None:
        made = plan()
        for one in (opened(1), opened(2), opened(3, event=PASSED_BY), opened(1, trip="t-2")):
            made.add(one)
        made.park_failures({1: UNREADABLE})
        assert parked(made) == [(2, "ValueError: not readable"), (3, None)]
        assert made.versions == {T1: 1, T2: 1}

    def test_indices_count_deliveries_only(self) -> None:
        made = plan()
        made.add(opened(1, event=PASSED_BY))
        made.add(opened(2))
        made.park_failures({0: UNREADABLE})
        assert parked(made) == [(2, "ValueError: not readable")]
        assert made.versions[T1] == 1

    def test_a_stream_that_failed_is_not_replayed(self) -> None:
        made = plan(seen=2, head=4)
        made.add(opened(3))
        made.park_failures({0: UNREADABLE})
        assert made.requeued == set()
        assert (made.states[T1].seen, made.states[T1].head) == (2, 3)
