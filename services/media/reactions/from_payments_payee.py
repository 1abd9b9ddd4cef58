"""Reaction: the document of a bank is held, whatever becomes of the change."""

from typing import assert_never

from contracts.payments.payee_v1 import BankChangeRequested, BankDetailsGiven
from services.media.file import Hold

Reads = BankDetailsGiven | BankChangeRequested


def react(event: Reads) -> list[Hold]:
    match event:
        case BankDetailsGiven():
            at = event.given_at
        case BankChangeRequested():
            at = event.requested_at
        case unhandled:
            assert_never(unhandled)
    return [
        Hold(
            file_id=event.proof_file_id,
            organisation_id=event.organisation_id,
            by=f"payee-{event.driver_id}",
            reader_id=None,
            at=at,
        )
    ]


def target(command: Hold) -> str:
    """The file whose stream takes the command."""
    return command.file_id
