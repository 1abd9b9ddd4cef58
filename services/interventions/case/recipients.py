"""Those who are shown a case, and the links by which they are (I3, I4)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, assert_never

from contracts.interventions.case_v1 import (
    CaseEvent,
    LinkIssued,
    LinkRevoked,
    LinkScope,
    RecipientDismissed,
    RecipientKind,
    RecipientNamed,
)
from services.interventions.case import works
from services.interventions.case.dossier import CUSTOMER, Dossier, counts

MOST_RECIPIENTS = 10

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class NameRecipient:
    organisation_id: str
    recipient_id: str
    kind: RecipientKind
    name: str
    email: str | None
    phone: str | None
    language: str
    scope: LinkScope
    sees_prices: bool
    work_ids: tuple[str, ...] = ()
    """The works that they decide on and others do not; without any, what is for nobody alone."""
    pays: bool | None = None
    """Whether they may pay online: a right of its own (I4). None: who answers and sees prices."""
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DismissRecipient:
    organisation_id: str
    recipient_id: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareLink:
    """Somebody takes the link to hand it on (FLB-070); it works before the case is sent (FLB-071).

    `days` is how long it holds; None is for ever.
    """

    organisation_id: str
    recipient_id: str
    days: int | None
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeLink:
    organisation_id: str
    recipient_id: str
    by: str
    at: datetime


OfRecipients = NameRecipient | DismissRecipient
OfLinks = ShareLink | RevokeLink
Command = OfRecipients | OfLinks

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoSuchRecipient:
    recipient_id: str


@dataclass(frozen=True, slots=True)
class TooManyRecipients:
    most: int


@dataclass(frozen=True, slots=True)
class RecipientNotReached:
    """Somebody who is written to has an e-mail address or a phone."""

    field: ClassVar[str] = "email"


@dataclass(frozen=True, slots=True)
class RecipientOnlyReads:
    """A recipient who does not answer decides on no work."""

    field: ClassVar[str] = "work_ids"


@dataclass(frozen=True, slots=True)
class PayerSeesNoPrices:
    """Nobody pays what they are not shown (I4)."""

    field: ClassVar[str] = "sees_prices"


@dataclass(frozen=True, slots=True)
class NoWorkToDecide:
    """It is not on the list, or is no work that anybody decides on."""

    field: ClassVar[str] = "work_ids"
    work_id: str


Rejection = (
    RecipientOnlyReads
    | PayerSeesNoPrices
    | NoWorkToDecide
    | NoSuchRecipient
    | TooManyRecipients
    | RecipientNotReached
)

# --- Links ------------------------------------------------------------------


def next_link_id(dossier: Dossier, recipient_id: str) -> str:
    """The id of the link that somebody gets next; the secret of a link follows from it."""
    own = [one for one in dossier.links.values() if one.recipient_id == recipient_id]
    return f"{recipient_id}.{len(own) + 1}"


def usable(dossier: Dossier, recipient_id: str, at: datetime) -> LinkIssued | None:
    """The link that somebody has, if it works at that time."""
    link = dossier.link_of(recipient_id)
    return link if link is not None and works_at(link, at) else None


def works_at(link: LinkIssued, at: datetime) -> bool:
    return link.expires_at is None or at < link.expires_at


@dataclass(frozen=True, slots=True)
class Rights:
    """The acts of a recipient beside reading."""

    scope: LinkScope
    pays: bool


OF_CUSTOMER = Rights(LinkScope.ANSWER, pays=True)


def rights_of(dossier: Dossier, recipient_id: str) -> Rights | None:
    """The rights of a recipient; None for somebody who is none. The customer answers and pays."""
    if recipient_id == CUSTOMER:
        return OF_CUSTOMER
    known = (o for o in dossier.named if o.recipient_id == recipient_id)
    return next((Rights(one.scope, may_pay(one)) for one in known), None)


def may_pay(recipient: RecipientNamed) -> bool:
    """Whether a recipient may pay online."""
    implied = recipient.scope is LinkScope.ANSWER and recipient.sees_prices
    return implied if recipient.pays is None else recipient.pays


def pays(dossier: Dossier, link: LinkIssued) -> bool:
    """Whether the holder of a link may pay: a link keeps the right that it was made with."""
    if link.pays is not None:
        return link.pays
    rights = rights_of(dossier, link.recipient_id)
    return rights is not None and rights.pays


def issued(
    dossier: Dossier, recipient_id: str, rights: Rights, days: int | None, by: str, at: datetime
) -> LinkIssued:
    created = dossier.created
    return LinkIssued(
        case_id=created.case_id,
        organisation_id=created.organisation_id,
        dealership_id=created.dealership_id,
        link_id=next_link_id(dossier, recipient_id),
        recipient_id=recipient_id,
        scope=rights.scope,
        pays=rights.pays,
        expires_at=None if days is None else at + timedelta(days=days),
        issued_by=by,
        issued_at=at,
    )


# --- Decisions --------------------------------------------------------------

Decision = list[CaseEvent] | Rejection


def decide(command: OfRecipients, dossier: Dossier) -> Decision:
    """As in every aggregate, while the case waits to be sent."""
    match command:
        case NameRecipient():
            return name(command, dossier)
        case DismissRecipient():
            return dismiss(command, dossier)
        case unhandled:
            assert_never(unhandled)


def decide_on_link(command: OfLinks, dossier: Dossier) -> Decision:
    """As in every aggregate, until the case is closed."""
    if (rights := rights_of(dossier, command.recipient_id)) is None:
        return NoSuchRecipient(command.recipient_id)
    match command:
        case ShareLink():
            if usable(dossier, command.recipient_id, command.at):
                return []
            return [
                issued(dossier, command.recipient_id, rights, command.days, command.by, command.at)
            ]
        case RevokeLink():
            return revoke(command, dossier)
        case unhandled:
            assert_never(unhandled)


def name(command: NameRecipient, dossier: Dossier) -> Decision:
    """The link of somebody who is somebody else now, or has another right, works no more: whoever
    holds it got it on other terms."""
    if command.recipient_id == CUSTOMER:
        return NoSuchRecipient(CUSTOMER)
    if command.email is None and command.phone is None:
        return RecipientNotReached()
    known = dossier.recipients.get(command.recipient_id)
    if known is None and len(dossier.recipients) >= MOST_RECIPIENTS:
        return TooManyRecipients(MOST_RECIPIENTS)
    if bad := bad_rights(command, dossier):
        return bad
    created = dossier.created
    said = RecipientNamed(
        case_id=created.case_id,
        organisation_id=created.organisation_id,
        dealership_id=created.dealership_id,
        recipient_id=command.recipient_id,
        kind=command.kind,
        recipient_name=command.name,
        email=command.email,
        phone=command.phone,
        language=command.language,
        scope=command.scope,
        sees_prices=command.sees_prices,
        work_ids=tuple(sorted(set(command.work_ids))),
        pays=command.pays,
        named_by=command.by,
        named_at=command.at,
    )
    if not counts(said, known):
        return []
    if not isinstance(known, RecipientNamed) or terms_of(said) == terms_of(known):
        return [said]
    return [said, *revoked(dossier, command.recipient_id, command.by, command.at)]


def bad_rights(
    command: NameRecipient, dossier: Dossier
) -> RecipientOnlyReads | PayerSeesNoPrices | NoWorkToDecide | None:
    if command.pays and not command.sees_prices:
        return PayerSeesNoPrices()
    if command.work_ids and command.scope is not LinkScope.ANSWER:
        return RecipientOnlyReads()
    there = {one.work_id for one in works.decided(works.proposed_works(dossier))}
    return next((NoWorkToDecide(one) for one in command.work_ids if one not in there), None)


def decides(dossier: Dossier, recipient_id: str, work_id: str) -> bool:
    """Whether a recipient who answers may decide on a work (I4)."""
    for_some = {one.recipient_id for one in dossier.named if work_id in one.work_ids}
    if for_some:
        return recipient_id in for_some
    return not any(one.work_ids for one in dossier.named if one.recipient_id == recipient_id)


def terms_of(recipient: RecipientNamed) -> tuple[object, ...]:
    """The person that a link was made for, and their rights."""
    return recipient.email, recipient.phone, recipient.scope, may_pay(recipient)


def dismiss(command: DismissRecipient, dossier: Dossier) -> Decision:
    if (known := dossier.recipients.get(command.recipient_id)) is None:
        return NoSuchRecipient(command.recipient_id)
    created = dossier.created
    said = RecipientDismissed(
        case_id=created.case_id,
        organisation_id=created.organisation_id,
        dealership_id=created.dealership_id,
        recipient_id=command.recipient_id,
        dismissed_by=command.by,
        dismissed_at=command.at,
    )
    if not counts(said, known):
        return []
    return [said, *revoked(dossier, command.recipient_id, command.by, command.at)]


def revoke(command: RevokeLink, dossier: Dossier) -> list[CaseEvent]:
    return revoked(dossier, command.recipient_id, command.by, command.at)


def revoked(dossier: Dossier, recipient_id: str, by: str, at: datetime) -> list[CaseEvent]:
    if (link := dossier.link_of(recipient_id)) is None:
        return []
    created = dossier.created
    return [
        LinkRevoked(
            case_id=created.case_id,
            organisation_id=created.organisation_id,
            dealership_id=created.dealership_id,
            link_id=link.link_id,
            revoked_by=by,
            revoked_at=at,
        )
    ]
