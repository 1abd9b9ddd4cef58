"""Costs that the quote did not foresee: asked for by the driver of a mission, then decided."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import ClassVar, assert_never

from contracts.common_v1 import Money
from contracts.missions.trip_v1 import (
    ExpenseKind,
    ExtraCostAccepted,
    ExtraCostRefused,
    ExtraCostRequested,
    TripEvent,
)
from services.missions import terms
from services.missions.trip.quotes import REASON_LIMIT, ReasonMissing

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestExtraCost:
    """The driver of the mission asks for it, with a photo."""

    trip_id: str
    driver_id: str
    organisation_id: str
    request_id: str
    kind: ExpenseKind
    amount: Money
    reason: str
    photo_file_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptExtraCost:
    """`amount` caps what was asked for; None accepts all of it."""

    trip_id: str
    organisation_id: str
    request_id: str
    amount: Money | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RefuseExtraCost:
    trip_id: str
    organisation_id: str
    request_id: str
    reason: str
    at: datetime


Command = RequestExtraCost | AcceptExtraCost | RefuseExtraCost

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoSuchExtraCost:
    pass


@dataclass(frozen=True, slots=True)
class ExtraCostIsDecided:
    granted: Money | None


@dataclass(frozen=True, slots=True)
class MoreThanAsked:
    field: ClassVar[str] = "amount"
    asked: Money


@dataclass(frozen=True, slots=True)
class TooLateForExtraCost:
    pass


Rejection = (
    NoSuchExtraCost
    | ExtraCostIsDecided
    | MoreThanAsked
    | TooLateForExtraCost
    | ReasonMissing
    | terms.BadTerms
)

# --- State ------------------------------------------------------------------

Answer = ExtraCostAccepted | ExtraCostRefused
Event = ExtraCostRequested | Answer


@dataclass(frozen=True, slots=True)
class ExtraCosts:
    """The requests for extra costs and their answers, by the id of the request."""

    requests: Mapping[str, ExtraCostRequested] = field(default_factory=dict)
    answers: Mapping[str, Answer] = field(default_factory=dict)


def evolve(costs: ExtraCosts, event: Event) -> ExtraCosts:
    match event:
        case ExtraCostRequested():
            return replace(costs, requests={**costs.requests, event.request_id: event})
        case ExtraCostAccepted() | ExtraCostRefused():
            return replace(costs, answers={**costs.answers, event.request_id: event})
        case unhandled:
            assert_never(unhandled)


# --- Decisions --------------------------------------------------------------

Decision = list[TripEvent] | Rejection


def decide(command: Command, costs: ExtraCosts, *, delivered: bool) -> Decision:
    """As in every aggregate, for a trip that is a mission."""
    match command:
        case RequestExtraCost():
            return request(command, costs, delivered=delivered)
        case AcceptExtraCost():
            return accept(command, costs)
        case RefuseExtraCost():
            return refuse(command, costs)
        case unhandled:
            assert_never(unhandled)


def request(command: RequestExtraCost, costs: ExtraCosts, *, delivered: bool) -> Decision:
    if command.request_id in costs.requests:
        return []
    if delivered:
        return TooLateForExtraCost()
    if not command.reason.strip():
        return ReasonMissing()
    return (
        terms.bad_price(command.amount, "amount")
        or terms.too_long("reason", command.reason, REASON_LIMIT)
        or [
            ExtraCostRequested(
                trip_id=command.trip_id,
                driver_id=command.driver_id,
                request_id=command.request_id,
                kind=command.kind,
                amount=command.amount,
                reason=command.reason,
                photo_file_id=command.photo_file_id,
                requested_at=command.at,
            )
        ]
    )


def accept(command: AcceptExtraCost, costs: ExtraCosts) -> Decision:
    asked = costs.requests.get(command.request_id)
    if asked is None:
        return NoSuchExtraCost()
    granted = command.amount or asked.amount
    if (answer := costs.answers.get(command.request_id)) is not None:
        same = isinstance(answer, ExtraCostAccepted) and answer.amount == granted
        return [] if same else decided(answer)
    if granted.amount_minor > asked.amount.amount_minor:
        return MoreThanAsked(asked.amount)
    return terms.bad_price(granted, "amount") or [
        ExtraCostAccepted(
            trip_id=command.trip_id,
            driver_id=asked.driver_id,
            request_id=command.request_id,
            kind=asked.kind,
            amount=granted,
            accepted_at=command.at,
        )
    ]


def refuse(command: RefuseExtraCost, costs: ExtraCosts) -> Decision:
    asked = costs.requests.get(command.request_id)
    if asked is None:
        return NoSuchExtraCost()
    if (answer := costs.answers.get(command.request_id)) is not None:
        same = isinstance(answer, ExtraCostRefused) and answer.reason == command.reason
        return [] if same else decided(answer)
    if not command.reason.strip():
        return ReasonMissing()
    return terms.too_long("reason", command.reason, REASON_LIMIT) or [
        ExtraCostRefused(
            trip_id=command.trip_id,
            driver_id=asked.driver_id,
            request_id=command.request_id,
            reason=command.reason,
            refused_at=command.at,
        )
    ]


def decided(answer: Answer) -> ExtraCostIsDecided:
    return ExtraCostIsDecided(answer.amount if isinstance(answer, ExtraCostAccepted) else None)
