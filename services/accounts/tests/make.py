"""Valid messages with sensible defaults; a test names only what it is about."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

from contracts.accounts.organisation_v1 import (
    OrganisationKind,
    OrganisationRegistered,
    Profile,
    SupportAccessGranted,
)
from contracts.accounts.user_v1 import (
    AgreementSigned,
    LicenceChanged,
    PasswordMeans,
    PasswordResetRequested,
    PasswordSet,
    ProfileChanged,
    Role,
    RolesChanged,
    SessionEnd,
    SessionsEnded,
    SignedIn,
    SubjectForgotten,
    TotpEnrolled,
    TotpRemoved,
    UserActivated,
    UserDeactivated,
    UserInvited,
)
from infra.commands import CommandContext
from services.accounts.organisation import EndSupportAccess, GrantSupportAccess, RevokeSupportAccess
from services.accounts.signing import (
    EndSessions,
    EnrolTotp,
    RemoveTotp,
    RequestPasswordReset,
    SetPassword,
    SignIn,
)
from services.accounts.user import ActivateUser, ChangeRoles, DeactivateUser, ForgetUser, InviteUser

NOON = datetime(2030, 5, 1, 12, 0, tzinfo=UTC)
LATER = NOON + timedelta(minutes=40)
TODAY = date(2030, 5, 1)
DAY = timedelta(days=1)
DRIVER = (Role.DRIVER,)
ADMIN = (Role.ADMINISTRATION,)
LINK = "https://portal.example/set-password#token=t"


def context() -> CommandContext:
    """A new request of the platform's own."""
    return CommandContext(uuid4(), "c", "c", "test", "hiflow", datetime.now(UTC), "")


# --- Users ------------------------------------------------------------------


def invited(
    roles: tuple[Role, ...] = DRIVER,
    email: str = "ada@example.org",
    organisation: str = "hiflow",
    by: str = "lea",
    at: datetime = NOON,
) -> UserInvited:
    return UserInvited(
        user_id="ada",
        organisation_id=organisation,
        email=email,
        name="Ada Martin",
        language="fr",
        roles=roles,
        phone=None,
        invited_by=by,
        invited_at=at,
    )


def invite(
    roles: tuple[Role, ...] = DRIVER,
    email: str = "ada@example.org",
    organisation: str = "hiflow",
    by: str = "lea",
    at: datetime = NOON,
) -> InviteUser:
    return InviteUser(invited(roles, email, organisation, by, at))


def signed(on: date = TODAY, organisation: str = "hiflow", at: datetime = NOON) -> AgreementSigned:
    return AgreementSigned(
        user_id="ada", organisation_id=organisation, file_id="file-1", signed_on=on, recorded_at=at
    )


def activate(organisation: str = "hiflow", at: datetime = NOON) -> ActivateUser:
    return ActivateUser("ada", organisation, at)


def activated(
    roles: tuple[Role, ...] = DRIVER, language: str = "fr", at: datetime = NOON
) -> UserActivated:
    email = "ada@example.org"
    return UserActivated(
        user_id="ada",
        organisation_id="hiflow",
        email=email,
        name="Ada Martin",
        language=language,
        roles=roles,
        activated_at=at,
        phone=None,
    )


def deactivate(others: int = 1, organisation: str = "hiflow") -> DeactivateUser:
    return DeactivateUser("ada", organisation, "lea", others, NOON)


def deactivated() -> UserDeactivated:
    return UserDeactivated(
        user_id="ada", organisation_id="hiflow", deactivated_by="lea", deactivated_at=NOON
    )


def change_roles(*roles: Role, others: int = 1) -> ChangeRoles:
    return ChangeRoles("ada", "hiflow", roles, "lea", others, NOON)


def roles_changed(*roles: Role) -> RolesChanged:
    return RolesChanged(
        user_id="ada", organisation_id="hiflow", roles=roles, changed_by="lea", changed_at=NOON
    )


def profile(
    phone: str | None = "+33612345678", language: str = "fr", at: datetime = NOON
) -> ProfileChanged:
    return ProfileChanged(
        user_id="ada",
        organisation_id="hiflow",
        language=language,
        phone=phone,
        photo_file_id=None,
        street="3 rue des Lilas",
        postal_code="69003",
        city="Lyon",
        country="FR",
        location=None,
        changed_at=at,
    )


def licence(
    issued_on: date = TODAY, expires_on: date | None = None, at: datetime = NOON
) -> LicenceChanged:
    return LicenceChanged(
        user_id="ada",
        organisation_id="hiflow",
        number="14AB",
        country="FR",
        categories=("B",),
        issued_on=issued_on,
        expires_on=expires_on,
        changed_at=at,
    )


def forget() -> ForgetUser:
    return ForgetUser("ada", "hiflow", NOON)


def forgotten() -> SubjectForgotten:
    return SubjectForgotten(user_id="ada", forgotten_at=NOON)


# --- Signing in -------------------------------------------------------------


def request_reset(at: datetime = NOON) -> RequestPasswordReset:
    return RequestPasswordReset("ada", "hiflow", LINK, at + DAY, at)


def reset_requested(language: str = "fr", at: datetime = NOON) -> PasswordResetRequested:
    return PasswordResetRequested(
        user_id="ada",
        organisation_id="hiflow",
        email="ada@example.org",
        name="Ada Martin",
        language=language,
        reset_link=LINK,
        expires_at=at + DAY,
        requested_at=at,
    )


def set_password(means: PasswordMeans = PasswordMeans.RESET, at: datetime = NOON) -> SetPassword:
    return SetPassword("ada", "hiflow", means, at)


def password_set(means: PasswordMeans = PasswordMeans.RESET, at: datetime = NOON) -> PasswordSet:
    return PasswordSet(user_id="ada", organisation_id="hiflow", means=means, set_at=at)


def enrol() -> EnrolTotp:
    return EnrolTotp("ada", "hiflow", NOON)


def enrolled() -> TotpEnrolled:
    return TotpEnrolled(user_id="ada", organisation_id="hiflow", enrolled_at=NOON)


def remove_totp() -> RemoveTotp:
    return RemoveTotp("ada", "hiflow", "lea", NOON)


def totp_removed() -> TotpRemoved:
    return TotpRemoved(user_id="ada", organisation_id="hiflow", removed_by="lea", removed_at=NOON)


def sign_in(session: str = "s-1", *, proven: bool = False) -> SignIn:
    return SignIn("ada", "hiflow", session, remembered=True, with_second_factor=proven, at=NOON)


def signed_in(session: str = "s-1", *, proven: bool = False, recovered: bool = False) -> SignedIn:
    return SignedIn(
        user_id="ada",
        organisation_id="hiflow",
        session_id=session,
        remembered=True,
        with_second_factor=proven,
        signed_in_at=NOON,
        with_recovery_code=recovered,
    )


def end_sessions(session: str | None = None) -> EndSessions:
    return EndSessions("ada", "hiflow", session, SessionEnd.SIGNED_OUT, NOON)


def sessions_ended(session: str | None = None) -> SessionsEnded:
    return SessionsEnded(
        user_id="ada",
        organisation_id="hiflow",
        session_id=session,
        reason=SessionEnd.SIGNED_OUT,
        ended_at=NOON,
    )


# --- Organisations ----------------------------------------------------------

PROFILE = Profile(
    name="Hiflow", time_zone="Europe/Paris", currency="EUR", country="FR", contacts=()
)


def registered(name: str = "Hiflow", at: datetime = NOON) -> OrganisationRegistered:
    kind = OrganisationKind.DRIVER_PARTNER
    return OrganisationRegistered(
        organisation_id="hiflow",
        kind=kind,
        profile=Profile(
            name=name, time_zone="Europe/Paris", currency="EUR", country="FR", contacts=()
        ),
        registered_at=at,
    )


def granted(
    roles: tuple[str, ...] = ("logistics",),
    reason: str = "A quote cannot be opened.",
    until: datetime = NOON + DAY,
    grant: str = "G1",
    supporter: str = "sam",
) -> SupportAccessGranted:
    return SupportAccessGranted(
        organisation_id="hiflow",
        grant_id=grant,
        supporter_id=supporter,
        roles=roles,
        reason=reason,
        granted_by="lea",
        until=until,
        granted_at=NOON,
    )


def grant(
    roles: tuple[str, ...] = ("logistics",),
    reason: str = "A quote cannot be opened.",
    until: datetime = NOON + DAY,
) -> GrantSupportAccess:
    return GrantSupportAccess(granted(roles, reason, until))


def revoke(grant: str = "G1") -> RevokeSupportAccess:
    return RevokeSupportAccess("hiflow", grant, "lea", NOON)


def end_access(at: datetime = NOON + DAY) -> EndSupportAccess:
    return EndSupportAccess("hiflow", "G1", at)
