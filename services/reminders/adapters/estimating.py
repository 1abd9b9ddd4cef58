"""Plans that count by the mileage are estimated anew at each reading of the odometer (R5)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

from contracts.interventions import case_v1
from contracts.interventions.case_v1 import VehicleDescribed
from contracts.reminders.plan_v1 import OdometerReading, PlannedWork
from infra.commands import CommandContext, Refused
from infra.consumers.reactions import CommandRefused, Follower
from infra.host import Running
from infra.lookups import Lookups
from services.reminders import plan, reminder
from services.reminders.adapters.looking import Looking, Noted, Notes
from services.reminders.adapters.planning import cases_of, readings_of
from services.reminders.aggregates import PLAN, REMINDER
from services.reminders.lookups import interventions_case as cases
from services.reminders.plan import Planned, RegroupWorks, Terms
from services.reminders.plan.grouping import estimated

ESTIMATING = uuid5(NAMESPACE_URL, "relais:reminders:estimating")
ACTOR = "worker:reminders.estimating"
READ = Noted("reminders.case_to_look_at", "case_id")


def read_in(event: VehicleDescribed) -> str | None:
    """The case in which an odometer was read."""
    return event.case_id if event.mileage_km is not None else None


notes = Follower("odometers_read", case_v1.contract, VehicleDescribed, Notes(READ, read_in))


class Estimating(Looking):
    """Estimates the plans of a vehicle whose odometer was read."""

    noted = READ

    def __init__(self, running: Running) -> None:
        super().__init__(running)
        self._lookups = Lookups(running.pool, running.service.shape)

    async def look_at(self, id: str) -> None:
        """Estimate the plans of all cases of the vehicle of a case."""
        row = await self._lookups.find(cases.lookup, id)
        if row is None or (row.plate is None and row.vin is None):
            return
        async with self._pool.connection() as connection:
            readings = await readings_of(connection, row)
            case_ids = await cases_of(connection, row)
        for case_id in case_ids:
            await self._estimate(case_id, readings)

    async def _estimate(self, case_id: str, readings: Sequence[OdometerReading]) -> None:
        state = (await self._commands.load(PLAN, case_id)).state
        if not isinstance(state, Planned):
            return
        fixed = await self._fixed_of(state)
        works = again(state, fixed, readings)
        if works is None:
            return
        now = datetime.now(UTC)
        command = regrouping(state, fixed, works, now)
        last = max(one.read_on for one in readings)
        id = uuid5(ESTIMATING, f"{case_id}/{last}/{state.made}/{state.planned!r}")
        context = CommandContext(
            command_id=id,
            correlation_id=str(id),
            causation_id=case_id,
            actor=ACTOR,
            organisation_id=command.organisation_id,
            at=now,
            fingerprint="",
        )
        done = await self._commands.handle(PLAN, case_id, command, context)
        if isinstance(done, Refused):
            raise CommandRefused(f"{case_id}: {done.rejection}")

    async def _fixed_of(self, state: Planned) -> frozenset[str]:
        """The reminders of the plan that do not wait to be sent any more."""
        found: Mapping[str, reminder.Reminder] = {
            one.reminder_id: (await self._commands.load(REMINDER, one.reminder_id)).state
            for one in state.planned.groups
        }
        waiting = reminder.Uncreated | reminder.Pending
        return frozenset(id for id, one in found.items() if not isinstance(one, waiting))


def again(
    state: Planned, fixed: frozenset[str], readings: Sequence[OdometerReading]
) -> tuple[PlannedWork, ...] | None:
    """The works that wait, estimated by these readings; None where that changes nothing."""
    before = tuple(waiting(state, fixed))
    after = tuple(replace(one, estimate=estimated(one.due_mileage_km, readings)) for one in before)
    return None if after == before else after


def waiting(state: Planned, fixed: frozenset[str]) -> Iterable[PlannedWork]:
    for group in state.planned.groups:
        if group.reminder_id not in fixed:
            yield from (one for one in group.works if one.work_id not in state.settled)


def regrouping(
    state: Planned, fixed: frozenset[str], works: tuple[PlannedWork, ...], now: datetime
) -> RegroupWorks:
    """The works in groups as their dealership wanted these when they were planned."""
    known = state.planned
    command = RegroupWorks(
        organisation_id=known.organisation_id,
        works=works,
        seen=(),
        fixed=fixed,
        terms=Terms(
            brand=known.brand,
            customer_id=known.customer_id,
            currency=known.currency,
            time_zone=known.time_zone,
            lead_days=known.lead_days,
            grouping_days=known.grouping_days,
            today=now.astimezone(ZoneInfo(known.time_zone)).date(),
        ),
        by=ACTOR,
        at=now,
    )
    groups = plan.regrouped(state, command)
    return replace(command, seen=tuple(tuple(w.work_id for w in one.works) for one in groups))
