"""Documents put to a mission."""

import pytest

from contracts.missions.trip_v1 import AttachmentAdded, AttachmentRemoved
from infra.testing.spec import Spec
from services.missions import trip
from services.missions.terms import TextTooLong
from services.missions.tests.make import LATER, assigned, confirmed, published
from services.missions.trip import NoSuchMission
from services.missions.trip.attachments import AddAttachment, RemoveAttachment

given = Spec(trip.decide, trip.evolve, trip.initial).given

MISSION = (published(), assigned())


def attach(driver: str | None = "ada", label: str = "Report") -> AddAttachment:
    return AddAttachment(
        trip_id="t-1",
        organisation_id="hiflow",
        driver_id=driver,
        file_id="f-2",
        label=label,
        at=LATER,
    )


def attached(label: str = "Report") -> AttachmentAdded:
    return AttachmentAdded(
        trip_id="t-1", driver_id="ada", file_id="f-2", label=label, added_at=LATER
    )


def detach(driver: str | None = "ada") -> RemoveAttachment:
    return RemoveAttachment(
        trip_id="t-1", organisation_id="hiflow", driver_id=driver, file_id="f-2", at=LATER
    )


@pytest.mark.requirement("HIF-26", "HIF-27")
class TestAttachments:
    def test_the_driver_adds_one_before_the_mission_is_carried_out(self) -> None:
        given(*MISSION).when(attach()).records(attached())

    def test_and_after_it(self) -> None:
        given(*MISSION, confirmed()).when(attach()).records(attached())

    def test_logistics_adds_one(self) -> None:
        given(*MISSION).when(attach(driver=None)).records(attached())

    def test_another_driver_does_not(self) -> None:
        given(*MISSION).when(attach(driver="bob")).is_rejected(NoSuchMission())

    def test_a_trip_without_a_driver_takes_none(self) -> None:
        given(published()).when(attach()).is_rejected(NoSuchMission())

    def test_its_label_has_a_limit(self) -> None:
        given(*MISSION).when(attach(label="x" * 201)).is_rejected(
            TextTooLong(field="label", length=201, limit=200)
        )

    def test_it_can_be_taken_away(self) -> None:
        removed = AttachmentRemoved(trip_id="t-1", driver_id="ada", file_id="f-2", removed_at=LATER)
        given(*MISSION, attached()).when(detach()).records(removed)

    def test_another_driver_cannot_take_it_away(self) -> None:
        given(*MISSION, attached()).when(detach(driver="bob")).is_rejected(NoSuchMission())
