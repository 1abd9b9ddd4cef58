"""Both sides review, and nobody sees the other's review before giving one or after a week (M10)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from contracts.dispatch.job_v1 import JobDone, Participant, ReviewGiven, ReviewsPublished

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """`mark` is 1 to 5."""

    by: Participant
    mark: int
    comment: str | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishReviews:
    """Comes from the timer."""

    at: datetime


# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReviewIsGiven:
    pass


@dataclass(frozen=True, slots=True)
class ReviewsArePublished:
    """A review that was seen is not answered with one."""


Rejection = ReviewIsGiven | ReviewsArePublished
Reviews = Mapping[Participant, ReviewGiven]

# --- Decisions --------------------------------------------------------------


def review(
    command: Review, done: JobDone, reviews: Reviews, *, published: bool
) -> list[ReviewGiven | ReviewsPublished] | Rejection:
    """The second of both publishes them."""
    if known := reviews.get(command.by):
        same = (known.mark, known.comment) == (str(command.mark), command.comment)
        return [] if same else ReviewIsGiven()
    if published or command.at >= done.reviews_at:
        return ReviewsArePublished()
    given = ReviewGiven(
        job_id=done.job_id,
        organisation_id=done.organisation_id,
        request_id=done.request_id,
        provider_id=done.provider_id,
        given_by=command.by,
        mark=str(command.mark),
        comment=command.comment,
        given_at=command.at,
    )
    if not reviews:
        return [given]
    return [given, together(done, {**reviews, command.by: given}, command.at)]


def together(done: JobDone, reviews: Reviews, at: datetime) -> ReviewsPublished:
    return ReviewsPublished(
        job_id=done.job_id,
        organisation_id=done.organisation_id,
        request_id=done.request_id,
        provider_id=done.provider_id,
        provider_mark=mark_of(reviews, Participant.CUSTOMER),
        customer_mark=mark_of(reviews, Participant.PROVIDER),
        published_at=at,
    )


def mark_of(reviews: Reviews, party: Participant) -> int | None:
    """The mark that somebody gave; None too where it cannot be read any more."""
    given = reviews.get(party)
    return int(given.mark) if given is not None and given.mark.isdigit() else None
