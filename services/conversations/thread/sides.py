"""The sides of a thread: who is on which, and what each has not read yet."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import assert_never

from contracts.conversations.thread_v1 import (
    CustomerKnown,
    EndCustomerKnown,
    Member,
    MessageWritten,
    ThreadKind,
    ThreadOpened,
)

ORGANISATION = "organisation"
OTHER = "other"
"""The customer, the driver, or the provider; of a thread with an end customer, the customer."""
PROVIDER = "provider"
"""The provider that has the job of an end customer."""
CUSTOMER: None = None
"""In the place of the id of a reader or an author: the customer, who has no account."""
KnownCustomer = CustomerKnown | EndCustomerKnown


@dataclass(frozen=True, slots=True)
class Thread:
    """All that was written; `read` is how many messages each reader has read.

    `awaited` are the sides that were reminded since they had read everything.
    """

    opened: ThreadOpened
    members: tuple[Member, ...]
    messages: tuple[MessageWritten, ...] = ()
    read: Mapping[str | None, int] = field(default_factory=dict)
    read_by_side: Mapping[str, int] = field(default_factory=dict)
    awaited: frozenset[str] = frozenset()
    customer: KnownCustomer | None = None

    def member(self, user_id: str) -> Member | None:
        """The member with that id, if there is one."""
        return next((one for one in self.members if one.user_id == user_id), None)

    def unread_by(self, reader_id: str | None, read: int) -> int:
        """How many messages of others come after those that a reader has read."""
        return sum(one.author_id != reader_id for one in self.messages[read:])

    def waits_for(self, side: str, read: int) -> bool:
        """Whether a side that has read so many messages has not read all that others wrote."""
        return any(one.side != side for one in self.messages[read:])


def side_of(opened: ThreadOpened, member: Member) -> str:
    """The side that somebody with an account is on."""
    match opened.kind:
        case ThreadKind.CUSTOMER:
            return ORGANISATION
        case ThreadKind.PARTNER:
            partner = opened.counterpart_id in (member.user_id, member.organisation_id)
            return OTHER if partner else ORGANISATION
        case ThreadKind.END_CUSTOMER:
            provides = opened.counterpart_id == member.organisation_id
            return PROVIDER if provides else ORGANISATION
        case ThreadKind.COLLEAGUES:
            return member.user_id
        case unhandled:
            assert_never(unhandled)


def sides(thread: Thread) -> tuple[str, ...]:
    """All of them; those without members too."""
    if thread.opened.kind is ThreadKind.COLLEAGUES:
        return tuple(one.user_id for one in thread.members)
    if thread.opened.kind is ThreadKind.END_CUSTOMER:
        return ORGANISATION, PROVIDER, OTHER
    return ORGANISATION, OTHER


def on_side(thread: Thread, side: str) -> tuple[Member, ...]:
    """The members of a side."""
    return tuple(one for one in thread.members if side_of(thread.opened, one) == side)
