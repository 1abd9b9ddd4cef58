"""A provider leaves, and each of its jobs goes the way that the operator said (M5)."""

from dataclasses import replace

import pytest

from contracts.dispatch.job_v1 import CancellationCause, JobCancelled, Participant
from contracts.marketplace.relation_v1 import (
    EndAnnounced,
    JobOutcome,
    JobSettlement,
    ReasonCode,
    RelationEnd,
)
from infra.testing.spec import Spec
from services.dispatch import job
from services.dispatch.job import NoSuchJob, SettleJob
from services.dispatch.reactions import from_dispatch_job
from services.dispatch.reactions.from_marketplace_relation import react, target
from services.dispatch.tests.make import LATER, SLOT, cancelled, done, planned

given = Spec(job.decide, job.evolve, job.initial).given
ID = planned().job_id


def announced(*jobs: JobSettlement) -> EndAnnounced:
    return EndAnnounced(
        relation_id="r-1",
        marketplace_id="agora",
        provider_id="eclat",
        marketplace_name="Agora",
        told_id="eclat-manager",
        end=RelationEnd.DEACTIVATED,
        reason=ReasonCode.QUALITY_OF_WORK,
        explanation="Three complaints in April.",
        jobs=jobs,
        last_day=SLOT.date(),
        effective_at=SLOT,
        announced_by="sophie",
        announced_at=LATER,
    )


def settled(outcome: JobOutcome) -> list[SettleJob]:
    return react(announced(JobSettlement(job_id=ID, outcome=outcome)))


def left(*, replaced: bool) -> JobCancelled:
    fact = cancelled(Participant.OPERATOR, replaced)
    return replace(fact, cause=CancellationCause.PROVIDER_LEAVES)


@pytest.mark.requirement("OGU-19", "G-66")
def test_a_job_that_is_finished_stays_as_it_is() -> None:
    assert settled(JobOutcome.FINISH) == []


@pytest.mark.requirement("OGU-19", "G-66")
def test_a_job_is_given_to_another_provider_or_cancelled() -> None:
    (reassign,), (cancel,) = settled(JobOutcome.REASSIGN), settled(JobOutcome.CANCEL)
    assert target(reassign) == target(cancel) == ID
    given(planned()).when(reassign).records(left(replaced=True))
    given(planned()).when(cancel).records(left(replaced=False))
    (search,) = from_dispatch_job.react(left(replaced=True))
    assert (search.job_id, search.provider_id) == (ID, planned().provider_id)


@pytest.mark.requirement("G-66")
def test_jobs_settle_each_by_itself_in_the_order_said() -> None:
    said = [JobOutcome.CANCEL, JobOutcome.FINISH, JobOutcome.REASSIGN]
    jobs = (JobSettlement(job_id=f"j-{n}", outcome=one) for n, one in enumerate(said))
    found = [(one.job_id, one.replace) for one in react(announced(*jobs))]
    assert found == [("j-0", False), ("j-2", True)]


@pytest.mark.requirement("OGU-19")
def test_what_was_done_or_cancelled_meanwhile_stays_so() -> None:
    (cancel,) = settled(JobOutcome.CANCEL)
    given(planned(), done()).when(cancel).records()
    given(planned(), cancelled()).when(cancel).records()
    given().when(cancel).is_rejected(NoSuchJob())
