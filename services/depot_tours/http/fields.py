"""Fields of bodies that several routes share."""

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from contracts.depot_tours.pickup_v1 import NotBroughtReason
from contracts.depot_tours.tour_v1 import FailureReason, LeftBehindReason
from infra.http.labels import sscc
from infra.http.models import Named

TrackingNumber = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Z0-9][A-Z0-9-]{3,31}$"),
    Field(examples=["CASA-2041"]),
]
"""The name of an order that its labels show: no slash, which stands before a parcel's number."""
Sscc = Annotated[
    str,
    StringConstraints(max_length=18),
    AfterValidator(sscc),
    Field(examples=["340123450000000000"]),
]
WhyNotBrought = Annotated[NotBroughtReason, Named()]
WhyLeft = Annotated[LeftBehindReason, Named()]
WhyFailed = Annotated[FailureReason, Named()]
