"""A history tells of each event what was chosen, and nothing that was not."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from contracts import amendments
from contracts.common_v1 import AmendmentKind, EventAmended, Money, Point
from contracts.missions.trip_v1 import (
    ExpenseKind,
    ExtraCostRequested,
    QuoteRefused,
    QuoteWithdrawn,
    Slot,
    Stop,
    TripExpired,
    TripPublished,
    Vehicle,
    contract,
)
from infra.commands import Amendment, HistoryEntry
from infra.http.answers import Answer, Answered
from infra.http.history import History
from infra.http.models import Day

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


class SlotShown(Answer):
    """A day of the window."""

    date: Day
    fixed: bool


class PublishedShown(Answer):
    """A trip as it was offered."""

    from_slot: SlotShown


class TripHistory(
    History,
    of=contract,
    shows={
        TripPublished: PublishedShown,
        TripExpired: ("trip_id", "expired_at"),
        QuoteRefused: ("reason", "rule"),
        ExtraCostRequested: ("kind", "amount"),
    },
):
    """Every fact about a trip."""


def fact(event: Any) -> HistoryEntry[Any]:
    kind = contract.by_class(type(event))
    return HistoryEntry(3, kind.type, event, "lea", NOON, NOON, "j-1", "c-1")


def what(event: Any) -> Any:
    [entry] = TripHistory.telling([fact(event)]).model_dump(mode="json")["items"]
    return entry["what"]


def test_an_entry_says_who_when_and_for_what() -> None:
    expired = TripExpired(trip_id="t-1", expired_at=NOON)
    assert Answered(TripHistory.telling([fact(expired)])).body == (
        b'{"items":[{"version":3,"type":"relais.missions.trip.v1.expired",'
        b'"what":{"trip_id":"t-1","expired_at":"2026-11-23T12:00:00Z"},"actor":"lea",'
        b'"occurred_at":"2026-11-23T12:00:00Z","recorded_at":"2026-11-23T12:00:00Z",'
        b'"correlation_id":"j-1","causation_id":"c-1","amended":null,"instead":null}],"next":null}'
    )


EXPIRED = TripExpired(trip_id="t-1", expired_at=NOON)


def said(kind: AmendmentKind) -> EventAmended:
    return EventAmended(
        version=3,
        event_id="e-1",
        kind=kind,
        reason="a slip of the pen",
        replacement=b"closed",
        unreadable=False,
        readers=(),
        digest=b"closed",
        type=contract.by_class(TripExpired).type,
    )


def test_a_fact_that_was_corrected_is_told_beside_what_holds() -> None:
    right = replace(EXPIRED, trip_id="t-2")
    amended = Amendment(7, said(AmendmentKind.CORRECTED))
    told = replace(fact(EXPIRED), amendment=amended, instead=right)
    [entry] = TripHistory.telling([told]).model_dump(mode="json")["items"]
    assert (entry["what"]["trip_id"], entry["instead"]["trip_id"]) == ("t-1", "t-2")
    assert entry["amended"] == {
        "version": 3,
        "said_at_version": 7,
        "kind": "corrected",
        "reason": "a slip of the pen",
    }


def test_an_amendment_is_told_without_the_values_it_carries() -> None:
    told: HistoryEntry[Any] = HistoryEntry(
        7, amendments.TYPE, said(AmendmentKind.REDACTED), "operator:lea", NOON, NOON, "j", "c"
    )
    [entry] = TripHistory.telling([told]).model_dump(mode="json")["items"]
    assert (entry["type"], entry["what"]["kind"], entry["what"]["said_at_version"]) == (
        "relais.common.v1.event_amended",
        "redacted",
        7,
    )
    assert "closed" not in str(entry)


def test_an_event_that_nobody_chose_is_told_without_details() -> None:
    assert what(QuoteWithdrawn(trip_id="t-1", driver_id="d-1", withdrawn_at=NOON)) == {}


def test_only_the_fields_that_were_chosen_are_told() -> None:
    asked = ExtraCostRequested(
        trip_id="t-1",
        request_id="x-1",
        driver_id="d-1",
        kind=ExpenseKind.TOLL,
        amount=Money(5, "EUR"),
        reason="a secret",
        photo_file_id="f-1",
        requested_at=NOON,
    )
    assert what(asked) == {"kind": "toll", "amount": {"amount_minor": 5, "currency": "EUR"}}


def test_what_may_be_absent_is_null() -> None:
    refused = QuoteRefused(trip_id="t", driver_id="d", reason="no", rule=None, refused_at=NOON)
    assert what(refused) == {"reason": "no", "rule": None}


def test_an_event_with_parts_is_shown_by_an_answer() -> None:
    slot = Slot(date=date(2026, 11, 23), fixed=True)
    place = Stop(city="Paris", postal_code="75012", point=Point(latitude=48.8, longitude=2.4))
    event = TripPublished(
        trip_id="t-1",
        organisation_id="o1",
        client_brand="Atlas",
        tags=(),
        departure=place,
        arrival=place,
        from_slot=slot,
        until_slot=slot,
        vehicle=Vehicle(make="Renault", model="Clio"),
        delivery_type="standard",
        distance_km=10,
        duration_minutes=15,
        client_process=None,
        additional_services=(),
        published_at=NOON,
        time_zone=None,
        reference=None,
    )
    assert what(event) == {"from_slot": {"date": "2026-11-23", "fixed": True}}


@pytest.mark.parametrize(
    ("shows", "fault"),
    [
        ({TripPublished: ("vehicle",)}, "TripPublished.vehicle has parts"),
        ({TripPublished: ("colour",)}, "TripPublished has no colour"),
        ({Money: ("currency",)}, "Money is not of relais.missions.trip.v1"),
    ],
)
def test_what_cannot_be_shown_is_said_at_once(shows: Any, fault: str) -> None:
    with pytest.raises(TypeError, match=fault):

        class Bad(History, of=contract, shows=shows):
            """A history that cannot be."""


def test_the_document_tells_one_entry_from_another() -> None:
    schema = TripHistory.model_json_schema(mode="serialization")
    items = schema["properties"]["items"]["items"]
    assert items["discriminator"]["propertyName"] == "type"
    assert len(items["oneOf"]) == len(contract.types) + 1
    entry = schema["$defs"]["TripHistoryTripExpired"]
    assert entry["properties"]["type"]["const"] == "relais.missions.trip.v1.expired"
    assert entry["description"] == TripExpired.__doc__
