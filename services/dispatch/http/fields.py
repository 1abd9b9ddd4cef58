"""Fields that several bodies share."""

from typing import Annotated

from pydantic import Field, StringConstraints

from contracts.dispatch import job_v1, request_v1
from infra.http.models import Body, Day, Email, Id, Instant, Language, Line, Named, Phone, PointBody

WayNamed = Annotated[request_v1.OfferWay, Named()]
CriterionNamed = Annotated[request_v1.Criterion, Named()]
CauseNamed = Annotated[request_v1.SendingCause, Named()]
PartyNamed = Annotated[request_v1.Participant, Named()]
SideNamed = Annotated[job_v1.Participant, Named()]
EndNamed = Annotated[request_v1.OfferEnd, Named()]
CancellationNamed = Annotated[job_v1.CancellationCause, Named()]

ServiceCode = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9]+([_-][a-z0-9]+)*$", max_length=64)
]
Written = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]
BasisPoints = Annotated[int, Field(ge=0, le=2**31 - 1)]
Minute = Annotated[int, Field(ge=0, le=1_439)]
"""Of a day, by the clock of the marketplace."""
Mark = Annotated[int, Field(ge=1, le=5)]
"""1 (bad) to 5 (good)."""
Hundredths = Annotated[int, Field(ge=1, le=1_000_000)]
Unit = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,20}$")]


class WantedBody(Body):
    """The wish of a customer."""

    service_code: ServiceCode
    customer_name: Line
    customer_email: Email
    customer_phone: Phone | None = None
    language: Language
    """The one the customer is written to in."""
    address: Line
    """Street and number; only the chosen provider sees them."""
    place: PointBody
    locality: Line
    postal_code: Line
    commune_code: Id
    details: Written | None = None
    wanted_from: Instant
    wanted_until: Instant


class ReviewBody(Body):
    mark: Mark
    comment: Written | None = None


class RuleBody(Body):
    rule: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
    """RFC 5545, of days: FREQ=WEEKLY;BYDAY=TU."""
    first_day: Day
    minute: Minute
