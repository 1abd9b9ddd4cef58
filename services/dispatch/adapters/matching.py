"""Finds the providers of a request, and says of each which criterion it meets (OGU-03, M1)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from contracts.common_v1 import Point
from contracts.dispatch.request_v1 import (
    Criterion,
    CriterionResult,
    PassedOver,
    RequestCreated,
)
from contracts.marketplace.provider_v1 import TimeRule
from contracts.providers import (
    Marketplace,
    Relation,
    RelationStanding,
    commission_on,
    good_until,
    kind_name,
    lacking,
    rate_on,
)
from infra import zones
from infra.availability import Period, periods
from infra.database import Connection, Pool
from services.dispatch.adapters.cells import cells_of
from services.dispatch.job import PlanJob
from services.dispatch.lookups import (
    marketplace_marketplace,
    marketplace_provider,
    marketplace_relation,
)
from services.dispatch.lookups.marketplace_provider import Provider
from services.dispatch.request.broadcasting import Broadcast, Match
from services.dispatch.request.choosing import Replace
from services.dispatch.terms import ARRIVAL_WINDOW

MOST_EXPLAINED = 300
"""Providers who do not match and are recorded with a broadcast; others are judged when asked."""
_OF_BOTH = "select * from relations where marketplace_id = %s and provider_id = %s"
BY_ZONE, OTHERS, BY_ID = "by_zone", "others", "by_id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The parts of a request that decide who matches."""

    marketplace_id: str
    service_code: str
    place: Point
    commune_code: str
    wanted_from: datetime
    wanted_until: datetime
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A provider of the marketplace, and which criterion it meets."""

    match: Match
    provider_id: str
    criteria: tuple[CriterionResult, ...]

    @property
    def misses(self) -> int:
        return sum(not one.met for one in self.criteria)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A relation of the marketplace, with its provider."""

    relation: Relation
    provider: Provider
    last_offered_at: datetime | None


# --- Questions --------------------------------------------------------------


async def matches(connection: Connection, commands: Sequence[Broadcast]) -> list[Broadcast | None]:
    """The broadcasts with the providers who match now; None where the marketplace is not active."""
    return [await _matched(connection, one) for one in commands]


async def _matched(connection: Connection, command: Broadcast) -> Broadcast | None:
    wanted = Wanted(
        marketplace_id=command.organisation_id,
        service_code=command.service_code,
        place=command.place,
        commune_code=command.commune_code,
        wanted_from=command.wanted_from,
        wanted_until=command.wanted_until,
        created_at=command.created_at,
    )
    marketplace = await _marketplace(connection, wanted.marketplace_id)
    if marketplace is None or not marketplace.active:
        return None
    near = await _candidates(connection, wanted, BY_ZONE)
    some = await _candidates(connection, wanted, OTHERS, [one.relation.provider_id for one in near])
    found = [judge(wanted, marketplace, one, command.at) for one in (*near, *some)]
    passed = sorted((one for one in found if one.misses), key=lambda o: (o.misses, o.provider_id))
    return replace(
        command,
        matches=tuple(one.match for one in found if not one.misses),
        passed_over=tuple(
            PassedOver(provider_id=one.provider_id, criteria=one.criteria)
            for one in passed[:MOST_EXPLAINED]
        ),
    )


async def judged(
    pool: Pool, created: RequestCreated, provider_ids: Sequence[str], at: datetime
) -> list[Judged]:
    """Providers of the marketplace as they are now; those without a relation are left out, and all
    of them where the customer was forgotten."""
    if created.place is None:
        return []
    wanted = Wanted(
        marketplace_id=created.organisation_id,
        service_code=created.service_code,
        place=created.place,
        commune_code=created.commune_code,
        wanted_from=created.wanted_from,
        wanted_until=created.wanted_until,
        created_at=created.created_at,
    )
    async with pool.connection() as connection:
        marketplace = await _marketplace(connection, wanted.marketplace_id)
        if marketplace is None:
            return []
        found = await _candidates(connection, wanted, BY_ID, provider_ids)
        return [judge(wanted, marketplace, one, at) for one in found]


async def by_hand(
    pool: Pool, created: RequestCreated, provider_ids: Sequence[str], at: datetime
) -> tuple[Match, ...]:
    """Those of the providers whom the operator may pick: relation and service are accepted (G-61).

    Each has the commission of the day of the request.
    """
    found = await judged(pool, created, provider_ids, at)
    needed = {Criterion.RELATION, Criterion.SERVICE}
    return tuple(
        one.match
        for one in found
        if all(result.met for result in one.criteria if result.criterion in needed)
    )


async def replacements(connection: Connection, commands: Sequence[Replace]) -> list[Replace | None]:
    """The replacements with those who may not be asked any more: their relation or service is not
    accepted now."""
    return [replace(one, barred=await _barred(connection, one)) for one in commands]


async def _barred(connection: Connection, command: Replace) -> frozenset[str]:
    marketplace = await _marketplace(connection, command.organisation_id)
    offered = (
        "select r.* from relations r join offers o"
        " on o.organisation_id = r.marketplace_id and o.provider_id = r.provider_id"
        " where o.organisation_id = %s and o.request_id = %s"
    )
    found = await _relations(connection, offered, command.organisation_id, command.request_id)
    begins, code = command.arrives_from, command.service_code
    return frozenset(
        one.provider_id for one in found if not may_serve(one, marketplace, code, begins)
    )


async def is_barred(
    pool: Pool, marketplace_id: str, provider_id: str, service_code: str, begins: datetime
) -> bool:
    """Whether a provider may not be given a job of a service that begins then, as it is known now:
    the relation is suspended or over by then, or the service is not accepted (G-65, G-67)."""
    async with pool.connection() as connection:
        marketplace = await _marketplace(connection, marketplace_id)
        found = await _relations(connection, _OF_BOTH, marketplace_id, provider_id)
    return not any(may_serve(one, marketplace, service_code, begins) for one in found)


async def leavers(connection: Connection, commands: Sequence[PlanJob]) -> list[PlanJob]:
    """The jobs, and of each whether its provider has left the marketplace by then. Who is suspended
    goes on with what it has (G-65)."""
    return [replace(one, has_left=await _has_left(connection, one)) for one in commands]


async def _has_left(connection: Connection, job: PlanJob) -> bool:
    day = job.arrives_from.astimezone(ZoneInfo(job.time_zone)).date()
    found = await _relations(connection, _OF_BOTH, job.organisation_id, job.provider_id)
    return any(
        one.standing in (RelationStanding.DEACTIVATED, RelationStanding.DELETED)
        or (one.last_day is not None and one.last_day < day)
        for one in found
    )


def may_serve(
    relation: Relation, marketplace: Marketplace | None, service_code: str, begins: datetime
) -> bool:
    zone = marketplace.time_zone if marketplace else "UTC"
    is_related = _of_relation(begins, zone, relation).met
    return is_related and _of_service(service_code, relation).met


async def _relations(connection: Connection, query: str, *values: str) -> list[Relation]:
    cursor = connection.cursor()
    columns = ", ".join(f'"{name}"' for name in _RELATION.columns)
    await cursor.execute(f"select {columns} from ({query}) found".encode(), values)
    made = _RELATION.row_factory(cursor)
    return [one for row in await cursor.fetchall() for one in made(row).relation]


# --- Judging ----------------------------------------------------------------


def judge(wanted: Wanted, marketplace: Marketplace, one: Candidate, at: datetime) -> Judged:
    """Every criterion, also where an earlier one is not met."""
    relation, provider = one.relation, one.provider
    criteria = (
        _of_relation(wanted.wanted_from, marketplace.time_zone, relation),
        _of_service(wanted.service_code, relation),
        _of_zone(wanted, relation, provider),
        _of_documents(marketplace, relation, provider, at),
        _of_availability(wanted, provider),
    )
    day = wanted.created_at.astimezone(ZoneInfo(marketplace.time_zone)).date()
    own = [rate for rate in relation.rates if rate.valid_from <= day]
    default = [rate for rate in marketplace.rates if rate.valid_from <= day]
    counts = own if rate_on(own, day) is not None else default
    return Judged(
        provider_id=relation.provider_id,
        criteria=criteria,
        match=Match(
            provider_id=relation.provider_id,
            manager_id=relation.told_id,
            commission_basis_points=commission_on(relation.rates, marketplace.rates, day),
            commission_since=max((rate.valid_from for rate in counts), default=day),
            last_offered_at=one.last_offered_at,
            criteria=criteria,
        ),
    )


def _of_relation(begins: datetime, zone: str, relation: Relation) -> CriterionResult:
    """Accepted, and not over before the service is wanted."""
    ends = relation.last_day
    first = begins.astimezone(ZoneInfo(zone)).date()
    if ends is not None and ends < first:
        return _result(Criterion.RELATION, False, ends.isoformat())
    met = relation.standing is RelationStanding.ACCEPTED
    return _result(Criterion.RELATION, met, relation.standing.value)


def _of_service(service_code: str, relation: Relation) -> CriterionResult:
    found = (one for one in relation.services if one.service_code == service_code)
    service = next(found, None)
    if service is None:
        return _result(Criterion.SERVICE, False, "not_proposed")
    met = service.standing.value == "accepted"
    return _result(Criterion.SERVICE, met, service.standing.value)


def _of_zone(wanted: Wanted, relation: Relation, provider: Provider) -> CriterionResult:
    """In the provider's zone, and in what the operator has left of it (M8)."""
    place = zones.Place(wanted.place, wanted.commune_code)
    if not zones.holds(provider.zone, place):
        return _result(Criterion.ZONE, False, "outside" if provider.zone else "not_drawn")
    if relation.reduction and not zones.holds(relation.reduction, place):
        return _result(Criterion.ZONE, False, "reduced")
    return _result(Criterion.ZONE, True, "inside")


def _of_documents(
    marketplace: Marketplace, relation: Relation, provider: Provider, at: datetime
) -> CriterionResult:
    """Every document that is asked for, good today."""
    today = at.astimezone(ZoneInfo(marketplace.time_zone)).date()
    missing = lacking(marketplace.documents, provider.documents, today, relation.refused)
    if missing:
        fact = ",".join(f"{one.kind}:{one.fault.value}" for one in missing)
        return _result(Criterion.DOCUMENTS, False, fact)
    shown = {one.kind: one for one in provider.documents}
    pairs = [(one, shown[kind_name(one.kind)]) for one in marketplace.documents]
    ends = [end for end in (good_until(*pair) for pair in pairs) if end]
    return _result(Criterion.DOCUMENTS, True, min(ends).isoformat() if ends else "good")


def _of_availability(wanted: Wanted, provider: Provider) -> CriterionResult:
    """For one arrival window at least that begins when the customer wants it."""
    free = is_free_once(provider, wanted.wanted_from, wanted.wanted_until)
    return _result(Criterion.AVAILABILITY, free, "available" if free else "not_available")


def is_free_once(provider: Provider, begins: datetime, last: datetime) -> bool:
    """Whether an arrival window fits into the times of a provider that begins between the two."""
    ends = last + ARRIVAL_WINDOW
    closed = _merged(provider.closed + provider.busy, begins, ends)
    opened = _merged(provider.opening, begins, ends) if provider.opening else [(begins, ends)]
    return any(_has_gap(one, closed, begins, last) for one in opened)


def _merged(rules: Sequence[TimeRule], begins: datetime, ends: datetime) -> list[Period]:
    """The times of rules, in order, those that touch as one."""
    found: list[Period] = []
    for start, end in sorted(p for rule in rules for p in periods(rule, begins, ends)):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def _has_gap(opened: Period, closed: Sequence[Period], begins: datetime, last: datetime) -> bool:
    """Whether a window lies in an open time, outside of what is closed, and begins in time."""
    reached = max(opened[0], begins)
    for start, end in (*closed, (opened[1], opened[1] + timedelta.resolution)):
        if min(start, opened[1]) - reached >= ARRIVAL_WINDOW:
            return reached <= last
        reached = max(reached, end)
    return False


def _result(criterion: Criterion, met: bool, fact: str) -> CriterionResult:
    return CriterionResult(criterion=criterion, met=met, fact=fact)


# --- Tables -----------------------------------------------------------------


_RELATION = marketplace_relation.lookup
_PROVIDER = marketplace_provider.lookup
_COLUMNS = ", ".join(
    [
        *(f'r."{name}"' for name in _RELATION.columns),
        *(f'p."{name}"' for name in _PROVIDER.columns),
    ]
)
_LAST = """
(select max(o.offered_at) from offers o
  where o.organisation_id = r.marketplace_id and o.provider_id = r.provider_id)
"""
_FROM = {
    # The index of cells leads to the providers, that of relations to what they are here.
    BY_ZONE: """
        from providers p join relations r on r.provider_id = p.provider_id
       where p.cells && %(cells)s and r.marketplace_id = %(marketplace_id)s
    """,
    OTHERS: """
        from (select * from relations
               where marketplace_id = %(marketplace_id)s and provider_id <> all(%(provider_ids)s)
               order by provider_id limit %(most)s) r
        left join providers p on p.provider_id = r.provider_id
    """,
    BY_ID: """
        from relations r left join providers p on p.provider_id = r.provider_id
       where r.marketplace_id = %(marketplace_id)s and r.provider_id = any(%(provider_ids)s)
    """,
}


async def _candidates(
    connection: Connection, wanted: Wanted, way: str, provider_ids: Sequence[str] = ()
) -> list[Candidate]:
    cursor = connection.cursor()
    await cursor.execute(
        f"select {_LAST}, {_COLUMNS} {_FROM[way]}".encode(),
        {
            "cells": cells_of(wanted.place, wanted.commune_code),
            "marketplace_id": wanted.marketplace_id,
            "most": max(0, MOST_EXPLAINED - len(provider_ids)),
            "provider_ids": list(provider_ids),
        },
    )
    split = 1 + len(_RELATION.columns)
    relation_of, provider_of = _RELATION.row_factory(cursor), _PROVIDER.row_factory(cursor)
    found = []
    for row in await cursor.fetchall():
        known = relation_of(row[1:split])
        drawn = row[split] is not None
        provider = provider_of(row[split:]) if drawn else Provider(known.provider_id)
        [relation] = known.relation
        found.append(Candidate(relation=relation, provider=provider, last_offered_at=row[0]))
    return found


async def _marketplace(connection: Connection, marketplace_id: str) -> Marketplace | None:
    view = marketplace_marketplace.lookup
    columns = ", ".join(f'"{name}"' for name in view.columns)
    cursor = connection.cursor()
    await cursor.execute(
        f"select {columns} from {view.name} where marketplace_id = %s".encode(), (marketplace_id,)
    )
    found = await cursor.fetchone()
    return None if found is None else view.row_factory(cursor)(found).marketplace[0]
