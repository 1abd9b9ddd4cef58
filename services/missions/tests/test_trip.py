from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from contracts.decisions import Changed
from contracts.missions.trip_v1 import (
    Channel,
    ExpenseKind,
    QuotedExpense,
    QuoteSubmitted,
    TripEvent,
)
from contracts.timers import CancelTimer, SetTimer
from infra.testing.spec import Spec
from services.missions import trip
from services.missions.terms import (
    HORIZON,
    DayNotPossible,
    ExpensesAbovePrice,
    NotPositive,
    PapersLacking,
    QualificationsMissing,
    TripIsPast,
)
from services.missions.tests.make import (
    ASSIGNED_RULE,
    DAY,
    EXPIRED_RULE,
    FROM,
    LATER,
    LOWER_PRICE,
    LYON,
    OVER,
    PRICE,
    TODAY,
    UNTIL,
    accepted,
    assign,
    assigned,
    award,
    confirm,
    confirmed,
    eur,
    expire,
    expired,
    modified,
    modify,
    offer_counter,
    propose,
    proposed,
    publish,
    published,
    refuse,
    refused,
    seen,
    submit,
    submitted,
    withdraw,
    withdrawn,
)
from services.missions.trip import (
    ArrivalIsDeparture,
    Command,
    MissionNotBegun,
    NoSuchMission,
    NoSuchTrip,
    TripIdTaken,
    TripIsAssigned,
    TripIsNotPast,
)
from services.missions.trip.quotes import (
    AlreadyQuoted,
    NoSuchQuote,
    QuoteIsRefused,
)

given = Spec(trip.decide, trip.evolve, trip.initial).given

ATLAS = ("client_process", "atlas")
TOLL = QuotedExpense(ExpenseKind.TOLL, eur(2_000))
LACKING = ("driving_licence", "vigilance")

ON_A_TRIP: list[Command] = [
    submit(),
    modify(),
    withdraw(),
    refuse(),
    award(),
    assign(),
    confirm(),
]
AFTER_ASSIGNMENT: list[Command] = [submit("bob"), modify(), withdraw(), refuse(), award("bob")]
AFTER_EXPIRY: list[Command] = [submit(), modify(), withdraw(), refuse(), award(), assign()]


class TestPublish:
    @pytest.mark.requirement("HIF-09", "HIF-11", "HIF-12", "HIF-14", "G-17")
    def test_logistics_offers_a_trip(self) -> None:
        given().when(publish()).records(published())

    def test_the_same_offer_sent_again_is_no_news(self) -> None:
        given(published()).when(publish(at=LATER)).records_nothing()

    @pytest.mark.requirement("HIF-09")
    def test_a_trip_id_names_one_trip(self) -> None:
        given(published()).when(publish(tags=("round_trip",))).is_rejected(TripIdTaken("t-1"))

    def test_a_trip_id_of_another_organisation_is_taken(self) -> None:
        given(published()).when(publish(organisation="rival")).is_rejected(TripIdTaken("t-1"))

    @pytest.mark.requirement("HIF-12", "T-01")
    def test_a_window_of_one_day_is_enough(self) -> None:
        given().when(publish(until_day=FROM)).records(published(until_day=FROM))

    @pytest.mark.requirement("HIF-12", "T-01")
    def test_a_window_does_not_end_before_it_begins(self) -> None:
        given().when(publish(until_day=FROM - DAY)).is_rejected(
            DayNotPossible(field="until_slot", day=FROM - DAY, first=FROM, last=TODAY + HORIZON)
        )

    def test_a_trip_may_end_today(self) -> None:
        given().when(publish(today=UNTIL)).records(published())

    def test_a_trip_does_not_end_in_the_past(self) -> None:
        tomorrow = UNTIL + DAY
        given().when(publish(today=tomorrow)).is_rejected(
            DayNotPossible(field="until_slot", day=UNTIL, first=tomorrow, last=tomorrow + HORIZON)
        )

    def test_a_trip_may_lie_as_far_ahead_as_people_plan(self) -> None:
        last = TODAY + HORIZON
        given().when(publish(from_day=last, until_day=last)).records(published(last, last))

    def test_a_trip_does_not_start_further_ahead(self) -> None:
        last = TODAY + HORIZON
        given().when(publish(from_day=last + DAY, until_day=last + DAY)).is_rejected(
            DayNotPossible(field="from_slot", day=last + DAY, first=None, last=last)
        )

    def test_a_trip_does_not_end_further_ahead(self) -> None:
        last = TODAY + HORIZON
        given().when(publish(until_day=last + DAY)).is_rejected(
            DayNotPossible(field="until_slot", day=last + DAY, first=FROM, last=last)
        )

    @pytest.mark.requirement("HIF-11")
    def test_a_trip_leads_somewhere_else(self) -> None:
        given().when(publish(departure=LYON)).is_rejected(ArrivalIsDeparture("Lyon"))

    @pytest.mark.requirement("HIF-14")
    def test_a_trip_has_a_distance(self) -> None:
        given().when(publish(distance_km=0)).is_rejected(NotPositive("distance_km", 0))

    @pytest.mark.requirement("HIF-14")
    def test_a_trip_takes_time(self) -> None:
        given().when(publish(duration_minutes=0)).is_rejected(NotPositive("duration_minutes", 0))


class TestAnyCommand:
    @pytest.mark.parametrize("command", [*ON_A_TRIP, expire()])
    def test_needs_a_trip(self, command: Command) -> None:
        given().when(command).is_rejected(NoSuchTrip())

    def test_of_another_organisation_sees_no_trip(self) -> None:
        given(published()).when(submit(organisation="rival")).is_rejected(NoSuchTrip())

    @pytest.mark.requirement("G-12", "G-13")
    @pytest.mark.parametrize("command", AFTER_ASSIGNMENT)
    def test_on_quotes_comes_too_late_after_the_assignment(self, command: Command) -> None:
        assignment = published(), submitted(), accepted(), assigned()
        given(*assignment).when(command).is_rejected(TripIsAssigned())
        given(*assignment, confirmed()).when(command).is_rejected(TripIsAssigned())

    @pytest.mark.requirement("G-12")
    @pytest.mark.parametrize("command", AFTER_EXPIRY)
    def test_comes_too_late_after_the_expiry(self, command: Command) -> None:
        given(published(), submitted(), expired()).when(command).is_rejected(TripIsPast(UNTIL))


class TestAward:
    @pytest.mark.requirement("G-13", "G-17", "SM-02", "SM-03")
    def test_the_quote_becomes_the_mission(self) -> None:
        given(published(), submitted()).when(award()).records(accepted(), assigned())

    @pytest.mark.requirement("G-13")
    def test_the_last_price_counts(self) -> None:
        given(published(), submitted(), modified()).when(award(quote=seen(LOWER_PRICE))).records(
            accepted(), assigned(price=eur(11_000))
        )

    @pytest.mark.requirement("G-07", "G-13")
    @pytest.mark.parametrize(
        ("quote", "field", "was", "now"),
        [
            (submitted(price=eur(90_000)), "price", PRICE, eur(90_000)),
            (submitted(expenses=(TOLL,)), "expenses", (), (TOLL,)),
            (submitted(pickup_on=FROM), "pickup_on", None, FROM),
            (submitted(delivery_on=UNTIL), "delivery_on", None, UNTIL),
        ],
    )
    def test_only_the_quote_that_was_seen_is_accepted(
        self, quote: QuoteSubmitted, field: str, was: object, now: object
    ) -> None:
        stale = Changed({f"quote/{field}": was}, {f"quote/{field}": now})
        given(published(), quote).when(award()).is_rejected(stale)
        given(published(), quote).when(refuse()).is_rejected(stale)
        given(published(), quote).when(offer_counter(eur(9_999))).is_rejected(stale)

    def test_a_comment_is_no_term(self) -> None:
        quote = submitted(comment="By train")
        given(published(), quote).when(award()).records(accepted(), assigned())

    def test_who_saw_another_price_learns_that_the_trip_is_assigned(self) -> None:
        history = published(), submitted(), accepted(), assigned()
        given(*history).when(award(quote=seen(LOWER_PRICE))).is_rejected(TripIsAssigned())

    @pytest.mark.requirement("G-13", "HIF-20")
    def test_the_other_live_quotes_are_refused_by_rule(self) -> None:
        others = submitted("bob"), withdrawn("bob"), submitted("cleo"), refused("cleo")
        given(published(), submitted(), *others, submitted("dan")).when(award()).records(
            accepted(), assigned(), refused("dan", "", ASSIGNED_RULE)
        )

    @pytest.mark.requirement("G-13")
    def test_a_quote_comes_first(self) -> None:
        given(published()).when(award()).is_rejected(NoSuchQuote())

    @pytest.mark.requirement("G-13")
    def test_a_refused_quote_does_not_win(self) -> None:
        given(published(), submitted(), refused()).when(award()).is_rejected(
            QuoteIsRefused("too dear")
        )

    def test_the_last_day_is_early_enough(self) -> None:
        given(published(), submitted()).when(award(today=UNTIL)).records(accepted(), assigned())

    def test_the_day_after_is_too_late(self) -> None:
        given(published(), submitted()).when(award(today=UNTIL + DAY)).is_rejected(
            TripIsPast(UNTIL)
        )

    def test_a_direct_assignment_was_not_a_quote(self) -> None:
        given(published(), assigned(direct=True)).when(award()).is_rejected(TripIsAssigned())


class TestEligibility:
    @pytest.mark.requirement("HIF-17", "HIF-33")
    def test_an_award_asks_again_for_the_qualification_of_the_trip(self) -> None:
        history = published(client_process="atlas"), submitted()
        given(*history).when(award(held=frozenset({ATLAS}))).records(accepted(), assigned())
        given(*history).when(award()).is_rejected(QualificationsMissing((ATLAS,)))

    @pytest.mark.requirement("HIF-42")
    def test_an_award_asks_again_for_the_papers_of_the_driver(self) -> None:
        given(published(), submitted()).when(award(lacking=LACKING)).is_rejected(
            PapersLacking(LACKING)
        )

    @pytest.mark.requirement("HIF-42")
    def test_a_driver_who_lacks_a_paper_can_neither_quote_nor_be_assigned(self) -> None:
        given(published()).when(submit(lacking=LACKING)).is_rejected(PapersLacking(LACKING))
        given(published()).when(assign(lacking=LACKING)).is_rejected(PapersLacking(LACKING))

    def test_an_award_that_comes_again_asks_for_nothing_more(self) -> None:
        given(published(), assigned()).when(award(lacking=LACKING)).records_nothing()


class TestPropose:
    @pytest.mark.requirement("HIF-32", "N-03")
    def test_a_driver_is_asked_to_quote_once(self) -> None:
        given(published()).when(propose()).records(proposed())
        given(published(), proposed()).when(propose()).records_nothing()
        given(published(), proposed()).when(propose("bob")).records(proposed("bob"))

    def test_a_driver_who_quoted_need_not_be_asked(self) -> None:
        given(published(), submitted()).when(propose()).is_rejected(AlreadyQuoted(eur()))

    def test_only_an_open_trip_is_proposed_to_its_last_day(self) -> None:
        given(published()).when(propose(today=UNTIL)).records(proposed())
        given(published()).when(propose(today=UNTIL + DAY)).is_rejected(TripIsPast(UNTIL))
        given(published(), assigned()).when(propose("bob")).is_rejected(TripIsAssigned())
        given(published(), expired()).when(propose()).is_rejected(TripIsPast(UNTIL))


class TestAssignDirectly:
    @pytest.mark.requirement("G-17", "SM-02")
    def test_logistics_needs_no_quote(self) -> None:
        given(published()).when(assign(price=eur())).records(assigned(direct=True))

    @pytest.mark.requirement("G-13", "G-17")
    def test_live_quotes_are_refused_by_rule(self) -> None:
        given(published(), submitted("bob")).when(assign()).records(
            assigned(price=None, direct=True), refused("bob", "", ASSIGNED_RULE)
        )

    def test_a_live_quote_of_this_driver_is_answered_first(self) -> None:
        given(published(), submitted()).when(assign()).is_rejected(AlreadyQuoted(eur()))

    def test_an_agreed_price_is_a_price(self) -> None:
        given(published()).when(assign(price=eur(0))).is_rejected(NotPositive("price", 0))

    @pytest.mark.requirement("HIF-28", "G-17")
    def test_an_agreed_price_is_itemised_like_a_quote(self) -> None:
        toll, taxi = (QuotedExpense(kind, eur(50)) for kind in (ExpenseKind.TOLL, ExpenseKind.TAXI))
        agreed = replace(assign(price=eur(100)), expenses=(toll, taxi))
        given(published()).when(agreed).records(
            assigned(price=eur(100), direct=True, expenses=(toll, taxi))
        )
        dearer = replace(agreed, price=eur(99))
        above = ExpensesAbovePrice(100, eur(99))
        given(published()).when(dearer).is_rejected(above)
        open_price = replace(agreed, price=None)
        given(published()).when(open_price).is_rejected(trip.ExpensesNeedPrice())

    def test_the_last_day_is_early_enough(self) -> None:
        given(published()).when(assign(today=UNTIL)).records(assigned(price=None, direct=True))

    def test_the_day_after_is_too_late(self) -> None:
        given(published()).when(assign(today=UNTIL + DAY)).is_rejected(TripIsPast(UNTIL))

    def test_another_driver_comes_too_late(self) -> None:
        given(published(), assigned(price=None, direct=True)).when(assign("bob")).is_rejected(
            TripIsAssigned()
        )

    def test_another_price_comes_too_late(self) -> None:
        given(published(), assigned(price=None, direct=True)).when(assign(price=eur())).is_rejected(
            TripIsAssigned()
        )


class TestConfirm:
    @pytest.mark.requirement("HIF-24", "HIF-27", "SM-04")
    def test_the_driver_delivered(self) -> None:
        given(published(), assigned()).when(confirm()).records(confirmed())

    @pytest.mark.requirement("HIF-24", "HIF-25", "G-14", "SM-04")
    def test_the_portal_serves_when_the_app_fails(self) -> None:
        given(published(), assigned()).when(confirm(channel=Channel.PORTAL)).records(
            confirmed(channel=Channel.PORTAL)
        )

    @pytest.mark.requirement("HIF-24", "G-14")
    def test_the_first_of_app_and_portal_counts(self) -> None:
        given(published(), assigned(), confirmed()).when(
            confirm(channel=Channel.PORTAL)
        ).records_nothing()

    @pytest.mark.requirement("G-14", "T-01")
    def test_nothing_is_delivered_before_the_first_day(self) -> None:
        given(published(), assigned()).when(confirm(today=FROM - DAY)).is_rejected(
            MissionNotBegun(FROM)
        )

    def test_a_late_delivery_is_a_delivery(self) -> None:
        given(published(), assigned()).when(confirm(today=UNTIL + DAY)).records(confirmed())

    @pytest.mark.requirement("HIF-24", "G-14")
    @pytest.mark.parametrize(
        "history",
        [
            (published(), submitted("bob")),
            (published(), expired()),
            (published(), assigned("ada")),
            (published(), assigned("ada"), confirmed("ada")),
        ],
    )
    def test_only_the_assigned_driver_confirms(self, history: tuple[TripEvent, ...]) -> None:
        given(*history).when(confirm("bob")).is_rejected(NoSuchMission())


class TestExpire:
    @pytest.mark.requirement("G-18", "T-01")
    def test_a_trip_ends_without_a_driver(self) -> None:
        given(published()).when(expire()).records(expired())

    @pytest.mark.requirement("G-18")
    def test_its_live_quotes_are_refused_by_rule(self) -> None:
        given(published(), submitted(), submitted("bob"), withdrawn("bob")).when(expire()).records(
            expired(), refused("ada", "", EXPIRED_RULE, OVER)
        )

    def test_the_last_day_is_not_over(self) -> None:
        early = OVER - timedelta(microseconds=1)
        given(published()).when(expire(early)).is_rejected(TripIsNotPast(UNTIL))

    def test_a_mission_does_not_expire(self) -> None:
        given(published(), assigned()).when(expire()).records_nothing()
        given(published(), assigned(), confirmed()).when(expire()).records_nothing()


class TestTimers:
    def test_a_trip_expires_at_midnight_after_its_last_day(self) -> None:
        summer, winter = published(until_day=UNTIL), published(until_day=UNTIL.replace(month=12))
        assert trip.timers(summer) == (
            SetTimer("expiry", datetime(2030, 5, 10, 22, 0, tzinfo=UTC)),
        )
        assert trip.timers(winter) == (
            SetTimer("expiry", datetime(2030, 12, 10, 23, 0, tzinfo=UTC)),
        )

    @pytest.mark.requirement("G-03")
    def test_midnight_is_that_of_the_organisation(self) -> None:
        abroad = replace(published(), time_zone="Africa/Casablanca")
        before = replace(published(), time_zone=None)
        assert trip.timers(abroad) == (SetTimer("expiry", OVER + timedelta(hours=2)),)
        assert trip.timers(before) == (SetTimer("expiry", OVER),)

    def test_a_trip_that_found_its_end_is_not_woken(self) -> None:
        assert trip.timers(assigned()) == (CancelTimer("expiry"),)
        assert trip.timers(expired()) == (CancelTimer("expiry"),)

    @pytest.mark.parametrize(
        "event", [submitted(), modified(), withdrawn(), refused(), accepted(), confirmed()]
    )
    def test_other_events_leave_the_timer_alone(self, event: TripEvent) -> None:
        assert trip.timers(event) == ()

    @pytest.mark.requirement("G-18")
    def test_the_timer_expires_the_trip_it_was_set_for(self) -> None:
        (timer,) = trip.timers(published())
        assert isinstance(timer, SetTimer)
        command = trip.on_timer(timer.name, "t-1", timer.due)
        assert command == trip.ExpireTrip(trip_id="t-1", at=timer.due)

    def test_no_other_timer_is_known(self) -> None:
        with pytest.raises(LookupError):
            trip.on_timer("tea", "t-1", LATER)
