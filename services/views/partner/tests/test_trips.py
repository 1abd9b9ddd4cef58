"""Which trips can I take, which missions are mine?"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import reduce
from typing import Any

import pytest

from contracts.common_v1 import Money
from contracts.missions.trip_v1 import (
    ExpenseKind,
    QuotedExpense,
    QuoteExpired,
    TripEvent,
    TripProposed,
)
from infra.consumers.views import OutOfOrder
from services.views.partner import my_missions, trips_near_home
from services.views.partner import trips as questions
from services.views.partner.tests.conftest import Partner
from services.views.partner.tests.make import (
    DAY,
    FROM,
    HOME,
    HOUR,
    LATER,
    LYON,
    NOON,
    TODAY,
    UNTIL,
    VERSAILLES,
    accepted,
    assigned,
    attached,
    attachment_removed,
    delivered,
    expired,
    extra_cost_accepted,
    extra_cost_refused,
    extra_cost_requested,
    modified,
    published,
    refused,
    submitted,
    withdrawn,
)
from services.views.partner.trips import (
    MOST_WANTED,
    NEWEST,
    Expense,
    ExtraCost,
    Reads,
    Trip,
    Viewer,
    WantedSkill,
    bucket,
    missing,
    project,
)
from services.views.partner.trips_near_home import NearTrip

WASH, HANDOVER = "additional_service:wash", "additional_service:handover"
ADA = Viewer("hiflow", "ada", {}, TODAY)


async def everywhere(
    partner: Partner, viewer: Viewer, text: str = "", after: Any = None, limit: int = 10
) -> list[Trip]:
    rows = questions.open_to(viewer).searched(text)
    return await rows.page(partner.pool, NEWEST, after, limit)


async def behind_a_qualification(partner: Partner, viewer: Viewer) -> list[Trip]:
    rows = questions.behind_a_qualification(viewer)
    return await rows.page(partner.pool, NEWEST, None, 10)


async def near_home(
    partner: Partner, radius: float, text: str = "", after: Any = None, limit: int = 10
) -> list[NearTrip]:
    rows = trips_near_home.near_home(ADA, HOME, radius, text)
    return await rows.page(partner.pool, trips_near_home.NEAREST, after, limit)


async def missions_of(partner: Partner) -> list[Trip]:
    rows = my_missions.missions_of("hiflow", "ada")
    return await rows.page(partner.pool, my_missions.LATEST, None, 10)


def row_of(*events: Reads) -> Trip:
    empty: Trip | None = None
    row = reduce(project, events, empty)
    assert row is not None
    return row


class TestRow:
    def test_a_published_trip_is_open_with_what_a_driver_decides_by(self) -> None:
        row = row_of(published())
        assert (row.status, row.departure_city, row.arrival_city) == ("open", "Paris", "Lyon")
        assert (row.from_day, row.from_fixed, row.until_day) == (FROM, True, UNTIL)
        assert (row.search, row.quoting) == ("paris 75012 lyon 69003 t 1 t1 atlas", ())

    @pytest.mark.requirement("HIF-10")
    @pytest.mark.parametrize("tags", [(), ("trade_plate_required", "round_trip")])
    def test_a_trip_carries_its_tags(self, tags: tuple[str, ...]) -> None:
        assert row_of(replace(published(), tags=tags)).tags == tags

    @pytest.mark.requirement("HIF-32")
    def test_a_trip_says_to_whom_it_was_proposed(self) -> None:
        proposals = (
            TripProposed(trip_id="t-1", driver_id=who, proposed_at=LATER)
            for who in ("ada", "bob", "ada")
        )
        assert row_of(published(), *proposals).proposed == ("bob", "ada")

    @pytest.mark.requirement("HIF-23", "HIF-26")
    def test_a_mission_has_its_expenses_extra_costs_and_attachments(self) -> None:
        toll = QuotedExpense(ExpenseKind.TOLL, Money(900, "EUR"))
        row = row_of(
            published(),
            replace(assigned(), expenses=(toll,)),
            extra_cost_requested("x-1"),
            extra_cost_accepted("x-1", amount=4_000),
            extra_cost_requested("x-2"),
            extra_cost_refused("x-2"),
            attached("f-3"),
            attached("f-4"),
            attachment_removed("f-3"),
        )
        assert row.expenses == (Expense("toll", 900),)
        assert row.extras == (
            ExtraCost("x-1", "taxi", 4_200, "EUR", "accepted", 4_000),
            ExtraCost("x-2", "taxi", 4_200, "EUR", "refused"),
        )
        assert row.attachments == ("f-4",)

    def test_a_submitted_quote_counts_its_driver_once(self) -> None:
        assert row_of(published(), submitted(), submitted("bob"), submitted()).quoting == (
            "bob",
            "ada",
        )

    def test_a_withdrawn_quote_no_longer_counts(self) -> None:
        assert row_of(published(), submitted(), withdrawn()).quoting == ()

    def test_nor_does_an_expired_one(self) -> None:
        over = QuoteExpired(trip_id="t-1", driver_id="ada", expired_at=LATER)
        assert row_of(published(), submitted(), submitted("bob"), over).quoting == ("bob",)

    @pytest.mark.parametrize("event", [modified(), refused(), accepted()])
    def test_what_happens_to_a_quote_is_not_shown_on_the_trip(self, event: TripEvent) -> None:
        assert not isinstance(event, Reads)

    def test_an_assigned_trip_names_its_driver_and_price(self) -> None:
        row = row_of(published(), assigned())
        assert (row.status, row.driver_id, row.assigned_at) == ("assigned", "ada", LATER)
        assert (row.price_minor, row.price_currency) == (12_500, "EUR")

    def test_a_direct_assignment_may_have_no_price(self) -> None:
        row = row_of(published(), assigned(price=None))
        assert (row.price_minor, row.price_currency) == (None, None)

    def test_a_confirmed_delivery_ends_the_mission(self) -> None:
        row = row_of(published(), assigned(), delivered())
        assert (row.status, row.delivered_at) == ("delivered", LATER + HOUR)

    def test_an_expired_trip_says_so(self) -> None:
        assert row_of(published(), expired()).status == "expired"

    def test_an_event_before_the_publication_is_out_of_order(self) -> None:
        with pytest.raises(OutOfOrder):
            row_of(submitted())

    @pytest.mark.parametrize(
        "event", [submitted(), withdrawn(), assigned(), delivered(), expired()]
    )
    def test_seeing_an_event_twice_changes_nothing(self, event: Reads) -> None:
        before = (published(), submitted())
        assert row_of(*before, event, event) == row_of(*before, event)


class TestBucket:
    @pytest.mark.requirement("HIF-15")
    @pytest.mark.parametrize(
        ("others", "shown"),
        [(0, "0-2"), (2, "0-2"), (3, "3-5"), (5, "3-5"), (6, "6+"), (40, "6+")],
    )
    def test_shows_how_many_others_quoted_only_coarsely(self, others: int, shown: str) -> None:
        assert bucket([f"d-{n}" for n in range(others)], "ada") == shown

    @pytest.mark.requirement("HIF-15")
    def test_the_viewers_own_quote_is_not_counted(self) -> None:
        assert bucket(["ada", "d-1", "d-2"], "ada") == "0-2"


def ids(rows: Sequence[Trip]) -> list[str]:
    return [row.trip_id for row in rows]


class TestNearHome:
    async def near(self, partner: Partner, radius: float = 100.0, text: str = "") -> list[str]:
        found = await near_home(partner, radius, text)
        return [row.trip_id for row in found]

    @pytest.mark.requirement("HIF-05", "G-10")
    async def test_only_trips_departing_within_the_radius_nearest_first(
        self, partner: Partner
    ) -> None:
        far, near, nearest = ("far", LYON), ("near", VERSAILLES), ("nearest", None)
        await partner.saw(
            published(far[0], far[1]), published(near[0], near[1]), published(nearest[0])
        )
        assert await self.near(partner) == ["nearest", "near"]
        assert await self.near(partner, radius=10) == ["nearest"]

    @pytest.mark.requirement("G-10")
    async def test_the_distance_is_that_of_the_globe(self, partner: Partner) -> None:
        await partner.saw(published(departure=LYON))
        [row] = await near_home(partner, 500.0)
        assert round(row.away) == 392

    async def test_the_next_page_goes_on_after_the_last_one(self, partner: Partner) -> None:
        await partner.saw(*(published(f"t-{n}", VERSAILLES if n % 2 else LYON) for n in range(4)))
        after, found = None, []
        while page := await near_home(partner, 500.0, "", after, 1):
            found += [row.trip_id for row in page]
            after = page[-1].away, page[-1].trip_id
        assert found == ["t-1", "t-3", "t-0", "t-2"]


class TestEverywhere:
    @pytest.mark.requirement("HIF-06")
    async def test_shows_every_open_trip_newest_first_whatever_the_distance(
        self, partner: Partner
    ) -> None:
        await partner.saw(published("old"), published("new", LYON, at=LATER))
        assert ids(await everywhere(partner, ADA)) == ["new", "old"]

    @pytest.mark.requirement("G-18")
    @pytest.mark.parametrize("end", [assigned(), expired()])
    async def test_a_trip_leaves_the_open_lists_at_once(
        self, partner: Partner, end: TripEvent
    ) -> None:
        await partner.saw(published(), end)
        assert await everywhere(partner, ADA) == []
        assert await near_home(partner, 500.0) == []

    async def test_a_trip_whose_last_day_is_over_is_not_offered(self, partner: Partner) -> None:
        await partner.saw(published("over", until_day=TODAY - DAY))
        await partner.saw(published("last", until_day=TODAY))
        assert ids(await everywhere(partner, ADA)) == ["last"]

    async def test_another_organisations_trips_are_not_shown(self, partner: Partner) -> None:
        await partner.saw(published(organisation="flowbi"))
        assert await everywhere(partner, ADA) == []
        assert await questions.trips.of("hiflow", trip_id="t-1").one(partner.pool) is None

    async def test_the_next_page_goes_on_after_the_last_one(self, partner: Partner) -> None:
        await partner.saw(*(published(f"t-{n}", at=NOON + (n // 2) * HOUR) for n in range(5)))
        after, found = None, []
        while page := await everywhere(partner, ADA, "", after, 2):
            found += ids(page)
            after = page[-1].published_at, page[-1].trip_id
        assert found == ["t-4", "t-3", "t-2", "t-1", "t-0"]


class TestGate:
    @pytest.mark.requirement("HIF-07", "G-19")
    async def test_a_gated_trip_is_behind_a_qualification_only(self, partner: Partner) -> None:
        await partner.saw(published("open"), published("gated", process="atlas"))
        assert ids(await everywhere(partner, ADA)) == ["open"]
        assert ids(await behind_a_qualification(partner, ADA)) == ["gated"]

    @pytest.mark.requirement("HIF-07", "G-19")
    async def test_every_service_of_a_trip_must_be_held(self, partner: Partner) -> None:
        await partner.saw(published(services=("wash", "handover")))
        half = Viewer("hiflow", "ada", {WASH: FROM}, TODAY)
        both = Viewer("hiflow", "ada", {WASH: FROM, HANDOVER: date.max}, TODAY)
        assert ids(await behind_a_qualification(partner, half)) == ["t-1"]
        assert ids(await everywhere(partner, both)) == ["t-1"]

    @pytest.mark.requirement("G-19")
    def test_what_is_missing_is_named(self) -> None:
        row = row_of(published(process="atlas", services=("wash", "handover")))
        assert missing(row, {WASH: FROM}) == ("client_process:atlas", HANDOVER)

    def test_nothing_is_missing_once_everything_is_held(self) -> None:
        row = row_of(published(process="atlas", services=("wash",)))
        assert missing(row, {"client_process:atlas": FROM, WASH: date.max}) == ()

    @pytest.mark.requirement("HIF-06", "HIF-17")
    async def test_a_skill_is_held_on_the_first_day_of_the_trip(self, partner: Partner) -> None:
        await partner.saw(published(services=("wash",)))
        for last_day, quotable in ((FROM, True), (FROM - DAY, False)):
            ada = Viewer("hiflow", "ada", {WASH: last_day}, TODAY)
            assert bool(await everywhere(partner, ada)) == quotable
            behind = await behind_a_qualification(partner, ada)
            assert bool(behind) != quotable
            row = row_of(published(services=("wash",)))
            assert bool(missing(row, ada.skills)) != quotable


class TestWanted:
    async def of(self, partner: Partner, viewer: Viewer = ADA, most: int = 9) -> list[WantedSkill]:
        asked = questions.wanted(viewer, most_counted=most)
        return await asked.page(partner.pool, MOST_WANTED, None, 10)

    async def test_a_trip_counts_for_each_skill_it_asks_for(self, partner: Partner) -> None:
        await partner.saw(published("a", services=("wash",)), published("b"))
        await partner.saw(published("c", services=("wash", "handover"), process="atlas"))
        await partner.saw(published("of others", services=("wash",), organisation="other"))
        await partner.saw(published("over", services=("wash",), until_day=TODAY - DAY))
        await partner.saw(published("taken", services=("wash",)), assigned("ada", trip="taken"))
        assert await self.of(partner) == [
            WantedSkill(WASH, 2, more=False),
            WantedSkill(HANDOVER, 1, more=False),
            WantedSkill("client_process:atlas", 1, more=False),
        ]

    @pytest.mark.requirement("HIF-37")
    @pytest.mark.parametrize(("last_day", "trips"), [(FROM, 0), (FROM - DAY, 2)])
    async def test_a_skill_that_is_held_on_the_first_day_opens_nothing(
        self, partner: Partner, last_day: date, trips: int
    ) -> None:
        await partner.saw(published("a", services=("wash",)))
        await partner.saw(published("b", services=("wash", "handover")))
        ada = Viewer("hiflow", "ada", {WASH: last_day}, TODAY)
        found = {one.skill: one.open_trips for one in await self.of(partner, ada)}
        assert found == {HANDOVER: 1} | ({WASH: trips} if trips else {})

    @pytest.mark.parametrize(("most", "shown", "more"), [(3, 3, False), (2, 2, True)])
    async def test_so_many_are_counted_whatever_else_they_ask_for(
        self, partner: Partner, most: int, shown: int, more: bool
    ) -> None:
        await partner.saw(published("a", services=("wash",)), published("b", services=("wash",)))
        await partner.saw(published("c", services=("handover", "wash")))
        wash, handover = await self.of(partner, most=most)
        assert wash == WantedSkill(WASH, shown, more)
        assert handover == WantedSkill(HANDOVER, 1, more=False)

    async def test_skills_that_are_counted_no_further_follow_by_name(
        self, partner: Partner
    ) -> None:
        await partner.saw(published("a", services=("wash",)), published("b", services=("wash",)))
        await partner.saw(published("c", services=("handover",)))
        asked = questions.wanted(ADA, most_counted=1)
        [first] = await asked.page(partner.pool, MOST_WANTED, None, 1)
        [second] = await asked.page(partner.pool, MOST_WANTED, MOST_WANTED.key(first), 1)
        assert first == WantedSkill(HANDOVER, 1, more=False)
        assert second == WantedSkill(WASH, 1, more=True)


class TestSearch:
    @pytest.mark.requirement("HIF-08")
    @pytest.mark.parametrize(
        "text",
        ["Paris", " paRIS ", "lyon", "T-1", "atl", "citroën", "CITROEN", "75012", "lyon paris"],
    )
    async def test_finds_town_trip_id_and_brand_without_accents_or_capitals(
        self, partner: Partner, text: str
    ) -> None:
        await partner.saw(published(brand="Atlas Citroën"))
        assert ids(await everywhere(partner, ADA, text)) == ["t-1"]

    @pytest.mark.requirement("HIF-08")
    @pytest.mark.parametrize("text", ["Nantes", "aris", "' or 1=1 --", "paris nantes"])
    async def test_finds_nothing_else(self, partner: Partner, text: str) -> None:
        await partner.saw(published())
        assert await everywhere(partner, ADA, text) == []

    @pytest.mark.parametrize("text", ["", "%", "_", "\\"])
    async def test_text_without_a_word_is_no_question(self, partner: Partner, text: str) -> None:
        await partner.saw(published())
        assert ids(await everywhere(partner, ADA, text)) == ["t-1"]


class TestMissions:
    @pytest.mark.requirement("HIF-22", "G-18")
    async def test_lists_the_drivers_missions_past_ones_too_latest_first(
        self, partner: Partner
    ) -> None:
        await partner.saw(published("past"), assigned(trip="past"), delivered(trip="past"))
        await partner.saw(published("now"), assigned(trip="now", at=LATER + HOUR))
        found = await missions_of(partner)
        assert [(row.trip_id, row.status) for row in found] == [
            ("now", "assigned"),
            ("past", "delivered"),
        ]

    @pytest.mark.requirement("HIF-22")
    async def test_another_drivers_missions_are_not_among_them(self, partner: Partner) -> None:
        await partner.saw(published(), assigned("bob"))
        assert await missions_of(partner) == []
