"""A case goes to its customer: as a version that is fixed from then on, by links that only work for
it (FLB-096, I2, I4)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, assert_never

from contracts.common_v1 import Money
from contracts.decisions import Changed, changed
from contracts.interventions.case_v1 import (
    CaseEvent,
    CaseSent,
    CustomerInvited,
    InvitationFollowed,
    InvitationKind,
    InvitationOutcome,
    LinkIssued,
    Module,
    RecipientNamed,
    RevisionBegun,
    SendingChannel,
    SendingFailed,
    VersionFixed,
)
from services.interventions.case import works
from services.interventions.case.content import CustomerIncomplete
from services.interventions.case.dossier import CUSTOMER, Dossier
from services.interventions.case.recipients import OF_CUSTOMER, Rights, issued, may_pay, usable

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The proposal as whoever sends it saw it."""

    works: int
    media: int
    proposed: Money
    carried_out: Money | None = None
    """Of a work report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How the dealership sends: what it is called, for how long links hold, the amount above which
    a code is asked, and the channels that the customer has blocked (G-49)."""

    dealership: str
    link_days: int | None
    code_above: Money | None
    blocked: frozenset[SendingChannel]
    links: Mapping[str, str]
    """The address of the page by the id of a link, with its secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendCase:
    """`sending_id` tells a repetition from another sending; `direct` is from a phone (FLB-058)."""

    organisation_id: str
    sending_id: str
    channels: tuple[SendingChannel, ...]
    seen: Seen
    confirm_unpriced: bool
    direct: bool
    terms: Terms
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SendAgain:
    """The same version once more (G-44)."""

    organisation_id: str
    sending_id: str
    channels: tuple[SendingChannel, ...]
    version: int
    terms: Terms
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """The customer is told what a colleague took down (FLB-104)."""

    sending_id: str
    channels: tuple[SendingChannel, ...]
    terms: Terms
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginRevision:
    """The case is worked on again, for a later version (I2)."""

    organisation_id: str
    version: int
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowInvitation:
    """Follows from a message: what became of it."""

    case_id: str
    invitation_id: str
    message_id: str
    outcome: InvitationOutcome
    at: datetime


Command = SendCase | SendAgain | BeginRevision

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StockIsNotSent:
    """It is duplicated as a direct message, which is (G-35)."""


@dataclass(frozen=True, slots=True)
class DirectSendIsOff:
    """The dealership lets no device send cases of this mode (G-40)."""


@dataclass(frozen=True, slots=True)
class ChannelNotPossible:
    """The customer has no such address, or wants nothing by this channel."""

    field: ClassVar[str] = "channels"
    channel: SendingChannel
    blocked: bool


@dataclass(frozen=True, slots=True)
class ChannelsNotPossible:
    """None at all, or one twice."""

    field: ClassVar[str] = "channels"


@dataclass(frozen=True, slots=True)
class WorksWithoutPrice:
    """Works to decide on have no price, and nobody said that this is meant (G-45)."""

    field: ClassVar[str] = "confirm_unpriced"
    works: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CaseIsNotSent:
    pass


Rejection = (
    StockIsNotSent
    | DirectSendIsOff
    | ChannelNotPossible
    | ChannelsNotPossible
    | WorksWithoutPrice
    | CaseIsNotSent
    | CustomerIncomplete
    | works.DueDateIsPast
    | Changed
)

# --- The version ------------------------------------------------------------


def fixed(dossier: Dossier, code_above: Money | None, at: datetime) -> VersionFixed:
    """The content as a version, one later than the last."""
    created = dossier.created
    shown = works.proposed_works(dossier)
    return VersionFixed(
        case_id=created.case_id,
        organisation_id=created.organisation_id,
        dealership_id=created.dealership_id,
        version=dossier.version + 1,
        works=shown,
        proposed=works.proposed_amounts(shown, created.currency),
        carried_out=works.carried_out_amounts(shown, created.currency)
        if dossier.is_report
        else None,
        media_ids=tuple(one.media_id for one in dossier.public),
        code_above=code_above,
        answer_by=dossier.asked.answer_by if dossier.asked else None,
        fixed_at=at,
    )


def missing_to_send(dossier: Dossier) -> CustomerIncomplete | None:
    """To be sent something, a customer has a title, a last name, an address or a phone (G-90)."""
    customer = dossier.customer
    wanted = {
        "title": customer and customer.title,
        "last_name": customer and customer.last_name,
        "email_or_phone": customer and (customer.email or customer.phone),
    }
    missing = tuple(name for name, value in wanted.items() if not value)
    return CustomerIncomplete(missing) if missing else None


# --- Decisions --------------------------------------------------------------

Decision = list[CaseEvent] | Rejection


def send(command: SendCase, dossier: Dossier) -> Decision:
    """From pending on. Each recipient gets a link of their own."""
    if dossier.created.module is Module.USED_VEHICLE_STOCK:
        return StockIsNotSent()
    version = fixed(dossier, command.terms.code_above, command.at)
    return (
        missing_to_send(dossier)
        or bad_channels(command.channels, dossier, command.terms)
        or not_as_seen(command.seen, version)
        or works.past(dossier.listed, dossier.created, command.at)
        or without_price(version, confirmed=command.confirm_unpriced)
        or [
            version,
            sent(command, dossier, version.version),
            *invited(command, dossier, version.version),
        ]
    )


def send_again(command: SendAgain, dossier: Dossier) -> Decision:
    """Also to who was shown the case by a link alone."""
    if dossier.created.module is Module.USED_VEHICLE_STOCK:
        return StockIsNotSent()
    known = dossier.invitations.values()
    if any(one.invitation_id.startswith(f"{command.sending_id}-") for one in known):
        return []
    if stale := changed({"version": command.version}, {"version": dossier.version}):
        return stale
    return (
        missing_to_send(dossier)
        or bad_channels(command.channels, dossier, command.terms)
        or [*invited(command, dossier, dossier.version)]
    )


def bad_channels(
    channels: tuple[SendingChannel, ...], dossier: Dossier, terms: Terms
) -> ChannelNotPossible | ChannelsNotPossible | None:
    if not channels or len(set(channels)) < len(channels):
        return ChannelsNotPossible()
    customer = dossier.customer
    for one in channels:
        if one in terms.blocked:
            return ChannelNotPossible(one, blocked=True)
        if (one is SendingChannel.EMAIL and not (customer and customer.email)) or (
            one is SendingChannel.SMS and not (customer and customer.phone)
        ):
            return ChannelNotPossible(one, blocked=False)
    return None


def not_as_seen(seen: Seen, version: VersionFixed) -> Changed | None:
    now = {
        "works": len(version.works),
        "media": len(version.media_ids),
        "proposed": version.proposed.including_vat,
    }
    then = {"works": seen.works, "media": seen.media, "proposed": seen.proposed}
    if version.carried_out is not None:
        now["carried_out"] = version.carried_out.including_vat
        then["carried_out"] = seen.carried_out
    return changed(then, now)


def without_price(version: VersionFixed, *, confirmed: bool) -> WorksWithoutPrice | None:
    unpriced = tuple(one.label for one in works.decided(version.works) if one.price is None)
    return WorksWithoutPrice(unpriced) if unpriced and not confirmed else None


def confirm(command: Confirmation, dossier: Dossier) -> Decision:
    """By messages, to the customer alone."""
    return (
        missing_to_send(dossier)
        or bad_channels(command.channels, dossier, command.terms)
        or [*written_to(command, dossier, CUSTOMER, OF_CUSTOMER, command.channels)]
    )


def begin_revision(command: BeginRevision, dossier: Dossier) -> Decision:
    if stale := changed({"version": command.version}, {"version": dossier.version}):
        return stale
    created = dossier.created
    return [
        RevisionBegun(
            case_id=created.case_id,
            organisation_id=created.organisation_id,
            dealership_id=created.dealership_id,
            version=dossier.version,
            begun_by=command.by,
            begun_at=command.at,
        )
    ]


def follow(
    command: FollowInvitation, dossier: Dossier, *, waiting: CaseSent | None
) -> list[CaseEvent]:
    """`waiting` is the sending of a case that nobody has opened: once none of its messages can
    arrive any more, it was not sent (G-46)."""
    known = dossier.outcomes.get(command.invitation_id)
    if command.invitation_id not in dossier.invitations:
        return []
    if known is not None and not later(command.outcome, known.outcome):
        return []
    created = dossier.created
    followed = InvitationFollowed(
        case_id=created.case_id,
        organisation_id=created.organisation_id,
        dealership_id=created.dealership_id,
        invitation_id=command.invitation_id,
        message_id=command.message_id,
        outcome=command.outcome,
        followed_at=command.at,
    )
    events: list[CaseEvent] = [followed]
    outcomes = {**dossier.outcomes, followed.invitation_id: followed}
    if waiting is not None and all_failed(replace(dossier, outcomes=outcomes), waiting):
        events.append(
            SendingFailed(
                case_id=created.case_id,
                organisation_id=created.organisation_id,
                dealership_id=created.dealership_id,
                version=waiting.version,
                sender_id=waiting.sender_id,
                failed_at=command.at,
            )
        )
    return events


def later(outcome: InvitationOutcome, known: InvitationOutcome) -> bool:
    """A message that was sent is delivered or fails; then nothing more is told of it."""
    return known is InvitationOutcome.SENT and outcome is not InvitationOutcome.SENT


def all_failed(dossier: Dossier, sending: CaseSent) -> bool:
    """Whether no invitation of the version can arrive; who was handed a link can have it."""
    if SendingChannel.LINK in sending.channels:
        return False
    of_version = [
        one.invitation_id for one in dossier.invitations.values() if one.version == sending.version
    ]
    ends = [dossier.outcomes.get(one) for one in of_version]
    return all(one is not None and one.outcome is InvitationOutcome.FAILED for one in ends)


# --- Events -----------------------------------------------------------------


def sent(command: SendCase, dossier: Dossier, version: int) -> CaseSent:
    created = dossier.created
    return CaseSent(
        case_id=created.case_id,
        organisation_id=created.organisation_id,
        dealership_id=created.dealership_id,
        version=version,
        channels=command.channels,
        sender_id=command.by,
        direct=command.direct,
        sent_at=command.at,
    )


def invited(command: SendCase | SendAgain, dossier: Dossier, version: int) -> Iterator[CaseEvent]:
    """A link and its messages for each recipient: the customer by the chosen channels, the others
    by e-mail, or by text message where they have none."""
    yield from written_to(
        command, dossier, CUSTOMER, OF_CUSTOMER, command.channels, version=version
    )
    for one in dossier.named:
        rights = Rights(one.scope, may_pay(one))
        yield from written_to(
            command, dossier, one.recipient_id, rights, (way_to(one),), version=version
        )


def written_to(
    command: SendCase | SendAgain | Confirmation,
    dossier: Dossier,
    recipient_id: str,
    rights: Rights,
    channels: tuple[SendingChannel, ...],
    *,
    version: int | None = None,
) -> Iterator[CaseEvent]:
    """A link, where the recipient has none that works, and a message by each channel."""
    link = usable(dossier, recipient_id, command.at)
    if link is None:
        days = command.terms.link_days
        link = issued(dossier, recipient_id, rights, days, command.by, command.at)
        yield link
    for channel in channels:
        if channel is not SendingChannel.LINK:
            yield invitation(command, dossier, link, channel, version or dossier.version)


def way_to(recipient: RecipientNamed) -> SendingChannel:
    return SendingChannel.EMAIL if recipient.email else SendingChannel.SMS


def invitation(
    command: SendCase | SendAgain | Confirmation,
    dossier: Dossier,
    link: LinkIssued,
    channel: SendingChannel,
    version: int,
) -> CustomerInvited:
    created = dossier.created
    name, email, phone, language = address_of(dossier, link.recipient_id)
    return CustomerInvited(
        case_id=created.case_id,
        organisation_id=created.organisation_id,
        dealership_id=created.dealership_id,
        invitation_id=f"{command.sending_id}-{link.recipient_id}-{channel.name.lower()}",
        recipient_id=link.recipient_id,
        version=version,
        kind=kind_of(command, dossier),
        channel=channel,
        recipient_name=name,
        email=email if channel is SendingChannel.EMAIL else None,
        phone=phone if channel is SendingChannel.SMS else None,
        language=language,
        link=command.terms.links[link.link_id],
        dealership_called=command.terms.dealership,
        sender_id=command.by,
        invited_at=command.at,
    )


def address_of(dossier: Dossier, recipient_id: str) -> tuple[str, str | None, str | None, str]:
    """The name, e-mail address, phone and language of a recipient."""
    customer = dossier.customer
    if recipient_id == CUSTOMER and customer is not None:
        name = " ".join(filter(None, (customer.first_name, customer.last_name)))
        return name, customer.email, customer.phone, customer.language
    one = next(one for one in dossier.named if one.recipient_id == recipient_id)
    return one.recipient_name, one.email, one.phone, one.language


def kind_of(command: SendCase | SendAgain | Confirmation, dossier: Dossier) -> InvitationKind:
    if dossier.is_report and not isinstance(command, Confirmation):
        return InvitationKind.REPORT
    match command:
        case SendAgain():
            return InvitationKind.AGAIN
        case Confirmation():
            return InvitationKind.CONFIRMATION
        case SendCase():
            before = bool(dossier.reads) or any(map(may_be_there, told(dossier)))
            return InvitationKind.NEW_VERSION if before else InvitationKind.PROPOSAL
        case unhandled:
            assert_never(unhandled)


def told(dossier: Dossier) -> Iterator[InvitationFollowed | None]:
    """The fate of each message so far; None where it is not known."""
    return (dossier.outcomes.get(one) for one in dossier.invitations)


def may_be_there(followed: InvitationFollowed | None) -> bool:
    return followed is None or followed.outcome is not InvitationOutcome.FAILED
