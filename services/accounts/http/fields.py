"""Parts of request bodies that several resources share."""

from typing import Annotated, Self

from pydantic import Field, SecretStr, StringConstraints, model_validator

from infra.http.models import Body, Email, Phone
from infra.wording import Unfit

MOROCCO = "MA"
"""The country of a phone number that names none, where nobody is known yet who asks."""
Token = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{43}$")]
PhoneCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]
# Longer ones would only make hashing slow.
Password = Annotated[SecretStr, Field(min_length=1, max_length=128)]


class LoginBody(Body):
    """The text that somebody signs in with: an e-mail address or a phone number."""

    email: Email | None = None
    phone: Phone | None = None
    """In place of the address; without a country code it is a number of Morocco."""

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.email is None) == (self.phone is None):
            raise Unfit("email_or_phone")
        return self
