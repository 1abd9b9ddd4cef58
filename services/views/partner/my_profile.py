"""The driver's own profile, qualifications, and the skills that would open more trips."""

from typing import Annotated

from contracts.missions.driver_v1 import QualificationKind
from infra.http.answers import Answer, Answered, Listed, Router
from infra.http.models import Coded, Named
from infra.http.pages import Paging
from services.views.partner import trips
from services.views.partner.drivers import (
    DriverShown,
    QualificationShown,
    TrainingShown,
    own_row,
)
from services.views.partner.open_trips import DriverContext, viewer
from services.views.partner.trips import MOST_WANTED, WantedSkill

router = Router("Profile")

MOST_OFFERED = 100


class OfferedQualification(Answer):
    """A qualification, and how many open trips ask for it."""

    kind: Annotated[QualificationKind, Named()]
    code: Annotated[str, Coded("AdditionalService")]
    open_trips: int
    """1,000 at most."""
    more: bool
    """Whether there are more open trips than that."""


class Qualifications(Answer):
    """The qualifications held, those in training, and those that would open more trips."""

    held: tuple[QualificationShown, ...]
    in_training: tuple[TrainingShown, ...]
    offered: tuple[OfferedQualification, ...]
    """The most wanted first, a hundred at most; the list of those offered has all."""


def offered_qualification(wanted: WantedSkill) -> OfferedQualification:
    kind, _, code = wanted.skill.partition(":")
    member = QualificationKind[kind.upper()]
    return OfferedQualification(
        kind=member, code=code, open_trips=wanted.open_trips, more=wanted.more
    )


@router.get("/profile")
async def my_profile(context: DriverContext) -> Answered[DriverShown]:
    """Show who one is, what one is qualified for, when one is available."""
    return Answered(DriverShown.of(await own_row(context)))


@router.get("/qualifications")
async def my_qualifications(context: DriverContext) -> Answered[Qualifications]:
    """Show what one is qualified for, in training for, and what would open more trips."""
    driver = await own_row(context)
    wanted = trips.wanted(viewer(driver, context.today))
    first = await wanted.page(context.pool, MOST_WANTED, None, MOST_OFFERED)
    shown = Qualifications(
        held=tuple(map(QualificationShown.of, driver.qualifications)),
        in_training=tuple(map(TrainingShown.of, driver.trainings)),
        offered=tuple(map(offered_qualification, first)),
    )
    return Answered(shown)


@router.get("/qualifications/offered")
async def offered_qualifications(
    context: DriverContext, page: Paging
) -> Answered[Listed[OfferedQualification]]:
    """List the qualifications that would open more trips, the most wanted first."""
    wanted = trips.wanted(viewer(await own_row(context), context.today))
    return await page.show(wanted, MOST_WANTED, offered_qualification)
