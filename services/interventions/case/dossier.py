"""All that a case holds, whatever its status: what was put in, what was shown, who was told."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import assert_never

from contracts.interventions.case_v1 import (
    AnswerAsked,
    AnswerOverdue,
    AnswerUrged,
    AuditLinked,
    CaseAssigned,
    CaseCreated,
    CaseFinished,
    CaseIdentified,
    CaseImported,
    CaseRead,
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
    LinkTaken,
    MediaPlaced,
    MediaTakenOut,
    MessageComposed,
    Module,
    PhotoExportAsked,
    PhotoExportFailed,
    PhotosHandedOver,
    RecipientDismissed,
    RecipientNamed,
    ScanReportLinked,
    SubjectForgotten,
    VehicleDescribed,
    VersionFixed,
    VisitQuestionAsked,
    VisitQuestionDropped,
    VisitQuestionDue,
    VisitQuestionPutOff,
    VisitRated,
    WorkListed,
    WorkStruck,
    WorkTakenUp,
    contract,
)

CUSTOMER = "customer"
"""The id of the recipient who is the customer of the case."""
SALES = frozenset({Module.USED_VEHICLE_STOCK, Module.DIRECT_MESSAGE})

Kept = (
    CaseIdentified
    | VehicleDescribed
    | CustomerNamed
    | MessageComposed
    | CaseAssigned
    | AnswerAsked
    | InternalMessageLeft
    | WorkListed
    | WorkStruck
    | MediaPlaced
    | MediaTakenOut
    | CaseFinished
    | RecipientNamed
    | RecipientDismissed
)
"""Events of what was put in: of each thing the last word counts."""
Visit = (
    VisitQuestionDue | VisitQuestionPutOff | VisitQuestionAsked | VisitQuestionDropped | VisitRated
)
"""Events of the question how the visit was."""
Shown = (
    LinkIssued
    | LinkRevoked
    | LinkTaken
    | VersionFixed
    | CustomerInvited
    | InvitationFollowed
    | CaseRead
    | LineAccepted
    | LineRefused
    | CodeAsked
    | CodeMistaken
    | ContactRequested
    | ContactHandled
    | AnswerUrged
    | AnswerOverdue
    | ColleaguesTold
    | Visit
    | SubjectForgotten
)
"""Events of what was shown, and what came of it."""
Brought = CaseImported | WorkTakenUp | AuditLinked | ScanReportLinked
"""Events of what came from other cases, audits and scans, beside the works that it became."""
Exported = PhotoExportAsked | PhotosHandedOver | PhotoExportFailed
"""Events of photos that went to Planet VO, or did not."""
Event = Kept | Shown | Brought | Exported


@dataclass(frozen=True, slots=True)
class Code:
    """The code that was sent to the known phone last, and the attempts to guess it."""

    asked: CodeAsked
    times: int
    """How many were sent, with this one."""
    mistaken: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class PhotoExport:
    """Photos that were asked to go to Planet VO; `end` is None while they are on their way."""

    asked: PhotoExportAsked
    end: PhotosHandedOver | PhotoExportFailed | None = None


@dataclass(frozen=True, slots=True)
class Dossier:
    """The content of a case. Of what can be put in again, the last word by the time it was said."""

    created: CaseCreated
    identified: CaseIdentified | None = None
    vehicle: VehicleDescribed | None = None
    customer: CustomerNamed | None = None
    message: MessageComposed | None = None
    assigned: CaseAssigned | None = None
    asked: AnswerAsked | None = None
    internal: InternalMessageLeft | None = None
    internal_media: frozenset[str] = frozenset()
    """The videos of all internal messages: one that is replaced becomes public by that neither."""
    works: Mapping[str, WorkListed | WorkStruck] = field(default_factory=dict)
    imports: tuple[CaseImported, ...] = ()
    audits: frozenset[str] = frozenset()
    """Those that were linked to it."""
    scan_reports: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The reports of T-Scan that were linked to it, with the works that came with each."""
    photo_exports: Mapping[str, PhotoExport] = field(default_factory=dict)
    media: Mapping[str, MediaPlaced | MediaTakenOut] = field(default_factory=dict)
    files: frozenset[str] = frozenset()
    """All that ever were in the case."""
    finished: CaseFinished | None = None
    recipients: Mapping[str, RecipientNamed | RecipientDismissed] = field(default_factory=dict)
    versions: tuple[VersionFixed, ...] = ()
    links: Mapping[str, LinkIssued] = field(default_factory=dict)
    void: frozenset[str] = frozenset()
    """The links that work no more."""
    takers: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """By link, the digests of the browsers in which it does more than read."""
    invitations: Mapping[str, CustomerInvited] = field(default_factory=dict)
    outcomes: Mapping[str, InvitationFollowed] = field(default_factory=dict)
    """The last of each invitation."""
    reads: tuple[CaseRead, ...] = ()
    """The first by each link, of each version."""
    lines: tuple[LineAccepted | LineRefused, ...] = ()
    """Those of the last version."""
    codes: Mapping[str, Code] = field(default_factory=dict)
    """By the link that they are asked for."""
    contact: ContactRequested | ContactHandled | None = None
    callers: frozenset[str] = frozenset()
    """The recipients who wait to be called."""
    urged: AnswerUrged | None = None
    overdue: AnswerOverdue | None = None
    visit: Visit | None = None
    """How far the question how the visit was has come."""
    told: frozenset[str] = frozenset()
    """The facts that colleagues were told of."""
    forgotten: bool = False

    @property
    def brand(self) -> str:
        return self.identified.brand if self.identified else self.created.brand

    @property
    def reference(self) -> str:
        return self.identified.reference if self.identified else self.created.reference

    @property
    def contact_id(self) -> str:
        """The customer of the case in `customers`."""
        return self.customer.contact_id if self.customer else self.created.contact_id

    @property
    def language(self) -> str:
        """The customer's, or the default of the dealership."""
        return self.customer.language if self.customer else self.created.language

    @property
    def is_sales(self) -> bool:
        return self.created.module in SALES

    @property
    def is_stock(self) -> bool:
        """Whether it is for the sellers of the group, and never sent (G-35)."""
        return self.created.module is Module.USED_VEHICLE_STOCK

    @property
    def is_report(self) -> bool:
        """Whether it tells what was done, in place of proposing it (FLB-112)."""
        return self.created.module is Module.WORK_REPORT

    @property
    def listed(self) -> tuple[WorkListed, ...]:
        """The works on the list, in their order."""
        there = (one for one in self.works.values() if isinstance(one, WorkListed))
        return tuple(sorted(there, key=lambda one: (one.ordinal, one.work_id)))

    @property
    def placed(self) -> tuple[MediaPlaced, ...]:
        """The media of the case, in their order."""
        there = (one for one in self.media.values() if isinstance(one, MediaPlaced))
        return tuple(sorted(there, key=lambda one: (one.ordinal, one.media_id)))

    @property
    def public(self) -> tuple[MediaPlaced, ...]:
        """Those that the customer is shown; the video of an internal message never (G-38)."""
        hidden = self.internal_media
        return tuple(one for one in self.placed if not one.private and one.media_id not in hidden)

    @property
    def named(self) -> tuple[RecipientNamed, ...]:
        """Those beside the customer who are shown the case."""
        there = (one for one in self.recipients.values() if isinstance(one, RecipientNamed))
        return tuple(sorted(there, key=lambda one: one.recipient_id))

    @property
    def version(self) -> int:
        """The last version that was fixed; 0 before the first."""
        return self.versions[-1].version if self.versions else 0

    def link_of(self, recipient_id: str) -> LinkIssued | None:
        """The last link of somebody that was not revoked, expired or not."""
        valid = [
            one
            for one in self.links.values()
            if one.recipient_id == recipient_id and one.link_id not in self.void
        ]
        return valid[-1] if valid else None


def evolve(dossier: Dossier, event: Event) -> Dossier:
    if isinstance(event, Kept):
        return kept(dossier, event)
    if isinstance(event, Brought):
        return brought(dossier, event)
    if isinstance(event, Exported):
        return exported(dossier, event)
    return shown(dossier, event)


def brought(dossier: Dossier, event: Brought) -> Dossier:
    match event:
        case CaseImported():
            return replace(dossier, imports=(*dossier.imports, event))
        case AuditLinked():
            return replace(dossier, audits=dossier.audits | {event.audit_id})
        case ScanReportLinked():
            reports = {**dossier.scan_reports, event.scan_report_id: event.work_ids}
            return replace(dossier, scan_reports=reports)
        case WorkTakenUp():
            return dossier
        case unhandled:
            assert_never(unhandled)


def exported(dossier: Dossier, event: Exported) -> Dossier:
    known = dossier.photo_exports
    match event:
        case PhotoExportAsked():
            now = PhotoExport(event)
        case PhotosHandedOver() | PhotoExportFailed():
            if event.export_id not in known:
                return dossier
            now = replace(known[event.export_id], end=event)
        case unhandled:
            assert_never(unhandled)
    return replace(dossier, photo_exports={**known, event.export_id: now})


def kept(dossier: Dossier, event: Kept) -> Dossier:
    match event:
        case CaseIdentified():
            return replace(dossier, identified=event)
        case VehicleDescribed():
            return replace(dossier, vehicle=event)
        case CustomerNamed():
            return replace(dossier, customer=event)
        case MessageComposed():
            return replace(dossier, message=event)
        case CaseAssigned():
            return replace(dossier, assigned=event)
        case AnswerAsked():
            return replace(dossier, asked=event)
        case InternalMessageLeft():
            videos = dossier.internal_media | ({event.media_id} if event.media_id else set())
            return replace(dossier, internal=event, internal_media=videos)
        case WorkListed() | WorkStruck():
            return replace(dossier, works={**dossier.works, event.work_id: event})
        case MediaPlaced() | MediaTakenOut():
            media = {**dossier.media, event.media_id: event}
            return replace(dossier, media=media, files=dossier.files | {event.file_id})
        case CaseFinished():
            return replace(dossier, finished=event)
        case RecipientNamed() | RecipientDismissed():
            return replace(dossier, recipients={**dossier.recipients, event.recipient_id: event})
        case unhandled:
            assert_never(unhandled)


def shown(dossier: Dossier, event: Shown) -> Dossier:
    match event:
        case LinkIssued():
            return replace(dossier, links={**dossier.links, event.link_id: event})
        case LinkRevoked():
            return replace(dossier, void=dossier.void | {event.link_id})
        case LinkTaken():
            takers = dossier.takers.get(event.link_id, frozenset()) | {event.browser_digest}
            return replace(dossier, takers={**dossier.takers, event.link_id: takers})
        case VersionFixed():
            versions = (*dossier.versions, event)
            return replace(dossier, versions=versions, lines=(), urged=None, overdue=None)
        case CustomerInvited():
            known = {**dossier.invitations, event.invitation_id: event}
            return replace(dossier, invitations=known)
        case InvitationFollowed():
            return replace(dossier, outcomes={**dossier.outcomes, event.invitation_id: event})
        case CaseRead():
            return replace(dossier, reads=(*dossier.reads, event))
        case LineAccepted() | LineRefused():
            return replace(dossier, lines=(*dossier.lines, event))
        case CodeAsked():
            return code_asked(dossier, event)
        case CodeMistaken():
            return mistaken(dossier, event)
        case ContactRequested():
            callers = dossier.callers | {event.recipient_id}
            return replace(dossier, contact=event, callers=callers)
        case ContactHandled():
            return replace(dossier, contact=event, callers=frozenset())
        case AnswerUrged():
            return replace(dossier, urged=event)
        case AnswerOverdue():
            return replace(dossier, overdue=event)
        case ColleaguesTold():
            return replace(dossier, told=dossier.told | {event.cause})
        case (
            VisitQuestionDue()
            | VisitQuestionPutOff()
            | VisitQuestionAsked()
            | VisitQuestionDropped()
            | VisitRated()
        ):
            return replace(dossier, visit=event)
        case SubjectForgotten():
            return replace(dossier, forgotten=True, void=frozenset(dossier.links))
        case unhandled:
            assert_never(unhandled)


def code_asked(dossier: Dossier, event: CodeAsked) -> Dossier:
    known = dossier.codes.get(event.link_id)
    code = Code(event, times=known.times + 1 if known else 1)
    return replace(dossier, codes={**dossier.codes, event.link_id: code})


def mistaken(dossier: Dossier, event: CodeMistaken) -> Dossier:
    if (code := dossier.codes.get(event.link_id)) is None:
        return dossier
    tried = replace(code, mistaken=code.mistaken | {event.attempt_id})
    return replace(dossier, codes={**dossier.codes, event.link_id: tried})


def counts(said: Kept, known: Kept | None) -> bool:
    """Whether a word counts in place of the known one: the later one, by when it was said; of two
    of one instant always the same, so that parts of a case may come in any order (FLB-031)."""
    return known is None or (_said_at(said), repr(said)) > (_said_at(known), repr(known))


def _said_at(event: Kept) -> datetime | date:
    kind = contract.by_class(type(event))
    return getattr(event, kind.time)  # type: ignore[no-any-return]
