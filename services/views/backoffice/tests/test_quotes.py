"""On which trips do quotes wait, what was decided about them, and who is free?"""

from datetime import date
from functools import reduce

import pytest

from contracts.common_v1 import Money
from contracts.missions import trip_v1
from contracts.missions.driver_v1 import DriverEvent, DriverReinstated, DriverSuspended
from contracts.missions.trip_v1 import TripEvent
from infra.consumers.views import OutOfOrder
from services.views.backoffice import drivers, quotes, trips
from services.views.backoffice.quotes import Expense, Input
from services.views.backoffice.tests.conftest import Office
from services.views.backoffice.tests.make import (
    DAY,
    FROM,
    LATER,
    RULE,
    UNTIL,
    accepted,
    assigned,
    attached,
    declared,
    delivered,
    detached,
    driver_forgotten,
    engaged,
    expired,
    extra_accepted,
    extra_refused,
    extra_requested,
    home_changed,
    modified,
    phone_changed,
    published,
    qualified,
    refused,
    registered,
    released,
    submitted,
    training,
    undeclared,
    withdrawn,
)

OVER = trip_v1.QuoteExpired(trip_id="t-1", driver_id="ada", expired_at=LATER)
COUNTERED = trip_v1.CounterOffered(
    trip_id="t-1", driver_id="ada", price=Money(11_000, "EUR"), offered_at=LATER, offered_by=None
)
TAKEN = trip_v1.CounterAccepted(
    trip_id="t-1", driver_id="ada", accepted_at=LATER, offered_by=None, price=None
)
DECLINED = trip_v1.CounterDeclined(
    trip_id="t-1", driver_id="ada", declined_at=LATER, offered_by=None, price=None
)

OF_THE_TRIP: list[TripEvent] = [
    published(),
    assigned(),
    delivered(),
    expired(),
    extra_requested(),
    extra_accepted(),
    extra_refused(),
    attached(),
    detached(),
]


def trip_of(*events: TripEvent) -> trips.Trip:
    empty: trips.Trip | None = None
    row = reduce(trips.project, events, empty)
    assert row is not None
    return row


def quote_of(*events: TripEvent) -> quotes.Quote:
    empty: quotes.Quote | None = None
    row = reduce(quotes.project, events, empty)
    assert row is not None
    return row


def driver_of(*events: DriverEvent) -> drivers.Driver:
    empty: drivers.Driver | None = None
    row = reduce(drivers.project, events, empty)
    assert row is not None
    return row


class TestTrip:
    def test_quotes_wait_from_submission_to_answer(self) -> None:
        before = (published(), submitted("ada"), submitted("bob"), modified("bob"))
        assert trip_of(*before).waiting == ("ada", "bob")
        for answer in (withdrawn("ada"), refused("ada"), accepted("ada"), OVER):
            assert trip_of(*before, answer).waiting == ("bob",)

    @pytest.mark.parametrize(
        ("event", "status"),
        [(assigned(), "assigned"), (delivered(), "delivered"), (expired(), "expired")],
    )
    def test_its_status_is_where_it_got(self, event: TripEvent, status: str) -> None:
        assert trip_of(published(), event).status == status

    @pytest.mark.parametrize("event", [submitted(), refused(), assigned(), expired()])
    def test_an_event_before_it_was_published_is_out_of_order(self, event: TripEvent) -> None:
        with pytest.raises(OutOfOrder):
            trip_of(event)

    @pytest.mark.parametrize("event", OF_THE_TRIP[4:])
    def test_what_happens_on_the_way_changes_no_offer(self, event: TripEvent) -> None:
        assert trip_of(published(), event) == trip_of(published())

    @pytest.mark.parametrize("event", [submitted(), withdrawn(), refused(), assigned()])
    def test_seeing_an_event_twice_changes_nothing(self, event: TripEvent) -> None:
        assert trip_of(published(), event, event) == trip_of(published(), event)


class TestQuote:
    def test_an_expired_one_waits_no_longer(self) -> None:
        row = quote_of(submitted(), OVER)
        assert (row.status, row.processed_at) == ("expired", LATER)

    @pytest.mark.parametrize(("answer", "status"), [(TAKEN, "accepted"), (DECLINED, "declined")])
    def test_its_counter_offer_is_seen_with_its_answer(
        self, answer: TripEvent, status: str
    ) -> None:
        row = quote_of(submitted(), COUNTERED)
        assert (row.counter_minor, row.counter_status) == (11_000, "offered")
        assert quote_of(submitted(), COUNTERED, answer).counter_status == status
        assert trip_of(published(), submitted(), COUNTERED, answer).waiting == ("ada",)

    def test_a_modified_quote_has_the_new_terms_only(self) -> None:
        row = quote_of(submitted(), modified())
        assert (row.amount_minor, row.comment, row.modified_at) == (11_000, None, LATER)
        assert row.expenses == ()

    def test_a_quote_has_its_breakdown(self) -> None:
        assert quote_of(submitted()).expenses == (Expense("toll", 300),)

    @pytest.mark.requirement("G-05")
    def test_a_rule_that_refused_is_named_with_its_version_and_inputs(self) -> None:
        row = quote_of(submitted(), refused(rule=RULE))
        assert (row.rule_id, row.rule_version) == ("trip-assigned", 2)
        assert row.rule_inputs == (Input("driver_id", "bob"),)

    def test_where_a_person_refused_no_rule_is_named(self) -> None:
        row = quote_of(submitted(), refused())
        assert (row.status, row.refusal_reason, row.rule_id) == ("refused", "too dear", None)

    def test_a_quote_after_a_refusal_waits_again(self) -> None:
        row = quote_of(submitted(), refused(rule=RULE), submitted(amount=9_000))
        assert (row.status, row.amount_minor, row.rule_id) == ("submitted", 9_000, None)

    def test_withdrawn_and_accepted_quotes_say_so(self) -> None:
        assert quote_of(submitted(), withdrawn()).status == "withdrawn"
        assert quote_of(submitted(), accepted()).status == "accepted"

    @pytest.mark.parametrize("event", OF_THE_TRIP)
    def test_what_happens_to_the_trip_concerns_no_quote(self, event: TripEvent) -> None:
        assert quotes.key(event) is None
        assert quote_of(submitted(), event) == quote_of(submitted())

    @pytest.mark.parametrize("event", [modified(), withdrawn(), refused(), accepted()])
    def test_an_event_before_the_submission_is_out_of_order(self, event: TripEvent) -> None:
        with pytest.raises(OutOfOrder):
            quote_of(event)


class TestDriver:
    def test_contact_and_qualifications_are_the_latest(self) -> None:
        row = driver_of(registered(), home_changed(), phone_changed(), training(), qualified())
        assert (row.city, row.phone, len(row.qualifications)) == ("Paris", "+33700000000", 1)

    def test_an_availability_can_be_taken_back(self) -> None:
        assert driver_of(registered(), declared(), undeclared()).availabilities == ()

    def test_of_a_forgotten_driver_nothing_personal_is_left(self) -> None:
        row = driver_of(registered(), home_changed(), declared(), driver_forgotten())
        assert (row.name, row.phone, row.city, row.availabilities) == ("", "", "", ())

    @pytest.mark.parametrize("event", [declared(), engaged(), home_changed(), driver_forgotten()])
    def test_an_event_before_the_registration_is_out_of_order(self, event: DriverEvent) -> None:
        with pytest.raises(OutOfOrder):
            driver_of(event)


class TestQueries:
    @pytest.mark.requirement("G-17")
    async def test_trips_with_waiting_quotes_come_the_first_to_start_first(
        self, office: Office
    ) -> None:
        await office.saw(published("late", FROM + DAY), submitted(id="late"), published("none"))
        await office.saw(published("soon"), submitted(id="soon"), published("over"))
        await office.saw(submitted(id="over"), expired("over"))
        found = await trips.to_process(office.pool, "hiflow", None, 10)
        assert [trip.trip_id for trip in found] == ["soon", "late"]
        after = await trips.to_process(office.pool, "hiflow", (FROM, "soon"), 10)
        assert [trip.trip_id for trip in after] == ["late"]
        assert await trips.to_process(office.pool, "stranger", None, 10) == []

    async def test_quotes_come_cheapest_first_decided_ones_on_demand(self, office: Office) -> None:
        await office.saw(published(), submitted("ada", 900), submitted("bob", 800), refused("bob"))
        for waiting, expected in ((True, ["ada"]), (False, ["bob", "ada"])):
            found = await quotes.quotes_on(office.pool, "hiflow", ["t-1"], waiting=waiting)
            assert [quote.driver_id for quote in found] == expected
        assert await quotes.quotes_on(office.pool, "stranger", ["t-1"], waiting=False) == []

    async def test_a_comment_is_forgotten_with_its_driver(self, office: Office) -> None:
        await office.saw(registered(), published(), submitted())
        await office.saw(driver_forgotten())
        [quote] = await quotes.quotes_on(office.pool, "hiflow", ["t-1"], waiting=True)
        assert quote.comment == "XXXX"

    @pytest.mark.requirement("HIF-32")
    @pytest.mark.parametrize(("until_day", "found"), [(UNTIL, ["ada"]), (UNTIL + DAY, [])])
    async def test_who_is_free_through_the_last_day_is_available(
        self, office: Office, until_day: date, found: list[str]
    ) -> None:
        await office.saw(registered("ada"), registered("bob"), declared(), declared(who="bob"))
        await office.saw(engaged("bob"))
        shown = await drivers.available(office.pool, "hiflow", FROM, until_day, "", 10)
        assert [driver.driver_id for driver in shown] == found

    async def test_a_delivered_mission_no_longer_occupies(self, office: Office) -> None:
        await office.saw(registered(), declared(), engaged(), released())
        shown = await drivers.available(office.pool, "hiflow", FROM, UNTIL, "", 10)
        assert [driver.driver_id for driver in shown] == ["ada"]
        assert await drivers.available(office.pool, "stranger", FROM, UNTIL, "", 10) == []

    async def test_whose_account_is_closed_is_not_available(self, office: Office) -> None:
        await office.saw(registered(), declared())
        assert len(await drivers.available(office.pool, "hiflow", FROM, FROM, "", 10)) == 1
        await office.saw(DriverSuspended(driver_id="ada", suspended_at=LATER))
        assert await drivers.available(office.pool, "hiflow", FROM, FROM, "", 10) == []
        await office.saw(DriverReinstated(driver_id="ada", reinstated_at=LATER))
        assert len(await drivers.available(office.pool, "hiflow", FROM, FROM, "", 10)) == 1
