"""A visit of a contract becomes a job."""

from contracts.dispatch.contract_v1 import VisitPlanned
from services.dispatch.job import PlanJob

Reads = VisitPlanned


def react(event: Reads) -> list[PlanJob]:
    """The job of the visit."""
    return [
        PlanJob(
            job_id=event.job_id,
            organisation_id=event.organisation_id,
            request_id=event.request_id,
            contract_id=event.contract_id,
            visit=event.visit,
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
            at=event.planned_at,
        )
    ]


def target(command: PlanJob) -> str:
    """The job whose stream takes the command."""
    return command.job_id
