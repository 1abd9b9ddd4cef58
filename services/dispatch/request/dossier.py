"""The offers, proposals and clocks of a request, as its facts left them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from contracts.dispatch.request_v1 import (
    BroadcastDue,
    OfferDeclined,
    PassedOver,
    PhotosAdded,
    ProposalMade,
    ProposalsSent,
    ReplacementBegun,
    RequestAssigned,
    RequestCreated,
    RequestEvent,
    RequestOffered,
    RequestUnanswered,
)

OF_A_REPLACEMENT = 1
"""Proposals that are waited for where a provider cancelled: time is short (M6)."""


@dataclass(frozen=True, slots=True)
class Dossier:
    """A request, and the search for a provider; a replacement is another search."""

    created: RequestCreated
    offers: Mapping[str, RequestOffered] = field(default_factory=dict)
    """The last one of each provider."""
    proposals: Mapping[str, ProposalMade] = field(default_factory=dict)
    """The last one of each provider, those of this search."""
    declined: frozenset[str] = frozenset()
    passed_over: tuple[PassedOver, ...] = ()
    rounds: int = 0
    assigned: frozenset[datetime] = frozenset()
    """The causes of assignments, by their times."""
    due: frozenset[datetime] = frozenset()
    """The times at which it was to be broadcast again."""
    first_at: datetime | None = None
    """The first assignment of this search, from which both delays count (G-63)."""
    answer_by: datetime | None = None
    send_at: datetime | None = None
    unanswered: bool = False
    sent: ProposalsSent | None = None
    photos: tuple[str, ...] = ()
    """The files that the customer added."""
    cancelled: frozenset[str] = frozenset()
    """The providers who had the job and cancelled it."""

    @property
    def required(self) -> int:
        """How many proposals are waited for."""
        return OF_A_REPLACEMENT if self.cancelled else self.created.terms.required_proposals

    def valid(self, at: datetime) -> dict[str, ProposalMade]:
        """The proposals that hold at a time."""
        return {id: one for id, one in self.proposals.items() if at < one.valid_until}

    @property
    def waiting(self) -> tuple[RequestOffered, ...]:
        """The offers that are open to their providers."""
        gone = self.declined | self.cancelled
        return tuple(one for id, one in self.offers.items() if id not in gone)


def evolve(held: Dossier, event: RequestEvent) -> Dossier:
    """The dossier after a fact that leaves the request as open, chosen or over as it was."""
    match event:
        case RequestAssigned():
            return replace(
                held,
                passed_over=event.passed_over,
                rounds=event.round,
                assigned=held.assigned | {event.assigned_at},
                first_at=held.first_at or event.assigned_at,
                answer_by=event.answer_by,
                send_at=event.send_at or held.send_at,
            )
        case PhotosAdded():
            return replace(held, photos=(*held.photos, *event.file_ids))
        case BroadcastDue():
            return replace(held, due=held.due | {event.due_at})
        case RequestOffered():
            return replace(held, offers={**held.offers, event.provider_id: event})
        case ProposalMade():
            return replace(
                held,
                proposals={**held.proposals, event.provider_id: event},
                declined=held.declined - {event.provider_id},
                send_at=event.send_at or held.send_at,
                unanswered=held.unanswered and event.send_at is None,
            )
        case OfferDeclined():
            left = {id: one for id, one in held.proposals.items() if id != event.provider_id}
            return replace(held, proposals=left, declined=held.declined | {event.provider_id})
        case ProposalsSent():
            return replace(held, sent=event)
        case RequestUnanswered():
            return replace(held, unanswered=True)
        case ReplacementBegun():
            return replace(
                held,
                proposals={},
                first_at=None,
                send_at=None,
                unanswered=False,
                sent=None,
                cancelled=held.cancelled | {event.provider_id},
            )
        case _:
            return held
