"""The appointments that a dealership offers, and whoever takes one (R7)."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from contracts.reminders.reminder_v1 import (
    AppointmentCancelled,
    AppointmentMade,
    PlaceUnused,
    ReminderAnswered,
    ReminderChoice,
)
from contracts.reminders.workday_v1 import PlaceFreed, PlaceTaken, Slot, SlotsOffered
from infra.consumers.views import OutOfOrder
from infra.testing.spec import Spec
from services.reminders import reminder, workday
from services.reminders.reactions import from_reminders_reminder, from_reminders_workday
from services.reminders.read_models.workdays import OfferedDay, SlotOfDay, free_in, project
from services.reminders.reminder.answering import BookWorks, RefuseAll
from services.reminders.reminder.booking import Appointment, FollowCancellation, FollowPlace
from services.reminders.tests.make import BELT, GROUP, ID, LILLE, NOON, READ, SENT, TODAY, history
from services.reminders.workday import (
    FreePlace,
    NoSuchWorkday,
    OfferSlots,
    Opening,
    SlotHasAppointments,
    SlotHourLeftOut,
    SlotIsFull,
    SlotNotOffered,
    SlotsNotPossible,
    TakePlace,
    WorkdayIsOver,
)

pytestmark = pytest.mark.requirement("FLB-159")

WORKDAY = Spec(workday.decide, workday.evolve, workday.initial)
REMINDER = Spec(reminder.decide, reminder.evolve, reminder.initial)
DAY = date(2030, 6, 24)
NINE = datetime(2030, 6, 24, 7, 0, tzinfo=UTC)
TEN = NINE + timedelta(hours=1)
WORKDAY_ID = f"{LILLE}.2030-06-24"
OPENING = Opening(begins=time(9), ends=time(10), places=1)


def offer(*openings: Opening, day: date = DAY, today: date = TODAY) -> OfferSlots:
    return OfferSlots(
        workday_id=WORKDAY_ID,
        organisation_id=GROUP,
        dealership_id=LILLE,
        day=day,
        time_zone="Europe/Paris",
        openings=openings,
        today=today,
        by="lea",
        at=NOON,
    )


def offered(*slots: Slot) -> SlotsOffered:
    return SlotsOffered(
        workday_id=WORKDAY_ID,
        organisation_id=GROUP,
        dealership_id=LILLE,
        day=DAY,
        slots=slots or (Slot(starts_at=NINE, ends_at=TEN, places=1),),
        offered_by="lea",
        offered_at=NOON,
    )


def take(
    reminder_id: str = ID, starts_at: datetime = NINE, at: datetime = NOON, org: str = GROUP
) -> TakePlace:
    return TakePlace(
        organisation_id=org,
        reminder_id=reminder_id,
        starts_at=starts_at,
        work_ids=(BELT,),
        at=at,
    )


def taken(reminder_id: str = ID) -> PlaceTaken:
    return PlaceTaken(
        workday_id=WORKDAY_ID,
        organisation_id=GROUP,
        dealership_id=LILLE,
        reminder_id=reminder_id,
        starts_at=NINE,
        ends_at=TEN,
        work_ids=(BELT,),
        taken_at=NOON,
    )


def free(by: str | None = "lea") -> FreePlace:
    return FreePlace(workday_id=WORKDAY_ID, organisation_id=GROUP, reminder_id=ID, by=by, at=NOON)


def follow_place(*works: str) -> FollowPlace:
    return FollowPlace(
        reminder_id=ID,
        workday_id=WORKDAY_ID,
        accepted=works or (BELT,),
        appointment=Appointment(NINE, TEN),
        at=NOON,
    )


def unused(taken_at: datetime = NOON) -> PlaceUnused:
    return PlaceUnused(
        reminder_id=ID,
        organisation_id=GROUP,
        dealership_id=LILLE,
        workday_id=WORKDAY_ID,
        starts_at=NINE,
        taken_at=taken_at,
        found_at=taken_at,
    )


def freed(by: str | None = "lea") -> PlaceFreed:
    return PlaceFreed(
        workday_id=WORKDAY_ID,
        organisation_id=GROUP,
        dealership_id=LILLE,
        reminder_id=ID,
        starts_at=NINE,
        freed_by=by,
        freed_at=NOON,
    )


class TestOffers:
    def test_slots_are_by_the_clock_of_the_dealership_in_their_order(self) -> None:
        late = Opening(begins=time(14), ends=time(15, 30), places=3)
        [event] = history_of(offer(late, OPENING))
        assert isinstance(event, SlotsOffered)
        assert [(one.starts_at, one.places) for one in event.slots] == [
            (NINE, 1),
            (NINE + timedelta(hours=5), 3),
        ]
        WORKDAY.given().when(offer(OPENING)).records(offered())
        WORKDAY.given().when(offer()).records_nothing()

    def test_the_day_may_be_today_and_not_yesterday(self) -> None:
        WORKDAY.given().when(offer(OPENING, today=DAY)).records(offered())
        after = DAY + timedelta(days=1)
        WORKDAY.given().when(offer(OPENING, today=after)).is_rejected(WorkdayIsOver(DAY, after))

    @pytest.mark.parametrize(
        "openings",
        [
            (OPENING, OPENING),
            (Opening(begins=time(9), ends=time(9), places=1),),
            (Opening(begins=time(9), ends=time(10), places=0),),
            (Opening(begins=time(9), ends=time(10), places=101),),
        ],
        ids=["twice", "empty", "without_places", "too_many_places"],
    )
    def test_slots_that_cannot_be_are_refused(self, openings: tuple[Opening, ...]) -> None:
        WORKDAY.given().when(offer(*openings)).is_rejected(SlotsNotPossible(100, 100))

    def test_an_hour_that_clocks_skip_is_refused_and_of_one_that_comes_twice_it_is_the_first(
        self,
    ) -> None:
        spring, autumn = date(2030, 3, 31), date(2030, 10, 27)
        two = Opening(begins=time(2, 30), ends=time(4), places=1)
        skipped = offer(two, day=spring, today=spring)
        WORKDAY.given().when(skipped).is_rejected(SlotHourLeftOut("02:30", spring))
        [event] = history_of(offer(two, day=autumn))
        assert isinstance(event, SlotsOffered)
        assert event.slots[0].starts_at == datetime(2030, 10, 27, 0, 30, tzinfo=UTC)

    def test_slots_with_appointments_keep_their_places(self) -> None:
        given = WORKDAY.given(offered(), taken())
        given.when(offer()).is_rejected(SlotHasAppointments(NINE, 1))
        two = Slot(starts_at=NINE, ends_at=TEN, places=2)
        given.when(offer(Opening(begins=time(9), ends=time(10), places=2))).records(offered(two))
        WORKDAY.given(offered(), taken(), freed()).when(offer()).records(
            SlotsOffered(
                workday_id=WORKDAY_ID,
                organisation_id=GROUP,
                dealership_id=LILLE,
                day=DAY,
                slots=(),
                offered_by="lea",
                offered_at=NOON,
            )
        )


def history_of(command: OfferSlots) -> list[Any]:
    decided = workday.decide(command, workday.initial)
    assert isinstance(decided, list)
    return decided


class TestPlaces:
    def test_a_place_is_taken_once_and_the_last_one_by_one_customer(self) -> None:
        WORKDAY.given(offered()).when(take()).records(taken())
        WORKDAY.given(offered(), taken()).when(take("R-other")).is_rejected(SlotIsFull())
        WORKDAY.given(offered(), taken(), freed()).when(take("R-other")).records(taken("R-other"))

    def test_there_is_no_place_in_what_is_not_offered_or_has_begun(self) -> None:
        given = WORKDAY.given(offered())
        given.when(take(starts_at=TEN)).is_rejected(SlotNotOffered())
        given.when(take(at=NINE)).is_rejected(SlotNotOffered())
        given.when(take(at=NINE - timedelta(seconds=1))).records(
            PlaceTaken(
                workday_id=WORKDAY_ID,
                organisation_id=GROUP,
                dealership_id=LILLE,
                reminder_id=ID,
                starts_at=NINE,
                ends_at=TEN,
                work_ids=(BELT,),
                taken_at=NINE - timedelta(seconds=1),
            )
        )
        given.when(take(org="other")).is_rejected(NoSuchWorkday())
        WORKDAY.given().when(take()).is_rejected(NoSuchWorkday())

    def test_a_reminder_has_one_place_a_day(self) -> None:
        later = Slot(starts_at=TEN, ends_at=TEN + timedelta(hours=1), places=1)
        first = Slot(starts_at=NINE, ends_at=TEN, places=1)
        given = WORKDAY.given(offered(first, later), taken())
        given.when(take(starts_at=TEN)).is_rejected(SlotNotOffered())

    def test_an_appointment_is_cancelled_once(self) -> None:
        WORKDAY.given(offered(), taken()).when(free()).records(freed())
        WORKDAY.given(offered()).when(free()).records_nothing()


class TestReminders:
    def test_a_place_is_the_answer_also_where_the_request_went_no_further(self) -> None:
        [command] = from_reminders_workday.react(taken())
        assert from_reminders_workday.target(command) == ID
        events = reminder.decide(command, folded_of(READ))
        assert isinstance(events, list)
        [*_, answered, made] = events
        assert isinstance(answered, ReminderAnswered)
        assert answered.choice is ReminderChoice.BOOKED
        assert isinstance(made, AppointmentMade)
        assert (made.starts_at, made.ends_at) == (NINE, TEN)
        REMINDER.given(*history(*READ)).when(command).records(*events)
        by_page = BookWorks(
            accepted=(BELT,), bookable=False, appointment=Appointment(NINE, TEN), at=NOON
        )
        REMINDER.given(*history(*READ), *events).when(by_page).records_nothing()

    def test_a_place_that_is_freed_ends_the_appointment_once(self) -> None:
        follow = follow_place()
        [command] = from_reminders_workday.react(freed())
        assert isinstance(command, FollowCancellation)
        [cancelled] = history(*READ, follow, command)[len(history(*READ, follow)) :]
        assert isinstance(cancelled, AppointmentCancelled)
        assert (cancelled.starts_at, cancelled.cancelled_by) == (NINE, "lea")
        REMINDER.given(*history(*READ, follow)).when(command).records(cancelled)
        REMINDER.given(*history(*READ)).when(command).records_nothing()

    def test_works_that_are_gone_are_no_answer(self) -> None:
        REMINDER.given(*history(*READ)).when(follow_place("gone")).records(unused())

    def test_a_place_that_came_too_late_is_unused(self) -> None:
        refused = RefuseAll(at=NOON)
        REMINDER.given(*history(*SENT)).when(follow_place()).records(unused())
        REMINDER.given(*history(*READ, refused)).when(follow_place()).records(unused())
        # It is taken once more, and comes too late again.
        again = replace(follow_place(), at=TEN)
        REMINDER.given(*history(*READ, refused), unused()).when(again).records(unused(TEN))

    def test_an_unused_place_is_free_unless_it_was_taken_anew(self) -> None:
        [command] = from_reminders_reminder.give_back(unused())
        assert from_reminders_reminder.day_of(command) == WORKDAY_ID
        WORKDAY.given(offered(), taken()).when(command).records(freed(by=None))
        [stale] = from_reminders_reminder.give_back(unused(TEN))
        WORKDAY.given(offered(), taken()).when(stale).records_nothing()


def folded_of(commands: tuple[reminder.Command, ...]) -> reminder.Reminder:
    state = reminder.initial
    for event in history(*commands):
        state = reminder.evolve(state, event)
    return state


def test_the_table_has_what_is_free_and_seeing_events_twice_changes_nothing() -> None:
    slot = SlotOfDay(NINE, TEN, 1)
    row = project(None, offered())
    assert row == OfferedDay(
        workday_id=WORKDAY_ID,
        organisation_id=GROUP,
        dealership_id=LILLE,
        day=DAY,
        slots=(slot,),
    )
    assert [*free_in(row, NOON)] == [slot]
    assert [*free_in(row, NINE)] == []
    full = project(project(row, taken()), taken())
    assert [*free_in(full, NOON)] == []
    assert [*free_in(project(project(full, freed()), freed()), NOON)] == [slot]
    with pytest.raises(OutOfOrder):
        project(None, taken())
