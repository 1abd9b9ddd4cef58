"""Suspending: no new requests for a while; what runs goes on, jobs are no obstacle (G-65)."""

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from contracts.marketplace.relation_v1 import (
    ReasonCode,
    RelationEvent,
    RelationSuspended,
    SuspensionLifted,
)
from contracts.providers import Relation, RelationStanding
from services.marketplace import terms
from services.marketplace.relation.standings import NotInThisStanding, unless


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspend:
    reason: ReasonCode
    explanation: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LiftSuspension:
    by: str
    at: datetime


Command = Suspend | LiftSuspension
Decision = list[RelationEvent] | NotInThisStanding | terms.BadText


def decide(command: Command, known: Relation) -> Decision:
    match command:
        case Suspend():
            return suspend(command, known)
        case LiftSuspension():
            if known.standing is RelationStanding.ACCEPTED:
                return []
            if bad := unless(known, RelationStanding.SUSPENDED):
                return bad
            return [
                SuspensionLifted(
                    relation_id=known.relation_id,
                    marketplace_id=known.marketplace_id,
                    provider_id=known.provider_id,
                    marketplace_name=known.marketplace_name,
                    told_id=known.told_id,
                    lifted_by=command.by,
                    lifted_at=command.at,
                )
            ]
        case unhandled:
            assert_never(unhandled)


def suspend(command: Suspend, known: Relation) -> Decision:
    if known.standing is RelationStanding.SUSPENDED:
        return []
    if bad := unless(known, RelationStanding.ACCEPTED):
        return bad
    if bad_text := terms.bad_text("explanation", command.explanation):
        return bad_text
    return [
        RelationSuspended(
            relation_id=known.relation_id,
            marketplace_id=known.marketplace_id,
            provider_id=known.provider_id,
            marketplace_name=known.marketplace_name,
            told_id=known.told_id,
            reason=command.reason,
            explanation=command.explanation,
            suspended_by=command.by,
            suspended_at=command.at,
        )
    ]
