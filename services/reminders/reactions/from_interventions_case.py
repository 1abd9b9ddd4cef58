"""Reactions: a work report that is sent, and a case that is answered, make a plan, once (G-84); a
work that is in a later case is planned no more (R1)."""

from typing import assert_never

from contracts.interventions.case_v1 import CaseAnswered, CaseSent, VersionFixed, WorkTakenUp
from contracts.reminders.plan_v1 import PlanCause, Settlement
from services.reminders.plan import PlanWorks, SettleWork

Reads = CaseSent | CaseAnswered
Settles = WorkTakenUp | VersionFixed


def react(event: Reads) -> list[PlanWorks]:
    """The plan of the case; the tables of the service say whether it has works to plan."""
    match event:
        case CaseSent():
            cause, at = PlanCause.WORK_REPORT, event.sent_at
        case CaseAnswered():
            cause, at = PlanCause.ANSWERED_CASE, event.answered_at
        case unhandled:
            assert_never(unhandled)
    return [
        PlanWorks(
            case_id=event.case_id,
            organisation_id=event.organisation_id,
            dealership_id=event.dealership_id,
            version=event.version,
            cause=cause,
            at=at,
        )
    ]


def settle(event: Settles) -> list[SettleWork]:
    """Those that were put off before, and are proposed again or were carried out."""
    match event:
        case WorkTakenUp():
            return [
                SettleWork(
                    case_id=source.case_id,
                    organisation_id=event.organisation_id,
                    work_id=source.work_id,
                    settlement=Settlement.TAKEN_UP,
                    by_case_id=event.case_id,
                    by_work_id=event.work_id,
                    at=event.taken_up_at,
                )
                for source in event.sources
            ]
        case VersionFixed():
            return [
                SettleWork(
                    case_id=work.source.case_id,
                    organisation_id=event.organisation_id,
                    work_id=work.source.work_id,
                    settlement=Settlement.CARRIED_OUT,
                    by_case_id=event.case_id,
                    by_work_id=work.work_id,
                    at=event.fixed_at,
                )
                for work in event.works
                if work.carried_out and work.source is not None
            ]
        case unhandled:
            assert_never(unhandled)


def target(command: PlanWorks | SettleWork) -> str:
    """The case whose plan takes the command."""
    return command.case_id
