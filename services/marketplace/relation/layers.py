"""Layers that the operator lays over a provider: a commission of its own, a smaller zone.

Each may be taken back: the default holds again, and the zone as the provider has drawn it (M8).
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import assert_never

from contracts.common_v1 import Zone
from contracts.marketplace.relation_v1 import (
    CommissionCustomised,
    RelationEvent,
    ZoneReduced,
    ZoneReductionUndone,
)
from contracts.providers import Rate, Relation
from services.marketplace import terms


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomiseCommission:
    """None: the default rate holds again. `today` is in the time zone of the marketplace."""

    basis_points: int | None
    valid_from: date
    today: date
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReduceZone:
    zone: Zone
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoReduction:
    by: str
    at: datetime


Command = CustomiseCommission | ReduceZone | UndoReduction
Decision = list[RelationEvent] | terms.BadRate


def decide(command: Command, known: Relation) -> Decision:
    match command:
        case CustomiseCommission():
            return customise(command, known)
        case ReduceZone(zone=zone):
            if known.reduction == (zone,):
                return []
            return [
                ZoneReduced(
                    relation_id=known.relation_id,
                    marketplace_id=known.marketplace_id,
                    provider_id=known.provider_id,
                    zone=zone,
                    reduced_by=command.by,
                    reduced_at=command.at,
                )
            ]
        case UndoReduction():
            if not known.reduction:
                return []
            return [
                ZoneReductionUndone(
                    relation_id=known.relation_id,
                    marketplace_id=known.marketplace_id,
                    provider_id=known.provider_id,
                    undone_by=command.by,
                    undone_at=command.at,
                )
            ]
        case unhandled:
            assert_never(unhandled)


def customise(command: CustomiseCommission, known: Relation) -> Decision:
    if Rate(command.valid_from, command.basis_points) in known.rates:
        return []
    if bad := terms.bad_rate(command.basis_points, command.valid_from, command.today):
        return bad
    return [
        CommissionCustomised(
            relation_id=known.relation_id,
            marketplace_id=known.marketplace_id,
            provider_id=known.provider_id,
            basis_points=command.basis_points,
            valid_from=command.valid_from,
            customised_by=command.by,
            customised_at=command.at,
        )
    ]
