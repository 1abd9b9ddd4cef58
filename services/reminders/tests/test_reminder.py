"""A reminder: planned, sent, read, answered; or it ends before."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.decisions import Changed
from contracts.reminders.reminder_v1 import (
    Attachment,
    AttachmentKind,
    CallAsked,
    ContactRequested,
    CustomerInvited,
    InvitationOutcome,
    PlanningReason,
    ReminderAnswered,
    ReminderChannel,
    ReminderChoice,
    ReminderMessage,
    ReminderRead,
    RemindersDeclined,
    ReminderSent,
    ReminderStopped,
    SendingDue,
    SendingFailed,
    SendingFailure,
    SendingPlanned,
    StopReason,
    WorkAccepted,
    WorkEnd,
    WorkEnded,
    WorkRefused,
    WorksChanged,
)
from contracts.timers import CancelTimer, SetTimer
from services.reminders import reminder
from services.reminders.reminder import (
    Answered,
    Pending,
    ReminderIsAnswered,
    ReminderIsNotRead,
    ReminderIsNotSent,
    ReminderIsRead,
    ReminderIsSent,
    ReminderIsStopped,
    Sent,
    Stopped,
)
from services.reminders.reminder.answering import (
    HandleContact,
    NoContactRequested,
    NoSuchWork,
    NothingToBook,
    NoWorkChosen,
)
from services.reminders.reminder.content import (
    AbsorbWorks,
    AttachmentsNotPossible,
    ChangeAttachments,
    NoWorks,
    RemindersAreOff,
    SendDayIsPast,
    TooManyDueWorks,
    WorkNamedTwice,
    WorkPriceNotInCurrency,
    WorkPriceNotPossible,
)
from services.reminders.reminder.ending import ReminderMergedIntoItself
from services.reminders.reminder.sending import (
    ClimbLadder,
    CustomerNotWrittenTo,
    FallDue,
    OutsideHours,
    timers,
)
from services.reminders.tests.make import (
    ANSWERED,
    BELT,
    DAY,
    GROUP,
    ID,
    NINE,
    NOON,
    PADS,
    PENDING,
    READ,
    REMINDER,
    SENT,
    TODAY,
    TWO,
    WEEK,
    arrange,
    book,
    change_works,
    close,
    compose,
    contact,
    create,
    decline,
    due_work,
    end_work,
    eur,
    follow,
    history,
    hold,
    merge,
    open_page,
    plan_sending,
    refuse_all,
    release,
    send_due,
    send_now,
    state,
    stop,
    take_down,
    terms,
)

DUE = FallDue(at=NINE)
SENT_BY_ITSELF = (*PENDING, DUE, send_due())
LATER = NINE + WEEK
EVENING = NINE + timedelta(hours=12)


def timers_of(*commands: reminder.Command) -> list[SetTimer | CancelTimer]:
    return [one for event in history(*commands) for one in timers(event)]


class TestCreate:
    @pytest.mark.requirement("FLB-156", "FLB-157")
    def test_a_reminder_made_by_hand_waits_for_its_day(self) -> None:
        [created] = history(create())
        REMINDER.given().when(create()).records(created)
        assert timers(created) == (SetTimer("send", NINE),)
        REMINDER.given(created).when(create(reference="other")).is_rejected(
            reminder.ReminderIdTaken(ID)
        )

    @pytest.mark.requirement("FLB-150", "T-07")
    def test_none_is_made_where_the_manager_does_not_allow_it(self) -> None:
        REMINDER.given().when(create(allowed=False)).is_rejected(RemindersAreOff())

    @pytest.mark.requirement("FLB-156")
    def test_it_goes_out_today_at_the_earliest(self) -> None:
        assert isinstance(REMINDER.given().answer(create(send_on=TODAY)), list)
        yesterday = TODAY - timedelta(days=1)
        REMINDER.given().when(create(send_on=yesterday)).is_rejected(
            SendDayIsPast(yesterday, TODAY)
        )

    @pytest.mark.requirement("FLB-157")
    def test_it_has_works_each_once_with_a_possible_price(self) -> None:
        given = REMINDER.given()
        given.when(create(())).is_rejected(NoWorks())
        given.when(create((due_work(), due_work()))).is_rejected(WorkNamedTwice("Belt"))
        many = tuple(due_work(f"c.w{n}") for n in range(101))
        given.when(create(many)).is_rejected(TooManyDueWorks(100))
        assert isinstance(given.answer(create(many[:100])), list)
        dear = (due_work(price=100_000_001),)
        most = WorkPriceNotPossible(eur(100_000_001), eur(100_000_000))
        given.when(create(dear)).is_rejected(most)
        assert isinstance(given.answer(create((due_work(price=100_000_000),))), list)
        foreign = replace(due_work(), price=replace(eur(1), currency="CHF"))
        given.when(create((foreign,))).is_rejected(WorkPriceNotInCurrency("CHF", "EUR"))


class TestArrange:
    def test_the_plan_of_a_case_makes_a_reminder_once(self) -> None:
        REMINDER.given().when(arrange()).records(*history(arrange()))

    def test_another_plan_changes_works_and_day(self) -> None:
        day = DAY + timedelta(days=3)
        again = arrange(TWO[:1], day, NINE + timedelta(days=3))
        changed, planned = history(arrange(), again)[1:]
        assert isinstance(changed, WorksChanged)
        assert changed.works == TWO[:1]
        assert isinstance(planned, SendingPlanned)
        assert (planned.send_on, planned.reason) == (day, PlanningReason.REGROUPED)
        REMINDER.given(*history(arrange())).when(again).records(changed, planned)

    def test_a_day_that_somebody_chose_stands(self) -> None:
        chosen = plan_sending(DAY + timedelta(days=9), NINE + timedelta(days=9))
        given = REMINDER.given(*history(arrange(), chosen))
        given.when(arrange(send_on=DAY + timedelta(days=3))).records_nothing()

    def test_what_was_read_stays_as_it_is(self) -> None:
        read = history(arrange(), send_now(), open_page())
        REMINDER.given(*read).when(arrange(TWO[:1])).records_nothing()

    def test_works_of_another_reminder_come_to_it(self) -> None:
        third = due_work("J9.wipers", 3_000)
        absorb = AbsorbWorks(reminder_id=ID, organisation_id=GROUP, works=(third,), at=NOON)
        [changed] = history(*PENDING, absorb)[1:]
        assert isinstance(changed, WorksChanged)
        assert changed.works == (*TWO, third)
        REMINDER.given(*history(*PENDING)).when(absorb).records(changed)
        REMINDER.given(*history(*READ)).when(absorb).is_rejected(ReminderIsRead())


class TestEdit:
    @pytest.mark.requirement("FLB-154", "SM-17")
    def test_it_is_changed_until_it_is_read(self) -> None:
        for before in (PENDING, SENT):
            given = REMINDER.given(*history(*before))
            for command in (change_works(TWO[0]), compose()):
                answer = given.answer(command)
                assert isinstance(answer, list)
                given.when(command).records(*answer)
        refused = (change_works(TWO[0]), compose(), send_now(id="second"), close())
        for late in refused:
            REMINDER.given(*history(*READ)).when(late).is_rejected(ReminderIsRead())
            REMINDER.given(*history(*ANSWERED)).when(late).is_rejected(ReminderIsRead())

    @pytest.mark.requirement("FLB-156")
    def test_files_go_with_it_each_once(self) -> None:
        def attach(*ids: str) -> ChangeAttachments:
            files = tuple(Attachment(file_id=one, kind=AttachmentKind.PHOTO) for one in ids)
            return ChangeAttachments(organisation_id=GROUP, attachments=files, by="lea", at=NOON)

        given = REMINDER.given(*history(*PENDING))
        given.when(attach("f-1", "f-2")).records(*history(*PENDING, attach("f-1", "f-2"))[1:])
        given.when(attach("f-1", "f-1")).is_rejected(AttachmentsNotPossible(20))
        many = [f"f-{n}" for n in range(21)]
        given.when(attach(*many)).is_rejected(AttachmentsNotPossible(20))
        assert isinstance(given.answer(attach(*many[:20])), list)

    @pytest.mark.requirement("FLB-155", "T-09")
    def test_another_day_is_chosen_before_it_is_sent_and_not_after(self) -> None:
        chosen = plan_sending(DAY + timedelta(days=1), NINE + timedelta(days=1))
        given = REMINDER.given(*history(*PENDING))
        [planned] = history(*PENDING, chosen)[1:]
        given.when(chosen).records(planned)
        assert timers(planned) == (SetTimer("send", NINE + timedelta(days=1)),)
        assert isinstance(given.answer(plan_sending(TODAY, NOON)), list)
        yesterday = TODAY - timedelta(days=1)
        given.when(plan_sending(yesterday, NOON)).is_rejected(SendDayIsPast(yesterday, TODAY))
        REMINDER.given(*history(*SENT)).when(chosen).is_rejected(ReminderIsSent())
        REMINDER.given(*history(*READ)).when(chosen).is_rejected(ReminderIsRead())


class TestSendingByItself:
    @pytest.mark.requirement("FLB-151", "FLB-158", "G-55", "N-18")
    def test_on_its_day_it_goes_by_all_channels_that_are_open(self) -> None:
        [due] = history(*PENDING, DUE)[1:]
        assert isinstance(due, SendingDue)
        REMINDER.given(*history(*PENDING)).when(DUE).records(due)
        sent, by_mail, by_text = history(*SENT_BY_ITSELF)[2:]
        assert isinstance(sent, ReminderSent)
        assert (sent.channels, sent.sender_id) == (
            (ReminderChannel.EMAIL, ReminderChannel.SMS),
            None,
        )
        assert isinstance(by_mail, CustomerInvited)
        assert isinstance(by_text, CustomerInvited)
        assert (by_mail.email, by_mail.phone) == ("claire@example.org", None)
        assert (by_text.email, by_text.phone) == (None, "+33612345678")
        assert by_mail.works_called == "Belt\nPads"
        REMINDER.given(*history(*PENDING, DUE)).when(send_due()).records(sent, by_mail, by_text)

    def test_before_its_hour_nothing_is_due(self) -> None:
        early = FallDue(at=NINE - timedelta(seconds=1))
        REMINDER.given(*history(*PENDING)).when(early).records_nothing()

    @pytest.mark.requirement("FLB-151", "T-07")
    def test_it_stays_where_the_dealership_sends_nothing_by_itself(self) -> None:
        given = REMINDER.given(*history(*PENDING, DUE))
        given.when(send_due(terms(automatic=False))).records_nothing()

    def test_what_was_held_does_not_go_out_until_it_is_released(self) -> None:
        held = (*PENDING, hold())
        assert timers_of(*held)[-2:] == [CancelTimer("send"), CancelTimer("ladder")]
        REMINDER.given(*history(*held)).when(DUE).records_nothing()
        REMINDER.given(*history(*PENDING, DUE, hold())).when(send_due()).records_nothing()
        REMINDER.given(*history(*held)).when(hold()).records_nothing()
        freed = history(*held, release())
        REMINDER.given(*history(*held)).when(release()).records(*freed[2:])
        assert timers(freed[-1]) == (SetTimer("send", NINE),)
        assert isinstance(REMINDER.given(*freed).answer(DUE), list)

    def test_at_night_it_waits_for_the_morning(self) -> None:
        morning = NINE + timedelta(hours=23)
        night = send_due(terms(now=EVENING, lawful_at=morning))
        [planned] = history(*PENDING, DUE, night)[2:]
        assert isinstance(planned, SendingPlanned)
        assert (planned.send_at, planned.reason) == (morning, PlanningReason.HOURS)
        REMINDER.given(*history(*PENDING, DUE)).when(night).records(planned)
        due = FallDue(at=morning)
        sent = history(*PENDING, DUE, night, due, send_due(due=morning))
        assert isinstance(sent[4], ReminderSent)

    @pytest.mark.requirement("G-55")
    def test_somebody_without_an_address_is_not_reached(self) -> None:
        nobody = send_due(terms(email=None, phone=None))
        [failed] = history(*PENDING, DUE, nobody)[2:]
        assert isinstance(failed, SendingFailed)
        assert failed.reason is SendingFailure.NO_CHANNEL
        REMINDER.given(*history(*PENDING, DUE)).when(nobody).records(failed)
        assert isinstance(state(*PENDING, DUE, nobody), Pending)

    @pytest.mark.parametrize(
        "reason",
        [
            StopReason.CONSENT_WITHDRAWN,
            StopReason.CHANNELS_BLOCKED,
            StopReason.CUSTOMER_ERASED,
            StopReason.VEHICLE_GONE,
        ],
    )
    def test_it_stops_and_says_why_when_there_is_nobody_to_remind(self, reason: StopReason) -> None:
        lost = send_due(terms(stop=reason))
        [stopped] = history(*PENDING, DUE, lost)[2:]
        assert isinstance(stopped, ReminderStopped)
        assert stopped.reason is reason
        REMINDER.given(*history(*PENDING, DUE)).when(lost).records(stopped)

    def test_what_was_sent_by_hand_meanwhile_does_not_go_again(self) -> None:
        REMINDER.given(*history(*PENDING, DUE, send_now())).when(send_due()).records_nothing()


class TestSendNow:
    @pytest.mark.requirement("FLB-155", "T-09", "SM-17")
    def test_it_goes_at_once_and_that_is_its_day(self) -> None:
        after = state(*SENT)
        assert isinstance(after, Sent)
        assert after.matter.send_on == NOON.date()
        REMINDER.given(*history(*PENDING)).when(send_now()).records(*history(*SENT)[1:])
        assert timers_of(*SENT)[1:] == [CancelTimer("send"), SetTimer("ladder", NOON + WEEK)]

    @pytest.mark.requirement("FLB-155")
    def test_it_goes_once_more_while_nobody_has_read_it(self) -> None:
        again = history(*SENT, send_now(id="second"))[4:]
        assert isinstance(again[0], ReminderSent)
        assert again[0].kind is ReminderMessage.AGAIN
        assert len(again) == 3

    def test_whoever_saw_other_works_is_told(self) -> None:
        given = REMINDER.given(*history(*PENDING))
        given.when(send_now(works=1)).is_rejected(Changed({"works": 1}, {"works": 2}))
        given.when(send_now(proposed=1)).is_rejected(
            Changed({"proposed": eur(1)}, {"proposed": eur(76_000)})
        )

    def test_nobody_is_written_to_against_their_will_or_at_night(self) -> None:
        given = REMINDER.given(*history(*PENDING))
        no = StopReason.CONSENT_WITHDRAWN
        given.when(send_now(terms(stop=no, now=NOON))).is_rejected(CustomerNotWrittenTo(no))
        nobody = terms(email=None, phone=None, now=NOON)
        given.when(send_now(nobody)).is_rejected(CustomerNotWrittenTo(None))
        morning = NOON + timedelta(hours=9)
        given.when(send_now(terms(now=NOON, lawful_at=morning))).is_rejected(OutsideHours(morning))

    def test_one_address_suffices(self) -> None:
        sent = history(*PENDING, send_now(terms(email=None, now=NOON)))[1]
        assert isinstance(sent, ReminderSent)
        assert sent.channels == (ReminderChannel.SMS,)


class TestOutcomes:
    def test_one_message_that_arrives_suffices(self) -> None:
        failed = follow("email", InvitationOutcome.FAILED)
        assert isinstance(state(*SENT, failed), Sent)
        arrived = follow("sms", InvitationOutcome.SENT)
        assert isinstance(state(*SENT, arrived, failed), Sent)

    @pytest.mark.requirement("G-55", "FLB-148")
    def test_when_none_arrives_it_was_not_sent(self) -> None:
        both = (follow("email", InvitationOutcome.FAILED), follow("sms", InvitationOutcome.FAILED))
        after = state(*SENT, *both)
        assert isinstance(after, Pending)
        assert after.failed is not None
        assert (after.failed.reason, after.failed.sender_id) == (
            SendingFailure.NOT_DELIVERED,
            "lea",
        )
        REMINDER.given(*history(*SENT, *both)).when(both[1]).records_nothing()
        assert timers_of(*SENT, *both)[-2:] == [CancelTimer("send"), CancelTimer("ladder")]

    def test_a_message_of_another_reminder_says_nothing(self) -> None:
        other = follow("email", InvitationOutcome.FAILED, "other")
        REMINDER.given(*history(*SENT)).when(other).records_nothing()
        REMINDER.given().when(other).records_nothing()


class TestLadder:
    """Unread: another channel. Read: one polite word. Then a call, and nothing more (R6)."""

    def test_whoever_read_nothing_is_told_another_way(self) -> None:
        by_mail = (*PENDING, DUE, send_due(terms(phone=None)))
        climbed = (*by_mail, ClimbLadder(at=LATER))
        due = history(*climbed)[-1]
        assert isinstance(due, SendingDue)
        assert due.kind is ReminderMessage.OTHER_CHANNEL
        REMINDER.given(*history(*by_mail)).when(ClimbLadder(at=LATER)).records(due)
        other = send_due(terms(now=LATER), ReminderMessage.OTHER_CHANNEL, LATER)
        sent, invited = history(*climbed, other)[-2:]
        assert isinstance(sent, ReminderSent)
        assert sent.channels == (ReminderChannel.SMS,)
        assert isinstance(invited, CustomerInvited)

    def test_whoever_was_told_all_ways_is_called(self) -> None:
        other = send_due(terms(now=LATER), ReminderMessage.OTHER_CHANNEL, LATER)
        [asked] = history(*SENT_BY_ITSELF, ClimbLadder(at=LATER), other)[6:]
        assert isinstance(asked, CallAsked)
        assert asked.advisor_id == "lea"
        given = REMINDER.given(*history(*SENT_BY_ITSELF, ClimbLadder(at=LATER)))
        given.when(other).records(asked)

    def test_whoever_read_it_gets_one_polite_word_and_then_a_call(self) -> None:
        read = (*SENT_BY_ITSELF, open_page(NINE))
        polite = send_due(terms(now=LATER), ReminderMessage.FOLLOW_UP, LATER)
        told = (*read, ClimbLadder(at=LATER), polite)
        sent = history(*told)[-2]
        assert isinstance(sent, ReminderSent)
        assert (sent.kind, sent.channels) == (
            ReminderMessage.FOLLOW_UP,
            (ReminderChannel.EMAIL,),
        )
        last = ClimbLadder(at=LATER + WEEK)
        [asked] = history(*told, last)[len(history(*told)) :]
        assert isinstance(asked, CallAsked)
        REMINDER.given(*history(*told)).when(last).records(asked)
        after = ClimbLadder(at=LATER + 2 * WEEK)
        REMINDER.given(*history(*told, last)).when(after).records_nothing()

    def test_nobody_is_urged_before_the_time(self) -> None:
        early = ClimbLadder(at=LATER - timedelta(seconds=1))
        REMINDER.given(*history(*SENT_BY_ITSELF)).when(early).records_nothing()

    def test_whoever_asked_to_be_called_is_not_written_to(self) -> None:
        asked = history(*SENT_BY_ITSELF, open_page(), contact())
        REMINDER.given(*asked).when(ClimbLadder(at=LATER)).records_nothing()

    def test_an_answer_ends_it(self) -> None:
        REMINDER.given(*history(*ANSWERED)).when(ClimbLadder(at=LATER)).records_nothing()
        ended = [CancelTimer("send"), CancelTimer("ladder")]
        assert timers_of(*ANSWERED)[-2:] == ended

    def test_a_follow_up_at_night_waits_too(self) -> None:
        morning = LATER + timedelta(hours=11)
        night = terms(now=LATER, lawful_at=morning)
        read = (*SENT_BY_ITSELF, open_page(NINE), ClimbLadder(at=LATER))
        polite = send_due(night, ReminderMessage.FOLLOW_UP, LATER)
        [planned] = history(*read, polite)[len(history(*read)) :]
        assert isinstance(planned, SendingPlanned)
        assert timers(planned) == (SetTimer("ladder", morning),)
        after = state(*read, polite)
        assert not isinstance(after, reminder.Uncreated)
        assert after.matter.send_on == NINE.date()
        REMINDER.given(*history(*read)).when(polite).records(planned)


class TestAnswers:
    @pytest.mark.requirement("FLB-159")
    def test_whoever_books_accepts_what_was_chosen_and_refuses_the_rest(self) -> None:
        accepted, refused, answered = history(*ANSWERED)[-3:]
        assert isinstance(accepted, WorkAccepted)
        assert isinstance(refused, WorkRefused)
        assert isinstance(answered, ReminderAnswered)
        assert (accepted.work.work_id, refused.work.work_id) == (BELT, PADS)
        assert (answered.choice, answered.accepted) == (ReminderChoice.BOOKED, eur(64_000))
        REMINDER.given(*history(*READ)).when(book(BELT)).records(accepted, refused, answered)

    @pytest.mark.requirement("FLB-159")
    def test_nobody_books_without_a_link_or_a_work(self) -> None:
        given = REMINDER.given(*history(*READ))
        given.when(book(BELT, bookable=False)).is_rejected(NothingToBook())
        given.when(book()).is_rejected(NoWorkChosen())
        given.when(book("other")).is_rejected(NoSuchWork("other"))

    @pytest.mark.requirement("FLB-160")
    def test_all_works_are_refused_at_once(self) -> None:
        *refused, answered = history(*READ, refuse_all())[-3:]
        assert all(isinstance(one, WorkRefused) for one in refused)
        assert isinstance(answered, ReminderAnswered)
        assert (answered.choice, answered.accepted) == (ReminderChoice.REFUSED_ALL, eur(0))
        REMINDER.given(*history(*READ)).when(refuse_all()).records(*refused, answered)

    @pytest.mark.requirement("FLB-161", "SM-17")
    def test_a_choice_is_final(self) -> None:
        given = REMINDER.given(*history(*ANSWERED))
        given.when(refuse_all()).is_rejected(ReminderIsAnswered())
        given.when(book(PADS)).is_rejected(ReminderIsAnswered())
        given.when(take_down(PADS)).is_rejected(ReminderIsAnswered())
        given.when(open_page()).records_nothing()
        [asked] = history(*ANSWERED, contact())[-1:]
        assert isinstance(asked, ContactRequested)
        given.when(contact()).records(asked)

    @pytest.mark.requirement("FLB-162", "G-83", "N-19")
    def test_who_wants_to_be_called_has_read_and_not_answered(self) -> None:
        asked = history(*READ, contact())
        assert isinstance(asked[-1], ContactRequested)
        assert asked[-1].advisor_id == "lea"
        assert isinstance(state(*READ, contact()), reminder.Read)
        REMINDER.given(*history(*READ)).when(contact()).records(asked[-1])
        handle = HandleContact(organisation_id=GROUP, by="lea", at=NOON)
        REMINDER.given(*asked).when(handle).records(*history(*READ, contact(), handle)[-1:])
        REMINDER.given(*history(*READ)).when(handle).is_rejected(NoContactRequested())

    @pytest.mark.requirement("FLB-162")
    def test_an_adviser_enters_what_was_said(self) -> None:
        after = state(*READ, contact(), take_down(BELT))
        assert isinstance(after, Answered)
        assert (after.answered.choice, after.answered.taken_down_by) == (
            ReminderChoice.TAKEN_DOWN,
            "lea",
        )
        given = REMINDER.given(*history(*SENT))
        given.when(take_down(BELT)).records(*history(*SENT, take_down(BELT))[4:])
        given.when(take_down(BELT, seen=1)).is_rejected(Changed({"works": 1}, {"works": 2}))
        given.when(take_down("other")).is_rejected(NoSuchWork("other"))
        REMINDER.given(*history(*PENDING)).when(take_down()).is_rejected(ReminderIsNotSent())

    def test_the_page_is_read_before_it_is_answered(self) -> None:
        given = REMINDER.given(*history(*SENT))
        given.when(book(BELT)).is_rejected(ReminderIsNotRead())
        [read] = history(*READ)[4:]
        assert isinstance(read, ReminderRead)
        given.when(open_page()).records(read)
        REMINDER.given(*history(*PENDING)).when(open_page()).is_rejected(ReminderIsNotSent())

    def test_whoever_wants_no_reminders_says_it_once_by_all_channels(self) -> None:
        [declined] = history(*SENT, decline())[4:]
        assert isinstance(declined, RemindersDeclined)
        REMINDER.given(*history(*SENT)).when(decline()).records(declined)


class TestEnds:
    @pytest.mark.requirement("FLB-155", "G-82")
    def test_it_is_deleted_until_it_is_read_and_stays_deleted(self) -> None:
        for before in (PENDING, SENT):
            [closed] = history(*before, close())[len(history(*before)) :]
            REMINDER.given(*history(*before)).when(close()).records(closed)
        gone = REMINDER.given(*history(*PENDING, close()))
        gone.when(send_now()).is_rejected(reminder.NoSuchReminder())
        gone.when(DUE).records_nothing()
        gone.when(arrange()).records_nothing()

    def test_it_stops_once_and_never_after_an_answer(self) -> None:
        for before in (PENDING, SENT, READ):
            [stopped] = history(*before, stop())[len(history(*before)) :]
            REMINDER.given(*history(*before)).when(stop()).records(stopped)
        REMINDER.given(*history(*ANSWERED)).when(stop()).records_nothing()
        REMINDER.given(*history(*PENDING)).when(stop(organisation="other")).records_nothing()
        over = REMINDER.given(*history(*SENT, stop()))
        reason = ReminderIsStopped(StopReason.CONSENT_WITHDRAWN)
        for command in (send_now(id="second"), open_page(), book(BELT), take_down()):
            over.when(command).is_rejected(reason)

    def test_with_the_last_of_its_works_it_stops(self) -> None:
        first = history(*PENDING, end_work())
        assert isinstance(first[-1], WorkEnded)
        assert isinstance(state(*PENDING, end_work()), Pending)
        last = end_work(PADS, WorkEnd.CARRIED_OUT)
        ended, stopped = history(*PENDING, end_work(), last)[2:]
        assert isinstance(stopped, ReminderStopped)
        assert stopped.reason is StopReason.WORKS_SETTLED
        REMINDER.given(*first).when(last).records(ended, stopped)

    def test_what_became_of_a_work_is_known_after_the_answer_too(self) -> None:
        [ended] = history(*ANSWERED, end_work())[-1:]
        assert isinstance(ended, WorkEnded)
        given = REMINDER.given(*history(*ANSWERED))
        given.when(end_work()).records(ended)
        given.when(end_work("other")).records_nothing()
        assert isinstance(state(*ANSWERED, end_work(), end_work(end=WorkEnd.CARRIED_OUT)), Answered)

    def test_the_customer_is_reminded_of_what_is_left(self) -> None:
        given = REMINDER.given(*history(*READ, end_work()))
        given.when(book(BELT)).is_rejected(NoSuchWork(BELT))
        after = state(*READ, end_work(), book(PADS))
        assert isinstance(after, Answered)
        assert (after.answered.accepted_works, after.answered.refused_works) == (1, 0)

    def test_one_that_is_merged_hands_on_its_works_and_what_becomes_of_them(self) -> None:
        [stopped] = history(*PENDING, merge())[1:]
        assert isinstance(stopped, ReminderStopped)
        assert (stopped.into_reminder_id, stopped.works) == ("ZOTHER", TWO)
        given = REMINDER.given(*history(*PENDING))
        given.when(merge()).records(stopped)
        given.when(merge(ID)).is_rejected(ReminderMergedIntoItself())
        given.when(merge(seen=1)).is_rejected(Changed({"works": 1}, {"works": 2}))
        REMINDER.given(*history(*SENT)).when(merge()).is_rejected(ReminderIsSent())
        ended = history(*PENDING, merge(), end_work())[-1]
        assert isinstance(ended, WorkEnded)
        assert ended.into_reminder_id == "ZOTHER"
        assert isinstance(state(*PENDING, merge(), end_work()), Stopped)


COMMANDS: st.SearchStrategy[reminder.Command] = st.sampled_from(
    [
        create(),
        arrange(TWO[:1]),
        change_works(TWO[1]),
        compose(),
        plan_sending(DAY + timedelta(days=1), NINE + timedelta(days=1)),
        DUE,
        send_due(),
        send_now(),
        send_now(works=1, proposed=64_000, id="other"),
        hold(),
        release(),
        open_page(),
        book(BELT),
        refuse_all(),
        contact(),
        decline(),
        take_down(PADS),
        stop(),
        end_work(),
        end_work(PADS, WorkEnd.CARRIED_OUT),
        merge(),
        close(),
        follow("email", InvitationOutcome.FAILED),
        follow("sms", InvitationOutcome.FAILED),
        ClimbLadder(at=LATER),
        send_due(terms(now=LATER), ReminderMessage.FOLLOW_UP, LATER),
        send_due(terms(now=LATER), ReminderMessage.OTHER_CHANNEL, LATER),
    ]
)


@given(st.lists(COMMANDS, max_size=14))
def test_a_redelivered_command_records_nothing_new(sequence: list[reminder.Command]) -> None:
    now: reminder.Reminder = reminder.initial
    for command in sequence:
        answer = reminder.decide(command, now)
        if isinstance(answer, list):
            for event in answer:
                now = reminder.evolve(now, event)
            assert reminder.decide(command, now) == []


@given(st.lists(COMMANDS, max_size=14))
def test_nobody_is_written_to_twice_in_one_way_by_itself(
    sequence: list[reminder.Command],
) -> None:
    events: list[object] = []
    now: reminder.Reminder = reminder.initial
    for command in sequence:
        answer = reminder.decide(command, now)
        if isinstance(answer, list):
            for event in answer:
                now = reminder.evolve(now, event)
            events += answer
    own = [
        (one.kind, one.channel)
        for one in events
        if isinstance(one, CustomerInvited) and ".due-" in one.invitation_id
    ]
    assert len({*own}) == len(own)


def test_no_timer_has_another_name() -> None:
    with pytest.raises(LookupError):
        reminder.on_timer("other", ID, NINE)
    assert reminder.on_timer("send", ID, NINE) == DUE
    assert reminder.on_timer("ladder", ID, LATER) == ClimbLadder(at=LATER)
