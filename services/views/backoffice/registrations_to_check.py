"""Which partners wait to be let in, and what speaks for and against each? (D13)"""

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

from contracts.accounts.organisation_v1 import OrganisationKind
from infra.http.answers import Answer, Answered, Listed, Router
from infra.http.models import Instant, Named
from infra.http.pages import Paging
from infra.http.request_context import RequestContext, requires
from infra.reading import Rows
from services.views.backoffice.organisations import BY_ID, Organisation, is_operator, organisations

LONGEST_WAITING = organisations.order("longest-waiting", "submitted_at", "organisation_id")
CARD = re.compile(r"[A-Z]{1,2}[*]{1,5}[0-9]{2}")
"""The form of an identity card, masked."""
FORGOTTEN = "XXXX"


class Likeness(StrEnum):
    """A thing that two partners have in common, however it is written."""

    IDENTITY_CARD = "identity_card"
    PHONE = "phone"
    NAME = "name"
    ADDRESS = "address"


COLUMNS = {
    Likeness.IDENTITY_CARD: "identity_card_mark",
    Likeness.PHONE: "phone",
    Likeness.NAME: "same_name",
    Likeness.ADDRESS: "same_address",
}


class RegistrationStatus(StrEnum):
    """How far the registration of a partner is."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"


class EvidenceShown(Answer):
    """The registration as it is decided about: a decision sends it back as `seen`."""

    name: str
    manager_name: str
    phone: str
    identity_card: str
    """Masked."""
    company_number: str | None
    address: str
    city: str


class ChecksShown(Answer):
    """Each is true where the evidence is as it should be."""

    identity_card: bool
    """It has the form of a national identity card."""
    company_number: bool
    """There is an ICE, whose check digits are right: no other one is taken."""
    phone: bool
    """The manager proved it with a code."""
    address: bool
    """It has a number and a street."""
    unique: bool
    """No other partner is like this one."""


class DuplicateShown(Answer):
    """Another partner with something in common."""

    organisation_id: str
    name: str
    status: RegistrationStatus
    same: list[Likeness]
    submitted_at: Instant


class RegistrationToCheck(Answer):
    """A partner who waits to be let in, with the evidence."""

    organisation_id: str
    kind: Annotated[OrganisationKind, Named()]
    user_id: str
    submitted_at: Instant
    conditions_version: str
    """The conditions that the manager accepted."""
    language: str
    refused_before: str | None
    """The reason for which it was rejected last, where it was corrected since."""
    seen: EvidenceShown
    checks: ChecksShown
    duplicates: list[DuplicateShown]


def likenesses(one: Organisation, other: Organisation) -> list[Likeness]:
    """All that two partners have in common."""
    return [
        likeness
        for likeness, column in COLUMNS.items()
        if getattr(one, column) == getattr(other, column) not in ("", FORGOTTEN)
    ]


def like(rows: Sequence[Organisation]) -> Rows[Organisation]:
    """Every partner that has something in common with one of these, these among them."""
    return organisations.of_every_organisation().where(
        "status <> '' and (identity_card_mark = any(%(marks)s) or phone = any(%(phones)s)"
        " or same_name = any(%(names)s) or same_address = any(%(addresses)s))",
        marks=[row.identity_card_mark for row in rows],
        phones=[row.phone for row in rows],
        names=[row.same_name for row in rows],
        addresses=[row.same_address for row in rows],
    )


def duplicates(row: Organisation, known: Sequence[Organisation]) -> list[DuplicateShown]:
    """The other partners that have something in common with this one."""
    others = (one for one in known if one.organisation_id != row.organisation_id)
    found = []
    for other in others:
        if same := likenesses(row, other):
            assert other.submitted_at is not None
            found.append(
                DuplicateShown(
                    organisation_id=other.organisation_id,
                    name=other.name,
                    status=RegistrationStatus(other.status),
                    same=same,
                    submitted_at=other.submitted_at,
                )
            )
    return found


def to_check(row: Organisation, known: Sequence[Organisation]) -> RegistrationToCheck:
    assert row.submitted_at is not None
    others = duplicates(row, known)
    return RegistrationToCheck(
        organisation_id=row.organisation_id,
        kind=OrganisationKind[row.kind.upper()],
        user_id=row.user_id,
        submitted_at=row.submitted_at,
        conditions_version=row.conditions_version,
        language=row.language,
        refused_before=row.refused_before,
        seen=EvidenceShown.of(row),
        checks=ChecksShown(
            identity_card=CARD.fullmatch(row.identity_card) is not None,
            company_number=row.company_number is not None,
            phone=row.phone != FORGOTTEN,
            address=re.search(r"[0-9]", row.address) is not None and len(row.address.split()) > 1,
            unique=not others,
        ),
        duplicates=others,
    )


router = Router("Registrations")
Administration = Annotated[RequestContext, requires("administration")]


@router.get("/registrations/to-check")
async def registrations_to_check(
    context: Administration, page: Paging
) -> Answered[Listed[RegistrationToCheck]]:
    """Partners who registered themselves and wait, the longest waiting first; for the platform's
    operator."""
    waiting = organisations.of_every_organisation(status="pending")
    if not await is_operator(context):
        # Nobody waits for them.
        waiting = waiting.where("false")

    async def with_duplicates(rows: Sequence[Organisation]) -> list[RegistrationToCheck]:
        known = await like(rows).many(context.pool, BY_ID) if rows else []
        return [to_check(row, known) for row in rows]

    return await page.show_together(waiting, LONGEST_WAITING, with_duplicates)
