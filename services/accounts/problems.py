"""The one place where a rule that says no becomes an HTTP answer.

A rejection whose cause is one field of the request names it in its attribute `field`.
"""

from dataclasses import dataclass
from typing import assert_never

from services.accounts import organisation, password, signing, terms, user


@dataclass(frozen=True, slots=True)
class EmailTaken:
    """Another user, perhaps of another organisation, has the address."""


Rejection = user.Rejection | organisation.Rejection | password.Weakness | EmailTaken


def problem(rejection: Rejection) -> tuple[int, str]:
    """Status and sentence. 404 there is no such thing, 409 not as things stand, 422 never."""
    match rejection:
        # Users
        case user.NoSuchUser():
            return 404, "There is no such user."
        case user.UserIdTaken(user_id=taken):
            return 409, f"Another user has the id {taken}."
        case EmailTaken():
            return 409, "A user has this address already."
        case user.UserIsForgotten():
            return 409, "The user asked to be forgotten."
        case user.RolesMissing():
            return 422, "A user needs a role."
        case user.AgreementMissing():
            return 409, "The signed agreement has not been received."
        case user.LastAdministrator():
            return 409, "Nobody else could administer the organisation."
        case signing.NotActive():
            return 409, "The account is not active."
        case signing.NoAddressToConfirm():
            return 409, "There is no new address to confirm."
        case signing.SecondFactorMissing():
            return 409, "The second factor is needed."
        case password.PasswordTooShort(length=length, shortest=shortest):
            return 422, f"The password has {length} characters; {shortest} are needed."
        case password.PasswordTooSimple():
            return 422, "The password is easy to guess for somebody who knows the user."
        # Organisations
        case organisation.NoSuchOrganisation():
            return 404, "There is no such organisation."
        case organisation.OrganisationIdTaken(organisation_id=taken):
            return 409, f"Another organisation has the id {taken}."
        case organisation.NoSuchGrant():
            return 404, "There is no such support access."
        case organisation.RolesNotLent(roles=roles):
            named = ", ".join(roles) or "none"
            lent = ", ".join(sorted(organisation.LENT))
            return 422, f"Support may have the roles {lent}, not {named}."
        case organisation.TimeNotPossible(until=until, latest=latest):
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
