"""A provider leaves a marketplace: each of its jobs is finished, given to another one or cancelled,
as the operator said when the end was announced (M5)."""

from typing import assert_never

from contracts.marketplace.relation_v1 import EndAnnounced, JobOutcome
from services.dispatch.job import SettleJob

Reads = EndAnnounced


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
