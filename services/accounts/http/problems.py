"""The one place where a rule that says no becomes an HTTP answer.

A rejection whose cause is one field of the request names it in its attribute `field`.
"""

from dataclasses import dataclass
from typing import assert_never

from services.accounts import organisation, terms, user
from services.accounts.organisation import support_access
from services.accounts.user import password, sign_in

# --- Refusals of what is kept beside the events -----------------------------


@dataclass(frozen=True, slots=True)
class SignInRefused:
    """One answer for every wrong sign-in, which tells nobody what was wrong."""


@dataclass(frozen=True, slots=True)
class SecondFactorNeeded:
    pass


@dataclass(frozen=True, slots=True)
class SessionOver:
    pass


@dataclass(frozen=True, slots=True)
class LinkInvalid:
    pass


@dataclass(frozen=True, slots=True)
class EmailTaken:
    """Another user of the organisation has the address."""


@dataclass(frozen=True, slots=True)
class AddressTaken:
    """Another account was first to prove that the address is theirs."""


@dataclass(frozen=True, slots=True)
class AlreadyEnrolled:
    pass


SecretRefusal = (
    SignInRefused
    | SecondFactorNeeded
    | SessionOver
    | LinkInvalid
    | EmailTaken
    | AddressTaken
    | AlreadyEnrolled
)

Rejection = user.Rejection | organisation.Rejection | password.Weakness | SecretRefusal


def problem(rejection: Rejection) -> tuple[int, str]:
    """The status and the sentence of a rejection.

    401 says that the caller is not signed in, 404 that there is no such thing, 409 that it is not
    possible now, 422 that it never is.
    """
    match rejection:
        # Users
        case user.NoSuchUser():
            return 404, "There is no such user."
        case user.UserIdTaken(user_id=taken):
            return 409, f"Another user has this reference, or was invited otherwise: {taken}."
        case user.UserIsForgotten():
            return 409, "The user asked to be forgotten."
        case user.RolesMissing():
            return 422, "A user needs a role."
        case user.AgreementMissing():
            return 409, "The signed agreement has not been received."
        case user.LastAdministrator():
            return 409, "Nobody else could administer the organisation."
        case sign_in.NotActive():
            return 409, "The account is not active."
        case sign_in.NoAddressToConfirm():
            return 409, "There is no new address to confirm."
        case sign_in.SecondFactorMissing():
            return 409, "The second factor is needed."
        case password.PasswordTooShort(length=length, shortest=shortest):
            return 422, f"The password has {length} characters; {shortest} are needed."
        case password.PasswordTooSimple():
            return 422, "The password is easy to guess for somebody who knows the user."
        case password.PasswordTooCommon():
            return 422, "Many people have this password, or one much like it."
        # Secrets
        case SignInRefused():
            detail = "The address, the password or the code is wrong, or the account is not active."
            return 401, detail
        case SecondFactorNeeded():
            return 401, "A code of the second factor is needed as well."
        case SessionOver():
            return 401, "The session is over; sign in again."
        case LinkInvalid():
            return 409, "The link is too old or was used; ask for another one."
        case EmailTaken():
            return 409, "A user of the organisation has this address already."
        case AddressTaken():
            return 409, "Another account has this address: it was confirmed there first."
        case AlreadyEnrolled():
            return 409, "There is a second factor; an administrator may remove it."
        # Organisations
        case organisation.NoSuchOrganisation():
            return 404, "There is no such organisation."
        case organisation.OrganisationIdTaken(organisation_id=taken):
            return 409, f"Another organisation has the id {taken}."
        case support_access.NoSuchGrant():
            return 404, "There is no such support access."
        case support_access.RolesNotLent(roles=roles):
            named = ", ".join(roles) or "none"
            lent = ", ".join(sorted(support_access.LENT))
            return 422, f"Support may have the roles {lent}, not {named}."
        case support_access.TimeNotPossible(until=until, latest=latest):
            return 422, f"An access may end until {latest:%F %R} UTC, not at {until:%F %R}."
        # Terms
        case terms.DayNotPossible(field=field, day=day, first=first, last=last):
            return 422, f"{field} cannot be {day}, only {first} to {last}."
        case terms.TextMissing(field=field):
            return 422, f"{field} is needed."
        case terms.TextTooLong(field=field, length=length, limit=limit):
            return 422, f"{field} has {length} characters, at most {limit} are possible."
        case unhandled:
            assert_never(unhandled)
