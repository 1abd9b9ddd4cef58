"""A request is broadcast once it is there and when its silence has lasted; a chosen provider gets
the job."""

from typing import assert_never

from contracts.common_v1 import Point
from contracts.dispatch.request_v1 import BroadcastDue, ProviderChosen, RequestCreated
from services.dispatch.job import PlanJob
from services.dispatch.request.broadcasting import Broadcast

Reads = RequestCreated | BroadcastDue
Chosen = ProviderChosen


def react(event: Reads) -> list[Broadcast]:
    """The broadcast, for which `adapters.matching` finds the providers; none where requests are
    assigned by hand (G-61), or the customer was forgotten since."""
    match event:
        case RequestCreated():
            if not event.terms.broadcast:
                return []
            at = event.created_at
        case BroadcastDue():
            at = event.due_at
        case unhandled:
            assert_never(unhandled)
    if not isinstance(event.place, Point):
        return []
    return [
        Broadcast(
            request_id=event.request_id,
            organisation_id=event.organisation_id,
            service_code=event.service_code,
            place=event.place,
            commune_code=event.commune_code,
            wanted_from=event.wanted_from,
            wanted_until=event.wanted_until,
            created_at=event.created_at,
            at=at,
        )
    ]


def target(command: Broadcast) -> str:
    """The request whose stream takes the command."""
    return command.request_id


def plan(event: Chosen) -> list[PlanJob]:
    """The job of the provider that was chosen."""
    return [
        PlanJob(
            job_id=event.job_id,
            organisation_id=event.organisation_id,
            request_id=event.request_id,
            contract_id=None,
            visit=None,
            provider_id=event.provider_id,
            manager_id=event.manager_id,
            service_code=event.service_code,
            price=event.price,
            unit=event.unit,
            vat_basis_points=event.vat_basis_points,
            commission_basis_points=event.commission_basis_points,
            arrives_from=event.arrives_from,
            time_zone=event.time_zone,
            locality=event.locality,
            customer_name=event.customer_name,
            customer_email=event.customer_email,
            customer_phone=event.customer_phone,
            address=event.address,
            customer_link=event.customer_link,
            language=event.language,
            at=event.chosen_at,
        )
    ]


def planned(command: PlanJob) -> str:
    """The job whose stream takes the command."""
    return command.job_id
