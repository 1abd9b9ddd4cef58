from datetime import date

import pytest

from contracts.missions.driver_v1 import (
    DriverEvent,
    DriverReinstated,
    DriverSuspended,
    QualificationKind,
)
from infra.testing.spec import Spec
from services.missions import driver
from services.missions.driver import (
    AlreadyQualified,
    Command,
    DriverIdTaken,
    DriverIsForgotten,
    DriverIsSuspended,
    NoSuchDriver,
)
from services.missions.tests.make import (
    DAY,
    FROM,
    LATER,
    UNTIL,
    change_home,
    change_phone,
    complete_training,
    declare,
    engage,
    engaged,
    forget,
    forgotten,
    home_changed,
    phone_changed,
    qualified,
    register,
    registered,
    release,
    released,
    start_training,
    take_back,
    training_started,
)

given = Spec(driver.decide, driver.evolve, driver.initial).given

ON_A_DRIVER: list[Command] = [
    change_home(),
    change_phone(),
    start_training(),
    complete_training(),
    declare(),
    take_back(),
    engage(),
]


class TestRegister:
    def test_a_driver_becomes_a_partner(self) -> None:
        given().when(register()).records(registered())

    def test_the_same_registration_sent_again_is_no_news(self) -> None:
        given(registered(), phone_changed()).when(register(at=LATER)).records_nothing()

    def test_an_id_names_one_driver(self) -> None:
        given(registered()).when(register(name="Ada Byron")).is_rejected(DriverIdTaken("ada"))

    def test_an_id_of_another_organisation_is_taken(self) -> None:
        taken = DriverIdTaken("ada")
        given(registered()).when(register(organisation="rival")).is_rejected(taken)
        given(registered(), forgotten()).when(register(organisation="rival")).is_rejected(taken)

    def test_a_forgotten_driver_does_not_come_back(self) -> None:
        given(registered(), forgotten()).when(register()).is_rejected(DriverIsForgotten())


class TestAnyCommand:
    @pytest.mark.parametrize("command", [*ON_A_DRIVER, release(), forget()])
    def test_needs_a_driver(self, command: Command) -> None:
        given().when(command).is_rejected(NoSuchDriver())

    def test_of_another_organisation_sees_no_driver(self) -> None:
        command = change_phone(organisation="rival")
        given(registered()).when(command).is_rejected(NoSuchDriver())
        given(registered(), forgotten()).when(command).is_rejected(NoSuchDriver())

    @pytest.mark.parametrize("command", ON_A_DRIVER)
    def test_finds_a_forgotten_driver_gone(self, command: Command) -> None:
        given(registered(), forgotten()).when(command).is_rejected(DriverIsForgotten())


class TestProfile:
    @pytest.mark.requirement("HIF-05")
    def test_a_driver_says_where_home_is(self) -> None:
        given(registered()).when(change_home()).records(home_changed())

    @pytest.mark.requirement("HIF-05")
    def test_a_driver_moves(self) -> None:
        given(registered(), home_changed("Lyon")).when(change_home()).records(home_changed())

    def test_the_same_home_is_no_news(self) -> None:
        given(registered(), home_changed(at=LATER + DAY)).when(change_home()).records_nothing()

    def test_a_driver_has_a_new_number(self) -> None:
        given(registered()).when(change_phone()).records(phone_changed())

    def test_the_number_of_the_registration_is_no_news(self) -> None:
        given(registered("1")).when(change_phone("1")).records_nothing()


class TestTraining:
    @pytest.mark.requirement("HIF-37", "SM-05")
    def test_a_driver_goes_to_training(self) -> None:
        given(registered()).when(start_training()).records(training_started())

    @pytest.mark.requirement("HIF-34", "HIF-37", "G-11", "SM-05")
    def test_a_completed_training_is_a_qualification(self) -> None:
        given(registered(), training_started()).when(complete_training()).records(qualified())

    @pytest.mark.requirement("G-11")
    def test_staff_may_record_a_training_that_nobody_started(self) -> None:
        given(registered()).when(complete_training()).records(qualified())

    @pytest.mark.requirement("G-11")
    def test_a_qualification_for_ever_is_not_trained_again(self) -> None:
        given(registered(), qualified()).when(start_training()).is_rejected(
            AlreadyQualified("atlas")
        )

    @pytest.mark.requirement("G-11")
    def test_a_qualification_that_ends_is_renewed(self) -> None:
        given(registered(), qualified(valid_until=FROM)).when(start_training()).records(
            training_started()
        )
        given(registered(), qualified(valid_until=FROM)).when(
            complete_training(valid_until=UNTIL)
        ).records(qualified(valid_until=UNTIL))

    @pytest.mark.requirement("G-11")
    def test_a_renewal_ends_the_training_whatever_its_date(self) -> None:
        given(registered(), qualified(valid_until=FROM), training_started()).when(
            complete_training(valid_until=FROM)
        ).records(qualified(valid_until=FROM))


class TestHeld:
    @pytest.mark.requirement("HIF-17", "HIF-33", "G-11")
    def test_a_qualification_holds_through_its_last_day(self) -> None:
        ada = state(registered(), qualified(valid_until=FROM))
        assert driver.held(ada, FROM) == {("client_process", "atlas")}
        assert driver.held(ada, FROM + DAY) == frozenset()

    @pytest.mark.requirement("HIF-35", "HIF-36", "G-11")
    def test_a_qualification_without_an_end_holds(self) -> None:
        kind = QualificationKind.ADDITIONAL_SERVICE
        ada = state(registered(), qualified("wash", kind=kind))
        assert driver.held(ada, date.max) == {("additional_service", "wash")}

    def test_a_forgotten_driver_holds_nothing(self) -> None:
        assert driver.held(state(registered(), qualified(), forgotten()), FROM) == frozenset()


class TestEngagement:
    @pytest.mark.requirement("HIF-32")
    def test_a_mission_occupies_the_driver(self) -> None:
        given(registered()).when(engage()).records(engaged())

    @pytest.mark.requirement("HIF-32")
    def test_a_delivery_releases_the_driver(self) -> None:
        given(registered(), engaged()).when(release()).records(released())

    def test_a_mission_delivered_before_does_not_occupy_again(self) -> None:
        given(registered(), engaged(), released()).when(engage()).records_nothing()

    def test_a_mission_that_never_occupied_needs_no_release(self) -> None:
        given(registered(), engaged("t-2")).when(release("t-1")).records_nothing()

    def test_nothing_occupies_a_forgotten_driver(self) -> None:
        given(registered(), engaged(), forgotten()).when(release()).records_nothing()


class TestForget:
    def test_a_driver_is_forgotten(self) -> None:
        given(registered(), home_changed()).when(forget()).records(forgotten())

    def test_somebody_elses_driver_is_not(self) -> None:
        given(registered()).when(forget(organisation="rival")).is_rejected(NoSuchDriver())


def test_a_trip_is_given_to_partners_of_the_organisation_alone() -> None:
    ada = state(registered())
    assert driver.unfit(ada, "hiflow") is None
    assert driver.unfit(ada, "other") == NoSuchDriver()
    assert driver.unfit(driver.initial, "hiflow") == NoSuchDriver()
    closed = driver.evolve(ada, DriverSuspended(driver_id="ada", suspended_at=LATER))
    assert driver.unfit(closed, "hiflow") == DriverIsSuspended()
    assert driver.unfit(driver.evolve(closed, forgotten()), "hiflow") == DriverIsForgotten()
    opened = driver.evolve(closed, DriverReinstated(driver_id="ada", reinstated_at=LATER))
    assert driver.unfit(opened, "hiflow") is None


def state(*history: DriverEvent) -> driver.Driver:
    folded = driver.initial
    for event in history:
        folded = driver.evolve(folded, event)
    return folded
