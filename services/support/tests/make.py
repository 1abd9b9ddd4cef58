"""Valid messages with sensible defaults; a test names only what it is about."""

from datetime import UTC, datetime, timedelta

from contracts.depot_tours.returned_v1 import DiscrepancyFound, Finding, ParcelFound
from contracts.support import desk_v1
from contracts.support.desk_v1 import DeskArranged, Opening, TargetTimes
from contracts.support.reply_v1 import ReplyDropped, ReplyKept, ReplyText
from contracts.support.request_v1 import (
    AnswersRead,
    AttachedObject,
    MessageWritten,
    ObjectKind,
    ObjectStatus,
    Priority,
    PriorityChanged,
    RequestAnswered,
    RequestAssigned,
    RequestChannel,
    RequestClosed,
    RequestMerged,
    RequestOpened,
    RequestRated,
    RequestType,
    RequestUnmerged,
    Side,
)
from services.support.desk import ArrangeDesk
from services.support.reply import DropReply, KeepReply
from services.support.request import (
    Agent,
    AnswerRequest,
    AssignRequest,
    ChangePriority,
    CloseOwnRequest,
    CloseRequest,
    OpenRequest,
    RateRequest,
    ReadAnswers,
    WriteMessage,
)
from services.support.request.merging import MergeRequest, Other, UnmergeRequest

NOON = datetime(2030, 5, 1, 12, 0, tzinfo=UTC)
LATER = NOON + timedelta(minutes=40)
LEA = Agent(user_id="lea", supervises=False)
SARA = Agent(user_id="sara", supervises=True)
TOUR = AttachedObject(
    kind=ObjectKind.TOUR,
    object_id="R1",
    called="R1",
    status=ObjectStatus.READY,
    version=3,
    carrier_id="karim",
)


def open_request(
    message: str = "Where is it?",
    about: AttachedObject | None = None,
    at: datetime = NOON,
    organisation: str = "maarif",
) -> OpenRequest:
    return OpenRequest(
        request_id="Q1",
        organisation_id=organisation,
        user_id="omar",
        type=RequestType.PROBLEM,
        channel=RequestChannel.FORM,
        subject="A tour",
        message=message,
        file_ids=("f-1",),
        about=about,
        language="fr",
        at=at,
    )


def opened(
    message: str = "Where is it?", about: AttachedObject | None = None, escalated: bool = False
) -> RequestOpened:
    return RequestOpened(
        request_id="Q1",
        organisation_id="maarif",
        user_id="omar",
        type=RequestType.PROBLEM,
        channel=RequestChannel.FORM,
        subject="A tour",
        message=message,
        file_ids=("f-1",),
        about=about,
        claim_id=None,
        follows=None,
        escalated=escalated,
        language="fr",
        opened_at=NOON,
        split_from=None,
    )


def write(id: str = "M1", user: str = "omar", organisation: str = "maarif") -> WriteMessage:
    return WriteMessage(
        organisation_id=organisation,
        user_id=user,
        message_id=id,
        message="And now?",
        file_ids=("f-2",),
        at=LATER,
    )


def written(id: str = "M1", assignee: str | None = None) -> MessageWritten:
    return MessageWritten(
        request_id="Q1",
        organisation_id="maarif",
        user_id="omar",
        message_id=id,
        message="And now?",
        file_ids=("f-2",),
        assignee_id=assignee,
        written_at=LATER,
    )


def assign(agent: Agent = LEA, instead_of: str | None = None) -> AssignRequest:
    return AssignRequest(assignee=agent, instead_of=instead_of, by="sara", at=LATER)


def assigned(
    assignee: str = "lea", former: str | None = None, files: tuple[str, ...] = ("f-1",)
) -> RequestAssigned:
    return RequestAssigned(
        request_id="Q1",
        organisation_id="maarif",
        user_id="omar",
        assignee_id=assignee,
        former_assignee_id=former,
        file_ids=files,
        assigned_by="sara",
        assigned_at=LATER,
    )


def answer(id: str = "M9", seen: int = 0, agent: Agent = LEA) -> AnswerRequest:
    return AnswerRequest(
        message_id=id, message="Look again.", file_ids=(), messages=seen, agent=agent, at=LATER
    )


def answered(id: str = "M9", by: str = "lea") -> RequestAnswered:
    return RequestAnswered(
        request_id="Q1",
        organisation_id="maarif",
        user_id="omar",
        message_id=id,
        message="Look again.",
        file_ids=(),
        answered_by=by,
        answered_at=LATER,
    )


def close_own(user: str = "omar", organisation: str = "maarif") -> CloseOwnRequest:
    return CloseOwnRequest(organisation_id=organisation, user_id=user, at=LATER)


def close(seen: int = 0, agent: Agent = LEA) -> CloseRequest:
    return CloseRequest(messages=seen, agent=agent, at=LATER)


def closed(side: Side = Side.REQUESTER, by: str = "omar") -> RequestClosed:
    return RequestClosed(
        request_id="Q1",
        organisation_id="maarif",
        user_id="omar",
        side=side,
        closed_by=by,
        closed_at=LATER,
    )


def rate(mark: int = 2, reason: str | None = "Too late.", user: str = "omar") -> RateRequest:
    return RateRequest(organisation_id="maarif", user_id=user, mark=mark, reason=reason, at=LATER)


def rated(mark: int = 2, reason: str | None = "Too late.") -> RequestRated:
    return RequestRated(
        request_id="Q1",
        organisation_id="maarif",
        user_id="omar",
        mark=mark,
        reason=reason,
        rated_at=LATER,
    )


def discrepancy() -> DiscrepancyFound:
    return DiscrepancyFound(
        order_id="p-1",
        organisation_id="maarif",
        tracking_number="CASA-2041",
        claim_id="c-1",
        courier_id="karim",
        parcels=(ParcelFound(parcel_code="CASA-2041/1", finding=Finding.MISSING),),
        found_by="omar",
        found_at=NOON,
        cash_differs=False,
        cash_stated=None,
        note="It fell off",
    )


def keep_reply(*languages: str, title: str = "Refresh", organisation: str = "relais") -> KeepReply:
    return KeepReply(
        reply_id="A1",
        organisation_id=organisation,
        title=title,
        texts=tuple(ReplyText(language=one, text="…") for one in languages or ("fr",)),
        by="lea",
        at=NOON,
    )


def reply_kept(title: str = "Refresh") -> ReplyKept:
    return ReplyKept(
        reply_id="A1",
        organisation_id="relais",
        title=title,
        texts=(ReplyText(language="fr", text="…"),),
        kept_by="lea",
        kept_at=NOON,
    )


def drop_reply(organisation: str = "relais") -> DropReply:
    return DropReply(organisation_id=organisation, by="lea", at=NOON)


def reply_dropped() -> ReplyDropped:
    return ReplyDropped(reply_id="A1", organisation_id="relais", dropped_by="lea", dropped_at=NOON)


# --- Merged requests --------------------------------------------------------


def other(
    id: str = "Q2",
    user: str = "omar",
    organisation: str = "maarif",
    closed: bool = False,
    merged_into: str | None = None,
    escalated: bool = False,
) -> Other:
    return Other(
        request_id=id,
        organisation_id=organisation,
        user_id=user,
        closed=closed,
        merged_into=merged_into,
        escalated=escalated,
    )


def merge(into: Other | None = None, seen: int = 0, agent: Agent = LEA) -> MergeRequest:
    return MergeRequest(
        other=into or other(),
        messages=seen,
        by=agent.user_id,
        supervises=agent.supervises,
        at=LATER,
    )


def merged(into: str = "Q2", by: str = "lea") -> RequestMerged:
    return RequestMerged(
        request_id="Q1",
        organisation_id="maarif",
        user_id="omar",
        into=into,
        merged_by=by,
        merged_at=LATER,
    )


def unmerge(was_in: str = "Q2", agent: Agent = LEA) -> UnmergeRequest:
    return UnmergeRequest(was_in=was_in, by=agent.user_id, supervises=agent.supervises, at=LATER)


def unmerged(was_in: str = "Q2", by: str = "lea", at: datetime = LATER) -> RequestUnmerged:
    return RequestUnmerged(
        request_id="Q1",
        organisation_id="maarif",
        user_id="omar",
        was_in=was_in,
        unmerged_by=by,
        unmerged_at=at,
    )


def read(messages: int = 1, user: str = "omar") -> ReadAnswers:
    return ReadAnswers(organisation_id="maarif", user_id=user, messages=messages, at=LATER)


def was_read(messages: int = 1) -> AnswersRead:
    return AnswersRead(
        request_id="Q1",
        organisation_id="maarif",
        user_id="omar",
        messages=messages,
        read_at=LATER,
    )


def prioritise(
    priority: Priority = Priority.HIGH,
    instead_of: Priority = Priority.NORMAL,
    agent: Agent = LEA,
) -> ChangePriority:
    return ChangePriority(priority=priority, instead_of=instead_of, agent=agent, at=LATER)


def prioritised(priority: Priority = Priority.HIGH, by: str = "lea") -> PriorityChanged:
    return PriorityChanged(
        request_id="Q1",
        organisation_id="maarif",
        user_id="omar",
        priority=priority,
        changed_by=by,
        changed_at=LATER,
    )


# --- The desk ---------------------------------------------------------------

WORKDAYS = tuple(
    Opening(weekday=day, from_minute=9 * 60, until_minute=18 * 60) for day in range(1, 6)
)
PROBLEM = TargetTimes(
    type=desk_v1.RequestType.PROBLEM,
    priority=desk_v1.Priority.NORMAL,
    first_response_minutes=100,
    resolution_minutes=600,
)


def arrange(
    openings: tuple[Opening, ...] = WORKDAYS,
    targets: tuple[TargetTimes, ...] = (PROBLEM,),
    time_zone: str = "Africa/Casablanca",
) -> ArrangeDesk:
    return ArrangeDesk(
        organisation_id="relais",
        time_zone=time_zone,
        openings=openings,
        holidays=(),
        targets=targets,
        warned_at_percent=80,
        supervisor_id="sara",
        by="sara",
        at=NOON,
    )


def arranged(
    openings: tuple[Opening, ...] = WORKDAYS, targets: tuple[TargetTimes, ...] = (PROBLEM,)
) -> DeskArranged:
    return DeskArranged(
        desk_id="desk",
        organisation_id="relais",
        time_zone="Africa/Casablanca",
        openings=openings,
        holidays=(),
        targets=targets,
        warned_at_percent=80,
        supervisor_id="sara",
        arranged_by="sara",
        arranged_at=NOON,
    )
