"""Valid messages with sensible defaults; a test names only what it is about."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

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
    ThreadKind,
    ThreadOpened,
)
from services.conversations.thread import (
    Customer,
    EndCustomer,
    OpenThread,
    ReadMessages,
    Remind,
    WriteMessage,
)

NOON = datetime(2030, 5, 1, 12, 0, tzinfo=UTC)
LATER = NOON + timedelta(minutes=15)
GROUP, LILLE = "lumen", "GLILLE"
THREAD, CASE = "W1", "J1"
LEA = Member(user_id="lea", organisation_id=GROUP)
MARC = Member(user_id="marc", organisation_id=GROUP)
KARIM = Member(user_id="karim", organisation_id=GROUP)
OF_CASE = Matter(kind=MatterKind.CASE, matter_id=CASE)
OF_TRIP = Matter(kind=MatterKind.MISSION, matter_id="T1")
CLAIRE = Customer(
    case_id=CASE,
    recipient_id="customer",
    name="Claire Moreau",
    email="claire@example.org",
    phone="+33612345678",
    language="fr",
    link="https://pages.example.org/conversations/page/J1.L1.s",
    dealership_called="Lumen Lille",
)
SOPHIE = Member(user_id="sophie", organisation_id="agora")
MARION = Member(user_id="marion", organisation_id="vitrex")
OF_JOB = Matter(kind=MatterKind.JOB, matter_id="B1")
AWA = EndCustomer(
    request_id="Q1",
    name="Awa Diop",
    email="awa@example.org",
    language="fr",
    link="https://pages.example.org/conversations/job/B1.s",
)

# --- Commands ---------------------------------------------------------------


def open_with_customer(customer: Customer = CLAIRE, by: str | None = "lea") -> OpenThread:
    return OpenThread(
        thread_id=THREAD,
        organisation_id=GROUP,
        kind=ThreadKind.CUSTOMER,
        matter=OF_CASE,
        dealership_id=LILLE,
        sales=False,
        counterpart_id="customer",
        members=(LEA,),
        customer=customer,
        by=by,
        at=NOON,
    )


def open_with_end_customer(by: Member | None = MARION) -> OpenThread:
    return OpenThread(
        thread_id=THREAD,
        organisation_id="agora",
        kind=ThreadKind.END_CUSTOMER,
        matter=OF_JOB,
        counterpart_id="vitrex",
        members=(MARION,),
        customer=AWA,
        by=by.user_id if by else None,
        at=NOON,
    )


def open_among(*members: Member, title: str | None = "Spring tyres") -> OpenThread:
    return OpenThread(
        thread_id=THREAD,
        organisation_id=GROUP,
        kind=ThreadKind.COLLEAGUES,
        title=title,
        members=members or (LEA, MARC),
        by="lea",
        at=NOON,
    )


def write(
    author: Member | None = None,
    number: int = 1,
    read: int = 0,
    at: datetime = NOON,
    subscribed: tuple[str, ...] = (),
    customer: Customer | None = None,
) -> WriteMessage:
    return WriteMessage(
        author=author,
        message_id=f"M{number}",
        message="Can it wait?",
        read=read,
        subscribed=subscribed,
        customer=customer,
        at=at,
    )


def read(reader: Member | None, messages: int, at: datetime = NOON) -> ReadMessages:
    return ReadMessages(reader=reader, messages=messages, at=at)


def remind(side: str) -> Remind:
    return Remind(side=side, at=LATER)


# --- Events -----------------------------------------------------------------


def with_customer(by: str | None = "lea") -> ThreadOpened:
    return ThreadOpened(
        thread_id=THREAD,
        organisation_id=GROUP,
        kind=ThreadKind.CUSTOMER,
        matter=OF_CASE,
        dealership_id=LILLE,
        sales=False,
        counterpart_id="customer",
        title=None,
        members=(LEA,),
        user_id=CASE,
        opened_by=by,
        opened_at=NOON,
    )


def among(*members: Member, title: str | None = "Spring tyres") -> ThreadOpened:
    return replace(
        with_customer(),
        kind=ThreadKind.COLLEAGUES,
        matter=None,
        dealership_id=None,
        counterpart_id=None,
        title=title,
        members=members or (LEA, MARC),
        user_id="lea",
    )


def with_driver() -> ThreadOpened:
    return replace(
        with_customer(),
        kind=ThreadKind.PARTNER,
        matter=OF_TRIP,
        dealership_id=None,
        counterpart_id="karim",
        members=(KARIM, LEA),
        user_id="lea",
    )


def with_end_customer(by: str | None = "marion") -> ThreadOpened:
    return replace(
        with_customer(),
        organisation_id="agora",
        kind=ThreadKind.END_CUSTOMER,
        matter=OF_JOB,
        dealership_id=None,
        counterpart_id="vitrex",
        members=(MARION,),
        user_id="Q1",
        opened_by=by,
    )


def end_customer_known() -> EndCustomerKnown:
    return EndCustomerKnown(
        thread_id=THREAD,
        organisation_id="agora",
        request_id="Q1",
        customer_name="Awa Diop",
        customer_email="awa@example.org",
        language="fr",
        link=AWA.link,
        known_at=NOON,
    )


def end_customer_awaited() -> EndCustomerAwaited:
    return EndCustomerAwaited(
        thread_id=THREAD,
        organisation_id="agora",
        request_id="Q1",
        customer_email="awa@example.org",
        language="fr",
        link=AWA.link,
        awaited_at=LATER,
    )


Changed = TypeVar("Changed", MemberAdded, MemberAwaited, MessageWritten, ThreadClosed)


def of_agora(event: Changed) -> Changed:
    """The same in a thread of the marketplace."""
    return replace(event, organisation_id="agora")


def known(customer: Customer = CLAIRE) -> CustomerKnown:
    return CustomerKnown(
        thread_id=THREAD,
        organisation_id=GROUP,
        case_id=CASE,
        recipient_id=customer.recipient_id,
        recipient_name=customer.name,
        email=customer.email,
        phone=customer.phone,
        language=customer.language,
        link=customer.link,
        dealership_called=customer.dealership_called,
        known_at=NOON,
    )


def written(
    side: str,
    author_id: str | None = None,
    number: int = 1,
    *,
    read: int | None = None,
    unread: int = 0,
    caught_up: bool = True,
    watched: tuple[str, ...] = (),
    told: tuple[str, ...] = (),
    user_id: str = CASE,
) -> MessageWritten:
    return MessageWritten(
        thread_id=THREAD,
        organisation_id=GROUP,
        message_id=f"M{number}",
        ordinal=number,
        side=side,
        author_id=author_id,
        user_id=user_id,
        message="Can it wait?",
        file_ids=(),
        read_messages=number if read is None else read,
        unread_messages=unread,
        caught_up=caught_up,
        told_ids=told,
        watched=watched,
        written_at=NOON,
    )


def messages_read(
    side: str, reader_id: str | None, read: int = 1, unread: int = 0, caught_up: bool = True
) -> MessagesRead:
    return MessagesRead(
        thread_id=THREAD,
        organisation_id=GROUP,
        side=side,
        reader_id=reader_id,
        read_messages=read,
        unread_messages=unread,
        caught_up=caught_up,
        read_at=NOON,
    )


def added(member: Member, by: str = "lea") -> MemberAdded:
    return MemberAdded(
        thread_id=THREAD, organisation_id=GROUP, member=member, added_by=by, added_at=NOON
    )


def removed(user_id: str, by: str = "lea") -> MemberRemoved:
    return MemberRemoved(
        thread_id=THREAD, organisation_id=GROUP, user_id=user_id, removed_by=by, removed_at=NOON
    )


def awaited(side: str, user_id: str) -> MemberAwaited:
    return MemberAwaited(
        thread_id=THREAD, organisation_id=GROUP, side=side, user_id=user_id, awaited_at=LATER
    )


def customer_awaited(email: str | None = CLAIRE.email, phone: str | None = None) -> CustomerAwaited:
    return CustomerAwaited(
        thread_id=THREAD,
        organisation_id=GROUP,
        case_id=CASE,
        recipient_id="customer",
        recipient_name="Claire Moreau",
        email=email,
        phone=phone,
        language="fr",
        link=CLAIRE.link,
        dealership_called="Lumen Lille",
        awaited_at=LATER,
    )


def closed(by: str | None = None) -> ThreadClosed:
    return ThreadClosed(
        thread_id=THREAD,
        organisation_id=GROUP,
        end=ThreadEnd.BY_HAND if by else ThreadEnd.MATTER_OVER,
        closed_by=by,
        closed_at=NOON,
    )


def erased(*file_ids: str) -> ThreadErased:
    return ThreadErased(thread_id=THREAD, organisation_id=GROUP, file_ids=file_ids, erased_at=NOON)
