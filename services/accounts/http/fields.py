"""Parts of request bodies that several resources share."""

from typing import Annotated

from pydantic import Field, SecretStr, StringConstraints

Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Token = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{43}$")]
# Longer ones would only make hashing slow.
Password = Annotated[SecretStr, Field(min_length=1, max_length=128)]
