"""The account of a dealership at Planet VO, by which its photos go there (FLB-135)."""

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from contracts.interventions.photo_account_v1 import (
    CredentialsGiven,
    CredentialsRemoved,
    PhotoAccountEvent,
)

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveCredentials:
    """Planet VO takes them; `digest` is a keyed hash, by which the same ones are known again."""

    dealership_id: str
    organisation_id: str
    digest: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveCredentials:
    dealership_id: str
    organisation_id: str
    by: str
    at: datetime


Command = GiveCredentials | RemoveCredentials

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoPhotoAccount:
    """The dealership gave no credentials, or they were removed."""


@dataclass(frozen=True, slots=True)
class PhotoCredentialsRefused:
    """Planet VO does not take them."""


Rejection = NoPhotoAccount | PhotoCredentialsRefused

# --- State ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PhotoAccount:
    """`given` is None while there are no credentials."""

    given: CredentialsGiven | None = None


initial = PhotoAccount()


def evolve(_: PhotoAccount, event: PhotoAccountEvent) -> PhotoAccount:
    """Take history as recorded: a rule added today must not break yesterday's events."""
    match event:
        case CredentialsGiven():
            return PhotoAccount(event)
        case CredentialsRemoved():
            return PhotoAccount()
        case unhandled:
            assert_never(unhandled)


# --- Decisions --------------------------------------------------------------

Decision = list[PhotoAccountEvent] | Rejection


def decide(command: Command, account: PhotoAccount) -> Decision:
    """New facts, an empty list when they are already recorded, or the rule that says no."""
    match command:
        case GiveCredentials():
            if account.given is not None and account.given.digest == command.digest:
                return []
            return [
                CredentialsGiven(
                    dealership_id=command.dealership_id,
                    organisation_id=command.organisation_id,
                    digest=command.digest,
                    given_by=command.by,
                    given_at=command.at,
                )
            ]
        case RemoveCredentials():
            if account.given is None:
                return []
            return [
                CredentialsRemoved(
                    dealership_id=command.dealership_id,
                    organisation_id=command.organisation_id,
                    removed_by=command.by,
                    removed_at=command.at,
                )
            ]
        case unhandled:
            assert_never(unhandled)
