"""Which drivers are available, and what for?"""

from dataclasses import replace
from datetime import date
from functools import reduce

import pytest

from contracts.missions.driver_v1 import DriverReinstated, DriverSuspended
from infra.consumers.views import OutOfOrder
from services.views.backoffice.drivers import Driver, Reads, project
from services.views.backoffice.drivers_available import BY_ID, available
from services.views.backoffice.tests.make import (
    DAY,
    FROM,
    LATER,
    UNTIL,
    declared,
    driver_forgotten,
    engaged,
    home_changed,
    phone_changed,
    qualified,
    registered,
    released,
    training,
    undeclared,
)
from services.views.backoffice.tests.stage import Office, served


def driver_of(*events: Reads) -> Driver:
    empty: Driver | None = None
    row = reduce(project, events, empty)
    assert row is not None
    return row


class TestDriver:
    def test_contact_and_qualifications_are_the_latest(self) -> None:
        row = driver_of(registered(), home_changed(), phone_changed(), qualified())
        assert not isinstance(training(), Reads)
        assert (row.city, row.phone, len(row.qualifications)) == ("Paris", "+33700000000", 1)

    def test_an_availability_can_be_taken_back(self) -> None:
        assert driver_of(registered(), declared(), undeclared()).availabilities == ()

    def test_of_a_forgotten_driver_nothing_personal_is_left(self) -> None:
        row = driver_of(registered(), home_changed(), declared(), driver_forgotten())
        assert (row.name, row.phone, row.city, row.availabilities) == ("", "", "", ())

    @pytest.mark.parametrize("event", [declared(), engaged(), home_changed(), driver_forgotten()])
    def test_an_event_before_the_registration_is_out_of_order(self, event: Reads) -> None:
        with pytest.raises(OutOfOrder):
            driver_of(event)


class TestAvailable:
    @pytest.mark.requirement("HIF-32")
    @pytest.mark.parametrize(("until_day", "found"), [(UNTIL, ["ada"]), (UNTIL + DAY, [])])
    async def test_who_is_free_through_the_last_day_is_available(
        self, office: Office, until_day: date, found: list[str]
    ) -> None:
        await office.saw(registered("ada"), registered("bob"), declared(), declared(who="bob"))
        await office.saw(engaged("bob"))
        shown = await available("hiflow", FROM, until_day).many(office.pool, BY_ID)
        assert [driver.driver_id for driver in shown] == found

    async def test_a_delivered_mission_no_longer_occupies(self, office: Office) -> None:
        await office.saw(registered(), declared(), engaged(), released())
        shown = await available("hiflow", FROM, UNTIL).many(office.pool, BY_ID)
        assert [driver.driver_id for driver in shown] == ["ada"]
        assert await available("stranger", FROM, UNTIL).many(office.pool, BY_ID) == []

    async def test_whose_account_is_closed_is_not_available(self, office: Office) -> None:
        await office.saw(registered(), declared())
        assert len(await available("hiflow", FROM, FROM).many(office.pool, BY_ID)) == 1
        await office.saw(DriverSuspended(driver_id="ada", suspended_at=LATER))
        assert await available("hiflow", FROM, FROM).many(office.pool, BY_ID) == []
        await office.saw(DriverReinstated(driver_id="ada", reinstated_at=LATER))
        assert len(await available("hiflow", FROM, FROM).many(office.pool, BY_ID)) == 1

    @pytest.mark.parametrize("days", ["", "from_day=2030-05-06", "from_day=2&until_day=3",
                                      "from_day=2030-05-07&until_day=2030-05-06"])  # fmt: skip
    async def test_days_have_an_order(self, office: Office, days: str) -> None:
        async with served(office) as api:
            shown = await api.get(f"/drivers/available?{days}", role="logistics")
            assert shown.status_code == 422

    async def test_a_driver_is_shown_with_what_a_mission_needs(self, office: Office) -> None:
        earlier = declared("a-0", FROM - DAY * 9, FROM - DAY * 8)
        await office.saw(registered(), home_changed(), qualified(UNTIL), earlier, declared())
        await office.saw(replace(engaged(), from_day=FROM - DAY * 9, until_day=FROM - DAY * 8))
        days = "from_day=2030-05-06&until_day=2030-05-10"
        async with served(office) as api:
            [shown] = await api.items(f"/drivers/available?{days}", role="logistics")
        past = {"from_day": "2030-04-27", "until_day": "2030-04-28"}
        week = {"from_day": "2030-05-06", "until_day": "2030-05-10"}
        held = {"kind": "client_process", "code": "atlas", "valid_until": "2030-05-10"}
        assert shown == {
            "driver_id": "ada",
            "organisation_id": "hiflow",
            "name": "Ada Lovelace",
            "phone": "+33612345678",
            "city": "Paris",
            "qualifications": [held],
            "availabilities": [
                {"availability_id": "a-0", **past},
                {"availability_id": "a-1", **week},
            ],
            "engagements": [{"trip_id": "t-1", **past}],
            "suspended": False,
            "forgotten": False,
        }
