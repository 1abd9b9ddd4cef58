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
    CodeRefused,
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
from services.accounts.organisation import ChangeProfile as ChangeOrganisation
from services.accounts.organisation import RegisterOrganisation
from services.accounts.organisation.support_access import (
    EndSupportAccess,
    GrantSupportAccess,
    RevokeSupportAccess,
)
from services.accounts.user import ActivateUser, ChangeRoles, DeactivateUser, ForgetUser, InviteUser
from services.accounts.user.agreement import RecordAgreement
from services.accounts.user.licence import ChangeLicence
from services.accounts.user.profile import ChangeProfile
from services.accounts.user.sign_in import (
    ChangeEmail,
    EndSessions,
    EnrolTotp,
    MakeRecoveryCodes,
    RefuseCode,
    RemoveTotp,
    RequestEmailChange,
    RequestPasswordReset,
    SetPassword,
    SignIn,
)

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
        reference=None,
        dealerships=(),
        at_once=None,
    )


def invite(
    roles: tuple[Role, ...] = DRIVER,
    email: str = "ada@example.org",
    organisation: str = "hiflow",
    by: str = "lea",
    at: datetime = NOON,
) -> InviteUser:
    return InviteUser(
        user_id="ada",
        organisation_id=organisation,
        email=email,
        name="Ada Martin",
        language="fr",
        roles=roles,
        phone=None,
        by=by,
        at=at,
    )


def record_agreement(on: date = TODAY, at: datetime = NOON) -> RecordAgreement:
    return RecordAgreement(
        user_id="ada", organisation_id="hiflow", file_id="file-1", signed_on=on, today=TODAY, at=at
    )


def signed(on: date = TODAY, organisation: str = "hiflow", at: datetime = NOON) -> AgreementSigned:
    return AgreementSigned(
        user_id="ada", organisation_id=organisation, file_id="file-1", signed_on=on, recorded_at=at
    )


def activate(organisation: str = "hiflow", at: datetime = NOON) -> ActivateUser:
    return ActivateUser(user_id="ada", organisation_id=organisation, at=at)


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
        has_password=None,
    )


def deactivate(others: int = 1, organisation: str = "hiflow") -> DeactivateUser:
    return DeactivateUser(
        user_id="ada",
        organisation_id=organisation,
        by="lea",
        other_administrators=others,
        at=NOON,
    )


def deactivated() -> UserDeactivated:
    return UserDeactivated(
        user_id="ada", organisation_id="hiflow", deactivated_by="lea", deactivated_at=NOON
    )


def change_roles(*roles: Role, others: int = 1) -> ChangeRoles:
    return ChangeRoles(
        user_id="ada",
        organisation_id="hiflow",
        roles=roles,
        by="lea",
        other_administrators=others,
        at=NOON,
    )


def roles_changed(*roles: Role) -> RolesChanged:
    return RolesChanged(
        user_id="ada",
        organisation_id="hiflow",
        roles=roles,
        changed_by="lea",
        changed_at=NOON,
        dealerships=(),
    )


def change_profile(
    phone: str | None = "+33612345678", language: str = "fr", at: datetime = NOON
) -> ChangeProfile:
    return ChangeProfile(
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
        at=at,
    )


def profile_changed(
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


def change_licence(
    issued_on: date = TODAY, expires_on: date | None = None, at: datetime = NOON
) -> ChangeLicence:
    return ChangeLicence(
        user_id="ada",
        organisation_id="hiflow",
        number="14AB",
        country="FR",
        categories=("B",),
        issued_on=issued_on,
        expires_on=expires_on,
        today=TODAY,
        at=at,
    )


def licence_changed(
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
    return ForgetUser(user_id="ada", organisation_id="hiflow", at=NOON)


def forgotten() -> SubjectForgotten:
    return SubjectForgotten(user_id="ada", forgotten_at=NOON)


# --- Signing in -------------------------------------------------------------


def request_reset(at: datetime = NOON) -> RequestPasswordReset:
    return RequestPasswordReset(
        user_id="ada", organisation_id="hiflow", reset_link=LINK, expires_at=at + DAY, at=at
    )


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
        phone=None,
    )


def set_password(means: PasswordMeans = PasswordMeans.RESET, at: datetime = NOON) -> SetPassword:
    return SetPassword(user_id="ada", organisation_id="hiflow", means=means, at=at)


def password_set(means: PasswordMeans = PasswordMeans.RESET, at: datetime = NOON) -> PasswordSet:
    return PasswordSet(user_id="ada", organisation_id="hiflow", means=means, set_at=at)


def enrol() -> EnrolTotp:
    return EnrolTotp(user_id="ada", organisation_id="hiflow", at=NOON)


def enrolled() -> TotpEnrolled:
    return TotpEnrolled(user_id="ada", organisation_id="hiflow", enrolled_at=NOON)


def make_recovery_codes() -> MakeRecoveryCodes:
    return MakeRecoveryCodes(user_id="ada", organisation_id="hiflow", at=NOON)


def refuse_code(at: datetime = NOON) -> RefuseCode:
    return RefuseCode(user_id="ada", organisation_id="hiflow", at=at)


def code_refused(at: datetime = NOON) -> CodeRefused:
    return CodeRefused(user_id="ada", organisation_id="hiflow", refused_at=at)


def remove_totp() -> RemoveTotp:
    return RemoveTotp(user_id="ada", organisation_id="hiflow", by="lea", at=NOON)


def totp_removed() -> TotpRemoved:
    return TotpRemoved(user_id="ada", organisation_id="hiflow", removed_by="lea", removed_at=NOON)


def sign_in(session: str = "s-1", *, proven: bool = False) -> SignIn:
    return SignIn(
        user_id="ada",
        organisation_id="hiflow",
        session_id=session,
        remembered=True,
        with_second_factor=proven,
        at=NOON,
    )


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
    return EndSessions(
        user_id="ada",
        organisation_id="hiflow",
        session_id=session,
        reason=SessionEnd.SIGNED_OUT,
        at=NOON,
    )


def sessions_ended(session: str | None = None) -> SessionsEnded:
    return SessionsEnded(
        user_id="ada",
        organisation_id="hiflow",
        session_id=session,
        reason=SessionEnd.SIGNED_OUT,
        ended_at=NOON,
    )


def request_email_change(email: str = "ada.martin@example.org") -> RequestEmailChange:
    return RequestEmailChange(
        user_id="ada",
        organisation_id="hiflow",
        email=email,
        link=LINK,
        expires_at=LATER,
        at=NOON,
    )


def change_email(at: datetime = LATER) -> ChangeEmail:
    return ChangeEmail(user_id="ada", organisation_id="hiflow", at=at)


# --- Organisations ----------------------------------------------------------


def organisation_profile(
    name: str = "Hiflow", time_zone: str = "Europe/Paris", currency: str = "EUR"
) -> Profile:
    return Profile(name=name, time_zone=time_zone, currency=currency, country="FR", contacts=())


PROFILE = organisation_profile()


def register(name: str = "Hiflow", at: datetime = NOON) -> RegisterOrganisation:
    return RegisterOrganisation(
        organisation_id="hiflow",
        kind=OrganisationKind.DRIVER_PARTNER,
        profile=organisation_profile(name),
        at=at,
    )


def registered(name: str = "Hiflow", at: datetime = NOON) -> OrganisationRegistered:
    return OrganisationRegistered(
        organisation_id="hiflow",
        kind=OrganisationKind.DRIVER_PARTNER,
        profile=organisation_profile(name),
        registered_at=at,
    )


def change_organisation(profile: Profile = PROFILE) -> ChangeOrganisation:
    return ChangeOrganisation(organisation_id="hiflow", profile=profile, at=NOON)


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
    is_member: bool = False,
) -> GrantSupportAccess:
    return GrantSupportAccess(
        organisation_id="hiflow",
        grant_id="G1",
        supporter_id="sam",
        is_member=is_member,
        roles=roles,
        reason=reason,
        until=until,
        by="lea",
        at=NOON,
    )


def revoke(grant: str = "G1") -> RevokeSupportAccess:
    return RevokeSupportAccess(organisation_id="hiflow", grant_id=grant, by="lea", at=NOON)


def end_access(at: datetime = NOON + DAY) -> EndSupportAccess:
    return EndSupportAccess(organisation_id="hiflow", grant_id="G1", at=at)
