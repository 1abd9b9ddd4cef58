"""Reaction: accepted papers admit a driver to new work, expired ones end that (C6)."""

from typing import assert_never

from contracts.missions.clearance_v1 import PaperHeld, PaperLapsed
from contracts.papers.paper_v1 import (
    ExpiryNoticeGiven,
    PaperAccepted,
    PaperAdded,
    PaperEvent,
    PaperExpired,
    PaperRefused,
)
from services.missions.clearance import HoldPaper, LapsePaper


def react(event: PaperEvent) -> list[HoldPaper | LapsePaper]:
    who = event.user_id, event.organisation_id, event.kind.name.lower()
    match event:
        case PaperAccepted():
            return [HoldPaper(PaperHeld(*who, event.expires_on, event.accepted_at))]
        case PaperExpired():
            return [LapsePaper(PaperLapsed(*who, event.expires_on, event.expired_at))]
        case PaperAdded() | PaperRefused() | ExpiryNoticeGiven():
            return []
        case unhandled:
            assert_never(unhandled)


def target(command: HoldPaper | LapsePaper) -> str:
    """The driver whose stream takes the command."""
    return command.fact.driver_id
