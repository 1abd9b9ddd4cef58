"""The provider comes within two hours, says when it leaves, and reports what it did (M11)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar
from zoneinfo import ZoneInfo

from contracts.common_v1 import Money
from contracts.dispatch.job_v1 import ArrivalMoved, JobDone, JobPlanned, OnTheWay, Participant
from contracts.recurrence import days_later
from services.dispatch.terms import ARRIVAL_WINDOW, part_of

LONGEST_WAY = timedelta(hours=12)
REVIEWED_WITHIN_DAYS = 7
"""Then reviews are published, whoever has given one (M10)."""
HUNDREDTHS = 100

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveArrival:
    arrives_from: datetime
    by: Participant
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """The provider is on the way, and says when it expects to arrive."""

    arrival_expected_at: datetime
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishJob:
    """`units_hundredths` is how many units it took, where the price is for one. The VAT on the
    commission is that of the day."""

    report: str
    file_ids: tuple[str, ...]
    units_hundredths: int | None
    commission_vat_basis_points: int
    at: datetime


# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ArrivalNotPossible:
    """It is over already."""

    field: ClassVar[str] = "arrives_from"


@dataclass(frozen=True, slots=True)
class ExpectedNotPossible:
    """Nobody arrives before they left, or half a day later."""

    field: ClassVar[str] = "arrival_expected_at"


@dataclass(frozen=True, slots=True)
class UnitsDoNotFit:
    """They are said where the price is for one unit, and nowhere else."""

    field: ClassVar[str] = "units_hundredths"


Rejection = ArrivalNotPossible | ExpectedNotPossible | UnitsDoNotFit

# --- Decisions --------------------------------------------------------------


def clock(at: datetime, zone: str, *, day: bool) -> str:
    """A time as the clock of the zone shows it, for people: 09:40, or 2030-05-06 09:40."""
    return at.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M" if day else "%H:%M")


def move(command: MoveArrival, plan: JobPlanned) -> list[ArrivalMoved] | Rejection:
    if command.arrives_from == plan.arrives_from:
        return []
    if command.arrives_from <= command.at:
        return ArrivalNotPossible()
    return [
        ArrivalMoved(
            job_id=plan.job_id,
            organisation_id=plan.organisation_id,
            request_id=plan.request_id,
            provider_id=plan.provider_id,
            arrives_from=command.arrives_from,
            arrives_until=command.arrives_from + ARRIVAL_WINDOW,
            arrives_from_clock=clock(command.arrives_from, plan.time_zone, day=True),
            moved_by=command.by,
            customer_email=plan.customer_email,
            customer_link=plan.customer_link,
            language=plan.language,
            moved_at=command.at,
        )
    ]


def leave(command: Leave, plan: JobPlanned) -> list[OnTheWay] | Rejection:
    expected = command.arrival_expected_at
    if not command.at <= expected <= command.at + LONGEST_WAY:
        return ExpectedNotPossible()
    return [
        OnTheWay(
            job_id=plan.job_id,
            organisation_id=plan.organisation_id,
            request_id=plan.request_id,
            provider_id=plan.provider_id,
            arrival_expected_at=expected,
            arrival_expected_clock=clock(expected, plan.time_zone, day=False),
            customer_email=plan.customer_email,
            customer_link=plan.customer_link,
            language=plan.language,
            left_at=command.at,
        )
    ]


def finish(command: FinishJob, plan: JobPlanned) -> JobDone | UnitsDoNotFit:
    """The job is worth its price, or the price of a unit times what it took."""
    units = command.units_hundredths
    if (units is None) is not (plan.unit is None):
        return UnitsDoNotFit()
    amount = plan.price if units is None else times(plan.price, units)
    commission = part_of(amount, plan.commission_basis_points)
    return JobDone(
        job_id=plan.job_id,
        organisation_id=plan.organisation_id,
        request_id=plan.request_id,
        provider_id=plan.provider_id,
        report=command.report,
        file_ids=command.file_ids,
        amount=amount,
        units_hundredths=units,
        commission=commission,
        reviews_at=days_later(command.at, REVIEWED_WITHIN_DAYS, plan.time_zone),
        customer_email=plan.customer_email,
        customer_link=plan.customer_link,
        language=plan.language,
        done_at=command.at,
        commission_vat=part_of(commission, command.commission_vat_basis_points),
        vat=part_of(amount, plan.vat_basis_points),
        commission_vat_basis_points=command.commission_vat_basis_points,
    )


def times(price: Money, units_hundredths: int) -> Money:
    """The price of so many hundredths of a unit, rounded half up."""
    minor = (price.amount_minor * units_hundredths + HUNDREDTHS // 2) // HUNDREDTHS
    return Money(minor, price.currency)
