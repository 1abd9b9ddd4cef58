"""The rules of accounts that say no, and where it says to people what they mean: `texts.yaml`."""

from dataclasses import dataclass
from typing import ClassVar

from infra.wording import Wording
from services.accounts import organisation, user
from services.accounts.adapters.secrets.totp import STEP_SECONDS
from services.accounts.user import password

# --- Refusals of what is kept beside the events -----------------------------


@dataclass(frozen=True, slots=True)
class SignInRefused:
    """One answer for every wrong sign-in, which tells nobody what was wrong."""


@dataclass(frozen=True, slots=True)
class SecondFactorNeeded:
    pass


@dataclass(frozen=True, slots=True)
class CodeUsed:
    """The code is right, and was shown before; told to who knows the password alone."""

    seconds: int = STEP_SECONDS


@dataclass(frozen=True, slots=True)
class SessionOver:
    pass


@dataclass(frozen=True, slots=True)
class AssertionRefused:
    """One answer for every device that does not prove to be paired."""


@dataclass(frozen=True, slots=True)
class LinkInvalid:
    pass


@dataclass(frozen=True, slots=True)
class EmailTaken:
    """Another user of the organisation has the address."""


@dataclass(frozen=True, slots=True)
class PhoneTaken:
    """Another user of the organisation has the phone."""


@dataclass(frozen=True, slots=True)
class AddressTaken:
    """Another account was first to prove that the address, or the phone, is theirs."""


@dataclass(frozen=True, slots=True)
class IdentityCardTaken:
    """A partner that was let in has the identity card."""


@dataclass(frozen=True, slots=True)
class RolesNotOfDepots:
    """Nobody has these roles in a depot."""

    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RolesOfDealers:
    """These roles are granted at a dealership, or by the operator of the platform."""

    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RolesOfOthers:
    """Organisations of another kind have people with these roles."""

    field: ClassVar[str] = "roles"
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BeyondYourDealerships:
    """The user holds something that the caller does not manage."""


@dataclass(frozen=True, slots=True)
class NotOfDealers:
    """The user is of an organisation without dealerships."""


@dataclass(frozen=True, slots=True)
class AlreadyEnrolled:
    pass


@dataclass(frozen=True, slots=True)
class SignUpLinkUnknown:
    """It was made up, or another link was sent to the address since."""


@dataclass(frozen=True, slots=True)
class SignUpLinkOver:
    """It is older than it may be, or was taken back, or the marketplace is off."""


@dataclass(frozen=True, slots=True)
class NotTheInvitedAddress:
    """The link was mailed to another address."""

    field: ClassVar[str] = "email"


@dataclass(frozen=True, slots=True)
class OtherDocumentsHold:
    """Other terms or documents hold by now than those that were accepted."""


InvitationRefusal = SignUpLinkUnknown | SignUpLinkOver | NotTheInvitedAddress | OtherDocumentsHold
SecretRefusal = (
    SignInRefused
    | SecondFactorNeeded
    | CodeUsed
    | SessionOver
    | AssertionRefused
    | LinkInvalid
    | EmailTaken
    | PhoneTaken
    | AddressTaken
    | IdentityCardTaken
    | AlreadyEnrolled
)
RolesRefusal = (
    RolesNotOfDepots | RolesOfDealers | RolesOfOthers | BeyondYourDealerships | NotOfDealers
)
Rejection = (
    user.Rejection
    | organisation.Rejection
    | password.Weakness
    | SecretRefusal
    | InvitationRefusal
    | RolesRefusal
)
WORDING = Wording(__package__, Rejection)
