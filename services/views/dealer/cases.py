"""The cases of dealerships: one row a case that is not deleted (FLB-074 to FLB-083)."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import assert_never

from contracts.dealers import Mode
from contracts.interventions.case_v1 import (
    Amounts,
    AnswerAsked,
    AnswerOverdue,
    AnswerUrged,
    CaseAnswered,
    CaseAssigned,
    CaseClosed,
    CaseCreated,
    CaseDeleted,
    CaseFinished,
    CaseIdentified,
    CaseImported,
    CaseRead,
    CaseSent,
    CodeAsked,
    ContactHandled,
    ContactRequested,
    CustomerInvited,
    CustomerNamed,
    InvitationFollowed,
    LineAccepted,
    LineRefused,
    LinkIssued,
    LinkRevoked,
    MediaPlaced,
    MediaTakenOut,
    MessageComposed,
    Module,
    RecipientDismissed,
    RecipientNamed,
    RevisionBegun,
    SendingFailed,
    SubjectForgotten,
    VehicleDescribed,
    VersionFixed,
    VisitQuestionAsked,
    VisitQuestionDropped,
    VisitRated,
    WorkListed,
    WorkStruck,
    WorkTakenUp,
    contract,
)
from contracts.runtime import REDACTED
from infra.consumers.views import OutOfOrder, View
from infra.http.vehicles import normal_plate
from infra.reading import Table
from infra.searching import NO_WORDS, Words, words
from services.views.dealer.records import ERASED, phone_words

Content = (
    CaseIdentified
    | VehicleDescribed
    | CustomerNamed
    | MessageComposed
    | CaseAssigned
    | AnswerAsked
    | WorkListed
    | WorkStruck
    | CaseImported
    | WorkTakenUp
    | MediaPlaced
    | MediaTakenOut
    | CaseFinished
    | RecipientNamed
    | RecipientDismissed
)
"""People put these into a case."""
Course = (
    LinkIssued
    | LinkRevoked
    | VersionFixed
    | CaseSent
    | SendingFailed
    | CaseRead
    | RevisionBegun
    | LineAccepted
    | LineRefused
    | CaseAnswered
    | CodeAsked
    | ContactRequested
    | ContactHandled
    | AnswerUrged
    | AnswerOverdue
    | CaseClosed
    | VisitQuestionAsked
    | VisitQuestionDropped
    | VisitRated
)
"""These tell what became of it."""
Reads = (
    CaseCreated
    | Content
    | Course
    | CustomerInvited
    | InvitationFollowed
    | SubjectForgotten
    | CaseDeleted
)

SALES = frozenset({Module.USED_VEHICLE_STOCK, Module.DIRECT_MESSAGE})


class CaseStatus(StrEnum):
    """How far a case is."""

    PENDING_SEND = "pending_send"
    SENT = "sent"
    READ = "read"
    ANSWERED = "answered"
    CLOSED = "closed"


class ContactStatus(StrEnum):
    """Whether the customer wants to be called."""

    NONE = "none"
    REQUESTED = "requested"
    HANDLED = "handled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """Minor units of the currency of the case."""

    excluding: int
    vat: int
    including: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredOfCase:
    """In thousandths of the unit; `level` is the one that the value led to, and is empty where
    nobody said what it means, as are the thresholds."""

    unit: str
    thousandths: int
    level: str = ""
    due_on: date | None = None
    advised_below_thousandths: int | None = None
    urgent_below_thousandths: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkOfCase:
    """`sum` is None where it has no price, `accepted` where nothing was decided. `source_case_id`
    and `source_work_id` are the line of another case that it was taken from."""

    work_id: str
    label: str
    level: str
    sum: Sum | None
    carried_out: bool
    ordinal: int
    due_on: date | None = None
    due_mileage_km: int | None = None
    source_case_id: str | None = None
    source_work_id: str | None = None
    paid: bool = False
    measured: tuple[MeasuredOfCase, ...] = ()
    """One item, if a value was read off."""
    accepted: bool | None = None
    risk_acknowledged: bool = False


@dataclass(frozen=True, slots=True)
class MediaOfCase:
    media_id: str
    file_id: str
    kind: str
    work_id: str | None


@dataclass(frozen=True, slots=True)
class StepOfCase:
    """Something that happened: by which colleague or recipient, and what it is about."""

    what: str
    at: datetime
    by: str | None
    recipient_id: str | None
    about: str | None


@dataclass(frozen=True, slots=True)
class DeliveryOfCase:
    """A message to a recipient; `outcome` is None until anything is known of it (G-46)."""

    invitation_id: str
    recipient_id: str
    version: int
    kind: str
    channel: str
    invited_at: datetime
    outcome: str | None = None
    followed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A case as its facts left it. Texts about anybody are X once it is anonymised.

    `before` is the status in which it was closed, `search` the words that find it, `plate_found`
    the plate as it is compared.
    """

    case_id: str
    organisation_id: str
    dealership_id: str
    mode: str
    module: str
    brand: str
    reference: str
    currency: str
    author_id: str
    created_at: datetime
    changed_at: datetime
    contact_id: str
    status: str = CaseStatus.PENDING_SEND
    before: str | None = None
    assignee_id: str | None = None
    sender_id: str | None = None
    sent_at: datetime | None = None
    answered_at: datetime | None = None
    closed_at: datetime | None = None
    title: str | None = None
    last_name: str | None = None
    first_name: str | None = None
    email: str | None = None
    phone: str | None = None
    plate: str | None = None
    plate_found: str | None = None
    vin: str | None = None
    make: str | None = None
    model: str | None = None
    mileage_km: int | None = None
    message: str | None = None
    reply: str | None = None
    answer_by: datetime | None = None
    customer_waits: bool = False
    contact: str = ContactStatus.NONE
    visit_score: int | None = None
    version: int = 0
    works: tuple[WorkOfCase, ...] = ()
    media: tuple[MediaOfCase, ...] = ()
    proposed: tuple[Sum, ...] = ()
    """Of the last version, if there is one."""
    accepted: tuple[Sum, ...] = ()
    """Of the answer, if there is one."""
    deliveries: tuple[DeliveryOfCase, ...] = ()
    steps: tuple[StepOfCase, ...] = ()
    anonymised_at: datetime | None = None
    search: Words = NO_WORDS


def key(event: Reads) -> tuple[str]:
    return (event.case_id,)


def project(row: Case | None, event: Reads) -> Case | None:
    if isinstance(event, CaseCreated):
        return stepped(created(event), event, event.created_by, event.duplicated_from)
    if isinstance(event, CaseDeleted):
        return None
    if isinstance(event, SubjectForgotten):
        # A deleted case is forgotten as well, and is no row any more.
        return row and anonymised(row, event.forgotten_at)
    if row is None:
        raise OutOfOrder(event)
    if isinstance(event, CustomerInvited | InvitationFollowed):
        return delivered(row, event)
    if isinstance(event, Content):
        return with_content(row, event)
    return with_course(row, event)


def created(event: CaseCreated) -> Case:
    row = Case(
        case_id=event.case_id,
        organisation_id=event.organisation_id,
        dealership_id=event.dealership_id,
        mode=Mode.SALES if event.module in SALES else Mode.AFTER_SALES,
        module=event.module.name.lower(),
        brand=event.brand,
        reference=event.reference,
        currency=event.currency,
        author_id=event.author_id,
        created_at=event.created_at,
        changed_at=event.created_at,
        contact_id=event.contact_id,
    )
    return found_by_its_words(row)


# --- Content ----------------------------------------------------------------


def with_content(row: Case, event: Content) -> Case:
    match event:
        case CaseIdentified():
            named = replace(row, brand=event.brand, reference=event.reference)
            return stepped(found_by_its_words(named), event, event.identified_by)
        case VehicleDescribed():
            return stepped(with_vehicle(row, event), event, event.described_by)
        case CustomerNamed():
            return stepped(with_customer(row, event), event, event.named_by)
        case MessageComposed():
            return stepped(replace(row, message=event.message), event, event.composed_by)
        case CaseAssigned():
            given = replace(row, assignee_id=event.assignee_id)
            return stepped(given, event, event.assigned_by, event.assignee_id)
        case AnswerAsked():
            asked = replace(row, answer_by=event.answer_by, customer_waits=event.customer_waits)
            return stepped(asked, event, event.asked_by)
        case WorkListed():
            return stepped(with_work(row, event), event, event.listed_by, event.work_id)
        case WorkStruck():
            left = tuple(one for one in row.works if one.work_id != event.work_id)
            return stepped(replace(row, works=left), event, event.struck_by, event.work_id)
        case CaseImported():
            return stepped(row, event, event.imported_by, event.imported_case_id)
        case WorkTakenUp():
            return stepped(row, event, event.taken_up_by, event.work_id)
        case MediaPlaced():
            placed = with_media(row, event)
            return stepped(placed, event, event.placed_by, event.media_id)
        case MediaTakenOut():
            left_over = tuple(one for one in row.media if one.media_id != event.media_id)
            taken = replace(row, media=left_over)
            return stepped(taken, event, event.taken_out_by, event.media_id)
        case CaseFinished():
            return stepped(row, event, event.finished_by)
        case RecipientNamed():
            return stepped(row, event, event.named_by, event.recipient_id)
        case RecipientDismissed():
            return stepped(row, event, event.dismissed_by, event.recipient_id)
        case unhandled:
            assert_never(unhandled)


def with_vehicle(row: Case, event: VehicleDescribed) -> Case:
    return found_by_its_words(
        replace(
            row,
            plate=event.plate,
            plate_found=normal_plate(event.plate) if event.plate else None,
            vin=event.vin,
            make=event.make,
            model=event.model,
            mileage_km=event.mileage_km,
        )
    )


def with_customer(row: Case, event: CustomerNamed) -> Case:
    return found_by_its_words(
        replace(
            row,
            contact_id=event.contact_id,
            title=event.title.name.lower() if event.title is not None else None,
            last_name=event.last_name,
            first_name=event.first_name,
            email=event.email,
            phone=event.phone,
        )
    )


def with_work(row: Case, event: WorkListed) -> Case:
    work = WorkOfCase(
        work_id=event.work_id,
        label=event.label,
        level=event.level.name.lower(),
        sum=sum_of(event.amounts) if event.amounts else None,
        carried_out=event.carried_out,
        ordinal=event.ordinal,
        due_on=event.due_on,
        due_mileage_km=event.due_mileage_km,
        source_case_id=event.source.case_id if event.source else None,
        source_work_id=event.source.work_id if event.source else None,
        paid=event.paid,
        measured=measured(event),
    )
    others = [one for one in row.works if one.work_id != event.work_id]
    return replace(row, works=in_order([*others, work]))


def measured(event: WorkListed) -> tuple[MeasuredOfCase, ...]:
    if event.measurement is None:
        return ()
    found = event.assessment
    return (
        MeasuredOfCase(
            unit=event.measurement.unit.name.lower(),
            thousandths=event.measurement.thousandths,
            level=found.level.name.lower() if found else "",
            due_on=found.due_on if found else None,
            advised_below_thousandths=found.thresholds.advised_below_thousandths if found else None,
            urgent_below_thousandths=found.thresholds.urgent_below_thousandths if found else None,
        ),
    )


def with_media(row: Case, event: MediaPlaced) -> Case:
    known = {one.media_id: one for one in row.media}
    kind = event.kind.name.lower()
    placed = MediaOfCase(event.media_id, event.file_id, kind, event.work_id)
    return replace(row, media=tuple({**known, event.media_id: placed}.values()))


def in_order(works: list[WorkOfCase]) -> tuple[WorkOfCase, ...]:
    return tuple(sorted(works, key=lambda one: (one.ordinal, one.work_id)))


def sum_of(amounts: Amounts) -> Sum:
    return Sum(
        excluding=amounts.excluding_vat.amount_minor,
        vat=amounts.vat.amount_minor,
        including=amounts.including_vat.amount_minor,
    )


# --- Course -----------------------------------------------------------------


def with_course(row: Case, event: Course) -> Case:
    match event:
        case LinkIssued():
            return stepped(row, event, event.issued_by, event.recipient_id)
        case LinkRevoked():
            return stepped(row, event, event.revoked_by, event.link_id)
        case VersionFixed():
            fixed = replace(row, version=event.version, proposed=(sum_of(event.proposed),))
            return stepped(fixed, event, None)
        case CaseSent():
            sent = at_status(row, CaseStatus.SENT)
            sent = replace(sent, sender_id=event.sender_id, sent_at=event.sent_at)
            return stepped(sent, event, event.sender_id)
        case SendingFailed():
            return stepped(at_status(row, CaseStatus.PENDING_SEND), event, None)
        case CaseRead():
            return stepped(read(row), event, None, recipient_id=event.recipient_id)
        case RevisionBegun():
            return stepped(at_status(row, CaseStatus.PENDING_SEND), event, event.begun_by)
        case LineAccepted() | LineRefused():
            who, about = event.recipient_id, event.work.work_id
            return stepped(decided(row, event), event, event.taken_down_by, about, who)
        case CaseAnswered():
            who = event.recipient_id
            return stepped(answered(row, event), event, event.taken_down_by, recipient_id=who)
        case CodeAsked():
            return stepped(row, event, None, recipient_id=holder_of(event.link_id))
        case ContactRequested():
            wanted = replace(row, contact=ContactStatus.REQUESTED)
            return stepped(wanted, event, None, recipient_id=event.recipient_id)
        case ContactHandled():
            return stepped(replace(row, contact=ContactStatus.HANDLED), event, event.handled_by)
        case AnswerUrged() | AnswerOverdue():
            return stepped(row, event, None)
        case CaseClosed():
            closed = replace(row, before=row.status, closed_at=event.closed_at)
            return stepped(at_status(closed, CaseStatus.CLOSED), event, event.closed_by)
        case VisitQuestionAsked():
            return stepped(row, event, None)
        case VisitQuestionDropped():
            return stepped(row, event, None, event.reason.name.lower())
        case VisitRated():
            rated = replace(row, visit_score=event.score)
            return stepped(rated, event, None, recipient_id=holder_of(event.link_id))
        case unhandled:
            assert_never(unhandled)


def holder_of(link_id: str) -> str:
    """The recipient whom a link is called after."""
    return link_id.rpartition(".")[0]


def at_status(row: Case, status: CaseStatus) -> Case:
    """The case at that status; one that is closed stays so."""
    return row if row.status == CaseStatus.CLOSED else replace(row, status=status)


def read(row: Case) -> Case:
    """An answered case that is read once more stays answered."""
    early = {CaseStatus.PENDING_SEND, CaseStatus.SENT}
    return at_status(row, CaseStatus.READ) if row.status in early else row


def decided(row: Case, event: LineAccepted | LineRefused) -> Case:
    """The work as it was shown, with what was decided."""
    was_accepted = isinstance(event, LineAccepted)
    works = tuple(
        replace(
            one,
            accepted=was_accepted,
            risk_acknowledged=isinstance(event, LineRefused) and event.risk_acknowledged,
        )
        if one.work_id == event.work.work_id
        else one
        for one in row.works
    )
    return replace(row, works=works)


def answered(row: Case, event: CaseAnswered) -> Case:
    return replace(
        at_status(row, CaseStatus.ANSWERED),
        answered_at=event.answered_at,
        accepted=(sum_of(event.accepted),),
        proposed=(sum_of(event.proposed),),
        reply=event.reply,
    )


def delivered(row: Case, event: CustomerInvited | InvitationFollowed) -> Case:
    known = {one.invitation_id: one for one in row.deliveries}
    if isinstance(event, CustomerInvited):
        made = DeliveryOfCase(
            invitation_id=event.invitation_id,
            recipient_id=event.recipient_id,
            version=event.version,
            kind=event.kind.name.lower(),
            channel=event.channel.name.lower(),
            invited_at=event.invited_at,
        )
        return replace(row, deliveries=tuple({**known, event.invitation_id: made}.values()))
    if (invited := known.get(event.invitation_id)) is None:
        raise OutOfOrder(event)
    outcome, at = event.outcome.name.lower(), event.followed_at
    told = replace(invited, outcome=outcome, followed_at=at)
    return replace(row, deliveries=tuple({**known, event.invitation_id: told}.values()))


def stepped(
    row: Case,
    event: CaseCreated | Content | Course,
    by: str | None,
    about: str | None = None,
    recipient_id: str | None = None,
) -> Case:
    """The row with a step, once however often it is told."""
    kind = contract.by_class(type(event))
    at: datetime = getattr(event, kind.time)
    step = StepOfCase(kind.type.rpartition(".")[2], at, by, recipient_id, about)
    others = tuple(one for one in row.steps if one != step)
    return replace(row, steps=(*others, step), changed_at=max(row.changed_at, at))


# --- People -----------------------------------------------------------------


def anonymised(row: Case, at: datetime) -> Case:
    """Amounts, dates and statuses stay; nothing says whose they are (G-50)."""
    return replace(
        row,
        reference=ERASED,
        title=gone(row.title),
        last_name=gone(row.last_name),
        first_name=gone(row.first_name),
        email=gone(row.email),
        phone=gone(row.phone),
        plate=gone(row.plate),
        plate_found=None,
        vin=gone(row.vin),
        message=gone(row.message),
        reply=gone(row.reply),
        works=tuple(replace(one, label=ERASED) for one in row.works),
        anonymised_at=row.anonymised_at or at,
        search=NO_WORDS,
    )


def gone(text: str | None) -> str | None:
    return None if text is None else ERASED


def found_by_its_words(row: Case) -> Case:
    """A case whose key is gone already is found by nothing."""
    texts = [row.reference, row.last_name, row.first_name, row.email, row.vin]
    texts += [normal_plate(row.plate)] if row.plate else []
    # The reference of a case may be a plate (FLB-040).
    texts += [normal_plate(row.reference), *phone_words(row.phone)]
    known = [one for one in texts if one and one != REDACTED]
    return replace(row, search=words(*known) if row.reference != REDACTED else NO_WORDS)


view = View(
    name="cases",
    contract=contract,
    reads=Reads,
    row=Case,
    primary_key=("case_id",),
    key=key,
    project=project,
    indexes=(
        "(organisation_id, created_at desc, case_id desc)",
        "(organisation_id, dealership_id, created_at desc, case_id desc)",
        "(organisation_id, vin) where vin is not null",
        "(organisation_id, plate_found) where plate_found is not null",
    ),
)
cases = Table(view, "cases", key="case_id")
NEWEST = cases.order("newest-case", "created_at", "case_id", descending=True)
