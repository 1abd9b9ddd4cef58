"""Which extra costs of missions wait for an answer?"""

import pytest

from contracts.missions.trip_v1 import TripEvent
from infra.consumers.views import OutOfOrder
from services.views.backoffice import extras
from services.views.backoffice.tests.conftest import Office
from services.views.backoffice.tests.make import (
    LATER,
    NOON,
    accepted,
    assigned,
    attached,
    delivered,
    detached,
    driver_forgotten,
    expired,
    extra_accepted,
    extra_refused,
    extra_requested,
    modified,
    published,
    refused,
    registered,
    submitted,
    withdrawn,
)

OTHERS: list[TripEvent] = [
    published(),
    submitted(),
    modified(),
    withdrawn(),
    refused(),
    accepted(),
    assigned(),
    attached(),
    detached(),
    delivered(),
    expired(),
]


def extra_of(*events: TripEvent) -> extras.Extra:
    row: extras.Extra | None = None
    for event in events:
        row = extras.project(row, event)
    assert row is not None
    return row


class TestExtra:
    def test_a_request_waits_with_its_reason_and_photo(self) -> None:
        row = extra_of(extra_requested())
        assert (row.status, row.kind, row.amount_minor) == ("requested", "taxi", 2_000)
        assert (row.reason, row.photo_file_id) == ("no train", "file-7")

    def test_what_was_granted_may_be_less_than_what_was_asked_for(self) -> None:
        row = extra_of(extra_requested(amount=2_000), extra_accepted(amount=1_500))
        assert (row.status, row.amount_minor, row.granted_minor) == ("accepted", 2_000, 1_500)

    def test_a_refused_one_says_why(self) -> None:
        row = extra_of(extra_requested(), extra_refused())
        assert (row.status, row.refusal_reason, row.decided_at) == (
            "refused",
            "there was a train",
            LATER,
        )

    @pytest.mark.parametrize("event", [extra_accepted(), extra_refused()])
    def test_an_answer_before_the_request_is_out_of_order(self, event: TripEvent) -> None:
        with pytest.raises(OutOfOrder):
            extra_of(event)

    @pytest.mark.parametrize("event", [extra_requested(), extra_accepted(), extra_refused()])
    def test_seeing_an_event_twice_changes_nothing(self, event: TripEvent) -> None:
        assert extra_of(extra_requested(), event, event) == extra_of(extra_requested(), event)

    @pytest.mark.parametrize("event", OTHERS)
    def test_other_events_concern_no_extra(self, event: TripEvent) -> None:
        assert extras.key(event) is None
        assert extra_of(extra_requested(), event) == extra_of(extra_requested())


class TestToDecide:
    async def test_those_without_an_answer_come_in_order(self, office: Office) -> None:
        await office.saw(published(), *[extra_requested(f"x-{n}") for n in range(4)])
        await office.saw(extra_accepted("x-1"), extra_refused("x-2"))
        waiting = extras.to_decide("hiflow")
        found = await waiting.page(office.pool, extras.OLDEST, None, 10)
        assert [row.request_id for row in found] == ["x-0", "x-3"]
        after = await waiting.page(office.pool, extras.OLDEST, (NOON, "t-1", "x-0"), 10)
        assert [row.request_id for row in after] == ["x-3"]

    async def test_another_organisation_sees_none(self, office: Office) -> None:
        await office.saw(published(), extra_requested())
        waiting = extras.to_decide("stranger")
        assert await waiting.page(office.pool, extras.OLDEST, None, 10) == []

    async def test_the_reason_is_forgotten_with_its_driver(self, office: Office) -> None:
        await office.saw(registered(), published(), extra_requested())
        await office.saw(driver_forgotten())
        [row] = await extras.to_decide("hiflow").many(office.pool, extras.OLDEST)
        assert row.reason == "XXXX"
