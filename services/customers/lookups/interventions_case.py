"""The contact of each case, for finding out who of the dealership's customers it is."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from contracts.interventions.case_v1 import (
    CustomerNamed,
    SubjectForgotten,
    contract,
)
from contracts.runtime import REDACTED
from infra.consumers.views import View

Reads = CustomerNamed | SubjectForgotten
"""A case that is deleted stays its customer's: what it says of them is erased with them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseContact:
    """The last word of a case about its customer; the texts are empty once it is forgotten.

    `contact_id` is of the customer where the case names a `known` one, else of the case alone.
    """

    case_id: str
    organisation_id: str
    dealership_id: str
    contact_id: str
    known: bool
    language: str
    named_by: str
    told_at: datetime
    title: str | None = None
    last_name: str | None = None
    first_name: str | None = None
    email: str | None = None
    phone: str | None = None
    forgotten_at: datetime | None = None


def key(event: Reads) -> tuple[str]:
    return (event.case_id,)


def project(row: CaseContact | None, event: Reads) -> CaseContact | None:
    """A case that never said whom it is about is nobody's."""
    if isinstance(event, CustomerNamed):
        return named(event)
    if row is None:
        return None
    match event:
        case SubjectForgotten():
            return replace(
                row,
                title=None,
                last_name=None,
                first_name=None,
                email=None,
                phone=None,
                forgotten_at=event.forgotten_at,
            )
        case unhandled:
            assert_never(unhandled)


def named(event: CustomerNamed) -> CaseContact:
    return CaseContact(
        case_id=event.case_id,
        organisation_id=event.organisation_id,
        dealership_id=event.dealership_id,
        contact_id=event.contact_id,
        known=event.known,
        title=event.title.name.lower() if event.title is not None else None,
        last_name=readable(event.last_name),
        first_name=readable(event.first_name),
        email=readable(event.email),
        phone=readable(event.phone),
        language=event.language,
        named_by=event.named_by,
        told_at=event.named_at,
    )


def readable(text: str | None) -> str | None:
    """A text that is read again after it was forgotten is nobody's name."""
    return None if text == REDACTED else text


lookup = View(
    name="cases",
    contract=contract,
    reads=Reads,
    row=CaseContact,
    primary_key=("case_id",),
    key=key,
    project=project,
    subject="case_id",
    personal=("title", "last_name", "first_name", "email", "phone"),
)
