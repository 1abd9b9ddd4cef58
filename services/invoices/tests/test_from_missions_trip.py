"""A trip's events make its invoice."""

from dataclasses import replace
from datetime import date

import pytest

from contracts.common_v1 import Point
from contracts.invoices.invoice_v1 import ExpenseKind
from contracts.missions import trip_v1
from contracts.missions.trip_v1 import (
    Channel,
    DeliveryConfirmed,
    MissionAssigned,
    Slot,
    Stop,
    TripExpired,
    TripPublished,
    Vehicle,
    VehicleIdentified,
)
from contracts.runtime import REDACTED
from services.invoices.reactions import from_missions_trip
from services.invoices.tests.make import (
    NOON,
    PRICE,
    TAXI,
    TOLL,
    eur,
    note,
    note_extra,
    note_vehicle,
    open_it,
    prepare,
)

DAY = date(2030, 5, 6)


def published() -> TripPublished:
    paris = Stop(city="Paris", postal_code="75012", point=Point(latitude=48.84, longitude=2.38))
    lyon = Stop(city="Lyon", postal_code="69003", point=Point(latitude=45.76, longitude=4.86))
    return TripPublished(
        trip_id="t-1",
        organisation_id="hiflow",
        client_brand="Atlas",
        tags=(),
        departure=paris,
        arrival=lyon,
        from_slot=Slot(DAY, fixed=False),
        until_slot=Slot(DAY, fixed=False),
        vehicle=Vehicle(make="Renault", model="Clio"),
        delivery_type="depot",
        distance_km=465,
        duration_minutes=290,
        client_process=None,
        additional_services=(),
        published_at=NOON,
        time_zone="Europe/Paris",
        reference=None,
    )


@pytest.mark.requirement("HIF-27")
def test_the_trips_own_events_make_the_invoice() -> None:
    assert from_missions_trip.react(published()) == [note()]
    assert from_missions_trip.react(
        DeliveryConfirmed(
            trip_id="t-1",
            driver_id="ada",
            channel=Channel.APP,
            confirmed_at=NOON,
            client_told=False,
        )
    ) == [open_it()]
    expired = TripExpired(trip_id="t-1", expired_at=NOON)
    assert not isinstance(expired, from_missions_trip.Reads)


def test_a_plate_is_noted_unless_it_is_forgotten() -> None:
    told = VehicleIdentified(
        trip_id="t-1", organisation_id="hiflow", plate="AB-123-CD", country="FR", identified_at=NOON
    )
    assert from_missions_trip.react(told) == [note_vehicle()]
    assert from_missions_trip.react(replace(told, plate=REDACTED)) == []


def test_the_award_prepares_it_and_tells_service_from_expenses() -> None:
    toll = trip_v1.QuotedExpense(trip_v1.ExpenseKind.TOLL, TOLL.amount)
    whole = eur(PRICE.amount_minor + TOLL.amount.amount_minor)
    award = MissionAssigned(
        trip_id="t-1",
        driver_id="ada",
        price=whole,
        direct=False,
        from_day=DAY,
        until_day=DAY,
        assigned_at=NOON,
        expenses=(toll,),
    )
    [command] = from_missions_trip.react(award)
    assert (command, from_missions_trip.target(command)) == (prepare(), "inv-t-1")


def test_an_award_without_a_price_prepares_it_without_one() -> None:
    award = MissionAssigned(
        trip_id="t-1",
        driver_id="ada",
        price=None,
        direct=True,
        from_day=DAY,
        until_day=DAY,
        assigned_at=NOON,
        expenses=(),
    )
    assert from_missions_trip.react(award) == [replace(prepare(price=None), quoted=())]


def test_an_accepted_extra_is_noted_and_a_wanted_or_refused_one_is_not() -> None:
    kind, amount = trip_v1.ExpenseKind.TAXI, TAXI.amount
    wanted = trip_v1.ExtraCostRequested(
        trip_id="t-1",
        driver_id="ada",
        request_id="x-1",
        kind=kind,
        amount=amount,
        reason="Why",
        photo_file_id="f-1",
        requested_at=NOON,
    )
    accepted = trip_v1.ExtraCostAccepted(
        trip_id="t-1", driver_id="ada", request_id="x-1", kind=kind, amount=amount, accepted_at=NOON
    )
    refused = trip_v1.ExtraCostRefused(
        trip_id="t-1", driver_id="ada", request_id="x-1", reason="No", refused_at=NOON
    )
    assert from_missions_trip.react(accepted) == [note_extra()]
    assert not isinstance(wanted, from_missions_trip.Reads)
    assert not isinstance(refused, from_missions_trip.Reads)


def test_both_services_count_kinds_of_expenses_alike() -> None:
    theirs = {kind.name: kind.value for kind in trip_v1.ExpenseKind}
    assert theirs == {kind.name: kind.value for kind in ExpenseKind}
