"""Parts of bodies and answers that several resources share."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field, StringConstraints

from contracts.common_v1 import Money
from contracts.dealers import InLanguage, picked
from infra.http.answers import Answer
from infra.http.models import Body, Currency, Language

MOST_LANGUAGES = 20

BrandCode = Annotated[
    str,
    StringConstraints(max_length=40, pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$"),
    Field(examples=["land-rover"]),
]
"""A brand, in small letters with hyphens; the same at every dealership."""
Written = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4_000)]
"""A text of several lines for customers."""


class AmountBody(Body):
    """An amount that is not below zero, in minor units: 12500 EUR is 125.00 euros."""

    amount_minor: Annotated[int, Field(ge=0, le=1_000_000_000, examples=[12500])]
    currency: Annotated[Currency, Field(examples=["EUR"])]

    def money(self) -> Money:
        """The contract's value."""
        return Money(self.amount_minor, self.currency)


class TextBody(Body):
    """A text in one language."""

    language: Language
    text: Written


Texts = Annotated[tuple[TextBody, ...], Field(max_length=MOST_LANGUAGES, strict=False)]


class TextShown(Answer):
    """A text in one language."""

    language: str
    text: str


class TextPicked(TextShown):
    """The text that a customer is shown."""

    translated: bool
    """False: there is none in the customer's language, and this is in that of the dealership, or
    as it was written first."""


def text_picked(texts: Sequence[InLanguage], customer: str | None, usual: str) -> TextPicked | None:
    """The text for a customer who reads that language; None where there is no text at all."""
    found = picked(texts, customer, usual)
    return None if found is None else TextPicked.of(found)
