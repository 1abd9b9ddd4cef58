"""Who has the account of a driver is a driver, and a closed account takes no new work."""

from dataclasses import replace

import pytest

from contracts.accounts.user_v1 import (
    ProfileChanged,
    Role,
    RolesChanged,
    UserActivated,
    UserDeactivated,
    UserEvent,
)
from contracts.missions.driver_v1 import DriverReinstated, DriverSuspended
from contracts.runtime import REDACTED
from infra.testing.spec import Spec
from services.missions import driver
from services.missions.accounts import Command, react, target
from services.missions.tests.make import (
    LATER,
    NOON,
    forgotten,
    home_changed,
    phone_changed,
    registered,
)

given = Spec(driver.decide, driver.evolve, driver.initial).given

WHO = ("ada", "hiflow")
ACTIVATED = UserActivated(
    *WHO, "a@b.example", "Ada Lovelace", "fr", (Role.DRIVER,), NOON, "+33 6 12 34 56 78"
)
CLOSED = UserDeactivated(*WHO, "lea", LATER)
HOME = home_changed()
TOLD = ProfileChanged(
    *WHO, "fr", phone_changed().phone, None, HOME.street, HOME.postal_code, HOME.city, "FR",
    HOME.location, LATER,
)  # fmt: skip
SUSPENDED = DriverSuspended(driver_id="ada", suspended_at=LATER)
REINSTATED = DriverReinstated(driver_id="ada", reinstated_at=NOON)


def follow(event: UserEvent) -> Command:
    [command] = react(event)
    assert target(command) == "ada"
    return command


@pytest.mark.requirement("HIF-02")
def test_an_active_account_makes_a_driver_once() -> None:
    given().when(follow(ACTIVATED)).records(registered())
    given(registered()).when(follow(ACTIVATED)).records_nothing()
    given(registered("+33 1 00 00 00 00")).when(follow(ACTIVATED)).records_nothing()


def test_who_is_no_driver_or_forgotten_is_made_none() -> None:
    assert react(replace(ACTIVATED, roles=(Role.LOGISTICS,))) == []
    assert react(replace(ACTIVATED, name=REDACTED)) == []
    assert react(RolesChanged(*WHO, (Role.DRIVER,), "lea", NOON)) == []
    given(registered(), forgotten()).when(follow(ACTIVATED)).records_nothing()


@pytest.mark.requirement("HIF-05", "HIF-39")
def test_the_home_of_the_profile_is_the_home_of_the_driver() -> None:
    given(registered()).when(follow(TOLD)).records(HOME, phone_changed())
    given(registered(), HOME).when(follow(TOLD)).records(phone_changed())
    given(registered(), HOME, phone_changed()).when(follow(TOLD)).records_nothing()


def test_what_a_profile_does_not_tell_stays_as_it_is() -> None:
    given(registered()).when(follow(replace(TOLD, location=None, phone=None))).records_nothing()
    assert react(replace(TOLD, phone=REDACTED)) == []


def test_a_closed_account_suspends_and_an_opened_one_reinstates() -> None:
    given(registered()).when(follow(CLOSED)).records(SUSPENDED)
    given(registered(), SUSPENDED).when(follow(CLOSED)).records_nothing()
    given(registered(), SUSPENDED).when(follow(ACTIVATED)).records(REINSTATED)


@pytest.mark.parametrize("event", [ACTIVATED, TOLD, CLOSED])
def test_nothing_follows_for_a_driver_of_another_organisation(event: UserEvent) -> None:
    theirs = replace(registered(), organisation_id="other")
    given(theirs).when(follow(event)).records_nothing()


@pytest.mark.parametrize("event", [TOLD, CLOSED])
def test_nothing_follows_for_who_is_no_driver(event: UserEvent) -> None:
    given().when(follow(event)).records_nothing()
