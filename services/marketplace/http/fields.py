"""Parts of bodies and answers that several resources share."""

from typing import Annotated

from pydantic import Field, StringConstraints

from contracts.marketplace.marketplace_v1 import DocumentKind, ServiceUnit
from contracts.marketplace.relation_v1 import JobOutcome, ReasonCode, RelationEnd
from contracts.providers import WHOLE
from infra.http.answers import Answer
from infra.http.models import Instant, Named

ServiceCode = Annotated[
    str,
    StringConstraints(max_length=40, pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$"),
    Field(examples=["window-cleaning"]),
]
"""A service of a catalogue, in small letters with hyphens."""
DocumentName = Annotated[DocumentKind, Named()]
Unit = Annotated[ServiceUnit, Named()]
Reason = Annotated[ReasonCode, Named()]
End = Annotated[RelationEnd, Named()]
Outcome = Annotated[JobOutcome, Named()]
BasisPoints = Annotated[int, Field(ge=0, le=WHOLE, examples=[1250])]
"""Hundredths of a percent: 0 to 10000, 1250 is 12.5 %."""
Explanation = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2_000)]
"""Told to the provider."""


Number = Annotated[str, StringConstraints(pattern=r"^[0-9A-Z][0-9A-Z ./-]{1,39}$")]
"""A number as an office wrote it."""
PostalCode = Annotated[str, StringConstraints(pattern=r"^[0-9A-Z][0-9A-Z -]{1,11}$")]


class DocumentShown(Answer):
    """A document for providers, in the version that holds."""

    document_id: str
    """Empty for the terms of use."""
    version: int
    title: str
    file_id: str
    url: str | None
    """A link that opens the file for a while; null where no file is opened here."""
    published_at: Instant
