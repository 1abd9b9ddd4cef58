"""A case: made, filled, sent, read, answered, closed and deleted (SM-13)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce
from typing import assert_never

from contracts.interventions.case_v1 import (
    CaseAnswered,
    CaseClosed,
    CaseCreated,
    CaseDeleted,
    CaseEvent,
    CaseRead,
    CaseSent,
    CustomerNamed,
    LinkIssued,
    MediaPlaced,
    MessageComposed,
    Module,
    RevisionBegun,
    SendingFailed,
    SubjectForgotten,
    VehicleDescribed,
    WorkListed,
)
from contracts.timers import CancelTimer, SetTimer
from services.interventions.case import (
    answering,
    bringing,
    content,
    deadline,
    dossier,
    exporting,
    media,
    recipients,
    sending,
    telling,
    visit,
    works,
)
from services.interventions.case.dossier import Dossier

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """The parts of another case that a duplicate takes over (G-92)."""

    case_id: str
    vehicle: VehicleDescribed | None
    customer: CustomerNamed | None
    message: MessageComposed | None
    works: tuple[WorkListed, ...]
    media: tuple[MediaPlaced, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateCase:
    """`case_id` is the server's, and follows from what the client calls the case."""

    case_id: str
    organisation_id: str
    dealership_id: str
    brand: str
    module: Module
    reference: str
    author_id: str
    currency: str
    vat_basis_points: int
    time_zone: str
    language: str
    copied: Copied | None = None
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseCase:
    organisation_id: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteCase:
    organisation_id: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetCase:
    """The key of the case is destroyed: whoever it is about cannot be read any more (G-50)."""

    organisation_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AnonymiseCase:
    """Follows from the erasure of the customer."""

    case_id: str
    organisation_id: str
    at: datetime


OfContent = (
    content.Command | works.Command | bringing.Command | media.Command | recipients.OfRecipients
)
OfProposal = sending.Command | recipients.OfLinks | answering.OfStaff
OfLive = OfContent | OfProposal | exporting.AskPhotoExport
OfStaff = OfLive | CloseCase | DeleteCase | ForgetCase
OfHolder = answering.OfHolder | visit.RateVisit
OfItself = (
    sending.FollowInvitation
    | telling.TellColleagues
    | exporting.EndPhotoExport
    | deadline.Command
    | visit.OfItself
)
Command = CreateCase | OfStaff | OfHolder | OfItself | AnonymiseCase

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoSuchCase:
    pass


@dataclass(frozen=True, slots=True)
class CaseIdTaken:
    case_id: str


@dataclass(frozen=True, slots=True)
class CaseIsSent:
    """It was shown to the customer, and is changed by a new version alone (FLB-081)."""


@dataclass(frozen=True, slots=True)
class CaseIsAnswered:
    pass


@dataclass(frozen=True, slots=True)
class CaseIsNotRead:
    """The page is opened before it is answered."""


@dataclass(frozen=True, slots=True)
class CaseIsClosed:
    pass


@dataclass(frozen=True, slots=True)
class CaseIsNotClosed:
    """Only a closed case is deleted (FLB-107)."""


@dataclass(frozen=True, slots=True)
class CaseIsForgotten:
    """The customer was forgotten on request, so nothing about anybody is put in any more."""


Rejection = (
    NoSuchCase
    | CaseIdTaken
    | CaseIsSent
    | CaseIsAnswered
    | CaseIsNotRead
    | CaseIsClosed
    | CaseIsNotClosed
    | CaseIsForgotten
    | content.Rejection
    | works.Rejection
    | bringing.Rejection
    | media.Rejection
    | recipients.Rejection
    | sending.Rejection
    | answering.Rejection
    | exporting.Rejection
    | visit.Rejection
)

# --- State ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Uncreated:
    pass


@dataclass(frozen=True, slots=True)
class Pending:
    """It waits to be sent, and can be changed."""

    dossier: Dossier


@dataclass(frozen=True, slots=True)
class Sent:
    """It was sent, and nobody has opened it."""

    dossier: Dossier
    sent: CaseSent


@dataclass(frozen=True, slots=True)
class Read:
    """Somebody opened it; `sent` is None where that was before it was sent (G-43)."""

    dossier: Dossier
    sent: CaseSent | None
    read: CaseRead


@dataclass(frozen=True, slots=True)
class Answered:
    dossier: Dossier
    sent: CaseSent | None
    answered: CaseAnswered


@dataclass(frozen=True, slots=True)
class Closed:
    dossier: Dossier
    before: "Pending | Sent | Read | Answered"
    closed: CaseClosed


@dataclass(frozen=True, slots=True)
class Deleted:
    dossier: Dossier


Live = Pending | Sent | Read | Answered
Created = Live | Closed | Deleted
Case = Uncreated | Created

initial: Case = Uncreated()


def evolve(case: Case, event: CaseEvent) -> Case:
    """Take history as recorded: a rule added today must not break yesterday's events."""
    if isinstance(event, CaseCreated):
        return Pending(Dossier(event))
    if isinstance(case, Uncreated):
        return case
    held = case.dossier
    match event:
        case CaseSent():
            return Sent(held, event)
        case SendingFailed():
            return Pending(held)
        case RevisionBegun():
            return Pending(replace(held, void=frozenset(held.links)))
        case CaseRead():
            return read(case, event)
        case CaseAnswered():
            return Answered(held, sent_of(case), event)
        case CaseClosed():
            return case if isinstance(case, Closed | Deleted) else Closed(held, case, event)
        case CaseDeleted():
            return Deleted(held)
        case _:
            return replace(case, dossier=dossier.evolve(held, event))


def read(case: Created, event: CaseRead) -> Created:
    """The case is read from its first reader on, and keeps who read it."""
    held = dossier.evolve(case.dossier, event)
    match case:
        case Pending() | Sent():
            return Read(held, sent_of(case), event)
        case Read() | Answered() | Closed() | Deleted():
            return replace(case, dossier=held)
        case unhandled:
            assert_never(unhandled)


def sent_of(case: Created) -> CaseSent | None:
    """The last sending, None where there was none or the case is worked on again."""
    return case.sent if isinstance(case, Sent | Read | Answered) else None


# --- Decisions --------------------------------------------------------------

Decision = list[CaseEvent] | Rejection


def decide(command: Command, case: Case) -> Decision:
    """New facts, an empty list when they are already recorded, or the rule that says no."""
    if isinstance(command, CreateCase):
        return create(command, case)
    if isinstance(command, OfItself):
        return decide_of_itself(command, case)
    if isinstance(command, AnonymiseCase):
        return anonymise(command, case)
    if isinstance(case, Uncreated):
        return NoSuchCase()
    if isinstance(command, OfHolder):
        return decide_of_holder(command, case)
    if command.organisation_id != case.dossier.created.organisation_id:
        return NoSuchCase()
    if isinstance(command, ForgetCase):
        return forget(command, case)
    if isinstance(case, Deleted):
        return [] if isinstance(command, DeleteCase) else NoSuchCase()
    match command:
        case CloseCase():
            return close(command, case)
        case DeleteCase():
            return delete(command, case)
        case _:
            return decide_of_staff(command, case)


def decide_of_itself(command: OfItself, case: Case) -> list[CaseEvent]:
    """Messages and clocks tell nothing new of a case that is over."""
    if isinstance(command, telling.TellColleagues):
        return [] if isinstance(case, Uncreated | Deleted) else telling.tell(command, case.dossier)
    if isinstance(command, exporting.EndPhotoExport):
        return [] if isinstance(case, Uncreated | Deleted) else exporting.end(command, case.dossier)
    if isinstance(command, visit.OfItself):
        if not isinstance(case, Closed):
            return []
        return visit.decide_of_itself(command, case.dossier, case.closed)
    match case:
        case Uncreated() | Deleted():
            return []
        case Sent(dossier=held, sent=sent):
            if isinstance(command, sending.FollowInvitation):
                return sending.follow(command, held, waiting=sent)
            return deadline.decide(command, held, sent)
        case Read(dossier=held, sent=sent):
            if isinstance(command, deadline.Command):
                return deadline.decide(command, held, sent)
        case Pending(dossier=held) | Answered(dossier=held) | Closed(dossier=held):
            if isinstance(command, deadline.Command):
                return []
        case unhandled:
            assert_never(unhandled)
    return sending.follow(command, held, waiting=None)


def decide_of_holder(command: OfHolder, case: Created) -> Decision:
    """Somebody with a link asks."""
    if isinstance(case, Deleted):
        return CaseIsClosed()
    if isinstance(case, Closed):
        return decide_closed(command, case)
    link = answering.link_of(command.holder, case.dossier, command.at)
    if isinstance(link, answering.LinkIsVoid):
        return link
    if isinstance(command, visit.RateVisit):
        return visit.VisitNotAsked()
    match case:
        case Pending(dossier=held):
            if not isinstance(command, answering.OpenPage):
                return CaseIsNotRead()
            return open_pending(command, held, link)
        case Answered():
            return decide_answered(command, case, link)
        case Sent(dossier=held, sent=sent) | Read(dossier=held, sent=sent):
            if isinstance(command, answering.OpenPage):
                return answering.opened(command, held, link, None)
            if isinstance(command, answering.TakeLink):
                return answering.take_link(command, held)
            return decide_shown(command, held, link, sent)
        case unhandled:
            assert_never(unhandled)


def decide_closed(command: OfHolder, case: Closed) -> Decision:
    """A closed case shows nothing any more (G-44), but asks how the visit was (I15)."""
    held = case.dossier
    if isinstance(command, answering.OpenPage | answering.OfShown):
        return CaseIsClosed()
    link = answering.link_of(command.holder, held, command.at)
    if isinstance(link, answering.LinkIsVoid):
        return link
    if not visit.asks(held, link):
        return visit.VisitNotAsked() if isinstance(command, visit.RateVisit) else CaseIsClosed()
    match command:
        case visit.RateVisit():
            return visit.rate(command, held, link, sent_of(case.before))
        case answering.TakeLink():
            return answering.take_link(command, held)
        case answering.AskCode():
            forwarded = answering.is_forwarded(command.holder, held)
            return answering.ask_code(command, held, link) if forwarded else CaseIsClosed()
        case unhandled:
            assert_never(unhandled)


def open_pending(command: answering.OpenPage, held: Dossier, link: LinkIssued) -> Decision:
    """A case that is opened before it is sent is fixed by that (G-43); stock cases are for many,
    and stay as they are."""
    if held.is_stock:
        return []
    version = sending.fixed(held, command.code_above, command.at)
    return answering.opened(command, held, link, version)


def decide_shown(
    command: answering.Decisive, held: Dossier, link: LinkIssued, sent: CaseSent | None
) -> Decision:
    match command:
        case answering.AnswerCase():
            return answering.answer(command, held, link, sent)
        case answering.ReplyToCase():
            return answering.reply(command, held, link, sent)
        case answering.AskCode():
            return answering.ask_code(command, held, link)
        case answering.RequestContact():
            return answering.request_contact(command, held, link, sent)
        case unhandled:
            assert_never(unhandled)


def decide_answered(command: answering.OfHolder, case: Answered, link: LinkIssued) -> Decision:
    """The holder of a link may still read, and ask to be called; the first answer stands."""
    held, known = case.dossier, case.answered
    match command:
        case answering.OpenPage():
            return answering.opened(command, held, link, None)
        case answering.RequestContact():
            return answering.request_contact(command, held, link, case.sent)
        case answering.TakeLink():
            return answering.take_link(command, held)
        case answering.AnswerCase() | answering.ReplyToCase():
            same = answering.is_answer(command, known, held)
            return [] if same else CaseIsAnswered()
        case answering.AskCode():
            if answering.is_forwarded(command.holder, held):
                return answering.ask_code(command, held, link)
            return CaseIsAnswered()
        case unhandled:
            assert_never(unhandled)


def decide_of_staff(command: OfLive, case: Live | Closed) -> Decision:
    if isinstance(command, OfContent):
        return decide_on_content(command, case)
    held = case.dossier
    if isinstance(command, answering.HandleContact):
        # Whoever rates the visit badly asks to be called when the case is closed (I15).
        return CaseIsForgotten() if held.forgotten else answering.handle_contact(command, held)
    if isinstance(case, Closed):
        return CaseIsClosed()
    if held.forgotten:
        return CaseIsForgotten()
    if isinstance(command, recipients.OfLinks):
        return recipients.decide_on_link(command, held)
    match command:
        case sending.SendCase():
            return send(command, case)
        case sending.SendAgain() | sending.BeginRevision():
            return decide_on_sent(command, case)
        case answering.TakeDownAnswer():
            return take_down(command, case)
        case exporting.AskPhotoExport():
            return exporting.ask(command, held)
        case unhandled:
            assert_never(unhandled)


def send(command: sending.SendCase, case: Live) -> Decision:
    match case:
        case Pending(dossier=held):
            return sending.send(command, held)
        case Sent() | Read():
            begun = f"{command.sending_id}-"
            own = any(id.startswith(begun) for id in case.dossier.invitations)
            return [] if own else CaseIsSent()
        case Answered():
            return CaseIsAnswered()
        case unhandled:
            assert_never(unhandled)


def decide_on_sent(command: sending.SendAgain | sending.BeginRevision, case: Live) -> Decision:
    match case:
        case Pending(dossier=held):
            again = isinstance(command, sending.BeginRevision) and command.version == held.version
            return [] if again and held.version else sending.CaseIsNotSent()
        case Answered():
            return CaseIsAnswered()
        case Sent(dossier=held) | Read(dossier=held):
            if isinstance(command, sending.SendAgain):
                return sending.send_again(command, held)
            return sending.begin_revision(command, held)
        case unhandled:
            assert_never(unhandled)


def take_down(command: answering.TakeDownAnswer, case: Live) -> Decision:
    """Also of a case that was never sent: then its content is fixed by this."""
    held = case.dossier
    match case:
        case Pending():
            version = sending.fixed(held, None, command.at)
        case Sent() | Read():
            version = held.versions[-1]
        case Answered(answered=known):
            return [] if answering.is_answer(command, known, held) else CaseIsAnswered()
        case unhandled:
            assert_never(unhandled)
    decision = answering.take_down(command, held, sent_of(case), version)
    if command.notify is None or not isinstance(decision, list):
        return decision
    told = sending.confirm(command.notify, reduce(dossier.evolve, of_dossier(decision), held))
    return [*decision, *told] if isinstance(told, list) else told


def of_dossier(events: list[CaseEvent]) -> Iterator[dossier.Event]:
    return (one for one in events if isinstance(one, dossier.Event))


def decide_on_content(command: OfContent, case: Live | Closed) -> Decision:
    """The content is read-only once the customer may have seen it (FLB-081)."""
    match case:
        case Pending(dossier=held):
            if held.forgotten:
                return CaseIsForgotten()
        case Sent() | Read():
            return CaseIsSent()
        case Answered():
            return CaseIsAnswered()
        case Closed():
            return CaseIsClosed()
        case unhandled:
            assert_never(unhandled)
    if isinstance(command, works.Command):
        return works.decide(command, held)
    if isinstance(command, bringing.Command):
        return bringing.decide(command, held)
    if isinstance(command, media.Command):
        return media.decide(command, held)
    if isinstance(command, recipients.OfRecipients):
        return recipients.decide(command, held)
    return content.decide(command, held)


def create(command: CreateCase, case: Case) -> Decision:
    made = created(command)
    if isinstance(case, Uncreated):
        return [made, *copies(command.copied, Dossier(made))] if command.copied else [made]
    known = case.dossier.created
    # The settings of the dealership, and its clock, may be others when the same comes again.
    again = replace(
        made,
        created_by=known.created_by,
        currency=known.currency,
        vat_basis_points=known.vat_basis_points,
        time_zone=known.time_zone,
        language=known.language,
        created_at=known.created_at,
    )
    return [] if again == known else CaseIdTaken(command.case_id)


def close(command: CloseCase, case: Live | Closed) -> Decision:
    """From any state, for good (G-44)."""
    if isinstance(case, Closed):
        return []
    known = case.dossier.created
    return [
        CaseClosed(
            case_id=known.case_id,
            organisation_id=known.organisation_id,
            dealership_id=known.dealership_id,
            closed_by=command.by,
            closed_at=command.at,
            asked_after=visit.asked_after(case.dossier, command.at),
        )
    ]


def delete(command: DeleteCase, case: Live | Closed) -> Decision:
    if not isinstance(case, Closed):
        return CaseIsNotClosed()
    known = case.dossier.created
    return [
        CaseDeleted(
            case_id=known.case_id,
            organisation_id=known.organisation_id,
            dealership_id=known.dealership_id,
            deleted_by=command.by,
            deleted_at=command.at,
            file_ids=tuple(sorted(case.dossier.files)),
        )
    ]


def anonymise(command: AnonymiseCase, case: Case) -> Decision:
    """A case of another organisation is none of the customer's, whatever was said."""
    if isinstance(case, Uncreated):
        return []
    if case.dossier.created.organisation_id != command.organisation_id:
        return []
    return forget(command, case)


def forget(command: ForgetCase | AnonymiseCase, case: Created) -> Decision:
    """Also of a deleted case: whoever kept something of it drops that as well."""
    if case.dossier.forgotten:
        return []
    known = case.dossier.created
    return [
        SubjectForgotten(
            case_id=known.case_id,
            organisation_id=known.organisation_id,
            dealership_id=known.dealership_id,
            forgotten_at=command.at,
            file_ids=tuple(sorted(case.dossier.files)),
            audit_ids=tuple(sorted(case.dossier.audits)),
        )
    ]


# --- Events -----------------------------------------------------------------


def created(command: CreateCase) -> CaseCreated:
    return CaseCreated(
        case_id=command.case_id,
        organisation_id=command.organisation_id,
        dealership_id=command.dealership_id,
        brand=command.brand,
        module=command.module,
        reference=command.reference,
        contact_id=content.contact_of(command.case_id),
        author_id=command.author_id,
        created_by=command.by,
        currency=command.currency,
        vat_basis_points=command.vat_basis_points,
        time_zone=command.time_zone,
        language=command.language,
        duplicated_from=command.copied.case_id if command.copied else None,
        created_at=command.at,
    )


def copies(copied: Copied, target: Dossier) -> list[CaseEvent]:
    """The parts of the other case, said of this one; works have no place in sales (G-92)."""
    made = target.created
    parts = (
        *(one for one in (copied.vehicle, copied.customer, copied.message) if one),
        *(() if target.is_sales else copied.works),
        *copied.media,
    )
    return [of_case(one, made) for one in parts]


def of_case(
    part: VehicleDescribed | CustomerNamed | MessageComposed | WorkListed | MediaPlaced,
    made: CaseCreated,
) -> CaseEvent:
    """The same words about another case, by whoever makes it and when. A customer of another
    dealership is none of this one's. What stays behind: a price in another currency, a day that is
    over, and where a work came from, for what was paid is paid there alone."""
    here = replace(
        part,
        case_id=made.case_id,
        organisation_id=made.organisation_id,
        dealership_id=made.dealership_id,
    )
    match here:
        case VehicleDescribed():
            return replace(here, described_by=made.created_by, described_at=made.created_at)
        case CustomerNamed():
            known = here.known and part.dealership_id == made.dealership_id
            return replace(
                here,
                contact_id=here.contact_id if known else made.contact_id,
                known=known,
                named_by=made.created_by,
                named_at=made.created_at,
            )
        case MessageComposed():
            return replace(here, composed_by=made.created_by, composed_at=made.created_at)
        case WorkListed():
            other = here.price is not None and here.price.amount.currency != made.currency
            work = replace(here, price=None, amounts=None) if other or here.paid else here
            over = here.due_on is not None and here.due_on < works.today(made, made.created_at)
            return replace(
                work,
                due_on=None if over else here.due_on,
                due_mileage_km=None if over else here.due_mileage_km,
                source=None,
                paid=False,
                listed_by=made.created_by,
                listed_at=made.created_at,
            )
        case MediaPlaced():
            return replace(here, placed_by=made.created_by, placed_at=made.created_at)
        case unhandled:
            assert_never(unhandled)


# --- Timers -----------------------------------------------------------------


def timers(event: CaseEvent) -> tuple[SetTimer | CancelTimer, ...]:
    """Those of the time to answer, and of the question how the visit was."""
    return *deadline.timers(event), *visit.timers(event)


def on_timer(name: str, id: str, due: datetime) -> Command:
    """The command of a timer that came due. LookupError when no timer has that name."""
    return visit.FallDue(at=due) if name == visit.QUESTION else deadline.on_timer(name, id, due)
