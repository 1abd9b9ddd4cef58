"""A job that its provider cancelled is given to another one (M6)."""

from contracts.dispatch.job_v1 import JobCancelled
from services.dispatch.request.choosing import Replace

Reads = JobCancelled


def react(event: Reads) -> list[Replace]:
    """The search for another provider, where one is wanted; `adapters.matching` finds who may not
    be asked any more."""
    if not event.replaced:
        return []
    return [
        Replace(
            request_id=event.request_id,
            organisation_id=event.organisation_id,
            job_id=event.job_id,
            provider_id=event.provider_id,
            service_code=event.service_code,
            arrives_from=event.arrives_from,
            at=event.cancelled_at,
        )
    ]


def target(command: Replace) -> str:
    """The request whose stream takes the command."""
    return command.request_id
