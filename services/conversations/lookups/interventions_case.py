"""Cases, for threads with whoever is shown one: whose are they, and who are those?"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from contracts.dealers import MODES, Mode
from contracts.dealerships import dealership_v1
from contracts.interventions.case_v1 import (
    CaseAssigned,
    CaseClosed,
    CaseCreated,
    CaseDeleted,
    CaseIdentified,
    CaseSent,
    CustomerNamed,
    LinkIssued,
    LinkRevoked,
    LinkTaken,
    RecipientDismissed,
    RecipientNamed,
    SubjectForgotten,
    contract,
)
from contracts.runtime import REDACTED
from infra.consumers.views import OutOfOrder, View

Reads = (
    CaseCreated
    | CaseIdentified
    | CaseAssigned
    | CaseSent
    | LinkIssued
    | LinkRevoked
    | LinkTaken
    | CaseClosed
    | CaseDeleted
    | SubjectForgotten
)
OPEN, CLOSED, GONE = "open", "closed", "gone"
"""Gone: deleted, or its customer was erased."""


@dataclass(frozen=True, slots=True)
class Link:
    """A link that somebody took back does not open the thread any more; that a new version made
    void still does."""

    link_id: str
    recipient_id: str
    expires_at: datetime | None
    takers: tuple[str, ...] = ()
    """The digests of the browsers that have it; none has one that nobody took."""

    def is_forwarded(self, browser: str | None) -> bool:
        """Whether it only reads in that browser (I3)."""
        return bool(self.takers) and browser not in self.takers


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    case_id: str
    organisation_id: str
    dealership_id: str
    brand: str
    time_zone: str
    sales: bool
    people: tuple[str, ...]
    """Who made it, who has it, and who sent it last."""
    links: tuple[Link, ...] = ()
    state: str = OPEN

    def link(self, link_id: str) -> Link | None:
        """The link with that id, if nobody took it back."""
        return next((one for one in self.links if one.link_id == link_id), None)

    def link_of(self, recipient_id: str) -> Link | None:
        """The last link of somebody who is shown the case."""
        return next((o for o in reversed(self.links) if o.recipient_id == recipient_id), None)


def key(event: Reads) -> tuple[str]:
    return (event.case_id,)


def project(row: Case | None, event: Reads) -> Case:
    if isinstance(event, CaseCreated):
        module = dealership_v1.Module[event.module.name]
        return Case(
            case_id=event.case_id,
            organisation_id=event.organisation_id,
            dealership_id=event.dealership_id,
            brand=event.brand,
            time_zone=event.time_zone,
            sales=MODES[module] is Mode.SALES,
            people=(event.author_id,),
        )
    if row is None:
        raise OutOfOrder(event)
    match event:
        case CaseIdentified():
            return replace(row, brand=event.brand)
        case CaseAssigned():
            return with_person(row, event.assignee_id)
        case CaseSent():
            return with_person(row, event.sender_id)
        case LinkIssued():
            link = Link(event.link_id, event.recipient_id, event.expires_at)
            return replace(row, links=(*without(row, event.link_id), link))
        case LinkRevoked():
            return replace(row, links=without(row, event.link_id))
        case LinkTaken():
            return replace(row, links=tuple(taken(one, event) for one in row.links))
        case CaseClosed():
            return replace(row, state=CLOSED)
        case CaseDeleted() | SubjectForgotten():
            return replace(row, state=GONE, links=())
        case unhandled:
            assert_never(unhandled)


def with_person(row: Case, user_id: str | None) -> Case:
    if user_id is None or user_id in row.people:
        return row
    return replace(row, people=(*row.people, user_id))


def taken(link: Link, event: LinkTaken) -> Link:
    if link.link_id != event.link_id or event.browser_digest in link.takers:
        return link
    return replace(link, takers=(*link.takers, event.browser_digest))


def without(row: Case, link_id: str) -> tuple[Link, ...]:
    return tuple(one for one in row.links if one.link_id != link_id)


lookup = View(
    name="cases",
    contract=contract,
    reads=Reads,
    row=Case,
    primary_key=("case_id",),
    key=key,
    project=project,
)


# --- Those who are shown a case ---------------------------------------------

ReadsOfPeople = CustomerNamed | RecipientNamed | RecipientDismissed
CUSTOMER = "customer"
"""The recipient that the customer of a case is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Somebody who is shown a case: how they are called, and where they are written to."""

    case_id: str
    recipient_id: str
    language: str
    contact_id: str = ""
    """The customer, for `customers`; empty for anybody else."""
    name: str | None = None
    email: str | None = None
    phone: str | None = None


def key_of_person(event: ReadsOfPeople) -> tuple[str, str]:
    match event:
        case CustomerNamed():
            return event.case_id, CUSTOMER
        case RecipientNamed() | RecipientDismissed():
            return event.case_id, event.recipient_id
        case unhandled:
            assert_never(unhandled)


def person(_: Recipient | None, event: ReadsOfPeople) -> Recipient | None:
    match event:
        case CustomerNamed():
            names = (readable(event.first_name), readable(event.last_name))
            return Recipient(
                case_id=event.case_id,
                recipient_id=CUSTOMER,
                language=event.language,
                contact_id=event.contact_id,
                name=" ".join(filter(None, names)) or None,
                email=readable(event.email),
                phone=readable(event.phone),
            )
        case RecipientNamed():
            return Recipient(
                case_id=event.case_id,
                recipient_id=event.recipient_id,
                language=event.language,
                name=readable(event.recipient_name),
                email=readable(event.email),
                phone=readable(event.phone),
            )
        case RecipientDismissed():
            return None
        case unhandled:
            assert_never(unhandled)


def readable(text: str | None) -> str | None:
    """A text that is read again after it was forgotten is nobody's name."""
    return None if text == REDACTED else text


recipients = View(
    name="recipients",
    contract=contract,
    reads=ReadsOfPeople,
    row=Recipient,
    primary_key=("case_id", "recipient_id"),
    key=key_of_person,
    project=person,
    subject="case_id",
    personal=("name", "email", "phone"),
)
