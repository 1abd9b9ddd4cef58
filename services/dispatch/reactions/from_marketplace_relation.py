"""A provider leaves a marketplace: each of its jobs is finished, given to another one or cancelled,
as the operator said when the end was announced, and its contracts end with its last day (M5). They
go on where the end is called off."""

from typing import assert_never

from contracts.marketplace.relation_v1 import EndAnnounced, EndCalledOff, JobOutcome
from services.dispatch.contract import EndOfProvider, ProviderStays
from services.dispatch.job import SettleJob

Reads = EndAnnounced
ReadsOfContracts = EndAnnounced | EndCalledOff


def react(event: Reads) -> list[SettleJob]:
    """The jobs that the provider does not finish, each as it was said."""
    found = []
    for one in event.jobs:
        match one.outcome:
            case JobOutcome.FINISH:
                continue
            case JobOutcome.REASSIGN:
                is_replaced = True
            case JobOutcome.CANCEL:
                is_replaced = False
            case unhandled:
                assert_never(unhandled)
        found.append(SettleJob(job_id=one.job_id, replace=is_replaced, at=event.announced_at))
    return found


def target(command: SettleJob) -> str:
    """The job whose stream takes the command."""
    return command.job_id


def of_contracts(event: ReadsOfContracts) -> list[EndOfProvider | ProviderStays]:
    """The ends of the contracts that were named, or what takes them back; one that was given to
    another provider meanwhile stays as it is."""
    match event:
        case EndAnnounced():
            return [
                EndOfProvider(
                    contract_id=contract_id,
                    provider_id=event.provider_id,
                    last_day=event.last_day,
                    by=event.announced_by,
                    at=event.announced_at,
                )
                for contract_id in event.contracts
            ]
        case EndCalledOff():
            return [
                ProviderStays(
                    contract_id=contract_id,
                    provider_id=event.provider_id,
                    by=event.called_off_by,
                    at=event.called_off_at,
                )
                for contract_id in event.contracts
            ]
        case unhandled:
            assert_never(unhandled)


def contract_of(command: EndOfProvider | ProviderStays) -> str:
    """The contract whose stream takes the command."""
    return command.contract_id
