"""Drivers see the standing of their quotes."""

from functools import reduce
from typing import Any

import pytest

from contracts.common_v1 import Money, Rule
from contracts.missions import trip_v1
from contracts.missions.trip_v1 import QuoteExpired, TripEvent
from infra.consumers.views import OutOfOrder
from services.views.partner import my_quotes, quotes_on_trip
from services.views.partner.my_quotes import QuotedTrip
from services.views.partner.quotes import Earlier, Quote, Reads, project
from services.views.partner.tests.conftest import Partner
from services.views.partner.tests.make import (
    FROM,
    HOUR,
    LATER,
    NOON,
    UNTIL,
    accepted,
    assigned,
    delivered,
    expired,
    modified,
    published,
    refused,
    submitted,
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


async def quotes_of(
    partner: Partner, organisation: str, text: str = "", after: Any = None, limit: int = 10
) -> list[QuotedTrip]:
    rows = my_quotes.quotes_of(organisation, "ada", text)
    return await rows.page(partner.pool, my_quotes.NEWEST, after, limit)


async def quotes_on(partner: Partner, organisation: str) -> list[Quote]:
    rows = quotes_on_trip.quotes_on(organisation, "t-1")
    return await rows.many(partner.pool, quotes_on_trip.CHEAPEST)


def row_of(*events: Reads) -> Quote:
    empty: Quote | None = None
    row = reduce(project, events, empty)
    assert row is not None
    return row


class TestRow:
    def test_a_submitted_quote_waits_with_its_terms(self) -> None:
        row = row_of(submitted())
        assert (row.status, row.amount_minor, row.comment) == ("submitted", 12_500, "soon")
        assert (row.pickup_on, row.delivery_on, row.submitted_at) == (FROM, None, NOON)

    def test_a_modified_quote_has_the_new_terms_only(self) -> None:
        row = row_of(submitted(), modified())
        assert (row.amount_minor, row.comment, row.modified_at) == (11_000, None, LATER)
        assert (row.pickup_on, row.delivery_on) == (None, UNTIL)

    def test_a_withdrawn_quote_stays_in_the_history(self) -> None:
        assert row_of(submitted(), withdrawn()).status == "withdrawn"

    def test_an_expired_quote_says_so(self) -> None:
        row = row_of(submitted(), OVER)
        assert (row.status, row.processed_at) == ("expired", LATER)

    @pytest.mark.parametrize(("answer", "status"), [(TAKEN, "accepted"), (DECLINED, "declined")])
    def test_a_counter_offer_waits_for_its_answer(self, answer: Reads, status: str) -> None:
        row = row_of(submitted(), COUNTERED)
        assert (row.counter_minor, row.counter_status) == (11_000, "offered")
        assert row_of(submitted(), COUNTERED, answer).counter_status == status

    @pytest.mark.requirement("HIF-20")
    def test_a_refused_quote_says_why(self) -> None:
        row = row_of(submitted(), refused(reason="too dear"))
        assert (row.status, row.refusal_reason, row.processed_at) == ("refused", "too dear", LATER)

    def test_a_quote_that_a_rule_refused_names_the_rule(self) -> None:
        row = row_of(submitted(), refused(reason="", rule=Rule("trip-expired", 1, ())))
        assert (row.status, row.refusal_rule) == ("refused", "trip-expired")

    def test_an_accepted_quote_says_so(self) -> None:
        assert row_of(submitted(), accepted()).status == "accepted"

    @pytest.mark.requirement("HIF-19")
    def test_a_quote_after_a_refusal_keeps_the_refusal(self) -> None:
        row = row_of(submitted(), refused(), submitted(amount=9_000))
        assert (row.status, row.amount_minor, row.refusal_reason) == ("submitted", 9_000, None)
        assert row.earlier == (Earlier("refused", 12_500, "EUR", "too dear", None, LATER),)

    @pytest.mark.requirement("HIF-19")
    def test_every_quote_of_before_is_kept_with_its_end(self) -> None:
        ends = (submitted(), refused(), submitted(), withdrawn(), submitted(), OVER, submitted())
        row = row_of(*ends, withdrawn())
        assert [quote.status for quote in row.earlier] == ["refused", "withdrawn", "expired"]
        assert [quote.reason for quote in row.earlier] == ["too dear", None, None]

    @pytest.mark.parametrize("event", [published(), assigned(), delivered(), expired()])
    def test_what_happens_to_the_trip_concerns_no_quote(self, event: TripEvent) -> None:
        assert not isinstance(event, Reads)

    @pytest.mark.parametrize("event", [modified(), withdrawn(), refused(), accepted()])
    def test_an_event_before_the_submission_is_out_of_order(self, event: Reads) -> None:
        with pytest.raises(OutOfOrder):
            row_of(event)

    @pytest.mark.parametrize("event", [modified(), withdrawn(), refused(), OVER, COUNTERED])
    def test_seeing_an_event_twice_changes_nothing(self, event: Reads) -> None:
        assert row_of(submitted(), event, event) == row_of(submitted(), event)


class TestMyQuotes:
    @pytest.mark.requirement("HIF-19", "G-18")
    async def test_lists_all_quotes_ever_submitted_newest_first(self, partner: Partner) -> None:
        await partner.saw(published("one"), submitted(trip="one"), expired("one"))
        await partner.saw(published("two"), submitted(trip="two", at=LATER))
        found = await quotes_of(partner, "hiflow")
        assert [row.quote.trip_id for row in found] == ["two", "one"]
        assert (found[0].trip.departure_city, found[0].trip.from_day) == ("Paris", FROM)

    @pytest.mark.requirement("HIF-20")
    async def test_shows_the_reason_of_a_refusal(self, partner: Partner) -> None:
        await partner.saw(published(), submitted(), refused(reason="too dear"))
        [row] = await quotes_of(partner, "hiflow")
        assert row.quote.refusal_reason == "too dear"

    async def test_earlier_refusals_come_back_from_the_table(self, partner: Partner) -> None:
        await partner.saw(published(), submitted(), refused())
        await partner.saw(submitted(amount=9_000))
        [row] = await quotes_of(partner, "hiflow")
        assert row.quote == row_of(submitted(), refused(), submitted(amount=9_000))

    async def test_nobody_elses_quotes_are_among_them(self, partner: Partner) -> None:
        await partner.saw(published(), submitted("bob"))
        assert await quotes_of(partner, "hiflow") == []

    async def test_another_organisation_sees_none(self, partner: Partner) -> None:
        await partner.saw(published(), submitted())
        assert await quotes_of(partner, "flowbi") == []
        assert await quotes_on(partner, "flowbi") == []

    @pytest.mark.requirement("HIF-08")
    async def test_they_are_found_by_city_trip_id_and_brand(self, partner: Partner) -> None:
        await partner.saw(published(), submitted())
        for text, number in (("lyon", 1), ("t-1", 1), ("ATLAS", 1), ("nantes", 0)):
            found = await quotes_of(partner, "hiflow", text)
            assert len(found) == number

    async def test_the_next_page_goes_on_after_the_last_one(self, partner: Partner) -> None:
        for n in range(3):
            await partner.saw(published(f"t-{n}"), submitted(trip=f"t-{n}", at=NOON + n * HOUR))
        after, found = None, []
        while page := await quotes_of(partner, "hiflow", "", after, 1):
            found += [row.quote.trip_id for row in page]
            after = page[-1].quote.submitted_at, page[-1].quote.trip_id
        assert found == ["t-2", "t-1", "t-0"]


async def test_logistics_compares_the_quotes_on_a_trip_cheapest_first(partner: Partner) -> None:
    await partner.saw(published(), submitted("ada", 12_500), submitted("bob", 9_900))
    found = await quotes_on(partner, "hiflow")
    assert [row.driver_id for row in found] == ["bob", "ada"]


async def test_what_no_longer_holds_is_not_compared(partner: Partner) -> None:
    await partner.saw(published(), *(submitted(who) for who in ("ada", "bob", "cleo", "dora")))
    await partner.saw(
        withdrawn("bob"),
        refused("cleo"),
        QuoteExpired(trip_id="t-1", driver_id="dora", expired_at=LATER),
    )
    found = await quotes_on(partner, "hiflow")
    assert [row.driver_id for row in found] == ["ada"]
    await partner.saw(accepted())
    assert len(await quotes_on(partner, "hiflow")) == 1
