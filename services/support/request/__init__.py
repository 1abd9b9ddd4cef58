"""A request to support: asked, answered, closed for good, and rated (EXX-27 to EXX-29, G-28)."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from contracts.decisions import Changed, changed
from contracts.support.request_v1 import (
    AttachedObject,
    MessageWritten,
    RequestAnswered,
    RequestAssigned,
    RequestChannel,
    RequestClosed,
    RequestEvent,
    RequestOpened,
    RequestRated,
    RequestType,
    Side,
)

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


OfRequester = WriteMessage | CloseOwnRequest | RateRequest
OfSupport = AssignRequest | AnswerRequest | CloseRequest
Command = OpenRequest | OfRequester | OfSupport

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
    | Changed
)

# --- State ------------------------------------------------------------------

Message = MessageWritten | RequestAnswered


@dataclass(frozen=True, slots=True)
class Unopened:
    pass


@dataclass(frozen=True, slots=True)
class Thread:
    """All that was written, and who of support has it."""

    opened: RequestOpened
    messages: tuple[Message, ...] = ()
    assignee_id: str | None = None

    @property
    def requested_files(self) -> tuple[str, ...]:
        """The files of the requester."""
        later = (one.file_ids for one in self.messages if isinstance(one, MessageWritten))
        return tuple(dict.fromkeys(sum(later, self.opened.file_ids)))


@dataclass(frozen=True, slots=True)
class New:
    """It waits for support."""

    thread: Thread


@dataclass(frozen=True, slots=True)
class Answered:
    thread: Thread


@dataclass(frozen=True, slots=True)
class Closed:
    thread: Thread
    closed: RequestClosed
    rated: RequestRated | None = None


Opened = New | Answered | Closed
Request = Unopened | Opened

initial: Request = Unopened()


def evolve(request: Request, event: RequestEvent) -> Request:
    """Take history as recorded: a rule added today must not break yesterday's events."""
    if isinstance(event, RequestOpened):
        return New(Thread(event))
    if isinstance(request, Unopened):
        return request
    thread = request.thread
    match event:
        case MessageWritten():
            return New(replace(thread, messages=(*thread.messages, event)))
        case RequestAnswered():
            return Answered(replace(thread, messages=(*thread.messages, event)))
        case RequestAssigned():
            return replace(request, thread=replace(thread, assignee_id=event.assignee_id))
        case RequestClosed():
            return Closed(thread, event)
        case RequestRated():
            return replace(request, rated=event) if isinstance(request, Closed) else request
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
        case WriteMessage() | CloseOwnRequest() | RateRequest():
            return decide_of_requester(command, request)
        case AssignRequest() | AnswerRequest() | CloseRequest():
            return decide_of_support(command, request)
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
        case unhandled:
            assert_never(unhandled)


def decide_of_support(command: OfSupport, request: Request) -> Decision:
    if isinstance(request, Unopened):
        return NoSuchRequest()
    match command:
        case AssignRequest():
            return assign(command, request)
        case AnswerRequest():
            return answer(command, request)
        case CloseRequest():
            return close_for_support(command, request)
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
        case New() | Answered():
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
