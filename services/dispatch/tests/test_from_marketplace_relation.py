"""A provider leaves, and each of its jobs goes the way that the operator said (M5)."""

from dataclasses import replace
from datetime import date
from functools import reduce

import pytest

from contracts.dispatch.contract_v1 import (
    ContractAgreed,
    ContractContinued,
    ContractEnded,
    ContractEvent,
    CustomerTold,
)
from contracts.dispatch.job_v1 import CancellationCause, JobCancelled, Participant
from contracts.marketplace.relation_v1 import (
    EndAnnounced,
    EndCalledOff,
    JobOutcome,
    JobSettlement,
    ReasonCode,
    RelationEnd,
)
from contracts.runtime import REDACTED
from contracts.timers import CancelTimer
from infra.testing.spec import Spec
from services.dispatch import contract, job
from services.dispatch.contract import EndContract
from services.dispatch.contract.visits import Course
from services.dispatch.job import NoSuchJob, SettleJob
from services.dispatch.reactions import from_dispatch_job
from services.dispatch.reactions.from_marketplace_relation import (
    contract_of,
    of_contracts,
    react,
    target,
)
from services.dispatch.tests.make import (
    DAY,
    LATER,
    SLOT,
    agree,
    cancelled,
    done,
    plan,
    planned,
    reassign,
)

given = Spec(job.decide, job.evolve, job.initial).given
of_contract = Spec(contract.decide, contract.evolve, contract.initial).given
ID = planned().job_id


def announced(*jobs: JobSettlement, contracts: tuple[str, ...] = ()) -> EndAnnounced:
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
        contracts=contracts,
    )


def called_off(*contracts: str) -> EndCalledOff:
    return EndCalledOff(
        relation_id="r-1",
        marketplace_id="agora",
        provider_id="eclat",
        marketplace_name="Agora",
        told_id="eclat-manager",
        called_off_by="sophie",
        called_off_at=LATER,
        contracts=contracts,
    )


def agreed(command: contract.Command, *history: ContractEvent) -> list[ContractEvent]:
    answer = of_contract(*history).answer(command)
    assert isinstance(answer, list), answer
    return answer


def recorded(command: contract.Command, *history: ContractEvent) -> list[ContractEvent]:
    """The events of a command, which records nothing when it comes again."""
    events = agreed(command, *history)
    of_contract(*history).when(command).records(*events)
    return events


def last_day(*history: ContractEvent) -> date:
    state = reduce(contract.evolve, history, contract.initial)
    assert isinstance(state, Course)
    return state.last_day


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


@pytest.mark.requirement("OGU-19", "G-66")
def test_a_contract_ends_with_the_last_day_of_its_provider_and_not_before() -> None:
    (leave,) = of_contracts(announced(contracts=("SC1",)))
    assert contract_of(leave) == "SC1"
    (agreement,) = agreed(agree())
    [end, told] = agreed(leave, agreement)
    assert isinstance(end, ContractEnded)
    assert (end.last_day, end.ended_by) == (SLOT.date(), "sophie")
    assert (contract.timers(end), contract.timers(told)) == ((CancelTimer("plan"),), ())
    of_contract(agreement).when(leave).records(end, told)
    earlier = replace(end, last_day=SLOT.date() - DAY)
    of_contract(agreement, earlier).when(leave).records_nothing()


@pytest.mark.requirement("OGU-19")
def test_a_contract_that_another_provider_took_over_by_then_goes_on() -> None:
    (leave,) = of_contracts(announced(contracts=("SC1",)))
    (agreement,) = agreed(agree())
    on_time, late = reassign(SLOT.date() + DAY), reassign(SLOT.date() + 2 * DAY)
    of_contract(agreement, *agreed(on_time, agreement)).when(leave).records_nothing()
    history = (agreement, *agreed(late, agreement))
    of_contract(*history).when(leave).records(*agreed(leave, *history))


@pytest.mark.requirement("OGU-19")
def test_a_contract_ends_before_the_turn_of_a_provider_that_has_left_by_then() -> None:
    (leave,) = of_contracts(announced(contracts=("SC1",)))
    (agreement,) = agreed(agree())
    history = (agreement, *agreed(reassign(SLOT.date() + 5 * DAY), agreement))
    end = agreed(replace(leave, provider_id="vitrex"), *history)[0]
    assert isinstance(end, ContractEnded)
    assert end.last_day == SLOT.date() + 4 * DAY


@pytest.mark.requirement("OGU-19")
def test_a_contract_goes_on_when_its_provider_stays_after_all() -> None:
    (leave,), (stay,) = of_contracts(announced(contracts=("SC1",))), of_contracts(called_off("SC1"))
    assert contract_of(stay) == "SC1"
    (agreement,) = agreed(agree())
    history = (agreement, *agreed(leave, agreement))
    [back, told] = agreed(stay, *history)
    assert isinstance(back, ContractContinued)
    assert (back.last_day, back.continued_by) == (None, "sophie")
    assert contract.timers(back) == contract.timers(agreement)
    of_contract(*history).when(stay).records(back, told)
    assert isinstance(told, CustomerTold)
    assert told.last_day is None


@pytest.mark.requirement("OGU-19")
@pytest.mark.parametrize("first", ["eclat", "vitrex"])
def test_of_two_providers_that_leave_the_one_that_stays_does_not_keep_the_other(first: str) -> None:
    (leave,), (stay,) = of_contracts(announced(contracts=("SC1",))), of_contracts(called_off("SC1"))
    (agreement,) = agreed(agree())
    history = [agreement, *agreed(reassign(SLOT.date() + 5 * DAY), agreement)]
    ends = {"eclat": SLOT.date(), "vitrex": SLOT.date() + 4 * DAY}
    for one in (first, *(ends.keys() - {first})):
        history += recorded(replace(leave, provider_id=one), *history)
    assert last_day(*history) == ends["eclat"]
    after = [*history, *recorded(replace(stay, provider_id="eclat"), *history)]
    assert last_day(*after) == ends["vitrex"]
    after += recorded(replace(stay, provider_id="vitrex"), *after)
    assert last_day(*after) == date.max
    other = [*history, *recorded(replace(stay, provider_id="vitrex"), *history)]
    assert last_day(*other) == ends["eclat"]


@pytest.mark.requirement("OGU-19")
def test_a_provider_that_leaves_stays_and_leaves_again_is_not_kept_by_another_one() -> None:
    (leave,), (stay,) = of_contracts(announced(contracts=("SC1",))), of_contracts(called_off("SC1"))
    (agreement,) = agreed(agree())
    history = [agreement, *agreed(reassign(SLOT.date() + 5 * DAY), agreement)]
    for command, who in ((leave, "vitrex"), (leave, "eclat"), (stay, "vitrex"), (leave, "vitrex")):
        history += recorded(replace(command, provider_id=who), *history)
    history += recorded(replace(stay, provider_id="eclat"), *history)
    assert last_day(*history) == SLOT.date() + 4 * DAY


@pytest.mark.requirement("OGU-19")
def test_the_customer_is_told_of_an_end_that_is_another_one_alone() -> None:
    (leave,) = of_contracts(announced(contracts=("SC1",)))
    (agreement,) = agreed(agree())
    history = [agreement, *agreed(reassign(SLOT.date() + 5 * DAY), agreement)]
    history += recorded(leave, *history)
    [noted] = recorded(replace(leave, provider_id="vitrex"), *history)
    assert isinstance(noted, ContractEnded)
    assert (noted.last_day, noted.leaver_id) == (SLOT.date(), "eclat")
    assert (noted.also_leaves_id, noted.also_last_day) == ("vitrex", SLOT.date() + 4 * DAY)


@pytest.mark.requirement("OGU-19")
def test_the_end_that_was_said_before_holds_again() -> None:
    (leave,), (stay,) = of_contracts(announced(contracts=("SC1",))), of_contracts(called_off("SC1"))
    (agreement,) = agreed(agree())
    before = SLOT.date() + 30 * DAY
    said = agreed(EndContract(last_day=before, by="sophie", at=LATER), agreement)
    history = (agreement, *said, *agreed(leave, agreement, *said))
    [back, told] = agreed(stay, *history)
    assert isinstance(back, ContractContinued)
    assert isinstance(told, CustomerTold)
    assert (back.last_day, told.last_day) == (before, before)


@pytest.mark.requirement("OGU-19")
def test_a_contract_that_ends_for_another_reason_ends() -> None:
    (leave,), (stay,) = of_contracts(announced(contracts=("SC1",))), of_contracts(called_off("SC1"))
    (agreement,) = agreed(agree())
    of_contract(agreement).when(stay).records_nothing()
    left = (agreement, *agreed(leave, agreement))
    of_contract(*left).when(replace(stay, provider_id="vitrex")).records_nothing()
    for last in (SLOT.date(), SLOT.date() + DAY):
        end = EndContract(last_day=last, by="sophie", at=LATER)
        of_contract(*left, *recorded(end, *left)).when(stay).records_nothing()


@pytest.mark.requirement("OGU-19")
def test_the_customer_of_a_contract_is_told_when_it_ends_unless_they_are_forgotten() -> None:
    (leave,) = of_contracts(announced(contracts=("SC1",)))
    (agreement,) = agreed(agree())
    [end, told] = agreed(leave, agreement)
    assert isinstance(end, ContractEnded)
    assert end.leaver_id == "eclat"
    asked = agree()
    assert told == CustomerTold(
        contract_id="SC1",
        organisation_id=asked.organisation_id,
        request_id=asked.request_id,
        last_day=end.last_day,
        customer_email=asked.customer_email,
        customer_link=asked.customer_link,
        language=asked.language,
        told_at=LATER,
    )
    assert isinstance(agreement, ContractAgreed)
    forgotten = replace(agreement, customer_email=REDACTED)
    assert agreed(leave, forgotten) == [end]


@pytest.mark.requirement("OGU-18")
def test_the_job_of_a_provider_that_left_meanwhile_is_given_to_another_one() -> None:
    leaves = replace(plan(), has_left=True)
    gone = replace(left(replaced=True), cancelled_at=leaves.at)
    given().when(leaves).records(planned(), gone)
    visit = replace(plan(contract="SC1"), has_left=True)
    of_visit = replace(gone, contract_id="SC1", replaced=False)
    given().when(visit).records(planned(contract="SC1"), of_visit)


@pytest.mark.requirement("OGU-19")
def test_what_was_done_or_cancelled_meanwhile_stays_so() -> None:
    (cancel,) = settled(JobOutcome.CANCEL)
    given(planned(), done()).when(cancel).records()
    given(planned(), cancelled()).when(cancel).records()
    given().when(cancel).is_rejected(NoSuchJob())
