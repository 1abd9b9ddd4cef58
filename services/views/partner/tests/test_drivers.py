"""Drivers see who they are, what they may do, and when they are free."""

from datetime import date
from functools import reduce
from typing import Any

import pytest

from contracts.missions.driver_v1 import (
    AvailabilityWithdrawn,
    DriverEvent,
    DriverReleased,
    PhoneChanged,
    SubjectForgotten,
)
from infra.consumers.views import OutOfOrder
from services.views.partner import trainings_to_complete
from services.views.partner.drivers import (
    Availability,
    Driver,
    Engagement,
    Qualification,
    Training,
    drivers,
    project,
)
from services.views.partner.drivers_available import BY_ID, available
from services.views.partner.tests.conftest import Partner
from services.views.partner.tests.make import (
    DAY,
    FROM,
    LATER,
    NOON,
    UNTIL,
    assigned,
    declared,
    delivered,
    engaged,
    home_changed,
    published,
    qualified,
    registered,
    training,
)
from services.views.partner.trainings_to_complete import Trainee

RELEASED = DriverReleased(driver_id="ada", trip_id="t-1", released_at=LATER)
WITHDRAWN = AvailabilityWithdrawn(driver_id="ada", availability_id="a-1", withdrawn_at=LATER)
FORGOTTEN = SubjectForgotten(driver_id="ada", forgotten_at=LATER)
PHONE = PhoneChanged(driver_id="ada", phone="+33 7", changed_at=LATER)


async def profile(partner: Partner, organisation: str) -> Driver | None:
    return await drivers.of(organisation, driver_id="ada").one(partner.pool)


def row_of(*events: DriverEvent) -> Driver:
    empty: Driver | None = None
    row = reduce(project, events, empty)
    assert row is not None
    return row


class TestRow:
    def test_a_registered_driver_has_a_name_and_a_phone(self) -> None:
        assert row_of(registered()) == Driver(
            "ada", "hiflow", "Ada Lovelace", "+33 6 12 34 56 78", NOON
        )

    def test_a_home_has_an_address_and_a_place(self) -> None:
        row = row_of(registered(), home_changed())
        assert (row.street, row.postal_code, row.city) == ("1 rue de Rivoli", "75001", "Paris")
        assert (row.latitude, row.longitude) == (48.84, 2.38)

    def test_a_home_nobody_may_know_any_more_has_no_place(self) -> None:
        assert row_of(registered(), home_changed(location=None)).latitude is None

    def test_a_changed_phone_replaces_the_former(self) -> None:
        assert row_of(registered(), PHONE).phone == "+33 7"

    def test_a_training_is_shown_until_it_is_completed(self) -> None:
        assert row_of(registered(), training()).trainings == (
            Training("client_process", "atlas", NOON),
        )
        assert row_of(registered(), training(), qualified()).trainings == ()

    def test_a_qualification_opens_missions_from_then_on(self) -> None:
        row = row_of(registered(), qualified())
        assert row.qualifications == (Qualification("client_process", "atlas", None, LATER),)

    def test_a_renewed_qualification_replaces_the_former(self) -> None:
        row = row_of(registered(), qualified(valid_until=FROM), qualified(valid_until=UNTIL))
        assert [q.valid_until for q in row.qualifications] == [UNTIL]

    def test_a_qualification_has_a_last_day_or_none(self) -> None:
        row = row_of(registered(), qualified(valid_until=FROM))
        assert row.skills == {"client_process:atlas": FROM}
        assert row_of(registered(), qualified()).skills == {"client_process:atlas": date.max}

    def test_availabilities_are_shown_by_day(self) -> None:
        row = row_of(registered(), declared("later", UNTIL, UNTIL), declared("sooner", FROM, FROM))
        assert row.availabilities[0] == Availability("sooner", "week", FROM, FROM, None)
        assert [a.availability_id for a in row.availabilities] == ["sooner", "later"]

    def test_a_withdrawn_availability_is_gone(self) -> None:
        assert row_of(registered(), declared(), WITHDRAWN).availabilities == ()

    def test_a_mission_occupies_the_driver_until_it_is_delivered(self) -> None:
        row = row_of(registered(), engaged())
        assert row.engagements == (Engagement("t-1", FROM, FROM + DAY),)
        assert row_of(registered(), engaged(), RELEASED).engagements == ()

    def test_nothing_personal_is_left_of_a_forgotten_driver(self) -> None:
        row = row_of(registered(), home_changed(), declared(), FORGOTTEN)
        assert row == Driver("ada", "hiflow", "", "", NOON, forgotten=True)

    def test_an_event_before_the_registration_is_out_of_order(self) -> None:
        with pytest.raises(OutOfOrder):
            row_of(home_changed())

    @pytest.mark.parametrize(
        "event",
        [
            home_changed(),
            PHONE,
            training(),
            qualified(),
            declared(),
            WITHDRAWN,
            engaged(),
            RELEASED,
            FORGOTTEN,
        ],
    )
    def test_seeing_an_event_twice_changes_nothing(self, event: DriverEvent) -> None:
        assert row_of(registered(), event, event) == row_of(registered(), event)


class TestProfile:
    async def test_comes_back_from_the_table_as_it_was_folded(self, partner: Partner) -> None:
        events = (registered(), home_changed(), training("b"), qualified(), declared(), engaged())
        await partner.saw(*events)
        assert await profile(partner, "hiflow") == row_of(*events)

    async def test_is_not_shown_to_another_organisation(self, partner: Partner) -> None:
        await partner.saw(registered())
        assert await profile(partner, "flowbi") is None


class TestAvailable:
    async def found(
        self, partner: Partner, from_day: date = FROM, until: date = UNTIL
    ) -> list[str]:
        rows = await available("hiflow", from_day, until).page(partner.pool, BY_ID, None, 10)
        return [row.driver_id for row in rows]

    @pytest.mark.requirement("HIF-32")
    async def test_logistics_finds_drivers_who_declared_every_day(self, partner: Partner) -> None:
        await partner.saw(registered(), declared())
        assert await self.found(partner) == ["ada"]
        assert await self.found(partner, until=UNTIL + DAY) == []
        assert await self.found(partner, from_day=FROM - DAY) == []

    @pytest.mark.requirement("HIF-32")
    async def test_two_declarations_that_touch_count_as_one(self, partner: Partner) -> None:
        first, second = declared("a", FROM, FROM + DAY), declared("b", FROM + 2 * DAY, UNTIL)
        await partner.saw(registered(), first, second)
        assert await self.found(partner) == ["ada"]

    @pytest.mark.requirement("HIF-32")
    async def test_a_driver_on_a_mission_is_not_proposed(self, partner: Partner) -> None:
        await partner.saw(registered(), declared(), engaged())
        assert await self.found(partner) == []
        assert await self.found(partner, from_day=FROM + 2 * DAY) == ["ada"]

    async def test_who_declared_nothing_is_not_found(self, partner: Partner) -> None:
        await partner.saw(registered())
        assert await self.found(partner) == []

    async def test_another_organisations_drivers_are_not_found(self, partner: Partner) -> None:
        await partner.saw(registered(organisation="flowbi"), declared())
        assert await self.found(partner) == []

    async def test_the_next_page_goes_on_after_the_last_driver(self, partner: Partner) -> None:
        for driver in ("ada", "bob", "cid"):
            await partner.saw(registered(driver), declared(driver=driver))
        rows = await available("hiflow", FROM, UNTIL).page(partner.pool, BY_ID, ["ada"], 1)
        assert [row.driver_id for row in rows] == ["bob"]


async def in_training(partner: Partner, organisation: str, after: Any = None) -> list[Trainee]:
    rows = trainings_to_complete.in_training(organisation)
    return await rows.page(partner.pool, trainings_to_complete.FIRST_BEGUN, after, 10)


@pytest.mark.requirement("G-11")
async def test_trainings_wait_until_completed_the_first_begun_first(partner: Partner) -> None:
    await partner.saw(registered(), training("atlas"), training("orion"))
    found = await in_training(partner, "hiflow")
    assert [(one.driver_id, one.code) for one in found] == [("ada", "atlas"), ("ada", "orion")]
    after = (found[0].started_at, "ada", "client_process", "atlas")
    assert await in_training(partner, "hiflow", after) == found[1:]
    await partner.saw(qualified("orion"))
    assert await in_training(partner, "hiflow") == found[:1]
    assert await in_training(partner, "stranger") == []


async def test_who_went_to_a_training_is_shown_with_the_missions_they_delivered(
    partner: Partner,
) -> None:
    await partner.saw(registered(), home_changed(), training("atlas"))
    for trip in ("done", "runs"):
        await partner.saw(published(trip), assigned(trip=trip))
    await partner.saw(delivered(trip="done"))
    [trainee] = await in_training(partner, "hiflow")
    assert (trainee.name, trainee.phone) == ("Ada Lovelace", "+33 6 12 34 56 78")
    assert (trainee.city, trainee.missions_delivered) == ("Paris", 1)
