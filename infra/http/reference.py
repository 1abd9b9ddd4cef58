"""`GET /reference`: the words for the values of an API, for screens that show and offer them."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated

from starlette.requests import Request

from infra.catalogues import LANGUAGES
from infra.http.answers import Answer, Answered, Router
from infra.http.languages import asked_for
from infra.http.request_context import PublicRequest, public
from infra.words import Used, words

KEPT = "public, max-age=3600"
"""Words change with a release."""


class ValueShown(Answer):
    """A value and the words for it."""

    value: str
    label: str
    """Written as within a sentence."""


class ReferenceShown(Answer):
    """The words for the values of this API, in one language."""

    language: str
    enumerations: dict[str, tuple[ValueShown, ...]]
    """By the name of its schema in this document; there are no other values. `EventType` has the
    types of the entries of histories, `Gone` the status of whom nothing is known any more."""
    codes: dict[str, tuple[ValueShown, ...]]
    """By the name in `x-codes` of the fields that have them. There may be others: they have the
    label of `other` where that is listed, and else are shown as they are."""


def router(used: Used) -> Router:
    """The route, for an API that has words for these."""
    made = Router("Reference")
    shown = lru_cache(len(LANGUAGES))(lambda language: _reference(used, language))

    @made.get("/reference")
    async def reference(
        context: Annotated[PublicRequest, public()], request: Request
    ) -> Answered[ReferenceShown]:
        """The words for all values of this API, in the language of `Accept-Language`."""
        language = asked_for(request.scope)
        return Answered(shown(language), headers=_headers(language))

    return made


def _reference(used: Used, language: str) -> ReferenceShown:
    return ReferenceShown(
        language=language,
        enumerations={
            name: _values(dict(words(language, name, values)))
            for name, values in used.enumerations.items()
        },
        codes={name: _values(dict(words(language, name))) for name in used.codes},
    )


def _values(labels: Mapping[str, str]) -> tuple[ValueShown, ...]:
    return tuple(ValueShown(value=value, label=label) for value, label in labels.items())


def _headers(language: str) -> Mapping[str, str]:
    return {
        "Cache-Control": KEPT,
        "Content-Language": language,
        "Vary": "Accept-Language",
    }
