"""The driver's own profile, qualifications, and the skills that would open more trips."""

from collections import Counter
from typing import Annotated

from contracts.missions.driver_v1 import QualificationKind
from infra.http.answers import Answer, Answered, Router
from infra.http.models import Named
from infra.http.request_context import RequestContext
from services.views.partner import trips
from services.views.partner.drivers import (
    DriverShown,
    QualificationShown,
    TrainingShown,
    own_row,
)
from services.views.partner.open_trips import DriverContext, viewer
from services.views.partner.trips import Viewer

router = Router("Profile")


class OfferedQualification(Answer):
    """A qualification, and how many open trips ask for it."""

    kind: Annotated[QualificationKind, Named()]
    code: str
    open_trips: int


class Qualifications(Answer):
    """The qualifications held, those in training, and those that would open more trips."""

    held: tuple[QualificationShown, ...]
    in_training: tuple[TrainingShown, ...]
    offered: tuple[OfferedQualification, ...]
    """The most wanted first."""


async def offered(context: RequestContext, who: Viewer) -> list[tuple[str, int]]:
    """The skills the viewer lacks for open trips, and for how many; the most wanted first."""
    found = await trips.wanted(who).many(context.pool, trips.BY_SKILL)
    wanted = Counter(lack.skill for lack in found)
    return sorted(wanted.items(), key=lambda each: (-each[1], each[0]))


def offered_qualification(skill: str, open_trips: int) -> OfferedQualification:
    kind, _, code = skill.partition(":")
    member = QualificationKind[kind.upper()]
    return OfferedQualification(kind=member, code=code, open_trips=open_trips)


@router.get("/profile")
async def my_profile(context: DriverContext) -> Answered[DriverShown]:
    """Show who one is, what one is qualified for, when one is available."""
    return Answered(DriverShown.of(await own_row(context)))


@router.get("/qualifications")
async def my_qualifications(context: DriverContext) -> Answered[Qualifications]:
    """Show what one is qualified for, in training for, and what would open more trips."""
    driver = await own_row(context)
    wanted = await offered(context, viewer(driver, context.today))
    shown = Qualifications(
        held=tuple(map(QualificationShown.of, driver.qualifications)),
        in_training=tuple(map(TrainingShown.of, driver.trainings)),
        offered=tuple(offered_qualification(skill, number) for skill, number in wanted),
    )
    return Answered(shown)
