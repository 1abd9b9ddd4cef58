"""A job: its arrival window, the way there, the report, and the reviews of both sides."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from contracts.common_v1 import Money
from contracts.dispatch.job_v1 import (
    ArrivalMoved,
    CancellationCause,
    OnTheWay,
    Participant,
    ReviewGiven,
    ReviewsPublished,
)
from contracts.runtime import REDACTED
from contracts.timers import CancelTimer, SetTimer
from infra.testing.spec import Spec
from services.dispatch import job
from services.dispatch.job import (
    JobIsCancelled,
    JobIsDone,
    JobIsNotDone,
    NoSuchJob,
    ProviderHasLeft,
)
from services.dispatch.job.doing import (
    LONGEST_WAY,
    ArrivalNotPossible,
    ExpectedNotPossible,
    Leave,
    MoveArrival,
    UnitsDoNotFit,
)
from services.dispatch.job.reviewing import (
    PublishReviews,
    Review,
    ReviewIsGiven,
    ReviewsArePublished,
)
from services.dispatch.reactions import from_dispatch_job
from services.dispatch.terms import CustomerIsForgotten
from services.dispatch.tests.make import (
    DAY,
    HOUR,
    LATER,
    SECOND,
    SLOT,
    cancel,
    cancelled,
    done,
    finish,
    plan,
    planned,
    replaced,
)

given = Spec(job.decide, job.evolve, job.initial).given
LINK = "https://portal.example.org/dispatch/page/R1"
WEEK = 7 * DAY
DONE = (planned(), done())


def moved(to: datetime, clock: str, by: Participant = Participant.PROVIDER) -> ArrivalMoved:
    return ArrivalMoved(
        job_id="J1",
        organisation_id="agora",
        request_id="R1",
        provider_id="eclat",
        arrives_from=to,
        arrives_until=to + 2 * HOUR,
        arrives_from_clock=clock,
        moved_by=by,
        customer_email="awa@example.org",
        customer_link=LINK,
        language="fr",
        moved_at=LATER,
    )


def left(expected: datetime, clock: str, at: datetime = SLOT) -> OnTheWay:
    return OnTheWay(
        job_id="J1",
        organisation_id="agora",
        request_id="R1",
        provider_id="eclat",
        arrival_expected_at=expected,
        arrival_expected_clock=clock,
        customer_email="awa@example.org",
        customer_link=LINK,
        language="fr",
        left_at=at,
    )


def given_review(by: Participant, mark: int, at: datetime) -> ReviewGiven:
    return ReviewGiven(
        job_id="J1",
        organisation_id="agora",
        request_id="R1",
        provider_id="eclat",
        given_by=by,
        mark=str(mark),
        comment="On time",
        given_at=at,
    )


def published(provider: int | None, customer: int | None, at: datetime) -> ReviewsPublished:
    return ReviewsPublished(
        job_id="J1",
        organisation_id="agora",
        request_id="R1",
        provider_id="eclat",
        provider_mark=provider,
        customer_mark=customer,
        published_at=at,
    )


def review(by: Participant, mark: int, at: datetime = SLOT + 2 * HOUR) -> Review:
    return Review(by=by, mark=mark, comment="On time", at=at)


class TestArriving:
    def test_the_provider_arrives_within_two_hours(self) -> None:
        given().when(plan()).records(planned())

    def test_another_window_is_to_come_and_told_by_the_clock_of_the_place(self) -> None:
        to = SLOT + DAY
        move = MoveArrival(arrives_from=to, by=Participant.PROVIDER, at=LATER)
        given(planned()).when(move).records(moved(to, "2030-05-21 09:00"))
        soon = replace(move, arrives_from=LATER + SECOND)
        given(planned()).when(soon).records(moved(LATER + SECOND, "2030-05-06 14:40"))
        given(planned()).when(replace(move, arrives_from=LATER)).is_rejected(ArrivalNotPossible())
        given(planned()).when(replace(move, arrives_from=SLOT)).records_nothing()
        given().when(move).is_rejected(NoSuchJob())

    def test_who_is_on_the_way_says_when_they_arrive(self) -> None:
        expected = SLOT + HOUR
        leave = Leave(arrival_expected_at=expected, at=SLOT)
        given(planned()).when(leave).records(left(expected, "10:00"))
        late = replace(leave, arrival_expected_at=expected + HOUR)
        there = given(planned(), left(expected, "10:00"))
        there.when(late).records(left(expected + HOUR, "11:00"))
        put_off = MoveArrival(arrives_from=SLOT + DAY, by=Participant.PROVIDER, at=SLOT)
        there.when(put_off).is_rejected(ProviderHasLeft())

    @pytest.mark.parametrize(
        ("possible", "not_possible"),
        [(timedelta(), -SECOND), (LONGEST_WAY, LONGEST_WAY + SECOND)],
        ids=["before leaving", "half a day later"],
    )
    def test_nobody_arrives_before_or_half_a_day_later(
        self, possible: timedelta, not_possible: timedelta
    ) -> None:
        good = Leave(arrival_expected_at=SLOT + possible, at=SLOT)
        assert isinstance(given(planned()).answer(good), list)
        bad = Leave(arrival_expected_at=SLOT + not_possible, at=SLOT)
        given(planned()).when(bad).is_rejected(ExpectedNotPossible())


@pytest.mark.requirement("G-68", "M-15")
class TestDone:
    def test_a_report_ends_the_job_with_its_commission(self) -> None:
        given(planned()).when(finish()).records(done())
        given(planned(), left(SLOT, "09:00")).when(finish()).records(done())
        other = replace(finish(), report="Half clean")
        given(*DONE).when(other).is_rejected(JobIsDone())

    def test_a_price_of_a_unit_counts_what_it_took(self) -> None:
        by_hour = planned(unit="hour")
        amount, part = Money(30_000, "EUR"), Money(3_750, "EUR")
        event = replace(
            done(),
            units_hundredths=250,
            amount=amount,
            vat=Money(6_000, "EUR"),
            commission=part,
            commission_vat=Money(750, "EUR"),
        )
        given(by_hour).when(finish(units=250)).records(event)
        given(by_hour).when(finish()).is_rejected(UnitsDoNotFit())
        given(planned()).when(finish(units=250)).is_rejected(UnitsDoNotFit())


class TestCancelled:
    def test_a_provider_that_cancels_is_replaced(self) -> None:
        given(planned()).when(cancel()).records(cancelled())
        found = from_dispatch_job.react(cancelled())
        assert found == [replace(replaced(LATER), job_id="J1")]
        assert from_dispatch_job.react(cancelled(replaced=False)) == []

    def test_the_operator_says_whether_it_is_replaced_and_the_customer_never(self) -> None:
        by_operator = cancel(Participant.OPERATOR, replace=True)
        given(planned()).when(by_operator).records(cancelled(Participant.OPERATOR))
        by_customer = cancel(Participant.CUSTOMER)
        given(planned()).when(by_customer).records(cancelled(Participant.CUSTOMER, replaced=False))

    def test_a_visit_of_a_contract_is_not_replaced(self) -> None:
        event = replace(cancelled(replaced=False), contract_id="SC1")
        given(planned(contract="SC1")).when(cancel()).records(event)

    def test_what_is_over_stays_as_it_is(self) -> None:
        given(*DONE).when(cancel()).is_rejected(JobIsDone())
        given(planned(), cancelled()).when(finish()).is_rejected(JobIsCancelled())
        other = replace(cancel(), cause=CancellationCause.WEATHER)
        given(planned(), cancelled()).when(other).is_rejected(JobIsCancelled())


class TestReviews:
    def test_they_are_published_when_both_are_in(self) -> None:
        at = SLOT + 2 * HOUR
        first = given_review(Participant.CUSTOMER, 5, at)
        given(*DONE).when(review(Participant.CUSTOMER, 5)).records(first)
        second = given_review(Participant.PROVIDER, 4, at)
        both = published(5, 4, at)
        given(*DONE, first).when(review(Participant.PROVIDER, 4)).records(second, both)

    def test_or_after_a_week(self) -> None:
        ends = SLOT + HOUR + WEEK
        one = given_review(Participant.CUSTOMER, 5, SLOT + 2 * HOUR)
        given(*DONE, one).when(PublishReviews(at=ends - SECOND)).records_nothing()
        given(*DONE, one).when(PublishReviews(at=ends)).records(published(5, None, ends))
        given(*DONE).when(PublishReviews(at=ends)).records_nothing()
        assert job.timers(done()) == (SetTimer("publish", ends),)
        assert job.timers(published(5, None, ends)) == (CancelTimer("publish"),)
        assert job.on_timer("publish", "J1", ends) == PublishReviews(at=ends)
        with pytest.raises(LookupError):
            job.on_timer("lunch", "J1", ends)

    def test_nobody_answers_a_review_that_was_published(self) -> None:
        ends = SLOT + HOUR + WEEK
        one = given_review(Participant.CUSTOMER, 5, SLOT + 2 * HOUR)
        last = review(Participant.PROVIDER, 1, ends - SECOND)
        assert isinstance(given(*DONE, one).answer(last), list)
        late = review(Participant.PROVIDER, 1, ends)
        given(*DONE, one).when(late).is_rejected(ReviewsArePublished())
        given(*DONE, one, published(5, None, ends)).when(last).is_rejected(ReviewsArePublished())

    def test_a_review_is_given_once_and_of_what_is_done(self) -> None:
        one = given_review(Participant.CUSTOMER, 5, SLOT + 2 * HOUR)
        given(*DONE, one).when(review(Participant.CUSTOMER, 4)).is_rejected(ReviewIsGiven())
        given(planned()).when(review(Participant.CUSTOMER, 5)).is_rejected(JobIsNotDone())
        given(planned(), cancelled()).when(review(Participant.CUSTOMER, 5)).is_rejected(
            JobIsCancelled()
        )


def test_of_a_forgotten_customer_a_job_is_cancelled_and_nothing_else() -> None:
    gone = replace(planned(), customer_email=REDACTED, customer_link=REDACTED)
    given(gone).when(finish()).is_rejected(CustomerIsForgotten())
    event = replace(cancelled(replaced=False), customer_email=None, customer_link=None)
    given(gone).when(cancel()).records(event)
    given().when(replace(plan(), customer_email=REDACTED)).records_nothing()
