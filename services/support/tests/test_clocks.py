"""Opening hours, and the clocks of requests that count them."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import reduce

import pytest

from contracts.support.request_v1 import (
    ClocksSet,
    Due,
    RequestEvent,
    Target,
    TargetMissed,
    TargetNear,
)
from contracts.timers import CancelTimer, SetTimer
from infra.testing.spec import Spec
from services.support import desk, request
from services.support.desk.hours import Hours
from services.support.request.clocks import Miss, SetClocks, Warn
from services.support.tests.make import (
    LATER,
    NOON,
    answered,
    arranged,
    assigned,
    closed,
    merged,
    opened,
    prioritised,
    unmerged,
    written,
)

given = Spec(request.decide, request.evolve, request.initial).given
FIRST, LAST = Target.FIRST_RESPONSE, Target.RESOLUTION
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
DAYS = tuple((day, 9 * 60, 18 * 60) for day in range(1, 6))
PARIS = Hours("Europe/Paris", DAYS, frozenset({date(2030, 5, 1)}))


def utc(day: int, hour: int, minute: int = 0, month: int = 5) -> datetime:
    return datetime(2030, month, day, hour, minute, tzinfo=UTC)


class TestHours:
    @pytest.mark.parametrize(
        ("since", "hours", "until"),
        [
            (utc(2, 8), 1, utc(2, 9)),
            (utc(2, 8), 8, utc(2, 16)),
            (utc(2, 8), 9, utc(3, 8)),
            (utc(2, 4), 1, utc(2, 8)),
            (utc(2, 16), 1, utc(3, 8)),
            (utc(3, 15), 2, utc(6, 8)),
            (utc(30, 15, month=4), 2, utc(2, 8)),
            (utc(1, 10), 1, utc(2, 8)),
        ],
        ids=[
            "within a day",
            "until the very end",
            "an hour goes over to the next day",
            "before it opens",
            "when it has closed",
            "over a weekend",
            "over a holiday",
            "on a holiday",
        ],
    )
    def test_only_opening_time_counts(self, since: datetime, hours: int, until: datetime) -> None:
        assert PARIS.after(since, hours * HOUR) == until
        assert PARIS.between(since, until) == hours * HOUR

    def test_no_time_at_all_is_now(self) -> None:
        assert PARIS.after(utc(4, 3), timedelta()) == utc(4, 3)
        assert PARIS.between(utc(4, 3), utc(4, 3)) == timedelta()

    @pytest.mark.parametrize(
        ("zone", "day", "lasts"),
        [
            ("Europe/Paris", date(2030, 3, 31), 7),
            ("Europe/Paris", date(2030, 10, 27), 9),
            ("Europe/Paris", date(2030, 3, 30), 8),
            ("Africa/Casablanca", date(2026, 9, 20), 9),
            ("Africa/Casablanca", date(2026, 9, 21), 8),
        ],
    )
    def test_a_night_in_which_the_clock_changes_lasts_as_long_as_it_does(
        self, zone: str, day: date, lasts: int
    ) -> None:
        nights = Hours(zone, tuple((one, 0, 8 * 60) for one in range(1, 8)), frozenset())
        since = datetime(day.year, day.month, day.day, 12, tzinfo=UTC) - timedelta(days=1)
        assert nights.between(since, since + timedelta(days=1)) == lasts * HOUR

    def test_a_day_ends_at_midnight(self) -> None:
        whole = Hours("Europe/Paris", tuple((one, 0, 1440) for one in range(1, 8)), frozenset())
        assert whole.after(utc(2, 21, 59), 2 * MINUTE) == utc(2, 22, 1)


NOW = desk.arrangement(arranged())
SET = SetClocks(request_id="Q1", arrangement=NOW, at=NOON)
# At noon of a Wednesday, in UTC as in Casablanca, with a hundred minutes and ten hours.
FIRST_DUE = Due(target=FIRST, warned_at=utc(1, 13, 20), due_at=utc(1, 13, 40), minutes=100)
LAST_DUE = Due(target=LAST, warned_at=utc(2, 11), due_at=utc(2, 13), minutes=600)


def clocks(*dues: Due) -> ClocksSet:
    inputs = {"arranged_at": NOON.isoformat(), "type": "problem", "priority": "normal"}
    return ClocksSet(
        request_id="Q1",
        organisation_id="maarif",
        user_id="omar",
        dues=dues or (FIRST_DUE, LAST_DUE),
        supervisor_id="sara",
        rule=request.clocks.rule_of(inputs),
        set_at=NOON,
    )


def near(target: Target = FIRST, warned: str = "sara") -> TargetNear:
    due = FIRST_DUE if target is FIRST else LAST_DUE
    return TargetNear(
        request_id="Q1",
        organisation_id="maarif",
        user_id="omar",
        target=target,
        due_at=due.due_at,
        warned_id=warned,
        warned_at=due.warned_at,
    )


def missed(target: Target = FIRST) -> TargetMissed:
    due = FIRST_DUE if target is FIRST else LAST_DUE
    return TargetMissed(
        request_id="Q1",
        organisation_id="maarif",
        user_id="omar",
        target=target,
        supervisor_id="sara",
        missed_at=due.due_at,
    )


def dues_after(*history: RequestEvent) -> tuple[Due, ...]:
    state = reduce(request.evolve, history, request.initial)
    found = request.decide(SET, state)
    assert isinstance(found, list)
    [event] = found
    assert isinstance(event, ClocksSet)
    return event.dues


class TestSetting:
    def test_a_request_is_to_be_answered_and_resolved(self) -> None:
        given(opened()).when(SET).records(clocks())

    def test_nothing_is_due_where_nobody_said_so(self) -> None:
        given(opened()).when(replace(SET, arrangement=None)).records_nothing()
        none = replace(SET, arrangement=desk.arrangement(arranged(targets=())))
        given(opened()).when(none).records_nothing()
        given(opened(), clocks()).when(none).records(replace(clocks(), dues=()))

    def test_clocks_stand_while_the_request_does_not_wait(self) -> None:
        for stood in (answered(), closed(), merged()):
            given(opened(), stood).when(SET).records_nothing()
            given(opened(), clocks(), stood).when(Miss(target=LAST, at=utc(9, 9))).records_nothing()

    def test_the_time_in_which_it_waited_before_counts(self) -> None:
        """Answered after forty minutes, and written to again at that time."""
        [left] = dues_after(opened(), answered(), written())
        assert left == replace(LAST_DUE, warned_at=utc(2, 11), due_at=utc(2, 13))
        later = replace(written(), written_at=utc(2, 9))
        [left] = dues_after(opened(), answered(), later)
        assert left == replace(LAST_DUE, warned_at=utc(2, 16, 20), due_at=utc(3, 9, 20))

    def test_the_time_in_which_it_was_merged_does_not_count(self) -> None:
        parted = unmerged(at=LATER + HOUR)
        assert dues_after(opened(), merged(), parted) == (
            replace(FIRST_DUE, warned_at=utc(1, 14, 20), due_at=utc(1, 14, 40)),
            replace(LAST_DUE, warned_at=utc(2, 12), due_at=utc(2, 14)),
        )

    def test_another_priority_has_other_targets(self) -> None:
        given(opened(), clocks(), prioritised()).when(SET).records(
            replace(
                clocks(),
                dues=(),
                rule=request.clocks.rule_of(
                    {"arranged_at": NOON.isoformat(), "type": "problem", "priority": "high"}
                ),
            )
        )

    def test_what_was_missed_is_not_due_again(self) -> None:
        given(opened(), clocks(), missed()).when(SET).records_nothing()
        used_up = replace(written(), written_at=utc(3, 9))
        late = opened(), clocks(), missed(), replace(answered(), answered_at=utc(3, 8)), used_up
        [left] = dues_after(*late)
        assert left == replace(LAST_DUE, warned_at=utc(3, 9), due_at=utc(3, 9))


class TestTold:
    def test_who_has_the_request_is_warned_before(self) -> None:
        at = FIRST_DUE.warned_at
        given(opened(), clocks()).when(Warn(target=FIRST, at=at)).records(near())
        has = given(opened(), clocks(), assigned())
        has.when(Warn(target=FIRST, at=at)).records(near(warned="lea"))
        has.when(Warn(target=FIRST, at=at - MINUTE)).records_nothing()

    def test_the_supervisor_is_told_of_what_was_missed(self) -> None:
        at = FIRST_DUE.due_at
        it = given(opened(), clocks(), near())
        it.when(Miss(target=FIRST, at=at)).records(missed())
        it.when(Miss(target=FIRST, at=at - MINUTE)).records_nothing()
        given(opened(), clocks(), missed()).when(Warn(target=FIRST, at=at)).records_nothing()

    def test_each_target_has_its_timers(self) -> None:
        assert request.timers(clocks(FIRST_DUE)) == (
            SetTimer("near:first_response", FIRST_DUE.warned_at),
            SetTimer("missed:first_response", FIRST_DUE.due_at),
            CancelTimer("near:resolution"),
            CancelTimer("missed:resolution"),
        )
        assert len(request.timers(answered())) == 4
        at = LAST_DUE.due_at
        assert request.on_timer("near:resolution", "Q1", at) == Warn(target=LAST, at=at)
        assert request.on_timer("missed:first_response", "Q1", at) == Miss(target=FIRST, at=at)
        with pytest.raises(LookupError):
            request.on_timer("missed:lunch", "Q1", at)
