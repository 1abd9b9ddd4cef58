"""The life of a message."""

from datetime import timedelta

import pytest

from contracts.messaging.message_v1 import Channel, MessageEvent, Reason
from contracts.timers import CancelTimer, SetTimer
from infra.testing.spec import Spec
from services.messaging import message
from services.messaging.message import (
    MessageIsOutOfDate,
    MessageWasSent,
    NoSuchMessage,
    Waiting,
    evolve,
    initial,
    on_timer,
    reason_to_stop,
    sending_id,
    timers,
)
from services.messaging.tests.make import (
    LATER,
    NOON,
    SMS,
    WEEK,
    attempt_failed,
    channel_failed,
    delivered,
    due,
    failed,
    give_up,
    make_due,
    miss_receipt,
    note_delivered,
    note_sent,
    queue,
    queued,
    read,
    refuse,
    requeued,
    schedule,
    scheduled,
    send_again,
    sent,
    unreachable,
    was_read,
)

given = Spec(message.decide, message.evolve, message.initial).given
SOON = LATER + timedelta(hours=1)


@pytest.mark.requirement("G-06")
def test_a_message_is_queued_once() -> None:
    given().when(queue()).records(queued())
    given(queued(), scheduled(), sent()).when(queue()).records_nothing()


def test_nothing_happens_to_a_message_that_was_never_queued() -> None:
    for command in (schedule(), give_up(), make_due(), note_sent(), note_delivered()):
        given().when(command).is_rejected(NoSuchMessage())


def test_a_message_is_scheduled_once() -> None:
    given(queued()).when(schedule()).records(scheduled())
    given(queued(), scheduled(), sent()).when(schedule(SMS)).records_nothing()


@pytest.mark.requirement("G-06")
def test_a_message_is_sent_and_delivered() -> None:
    given(queued(), scheduled()).when(note_sent()).records(sent())
    given(queued(), scheduled(), sent()).when(note_delivered()).records(delivered())


def test_a_message_is_not_noted_as_sent_by_another_channel() -> None:
    given(queued(), scheduled()).when(note_sent(Channel.SMS)).records_nothing()


def test_what_no_provider_took_is_not_delivered() -> None:
    given(queued(), scheduled()).when(note_delivered()).records_nothing()


def test_a_message_waits_for_its_time() -> None:
    later = scheduled(due=SOON)
    given(queued(), later).when(make_due(SOON)).records(due(SOON))
    given(queued(), scheduled()).when(make_due()).records_nothing()
    given(queued(), later, due(SOON), sent()).when(make_due(SOON)).records_nothing()


@pytest.mark.requirement("G-06")
def test_a_message_that_was_tried_again_says_how_often() -> None:
    given(queued(), scheduled()).when(note_sent(attempt=3)).records(sent(attempt=3))


def test_attempts_that_were_events_once_still_count_and_come_again() -> None:
    history = (queued(), scheduled(), attempt_failed())
    given(*history).when(make_due()).records(due())
    given(*history, due()).when(note_sent()).records(sent(attempt=2))
    given(queued(), attempt_failed(1, 1, channel=None)).when(make_due()).records(due())


def test_the_last_attempt_ends_the_channel() -> None:
    gone = channel_failed(reason=Reason.UNREACHABLE, detail="450 later")
    given(queued(), scheduled()).when(unreachable()).records(gone)
    given(queued(), scheduled(), sent()).when(unreachable()).records_nothing()
    given(queued(), scheduled()).when(unreachable(Channel.SMS)).records_nothing()


FAILED = (queued(), scheduled(), channel_failed(), failed(Reason.REFUSED))


@pytest.mark.requirement("G-06")
def test_a_message_that_failed_is_sent_again_by_any_channel() -> None:
    given(*FAILED).when(send_again()).records(requeued())
    given(*FAILED, requeued()).when(schedule()).records(scheduled())
    found = initial
    for event in (*FAILED, requeued(), *FAILED[1:], requeued()):
        found = evolve(found, event)
    assert isinstance(found, Waiting)
    assert (found.tried, sending_id(found)) == (frozenset(), "m-1.2")


def test_only_what_failed_is_sent_again() -> None:
    for under_way in (FAILED[:1], FAILED[:2], FAILED[:3]):
        given(*under_way).when(send_again()).records_nothing()
    for more in ((sent(),), (sent(), delivered())):
        given(*FAILED[:2], *more).when(send_again()).is_rejected(MessageWasSent())


def test_what_no_longer_holds_is_not_sent_again() -> None:
    last = NOON + WEEK - timedelta(seconds=1)
    given(*FAILED).when(send_again(last)).records(requeued(last))
    given(*FAILED).when(send_again(NOON + WEEK)).is_rejected(MessageIsOutOfDate())


def test_a_refusal_ends_the_channel_and_another_may_be_planned() -> None:
    given(queued(), scheduled()).when(refuse()).records(channel_failed())
    history = (queued(), scheduled(), channel_failed())
    given(*history).when(schedule(SMS)).records(scheduled(Channel.SMS))


def test_a_late_refusal_does_not_touch_the_next_channel() -> None:
    history = (queued(), scheduled(), channel_failed(), scheduled(Channel.SMS))
    given(*history).when(refuse()).records_nothing()
    given(*history).when(refuse(Channel.SMS)).records(channel_failed(Channel.SMS))


def test_a_receipt_that_does_not_come_ends_the_channel() -> None:
    waiting = (queued(), scheduled(Channel.SMS), sent(Channel.SMS, SOON))
    missing = channel_failed(Channel.SMS, Reason.NOT_CONFIRMED, None)
    given(*waiting).when(miss_receipt()).records(missing)
    given(*waiting, delivered(Channel.SMS)).when(miss_receipt()).records_nothing()


def test_a_late_receipt_still_counts() -> None:
    history: tuple[MessageEvent, ...] = (
        queued(),
        scheduled(Channel.SMS),
        sent(Channel.SMS, SOON),
        channel_failed(Channel.SMS, Reason.NOT_CONFIRMED, None),
    )
    given(*history).when(note_delivered(Channel.SMS)).records(delivered(Channel.SMS))
    given(*history, failed()).when(note_delivered(Channel.SMS)).records(delivered(Channel.SMS))
    done = (*history, delivered(Channel.SMS))
    given(*done).when(schedule()).records_nothing()


@pytest.mark.requirement("G-06")
def test_a_message_that_reaches_nobody_fails_with_its_reason() -> None:
    given(queued()).when(give_up()).records(failed())
    given(queued(), scheduled(), sent()).when(give_up()).records_nothing()


def test_the_reason_of_the_last_channel_is_the_reason_of_the_message() -> None:
    found = evolve(evolve(evolve(initial, queued()), scheduled()), channel_failed())
    assert isinstance(found, Waiting)
    assert reason_to_stop(found, Reason.NO_ADDRESS) is Reason.REFUSED
    assert reason_to_stop(found, Reason.FORGOTTEN) is Reason.FORGOTTEN
    assert reason_to_stop(Waiting(queued()), Reason.MUTED) is Reason.MUTED


def test_timers_wake_messages_that_wait() -> None:
    assert timers(scheduled()) == ()
    assert timers(scheduled(due=SOON)) == (SetTimer("due", SOON),)
    assert timers(attempt_failed()) == (SetTimer("due", LATER + timedelta(seconds=30)),)
    assert timers(sent(receipt_by=SOON)) == (SetTimer("receipt", SOON),)
    assert timers(sent()) == ()
    assert timers(delivered()) == (CancelTimer("due"), CancelTimer("receipt"))


def test_a_timer_is_a_command() -> None:
    assert on_timer("due", "m-1", LATER) == make_due()
    assert on_timer("receipt", "m-1", LATER) == miss_receipt()
    with pytest.raises(LookupError):
        on_timer("other", "m-1", LATER)


def test_a_recipient_reads_a_message_once_whatever_became_of_it() -> None:
    for history in ((queued(),), (queued(), scheduled(), sent()), (queued(), failed())):
        given(*history).when(read()).records(was_read())
        given(*history).when(read("bob")).is_rejected(NoSuchMessage())
    given().when(read()).is_rejected(NoSuchMessage())
    later = queued(), was_read(), scheduled(), sent(), delivered()
    given(*later).when(read()).records_nothing()
