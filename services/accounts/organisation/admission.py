"""Admission: a partner registers itself, and the platform's operator lets it in or does not."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import ClassVar, assert_never

from contracts.accounts.organisation_v1 import (
    OrganisationEvent,
    OrganisationKind,
    OrganisationRegistered,
    Profile,
    ProfileChanged,
    RegistrationConfirmed,
    RegistrationCorrected,
    RegistrationRejected,
    RegistrationSubmitted,
)
from contracts.decisions import Changed, changed
from contracts.obligations import Kept, Obligations
from services.accounts import terms
from services.accounts.organisation.signing_up import ByInvitation

CONDITIONS = "2026-11"
"""The version of the conditions that partners accept. Each has its text in the portal."""

YEARS_KEPT = 10

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitRegistration:
    """The phone was proved with a code, and the ids are the server's.

    `identity_card` and `company_number` are in their one form; `identity_card_mark` is the same
    for the same card, and tells nothing else.
    """

    organisation_id: str
    user_id: str
    kind: OrganisationKind
    profile: Profile
    manager_name: str
    phone: str
    identity_card: str
    identity_card_mark: str
    company_number: str | None
    address: str
    city: str
    conditions_version: str
    language: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The evidence that somebody who decides has seen; the identity card as it is shown."""

    name: str
    manager_name: str
    phone: str
    identity_card: str
    company_number: str | None
    address: str
    city: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmRegistration:
    """Whether another partner has the identity card is decided where cards are kept."""

    organisation_id: str
    seen: Evidence
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectRegistration:
    organisation_id: str
    seen: Evidence
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectRegistration:
    """Only whoever registered the partner corrects what was refused; the phone stays theirs."""

    organisation_id: str
    user_id: str
    name: str
    manager_name: str
    identity_card: str
    identity_card_mark: str
    company_number: str | None
    address: str
    city: str
    conditions_version: str
    at: datetime


Decided = ConfirmRegistration | RejectRegistration
Command = SubmitRegistration | CorrectRegistration | Decided

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ConditionsChanged:
    """Other conditions hold than those that were accepted."""

    field: ClassVar[str] = "conditions_version"
    version: str


@dataclass(frozen=True, slots=True)
class NotToBeAdmitted:
    """The organisation did not register itself, or is nobody's to see."""


@dataclass(frozen=True, slots=True)
class RegistrationIsConfirmed:
    pass


@dataclass(frozen=True, slots=True)
class RegistrationIsRejected:
    pass


@dataclass(frozen=True, slots=True)
class RegistrationIsPending:
    """Nobody has looked at it yet, so nothing was refused."""


Rejection = (
    ConditionsChanged
    | NotToBeAdmitted
    | RegistrationIsConfirmed
    | RegistrationIsRejected
    | RegistrationIsPending
    | Changed
    | terms.BadText
)

# --- State ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Founded:
    """The platform's operator made the organisation itself."""


FOUNDED = Founded()


@dataclass(frozen=True, slots=True)
class Pending:
    submitted: RegistrationSubmitted


@dataclass(frozen=True, slots=True)
class Confirmed:
    submitted: RegistrationSubmitted
    confirmed: RegistrationConfirmed


@dataclass(frozen=True, slots=True)
class Rejected:
    submitted: RegistrationSubmitted
    rejected: RegistrationRejected


Admission = Founded | ByInvitation | Pending | Confirmed | Rejected
Event = RegistrationSubmitted | RegistrationConfirmed | RegistrationRejected | RegistrationCorrected


def evolve(admission: Admission, event: Event) -> Admission:
    """Take history as recorded: a rule added today must not break yesterday's events."""
    if isinstance(event, RegistrationSubmitted):
        return Pending(event)
    if isinstance(admission, Founded | ByInvitation):
        return admission
    match event:
        case RegistrationConfirmed():
            return Confirmed(admission.submitted, event)
        case RegistrationRejected():
            return Rejected(admission.submitted, event)
        case RegistrationCorrected():
            return Pending(corrected(admission.submitted, event))
        case unhandled:
            assert_never(unhandled)


def corrected(
    submitted: RegistrationSubmitted, event: RegistrationCorrected
) -> RegistrationSubmitted:
    """The registration as it stands after a correction."""
    return replace(
        submitted,
        manager_name=event.manager_name,
        identity_card=event.identity_card,
        identity_card_mark=event.identity_card_mark,
        company_number=event.company_number,
        address=event.address,
        city=event.city,
        conditions_version=event.conditions_version,
        submitted_at=event.corrected_at,
    )


def masked(identity_card: str) -> str:
    """A card's number as it is shown: its letters and its end tell people which it is."""
    hidden = "".join("*" if sign.isdigit() else sign for sign in identity_card[:-2])
    return hidden + identity_card[-2:]


def evidence(profile: Profile, submitted: RegistrationSubmitted) -> Evidence:
    """The evidence as it stands."""
    return Evidence(
        name=profile.name,
        manager_name=submitted.manager_name,
        phone=submitted.phone,
        identity_card=masked(submitted.identity_card),
        company_number=submitted.company_number,
        address=submitted.address,
        city=submitted.city,
    )


# --- What the law keeps -----------------------------------------------------


def obligations(admission: Admission, person: str) -> Obligations:
    """A registration is decided before its manager is forgotten. What a partner agreed to stays
    known: none of it is sealed."""
    match admission:
        case Pending(submission) if submission.user_id == person:
            return Obligations(waits_for="their registration is not decided")
        case Confirmed(submission, _) if submission.user_id == person:
            return Obligations(kept=(agreement(submission),))
        case Founded() | ByInvitation() | Pending() | Confirmed() | Rejected():
            return Obligations()
        case unhandled:
            assert_never(unhandled)


def agreement(submission: RegistrationSubmitted) -> Kept:
    return Kept(
        what=f"conditions {submission.conditions_version}, accepted for"
        f" {submission.organisation_id}",
        why="documents of a merchant are kept ten years (Code de commerce, Maroc, article 22)",
        until=date(submission.submitted_at.year + YEARS_KEPT, 12, 31),
    )


# --- Decisions --------------------------------------------------------------

Decision = list[OrganisationEvent] | Rejection


def submit(command: SubmitRegistration) -> list[OrganisationEvent] | ConditionsChanged:
    """The facts of a new partner, for an organisation that is not registered yet."""
    if command.conditions_version != CONDITIONS:
        return ConditionsChanged(CONDITIONS)
    return facts(command)


def facts(command: SubmitRegistration) -> list[OrganisationEvent]:
    registered = OrganisationRegistered(
        organisation_id=command.organisation_id,
        kind=command.kind,
        profile=command.profile,
        registered_at=command.at,
    )
    submitted = RegistrationSubmitted(
        organisation_id=command.organisation_id,
        user_id=command.user_id,
        manager_name=command.manager_name,
        phone=command.phone,
        identity_card=command.identity_card,
        identity_card_mark=command.identity_card_mark,
        company_number=command.company_number,
        address=command.address,
        city=command.city,
        conditions_version=command.conditions_version,
        language=command.language,
        submitted_at=command.at,
    )
    return [registered, submitted]


def correct(command: CorrectRegistration, profile: Profile, admission: Admission) -> Decision:
    """Refused evidence is submitted again, in one version after the other."""
    if (
        isinstance(admission, Founded | ByInvitation)
        or admission.submitted.user_id != command.user_id
    ):
        return NotToBeAdmitted()
    correction = RegistrationCorrected(
        organisation_id=command.organisation_id,
        user_id=command.user_id,
        manager_name=command.manager_name,
        identity_card=command.identity_card,
        identity_card_mark=command.identity_card_mark,
        company_number=command.company_number,
        address=command.address,
        city=command.city,
        conditions_version=command.conditions_version,
        corrected_at=command.at,
    )
    match admission:
        case Confirmed():
            return RegistrationIsConfirmed()
        case Pending(submission):
            again = corrected(submission, replace(correction, corrected_at=submission.submitted_at))
            same = (again, profile.name) == (submission, command.name)
            return [] if same else RegistrationIsPending()
        case Rejected():
            if command.conditions_version != CONDITIONS:
                return ConditionsChanged(CONDITIONS)
            return [*renamed(command, profile), correction]
        case unhandled:
            assert_never(unhandled)


def renamed(command: CorrectRegistration, profile: Profile) -> list[OrganisationEvent]:
    if command.name == profile.name:
        return []
    return [
        ProfileChanged(
            organisation_id=command.organisation_id,
            profile=replace(profile, name=command.name),
            changed_at=command.at,
        )
    ]


def settle(command: Decided, profile: Profile, admission: Admission) -> Decision:
    """Let a partner in, or not, once: on what was seen."""
    match admission:
        case Founded() | ByInvitation():
            return NotToBeAdmitted()
        case Confirmed():
            is_same = isinstance(command, ConfirmRegistration)
            return [] if is_same else RegistrationIsConfirmed()
        case Rejected(rejected=told):
            is_same = isinstance(command, RejectRegistration) and command.reason == told.reason
            return [] if is_same else RegistrationIsRejected()
        case Pending(submission):
            return settle_pending(command, profile, submission)
        case unhandled:
            assert_never(unhandled)


def settle_pending(
    command: Decided, profile: Profile, submission: RegistrationSubmitted
) -> Decision:
    if difference := not_as_seen(command.seen, evidence(profile, submission)):
        return difference
    match command:
        case ConfirmRegistration():
            return [
                RegistrationConfirmed(
                    organisation_id=command.organisation_id,
                    user_id=submission.user_id,
                    partner=profile.name,
                    confirmed_by=command.by,
                    confirmed_at=command.at,
                )
            ]
        case RejectRegistration():
            if bad := terms.bad_text("reason", command.reason):
                return bad
            return [
                RegistrationRejected(
                    organisation_id=command.organisation_id,
                    user_id=submission.user_id,
                    partner=profile.name,
                    reason=command.reason,
                    rejected_by=command.by,
                    rejected_at=command.at,
                )
            ]
        case unhandled:
            assert_never(unhandled)


def not_as_seen(seen: Evidence, now: Evidence) -> Changed | None:
    """The parts of the evidence that are not as the decider saw them."""
    return changed(_named(seen), _named(now))


def _named(evidence: Evidence) -> dict[str, object]:
    return {
        "seen/name": evidence.name,
        "seen/manager_name": evidence.manager_name,
        "seen/phone": evidence.phone,
        "seen/identity_card": evidence.identity_card,
        "seen/company_number": evidence.company_number,
        "seen/address": evidence.address,
        "seen/city": evidence.city,
    }
