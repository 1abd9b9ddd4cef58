"""A device is paired once by a code, for fifteen minutes, and until it is unpaired."""

from datetime import timedelta

import pytest

from infra.testing.spec import Spec
from services.dealerships import device
from services.dealerships.device import (
    CODE_LASTS,
    SEEN_EVERY,
    CodeExpired,
    Command,
    DeviceIdTaken,
    DeviceIsPaired,
    NoSuchCode,
    NoSuchDevice,
    PairingCodeUsed,
)
from services.dealerships.tests.make_devices import (
    NOON,
    add,
    added,
    issue,
    issued,
    pair,
    paired,
    seen,
    tell,
    unpair,
    unpaired,
)

given = Spec(device.decide, device.evolve, device.initial).given
WAITING = (added(), issued())
PAIRED = (*WAITING, paired())
MOMENT = timedelta(microseconds=1)


@pytest.mark.requirement("FLB-024", "FLB-026")
def test_a_device_is_added_with_a_code() -> None:
    given().when(add()).records(*WAITING)
    given(*PAIRED).when(add()).records_nothing()
    given(*WAITING).when(add("Atelier-2")).is_rejected(DeviceIdTaken("H1"))


@pytest.mark.requirement("G-33")
class TestCodes:
    def test_a_code_pairs_until_and_not_at_the_end_of_fifteen_minutes(self) -> None:
        assert timedelta(minutes=15) == CODE_LASTS
        last = NOON + CODE_LASTS - MOMENT
        given(*WAITING).when(pair(at=last)).records(paired(at=last))
        late = pair(at=NOON + CODE_LASTS)
        given(*WAITING).when(late).is_rejected(CodeExpired(NOON + CODE_LASTS))

    def test_a_code_pairs_one_phone_which_may_ask_again(self) -> None:
        given(*PAIRED).when(pair(key="x2")).is_rejected(PairingCodeUsed())
        given(*PAIRED).when(pair(at=NOON + 2 * CODE_LASTS)).records_nothing()

    def test_an_unpaired_phone_does_not_come_back_by_its_code(self) -> None:
        given(*PAIRED, unpaired()).when(pair()).is_rejected(PairingCodeUsed())
        given(*PAIRED, unpaired(), issued("c2")).when(pair()).is_rejected(PairingCodeUsed())
        given(*PAIRED, unpaired(), issued("c2")).when(pair("c2")).records(paired("c2"))

    def test_a_code_replaces_the_former_one(self) -> None:
        later = NOON + CODE_LASTS
        given(*WAITING).when(issue(at=later)).records(issued("c2", later))
        given(*WAITING, issued("c2")).when(pair()).is_rejected(NoSuchCode())

    @pytest.mark.parametrize("code", ["", "c9"])
    def test_a_code_that_nobody_was_shown_pairs_nothing(self, code: str) -> None:
        given().when(pair(code)).is_rejected(NoSuchCode())
        given(*WAITING).when(pair(code)).is_rejected(NoSuchCode())
        given(*PAIRED).when(pair(code)).is_rejected(NoSuchCode())

    def test_a_paired_device_is_unpaired_before_it_gets_a_code(self) -> None:
        given(*PAIRED).when(issue()).is_rejected(DeviceIsPaired())
        given(*PAIRED, unpaired()).when(issue()).records(issued("c2"))

    def test_unpairing_voids_a_code_that_waits(self) -> None:
        given(*WAITING).when(unpair()).records(unpaired())
        given(*WAITING, unpaired()).when(pair()).is_rejected(NoSuchCode())
        given(*WAITING, unpaired()).when(unpair()).records_nothing()


@pytest.mark.requirement("FLB-028")
def test_a_device_is_seen_once_in_a_while_and_with_each_new_version() -> None:
    given(*PAIRED).when(tell(at=NOON + SEEN_EVERY - MOMENT)).records_nothing()
    given(*PAIRED).when(tell(at=NOON + SEEN_EVERY)).records(seen(at=NOON + SEEN_EVERY))
    given(*PAIRED).when(tell("3.3")).records(seen("3.3"))
    given(*PAIRED, seen("3.3")).when(tell("3.3")).records_nothing()
    given(*PAIRED, unpaired()).when(tell("3.3")).is_rejected(NoSuchDevice())


@pytest.mark.requirement("G-01")
@pytest.mark.parametrize("command", [issue(org="rival"), unpair(org="rival")])
def test_another_organisation_has_no_such_device(command: Command) -> None:
    given(*PAIRED).when(command).is_rejected(NoSuchDevice())
    given().when(command).is_rejected(NoSuchDevice())
