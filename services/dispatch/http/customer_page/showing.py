"""The content of the page of a request, in the words of its customer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import assert_never

from contracts.common_v1 import Money
from contracts.dispatch.job_v1 import JobCancelled, Participant, ReviewGiven
from contracts.dispatch.request_v1 import ProposalMade
from contracts.providers import Marketplace, service_of
from infra.http.customer_pages.houses import House
from infra.http.customer_pages.words import Words
from services.dispatch import job, request
from services.dispatch.http.answers import Names, sent_of
from services.dispatch.read_models.marks import Rating
from services.dispatch.request.dossier import Dossier
from services.dispatch.terms import ARRIVAL_WINDOW, part_of

LinkTo = Callable[[str], str]
"""The address of a file for who looks at a page that is made now."""
UNITS = frozenset({"job", "hour", "day", "square_metre", "piece"})
"""The units that the pages have words for; any other is written as it came."""


class Sort(StrEnum):
    """The order in which proposals stand beside each other."""

    PRICE = "price"
    TIME = "time"
    RATING = "rating"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """The thing that was asked for."""

    service: str
    when: str
    place: tuple[str, ...]
    details: str | None
    photos: tuple[str, ...]
    """Their addresses."""


@dataclass(frozen=True, slots=True)
class Slot:
    """An arrival window that can be chosen; `value` is what a form says."""

    value: str
    window: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A proposal beside others. `shown` names its content, so that one of another content is not
    chosen by it; without slots it cannot be chosen any more."""

    provider_id: str
    shown: str
    name: str
    price: str
    excluding_vat: str
    unit: str | None
    rating: str | None
    slots: tuple[Slot, ...]
    scope: str
    valid_until: str
    is_chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    own: bool
    mark: str
    comment: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """The job of the provider that was chosen."""

    job_id: str
    provider: str
    window: str
    status: str
    """A text of the page."""
    expected: str | None = None
    report: str | None = None
    done_at: str | None = None
    amount: str | None = None
    photos: tuple[str, ...] = ()
    thread: str | None = None
    """Where its customer and its provider write to each other."""
    may_cancel: bool = False
    may_review: bool = False
    reviews_at: str = ""
    """Until when one may review, or when reviews are published."""
    given: Review | None = None
    """The customer's own review, which waits for the provider's."""
    published: tuple[Review, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """The things that were entered in a form that was not taken, and why."""

    error: str | None = None
    provider_id: str = ""
    slot: str = ""
    mark: str = ""
    comment: str = ""
    job_id: str = ""
    """The job that a form is about."""
    photos: tuple[str, ...] = ()
    """Those that were sent and are not added yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    house: House
    wish: Wish
    state: str
    until: str | None
    """When proposals are sent at the latest."""
    proposals: tuple[Proposal, ...]
    sort: Sort
    chosen: str | None
    """The name of the provider that was chosen."""
    job: Job | None
    visits: tuple[Job, ...]
    """Those of contracts that came of the request, the last one first (M12)."""
    may_withdraw: bool
    entered: Entered


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """The rest that the page of a request shows."""

    marketplace: Marketplace
    names: Names
    ratings: Mapping[str, Rating]
    known: job.Job
    visits: tuple[job.Known, ...]
    link_to: LinkTo
    thread_of: LinkTo
    """The address of the thread about a job."""
    at: datetime


def show(
    state: request.Open | request.Chosen | request.Cancelled,
    beside: Beside,
    words: Words,
    sort: Sort,
    entered: Entered,
) -> Page:
    """The page of a request as it is now."""
    held, chosen = state.dossier, state.chosen if isinstance(state, request.Chosen) else None
    is_open = isinstance(state, request.Open)
    shown = ordered(sent_of(held), beside.ratings, sort)
    chosen_id = chosen.provider_id if chosen else None
    waits = is_open and held.send_at is not None and held.sent is None
    return Page(
        house=House(name=beside.marketplace.marketplace_name),
        wish=wish(held, beside, words),
        state=state_of(state, beside.known),
        until=words.time(held.send_at) if waits and held.send_at else None,
        proposals=tuple(
            proposal(one, beside, words, is_open=is_open, chosen_id=chosen_id) for one in shown
        ),
        sort=sort,
        chosen=name_of(chosen_id, beside, words) if chosen_id else None,
        job=job_shown(state, beside, words) if isinstance(state, request.Chosen) else None,
        visits=tuple(
            known_job(one, name_of(one.plan.provider_id, beside, words), beside, words)
            for one in beside.visits
        ),
        may_withdraw=is_open,
        entered=entered,
    )


def wish(held: Dossier, beside: Beside, words: Words) -> Wish:
    created = held.created
    return Wish(
        service=service_name(beside.marketplace, created.service_code, words.language),
        when=words(
            "from_until",
            start=words.time(created.wanted_from),
            end=words.time(created.wanted_until),
        ),
        place=(created.address, f"{created.postal_code} {created.locality}"),
        details=created.details,
        photos=tuple(map(beside.link_to, held.photos)),
    )


def service_name(marketplace: Marketplace, code: str, language: str) -> str:
    """The name in the language, or in that of the marketplace; the code, should it have none."""
    listed = service_of(marketplace, code)
    names = {one.language: one.text for one in listed.names} if listed else {}
    return names.get(language) or names.get(marketplace.language) or code


def name_of(provider_id: str, beside: Beside, words: Words) -> str:
    return beside.names.get(provider_id) or words("provider")


def state_of(state: request.Open | request.Chosen | request.Cancelled, known: job.Job) -> str:
    """The text that says how far a request is."""
    if isinstance(state, request.Cancelled):
        return "state_cancelled"
    if isinstance(state, request.Chosen):
        return "state_replaced" if is_replaced(known) else "state_chosen"
    held = state.dossier
    if held.sent:
        return "state_again" if held.cancelled else "state_proposals"
    if held.cancelled:
        return "state_replaced"
    if held.unanswered:
        return "state_unanswered"
    if held.proposals:
        return "state_answered"
    return "state_assigned" if held.offers else "state_created"


def is_replaced(known: job.Job) -> bool:
    """Whether another provider is looked for; the request says so a moment later (M6)."""
    return isinstance(known, job.Cancelled) and known.cancelled.replaced


# --- Proposals --------------------------------------------------------------


def ordered(
    sent: list[ProposalMade], ratings: Mapping[str, Rating], sort: Sort
) -> list[ProposalMade]:
    """Side by side; of equals the cheaper one, then the earlier one stands first."""

    def by_price(made: ProposalMade) -> tuple[int, datetime, str]:
        return made.fees.including_vat.amount_minor, made.slots[0], made.provider_id

    first = sorted(sent, key=by_price)
    match sort:
        case Sort.PRICE:
            return first
        case Sort.TIME:
            return sorted(first, key=lambda made: min(made.slots))
        case Sort.RATING:
            none = Rating(0, 0)
            return sorted(first, key=lambda made: -ratings.get(made.provider_id, none).average)
        case unhandled:
            assert_never(unhandled)


def proposal(
    made: ProposalMade, beside: Beside, words: Words, *, is_open: bool, chosen_id: str | None
) -> Proposal:
    may = is_open and beside.at < made.valid_until
    return Proposal(
        provider_id=made.provider_id,
        shown=content_of(made),
        name=name_of(made.provider_id, beside, words),
        price=words.money(made.fees.including_vat),
        excluding_vat=words.money(made.price),
        unit=unit_words(made.unit, words),
        rating=rating_words(beside.ratings.get(made.provider_id), words),
        slots=tuple(
            Slot(slot_value(one), window(one, one + ARRIVAL_WINDOW, words))
            for one in sorted(made.slots)
            if may and beside.at < one
        ),
        scope=made.scope,
        valid_until=words.time(made.valid_until),
        is_chosen=made.provider_id == chosen_id,
    )


def content_of(made: ProposalMade) -> str:
    """A name of a proposal as it is shown: the same as long as nothing in it changes."""
    told = (made.price, made.unit, made.vat_basis_points, made.slots, made.scope, made.valid_until)
    return sha256(repr(told).encode()).hexdigest()[:16]


def slot_value(slot: datetime) -> str:
    return slot.isoformat()


def window(start: datetime, end: datetime, words: Words) -> str:
    return words("from_until", start=words.time(start), end=words.clock(end))


def unit_words(unit: str | None, words: Words) -> str | None:
    if unit is None:
        return None
    return words.label("unit", unit) if unit in UNITS else unit


def rating_words(rating: Rating | None, words: Words) -> str | None:
    if rating is None:
        return None
    average = words.number(round(rating.average, 1))
    return words("rating", average=average, count=words.number(rating.marks))


# --- The job ----------------------------------------------------------------


def job_shown(state: request.Chosen, beside: Beside, words: Words) -> Job:
    """The job; as it was chosen, until it is planned a moment later."""
    chosen, name = state.chosen, name_of(state.chosen.provider_id, beside, words)
    if not isinstance(beside.known, job.Unplanned):
        return known_job(beside.known, name, beside, words)
    start = chosen.arrives_from
    planned = window(start, start + ARRIVAL_WINDOW, words)
    return Job(job_id=chosen.job_id, provider=name, window=planned, status="job_planned")


def known_job(known: job.Known, name: str, beside: Beside, words: Words) -> Job:
    match known:
        case job.Planned():
            return on_its_way(known, name, beside, words, None, "job_planned")
        case job.Underway():
            expected = words.clock(known.left.arrival_expected_at)
            return on_its_way(known, name, beside, words, expected, "job_on_the_way")
        case job.Done():
            return job_done(known, name, beside, words)
        case job.Cancelled(plan=plan, cancelled=gone):
            return Job(
                job_id=plan.job_id,
                provider=name,
                window=window(plan.arrives_from, plan.arrives_until, words),
                status=cancelled_words(gone),
            )
        case unhandled:
            assert_never(unhandled)


def on_its_way(
    known: job.Planned | job.Underway,
    name: str,
    beside: Beside,
    words: Words,
    expected: str | None,
    status: str,
) -> Job:
    plan = known.plan
    return Job(
        job_id=plan.job_id,
        provider=name,
        window=window(plan.arrives_from, plan.arrives_until, words),
        status=status,
        expected=expected,
        thread=beside.thread_of(plan.job_id),
        may_cancel=True,
    )


def job_done(known: job.Done, name: str, beside: Beside, words: Words) -> Job:
    plan, done, published = known.plan, known.done, known.published is not None
    own = known.reviews.get(Participant.CUSTOMER)
    theirs = known.reviews.get(Participant.PROVIDER)
    there = tuple(review(one, words) for one in (own, theirs) if one)
    may_review = not published and own is None and beside.at < done.reviews_at
    return Job(
        job_id=plan.job_id,
        provider=name,
        window=window(plan.arrives_from, plan.arrives_until, words),
        status="job_done",
        report=done.report,
        done_at=words.time(done.done_at),
        amount=words.money(including_vat(done.amount, plan.vat_basis_points)),
        photos=tuple(map(beside.link_to, done.file_ids)),
        thread=beside.thread_of(plan.job_id),
        may_review=may_review,
        reviews_at=words.time(done.reviews_at),
        given=review(own, words) if own and not published else None,
        published=there if published else (),
    )


def review(given: ReviewGiven, words: Words) -> Review:
    return Review(
        own=given.given_by is Participant.CUSTOMER,
        mark=words("mark", mark=given.mark),
        comment=given.comment,
    )


def including_vat(amount: Money, vat_basis_points: int) -> Money:
    vat = part_of(amount, vat_basis_points)
    return Money(amount.amount_minor + vat.amount_minor, amount.currency)


def cancelled_words(cancelled: JobCancelled) -> str:
    """The text for a job that is not done. The cause is the provider's own: it may be ill."""
    if cancelled.replaced:
        return "job_replaced"
    if cancelled.cancelled_by is Participant.CUSTOMER:
        return "job_cancelled_by_you"
    return "job_cancelled"
