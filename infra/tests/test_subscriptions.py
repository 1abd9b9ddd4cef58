"""A reader declares the events it reads, and its functions take exactly these."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from contracts.accounts import user_v1
from contracts.accounts.user_v1 import SubjectForgotten
from contracts.missions import trip_v1
from contracts.missions.trip_v1 import QuoteSubmitted, QuoteWithdrawn, TripEvent, TripPublished
from infra.consumers.reactions import Reaction
from infra.consumers.subscriptions import Reads, Subscription, merged, subscription
from infra.consumers.views import View, subscriptions
from infra.host import Service
from infra.tests.consuming import NOTES, Note

PUBLISHED = "relais.missions.trip.v1.published"
SUBMITTED = "relais.missions.trip.v1.quote_submitted"
FORGOTTEN = "relais.missions.trip.v1.subject_forgotten"


@dataclass(frozen=True, slots=True)
class Row:
    trip_id: str
    comment: str | None = None


Quotes = TripPublished | QuoteSubmitted


def key(event: Quotes) -> tuple[str]:
    return (event.trip_id,)


def project(_: Row | None, event: Quotes) -> Row:
    return Row(event.trip_id)


def quote_key(event: QuoteSubmitted) -> tuple[str]:
    return (event.trip_id,)


def quote_row(_: Row | None, event: QuoteSubmitted) -> Row:
    return Row(event.trip_id)


def view(
    reads: Reads,
    key: Callable[[Any], tuple[str]] = key,
    project: Callable[[Any, Any], Row] = project,
    **more: Any,
) -> View[Row, Any]:
    return View("rows", trip_v1.contract, Row, ("trip_id",), key, project, reads=reads, **more)


def react(event: QuoteSubmitted) -> list[Note]:
    return [Note(event.trip_id, "")]


def target(note: Note) -> str:
    return note.trip_id


def reaction(reads: Reads) -> Reaction[Any]:
    return Reaction("noting", trip_v1.contract, react, NOTES, target, reads=reads)


class TestDeclarations:
    def test_a_view_reads_the_events_it_declares(self) -> None:
        assert view(Quotes).events == {TripPublished, QuoteSubmitted}

    def test_one_class_is_enough(self) -> None:
        assert view(QuoteSubmitted, quote_key, quote_row).events == {QuoteSubmitted}

    def test_the_order_of_a_union_means_nothing(self) -> None:
        assert view(QuoteSubmitted | TripPublished).events == {TripPublished, QuoteSubmitted}

    def test_a_reaction_reads_the_events_it_declares(self) -> None:
        expected = Subscription(trip_v1.contract, frozenset({SUBMITTED}))
        assert reaction(QuoteSubmitted).subscription == expected

    @pytest.mark.parametrize("reads", [TripPublished, Quotes | QuoteWithdrawn, TripEvent])
    def test_a_view_whose_functions_take_other_events_is_refused(self, reads: Reads) -> None:
        with pytest.raises(TypeError, match=r"^key of view rows takes QuoteSubmitted, TripPub"):
            view(reads)

    def test_a_projection_that_takes_other_events_than_the_key_is_refused(self) -> None:
        with pytest.raises(TypeError, match=r"^quote_row of view rows takes QuoteSubmitted; it"):
            view(Quotes, project=quote_row)

    def test_a_function_that_does_not_say_what_it_takes_is_refused(self) -> None:
        with pytest.raises(TypeError, match=r"lambda.* of view rows takes _empty"):
            view(Quotes, key=lambda event: (event.trip_id,))

    def test_a_reaction_whose_function_takes_other_events_is_refused(self) -> None:
        with pytest.raises(TypeError, match=r"^react of reaction noting takes QuoteSubmitted; it"):
            reaction(Quotes)

    def test_an_event_of_another_contract_is_refused(self) -> None:
        with pytest.raises(ValueError, match=r"^view rows reads SubjectForgotten, no event of rel"):
            view(TripPublished | SubjectForgotten)


class TestSubscriptions:
    def test_tables_of_one_topic_share_what_they_read(self) -> None:
        [one] = subscriptions([view(QuoteSubmitted, quote_key, quote_row), view(Quotes)])
        assert one == Subscription(trip_v1.contract, frozenset({PUBLISHED, SUBMITTED}))

    def test_tables_with_personal_texts_hear_who_is_forgotten(self) -> None:
        [one] = subscriptions([view(Quotes, subject="trip_id", personal=("comment",))])
        assert one.types == {PUBLISHED, SUBMITTED, FORGOTTEN}

    def test_each_topic_is_named_once(self) -> None:
        other = subscription(user_v1.contract, SubjectForgotten)
        trips = [subscription(trip_v1.contract, kind) for kind in (TripPublished, QuoteSubmitted)]
        found = merged([trips[0], other, trips[1]])
        assert {one.topic: len(one.types) for one in found} == {
            trip_v1.contract.topic: 2,
            user_v1.contract.topic: 1,
        }

    def test_a_service_follows_the_topics_of_its_views_and_lookups(self) -> None:
        quotes = view(QuoteSubmitted, quote_key, quote_row)
        service = Service("shown", lambda _: None, views=(quotes,), lookups=(view(Quotes),))
        assert service.sources == (trip_v1.contract,)
        assert [one.types for one in service.subscriptions] == [{PUBLISHED, SUBMITTED}]
