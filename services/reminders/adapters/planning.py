"""Finds what the plan of a case is made of: its works, how its dealership works, and how far its
vehicle goes (FLB-146, G-84, R5)."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from time import monotonic
from typing import Any
from zoneinfo import ZoneInfo

from contracts.dealers import Dealership, effective
from contracts.interventions.case_v1 import Module
from contracts.reminders.plan_v1 import OdometerReading, PlanCause, PlannedWork, WorkLevel
from infra.consumers.handler import Retry
from infra.database import Connection
from infra.lookups import dealerships
from services.reminders.adapters.tables import by_id
from services.reminders.lookups import interventions_case as cases
from services.reminders.lookups.interventions_case import CaseToPlan, WorkToPlan
from services.reminders.plan import PlanWorks, Terms
from services.reminders.plan.grouping import estimated

REPORT = Module.WORK_REPORT.name.lower()
PATIENCE_SECONDS = 300.0
"""So long a case is waited for that the table of cases does not have yet; then its event is parked.
"""
MOST_READINGS = 1_000
_OF_VEHICLE = f"""
  from {cases.lookup.name}
 where organisation_id = %(organisation)s
   and (vin = %(vin)s or (vin is null or %(vin)s is null) and plate = %(plate)s)
"""
_READINGS = f"""
select mileage_km, mileage_read_at {_OF_VEHICLE} and mileage_km is not null
 order by mileage_read_at desc limit {MOST_READINGS}
"""
_CASES = f"select case_id {_OF_VEHICLE} order by case_id"


def planner(
    clock: Callable[[], float] = monotonic,
) -> Callable[[Connection, Sequence[PlanWorks]], Awaitable[list[PlanWorks | None]]]:
    """Answers the commands with what they need, None for those that leave nothing to do.

    The table of cases is filled beside this, so a case may not be there yet: raises `Retry`, and
    after a while leaves the command as it is, to be refused.
    """
    missed: dict[str, float] = {}

    async def planned(
        connection: Connection, commands: Sequence[PlanWorks]
    ) -> list[PlanWorks | None]:
        known = await by_id(connection, cases.lookup, (one.case_id for one in commands))
        late = [one.case_id for one in commands if is_behind(known.get(one.case_id), one)]
        for case_id in late:
            since = missed.setdefault(case_id, clock())
            if clock() - since < PATIENCE_SECONDS:
                raise Retry(f"{case_id}: the table of cases is behind")
        missed.clear()
        houses = await by_id(
            connection, dealerships.lookup, (one.dealership_id for one in commands)
        )
        return [
            command
            if command.case_id in late
            else await with_works(
                connection, command, known[command.case_id], houses.get(command.dealership_id)
            )
            for command in commands
        ]

    return planned


def is_behind(row: CaseToPlan | None, command: PlanWorks) -> bool:
    """Whether the table lacks what led to the command."""
    if row is None or row.version < command.version:
        return True
    return command.cause is PlanCause.ANSWERED_CASE and not row.answered


async def with_works(
    connection: Connection, command: PlanWorks, row: CaseToPlan, house: Dealership | None
) -> PlanWorks | None:
    """The command with the works to plan; None where there are none, or no reminders are made."""
    report = row.module == REPORT
    if report is not (command.cause is PlanCause.WORK_REPORT) or house is None:
        return None
    works = [one for one in row.works if report or one.work_id in row.refused]
    settings = effective(house, row.brand)
    if not works or settings is None or not settings.reminders_allowed:
        return None
    readings = await readings_of(connection, row) if any(o.due_mileage_km for o in works) else []
    terms = Terms(
        brand=row.brand,
        customer_id=row.customer_id,
        currency=row.currency,
        time_zone=row.time_zone,
        lead_days=settings.reminder_lead_days,
        grouping_days=settings.reminder_grouping_days,
        today=command.at.astimezone(ZoneInfo(row.time_zone)).date(),
    )
    planned = tuple(planned_work(row, one, readings) for one in works)
    return replace(command, terms=terms, works=planned)


def planned_work(
    row: CaseToPlan, work: WorkToPlan, readings: Sequence[OdometerReading]
) -> PlannedWork:
    return PlannedWork(
        work_id=work.work_id,
        label=work.label,
        level=WorkLevel[work.level.upper()],
        price=row.price_of(work),
        due_on=work.due_on,
        due_mileage_km=work.due_mileage_km,
        estimate=estimated(work.due_mileage_km, readings),
    )


async def readings_of(connection: Connection, row: CaseToPlan) -> list[OdometerReading]:
    """The readings of the odometer of the vehicle, by the cases of the organisation."""
    if row.vin is None and row.plate is None:
        return []
    zone = ZoneInfo(row.time_zone)
    cursor = await connection.execute(_READINGS.encode(), _vehicle_of(row))
    return [
        OdometerReading(mileage_km=km, read_on=at.astimezone(zone).date())
        for km, at in await cursor.fetchall()
    ]


async def cases_of(connection: Connection, row: CaseToPlan) -> list[str]:
    """The cases of the organisation about the vehicle of a case."""
    cursor = await connection.execute(_CASES.encode(), _vehicle_of(row))
    return [case_id for (case_id,) in await cursor.fetchall()]


def _vehicle_of(row: CaseToPlan) -> dict[str, Any]:
    return {"organisation": row.organisation_id, "vin": row.vin, "plate": row.plate}
