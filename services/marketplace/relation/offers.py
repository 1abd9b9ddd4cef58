"""The services of a provider at a marketplace: proposed, accepted, rejected, ended (SM-27)."""

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from contracts.marketplace.relation_v1 import (
    RelationEvent,
    ServiceAccepted,
    ServiceDeactivated,
    ServiceProposed,
    ServiceRejected,
    ServiceWithdrawn,
)
from contracts.providers import Relation, RelationStanding, ServiceStanding
from services.marketplace import terms
from services.marketplace.relation.standings import NotInThisStanding, unless

PROPOSING = (
    RelationStanding.CONNECTED,
    RelationStanding.APPLIED,
    RelationStanding.ACCEPTED,
    RelationStanding.SUSPENDED,
)
"""Who is at the marketplace, or wants to be."""
MOST_SERVICES = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeService:
    """The catalogue of the marketplace has the service."""

    service_code: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawService:
    service_code: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptService:
    service_code: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectService:
    service_code: str
    explanation: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeactivateService:
    service_code: str
    by: str
    at: datetime


Command = ProposeService | WithdrawService | AcceptService | RejectService | DeactivateService


@dataclass(frozen=True, slots=True)
class NoSuchService:
    """The provider does not offer it."""

    service_code: str


@dataclass(frozen=True, slots=True)
class ServiceNotInThisStanding:
    """The service is in another situation than any in which this is decided."""

    standing: ServiceStanding


@dataclass(frozen=True, slots=True)
class TooManyServices:
    most: int


Rejection = (
    NoSuchService | ServiceNotInThisStanding | TooManyServices | NotInThisStanding | terms.BadText
)
Decision = list[RelationEvent] | Rejection


def decide(command: Command, known: Relation) -> Decision:
    held = {one.service_code: one.standing for one in known.services}
    standing = held.get(command.service_code)
    match command:
        case ProposeService():
            return propose(command, known, standing)
        case WithdrawService():
            return withdraw(command, known, standing)
        case AcceptService() | RejectService() | DeactivateService():
            if standing is None:
                return NoSuchService(command.service_code)
            return judge(command, known, standing)
        case unhandled:
            assert_never(unhandled)


def propose(command: ProposeService, known: Relation, standing: ServiceStanding | None) -> Decision:
    """A service that was rejected may be proposed again."""
    if bad := unless(known, *PROPOSING):
        return bad
    if standing is not None and standing is not ServiceStanding.REJECTED:
        return []
    if len(known.services) >= MOST_SERVICES:
        return TooManyServices(MOST_SERVICES)
    return [
        ServiceProposed(
            relation_id=known.relation_id,
            marketplace_id=known.marketplace_id,
            provider_id=known.provider_id,
            service_code=command.service_code,
            proposed_by=command.by,
            proposed_at=command.at,
        )
    ]


def withdraw(
    command: WithdrawService, known: Relation, standing: ServiceStanding | None
) -> Decision:
    if standing is None:
        return []
    return [
        ServiceWithdrawn(
            relation_id=known.relation_id,
            marketplace_id=known.marketplace_id,
            provider_id=known.provider_id,
            service_code=command.service_code,
            withdrawn_by=command.by,
            withdrawn_at=command.at,
        )
    ]


def judge(
    command: AcceptService | RejectService | DeactivateService,
    known: Relation,
    standing: ServiceStanding,
) -> Decision:
    match command:
        case AcceptService():
            if standing is ServiceStanding.ACCEPTED:
                return []
            return [
                ServiceAccepted(
                    relation_id=known.relation_id,
                    marketplace_id=known.marketplace_id,
                    provider_id=known.provider_id,
                    service_code=command.service_code,
                    accepted_by=command.by,
                    accepted_at=command.at,
                    marketplace_name=known.marketplace_name,
                    told_id=known.told_id,
                )
            ]
        case RejectService():
            return reject(command, known, standing)
        case DeactivateService():
            if standing is ServiceStanding.DEACTIVATED:
                return []
            if standing is not ServiceStanding.ACCEPTED:
                return ServiceNotInThisStanding(standing)
            return [
                ServiceDeactivated(
                    relation_id=known.relation_id,
                    marketplace_id=known.marketplace_id,
                    provider_id=known.provider_id,
                    service_code=command.service_code,
                    deactivated_by=command.by,
                    deactivated_at=command.at,
                    marketplace_name=known.marketplace_name,
                    told_id=known.told_id,
                )
            ]
        case unhandled:
            assert_never(unhandled)


def reject(command: RejectService, known: Relation, standing: ServiceStanding) -> Decision:
    """A reason is due (G-67)."""
    if standing is ServiceStanding.REJECTED:
        return []
    if standing is not ServiceStanding.PENDING:
        return ServiceNotInThisStanding(standing)
    if bad_text := terms.bad_text("explanation", command.explanation):
        return bad_text
    return [
        ServiceRejected(
            relation_id=known.relation_id,
            marketplace_id=known.marketplace_id,
            provider_id=known.provider_id,
            service_code=command.service_code,
            explanation=command.explanation,
            rejected_by=command.by,
            rejected_at=command.at,
            marketplace_name=known.marketplace_name,
            told_id=known.told_id,
        )
    ]
