"""Fields that several bodies share."""

from datetime import date, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticKnownError

from contracts.interventions import case_v1
from infra.http.models import Body, Day, MoneyBody, Named
from infra.http.problems import invalid

Brand = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=40)]
PartId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
"""The id that a client chooses for a part of a case; it is unique within the case."""
Ordinal = Annotated[int, Field(ge=0, le=100_000)]
"""Parts are shown by it; those with the same by their id."""
Written = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]
Clock = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]

ModuleNamed = Annotated[case_v1.Module, Named()]
TitleNamed = Annotated[case_v1.Title, Named()]
LevelNamed = Annotated[case_v1.WorkLevel, Named()]
ModeNamed = Annotated[case_v1.PriceMode, Named()]
KindNamed = Annotated[case_v1.MediaKind, Named()]
ShapeNamed = Annotated[case_v1.ShapeKind, Named()]
InternalNamed = Annotated[case_v1.InternalMessageKind, Named()]
RecipientNamed = Annotated[case_v1.RecipientKind, Named()]
ChannelNamed = Annotated[case_v1.SendingChannel, Named()]
ScopeNamed = Annotated[case_v1.LinkScope, Named()]
OriginNamed = Annotated[case_v1.AnswerOrigin, Named()]
OutcomeNamed = Annotated[case_v1.InvitationOutcome, Named()]
FailureNamed = Annotated[case_v1.PhotoExportFailure, Named()]
UnitNamed = Annotated[case_v1.MeasurementUnit, Named()]
UnaskedNamed = Annotated[case_v1.VisitQuestionReason, Named()]


def _by_hand(origin: case_v1.AnswerOrigin) -> case_v1.AnswerOrigin:
    if origin is case_v1.AnswerOrigin.LINK:
        others = [one.name.lower() for one in case_v1.AnswerOrigin if one.value and one != origin]
        raise PydanticKnownError("literal_error", {"expected": ", ".join(others)})
    return origin


OriginByHand = Annotated[OriginNamed, AfterValidator(_by_hand)]
"""Only whoever has a link answers by one: nobody else says so of an answer."""


class TimeThere(Body):
    """A day and a time where the dealership is, as its clocks show it."""

    day: Day
    time: Annotated[Clock, Field(examples=["09:30"])]

    def instant(self, field: str, zone: ZoneInfo) -> datetime:
        """The instant; of the two of the hour that comes twice in autumn, the first.

        Raises the 422 `Problem` of the field for a time that spring leaves out.
        """
        return instant_of(field, self.day, self.time, zone)


def instant_of(field: str, day: date, clock: str, zone: ZoneInfo) -> datetime:
    local = datetime.fromisoformat(f"{day.isoformat()}T{clock}:00")
    found = local.replace(tzinfo=zone).astimezone(ZoneInfo("UTC"))
    if found.astimezone(zone).replace(tzinfo=None) - local != timedelta():
        raise invalid(f"/{field}", "value_error", "no_such_time")
    return found


class PriceBody(Body):
    """A price; the discount is an amount or a part of it, and is taken off before VAT."""

    amount: MoneyBody
    mode: ModeNamed
    vat_basis_points: Annotated[int, Field(ge=0, le=10_000)] | None = None
    """2000 is 20 %; without it that of the case."""
    discount: MoneyBody | None = None
    discount_basis_points: Annotated[int, Field(ge=0, le=10_000)] | None = None
    """1000 is 10 %."""

    def price(self, vat_basis_points: int) -> case_v1.Price:
        """The contract's value."""
        own = self.vat_basis_points
        return case_v1.Price(
            amount=self.amount.money(),
            mode=self.mode,
            vat_basis_points=vat_basis_points if own is None else own,
            discount=self.discount.money() if self.discount else None,
            discount_basis_points=self.discount_basis_points,
        )
