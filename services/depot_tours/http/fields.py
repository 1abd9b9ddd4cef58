"""Fields of bodies that several routes share."""

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from contracts.depot_tours.pickup_v1 import NotBroughtReason
from contracts.depot_tours.tour_v1 import FailureReason, LeftBehindReason
from infra.http.models import Named
from services.depot_tours.adapters import labels

TrackingNumber = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Z0-9][A-Z0-9-]{3,31}$"),
    Field(examples=["CASA-2041"]),
]
"""The name of an order that its labels show: no slash, which stands before a parcel's number."""
Sscc = Annotated[
    str,
    StringConstraints(max_length=18),
    AfterValidator(labels.sscc),
    Field(examples=["340123450000000000"]),
]
Scanned = Annotated[
    str,
    StringConstraints(max_length=128),
    AfterValidator(labels.parcel_code),
    Field(examples=["CASA-2041/1", "(00)340123450000000000"]),
]
"""What a scanner sends of the label of a parcel: a plain code, or the elements of a GS1-128."""
ShelfCode = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Z0-9][A-Z0-9-]{0,15}$"),
    Field(examples=["B-12"]),
]
"""The code on the label of a shelf."""
WhyNotBrought = Annotated[NotBroughtReason, Named()]
WhyLeft = Annotated[LeftBehindReason, Named()]
WhyFailed = Annotated[FailureReason, Named()]
