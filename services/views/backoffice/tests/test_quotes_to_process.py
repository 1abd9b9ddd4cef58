"""On which trips do quotes wait, and what was decided about them?"""

from dataclasses import replace
from functools import reduce

import pytest

from contracts.common_v1 import Money
from contracts.missions import trip_v1
from contracts.missions.trip_v1 import CounterOffered, TripEvent
from infra.consumers.views import OutOfOrder
from services.views.backoffice import quotes, trips
from services.views.backoffice.quotes import CHEAPEST, Expense, Input
from services.views.backoffice.quotes_to_process import to_process
from services.views.backoffice.tests.make import (
    DAY,
    FROM,
    LATER,
    NOON,
    RULE,
    accepted,
    assigned,
    attached,
    delivered,
    detached,
    driver_forgotten,
    expired,
    extra_accepted,
    extra_refused,
    extra_requested,
    modified,
    published,
    refused,
    registered,
    submitted,
    withdrawn,
)
from services.views.backoffice.tests.stage import Office, served
from services.views.backoffice.trips import FIRST_TO_START

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


def trip_of(*events: trips.Reads) -> trips.Trip:
    empty: trips.Trip | None = None
    row = reduce(trips.project, events, empty)
    assert row is not None
    return row


def quote_of(*events: quotes.Reads) -> quotes.Quote:
    empty: quotes.Quote | None = None
    row = reduce(quotes.project, events, empty)
    assert row is not None
    return row


class TestTrip:
    def test_quotes_wait_from_submission_to_answer(self) -> None:
        before = (published(), submitted("ada"), submitted("bob"))
        assert trip_of(*before).waiting == ("ada", "bob")
        for answer in (withdrawn("ada"), refused("ada"), accepted("ada"), OVER):
            assert trip_of(*before, answer).waiting == ("bob",)

    @pytest.mark.parametrize(
        ("event", "status"),
        [(assigned(), "assigned"), (delivered(), "delivered"), (expired(), "expired")],
    )
    def test_its_status_is_where_it_got(self, event: trips.Reads, status: str) -> None:
        assert trip_of(published(), event).status == status

    @pytest.mark.parametrize("event", [submitted(), refused(), assigned(), expired()])
    def test_an_event_before_it_was_published_is_out_of_order(self, event: trips.Reads) -> None:
        with pytest.raises(OutOfOrder):
            trip_of(event)

    @pytest.mark.parametrize("event", [*OF_THE_TRIP[4:], modified(), COUNTERED, TAKEN, DECLINED])
    def test_what_happens_on_the_way_changes_no_offer(self, event: TripEvent) -> None:
        assert not isinstance(event, trips.Reads)

    @pytest.mark.parametrize("event", [submitted(), withdrawn(), refused(), assigned()])
    def test_seeing_an_event_twice_changes_nothing(self, event: trips.Reads) -> None:
        assert trip_of(published(), event, event) == trip_of(published(), event)


class TestQuote:
    def test_an_expired_one_waits_no_longer(self) -> None:
        row = quote_of(submitted(), OVER)
        assert (row.status, row.processed_at) == ("expired", LATER)

    @pytest.mark.parametrize(("answer", "status"), [(TAKEN, "accepted"), (DECLINED, "declined")])
    def test_its_counter_offer_is_seen_with_its_answer(
        self, answer: quotes.Reads, status: str
    ) -> None:
        row = quote_of(submitted(), COUNTERED)
        assert (row.counter_minor, row.counter_status) == (11_000, "offered")
        assert quote_of(submitted(), COUNTERED, answer).counter_status == status

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
        assert not isinstance(event, quotes.Reads)

    @pytest.mark.parametrize("event", [modified(), withdrawn(), refused(), accepted()])
    def test_an_event_before_the_submission_is_out_of_order(self, event: quotes.Reads) -> None:
        with pytest.raises(OutOfOrder):
            quote_of(event)


class TestToProcess:
    @pytest.mark.requirement("G-17")
    async def test_trips_with_waiting_quotes_come_the_first_to_start_first(
        self, office: Office
    ) -> None:
        await office.saw(published("late", FROM + DAY), submitted(id="late"), published("none"))
        await office.saw(published("soon"), submitted(id="soon"), published("over"))
        await office.saw(submitted(id="over"), expired("over"))
        waiting = to_process("hiflow")
        found = await waiting.page(office.pool, FIRST_TO_START, None, 10)
        assert [trip.trip_id for trip in found] == ["soon", "late"]
        after = await waiting.page(office.pool, FIRST_TO_START, (FROM, "soon"), 10)
        assert [trip.trip_id for trip in after] == ["late"]
        assert await to_process("stranger").many(office.pool, FIRST_TO_START) == []

    async def test_quotes_come_cheapest_first_decided_ones_on_demand(self, office: Office) -> None:
        await office.saw(published(), submitted("ada", 900), submitted("bob", 800), refused("bob"))
        async with served(office) as api:
            [waiting] = await api.items("/quotes/to-process", role="logistics")
            every = (await api.get("/trips/t-1/quotes", role="logistics")).json()
        for shown, expected in ((waiting, ["ada"]), (every, ["bob", "ada"])):
            assert [one["driver_id"] for one in shown["quotes"]] == expected
        strange = quotes.quotes.of("stranger", trip_id=["t-1"])
        assert await strange.many(office.pool, CHEAPEST) == []

    async def test_a_comment_is_forgotten_with_its_driver(self, office: Office) -> None:
        await office.saw(registered(), published(), submitted())
        await office.saw(driver_forgotten())
        [quote] = await quotes.quotes.of("hiflow", trip_id="t-1").many(office.pool, CHEAPEST)
        assert quote.comment == "XXXX"

    @pytest.mark.requirement("G-17")
    async def test_waiting_quotes_stand_side_by_side(self, office: Office) -> None:
        await office.saw(published(), submitted("ada", 900), submitted("bob", 800))
        async with served(office) as api:
            [trip] = await api.items("/quotes/to-process", role="logistics")
            offers = [(q["driver_id"], q["price"]["amount_minor"]) for q in trip["quotes"]]
            assert offers == [("bob", 800), ("ada", 900)]
            [cheapest, _] = trip["quotes"]
            assert cheapest["service"]["amount_minor"] == 500
            assert [one["kind"] for one in cheapest["expenses"]] == ["toll"]

    async def test_a_counter_offer_stands_beside_its_quote(self, office: Office) -> None:
        countered = CounterOffered(
            trip_id="t-1",
            driver_id="ada",
            price=Money(700, "EUR"),
            offered_at=NOON,
            offered_by=None,
        )
        await office.saw(published(), submitted("ada"), submitted("bob"), countered)
        async with served(office) as api:
            [trip] = await api.items("/quotes/to-process", role="logistics")
            [ada, bob] = sorted(trip["quotes"], key=lambda quote: str(quote["driver_id"]))
            assert bob["counter_offer"] is None
            assert ada["counter_offer"] == {
                "status": "offered",
                "price": {"amount_minor": 700, "currency": "EUR"},
            }

    @pytest.mark.requirement("G-05")
    async def test_why_is_the_rule_or_null_for_a_person(self, office: Office) -> None:
        await office.saw(published(), submitted("ada"), refused("ada", RULE))
        await office.saw(submitted("bob"), refused("bob"))
        async with served(office) as api:
            french = {"Accept-Language": "fr"}
            answer = await api.get("/trips/t-1/quotes", role="logistics", headers=french)
            shown = answer.json()["quotes"]
            assert {quote["driver_id"]: quote["refusal_reason"] for quote in shown} == {
                "ada": "le trajet a été confié à un autre conducteur",
                "bob": "too dear",
            }
            assert {quote["driver_id"]: quote["why"] for quote in shown} == {
                "ada": {
                    "rule": "trip-assigned",
                    "version": 2,
                    "inputs": [{"name": "driver_id", "value": "bob"}],
                },
                "bob": None,
            }

    @pytest.mark.requirement("G-17", "G-05")
    async def test_a_trip_is_shown_with_all_of_its_quotes(self, office: Office) -> None:
        await office.saw(published(), submitted("ada"), refused("ada"))
        async with served(office) as api:
            shown = (await api.get("/trips/t-1/quotes", role="logistics")).json()
        [quote] = shown.pop("quotes")
        assert shown == {
            "trip_id": "t-1",
            "status": "open",
            "client_brand": "Atlas",
            "departure": {"city": "Paris", "postal_code": "75012"},
            "arrival": {"city": "Lyon", "postal_code": "69003"},
            "departure_city": "Paris",
            "arrival_city": "Lyon",
            "from_day": "2030-05-06",
            "until_day": "2030-05-10",
            "vehicle": {"make": "Renault", "model": "Clio"},
            "distance_km": 465,
            "published_at": "2030-05-01T12:00:00Z",
            "driver_id": None,
        }
        assert quote == REFUSED

    async def test_an_assigned_trip_names_its_driver(self, office: Office) -> None:
        await office.saw(published(), submitted("ada"), accepted("ada"), assigned("ada"))
        async with served(office) as api:
            shown = (await api.get("/trips/t-1/quotes", role="logistics")).json()
        assert (shown["status"], shown["driver_id"]) == ("assigned", "ada")
        assert [quote["status"] for quote in shown["quotes"]] == ["accepted"]

    async def test_a_modified_quote_is_shown_with_its_new_days(self, office: Office) -> None:
        until = modified("ada")
        await office.saw(published(), submitted("ada"), replace(until, valid_until=LATER))
        async with served(office) as api:
            [trip] = await api.items("/quotes/to-process", role="logistics")
        [quote] = trip["quotes"]
        dated = ("pickup_on", "delivery_on", "modified_at", "valid_until")
        assert [quote[name] for name in dated] == [
            None,
            "2030-05-10",
            "2030-05-01T13:00:00Z",
            "2030-05-01T13:00:00Z",
        ]


REFUSED = {
    "driver_id": "ada",
    "driver": {
        "driver_id": "ada",
        "name": "",
        "phone": "",
        "city": "",
        "kilometres_away": None,
        "record": {"papers_lacking": [], "missions_delivered": 0, "missions_under_way": 0},
    },
    "status": "refused",
    "price": {"amount_minor": 12_500, "currency": "EUR"},
    "service": {"amount_minor": 12_200, "currency": "EUR"},
    "expenses": [{"kind": "toll", "amount": {"amount_minor": 300, "currency": "EUR"}}],
    "comment": "soon",
    "pickup_on": "2030-05-06",
    "delivery_on": None,
    "submitted_at": "2030-05-01T12:00:00Z",
    "modified_at": None,
    "processed_at": "2030-05-01T13:00:00Z",
    "refusal_reason": "too dear",
    "why": None,
    "valid_until": None,
    "counter_offer": None,
}
