from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from contracts.decisions import Changed
from contracts.marketplace.relation_v1 import (
    ApplicationRefused,
    ComplaintAnswered,
    ComplaintFiled,
    EndCalledOff,
    JobOutcome,
    JobSettlement,
    ReasonCode,
    RelationDeactivated,
    RelationDeleted,
    RelationEnd,
    RelationEvent,
    RelationReactivated,
    SuspensionLifted,
)
from contracts.providers import DocumentFault, RelationStanding
from contracts.timers import CancelTimer, SetTimer
from infra.testing.spec import Spec
from services.marketplace import relation, terms
from services.marketplace.relation import (
    IsConnected,
    NewInvitationNeeded,
    NoSuchRelation,
    applying,
    complaints,
    ending,
    suspending,
)
from services.marketplace.relation.applying import DocumentsLacking, OtherTermsHold
from services.marketplace.relation.ending import ContractsInTheWay, EndIsAnnounced, JobsInTheWay
from services.marketplace.relation.standings import NotInThisStanding
from services.marketplace.tests.make import (
    AT_WORK,
    DAY,
    LATER,
    NOON,
    TODAY,
    WHY,
    accepted,
    announce,
    announced,
    applied,
    apply,
    connect,
    connected,
    paper,
    suspended,
)

given = Spec(relation.decide, relation.evolve, relation.initial).given
MIDNIGHT = datetime(2030, 5, 31, 22, tzinfo=UTC)
"""The end of the 31st of May in Paris."""


def accept(seen: tuple[str, ...] = ("f-1",)) -> applying.Accept:
    return applying.Accept(seen=seen, by="olga", at=NOON)


def refuse(explanation: str = WHY, seen: tuple[str, ...] = ("f-1",)) -> applying.Refuse:
    return applying.Refuse(
        seen=seen, reason=ReasonCode.NO_DEMAND, explanation=explanation, by="olga", at=NOON
    )


def refused() -> ApplicationRefused:
    return ApplicationRefused(
        relation_id="r-1",
        marketplace_id="quartier",
        provider_id="atelier",
        marketplace_name="Quartier Net",
        told_id="paul",
        reason=ReasonCode.NO_DEMAND,
        explanation=WHY,
        refused_by="olga",
        refused_at=NOON,
    )


def suspend(explanation: str = WHY) -> suspending.Suspend:
    return suspending.Suspend(
        reason=ReasonCode.QUALITY_OF_WORK, explanation=explanation, by="olga", at=NOON
    )


def over(at: datetime = NOON) -> RelationDeactivated:
    return RelationDeactivated(
        relation_id="r-1",
        marketplace_id="quartier",
        provider_id="atelier",
        marketplace_name="Quartier Net",
        told_id="paul",
        deactivated_at=at,
    )


def removed(at: datetime = NOON) -> RelationDeleted:
    return RelationDeleted(
        relation_id="r-1",
        marketplace_id="quartier",
        provider_id="atelier",
        marketplace_name="Quartier Net",
        told_id="paul",
        deleted_at=at,
    )


# --- Connecting and applying ------------------------------------------------


@pytest.mark.requirement("SM-26", "G-64")
def test_a_provider_connects_once() -> None:
    given().when(connect()).records(connected())
    given(connected()).when(connect("i-2")).is_rejected(IsConnected())


@pytest.mark.requirement("G-65")
def test_a_provider_that_was_removed_needs_an_invitation_of_later() -> None:
    history = (connected(), removed(NOON))
    given(*history).when(connect(invited_at=NOON)).is_rejected(NewInvitationNeeded())
    again = connect(invited_at=LATER)
    given(*history).when(again).records(connected())


@pytest.mark.requirement("OGU-08")
def test_nobody_applies_without_every_document_that_is_good() -> None:
    given(connected()).when(apply()).records(applied())
    oldest = date(2029, 11, 1)
    given(connected()).when(apply(paper(issued_on=oldest))).records(applied(issued_on=oldest))
    bad = [
        (apply(paper("tax_certificate")), DocumentFault.MISSING),
        (apply(paper(issued_on=oldest - DAY)), DocumentFault.TOO_OLD),
        (apply(paper(expires_on=TODAY - DAY)), DocumentFault.EXPIRED),
    ]
    for command, fault in bad:
        given(connected()).when(command).is_rejected(DocumentsLacking(("vigilance",), (fault,)))


@pytest.mark.requirement("OGU-13", "OGU-14")
def test_who_applies_accepts_the_terms_that_hold() -> None:
    given(connected()).when(apply(terms_now=3)).is_rejected(OtherTermsHold(3))
    given(connected()).when(apply(terms_now=None)).is_rejected(OtherTermsHold(None))


@pytest.mark.requirement("OGU-17", "SM-26")
def test_an_application_is_accepted_as_it_was_seen() -> None:
    given(connected(), applied()).when(accept()).records(accepted())
    given(connected(), applied("f-2")).when(accept()).is_rejected(
        Changed({"seen": ("f-1",)}, {"seen": ("f-2",)})
    )
    given(connected()).when(accept()).is_rejected(NotInThisStanding(RelationStanding.CONNECTED))


@pytest.mark.requirement("OGU-17")
def test_an_application_is_refused_for_a_reason_and_may_come_again() -> None:
    given(connected(), applied()).when(refuse()).records(refused())
    given(connected(), applied()).when(refuse(" ")).is_rejected(terms.TextMissing("explanation"))
    given(connected(), applied(), refused()).when(apply()).records(applied())
    given(*AT_WORK).when(refuse()).is_rejected(NotInThisStanding(RelationStanding.ACCEPTED))


# --- Suspending -------------------------------------------------------------


@pytest.mark.requirement("OGU-18", "G-65")
def test_a_suspension_has_a_reason_and_is_lifted() -> None:
    given(*AT_WORK).when(suspend()).records(suspended())
    given(*AT_WORK).when(suspend("")).is_rejected(terms.TextMissing("explanation"))
    lift = suspending.LiftSuspension(by="olga", at=NOON)
    lifted = SuspensionLifted(
        relation_id="r-1",
        marketplace_id="quartier",
        provider_id="atelier",
        marketplace_name="Quartier Net",
        told_id="paul",
        lifted_by="olga",
        lifted_at=NOON,
    )
    given(*AT_WORK, suspended()).when(lift).records(lifted)
    given(connected()).when(lift).is_rejected(NotInThisStanding(RelationStanding.CONNECTED))


# --- Ending -----------------------------------------------------------------


@pytest.mark.requirement("OGU-18")
def test_an_end_comes_when_thirty_whole_days_are_over_in_the_zone_of_the_marketplace() -> None:
    given(*AT_WORK).when(announce()).records(announced())
    assert relation.timers(announced()) == (SetTimer("end", MIDNIGHT),)
    due = relation.on_timer("end", "r-1", MIDNIGHT)
    given(*AT_WORK, announced()).when(due).records(over(MIDNIGHT))
    early = relation.on_timer("end", "r-1", MIDNIGHT - timedelta(seconds=1))
    given(*AT_WORK, announced()).when(early).records_nothing()


def test_fraud_and_repeated_breaches_are_excused_from_the_notice() -> None:
    for reason in (ReasonCode.FRAUD_OR_DANGER, ReasonCode.REPEATED_BREACH, ReasonCode.LEGAL_DUTY):
        at_once = announced(reason=reason, last_day=TODAY, effective_at=NOON)
        given(*AT_WORK).when(announce(reason=reason)).records(at_once, over())
        assert relation.timers(at_once) == ()


@pytest.mark.requirement("OGU-19", "G-66")
@pytest.mark.parametrize("end", [RelationEnd.DEACTIVATED, RelationEnd.DELETED])
def test_nobody_is_left_while_nothing_is_said_of_a_job(end: RelationEnd) -> None:
    finish = JobSettlement(job_id="j-1", outcome=JobOutcome.FINISH)
    other = JobSettlement(job_id="j-9", outcome=JobOutcome.CANCEL)
    open_jobs = ("j-1", "j-2")
    second = JobSettlement(job_id="j-2", outcome=JobOutcome.REASSIGN)
    for said in ((), (finish,), (finish, other), (finish, second, replace(finish, job_id="j-2"))):
        command = announce(end, jobs=said, open_jobs=open_jobs)
        given(*AT_WORK).when(command).is_rejected(JobsInTheWay(open_jobs))
    both = (finish, second)
    command = announce(end, jobs=both, open_jobs=open_jobs)
    given(*AT_WORK).when(command).records(announced(end, jobs=both))


@pytest.mark.requirement("OGU-19", "G-66")
@pytest.mark.parametrize("end", [RelationEnd.DEACTIVATED, RelationEnd.DELETED])
def test_nobody_is_left_while_a_contract_would_go_on(end: RelationEnd) -> None:
    open_ones = ("c-1", "c-2")
    for said in ((), ("c-1",), ("c-1", "c-9"), ("c-1", "c-1", "c-2")):
        command = announce(end, contracts=said, open_contracts=open_ones)
        given(*AT_WORK).when(command).is_rejected(ContractsInTheWay(open_ones))
    command = announce(end, contracts=("c-2", "c-1"), open_contracts=open_ones)
    given(*AT_WORK).when(command).records(announced(end, contracts=("c-2", "c-1")))


@pytest.mark.requirement("G-65")
def test_who_does_not_work_here_is_removed_at_once_and_not_deactivated() -> None:
    gone = announced(RelationEnd.DELETED, last_day=TODAY, effective_at=NOON)
    given(connected()).when(announce(RelationEnd.DELETED)).records(gone, removed())
    given(connected()).when(announce()).is_rejected(NotInThisStanding(RelationStanding.CONNECTED))


def test_an_end_is_called_off_before_another_one_is_announced() -> None:
    history = (*AT_WORK, announced(contracts=("c-1",)))
    given(*history).when(announce(RelationEnd.DELETED)).is_rejected(
        EndIsAnnounced(date(2030, 5, 31))
    )
    off = EndCalledOff(
        relation_id="r-1",
        marketplace_id="quartier",
        provider_id="atelier",
        marketplace_name="Quartier Net",
        told_id="paul",
        called_off_by="olga",
        called_off_at=LATER,
        contracts=("c-1",),
    )
    given(*history).when(ending.CallOffEnd(by="olga", at=LATER)).records(off)
    assert relation.timers(off) == (CancelTimer("end"),)
    due = relation.on_timer("end", "r-1", MIDNIGHT)
    given(*history, off).when(due).records_nothing()


@pytest.mark.requirement("G-65")
def test_who_was_deactivated_comes_back_and_who_was_removed_does_not() -> None:
    command = ending.Reactivate(by="olga", at=LATER)
    back = RelationReactivated(
        relation_id="r-1",
        marketplace_id="quartier",
        provider_id="atelier",
        marketplace_name="Quartier Net",
        told_id="paul",
        reactivated_by="olga",
        reactivated_at=LATER,
    )
    given(*AT_WORK, over()).when(command).records(back)
    given(*AT_WORK, removed()).when(command).is_rejected(NoSuchRelation())


# --- Complaints -------------------------------------------------------------


@pytest.mark.parametrize("explained", [suspended(), refused(), announced()])
def test_a_decision_that_was_explained_may_be_complained_of(explained: RelationEvent) -> None:
    filed = complaint()
    given(connected(), explained).when(file()).records(filed)
    given(connected(), explained, filed).when(file("z-2")).is_rejected(
        complaints.ComplaintWaits("z-1")
    )


def test_nothing_explained_is_nothing_to_complain_of_and_an_answer_is_given_once() -> None:
    given(*AT_WORK).when(file()).is_rejected(complaints.NothingToComplainOf())
    answer = complaints.AnswerComplaint(
        complaint_id="z-1", upheld=True, answer="You are right.", by="olga", at=LATER
    )
    history = (*AT_WORK, suspended(), complaint())
    answered = ComplaintAnswered(
        relation_id="r-1",
        marketplace_id="quartier",
        provider_id="atelier",
        marketplace_name="Quartier Net",
        told_id="paul",
        complaint_id="z-1",
        upheld=True,
        answer="You are right.",
        answered_by="olga",
        answered_at=LATER,
    )
    given(*history).when(answer).records(answered)
    given(*history, answered).when(answer).records_nothing()
    other = replace(answer, complaint_id="z-2")
    given(*history).when(other).is_rejected(complaints.NoSuchComplaint())


def file(complaint_id: str = "z-1") -> complaints.FileComplaint:
    return complaints.FileComplaint(
        complaint_id=complaint_id, complaint="The customer cancelled.", by="paul", at=NOON
    )


def complaint() -> ComplaintFiled:
    return ComplaintFiled(
        relation_id="r-1",
        marketplace_id="quartier",
        provider_id="atelier",
        complaint_id="z-1",
        complaint="The customer cancelled.",
        told_id="olga",
        filed_by="paul",
        filed_at=NOON,
    )


def test_nothing_is_decided_about_nobody() -> None:
    commands: tuple[Any, ...] = (accept(), refuse(), suspend(), announce(), file(), apply())
    for command in commands:
        given().when(command).is_rejected(NoSuchRelation())
