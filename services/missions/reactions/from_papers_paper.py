"""Reaction: accepted papers admit a driver to new work, expired ones end that."""

from typing import assert_never

from contracts.papers.paper_v1 import PaperAccepted, PaperExpired
from services.missions.clearance import HoldPaper, LapsePaper

Reads = PaperAccepted | PaperExpired


def react(event: Reads) -> list[HoldPaper | LapsePaper]:
    """Record that the driver holds the paper, or that it has lapsed."""
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
        case unhandled:
            assert_never(unhandled)


def target(command: HoldPaper | LapsePaper) -> str:
    """The driver whose stream takes the command."""
    return command.driver_id
