"""A thread: people write to each other about a case, a mission, a request, or anything (FLB-124,
G-51, OGU-28).

Whoever has not read for a while is reminded, once until they have read.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never

from contracts.conversations.thread_v1 import (
    CustomerAwaited,
    CustomerKnown,
    EndCustomerAwaited,
    EndCustomerKnown,
    Matter,
    MatterKind,
    Member,
    MemberAdded,
    MemberAwaited,
    MemberRemoved,
    MessagesRead,
    MessageWritten,
    ThreadClosed,
    ThreadEnd,
    ThreadErased,
    ThreadEvent,
    ThreadKind,
    ThreadOpened,
)
from contracts.timers import CancelTimer, SetTimer
from services.conversations.thread.sides import (
    CUSTOMER,
    OTHER,
    PROVIDER,
    KnownCustomer,
    Thread,
    on_side,
    side_of,
    sides,
)

MOST_MESSAGES = 500
"""A longer thread is ended by hand, and another one begun; the mission or the case has its end."""
MOST_MEMBERS = 50
UNSEEN_AFTER = timedelta(minutes=15)
"""So long nobody of a side has read what was written; then they are reminded by mail."""
UNSEEN = "unseen."
"""Begins the names of timers; the side follows."""
SHARED = (MatterKind.CASE, MatterKind.REQUEST, MatterKind.JOB)
"""Texts about these are sealed for a customer, whoever writes them."""

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """Somebody who is shown a case, as the dealership knows them."""

    case_id: str
    recipient_id: str
    name: str
    email: str | None
    phone: str | None
    language: str
    link: str
    dealership_called: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EndCustomer:
    """The customer who asked a marketplace for something, as their request knows them."""

    request_id: str
    name: str
    email: str
    language: str
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenThread:
    """`by` is None when the customer opens it; `customer` is there in a thread with one."""

    thread_id: str
    organisation_id: str
    kind: ThreadKind
    matter: Matter | None = None
    dealership_id: str | None = None
    sales: bool = False
    counterpart_id: str | None = None
    title: str | None = None
    members: tuple[Member, ...] = ()
    customer: Customer | EndCustomer | None = None
    by: str | None = None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteMessage:
    """`author` is None for the customer; `read` is how many messages they had before their eyes.

    `subscribed` are those who may read it and want to be told at once, `customer` is who is on the
    other side as they are known now.
    """

    author: Member | None
    message_id: str
    message: str
    file_ids: tuple[str, ...] = ()
    read: int
    subscribed: tuple[str, ...] = ()
    customer: Customer | EndCustomer | None = None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadMessages:
    """`reader` is None for the customer; `messages` is how many they have read."""

    reader: Member | None
    messages: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AddMember:
    member: Member
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveMember:
    user_id: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseThread:
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EndMatter:
    """The thing that the thread is about is over; `passed_on` is whether another provider has it
    (M6)."""

    thread_id: str
    passed_on: bool = False
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EraseThread:
    thread_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Remind:
    """Comes from the timer of a side."""

    side: str
    at: datetime


OfPeople = WriteMessage | ReadMessages | AddMember | RemoveMember | CloseThread
OfMatter = EndMatter | EraseThread | Remind
Command = OpenThread | OfPeople | OfMatter

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoSuchThread:
    pass


@dataclass(frozen=True, slots=True)
class ThreadIsClosed:
    pass


@dataclass(frozen=True, slots=True)
class ThreadIsFull:
    most: int


@dataclass(frozen=True, slots=True)
class TooManyMembers:
    most: int


@dataclass(frozen=True, slots=True)
class ThreadGoesWithItsMatter:
    """A thread with a customer or a partner ends when its case, mission or job does."""


@dataclass(frozen=True, slots=True)
class NoSuchMember:
    pass


Rejection = (
    NoSuchThread
    | ThreadIsClosed
    | ThreadIsFull
    | TooManyMembers
    | ThreadGoesWithItsMatter
    | NoSuchMember
)

# --- State ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Unopened:
    pass


@dataclass(frozen=True, slots=True)
class Open:
    thread: Thread


@dataclass(frozen=True, slots=True)
class Closed:
    """It is still read."""

    thread: Thread
    closed: ThreadClosed

    @property
    def is_passed_on(self) -> bool:
        """Whether the provider that had the job sees it no more (M6)."""
        return self.closed.end is ThreadEnd.PASSED_ON


@dataclass(frozen=True, slots=True)
class Erased:
    pass


Opened = Open | Closed
State = Unopened | Opened | Erased

initial: State = Unopened()


def evolve(state: State, event: ThreadEvent) -> State:
    """Take history as recorded: a rule added today must not break yesterday's events."""
    if isinstance(event, ThreadOpened):
        return Open(Thread(event, event.members))
    if isinstance(state, Unopened | Erased):
        return state
    match event:
        case ThreadClosed():
            return Closed(state.thread, event)
        case ThreadErased():
            return Erased()
        case _:
            return replace(state, thread=changed(state.thread, event))


Within = (
    MemberAdded
    | MemberRemoved
    | CustomerKnown
    | EndCustomerKnown
    | MessageWritten
    | MessagesRead
    | MemberAwaited
    | CustomerAwaited
    | EndCustomerAwaited
)


def changed(thread: Thread, event: Within) -> Thread:
    """The thread after one fact more."""
    match event:
        case MemberAdded():
            return replace(thread, members=(*thread.members, event.member))
        case MemberRemoved():
            left = tuple(one for one in thread.members if one.user_id != event.user_id)
            return replace(thread, members=left)
        case CustomerKnown() | EndCustomerKnown():
            return replace(thread, customer=event)
        case MessageWritten():
            longer = replace(thread, messages=(*thread.messages, event))
            return has_read(
                longer, event.author_id, event.side, event.read_messages, event.caught_up
            )
        case MessagesRead():
            return has_read(
                thread, event.reader_id, event.side, event.read_messages, event.caught_up
            )
        case MemberAwaited():
            return replace(thread, awaited=thread.awaited | {event.side})
        case CustomerAwaited() | EndCustomerAwaited():
            return replace(thread, awaited=thread.awaited | {OTHER})
        case unhandled:
            assert_never(unhandled)


def has_read(
    thread: Thread, reader_id: str | None, side: str, read: int, caught_up: bool
) -> Thread:
    """The thread after somebody of a side has read so many messages."""
    by_side = max(read, thread.read_by_side.get(side, 0))
    return replace(
        thread,
        read={**thread.read, reader_id: read},
        read_by_side={**thread.read_by_side, side: by_side},
        awaited=thread.awaited - {side} if caught_up else thread.awaited,
    )


# --- Decisions --------------------------------------------------------------

Decision = list[ThreadEvent] | Rejection


def decide(command: Command, state: State) -> Decision:
    """New facts, an empty list when they are already recorded, or the rule that says no."""
    if isinstance(command, OpenThread):
        return open_thread(command, state)
    if isinstance(state, Unopened | Erased):
        # What follows from other services comes late, or for threads that nobody opened.
        return [] if isinstance(command, EndMatter | EraseThread | Remind) else NoSuchThread()
    match command:
        case WriteMessage() | ReadMessages() | AddMember() | RemoveMember() | CloseThread():
            return decide_of_people(command, state)
        case EndMatter() | EraseThread() | Remind():
            return decide_of_matter(command, state)
        case unhandled:
            assert_never(unhandled)


def decide_of_people(command: OfPeople, state: Opened) -> Decision:
    """A closed thread is read, and left, by its members; nothing else happens to it."""
    if isinstance(command, ReadMessages):
        return read_messages(command, state.thread)
    if isinstance(command, RemoveMember):
        return remove_member(command, state.thread)
    if isinstance(state, Closed):
        repeated = isinstance(command, CloseThread) or (
            isinstance(command, WriteMessage) and is_written(state.thread, command.message_id)
        )
        return [] if repeated else ThreadIsClosed()
    match command:
        case WriteMessage():
            return write_message(command, state.thread)
        case AddMember():
            return add_member(command, state.thread)
        case CloseThread():
            return close(command, state.thread)
        case unhandled:
            assert_never(unhandled)


def decide_of_matter(command: OfMatter, state: Opened) -> Decision:
    """The matter of a thread ends it or erases it; time reminds a side."""
    opened = state.thread.opened
    match command:
        case EndMatter():
            if isinstance(state, Closed):
                return []
            end = ThreadEnd.PASSED_ON if command.passed_on else ThreadEnd.MATTER_OVER
            return [ended(opened, end, None, command.at)]
        case EraseThread():
            files = (file for one in state.thread.messages for file in one.file_ids)
            return [
                ThreadErased(
                    thread_id=opened.thread_id,
                    organisation_id=opened.organisation_id,
                    file_ids=tuple(dict.fromkeys(files)),
                    erased_at=command.at,
                )
            ]
        case Remind():
            return [] if isinstance(state, Closed) else remind(command, state.thread)
        case unhandled:
            assert_never(unhandled)


def open_thread(command: OpenThread, state: State) -> Decision:
    """A thread is opened once; both sides may try."""
    if isinstance(state, Opened):
        return []
    if isinstance(state, Erased):
        return NoSuchThread()
    if len(command.members) > MOST_MEMBERS:
        return TooManyMembers(MOST_MEMBERS)
    opened = ThreadOpened(
        thread_id=command.thread_id,
        organisation_id=command.organisation_id,
        kind=command.kind,
        matter=command.matter,
        dealership_id=command.dealership_id,
        sales=command.sales,
        counterpart_id=command.counterpart_id,
        title=command.title,
        members=command.members,
        user_id=subject_of(command),
        opened_by=command.by,
        opened_at=command.at,
    )
    if command.customer is None:
        return [opened]
    return [opened, known_customer(opened, command.customer, command.at)]


def subject_of(command: OpenThread) -> str:
    """The subject whose key seals a title: what is written about a case goes with it (G-50), and
    what is written about a request or its jobs with its customer."""
    if isinstance(command.customer, EndCustomer):
        return command.customer.request_id
    if command.matter is not None and command.matter.kind in SHARED:
        return command.matter.matter_id
    return command.by or ""


def sealed_for(opened: ThreadOpened, author_id: str) -> str:
    """The subject whose key seals a message."""
    shared = opened.matter is not None and opened.matter.kind in SHARED
    return opened.user_id if shared else author_id


def known_customer(
    opened: ThreadOpened, customer: Customer | EndCustomer, at: datetime
) -> KnownCustomer:
    if isinstance(customer, EndCustomer):
        return EndCustomerKnown(
            thread_id=opened.thread_id,
            organisation_id=opened.organisation_id,
            request_id=customer.request_id,
            customer_name=customer.name,
            customer_email=customer.email,
            language=customer.language,
            link=customer.link,
            known_at=at,
        )
    return CustomerKnown(
        thread_id=opened.thread_id,
        organisation_id=opened.organisation_id,
        case_id=customer.case_id,
        recipient_id=customer.recipient_id,
        recipient_name=customer.name,
        email=customer.email,
        phone=customer.phone,
        language=customer.language,
        link=customer.link,
        dealership_called=customer.dealership_called,
        known_at=at,
    )


def newly_known(
    thread: Thread, customer: Customer | EndCustomer | None, at: datetime
) -> list[ThreadEvent]:
    """The customer, if anything about them is new."""
    if customer is None:
        return []
    known, before = known_customer(thread.opened, customer, at), thread.customer
    same = before is not None and replace(known, known_at=before.known_at) == before
    return [] if same else [known]


def write_message(command: WriteMessage, thread: Thread) -> Decision:
    """An author takes part from then on, and has read what they had before their eyes."""
    if is_written(thread, command.message_id):
        return []
    if len(thread.messages) >= MOST_MESSAGES:
        return ThreadIsFull(MOST_MESSAGES)
    opened, author = thread.opened, command.author
    joined = newly_known(thread, command.customer, command.at)
    if author is not None and thread.member(author.user_id) is None:
        if opened.kind is ThreadKind.COLLEAGUES:
            return NoSuchThread()
        joined.append(added(opened, author, author.user_id, command.at))
    side = OTHER if author is None else side_of(opened, author)
    author_id = author.user_id if author else CUSTOMER
    ordinal = len(thread.messages) + 1
    seen = max(min(command.read, ordinal - 1), thread.read.get(author_id, 0))
    # What comes between is the author's own, or was not before their eyes.
    read = ordinal if thread.unread_by(author_id, seen) == 0 else seen
    watched = [
        one
        for one in sides(thread)
        if one != side and not thread.waits_for(one, thread.read_by_side.get(one, 0))
    ]
    return [
        *joined,
        MessageWritten(
            thread_id=opened.thread_id,
            organisation_id=opened.organisation_id,
            message_id=command.message_id,
            ordinal=ordinal,
            side=side,
            author_id=author_id,
            user_id=sealed_for(opened, author_id or ""),
            message=command.message,
            file_ids=command.file_ids,
            read_messages=read,
            unread_messages=thread.unread_by(author_id, read),
            caught_up=not thread.waits_for(side, max(read, thread.read_by_side.get(side, 0))),
            told_ids=tuple(one for one in command.subscribed if one != author_id),
            watched=tuple(watched),
            written_at=command.at,
        ),
    ]


def is_written(thread: Thread, message_id: str) -> bool:
    return any(one.message_id == message_id for one in thread.messages)


def read_messages(command: ReadMessages, thread: Thread) -> Decision:
    """Reading goes forward, up to what there is."""
    reader = command.reader
    reader_id = reader.user_id if reader else CUSTOMER
    side = side_of(thread.opened, reader) if reader else OTHER
    if thread.opened.kind is ThreadKind.COLLEAGUES and thread.member(side) is None:
        return NoSuchThread()
    read = min(command.messages, len(thread.messages))
    if read <= thread.read.get(reader_id, 0):
        return []
    return [
        MessagesRead(
            thread_id=thread.opened.thread_id,
            organisation_id=thread.opened.organisation_id,
            side=side,
            reader_id=reader_id,
            read_messages=read,
            unread_messages=thread.unread_by(reader_id, read),
            caught_up=not thread.waits_for(side, max(read, thread.read_by_side.get(side, 0))),
            read_at=command.at,
        )
    ]


def added(opened: ThreadOpened, member: Member, by: str, at: datetime) -> MemberAdded:
    return MemberAdded(
        thread_id=opened.thread_id,
        organisation_id=opened.organisation_id,
        member=member,
        added_by=by,
        added_at=at,
    )


def add_member(command: AddMember, thread: Thread) -> Decision:
    if thread.member(command.member.user_id) is not None:
        return []
    if len(thread.members) >= MOST_MEMBERS:
        return TooManyMembers(MOST_MEMBERS)
    return [added(thread.opened, command.member, command.by, command.at)]


def remove_member(command: RemoveMember, thread: Thread) -> Decision:
    """Somebody of the partner stays, who is told of what is written; everybody else may leave."""
    if (member := thread.member(command.user_id)) is None:
        return []
    side = side_of(thread.opened, member)
    if side in (OTHER, PROVIDER) and on_side(thread, side) == (member,):
        return ThreadGoesWithItsMatter()
    return [
        MemberRemoved(
            thread_id=thread.opened.thread_id,
            organisation_id=thread.opened.organisation_id,
            user_id=command.user_id,
            removed_by=command.by,
            removed_at=command.at,
        )
    ]


def close(command: CloseThread, thread: Thread) -> Decision:
    if thread.opened.kind is not ThreadKind.COLLEAGUES:
        return ThreadGoesWithItsMatter()
    return [ended(thread.opened, ThreadEnd.BY_HAND, command.by, command.at)]


def ended(opened: ThreadOpened, end: ThreadEnd, by: str | None, at: datetime) -> ThreadClosed:
    return ThreadClosed(
        thread_id=opened.thread_id,
        organisation_id=opened.organisation_id,
        end=end,
        closed_by=by,
        closed_at=at,
    )


def remind(command: Remind, thread: Thread) -> list[ThreadEvent]:
    """All of a side of whom nobody has read; the customer where they may be written to."""
    side, opened = command.side, thread.opened
    if side in thread.awaited or not thread.waits_for(side, thread.read_by_side.get(side, 0)):
        return []
    if side == OTHER and opened.kind in (ThreadKind.CUSTOMER, ThreadKind.END_CUSTOMER):
        return remind_customer(thread, command.at)
    return [
        MemberAwaited(
            thread_id=opened.thread_id,
            organisation_id=opened.organisation_id,
            side=side,
            user_id=member.user_id,
            awaited_at=command.at,
        )
        for member in on_side(thread, side)
    ]


def remind_customer(thread: Thread, at: datetime) -> list[ThreadEvent]:
    known = thread.customer
    if isinstance(known, EndCustomerKnown):
        return [
            EndCustomerAwaited(
                thread_id=known.thread_id,
                organisation_id=known.organisation_id,
                request_id=known.request_id,
                customer_email=known.customer_email,
                language=known.language,
                link=known.link,
                awaited_at=at,
            )
        ]
    if known is None or (known.email is None and known.phone is None):
        return []
    return [
        CustomerAwaited(
            thread_id=thread.opened.thread_id,
            organisation_id=thread.opened.organisation_id,
            case_id=known.case_id,
            recipient_id=known.recipient_id,
            recipient_name=known.recipient_name,
            email=known.email,
            phone=None if known.email else known.phone,
            language=known.language,
            link=known.link,
            dealership_called=known.dealership_called,
            awaited_at=at,
        )
    ]


# --- Timers -----------------------------------------------------------------


def timers(event: ThreadEvent) -> tuple[SetTimer | CancelTimer, ...]:
    """One for each side that has something to read; none for a side that has read everything."""
    match event:
        case MessageWritten():
            due = event.written_at + UNSEEN_AFTER
            own = (CancelTimer(UNSEEN + event.side),) if event.caught_up else ()
            return (*own, *(SetTimer(UNSEEN + one, due) for one in event.watched))
        case MessagesRead():
            return (CancelTimer(UNSEEN + event.side),) if event.caught_up else ()
        case (
            ThreadOpened()
            | MemberAdded()
            | MemberRemoved()
            | CustomerKnown()
            | EndCustomerKnown()
            | MemberAwaited()
            | CustomerAwaited()
            | EndCustomerAwaited()
            | ThreadClosed()
            | ThreadErased()
        ):
            return ()
        case unhandled:
            assert_never(unhandled)


def on_timer(name: str, _: str, due: datetime) -> Command:
    """The command of a timer that came due. LookupError when no timer has that name."""
    if not name.startswith(UNSEEN):
        raise LookupError(name)
    return Remind(side=name.removeprefix(UNSEEN), at=due)
