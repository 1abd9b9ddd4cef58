"""The details of a company that sellers and buyers have in common."""

from typing import Annotated, Literal

from pydantic import StringConstraints

from infra.http.models import Called

Country = Annotated[
    Literal["BE", "DE", "ES", "FR", "IT", "LU", "MA", "NL", "PT"], Called("Country")
]
PostalCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9 -]{2,12}$")]
Number = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9 ./-]{2,40}$")]
