"""The customer opens the page, decides on each work, or a colleague takes it down (FLB-071,
FLB-103, FLB-111). Each decision is recorded with what was shown (I1)."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from typing import ClassVar, assert_never

from contracts.common_v1 import Money
from contracts.decisions import Changed, changed
from contracts.interventions.case_v1 import (
    Amounts,
    AnswerOrigin,
    CaseAnswered,
    CaseEvent,
    CaseRead,
    CaseSent,
    CodeAsked,
    CodeMistaken,
    ContactHandled,
    ContactRequested,
    LineAccepted,
    LineRefused,
    LinkIssued,
    LinkScope,
    LinkTaken,
    VersionFixed,
    Work,
    WorkLevel,
)
from services.interventions.case import pricing, works
from services.interventions.case.content import NotOfModule
from services.interventions.case.dossier import CUSTOMER, Dossier, evolve
from services.interventions.case.recipients import decides, works_at
from services.interventions.case.sending import Confirmation

CODE_HOLDS = timedelta(minutes=10)
MOST_TRIES = 5
"""Wrong codes; then another one has to be asked for."""
MOST_CODES = 5
"""A link has no more: each of them is a text message to somebody, and lets guess anew."""

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Somebody with a link: their address and device as the page saw them, for the record (I1).

    `browser` is the digest by which their browser is told from others; None for one that keeps
    nothing, and for a program.
    """

    link_id: str
    ip_address: str | None
    device: str | None
    browser: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPage:
    """`code_above` is what the dealership says now; it counts where the case was not sent yet."""

    holder: Holder
    code_above: Money | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerCase:
    """All that is not accepted is refused (G-81). `code` is None where none was asked for.

    `attempt_id` tells an attempt with a wrong code, which is recorded, from the next one.
    """

    holder: Holder
    attempt_id: str
    version: int
    accepted: tuple[str, ...]
    risks_acknowledged: tuple[str, ...]
    code: str | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyToCase:
    holder: Holder
    version: int
    reply: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AskCode:
    """`code` is the server's; it goes to the phone that the dealership knows."""

    holder: Holder
    code: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeLink:
    """The code that was sent to the known phone shows that the link was sent to its holder (I3)."""

    holder: Holder
    attempt_id: str
    code: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestContact:
    holder: Holder
    at: datetime


OfShown = AnswerCase | ReplyToCase | RequestContact
Decisive = OfShown | AskCode
OfHolder = OpenPage | TakeLink | Decisive


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeDownAnswer:
    """A colleague records an answer that came by other ways (FLB-103). `notify` confirms it to the
    customer, or not at all (FLB-104)."""

    organisation_id: str
    version: int
    accepted: tuple[str, ...]
    risks_acknowledged: tuple[str, ...]
    origin: AnswerOrigin
    notify: Confirmation | None = None
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HandleContact:
    organisation_id: str
    by: str
    at: datetime


OfStaff = TakeDownAnswer | HandleContact
Command = OfHolder | OfStaff

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LinkIsVoid:
    """It was revoked, has expired, or is of a version that is worked on again (I2)."""


@dataclass(frozen=True, slots=True)
class LinkOnlyReads:
    pass


@dataclass(frozen=True, slots=True)
class LinkIsForwarded:
    """Another browser has it: in this one it reads, until the known phone's code is given (I3)."""


@dataclass(frozen=True, slots=True)
class BrowserKeepsNothing:
    """A browser that cannot be told from others takes no link."""


@dataclass(frozen=True, slots=True)
class NoSuchWork:
    field: ClassVar[str] = "accepted"
    work_id: str


@dataclass(frozen=True, slots=True)
class WorkOfOthers:
    """Somebody else decides on it, or has decided already (I4)."""

    field: ClassVar[str] = "accepted"
    work_id: str


@dataclass(frozen=True, slots=True)
class NothingToDecide:
    """Others decide on all works, or they are decided."""


@dataclass(frozen=True, slots=True)
class RiskNotAcknowledged:
    """An urgent work is refused knowing what that means (I5)."""

    field: ClassVar[str] = "risks_acknowledged"
    works: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CodeIsNeeded:
    field: ClassVar[str] = "code"
    above: Money


@dataclass(frozen=True, slots=True)
class AnswerCodeIsWrong:
    """Or it is over, or none was asked for. A wrong one while one holds is no rejection, but an
    attempt that is recorded: so attempts at once are counted as well."""

    field: ClassVar[str] = "code"


@dataclass(frozen=True, slots=True)
class CodeTriedTooOften:
    field: ClassVar[str] = "code"
    most: int


@dataclass(frozen=True, slots=True)
class CodesAskedTooOften:
    most: int


@dataclass(frozen=True, slots=True)
class NoPhoneForCode:
    pass


@dataclass(frozen=True, slots=True)
class NoContactRequested:
    pass


Rejection = (
    LinkIsVoid
    | LinkOnlyReads
    | LinkIsForwarded
    | BrowserKeepsNothing
    | NoSuchWork
    | WorkOfOthers
    | NothingToDecide
    | RiskNotAcknowledged
    | CodeIsNeeded
    | AnswerCodeIsWrong
    | CodeTriedTooOften
    | CodesAskedTooOften
    | NoPhoneForCode
    | NoContactRequested
    | NotOfModule
    | Changed
)

# --- Decisions --------------------------------------------------------------

Decision = list[CaseEvent] | Rejection


def link_of(holder: Holder, dossier: Dossier, at: datetime) -> LinkIssued | LinkIsVoid:
    """The link that somebody holds, if it works."""
    link = dossier.links.get(holder.link_id)
    if link is None or link.link_id in dossier.void or not works_at(link, at):
        return LinkIsVoid()
    return link


def opened(
    command: OpenPage, dossier: Dossier, link: LinkIssued, version: VersionFixed | None
) -> list[CaseEvent]:
    """Somebody other than staff opened the page. `version` is fixed by this, where the case was not
    sent (G-43)."""
    created = dossier.created
    now = version.version if version else dossier.version
    took = taken(command, dossier)
    if (link.link_id, now) in {(one.link_id, one.version) for one in dossier.reads}:
        return took
    read = CaseRead(
        case_id=created.case_id,
        organisation_id=created.organisation_id,
        dealership_id=created.dealership_id,
        version=now,
        recipient_id=link.recipient_id,
        link_id=link.link_id,
        read_at=command.at,
    )
    return [version, read, *took] if version else [read, *took]


def taken(command: OpenPage, dossier: Dossier) -> list[CaseEvent]:
    """The first browser that opens a link has it."""
    holder = command.holder
    if holder.browser is None or holder.link_id in dossier.takers:
        return []
    return [link_taken(holder, holder.browser, dossier, command.at)]


def link_taken(holder: Holder, browser: str, dossier: Dossier, at: datetime) -> LinkTaken:
    created = dossier.created
    return LinkTaken(
        case_id=created.case_id,
        organisation_id=created.organisation_id,
        dealership_id=created.dealership_id,
        link_id=holder.link_id,
        browser_digest=browser,
        taken_at=at,
    )


def is_forwarded(holder: Holder, dossier: Dossier) -> bool:
    """Whether others have the link; one that no browser has taken is everybody's who holds it."""
    takers = dossier.takers.get(holder.link_id)
    return takers is not None and holder.browser not in takers


def take_link(command: TakeLink, dossier: Dossier) -> Decision:
    """Also once the case is answered: whoever has the link writes in the thread."""
    holder = command.holder
    if not is_forwarded(holder, dossier):
        return []
    if holder.browser is None:
        return BrowserKeepsNothing()
    wrong = tried(command, dossier)
    return [link_taken(holder, holder.browser, dossier, command.at)] if wrong is None else wrong


def answer(
    command: AnswerCase, dossier: Dossier, link: LinkIssued, sent: CaseSent | None
) -> Decision:
    """The first answer to a work counts (FLB-071); with the last work the case is answered (I4). A
    wrong code is an attempt, and leaves the case as it is. A work report is not answered on the
    page (FLB-117)."""
    if dossier.is_sales or dossier.is_report:
        return NotOfModule(dossier.created.module)
    if barred := may_not_answer(command.holder, dossier, link):
        return barred
    if stale := changed({"version": command.version}, {"version": dossier.version}):
        return stale
    if decided_before(command, dossier, link.recipient_id):
        return []
    version, who = dossier.versions[-1], who_holds(command.holder, link)
    mine = decidable(dossier, version.works, link.recipient_id)
    if bad := bad_lines(version, mine, command.accepted, command.risks_acknowledged):
        return bad
    needed = code_needed(version, accepted_amounts(version, command.accepted))
    if needed and (attempt := attempted(command, dossier, version)) is not None:
        return attempt
    return decided(command, dossier, sent, mine, who, needed)


def decided(
    command: AnswerCase | TakeDownAnswer,
    dossier: Dossier,
    sent: CaseSent | None,
    mine: tuple[Work, ...],
    who: "Who",
    code_given: bool,
) -> list[CaseEvent]:
    """The lines, and the answer where none is left. `code_given` counts for the last part."""
    said = [*lines(command, dossier, mine, who)]
    held = reduce(evolve, said, dossier)
    version = held.versions[-1]
    if decidable(held, version.works, None):
        return [*said]
    accepted = accepted_amounts(version, accepted_works(held))
    return [*said, answered(command, held, sent, accepted, who, code_given)]


def decidable(
    dossier: Dossier, shown: tuple[Work, ...], recipient_id: str | None
) -> tuple[Work, ...]:
    """The works that nobody has decided on; of a recipient, those that are theirs to decide."""
    over = {one.work.work_id for one in dossier.lines}
    return tuple(
        one
        for one in works.decided(shown)
        if one.work_id not in over
        and (recipient_id is None or decides(dossier, recipient_id, one.work_id))
    )


def accepted_works(dossier: Dossier) -> frozenset[str]:
    return frozenset(o.work.work_id for o in dossier.lines if isinstance(o, LineAccepted))


def decided_before(command: AnswerCase, dossier: Dossier, recipient_id: str) -> bool:
    """Whether the recipient has said the same of their works already."""
    own = [one for one in dossier.lines if one.recipient_id == recipient_id]
    accepted = {one.work.work_id for one in own if isinstance(one, LineAccepted)}
    return bool(own) and accepted == set(command.accepted)


def may_not_answer(
    holder: Holder, dossier: Dossier, link: LinkIssued
) -> LinkOnlyReads | LinkIsForwarded | None:
    if link.scope is not LinkScope.ANSWER:
        return LinkOnlyReads()
    return LinkIsForwarded() if is_forwarded(holder, dossier) else None


def take_down(
    command: TakeDownAnswer, dossier: Dossier, sent: CaseSent | None, version: VersionFixed
) -> Decision:
    """All works that are left are decided. `version` is the last, or the one fixed by this."""
    if dossier.is_sales:
        return NotOfModule(dossier.created.module)
    if stale := changed({"version": command.version}, {"version": dossier.version}):
        return stale
    held = dossier if version in dossier.versions else evolve(dossier, version)
    mine, who = decidable(held, version.works, None), who_takes_down(command)
    return bad_lines(version, mine, command.accepted, command.risks_acknowledged) or [
        *([] if held is dossier else [version]),
        *decided(command, held, sent, mine, who, code_given=False),
    ]


def reply(
    command: ReplyToCase, dossier: Dossier, link: LinkIssued, sent: CaseSent | None
) -> Decision:
    if not dossier.is_sales or dossier.is_stock:
        return NotOfModule(dossier.created.module)
    if barred := may_not_answer(command.holder, dossier, link):
        return barred
    if stale := changed({"version": command.version}, {"version": dossier.version}):
        return stale
    nothing = pricing.total((), dossier.created.currency)
    who = who_holds(command.holder, link)
    return [answered(command, dossier, sent, nothing, who, code_given=False)]


def request_contact(
    command: RequestContact, dossier: Dossier, link: LinkIssued, sent: CaseSent | None
) -> list[CaseEvent]:
    """Each recipient for themselves: whoever is called for another one is not called."""
    if link.recipient_id in dossier.callers:
        return []
    created = dossier.created
    return [
        ContactRequested(
            case_id=created.case_id,
            organisation_id=created.organisation_id,
            dealership_id=created.dealership_id,
            recipient_id=link.recipient_id,
            sender_id=teller(dossier, sent),
            requested_at=command.at,
        )
    ]


def handle_contact(command: HandleContact, dossier: Dossier) -> Decision:
    match dossier.contact:
        case None:
            return NoContactRequested()
        case ContactHandled():
            return []
        case ContactRequested():
            created = dossier.created
        case unhandled:
            assert_never(unhandled)
    return [
        ContactHandled(
            case_id=created.case_id,
            organisation_id=created.organisation_id,
            dealership_id=created.dealership_id,
            handled_by=command.by,
            handled_at=command.at,
        )
    ]


def is_answer(
    command: AnswerCase | ReplyToCase | TakeDownAnswer, known: CaseAnswered, dossier: Dossier
) -> bool:
    """Whether the command is the answer that is known, once more."""
    if isinstance(command, TakeDownAnswer):
        own = {o.work.work_id for o in dossier.lines if o.taken_down_by == command.by}
        same = (known.origin, known.taken_down_by) == (command.origin, command.by)
        return same and accepted_works(dossier) & own == set(command.accepted)
    link = dossier.links.get(command.holder.link_id)
    if link is None:
        return False
    if isinstance(command, ReplyToCase):
        return (known.recipient_id, known.reply) == (link.recipient_id, command.reply)
    return decided_before(command, dossier, link.recipient_id)


# --- Codes ------------------------------------------------------------------


def code_needed(version: VersionFixed, accepted: Amounts) -> bool:
    above = version.code_above
    return above is not None and accepted.including_vat.amount_minor > above.amount_minor


def attempted(command: AnswerCase, dossier: Dossier, version: VersionFixed) -> Decision | None:
    """The decision about a code that is not the right one; None for the right one."""
    above = version.code_above
    if command.code is None and above is not None:
        return CodeIsNeeded(above)
    return tried(command, dossier)


def tried(command: AnswerCase | TakeLink, dossier: Dossier) -> Decision | None:
    """The same, whatever it is given for."""
    code = dossier.codes.get(command.holder.link_id)
    if code is None or command.at >= code.asked.expires_at:
        return AnswerCodeIsWrong()
    if command.attempt_id in code.mistaken:
        return []
    if len(code.mistaken) >= MOST_TRIES:
        return CodeTriedTooOften(MOST_TRIES)
    return None if command.code == code.asked.code else [mistaken(command, dossier)]


def is_mistaken(command: AnswerCase | TakeLink, dossier: Dossier) -> bool:
    """Whether what was recorded of the command is that its code is wrong."""
    code = dossier.codes.get(command.holder.link_id)
    return code is not None and command.attempt_id in code.mistaken


def ask_code(command: AskCode, dossier: Dossier, link: LinkIssued) -> Decision:
    """It goes to the phone that the dealership knows of the recipient, in the recipient's language,
    whoever holds the link."""
    phone, language = way_of_codes(dossier, link.recipient_id)
    if phone is None:
        return NoPhoneForCode()
    known = dossier.codes.get(link.link_id)
    if known is not None and known.asked.code == command.code:
        return []
    if known is not None and known.times >= MOST_CODES:
        return CodesAskedTooOften(MOST_CODES)
    created = dossier.created
    return [
        CodeAsked(
            case_id=created.case_id,
            organisation_id=created.organisation_id,
            dealership_id=created.dealership_id,
            link_id=link.link_id,
            code=command.code,
            phone=phone,
            language=language,
            expires_at=command.at + CODE_HOLDS,
            asked_at=command.at,
        )
    ]


def way_of_codes(dossier: Dossier, recipient_id: str) -> tuple[str | None, str]:
    """The phone and the language of a recipient."""
    if recipient_id == CUSTOMER:
        return dossier.customer.phone if dossier.customer else None, dossier.language
    one = next(one for one in dossier.named if one.recipient_id == recipient_id)
    return one.phone, one.language


def mistaken(command: AnswerCase | TakeLink, dossier: Dossier) -> CodeMistaken:
    created = dossier.created
    return CodeMistaken(
        case_id=created.case_id,
        organisation_id=created.organisation_id,
        dealership_id=created.dealership_id,
        link_id=command.holder.link_id,
        attempt_id=command.attempt_id,
        mistaken_at=command.at,
    )


# --- Lines ------------------------------------------------------------------


def bad_lines(
    version: VersionFixed,
    mine: tuple[Work, ...],
    accepted: Iterable[str],
    acknowledged: Collection[str],
) -> NoSuchWork | WorkOfOthers | NothingToDecide | RiskNotAcknowledged | None:
    """`mine` are the works that are to be decided on by whoever answers."""
    decided = {one.work_id for one in works.decided(version.works)}
    own = {one.work_id for one in mine}
    for work_id in accepted:
        if work_id not in decided:
            return NoSuchWork(work_id)
        if work_id not in own:
            return WorkOfOthers(work_id)
    if decided and not own:
        return NothingToDecide()
    refused = [one for one in mine if one.work_id not in set(accepted)]
    risky = tuple(
        one.label
        for one in refused
        if one.level is WorkLevel.URGENT and one.work_id not in acknowledged
    )
    return RiskNotAcknowledged(risky) if risky else None


def accepted_amounts(version: VersionFixed, accepted: Collection[str]) -> Amounts:
    chosen = [one for one in works.decided(version.works) if one.work_id in accepted]
    currency = version.proposed.including_vat.currency
    return pricing.total((one.amounts for one in chosen if one.amounts), currency)


def lines(
    command: AnswerCase | TakeDownAnswer, dossier: Dossier, mine: tuple[Work, ...], who: "Who"
) -> Iterator[LineAccepted | LineRefused]:
    for work in mine:
        if work.work_id in command.accepted:
            yield line_accepted(command, dossier, work, who)
        else:
            yield line_refused(command, dossier, work, who)


def line_accepted(
    command: AnswerCase | TakeDownAnswer, dossier: Dossier, work: Work, who: "Who"
) -> LineAccepted:
    created = dossier.created
    return LineAccepted(
        case_id=created.case_id,
        organisation_id=created.organisation_id,
        dealership_id=created.dealership_id,
        version=dossier.version,
        work=work,
        origin=who.origin,
        recipient_id=who.recipient_id,
        link_id=who.link_id,
        taken_down_by=who.taken_down_by,
        ip_address=who.ip_address,
        device=who.device,
        accepted_at=command.at,
    )


def line_refused(
    command: AnswerCase | TakeDownAnswer, dossier: Dossier, work: Work, who: "Who"
) -> LineRefused:
    created = dossier.created
    return LineRefused(
        case_id=created.case_id,
        organisation_id=created.organisation_id,
        dealership_id=created.dealership_id,
        version=dossier.version,
        work=work,
        risk_acknowledged=work.work_id in command.risks_acknowledged,
        origin=who.origin,
        recipient_id=who.recipient_id,
        link_id=who.link_id,
        taken_down_by=who.taken_down_by,
        ip_address=who.ip_address,
        device=who.device,
        refused_at=command.at,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """The side that an answer comes from."""

    origin: AnswerOrigin
    recipient_id: str | None = None
    link_id: str | None = None
    taken_down_by: str | None = None
    ip_address: str | None = None
    device: str | None = None


def who_holds(holder: Holder, link: LinkIssued) -> Who:
    return Who(
        origin=AnswerOrigin.LINK,
        recipient_id=link.recipient_id,
        link_id=link.link_id,
        ip_address=holder.ip_address,
        device=holder.device,
    )


def who_takes_down(command: TakeDownAnswer) -> Who:
    return Who(origin=command.origin, taken_down_by=command.by)


def answered(
    command: AnswerCase | ReplyToCase | TakeDownAnswer,
    dossier: Dossier,
    sent: CaseSent | None,
    accepted: Amounts,
    who: Who,
    code_given: bool,
) -> CaseAnswered:
    created, version = dossier.created, dossier.versions[-1]
    return CaseAnswered(
        case_id=created.case_id,
        organisation_id=created.organisation_id,
        dealership_id=created.dealership_id,
        version=version.version,
        origin=who.origin,
        recipient_id=who.recipient_id,
        taken_down_by=who.taken_down_by,
        proposed=version.proposed,
        accepted=accepted,
        late=version.answer_by is not None and command.at > version.answer_by,
        code_given=code_given,
        reply=command.reply if isinstance(command, ReplyToCase) else None,
        sender_id=teller(dossier, sent),
        answered_at=command.at,
    )


def teller(dossier: Dossier, sent: CaseSent | None) -> str | None:
    """The colleague who is told whatever was set: whoever sent a case after sales. In sales the
    dealership says whether anybody is (FLB-134)."""
    return sent.sender_id if sent and not dossier.is_sales else None
