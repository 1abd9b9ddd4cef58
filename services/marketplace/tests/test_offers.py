"""The services of a provider at a marketplace, and what its operator lays over a provider."""

from dataclasses import replace
from datetime import date

import pytest

from contracts.common_v1 import Zone
from contracts.decisions import Changed
from contracts.marketplace.relation_v1 import (
    CommissionCustomised,
    DocumentConfirmed,
    DocumentRefused,
    ServiceDeactivated,
    ServiceRejected,
    ServiceWithdrawn,
    ZoneReduced,
    ZoneReductionUndone,
)
from contracts.providers import ServiceStanding
from infra.testing.spec import Spec
from services.marketplace import relation, terms
from services.marketplace.relation import documents, layers, offers
from services.marketplace.relation.offers import NoSuchService, ServiceNotInThisStanding
from services.marketplace.tests.make import (
    AT_WORK,
    DAY,
    NOON,
    SQUARE,
    TODAY,
    WHY,
    propose,
    proposed,
    service_accepted,
)

given = Spec(relation.decide, relation.evolve, relation.initial).given
ACCEPT = offers.AcceptService(service_code="windows", by="olga", at=NOON)
DEACTIVATE = offers.DeactivateService(service_code="windows", by="olga", at=NOON)
WITHDRAW = offers.WithdrawService(service_code="windows", by="paul", at=NOON)


def reject(explanation: str = WHY) -> offers.RejectService:
    return offers.RejectService(service_code="windows", explanation=explanation, by="olga", at=NOON)


def rejected() -> ServiceRejected:
    return ServiceRejected(
        relation_id="r-1",
        marketplace_id="quartier",
        provider_id="atelier",
        service_code="windows",
        explanation=WHY,
        rejected_by="olga",
        rejected_at=NOON,
        marketplace_name="Quartier Net",
        told_id="paul",
    )


def deactivated() -> ServiceDeactivated:
    return ServiceDeactivated(
        relation_id="r-1",
        marketplace_id="quartier",
        provider_id="atelier",
        service_code="windows",
        deactivated_by="olga",
        deactivated_at=NOON,
        marketplace_name="Quartier Net",
        told_id="paul",
    )


def withdrawn() -> ServiceWithdrawn:
    return ServiceWithdrawn(
        relation_id="r-1",
        marketplace_id="quartier",
        provider_id="atelier",
        service_code="windows",
        withdrawn_by="paul",
        withdrawn_at=NOON,
    )


@pytest.mark.requirement("OGU-20", "SM-27")
def test_a_service_is_proposed_and_accepted_once() -> None:
    given(*AT_WORK).when(propose()).records(proposed())
    given(*AT_WORK, proposed()).when(ACCEPT).records(service_accepted())
    given(*AT_WORK, proposed(), service_accepted()).when(propose()).records_nothing()
    given(*AT_WORK).when(ACCEPT).is_rejected(NoSuchService("windows"))


@pytest.mark.requirement("OGU-20", "SM-27", "G-67")
def test_a_service_is_rejected_for_a_reason_and_may_be_proposed_again() -> None:
    waits = given(*AT_WORK, proposed())
    waits.when(reject()).records(rejected())
    for bad, why in (
        (" ", terms.TextMissing("explanation")),
        ("!" * 2_001, terms.TextTooLong("explanation", 2_001, 2_000)),
    ):
        waits.when(reject(bad)).is_rejected(why)
    given(*AT_WORK, proposed(), rejected()).when(propose()).records(proposed())
    runs = given(*AT_WORK, proposed(), service_accepted())
    runs.when(reject()).is_rejected(ServiceNotInThisStanding(ServiceStanding.ACCEPTED))


@pytest.mark.requirement("OGU-20", "SM-27")
def test_only_an_accepted_service_is_deactivated_and_it_may_be_accepted_again() -> None:
    runs = (*AT_WORK, proposed(), service_accepted())
    given(*runs).when(DEACTIVATE).records(deactivated())
    given(*runs, deactivated()).when(ACCEPT).records(service_accepted())
    waits = given(*AT_WORK, proposed())
    waits.when(DEACTIVATE).is_rejected(ServiceNotInThisStanding(ServiceStanding.PENDING))
    given(*AT_WORK).when(DEACTIVATE).is_rejected(NoSuchService("windows"))


@pytest.mark.requirement("SM-27")
def test_a_provider_withdraws_a_service_and_may_propose_it_anew() -> None:
    given(*AT_WORK, proposed()).when(WITHDRAW).records(withdrawn())
    given(*AT_WORK).when(WITHDRAW).records_nothing()
    given(*AT_WORK, proposed(), withdrawn()).when(propose()).records(proposed())


@pytest.mark.requirement("OGU-21", "G-68", "M-15")
def test_a_commission_of_its_own_is_nothing_to_all_and_holds_from_today_on() -> None:
    for points in (0, 10_000, None):
        given(*AT_WORK).when(customise(points)).records(customised(points))
    for points in (-1, 10_001, 10_100):
        refused = terms.RateNotPossible(points, 10_000)
        given(*AT_WORK).when(customise(points)).is_rejected(refused)
    past = terms.DayIsPast(TODAY - DAY, TODAY)
    given(*AT_WORK).when(customise(500, TODAY - DAY)).is_rejected(past)


def customise(points: int | None, day: date = TODAY) -> layers.CustomiseCommission:
    return layers.CustomiseCommission(
        basis_points=points, valid_from=day, today=TODAY, by="olga", at=NOON
    )


def customised(points: int | None) -> CommissionCustomised:
    return CommissionCustomised(
        relation_id="r-1",
        marketplace_id="quartier",
        provider_id="atelier",
        basis_points=points,
        valid_from=TODAY,
        customised_by="olga",
        customised_at=NOON,
    )


@pytest.mark.requirement("OGU-23")
def test_a_zone_is_reduced_by_a_layer_that_is_taken_back() -> None:
    command = layers.ReduceZone(zone=SQUARE, by="olga", at=NOON)
    reduced = ZoneReduced(
        relation_id="r-1",
        marketplace_id="quartier",
        provider_id="atelier",
        zone=SQUARE,
        reduced_by="olga",
        reduced_at=NOON,
    )
    undone = ZoneReductionUndone(
        relation_id="r-1",
        marketplace_id="quartier",
        provider_id="atelier",
        undone_by="olga",
        undone_at=NOON,
    )
    undo = layers.UndoReduction(by="olga", at=NOON)
    given(*AT_WORK).when(command).records(reduced)
    smaller = Zone(geojson=None, communes=("59350",))
    given(*AT_WORK, reduced).when(replace(command, zone=smaller)).records(
        replace(reduced, zone=smaller)
    )
    given(*AT_WORK, reduced).when(undo).records(undone)
    given(*AT_WORK).when(undo).records_nothing()


@pytest.mark.requirement("OGU-09")
def test_a_document_is_judged_by_the_very_file_that_was_looked_at() -> None:
    confirm = documents.ConfirmDocument(
        kind="vigilance", file_id="f-1", shown="f-1", proof="URSSAF-1", by="olga", at=NOON
    )
    confirmed = DocumentConfirmed(
        relation_id="r-1",
        marketplace_id="quartier",
        provider_id="atelier",
        kind="vigilance",
        file_id="f-1",
        proof="URSSAF-1",
        confirmed_by="olga",
        confirmed_at=NOON,
    )
    given(*AT_WORK).when(confirm).records(confirmed)
    newer = Changed({"file_id": "f-1"}, {"file_id": "f-2"})
    given(*AT_WORK).when(replace(confirm, shown="f-2")).is_rejected(newer)


@pytest.mark.requirement("OGU-09")
def test_a_document_is_refused_once_for_a_reason() -> None:
    refuse = documents.RefuseDocument(
        kind="vigilance", file_id="f-1", shown="f-1", explanation=WHY, by="olga", at=NOON
    )
    refused = DocumentRefused(
        relation_id="r-1",
        marketplace_id="quartier",
        provider_id="atelier",
        marketplace_name="Quartier Net",
        told_id="paul",
        kind="vigilance",
        file_id="f-1",
        explanation=WHY,
        refused_by="olga",
        refused_at=NOON,
    )
    given(*AT_WORK).when(refuse).records(refused)
    given(*AT_WORK, refused).when(refuse).records_nothing()
    missing = terms.TextMissing("explanation")
    given(*AT_WORK).when(replace(refuse, explanation="")).is_rejected(missing)
