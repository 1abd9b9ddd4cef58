from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from contracts.common_v1 import Money
from contracts.missions.trip_v1 import Channel, ExpenseKind, QuotedExpense, TripEvent
from contracts.timers import CancelTimer, SetTimer
from infra.testing.spec import Spec
from services.missions import trip
from services.missions.quoting import (
    AlreadyQuoted,
    ExpensesAbovePrice,
    NoSuchQuote,
    QuoteIsRefused,
    QuoteIsWithdrawn,
    ReasonMissing,
)
from services.missions.terms import (
    HORIZON,
    CurrencyNotAccepted,
    DayNotPossible,
    NotPositive,
    QualificationsMissing,
    TextTooLong,
    TripIsPast,
)
from services.missions.tests.make import (
    ASSIGNED_RULE,
    DAY,
    EXPIRED_RULE,
    FROM,
    LATER,
    LYON,
    MIDDLE,
    OVER,
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
    propose,
    proposed,
    publish,
    published,
    refuse,
    refused,
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

given = Spec(trip.decide, trip.evolve, trip.initial).given

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
            DayNotPossible("until_slot", FROM - DAY, first=FROM, last=TODAY + HORIZON)
        )

    def test_a_trip_may_end_today(self) -> None:
        given().when(publish(today=UNTIL)).records(published())

    def test_a_trip_does_not_end_in_the_past(self) -> None:
        tomorrow = UNTIL + DAY
        given().when(publish(today=tomorrow)).is_rejected(
            DayNotPossible("until_slot", UNTIL, first=tomorrow, last=tomorrow + HORIZON)
        )

    def test_a_trip_may_lie_as_far_ahead_as_people_plan(self) -> None:
        last = TODAY + HORIZON
        given().when(publish(from_day=last, until_day=last)).records(published(last, last))

    def test_a_trip_does_not_start_further_ahead(self) -> None:
        last = TODAY + HORIZON
        given().when(publish(from_day=last + DAY, until_day=last + DAY)).is_rejected(
            DayNotPossible("from_slot", last + DAY, first=None, last=last)
        )

    def test_a_trip_does_not_end_further_ahead(self) -> None:
        last = TODAY + HORIZON
        given().when(publish(until_day=last + DAY)).is_rejected(
            DayNotPossible("until_slot", last + DAY, first=FROM, last=last)
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


class TestSubmit:
    @pytest.mark.requirement("HIF-18", "G-12", "SM-03", "M-01")
    def test_a_driver_offers_a_price(self) -> None:
        given(published()).when(submit()).records(submitted())

    def test_the_same_quote_sent_again_is_no_news(self) -> None:
        given(published(), submitted()).when(submit()).records_nothing()

    @pytest.mark.requirement("G-12")
    def test_a_driver_has_one_live_quote_a_trip(self) -> None:
        given(published(), submitted(price=eur(9_000))).when(submit()).is_rejected(
            AlreadyQuoted(eur(9_000))
        )

    @pytest.mark.requirement("G-12")
    @pytest.mark.parametrize(
        "other", [submit(comment="soon"), submit(pickup_on=FROM), submit(delivery_on=UNTIL)]
    )
    def test_other_terms_are_another_quote(self, other: Command) -> None:
        given(published(), submitted()).when(other).is_rejected(AlreadyQuoted(eur()))

    @pytest.mark.requirement("HIF-18", "M-01")
    def test_drivers_compete(self) -> None:
        given(published(), submitted("ada")).when(submit("bob")).records(submitted("bob"))

    @pytest.mark.requirement("G-13")
    def test_after_a_refusal_the_driver_may_try_again(self) -> None:
        given(published(), submitted(), refused()).when(submit()).records(submitted())

    @pytest.mark.requirement("G-13")
    def test_after_a_withdrawal_the_driver_may_try_again(self) -> None:
        given(published(), submitted(), withdrawn()).when(submit()).records(submitted())

    @pytest.mark.requirement("G-12")
    def test_the_last_day_is_early_enough(self) -> None:
        given(published()).when(submit(today=UNTIL)).records(submitted())

    @pytest.mark.requirement("G-12")
    def test_the_day_after_is_too_late(self) -> None:
        given(published()).when(submit(today=UNTIL + DAY)).is_rejected(TripIsPast(UNTIL))


class TestGate:
    @pytest.mark.requirement("HIF-17", "HIF-33", "HIF-35", "G-12")
    def test_a_qualified_driver_may_quote(self) -> None:
        held = frozenset({("client_process", "atlas"), ("additional_service", "wash")})
        gated = published(client_process="atlas", services=("wash",))
        given(gated).when(submit(held=held)).records(submitted())
        given(gated).when(assign(held=held)).records(assigned(price=None, direct=True))

    @pytest.mark.requirement("HIF-17", "HIF-33", "HIF-35", "G-12", "G-19")
    def test_others_learn_what_they_lack(self) -> None:
        given(published(client_process="atlas", services=("wash", "handover"))).when(
            submit(held=frozenset({("additional_service", "wash")}))
        ).is_rejected(
            QualificationsMissing((("additional_service", "handover"), ("client_process", "atlas")))
        )

    @pytest.mark.requirement("HIF-17")
    def test_a_client_process_is_not_a_service_of_the_same_name(self) -> None:
        given(published(client_process="atlas")).when(
            submit(held=frozenset({("additional_service", "atlas")}))
        ).is_rejected(QualificationsMissing((("client_process", "atlas"),)))

    @pytest.mark.requirement("HIF-17", "G-17")
    def test_holds_for_logistics_too(self) -> None:
        given(published(services=("wash",))).when(assign()).is_rejected(
            QualificationsMissing((("additional_service", "wash"),))
        )


class TestTerms:
    @pytest.mark.requirement("G-12")
    def test_a_cent_is_a_price(self) -> None:
        given(published()).when(submit(price=eur(1))).records(submitted(price=eur(1)))

    @pytest.mark.requirement("G-12")
    def test_nothing_is_no_price(self) -> None:
        given(published()).when(submit(price=eur(0))).is_rejected(NotPositive("price", 0))

    @pytest.mark.requirement("G-12")
    def test_prices_are_in_one_currency(self) -> None:
        given(published()).when(submit(price=Money(12_500, "CHF"))).is_rejected(
            CurrencyNotAccepted("price", "CHF", "EUR")
        )

    @pytest.mark.requirement("G-12")
    def test_a_comment_may_fill_a_page(self) -> None:
        given(published()).when(submit(comment="x" * 1_000)).records(submitted(comment="x" * 1_000))

    @pytest.mark.requirement("G-12")
    def test_a_comment_may_not_fill_two(self) -> None:
        given(published()).when(submit(comment="x" * 1_001)).is_rejected(
            TextTooLong("comment", 1_001, 1_000)
        )

    @pytest.mark.requirement("G-12", "T-01")
    @pytest.mark.parametrize(("pickup", "delivery"), [(FROM, UNTIL), (MIDDLE, MIDDLE)])
    def test_days_lie_inside_the_window(self, pickup: date, delivery: date) -> None:
        given(published()).when(submit(pickup_on=pickup, delivery_on=delivery)).records(
            submitted(pickup_on=pickup, delivery_on=delivery)
        )

    @pytest.mark.requirement("G-12", "T-01")
    @pytest.mark.parametrize("day", [FROM - DAY, UNTIL + DAY])
    def test_days_do_not_lie_outside_the_window(self, day: date) -> None:
        given(published()).when(submit(pickup_on=day)).is_rejected(
            DayNotPossible("pickup_on", day, FROM, UNTIL)
        )
        given(published()).when(submit(delivery_on=day)).is_rejected(
            DayNotPossible("delivery_on", day, FROM, UNTIL)
        )

    @pytest.mark.requirement("G-12")
    def test_a_vehicle_is_not_delivered_before_it_is_picked_up(self) -> None:
        given(published()).when(submit(pickup_on=MIDDLE, delivery_on=MIDDLE - DAY)).is_rejected(
            DayNotPossible("delivery_on", MIDDLE - DAY, MIDDLE, UNTIL)
        )

    @pytest.mark.requirement("HIF-13", "G-12", "T-01")
    def test_fixed_slots_are_met(self) -> None:
        fixed = published(from_fixed=True, until_fixed=True)
        given(fixed).when(submit(pickup_on=FROM, delivery_on=UNTIL)).records(
            submitted(pickup_on=FROM, delivery_on=UNTIL)
        )

    @pytest.mark.requirement("HIF-13", "G-12", "T-01")
    def test_a_fixed_slot_is_no_other_day(self) -> None:
        given(published(from_fixed=True)).when(submit(pickup_on=FROM + DAY)).is_rejected(
            DayNotPossible("pickup_on", FROM + DAY, FROM, FROM)
        )
        given(published(until_fixed=True)).when(submit(delivery_on=UNTIL - DAY)).is_rejected(
            DayNotPossible("delivery_on", UNTIL - DAY, UNTIL, UNTIL)
        )


class TestModify:
    @pytest.mark.requirement("HIF-21", "G-13", "SM-03")
    def test_a_driver_changes_the_price(self) -> None:
        given(published(), submitted()).when(modify()).records(modified())

    @pytest.mark.requirement("HIF-21", "G-13")
    def test_a_driver_changes_the_price_again(self) -> None:
        given(published(), submitted(), modified()).when(modify(price=eur(9_900))).records(
            modified(price=eur(9_900))
        )

    def test_the_same_price_is_no_news(self) -> None:
        given(published(), submitted()).when(modify(price=eur())).records_nothing()

    def test_a_quote_comes_first(self) -> None:
        given(published(), submitted("bob")).when(modify()).is_rejected(NoSuchQuote())

    @pytest.mark.requirement("HIF-21", "G-13")
    def test_a_refused_quote_stays_as_it_was(self) -> None:
        given(published(), submitted(), refused()).when(modify()).is_rejected(
            QuoteIsRefused("too dear")
        )

    @pytest.mark.requirement("HIF-21", "G-13")
    def test_a_withdrawn_quote_stays_withdrawn(self) -> None:
        given(published(), submitted(), withdrawn()).when(modify()).is_rejected(QuoteIsWithdrawn())

    def test_the_last_day_is_early_enough(self) -> None:
        given(published(), submitted()).when(modify(today=UNTIL)).records(modified())

    def test_the_day_after_is_too_late(self) -> None:
        given(published(), submitted()).when(modify(today=UNTIL + DAY)).is_rejected(
            TripIsPast(UNTIL)
        )

    def test_the_new_terms_are_checked(self) -> None:
        given(published(), submitted()).when(modify(pickup_on=UNTIL + DAY)).is_rejected(
            DayNotPossible("pickup_on", UNTIL + DAY, FROM, UNTIL)
        )


class TestWithdraw:
    @pytest.mark.requirement("HIF-21", "G-13", "SM-03")
    def test_a_driver_takes_the_quote_back(self) -> None:
        given(published(), submitted()).when(withdraw()).records(withdrawn())

    @pytest.mark.requirement("HIF-21", "G-13")
    def test_a_modified_quote_is_taken_back_as_well(self) -> None:
        given(published(), submitted(), modified()).when(withdraw()).records(withdrawn())

    def test_a_quote_comes_first(self) -> None:
        given(published()).when(withdraw()).is_rejected(NoSuchQuote())

    @pytest.mark.requirement("HIF-21", "G-13")
    def test_a_refused_quote_stays_refused(self) -> None:
        given(published(), submitted(), refused()).when(withdraw()).is_rejected(
            QuoteIsRefused("too dear")
        )


class TestRefuse:
    @pytest.mark.requirement("HIF-20", "G-17", "SM-03")
    def test_logistics_says_why(self) -> None:
        given(published(), submitted()).when(refuse()).records(refused())

    def test_another_reason_comes_too_late(self) -> None:
        given(published(), submitted(), refused()).when(refuse(reason="too far")).is_rejected(
            QuoteIsRefused("too dear")
        )

    @pytest.mark.requirement("HIF-20", "G-17")
    @pytest.mark.parametrize("reason", ["", " \n"])
    def test_a_refusal_has_a_reason(self, reason: str) -> None:
        given(published(), submitted()).when(refuse(reason=reason)).is_rejected(ReasonMissing())

    def test_a_reason_may_be_long(self) -> None:
        given(published(), submitted()).when(refuse(reason="x" * 500)).records(
            refused(reason="x" * 500)
        )

    def test_a_reason_may_not_be_longer(self) -> None:
        given(published(), submitted()).when(refuse(reason="x" * 501)).is_rejected(
            TextTooLong("reason", 501, 500)
        )

    def test_a_quote_comes_first(self) -> None:
        given(published()).when(refuse()).is_rejected(NoSuchQuote())

    def test_a_withdrawn_quote_needs_no_refusal(self) -> None:
        given(published(), submitted(), withdrawn()).when(refuse()).is_rejected(QuoteIsWithdrawn())


class TestAward:
    @pytest.mark.requirement("G-13", "G-17", "SM-02", "SM-03")
    def test_the_quote_becomes_the_mission(self) -> None:
        given(published(), submitted()).when(award()).records(accepted(), assigned())

    @pytest.mark.requirement("G-13")
    def test_the_last_price_counts(self) -> None:
        given(published(), submitted(), modified()).when(award()).records(
            accepted(), assigned(price=eur(11_000))
        )

    @pytest.mark.requirement("G-13", "HIF-20")
    def test_the_other_live_quotes_are_refused_by_rule(self) -> None:
        others = submitted("bob"), withdrawn("bob"), submitted("cleo"), refused("cleo")
        given(published(), submitted(), *others, submitted("dan")).when(award()).records(
            accepted(), assigned(), refused("dan", "trip assigned", ASSIGNED_RULE)
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


class TestPropose:
    @pytest.mark.requirement("HIF-32", "N-03")
    def test_a_driver_is_asked_to_quote_once(self) -> None:
        given(published()).when(propose()).records(proposed())
        given(published(), proposed()).when(propose()).records_nothing()
        given(published(), proposed()).when(propose("bob")).records(proposed("bob"))

    def test_who_quoted_need_not_be_asked(self) -> None:
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
            assigned(price=None, direct=True), refused("bob", "trip assigned", ASSIGNED_RULE)
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
            expired(), refused("ada", "trip expired", EXPIRED_RULE, OVER)
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
        assert trip.timers(abroad) == (SetTimer("expiry", OVER + timedelta(hours=1)),)
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
        assert command == trip.ExpireTrip("t-1", timer.due)

    def test_no_other_timer_is_known(self) -> None:
        with pytest.raises(LookupError):
            trip.on_timer("tea", "t-1", LATER)
