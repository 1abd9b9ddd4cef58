"""Sent work reports and answered cases become plans, through the tables of the service."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from contracts.interventions.case_v1 import (
    AnswerOrigin,
    CaseAnswered,
    CaseSent,
    LineRefused,
    Module,
    SendingChannel,
    VehicleDescribed,
    WorkSource,
    WorkTakenUp,
)
from contracts.reminders.plan_v1 import PlanCause, Settlement, WorksPlanned, WorksRegrouped
from infra.consumers.handler import Retry
from infra.testing.following import NOON, follow
from services.reminders import aggregates, plan
from services.reminders.adapters.estimating import Estimating, read_in
from services.reminders.adapters.planning import PATIENCE_SECONDS, planner
from services.reminders.plan import CaseIsNotKnown, PlanWorks
from services.reminders.reactions import from_interventions_case, from_reminders_plan
from services.reminders.reminder.content import ArrangeReminder
from services.reminders.tests.make import (
    CASE,
    GROUP,
    LILLE,
    PLAN,
    eur,
    planned_work,
    regroup,
    stop,
)
from services.reminders.tests.make import plan_works as plan_command
from services.reminders.tests.serving import (
    Caller,
    case_created,
    case_work,
    served,
    settings,
    version_fixed,
)

SENT = CaseSent(
    case_id=CASE,
    organisation_id=GROUP,
    dealership_id=LILLE,
    version=1,
    channels=(SendingChannel.EMAIL,),
    sender_id="lea",
    direct=False,
    sent_at=NOON,
)
FIXED = version_fixed(case_work(), case_work("oil", done=True), case_work("wax", due=None))


def answered() -> CaseAnswered:
    nothing = version_fixed().proposed
    return CaseAnswered(
        case_id=CASE,
        organisation_id=GROUP,
        dealership_id=LILLE,
        version=1,
        origin=AnswerOrigin.LINK,
        recipient_id="customer",
        taken_down_by=None,
        proposed=nothing,
        accepted=nothing,
        late=False,
        code_given=False,
        reply=None,
        sender_id="lea",
        answered_at=NOON,
    )


def refused(id: str) -> LineRefused:
    return LineRefused(
        case_id=CASE,
        organisation_id=GROUP,
        dealership_id=LILLE,
        version=1,
        work=case_work(id),
        risk_acknowledged=False,
        origin=AnswerOrigin.LINK,
        recipient_id="customer",
        link_id="customer.1",
        taken_down_by=None,
        ip_address=None,
        device=None,
        refused_at=NOON,
    )


def driven(km: int, at: datetime, case_id: str) -> VehicleDescribed:
    return VehicleDescribed(
        case_id=case_id,
        organisation_id=GROUP,
        dealership_id=LILLE,
        plate="AB-123-CD",
        vin=None,
        make=None,
        model=None,
        mileage_km=km,
        first_registered_on=None,
        colour=None,
        described_by="lea",
        described_at=at,
        mileage_read_at=at,
    )


async def commanded(lea: Caller, event: Any) -> Sequence[PlanWorks | None]:
    """The commands of an event, as the tables of the service complete them."""
    async with lea.running.pool.connection() as connection, connection.transaction():
        return await planner()(connection, from_interventions_case.react(event))


def planned(command: PlanWorks) -> WorksPlanned:
    """The plan that a command makes."""
    answer = PLAN.given().answer(command)
    assert isinstance(answer, list)
    [event] = answer
    assert isinstance(event, WorksPlanned)
    return event


@pytest.mark.requirement("FLB-146", "G-84", "G-48")
async def test_a_report_that_is_sent_plans_what_is_to_be_done_by_a_day(database: str) -> None:
    async with served(database, case_created(), FIXED) as lea:
        [command] = await commanded(lea, SENT)
    assert command is not None
    assert command.terms is not None
    assert [(o.work_id, o.due_on, o.price) for o in command.works] == [
        ("belt", date(2030, 6, 30), eur(64_000))
    ]
    assert (command.terms.lead_days, command.terms.grouping_days) == (10, 31)
    event = planned(command)
    [arranged] = from_reminders_plan.react(event)
    assert isinstance(arranged, ArrangeReminder)
    assert arranged.send_at == datetime(2030, 6, 20, 7, 0, tzinfo=UTC)


@pytest.mark.requirement("G-84")
async def test_a_case_plans_its_refused_works_once_it_is_answered(database: str) -> None:
    made = (case_created(Module.MECHANICAL), version_fixed(case_work(), case_work("pads")))
    async with served(database, *made) as lea:
        assert await commanded(lea, SENT) == [None]
        await follow(lea.running, *made, refused("pads"), answered())
        [command] = await commanded(lea, answered())
    assert command is not None
    assert command.cause is PlanCause.ANSWERED_CASE
    assert [one.work_id for one in command.works] == ["pads"]


@pytest.mark.requirement("FLB-150", "T-07")
async def test_no_plan_is_made_where_reminders_are_not_allowed(database: str) -> None:
    async with served(database, case_created(), FIXED) as lea:
        await follow(lea.running, settings(reminders_allowed=False))
        assert await commanded(lea, SENT) == [None]


async def test_a_case_that_is_not_here_yet_is_waited_for_and_then_refused(database: str) -> None:
    times = iter([0.0, 1.0, 1.0 + PATIENCE_SECONDS, 1.0 + PATIENCE_SECONDS])
    commands = from_interventions_case.react(SENT)
    async with served(database, case_created()) as lea, lea.running.pool.connection() as here:
        find = planner(lambda: next(times))
        with pytest.raises(Retry):
            await find(here, commands)
        [command] = await find(here, commands)
    assert command is not None
    assert plan.decide(command, plan.initial) == CaseIsNotKnown(CASE)


async def test_a_mileage_is_estimated_by_what_odometers_showed(database: str) -> None:
    before = case_created(Module.MECHANICAL, "JBEFORE")
    facts = (
        before,
        driven(80_000, datetime(2029, 5, 6, tzinfo=UTC), "JBEFORE"),
        case_created(),
        driven(98_250, datetime(2030, 5, 6, tzinfo=UTC), CASE),
        version_fixed(case_work(due=date(2032, 1, 1), km=120_000)),
    )
    async with served(database, *facts) as lea:
        [command] = await commanded(lea, SENT)
    assert command is not None
    [work] = command.works
    assert work.estimate is not None
    assert (work.estimate.first.mileage_km, work.estimate.last.mileage_km) == (80_000, 98_250)
    assert work.estimate.reached_on == date(2031, 7, 15)
    event = planned(command)
    assert event.groups[0].due_on == date(2031, 7, 15)


def test_a_work_of_a_later_case_is_settled() -> None:
    source = WorkSource(case_id=CASE, work_id="belt")
    taken = WorkTakenUp(
        case_id="J2",
        organisation_id=GROUP,
        dealership_id=LILLE,
        work_id="w-7",
        sources=(source,),
        taken_up_by="lea",
        taken_up_at=NOON,
    )
    [command] = from_interventions_case.settle(taken)
    assert (command.case_id, command.work_id, command.settlement) == (
        CASE,
        "belt",
        Settlement.TAKEN_UP,
    )
    done = replace(case_work("w-9", done=True), source=source)
    [command] = from_interventions_case.settle(version_fixed(done, case_id="J3"))
    assert (command.by_case_id, command.by_work_id, command.settlement) == (
        "J3",
        "w-9",
        Settlement.CARRIED_OUT,
    )
    assert from_interventions_case.settle(version_fixed(case_work(done=True))) == []


def test_a_plan_that_changes_arranges_and_dissolves_reminders() -> None:
    first = PLAN.given().answer(plan_command(planned_work(), planned_work("f", date(2030, 12, 1))))
    assert isinstance(first, list)
    merged = PLAN.given(*first).answer(
        regroup(planned_work(), planned_work("f"), seen=(("belt", "f"),))
    )
    assert isinstance(merged, list)
    arranged, dissolved = from_reminders_plan.react(merged[0])
    assert isinstance(arranged, ArrangeReminder)
    assert [one.work_id for one in arranged.works] == [f"{CASE}.belt", f"{CASE}.f"]
    assert from_reminders_plan.target(dissolved) == f"{CASE}-R2"


async def regroupings(lea: Caller, case_id: str) -> list[WorksRegrouped]:
    history = await lea.running.commands.history(aggregates.PLAN, case_id)
    return [one.event for one in history if isinstance(one.event, WorksRegrouped)]


LATER_CASE = case_created(Module.MECHANICAL, "JLATER")
PLANNED_BY_KM = (
    *(case_created(), driven(80_000, datetime(2029, 5, 6, tzinfo=UTC), CASE)),
    version_fixed(case_work(due=date(2032, 1, 1), km=120_000), case_work("f", date(2032, 2, 1))),
)
READ_LATER = driven(98_250, datetime(2030, 5, 6, tzinfo=UTC), "JLATER")


async def test_a_plan_is_estimated_anew_at_each_reading(database: str) -> None:
    async with served(database, *PLANNED_BY_KM) as lea:
        [command] = await commanded(lea, SENT)
        await lea.has(aggregates.PLAN, CASE, command)
        await follow(lea.running, *PLANNED_BY_KM, LATER_CASE, READ_LATER)
        # However often it is looked at, it is estimated once.
        for _ in range(2):
            await Estimating(lea.running).look_at("JLATER")
        [regrouped] = await regroupings(lea, CASE)
    first, second = regrouped.groups
    assert (first.due_on, [one.work_id for one in first.works]) == (date(2031, 7, 15), ["belt"])
    [belt] = first.works
    assert belt.estimate is not None
    assert (belt.estimate.first.mileage_km, belt.estimate.last.mileage_km) == (80_000, 98_250)
    assert (second.due_on, second.works[0].estimate) == (date(2032, 2, 1), None)
    assert regrouped.regrouped_by == "worker:reminders.estimating"


async def test_a_reading_of_another_vehicle_and_a_reminder_that_went_out_change_nothing(
    database: str,
) -> None:
    other = replace(READ_LATER, plate="ZZ-999-ZZ")
    async with served(database, *PLANNED_BY_KM) as lea:
        [command] = await commanded(lea, SENT)
        assert command is not None
        await lea.has(aggregates.PLAN, CASE, command)
        await follow(lea.running, *PLANNED_BY_KM, LATER_CASE, other)
        await Estimating(lea.running).look_at("JLATER")
        for arranged in from_reminders_plan.react(planned(command)):
            id = arranged.reminder_id
            await lea.has(aggregates.REMINDER, id, arranged, replace(stop(), reminder_id=id))
        await follow(lea.running, *PLANNED_BY_KM, LATER_CASE, READ_LATER)
        await Estimating(lea.running).look_at("JLATER")
        assert await regroupings(lea, CASE) == []


@pytest.mark.parametrize(("km", "noted"), [(98_250, "JLATER"), (None, None)])
def test_only_a_case_with_a_reading_is_looked_at(km: int | None, noted: str | None) -> None:
    assert read_in(replace(READ_LATER, mileage_km=km)) == noted
