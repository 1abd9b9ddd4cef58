"""The time by which an answer is wanted."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from contracts.interventions.case_v1 import (
    AnswerOverdue,
    AnswerUrged,
    SendingChannel,
    VersionFixed,
)
from contracts.timers import CancelTimer, SetTimer
from infra.http.problems import Problem, invalid
from services.interventions import case
from services.interventions.case import deadline
from services.interventions.case.deadline import NoteOverdue, UrgeAnswer
from services.interventions.http.fields import instant_of
from services.interventions.tests.make import (
    ANSWERED,
    CASE,
    NOON,
    PENDING,
    answer,
    ask_answer,
    history,
    open_page,
    revise,
    send,
)

PARIS = ZoneInfo("Europe/Paris")
AT = NOON + timedelta(hours=2)
ASKED = (*PENDING, ask_answer(AT))
WAITING = (*ASKED, send(SendingChannel.EMAIL, SendingChannel.SMS))


def before(minutes: int) -> UrgeAnswer:
    return UrgeAnswer(minutes, AT - timedelta(minutes=minutes))


def timers_of(*commands: case.Command) -> list[SetTimer | CancelTimer]:
    return [timer for event in history(*commands) for timer in deadline.timers(event)]


def test_an_hour_and_a_quarter_before_the_customer_is_urged_by_text_message() -> None:
    assert timers_of(*WAITING) == [
        SetTimer("urge:60", AT - timedelta(minutes=60)),
        SetTimer("urge:15", AT - timedelta(minutes=15)),
        SetTimer("overdue", AT),
    ]
    *_, urged = history(*WAITING, before(60))
    assert isinstance(urged, AnswerUrged)
    assert (urged.phone, urged.email, urged.link) == (
        *("+33612345678", None),
        "https://example.org/customer.1",
    )
    given = CASE.given(*history(*WAITING, before(60)))
    given.when(before(60)).records_nothing()
    assert isinstance(given.answer(before(15)), list)
    CASE.given(*history(*WAITING)).when(
        UrgeAnswer(60, AT - timedelta(minutes=61))
    ).records_nothing()


def test_whoever_is_told_late_is_urged_only_by_what_is_still_to_come() -> None:
    late = (*ASKED, send(at=AT - timedelta(minutes=60)))
    assert [one.name for one in timers_of(*late)] == ["urge:15", "overdue"]


def test_a_version_after_the_time_for_an_answer_is_overdue_at_once() -> None:
    after = (*ASKED, send(at=AT + timedelta(seconds=1)))
    assert timers_of(*after) == [SetTimer("overdue", AT)]
    *_, overdue = history(*after, NoteOverdue(AT))
    assert isinstance(overdue, AnswerOverdue)


def test_at_the_time_the_adviser_is_told_once() -> None:
    *_, overdue = history(*WAITING, NoteOverdue(AT))
    assert isinstance(overdue, AnswerOverdue)
    assert overdue.sender_id == "lea"
    given = CASE.given(*history(*WAITING))
    given.when(NoteOverdue(AT)).records(overdue)
    given.when(NoteOverdue(AT - timedelta(seconds=1))).records_nothing()


def test_an_answer_and_a_new_version_end_the_clock() -> None:
    ended = [CancelTimer(name) for name in ("urge:60", "urge:15", "overdue")]
    read = (*WAITING, open_page())
    assert timers_of(*read, answer("pads"))[-3:] == ended
    assert timers_of(*read, revise())[-3:] == ended
    CASE.given(*history(*read, answer("pads"))).when(before(15)).records_nothing()
    CASE.given(*history(*ANSWERED)).when(NoteOverdue(AT)).records_nothing()
    CASE.given(*history(*read, revise())).when(NoteOverdue(AT)).records_nothing()


def test_whoever_was_only_handed_a_link_is_not_written_to() -> None:
    handed = (*ASKED, send(SendingChannel.LINK))
    CASE.given(*history(*handed)).when(before(60)).records_nothing()
    assert isinstance(history(*handed)[-3], VersionFixed)


@pytest.mark.requirement("G-77")
@pytest.mark.parametrize(
    ("day", "clock", "expected"),
    [
        (date(2030, 3, 30), "09:30", datetime(2030, 3, 30, 8, 30, tzinfo=UTC)),
        (date(2030, 3, 31), "09:30", datetime(2030, 3, 31, 7, 30, tzinfo=UTC)),
        (date(2030, 3, 31), "01:59", datetime(2030, 3, 31, 0, 59, tzinfo=UTC)),
        (date(2030, 3, 31), "03:00", datetime(2030, 3, 31, 1, 0, tzinfo=UTC)),
        (date(2030, 10, 27), "02:30", datetime(2030, 10, 27, 0, 30, tzinfo=UTC)),
        (date(2030, 10, 27), "03:00", datetime(2030, 10, 27, 2, 0, tzinfo=UTC)),
    ],
)
def test_the_time_is_that_of_the_dealership_across_clock_changes(
    day: date, clock: str, expected: datetime
) -> None:
    assert instant_of("answer_by", day, clock, PARIS) == expected


def test_a_time_that_spring_leaves_out_is_refused() -> None:
    with pytest.raises(Problem) as refused:
        instant_of("answer_by", date(2030, 3, 31), "02:30", PARIS)
    assert refused.value.errors == invalid("/answer_by", "value_error", "no_such_time").errors


def test_no_timer_has_another_name() -> None:
    with pytest.raises(LookupError):
        case.on_timer("urge:5", "J1", AT)
