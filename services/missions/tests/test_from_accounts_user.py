"""Everybody with the account of a driver is a driver; a closed account takes no new work."""

from dataclasses import replace

import pytest

from contracts.accounts.user_v1 import (
    ProfileChanged,
    Role,
    RolesChanged,
    UserActivated,
    UserDeactivated,
)
from contracts.missions.driver_v1 import DriverReinstated, DriverSuspended
from contracts.runtime import REDACTED
from infra.testing.spec import Spec
from services.missions import driver
from services.missions.reactions.from_accounts_user import Command, Reads, react, target
from services.missions.tests.make import (
    LATER,
    NOON,
    forgotten,
    home_changed,
    phone_changed,
    registered,
)

given = Spec(driver.decide, driver.evolve, driver.initial).given

HOME = home_changed()
ACTIVATED = UserActivated(
    user_id="ada",
    organisation_id="hiflow",
    email="a@b.example",
    name="Ada Lovelace",
    language="fr",
    roles=(Role.DRIVER,),
    activated_at=NOON,
    phone="+33 6 12 34 56 78",
    has_password=None,
)
CLOSED = UserDeactivated(
    user_id="ada", organisation_id="hiflow", deactivated_by="lea", deactivated_at=LATER
)
PROFILE = ProfileChanged(
    user_id="ada",
    organisation_id="hiflow",
    language="fr",
    phone=phone_changed().phone,
    photo_file_id=None,
    street=HOME.street,
    postal_code=HOME.postal_code,
    city=HOME.city,
    country="FR",
    location=HOME.location,
    changed_at=LATER,
)
ROLES = RolesChanged(
    user_id="ada",
    organisation_id="hiflow",
    roles=(Role.DRIVER,),
    changed_by="lea",
    changed_at=NOON,
    dealerships=(),
)
SUSPENDED = DriverSuspended(driver_id="ada", suspended_at=LATER)
REINSTATED = DriverReinstated(driver_id="ada", reinstated_at=NOON)


def follow(event: Reads) -> Command:
    [command] = react(event)
    assert target(command) == "ada"
    return command


@pytest.mark.requirement("HIF-02")
def test_an_active_account_makes_a_driver_once() -> None:
    given().when(follow(ACTIVATED)).records(registered())
    given(registered()).when(follow(ACTIVATED)).records_nothing()
    given(registered("+33 1 00 00 00 00")).when(follow(ACTIVATED)).records_nothing()


def test_nobody_else_is_made_a_driver_nor_somebody_forgotten() -> None:
    assert react(replace(ACTIVATED, roles=(Role.LOGISTICS,))) == []
    assert react(replace(ACTIVATED, name=REDACTED)) == []
    assert not isinstance(ROLES, Reads)
    given(registered(), forgotten()).when(follow(ACTIVATED)).records_nothing()


@pytest.mark.requirement("HIF-05", "HIF-39")
def test_the_home_of_the_profile_is_the_home_of_the_driver() -> None:
    given(registered()).when(follow(PROFILE)).records(HOME, phone_changed())
    given(registered(), HOME).when(follow(PROFILE)).records(phone_changed())
    given(registered(), HOME, phone_changed()).when(follow(PROFILE)).records_nothing()


def test_a_profile_leaves_alone_what_it_does_not_tell() -> None:
    given(registered()).when(follow(replace(PROFILE, location=None, phone=None))).records_nothing()
    assert react(replace(PROFILE, phone=REDACTED)) == []


def test_a_closed_account_suspends_and_an_opened_one_reinstates() -> None:
    given(registered()).when(follow(CLOSED)).records(SUSPENDED)
    given(registered(), SUSPENDED).when(follow(CLOSED)).records_nothing()
    given(registered(), SUSPENDED).when(follow(ACTIVATED)).records(REINSTATED)


@pytest.mark.parametrize("event", [ACTIVATED, PROFILE, CLOSED])
def test_nothing_follows_for_a_driver_of_another_organisation(event: Reads) -> None:
    theirs = replace(registered(), organisation_id="other")
    given(theirs).when(follow(event)).records_nothing()


@pytest.mark.parametrize("event", [PROFILE, CLOSED])
def test_nothing_follows_for_somebody_who_is_no_driver(event: Reads) -> None:
    given().when(follow(event)).records_nothing()
