"""A request goes to whoever matches, in an order that is fair among equals (M3), and again while
nobody answers (OGU-03, OGU-06)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from itertools import count

from contracts.common_v1 import Point, Rule, RuleInput
from contracts.dispatch.request_v1 import (
    BroadcastDue,
    CriterionResult,
    OfferWay,
    PassedOver,
    RequestAssigned,
    RequestEvent,
    RequestOffered,
)
from contracts.recurrence import days_later
from services.dispatch.request.dossier import Dossier

FAIR_ORDER = "least-recently-offered"
MOST_OFFERED = 500
"""Providers whom one round reaches; the next one begins with those it did not."""

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A provider who meets every criterion, and what it is offered the request with."""

    provider_id: str
    manager_id: str
    commission_basis_points: int
    commission_since: date
    last_offered_at: datetime | None
    criteria: tuple[CriterionResult, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Broadcast:
    """Follows from the request, or from its silence; the matches are looked up.

    `at` is when it was created or due: the same command comes with the same time.
    """

    request_id: str
    organisation_id: str
    service_code: str
    place: Point
    commune_code: str
    wanted_from: datetime
    wanted_until: datetime
    created_at: datetime
    matches: tuple[Match, ...] = ()
    passed_over: tuple[PassedOver, ...] = ()
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignByHand:
    """The operator picks providers (G-61)."""

    matches: tuple[Match, ...]
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteSilence:
    """Comes from the timers."""

    at: datetime


# --- Decisions --------------------------------------------------------------


def broadcast(command: Broadcast, held: Dossier) -> list[RequestEvent]:
    """Once for each cause, and not after somebody has answered."""
    if command.at in held.assigned or held.proposals:
        return []
    gone = held.declined | held.cancelled
    matches = tuple(one for one in command.matches if one.provider_id not in gone)
    again = held.rounds > 0
    way = OfferWay.BROADCAST_AGAIN if again else OfferWay.BROADCAST
    return assigned(held, way, matches, command.passed_over, command.at)


def by_hand(command: AssignByHand, held: Dossier) -> list[RequestEvent]:
    """Those who were offered the request already are not offered it anew."""
    new = tuple(one for one in command.matches if one.provider_id not in held.offers)
    return assigned(held, OfferWay.BY_HAND, new, (), command.at) if new else []


def note_silence(command: NoteSilence, held: Dossier) -> list[RequestEvent]:
    if held.proposals or command.at in held.due:
        return []
    return [due(held, command.at)]


def due(held: Dossier, at: datetime) -> BroadcastDue:
    """The fact that makes the request be matched."""
    created = held.created
    return BroadcastDue(
        request_id=created.request_id,
        organisation_id=created.organisation_id,
        service_code=created.service_code,
        place=created.place,
        commune_code=created.commune_code,
        wanted_from=created.wanted_from,
        wanted_until=created.wanted_until,
        created_at=created.created_at,
        due_at=at,
    )


def assigned(
    held: Dossier,
    way: OfferWay,
    matches: Sequence[Match],
    passed_over: tuple[PassedOver, ...],
    at: datetime,
    answer_by: datetime | None = None,
) -> list[RequestEvent]:
    """The assignment and its offers, the first among equals first."""
    created, terms = held.created, held.created.terms
    first_at = held.first_at or at
    send_at = days_later(first_at, terms.send_after_days, created.time_zone)
    repeats = terms.broadcast and way in (OfferWay.BROADCAST, OfferWay.BROADCAST_AGAIN)
    again_at = next_after(held, first_at, at) if repeats else None
    starts = held.send_at is None and way is not OfferWay.RUNNER_UP
    until = answer_by or (send_at if at < send_at else again_at or send_at)
    chosen = fair(created.request_id, matches)[:MOST_OFFERED]
    inputs = {"considered": len(matches) + len(passed_over), "most_offered": MOST_OFFERED}
    event = RequestAssigned(
        request_id=created.request_id,
        organisation_id=created.organisation_id,
        round=held.rounds + 1,
        way=way,
        matched_providers=len(matches),
        offered_providers=len(chosen),
        passed_over=passed_over,
        answer_by=until,
        send_at=send_at if starts else None,
        again_at=again_at,
        rule=Rule(
            id=FAIR_ORDER,
            version=1,
            inputs=tuple(RuleInput(name=n, value=str(v)) for n, v in inputs.items()),
        ),
        assigned_at=at,
    )
    offers = [offered(held, event, rank, one) for rank, one in enumerate(chosen, 1)]
    return [event, *offers]


def offered(held: Dossier, event: RequestAssigned, rank: int, match: Match) -> RequestOffered:
    created = held.created
    return RequestOffered(
        request_id=created.request_id,
        organisation_id=created.organisation_id,
        provider_id=match.provider_id,
        manager_id=match.manager_id,
        round=event.round,
        way=event.way,
        rank=rank,
        last_offered_at=match.last_offered_at,
        criteria=match.criteria,
        service_code=created.service_code,
        locality=created.locality,
        answer_by=event.answer_by,
        commission_basis_points=match.commission_basis_points,
        commission_since=match.commission_since,
        offered_at=event.assigned_at,
    )


def fair(request_id: str, matches: Sequence[Match]) -> list[Match]:
    """Those never offered a request of this marketplace come first, then those least recently.

    Among those of one instant a draw decides that anybody can repeat: the SHA-256 of the ids.
    """

    drawn = sorted(
        matches,
        key=lambda one: sha256(f"{request_id}/{one.provider_id}".encode()).digest(),
    )
    never = [one for one in drawn if one.last_offered_at is None]
    before = [(one.last_offered_at, one) for one in drawn if one.last_offered_at is not None]
    return [*never, *(one for _, one in sorted(before, key=lambda pair: pair[0]))]


def next_after(held: Dossier, first_at: datetime, at: datetime) -> datetime:
    """When it is broadcast again: so many days after the first time, and so many more (G-63)."""
    days, zone = held.created.terms.again_after_days, held.created.time_zone
    times = (days_later(first_at, nth * days, zone) for nth in count(1))
    return next(one for one in times if one > at)
