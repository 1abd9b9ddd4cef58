"""Cases as the API shows them: to colleagues, and to whoever has a link."""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from contracts.interventions import case_v1
from contracts.interventions.case_v1 import (
    AnswerAsked,
    AnswerOverdue,
    AnswerUrged,
    AuditLinked,
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
    CodeMistaken,
    ColleaguesTold,
    ContactHandled,
    ContactRequested,
    CustomerInvited,
    CustomerNamed,
    InternalMessageLeft,
    InvitationFollowed,
    LineAccepted,
    LineRefused,
    LinkIssued,
    LinkRevoked,
    LinkScope,
    LinkTaken,
    MediaPlaced,
    MediaTakenOut,
    MessageComposed,
    PhotoExportAsked,
    PhotoExportFailed,
    PhotosHandedOver,
    RecipientDismissed,
    RevisionBegun,
    ScanReportLinked,
    SendingFailed,
    SubjectForgotten,
    VehicleDescribed,
    VersionFixed,
    VisitQuestionAsked,
    VisitQuestionDropped,
    VisitQuestionDue,
    VisitQuestionPutOff,
    VisitQuestionReason,
    VisitRated,
    Work,
    WorkListed,
    WorkStruck,
    WorkTakenUp,
)
from infra.http.answers import Answer, MoneyShown
from infra.http.history import History
from infra.http.models import Day, Instant
from infra.lookups.payments import Payment
from services.interventions import case
from services.interventions.case import answering, recipients, works
from services.interventions.case.dossier import CUSTOMER, Dossier, PhotoExport
from services.interventions.http.fields import (
    ChannelNamed,
    FailureNamed,
    InternalNamed,
    KindNamed,
    LevelNamed,
    ModeNamed,
    ModuleNamed,
    OriginNamed,
    OutcomeNamed,
    RecipientNamed,
    ScopeNamed,
    ShapeNamed,
    TitleNamed,
    UnaskedNamed,
    UnitNamed,
)
from services.interventions.lookups.dealerships_predefined_message import Proposed


class CaseStatus(StrEnum):
    PENDING_SEND = "pending_send"
    SENT = "sent"
    READ = "read"
    ANSWERED = "answered"
    CLOSED = "closed"


class ContactStatus(StrEnum):
    NONE = "none"
    REQUESTED = "requested"
    HANDLED = "handled"


class VisitStatus(StrEnum):
    """How far the question how the visit was has come."""

    WAITING = "waiting"
    ASKED = "asked"
    NOT_ASKED = "not_asked"
    RATED = "rated"


class WorkChange(StrEnum):
    """How a line differs from the version before."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"


# --- Parts ------------------------------------------------------------------


class AmountsShown(Answer):
    """The result of a price, or of several, rounded half up line by line."""

    excluding_vat: MoneyShown
    vat: MoneyShown
    including_vat: MoneyShown


class PriceShown(Answer):
    amount: MoneyShown
    mode: ModeNamed
    vat_basis_points: int
    discount: MoneyShown | None
    discount_basis_points: int | None


class VehicleShown(Answer):
    plate: str | None
    vin: str | None
    make: str | None
    model: str | None
    mileage_km: int | None
    first_registered_on: Day | None
    colour: str | None


class CustomerShown(Answer):
    contact_id: str
    """The customer's id in `customers`, or the one that the case has for them."""
    known: bool
    """Whether the customer was picked among those of the dealership."""
    title: TitleNamed | None
    last_name: str | None
    first_name: str | None
    email: str | None
    phone: str | None
    language: str


class InternalMessageShown(Answer):
    kind: InternalNamed
    internal_message: str | None
    media_id: str | None
    contact_me: bool
    left_by: str
    left_at: Instant


class SourceShown(Answer):
    """A line of another case."""

    case_id: str
    work_id: str


class MeasurementShown(Answer):
    """A value that was read off."""

    unit: UnitNamed
    thousandths: int
    """Of the unit: 2800 is 2.8 mm."""


class ThresholdsShown(Answer):
    """In thousandths of the unit; a value exactly on one is not below it."""

    advised_below_thousandths: int
    urgent_below_thousandths: int
    advised_due_days: int | None
    urgent_due_days: int | None


class AssessmentShown(Answer):
    """The level and the day that a value led to, by what the checklist said then."""

    level: LevelNamed
    due_on: Day | None
    thresholds: ThresholdsShown


class WorkShown(Answer):
    work_id: str
    label: str
    level: LevelNamed
    price: PriceShown | None
    amounts: AmountsShown | None
    """Null where it has no price: then it is in no total."""
    carried_out: bool
    ordinal: int
    checklist_item_id: str | None
    due_on: Day | None
    """The day by which it is to be done, where the dealership is."""
    due_mileage_km: int | None
    source: SourceShown | None
    """The line of another case that it was taken from."""
    paid: bool
    """Online, in that case: it costs nothing here."""
    measurement: MeasurementShown | None
    assessment: AssessmentShown | None
    """Null where nothing was measured, or no checklist says what it means. Whoever listed the work
    may have said another level, or another day."""


class MarkShown(Answer):
    x_basis_points: int
    y_basis_points: int


class ShapeShown(Answer):
    kind: ShapeNamed
    marks: tuple[MarkShown, ...]
    colour: str


class MediaShown(Answer):
    media_id: str
    file_id: str
    kind: KindNamed
    length_milliseconds: int | None
    private: bool
    work_id: str | None
    ordinal: int
    shapes: tuple[ShapeShown, ...]


class RecipientShown(Answer):
    recipient_id: str
    kind: RecipientNamed
    name: str
    email: str | None
    phone: str | None
    language: str
    scope: ScopeNamed
    sees_prices: bool
    work_ids: tuple[str, ...]
    """The works that only they decide on."""
    pays: bool
    """Whether they may pay online."""
    decided: tuple[str, ...]
    """The works of the present version that they have decided on."""
    read: bool
    """Whether they opened the present version."""


class InvitationShown(Answer):
    """A message to a recipient, and what became of it."""

    invitation_id: str
    recipient_id: str
    version: int
    channel: ChannelNamed
    outcome: OutcomeNamed | None
    """Null until the provider said something."""
    invited_at: Instant


class LineShown(Answer):
    """A decision, with the work as it was shown."""

    work_id: str
    label: str
    level: LevelNamed
    amounts: AmountsShown | None
    media_ids: tuple[str, ...]
    accepted: bool
    paid: bool
    """Online, and not all of it went back."""
    risk_acknowledged: bool
    version: int


class AnswerShown(Answer):
    """The answer of the customer, or the reply to a sales case."""

    version: int
    origin: OriginNamed
    recipient_id: str | None
    taken_down_by: str | None
    accepted: AmountsShown
    late: bool
    """It came after the time by which it was wanted."""
    code_given: bool
    reply: str | None
    lines: tuple[LineShown, ...]
    answered_at: Instant


class ScanReportShown(Answer):
    """A report of T-Scan, as the source of works."""

    scan_report_id: str
    work_ids: tuple[str, ...]
    """The works that came with it, also those that were struck since."""


class PhotoExportStatus(StrEnum):
    """How far photos have come on their way to Planet VO."""

    ASKED = "asked"
    HANDED_OVER = "handed_over"
    FAILED = "failed"


class PhotoExportShown(Answer):
    """Photos that are to go to Planet VO, and what became of them."""

    export_id: str
    media_ids: tuple[str, ...]
    status: PhotoExportStatus
    failure: FailureNamed | None
    """Null unless it failed; asked again with the same id, it is tried anew."""
    asked_by: str
    asked_at: Instant
    ended_at: Instant | None


class PaymentShown(Answer):
    """The online payment of a case, as the provider of card payments confirmed it."""

    charge_id: str
    total: MoneyShown
    refunded: MoneyShown
    work_ids: tuple[str, ...]
    """The works whose money did not all go back."""
    invoice_number: str | None
    """Null while the invoice is being made."""
    paid_at: Instant


class VisitShown(Answer):
    """The answer of the customer to how the visit was, or why they were not asked."""

    status: VisitStatus
    at: Instant
    """When they are asked, or when it came to that."""
    score: int | None
    """From 0 to 10; null until they gave one."""
    reason: UnaskedNamed | None
    """Why they were not asked."""


class MessageProposed(Answer):
    """A predefined message, to be completed or changed before it is sent."""

    predefined_message_id: str
    language: str
    text: str
    translated: bool
    """False: there is none in the customer's language, and this is in that of the dealership, or
    as it was written first."""


# --- Whole ------------------------------------------------------------------


class CaseShown(Answer):
    """A case to colleagues, with what no customer sees."""

    case_id: str
    status: CaseStatus
    dealership_id: str
    brand: str
    module: ModuleNamed
    reference: str
    version: int
    """The last that was shown; 0 before the first."""
    author_id: str
    assignee_id: str | None
    sender_id: str | None
    """Who sent the present version."""
    duplicated_from: str | None
    time_zone: str
    vehicle: VehicleShown | None
    customer: CustomerShown | None
    message: str | None
    predefined_message_id: str | None
    proposed_message: MessageProposed | None
    """What the message begins with while none is written: the dealership's default for cases of
    this mode. Null afterwards, and without a default."""
    answer_by: Instant | None
    returned_by: Instant | None
    customer_waits: bool
    internal_message: InternalMessageShown | None
    works: tuple[WorkShown, ...]
    media: tuple[MediaShown, ...]
    proposed: AmountsShown
    """Of the works to decide on, or to plan, that have a price, as they are now."""
    carried_out: AmountsShown | None
    """Of a work report: of the works that were carried out and have a price."""
    imported_cases: tuple[str, ...]
    """The answered cases that a work report was made of."""
    scan_reports: tuple[ScanReportShown, ...]
    """The reports of T-Scan that were linked to it."""
    photo_exports: tuple[PhotoExportShown, ...]
    """Photos that go to Planet VO, or went there; the one that was asked for first comes first."""
    missing_works: int
    missing_media: int
    """Made on a phone, and still on their way."""
    recipients: tuple[RecipientShown, ...]
    invitations: tuple[InvitationShown, ...]
    read: bool
    """Whether the customer opened the present version."""
    answer: AnswerShown | None
    payment: PaymentShown | None
    """Null unless it was paid online."""
    contact: ContactStatus
    visit: VisitShown | None
    """Null where nobody asks how the visit was."""
    overdue: bool
    forgotten: bool
    """The customer was forgotten on request; texts about people are X."""
    created_at: Instant


class PageWork(Answer):
    work_id: str
    label: str
    level: LevelNamed
    amounts: AmountsShown | None
    """Null without a price, and to recipients who see none."""
    media_ids: tuple[str, ...]
    change: WorkChange
    accepted: bool | None
    """Null while nothing is decided."""
    may_decide: bool
    """Whether it is for whoever holds the link to decide on."""
    carried_out: bool
    """Of a work report: what was not is to be planned."""
    due_on: Day | None
    due_mileage_km: int | None
    paid: bool
    measurement: MeasurementShown | None
    assessment: AssessmentShown | None


class PageMedia(Answer):
    media_id: str
    file_id: str
    kind: KindNamed
    work_id: str | None
    shapes: tuple[ShapeShown, ...]


class PageShown(Answer):
    """A case as its customer, or another recipient, sees it: nothing private, nothing internal."""

    case_id: str
    status: CaseStatus
    dealership_id: str
    brand: str
    module: ModuleNamed
    reference: str
    version: int
    language: str
    message: str | None
    vehicle: VehicleShown | None
    works: tuple[PageWork, ...]
    carried_out: tuple[str, ...]
    """Works that were done already, by name; a work report has them among its works."""
    struck: tuple[str, ...]
    """Works of the version before that are gone, by name."""
    media: tuple[PageMedia, ...]
    """In the order in which they are shown, videos one after the other."""
    proposed: AmountsShown | None
    accepted: AmountsShown | None
    carried_out_amounts: AmountsShown | None
    """Of a work report."""
    answer_by: Instant | None
    returned_by: Instant | None
    """Null once it holds no more, because the time to answer is over."""
    may_answer: bool
    code_above: MoneyShown | None
    """Whoever accepts more than this is asked for a code."""


class WorkFact(Answer):
    """A work is on the list, or is another one than it was."""

    work_id: str
    label: str
    level: LevelNamed
    carried_out: bool
    due_on: Day | None
    due_mileage_km: int | None
    paid: bool
    measurement: MeasurementShown | None
    assessment: AssessmentShown | None
    listed_by: str
    listed_at: Instant


class CaseHistory(
    History,
    of=case_v1.contract,
    shows={
        CaseCreated: (
            *("case_id", "organisation_id", "dealership_id", "brand", "module", "reference"),
            *("contact_id", "author_id", "created_by", "duplicated_from", "created_at"),
        ),
        CaseIdentified: ("brand", "reference", "identified_by", "identified_at"),
        VehicleDescribed: ("mileage_km", "mileage_read_at", "described_by", "described_at"),
        CustomerNamed: ("contact_id", "known", "named_by", "named_at"),
        MessageComposed: ("message", "predefined_message_id", "composed_by", "composed_at"),
        CaseAssigned: ("assignee_id", "assigned_by", "assigned_at"),
        AnswerAsked: ("answer_by", "returned_by", "customer_waits", "asked_by", "asked_at"),
        InternalMessageLeft: ("kind", "media_id", "contact_me", "left_by", "left_at"),
        WorkListed: WorkFact,
        WorkStruck: ("work_id", "struck_by", "struck_at"),
        CaseImported: ("imported_case_id", "imported_by", "imported_at"),
        WorkTakenUp: ("work_id", "taken_up_by", "taken_up_at"),
        AuditLinked: ("audit_id", "linked_by", "linked_at"),
        ScanReportLinked: ("scan_report_id", "work_ids", "linked_by", "linked_at"),
        PhotoExportAsked: ("export_id", "media_ids", "asked_by", "asked_at"),
        PhotosHandedOver: ("export_id", "handed_over_at"),
        PhotoExportFailed: ("export_id", "failure", "failed_at"),
        MediaPlaced: (
            *("media_id", "file_id", "kind", "private", "work_id", "placed_by", "placed_at"),
        ),
        MediaTakenOut: ("media_id", "file_id", "taken_out_by", "taken_out_at"),
        CaseFinished: ("works", "media", "finished_by", "finished_at"),
        case_v1.RecipientNamed: (
            *("recipient_id", "kind", "language", "scope", "sees_prices", "pays"),
            *("work_ids", "named_by", "named_at"),
        ),
        RecipientDismissed: ("recipient_id", "dismissed_by", "dismissed_at"),
        LinkIssued: (
            *("link_id", "recipient_id", "scope", "pays", "expires_at", "issued_by", "issued_at"),
        ),
        LinkRevoked: ("link_id", "revoked_by", "revoked_at"),
        LinkTaken: ("link_id", "taken_at"),
        VersionFixed: ("version", "media_ids", "code_above", "answer_by", "fixed_at"),
        CaseSent: ("version", "channels", "sender_id", "direct", "sent_at"),
        CustomerInvited: (
            *("invitation_id", "recipient_id", "version", "kind", "channel", "sender_id"),
            "invited_at",
        ),
        InvitationFollowed: ("invitation_id", "message_id", "outcome", "followed_at"),
        SendingFailed: ("version", "sender_id", "failed_at"),
        CaseRead: ("version", "recipient_id", "link_id", "read_at"),
        RevisionBegun: ("version", "begun_by", "begun_at"),
        CodeAsked: ("link_id", "expires_at", "asked_at"),
        CodeMistaken: ("link_id", "mistaken_at"),
        CaseAnswered: (
            *("version", "origin", "recipient_id", "taken_down_by", "late", "code_given"),
            *("reply", "answered_at"),
        ),
        ContactRequested: ("recipient_id", "requested_at"),
        ContactHandled: ("handled_by", "handled_at"),
        AnswerUrged: ("minutes", "version", "channel", "urged_at"),
        AnswerOverdue: ("version", "sender_id", "overdue_at"),
        ColleaguesTold: ("notice", "colleague_id", "told_at"),
        CaseClosed: ("closed_by", "closed_at", "asked_after"),
        VisitQuestionDue: ("due_at",),
        VisitQuestionPutOff: ("asked_after", "put_off_at"),
        VisitQuestionAsked: ("channel", "asked_at"),
        VisitQuestionDropped: ("reason", "dropped_at"),
        VisitRated: ("link_id", "score", "rated_at"),
        CaseDeleted: ("deleted_by", "deleted_at"),
        SubjectForgotten: ("forgotten_at",),
    },
):
    """Every fact about a case, oldest first, the customer's among them."""


# --- Made -------------------------------------------------------------------


def status_of(state: case.Created) -> CaseStatus:
    match state:
        case case.Pending():
            return CaseStatus.PENDING_SEND
        case case.Sent():
            return CaseStatus.SENT
        case case.Read():
            return CaseStatus.READ
        case case.Answered():
            return CaseStatus.ANSWERED
        case case.Closed() | case.Deleted():
            return CaseStatus.CLOSED
        case unhandled:
            assert_never(unhandled)


def shown(
    state: case.Created, payment: Payment | None, proposed_message: Proposed | None = None
) -> CaseShown:
    """The case to colleagues."""
    paid = payment.kept if payment else frozenset[str]()
    held, created = state.dossier, state.dossier.created
    before = state.before if isinstance(state, case.Closed) else state
    sent = case.sent_of(before)
    there = works.proposed_works(held)
    proposed = works.proposed_amounts(there, created.currency)
    carried_out = works.carried_out_amounts(there, created.currency)
    finished, asked = held.finished, held.asked
    return CaseShown(
        case_id=created.case_id,
        status=status_of(state),
        dealership_id=created.dealership_id,
        brand=held.brand,
        module=created.module,
        reference=held.reference,
        version=held.version,
        author_id=created.author_id,
        assignee_id=held.assigned.assignee_id if held.assigned else None,
        sender_id=sent.sender_id if sent else None,
        duplicated_from=created.duplicated_from,
        time_zone=created.time_zone,
        vehicle=VehicleShown.of(held.vehicle) if held.vehicle else None,
        customer=CustomerShown.of(held.customer) if held.customer else None,
        message=held.message.message if held.message else None,
        predefined_message_id=held.message.predefined_message_id if held.message else None,
        proposed_message=message_proposed(proposed_message) if proposed_message else None,
        answer_by=asked.answer_by if asked else None,
        returned_by=asked.returned_by if asked else None,
        customer_waits=asked.customer_waits if asked else False,
        internal_message=InternalMessageShown.of(held.internal) if held.internal else None,
        works=tuple(WorkShown.of(one) for one in held.listed),
        media=tuple(MediaShown.of(one) for one in held.placed),
        proposed=AmountsShown.of(proposed),
        carried_out=AmountsShown.of(carried_out) if held.is_report else None,
        imported_cases=tuple(one.imported_case_id for one in held.imports),
        scan_reports=tuple(
            ScanReportShown(scan_report_id=id, work_ids=work_ids)
            for id, work_ids in held.scan_reports.items()
        ),
        photo_exports=tuple(map(export_shown, held.photo_exports.values())),
        missing_works=max(finished.works - len(held.works), 0) if finished else 0,
        missing_media=max(finished.media - len(held.media), 0) if finished else 0,
        recipients=tuple(recipient_shown(one, held) for one in held.named),
        invitations=tuple(invitation_shown(one, held) for one in held.invitations.values()),
        read=has_read(CUSTOMER, held),
        answer=answer_shown(before, paid) if isinstance(before, case.Answered) else None,
        payment=payment_shown(payment) if payment else None,
        contact=contact_of(held),
        visit=visit_shown(state) if isinstance(state, case.Closed) else None,
        overdue=held.overdue is not None,
        forgotten=held.forgotten,
        created_at=created.created_at,
    )


def message_proposed(one: Proposed) -> MessageProposed:
    return MessageProposed(
        predefined_message_id=one.predefined_message_id,
        language=one.picked.language,
        text=one.picked.text,
        translated=one.picked.translated,
    )


def export_shown(one: PhotoExport) -> PhotoExportShown:
    match one.end:
        case None:
            status, failure, ended_at = PhotoExportStatus.ASKED, None, None
        case PhotosHandedOver(handed_over_at=at):
            status, failure, ended_at = PhotoExportStatus.HANDED_OVER, None, at
        case PhotoExportFailed(failure=why, failed_at=at):
            status, failure, ended_at = PhotoExportStatus.FAILED, why, at
        case unhandled:
            assert_never(unhandled)
    return PhotoExportShown(
        export_id=one.asked.export_id,
        media_ids=one.asked.media_ids,
        status=status,
        failure=failure,
        asked_by=one.asked.asked_by,
        asked_at=one.asked.asked_at,
        ended_at=ended_at,
    )


def has_read(recipient_id: str, held: Dossier) -> bool:
    return any((r.recipient_id, r.version) == (recipient_id, held.version) for r in held.reads)


def contact_of(held: Dossier) -> ContactStatus:
    match held.contact:
        case None:
            return ContactStatus.NONE
        case ContactRequested():
            return ContactStatus.REQUESTED
        case ContactHandled():
            return ContactStatus.HANDLED
        case unhandled:
            assert_never(unhandled)


def visit_shown(state: case.Closed) -> VisitShown | None:
    match state.dossier.visit:
        case None:
            at = state.closed.asked_after
            return None if at is None else visit_at(VisitStatus.WAITING, at)
        case VisitQuestionDue(due_at=at):
            return visit_at(VisitStatus.WAITING, at)
        case VisitQuestionPutOff(asked_after=at):
            return visit_at(VisitStatus.WAITING, at)
        case VisitQuestionAsked(asked_at=at):
            return visit_at(VisitStatus.ASKED, at)
        case VisitQuestionDropped(dropped_at=at, reason=reason):
            return visit_at(VisitStatus.NOT_ASKED, at, reason=reason)
        case VisitRated(rated_at=at, score=score):
            return visit_at(VisitStatus.RATED, at, score=score)
        case unhandled:
            assert_never(unhandled)


def visit_at(
    status: VisitStatus,
    at: datetime,
    *,
    score: int | None = None,
    reason: VisitQuestionReason | None = None,
) -> VisitShown:
    return VisitShown(status=status, at=at, score=score, reason=reason)


def recipient_shown(one: case_v1.RecipientNamed, held: Dossier) -> RecipientShown:
    return RecipientShown(
        recipient_id=one.recipient_id,
        kind=one.kind,
        name=one.recipient_name,
        email=one.email,
        phone=one.phone,
        language=one.language,
        scope=one.scope,
        sees_prices=one.sees_prices,
        work_ids=one.work_ids,
        pays=recipients.may_pay(one),
        decided=tuple(
            line.work.work_id for line in held.lines if line.recipient_id == one.recipient_id
        ),
        read=has_read(one.recipient_id, held),
    )


def invitation_shown(one: CustomerInvited, held: Dossier) -> InvitationShown:
    followed = held.outcomes.get(one.invitation_id)
    return InvitationShown(
        invitation_id=one.invitation_id,
        recipient_id=one.recipient_id,
        version=one.version,
        channel=one.channel,
        outcome=followed.outcome if followed else None,
        invited_at=one.invited_at,
    )


def payment_shown(payment: Payment) -> PaymentShown:
    currency = payment.currency
    return PaymentShown(
        charge_id=payment.charge_id,
        total=MoneyShown(amount_minor=payment.paid_minor, currency=currency),
        refunded=MoneyShown(amount_minor=payment.refunded_minor, currency=currency),
        work_ids=tuple(sorted(payment.kept)),
        invoice_number=payment.invoice_number,
        paid_at=payment.paid_at,
    )


def answer_shown(state: case.Answered, paid: Collection[str]) -> AnswerShown:
    known = state.answered
    return AnswerShown(
        version=known.version,
        origin=known.origin,
        recipient_id=known.recipient_id,
        taken_down_by=known.taken_down_by,
        accepted=AmountsShown.of(known.accepted),
        late=known.late,
        code_given=known.code_given,
        reply=known.reply,
        lines=tuple(line_shown(one, paid) for one in state.dossier.lines),
        answered_at=known.answered_at,
    )


def line_shown(line: LineAccepted | LineRefused, paid: Collection[str]) -> LineShown:
    return LineShown(
        work_id=line.work.work_id,
        label=line.work.label,
        level=line.work.level,
        amounts=AmountsShown.of(line.work.amounts) if line.work.amounts else None,
        media_ids=line.work.media_ids,
        accepted=isinstance(line, LineAccepted),
        paid=line.work.work_id in paid,
        risk_acknowledged=isinstance(line, LineRefused) and line.risk_acknowledged,
        version=line.version,
    )


# --- The page ---------------------------------------------------------------


def page_shown(
    state: case.Live,
    link: LinkIssued | None,
    payment: Payment | None,
    holder: answering.Holder | None = None,
) -> PageShown:
    """The case as the holder of the link sees it; as the customer does, in a preview without one.

    Once a version was shown, that version; before, the content as it is now.
    """
    held, created = state.dossier, state.dossier.created
    pending = isinstance(state, case.Pending)
    fixed = None if pending or not held.versions else held.versions[-1]
    lines = works.proposed_works(held) if fixed is None else fixed.works
    proposed = works.proposed_amounts(lines, created.currency)
    prices = sees_prices(held, link)
    paid = payment.kept if payment else frozenset[str]()
    former = former_works(held, pending=pending)
    answered = state.answered if isinstance(state, case.Answered) else None
    may_answer = (
        answered is None
        and not held.is_report
        and (link is None or link.scope is LinkScope.ANSWER)
        and (holder is None or not answering.is_forwarded(holder, held))
    )
    of = link.recipient_id if link else CUSTOMER
    mine = {o.work_id for o in answering.decidable(held, lines, of)} if may_answer else set()
    asked = held.asked
    return PageShown(
        case_id=created.case_id,
        status=status_of(state),
        dealership_id=created.dealership_id,
        brand=held.brand,
        module=created.module,
        reference=held.reference,
        version=held.version,
        language=language_of(held, link),
        message=held.message.message if held.message else None,
        vehicle=VehicleShown.of(held.vehicle) if held.vehicle else None,
        works=tuple(page_work(one, held, former, paid, mine, prices=prices) for one in lines),
        carried_out=() if held.is_report else done_already(held),
        struck=struck_works(lines, former),
        media=tuple(PageMedia.of(one) for one in held.public),
        proposed=AmountsShown.of(proposed) if prices else None,
        accepted=AmountsShown.of(answered.accepted) if answered and prices else None,
        carried_out_amounts=total_done(lines, held) if prices and held.is_report else None,
        answer_by=asked.answer_by if asked else None,
        returned_by=asked.returned_by if asked and not held.overdue else None,
        may_answer=may_answer and (held.is_sales or bool(mine)),
        code_above=MoneyShown.of(fixed.code_above) if fixed and fixed.code_above else None,
    )


def done_already(held: Dossier) -> tuple[str, ...]:
    return tuple(one.label for one in held.listed if one.carried_out)


def total_done(lines: tuple[Work, ...], held: Dossier) -> AmountsShown:
    return AmountsShown.of(works.carried_out_amounts(lines, held.created.currency))


def sees_prices(held: Dossier, link: LinkIssued | None) -> bool:
    if link is None or link.recipient_id == CUSTOMER:
        return True
    return any(one.sees_prices for one in held.named if one.recipient_id == link.recipient_id)


def language_of(held: Dossier, link: LinkIssued | None) -> str:
    of = link.recipient_id if link else CUSTOMER
    return next((one.language for one in held.named if one.recipient_id == of), held.language)


def former_works(held: Dossier, *, pending: bool) -> tuple[Work, ...] | None:
    """The works of the version before the one that is shown; None where there is none."""
    before = held.versions if pending else held.versions[:-1]
    return before[-1].works if before else None


def struck_works(lines: tuple[Work, ...], former: tuple[Work, ...] | None) -> tuple[str, ...]:
    there = {one.work_id for one in lines}
    return tuple(one.label for one in former or () if one.work_id not in there)


def page_work(
    work: Work,
    held: Dossier,
    former: tuple[Work, ...] | None,
    paid: Collection[str],
    mine: Collection[str],
    *,
    prices: bool,
) -> PageWork:
    decided = {one.work.work_id: isinstance(one, LineAccepted) for one in held.lines}
    return PageWork(
        work_id=work.work_id,
        label=work.label,
        level=work.level,
        amounts=AmountsShown.of(work.amounts) if work.amounts and prices else None,
        media_ids=work.media_ids,
        change=change_of(work, former),
        accepted=decided.get(work.work_id),
        may_decide=work.work_id in mine,
        carried_out=work.carried_out,
        due_on=work.due_on,
        due_mileage_km=work.due_mileage_km,
        paid=work.paid or work.work_id in paid,
        measurement=MeasurementShown.of(work.measurement) if work.measurement else None,
        assessment=AssessmentShown.of(work.assessment) if work.assessment else None,
    )


def change_of(work: Work, former: tuple[Work, ...] | None) -> WorkChange:
    """Against the version before; in the first one nothing is another than it was."""
    if former is None:
        return WorkChange.SAME
    known = next((one for one in former if one.work_id == work.work_id), None)
    if known is None:
        return WorkChange.NEW
    return WorkChange.SAME if known == work else WorkChange.CHANGED
