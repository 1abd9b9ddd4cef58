"""An organisation: what it is called, where it works, how it was let in, whom it lets in."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from contracts.accounts.organisation_v1 import (
    CompanySignedUp,
    OrganisationEvent,
    OrganisationKind,
    OrganisationRegistered,
    Profile,
    ProfileChanged,
    RegistrationConfirmed,
    RegistrationCorrected,
    RegistrationRejected,
    RegistrationSubmitted,
    SupportAccessEnded,
    SupportAccessGranted,
    SupportAccessRevoked,
)
from contracts.obligations import Obligations
from contracts.timers import CancelTimer, SetTimer
from services.accounts.organisation import admission, signing_up, support_access
from services.accounts.organisation.admission import (
    FOUNDED,
    Admission,
    Confirmed,
    ConfirmRegistration,
    CorrectRegistration,
    Founded,
    Pending,
    Rejected,
    RejectRegistration,
    SubmitRegistration,
)
from services.accounts.organisation.signing_up import ByInvitation, SignUpCompany
from services.accounts.organisation.support_access import (
    EndSupportAccess,
    GrantSupportAccess,
    RevokeSupportAccess,
)

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterOrganisation:
    organisation_id: str
    kind: OrganisationKind
    profile: Profile
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeProfile:
    organisation_id: str
    profile: Profile
    at: datetime


Command = (
    RegisterOrganisation
    | ChangeProfile
    | SignUpCompany
    | admission.Command
    | support_access.Command
)

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoSuchOrganisation:
    pass


@dataclass(frozen=True, slots=True)
class OrganisationIdTaken:
    organisation_id: str


Rejection = (
    NoSuchOrganisation
    | OrganisationIdTaken
    | signing_up.Rejection
    | admission.Rejection
    | support_access.Rejection
)

# --- State ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Unregistered:
    pass


@dataclass(frozen=True, slots=True)
class Registered:
    """`grants` is what happened last to each support access, by its id."""

    registration: OrganisationRegistered
    profile: Profile
    grants: Mapping[str, support_access.Grant]
    admission: Admission = FOUNDED

    @property
    def barred(self) -> str | None:
        """How far the registration is of an organisation that is not let in: `pending`, or
        `rejected`. None when its people may do what their roles say (G-20)."""
        match self.admission:
            case Pending():
                return "pending"
            case Rejected():
                return "rejected"
            case Founded() | ByInvitation() | Confirmed():
                return None
            case unhandled:
                assert_never(unhandled)


Organisation = Unregistered | Registered

initial: Organisation = Unregistered()


def evolve(organisation: Organisation, event: OrganisationEvent) -> Organisation:
    """Take history as recorded: a rule added today must not break yesterday's events."""
    if isinstance(event, OrganisationRegistered):
        return Registered(event, event.profile, {})
    if not isinstance(organisation, Registered):
        return organisation
    match event:
        case ProfileChanged():
            return replace(organisation, profile=event.profile)
        case SupportAccessGranted() | SupportAccessRevoked() | SupportAccessEnded():
            return replace(organisation, grants={**organisation.grants, event.grant_id: event})
        case CompanySignedUp():
            return replace(organisation, admission=ByInvitation(event))
        case (
            RegistrationSubmitted()
            | RegistrationConfirmed()
            | RegistrationRejected()
            | RegistrationCorrected()
        ):
            found = admission.evolve(organisation.admission, event)
            return replace(organisation, admission=found)
        case unhandled:
            assert_never(unhandled)


# --- Decisions --------------------------------------------------------------

Decision = list[OrganisationEvent] | Rejection


def decide(command: Command, organisation: Organisation) -> Decision:
    """New facts, an empty list when they are already recorded, or the rule that says no."""
    if isinstance(command, RegisterOrganisation):
        return register(command, organisation)
    if isinstance(command, SubmitRegistration):
        return submit(command, organisation)
    if isinstance(command, SignUpCompany):
        return sign_up(command, organisation)
    if isinstance(organisation, Unregistered):
        return NoSuchOrganisation()
    match command:
        case ChangeProfile():
            return change_profile(command, organisation)
        case ConfirmRegistration() | RejectRegistration():
            return admission.settle(command, organisation.profile, organisation.admission)
        case CorrectRegistration():
            return admission.correct(command, organisation.profile, organisation.admission)
        case GrantSupportAccess():
            return support_access.grant(command, organisation.grants)
        case RevokeSupportAccess():
            return support_access.revoke(command, organisation.grants)
        case EndSupportAccess():
            return support_access.end(command, organisation.grants)
        case unhandled:
            assert_never(unhandled)


def register(command: RegisterOrganisation, organisation: Organisation) -> Decision:
    registration = OrganisationRegistered(
        organisation_id=command.organisation_id,
        kind=command.kind,
        profile=command.profile,
        registered_at=command.at,
    )
    if isinstance(organisation, Unregistered):
        return [registration]
    known = replace(organisation.registration, registered_at=command.at)
    return [] if known == registration else OrganisationIdTaken(command.organisation_id)


def submit(command: SubmitRegistration, organisation: Organisation) -> Decision:
    if isinstance(organisation, Unregistered):
        return admission.submit(command)
    taken = OrganisationIdTaken(command.organisation_id)
    if isinstance(organisation.admission, Founded | ByInvitation):
        return taken
    known = [
        replace(organisation.registration, registered_at=command.at),
        replace(organisation.admission.submitted, submitted_at=command.at),
    ]
    return [] if known == admission.facts(command) else taken


def sign_up(command: SignUpCompany, organisation: Organisation) -> Decision:
    if isinstance(organisation, Unregistered):
        return signing_up.facts(command)
    if not isinstance(organisation.admission, ByInvitation):
        return OrganisationIdTaken(command.organisation_id)
    return signing_up.again(command, organisation.registration, organisation.admission)


def change_profile(command: ChangeProfile, organisation: Registered) -> Decision:
    if command.profile == organisation.profile:
        return []
    return [
        ProfileChanged(
            organisation_id=command.organisation_id,
            profile=command.profile,
            changed_at=command.at,
        )
    ]


# --- What the law keeps -----------------------------------------------------


def obligations(organisation: Organisation, person: str) -> Obligations:
    """The reasons not to forget somebody yet, and what stays known of them."""
    if isinstance(organisation, Unregistered):
        return Obligations()
    return admission.obligations(organisation.admission, person)


# --- Timers -----------------------------------------------------------------


def timers(event: OrganisationEvent) -> tuple[SetTimer | CancelTimer, ...]:
    match event:
        case SupportAccessGranted() | SupportAccessRevoked():
            return support_access.timers(event)
        case OrganisationRegistered() | ProfileChanged() | SupportAccessEnded():
            return ()
        case (
            RegistrationSubmitted()
            | RegistrationConfirmed()
            | RegistrationRejected()
            | RegistrationCorrected()
            | CompanySignedUp()
        ):
            return ()
        case unhandled:
            assert_never(unhandled)


def on_timer(name: str, organisation_id: str, due: datetime) -> Command:
    """The command of a timer that came due. LookupError when no timer has that name."""
    return support_access.on_timer(name, organisation_id, due)
