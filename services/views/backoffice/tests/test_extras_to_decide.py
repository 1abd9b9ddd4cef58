"""Which extra costs of missions wait for an answer?"""

import pytest

from contracts.missions.trip_v1 import TripEvent
from infra.consumers.views import OutOfOrder
from services.views.backoffice.extras_to_decide import OLDEST, Extra, Reads, project, to_decide
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
from services.views.backoffice.tests.stage import Office, served

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


def extra_of(*events: Reads) -> Extra:
    row: Extra | None = None
    for event in events:
        row = project(row, event)
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
    def test_an_answer_before_the_request_is_out_of_order(self, event: Reads) -> None:
        with pytest.raises(OutOfOrder):
            extra_of(event)

    @pytest.mark.parametrize("event", [extra_requested(), extra_accepted(), extra_refused()])
    def test_seeing_an_event_twice_changes_nothing(self, event: Reads) -> None:
        assert extra_of(extra_requested(), event, event) == extra_of(extra_requested(), event)

    @pytest.mark.parametrize("event", OTHERS)
    def test_other_events_concern_no_extra(self, event: TripEvent) -> None:
        assert not isinstance(event, Reads)


class TestToDecide:
    async def test_those_without_an_answer_come_in_order(self, office: Office) -> None:
        await office.saw(published(), *[extra_requested(f"x-{n}") for n in range(4)])
        await office.saw(extra_accepted("x-1"), extra_refused("x-2"))
        waiting = to_decide("hiflow")
        found = await waiting.page(office.pool, OLDEST, None, 10)
        assert [row.request_id for row in found] == ["x-0", "x-3"]
        after = await waiting.page(office.pool, OLDEST, (NOON, "t-1", "x-0"), 10)
        assert [row.request_id for row in after] == ["x-3"]

    async def test_another_organisation_sees_none(self, office: Office) -> None:
        await office.saw(published(), extra_requested())
        waiting = to_decide("stranger")
        assert await waiting.page(office.pool, OLDEST, None, 10) == []

    async def test_the_reason_is_forgotten_with_its_driver(self, office: Office) -> None:
        await office.saw(registered(), published(), extra_requested())
        await office.saw(driver_forgotten())
        [row] = await to_decide("hiflow").many(office.pool, OLDEST)
        assert row.reason == "XXXX"

    async def test_it_is_shown_with_all_that_a_decision_needs(self, office: Office) -> None:
        await office.saw(published(), extra_requested())
        async with served(office) as api:
            [shown] = await api.items("/extras/to-decide", role="logistics")
        assert shown == {
            "trip_id": "t-1",
            "request_id": "x-1",
            "driver_id": "ada",
            "driver": {"driver_id": "ada", "name": "", "phone": ""},
            "kind": "taxi",
            "amount": {"amount_minor": 2_000, "currency": "EUR"},
            "amount_minor": 2_000,
            "currency": "EUR",
            "reason": "no train",
            "photo_file_id": "file-7",
            "requested_at": "2030-05-01T12:00:00Z",
            "status": "requested",
            "granted": None,
            "granted_minor": None,
            "refusal_reason": None,
            "decided_at": None,
        }
