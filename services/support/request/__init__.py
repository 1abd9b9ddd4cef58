"""A request to support: asked, answered, closed for good, and rated (EXX-27 to EXX-29, G-28).

Support merges two about one matter, and splits one that has two; clocks say until when
it wants to have answered.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from contracts.decisions import Changed, changed
from contracts.support.request_v1 import (
    AnswersRead,
    AttachedObject,
    ClocksSet,
    MessageWritten,
    Priority,
    PriorityChanged,
    RequestAnswered,
    RequestAssigned,
    RequestChannel,
    RequestClosed,
    RequestEvent,
    RequestMerged,
    RequestOpened,
    RequestRated,
    RequestType,
    RequestUnmerged,
    Side,
    Target,
    TargetMissed,
    TargetNear,
)
from contracts.timers import CancelTimer, SetTimer
from services.support.request import clocks, merging
from services.support.request.clocks import Miss, SetClocks, Warn
from services.support.request.merging import MergeRequest, RequestIsMerged, UnmergeRequest
from services.support.request.thread import Thread

MOST_MESSAGES = 200
"""A longer thread is no request any more; its people open another one."""

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRequest:
    """`about` is as it stood when the request was made."""

    request_id: str
    organisation_id: str
    user_id: str
    type: RequestType
    channel: RequestChannel
    subject: str | None = None
    message: str | None = None
    file_ids: tuple[str, ...] = ()
    about: AttachedObject | None = None
    claim_id: str | None = None
    follows: str | None = None
    split_from: str | None = None
    escalated: bool = False
    language: str | None = None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteMessage:
    organisation_id: str
    user_id: str
    message_id: str
    message: str
    file_ids: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseOwnRequest:
    organisation_id: str
    user_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RateRequest:
    organisation_id: str
    user_id: str
    mark: int
    reason: str | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadAnswers:
    """`messages` is how many the requester has read, of both sides."""

    organisation_id: str
    user_id: str
    messages: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """Somebody of support; a supervisor also answers what was escalated."""

    user_id: str
    supervises: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignRequest:
    """`instead_of` is who was seen to have it."""

    assignee: Agent
    instead_of: str | None
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRequest:
    """`messages` is how many were seen: one that has come since is not answered unread."""

    message_id: str
    message: str
    file_ids: tuple[str, ...]
    messages: int
    agent: Agent
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseRequest:
    """`messages` is how many were seen."""

    messages: int
    agent: Agent
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePriority:
    """`instead_of` is the priority that was seen."""

    priority: Priority
    instead_of: Priority
    agent: Agent
    at: datetime


OfRequester = WriteMessage | CloseOwnRequest | RateRequest | ReadAnswers
OfSupport = AssignRequest | AnswerRequest | CloseRequest | ChangePriority | merging.Command
Command = OpenRequest | OfRequester | OfSupport | clocks.Command

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoSuchRequest:
    pass


@dataclass(frozen=True, slots=True)
class RequestIdTaken:
    request_id: str


@dataclass(frozen=True, slots=True)
class RequestIsClosed:
    """Closed is final: whoever needs more opens another request (G-28)."""


@dataclass(frozen=True, slots=True)
class RequestIsOpen:
    """Nobody is asked for a mark before the end."""


@dataclass(frozen=True, slots=True)
class RequestIsRated:
    mark: int


@dataclass(frozen=True, slots=True)
class RequestIsEscalated:
    """A supervisor has to look at it."""


@dataclass(frozen=True, slots=True)
class ThreadIsFull:
    most: int


Rejection = (
    NoSuchRequest
    | RequestIdTaken
    | RequestIsClosed
    | RequestIsOpen
    | RequestIsRated
    | RequestIsEscalated
    | ThreadIsFull
    | merging.Rejection
    | Changed
)

# --- State ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Unopened:
    pass


@dataclass(frozen=True, slots=True)
class New:
    """It waits for support."""

    thread: Thread


@dataclass(frozen=True, slots=True)
class Answered:
    thread: Thread


@dataclass(frozen=True, slots=True)
class Merged:
    """It goes on in another one; parted from it, it is `before` again."""

    thread: Thread
    merged: RequestMerged
    was_answered: bool


@dataclass(frozen=True, slots=True)
class Closed:
    thread: Thread
    closed: RequestClosed
    rated: RequestRated | None = None


Opened = New | Answered | Merged | Closed
Request = Unopened | Opened

initial: Request = Unopened()


def evolve(request: Request, event: RequestEvent) -> Request:
    """Take history as recorded: a rule added today must not break yesterday's events."""
    if isinstance(event, RequestOpened):
        return New(Thread(event).waiting(event.opened_at))
    if isinstance(request, Unopened):
        return request
    thread = request.thread
    match event:
        case MessageWritten():
            longer = replace(thread, messages=(*thread.messages, event))
            return New(longer.waiting(event.written_at))
        case RequestAnswered():
            longer = replace(thread, messages=(*thread.messages, event))
            return Answered(longer.waiting_no_more(event.answered_at))
        case RequestClosed():
            return Closed(thread.waiting_no_more(event.closed_at), event)
        case RequestMerged():
            merged = thread.waiting_no_more(event.merged_at)
            return Merged(merged, event, was_answered=isinstance(request, Answered))
        case RequestUnmerged():
            if isinstance(request, Merged) and request.was_answered:
                return Answered(thread)
            return New(thread.waiting(event.unmerged_at))
        case RequestRated():
            return replace(request, rated=event) if isinstance(request, Closed) else request
        case RequestAssigned() | PriorityChanged() | AnswersRead():
            return replace(request, thread=handled(thread, event))
        case ClocksSet() | TargetNear() | TargetMissed():
            return replace(request, thread=timed(thread, event))
        case unhandled:
            assert_never(unhandled)


def handled(thread: Thread, event: RequestAssigned | PriorityChanged | AnswersRead) -> Thread:
    """The thread after something happened to it that wrote nothing."""
    match event:
        case RequestAssigned():
            return replace(thread, assignee_id=event.assignee_id)
        case PriorityChanged():
            return replace(thread, priority=event.priority)
        case AnswersRead():
            return replace(thread, read=event.messages)
        case unhandled:
            assert_never(unhandled)


def timed(thread: Thread, event: ClocksSet | TargetNear | TargetMissed) -> Thread:
    """The thread after something happened to its clocks."""
    running = thread.clocks
    match event:
        case ClocksSet():
            return replace(thread, clocks=clocks.were_set(event))
        case TargetNear():
            warned = running.warned | {event.target}
            return replace(thread, clocks=replace(running, warned=warned))
        case TargetMissed():
            dues = {target: due for target, due in running.dues.items() if target != event.target}
            missed = thread.missed | {event.target}
            return replace(thread, clocks=replace(running, dues=dues), missed=missed)
        case unhandled:
            assert_never(unhandled)


def id_of_claim(order_id: str, claim_id: str) -> str:
    """The id of the request that a discrepancy opens."""
    return f"Q-{order_id}-{claim_id}"


def id_of_follow_up(request_id: str) -> str:
    """The id of the request that goes on from one that was closed, and rated badly: `Q1-F` from
    `Q1`, then `Q1-F2`. However many there are, it is an id that a path takes."""
    first, _, number = request_id.rpartition("-F")
    return f"{first}-F{int(number or 1) + 1}" if first else f"{request_id}-F"


# --- Decisions --------------------------------------------------------------

Decision = list[RequestEvent] | Rejection


def decide(command: Command, request: Request) -> Decision:
    """New facts, an empty list when they are already recorded, or the rule that says no."""
    match command:
        case OpenRequest():
            return open_request(command, request)
        case WriteMessage() | CloseOwnRequest() | RateRequest() | ReadAnswers():
            return decide_of_requester(command, request)
        case AssignRequest() | AnswerRequest() | CloseRequest() | ChangePriority():
            return decide_of_support(command, request)
        case MergeRequest() | UnmergeRequest():
            return decide_of_merging(command, request)
        case SetClocks() | Warn() | Miss():
            return decide_of_clocks(command, request)
        case unhandled:
            assert_never(unhandled)


def decide_of_requester(command: OfRequester, request: Request) -> Decision:
    """A request is for support and for who made it, and for nobody beside them."""
    if isinstance(request, Unopened):
        return NoSuchRequest()
    opened = request.thread.opened
    if (opened.organisation_id, opened.user_id) != (command.organisation_id, command.user_id):
        return NoSuchRequest()
    match command:
        case WriteMessage():
            return write_message(command, request)
        case CloseOwnRequest():
            return close(request, Side.REQUESTER, command.user_id, command.at)
        case RateRequest():
            return rate(command, request)
        case ReadAnswers():
            return read(command, request)
        case unhandled:
            assert_never(unhandled)


def decide_of_support(
    command: AssignRequest | AnswerRequest | CloseRequest | ChangePriority, request: Request
) -> Decision:
    if isinstance(request, Unopened):
        return NoSuchRequest()
    match command:
        case AssignRequest():
            return assign(command, request)
        case AnswerRequest():
            return answer(command, request)
        case CloseRequest():
            return close_for_support(command, request)
        case ChangePriority():
            return change_priority(command, request)
        case unhandled:
            assert_never(unhandled)


def decide_of_merging(command: MergeRequest | UnmergeRequest, request: Request) -> Decision:
    """As in every aggregate, for two requests about one matter."""
    if isinstance(request, Unopened):
        return NoSuchRequest()
    match command:
        case MergeRequest():
            return merge(command, request)
        case UnmergeRequest():
            return unmerge(command, request)
        case unhandled:
            assert_never(unhandled)


def decide_of_clocks(command: clocks.Command, request: Request) -> Decision:
    """Clocks run while a request waits for support."""
    if not isinstance(request, New):
        return []
    match command:
        case SetClocks():
            return list(clocks.set_clocks(command, request.thread))
        case Warn():
            return list(clocks.warn(command, request.thread))
        case Miss():
            return list(clocks.miss(command, request.thread))
        case unhandled:
            assert_never(unhandled)


def open_request(command: OpenRequest, request: Request) -> Decision:
    opened = RequestOpened(
        request_id=command.request_id,
        organisation_id=command.organisation_id,
        user_id=command.user_id,
        type=command.type,
        channel=command.channel,
        subject=command.subject,
        message=command.message,
        file_ids=command.file_ids,
        about=command.about,
        claim_id=command.claim_id,
        follows=command.follows,
        split_from=command.split_from,
        escalated=command.escalated,
        language=command.language,
        opened_at=command.at,
    )
    if isinstance(request, Unopened):
        return [opened]
    known = request.thread.opened
    # The thing may stand otherwise when the request is sent again.
    again = replace(opened, about=known.about, language=known.language, opened_at=known.opened_at)
    return [] if again == known else RequestIdTaken(command.request_id)


def write_message(command: WriteMessage, request: Opened) -> Decision:
    """A message on an answered request returns it to new (G-28)."""
    thread = request.thread
    if command.message_id in {one.message_id for one in thread.messages}:
        return []
    if isinstance(request, Closed):
        return RequestIsClosed()
    if isinstance(request, Merged):
        return RequestIsMerged(request.merged.into)
    if len(thread.messages) >= MOST_MESSAGES:
        return ThreadIsFull(MOST_MESSAGES)
    return [
        MessageWritten(
            request_id=thread.opened.request_id,
            organisation_id=thread.opened.organisation_id,
            user_id=thread.opened.user_id,
            message_id=command.message_id,
            message=command.message,
            file_ids=command.file_ids,
            assignee_id=thread.assignee_id,
            written_at=command.at,
        )
    ]


def assign(command: AssignRequest, request: Opened) -> Decision:
    thread, assignee = request.thread, command.assignee
    if assignee.user_id == thread.assignee_id:
        return []
    if isinstance(request, Closed):
        return RequestIsClosed()
    if thread.opened.escalated and not assignee.supervises:
        return RequestIsEscalated()
    if stale := changed({"instead_of": command.instead_of}, {"instead_of": thread.assignee_id}):
        return stale
    return [
        RequestAssigned(
            request_id=thread.opened.request_id,
            organisation_id=thread.opened.organisation_id,
            user_id=thread.opened.user_id,
            assignee_id=assignee.user_id,
            former_assignee_id=thread.assignee_id,
            file_ids=thread.requested_files,
            assigned_by=command.by,
            assigned_at=command.at,
        )
    ]


def answer(command: AnswerRequest, request: Opened) -> Decision:
    """Support may add to an answer; it stays answered."""
    thread = request.thread
    if command.message_id in {one.message_id for one in thread.messages}:
        return []
    if isinstance(request, Closed):
        return RequestIsClosed()
    if isinstance(request, Merged):
        return RequestIsMerged(request.merged.into)
    if thread.opened.escalated and not command.agent.supervises:
        return RequestIsEscalated()
    if len(thread.messages) >= MOST_MESSAGES:
        return ThreadIsFull(MOST_MESSAGES)
    if stale := changed({"messages": command.messages}, {"messages": len(thread.messages)}):
        return stale
    return [
        RequestAnswered(
            request_id=thread.opened.request_id,
            organisation_id=thread.opened.organisation_id,
            user_id=thread.opened.user_id,
            message_id=command.message_id,
            message=command.message,
            file_ids=command.file_ids,
            answered_by=command.agent.user_id,
            answered_at=command.at,
        )
    ]


def close_for_support(command: CloseRequest, request: Opened) -> Decision:
    if isinstance(request, Closed):
        return []
    if isinstance(request, Merged):
        return RequestIsMerged(request.merged.into)
    thread = request.thread
    if thread.opened.escalated and not command.agent.supervises:
        return RequestIsEscalated()
    if stale := changed({"messages": command.messages}, {"messages": len(thread.messages)}):
        return stale
    return close(request, Side.SUPPORT, command.agent.user_id, command.at)


def close(request: Opened, side: Side, by: str, at: datetime) -> Decision:
    """The second side to close finds it done."""
    if isinstance(request, Closed):
        return []
    if isinstance(request, Merged):
        return RequestIsMerged(request.merged.into)
    opened = request.thread.opened
    return [
        RequestClosed(
            request_id=opened.request_id,
            organisation_id=opened.organisation_id,
            user_id=opened.user_id,
            side=side,
            closed_by=by,
            closed_at=at,
        )
    ]


def rate(command: RateRequest, request: Opened) -> Decision:
    """One question after closing, answered once."""
    match request:
        case New() | Answered() | Merged():
            return RequestIsOpen()
        case Closed(thread=thread, rated=known):
            opened = thread.opened
        case unhandled:
            assert_never(unhandled)
    if known is not None:
        same = (known.mark, known.reason) == (command.mark, command.reason)
        return [] if same else RequestIsRated(known.mark)
    return [
        RequestRated(
            request_id=opened.request_id,
            organisation_id=opened.organisation_id,
            user_id=opened.user_id,
            mark=command.mark,
            reason=command.reason,
            rated_at=command.at,
        )
    ]


def not_to_split(request: Opened, agent: Agent) -> Rejection | None:
    """Why another request is not made of a matter of this one, if it is not."""
    match request:
        case Closed():
            return RequestIsClosed()
        case Merged(merged=merged):
            return RequestIsMerged(merged.into)
        case New(thread=thread) | Answered(thread=thread):
            escalated = thread.opened.escalated and not agent.supervises
            return RequestIsEscalated() if escalated else None
        case unhandled:
            assert_never(unhandled)


def merge(command: MergeRequest, request: Opened) -> Decision:
    match request:
        case Closed():
            return RequestIsClosed()
        case Merged(merged=merged):
            same = merged.into == command.other.request_id
            return [] if same else RequestIsMerged(merged.into)
        case New(thread=thread) | Answered(thread=thread):
            if not command.supervises and (thread.opened.escalated or command.other.escalated):
                return RequestIsEscalated()
            return merging.merge(command, thread)
        case unhandled:
            assert_never(unhandled)


def unmerge(command: UnmergeRequest, request: Opened) -> Decision:
    """A request that goes on by itself is left alone."""
    if not isinstance(request, Merged):
        return []
    if request.thread.opened.escalated and not command.supervises:
        return RequestIsEscalated()
    return merging.unmerge(command, request.merged)


def read(command: ReadAnswers, request: Opened) -> Decision:
    """Nobody has read what is not there yet, and what was read stays read."""
    thread = request.thread
    messages = min(command.messages, len(thread.messages))
    if messages <= thread.read:
        return []
    return [
        AnswersRead(
            request_id=thread.opened.request_id,
            organisation_id=thread.opened.organisation_id,
            user_id=thread.opened.user_id,
            messages=messages,
            read_at=command.at,
        )
    ]


def change_priority(command: ChangePriority, request: Opened) -> Decision:
    thread = request.thread
    if command.priority is thread.priority:
        return []
    if isinstance(request, Closed):
        return RequestIsClosed()
    if thread.opened.escalated and not command.agent.supervises:
        return RequestIsEscalated()
    if stale := changed({"instead_of": command.instead_of}, {"instead_of": thread.priority}):
        return stale
    return [
        PriorityChanged(
            request_id=thread.opened.request_id,
            organisation_id=thread.opened.organisation_id,
            user_id=thread.opened.user_id,
            priority=command.priority,
            changed_by=command.agent.user_id,
            changed_at=command.at,
        )
    ]


# --- Timers -----------------------------------------------------------------


def timers(event: RequestEvent) -> tuple[SetTimer | CancelTimer, ...]:
    """The clocks of a request stand once it does not wait for support any more."""
    match event:
        case ClocksSet():
            return clocks.started(event)
        case RequestAnswered() | RequestClosed() | RequestMerged():
            return clocks.stopped(Target.FIRST_RESPONSE, Target.RESOLUTION)
        case (
            RequestOpened()
            | MessageWritten()
            | RequestAssigned()
            | RequestRated()
            | RequestUnmerged()
            | PriorityChanged()
            | TargetNear()
            | TargetMissed()
            | AnswersRead()
        ):
            return ()
        case unhandled:
            assert_never(unhandled)


def on_timer(name: str, request_id: str, due: datetime) -> Command:
    """The command of a timer that came due. LookupError when no timer has that name."""
    return clocks.on_timer(name, request_id, due)
