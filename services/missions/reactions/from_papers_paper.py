"""Reaction: accepted papers admit a driver to new work, expired ones end that."""

from typing import assert_never

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
    match event:
        case PaperAccepted():
            return [
                HoldPaper(
                    driver_id=event.user_id,
                    organisation_id=event.organisation_id,
                    kind=event.kind.name.lower(),
                    valid_until=event.expires_on,
                    at=event.accepted_at,
                )
            ]
        case PaperExpired():
            return [
                LapsePaper(
                    driver_id=event.user_id,
                    organisation_id=event.organisation_id,
                    kind=event.kind.name.lower(),
                    valid_until=event.expires_on,
                    at=event.expired_at,
                )
            ]
        case PaperAdded() | PaperRefused() | ExpiryNoticeGiven():
            return []
        case unhandled:
            assert_never(unhandled)


def target(command: HoldPaper | LapsePaper) -> str:
    """The driver whose stream takes the command."""
    return command.driver_id
