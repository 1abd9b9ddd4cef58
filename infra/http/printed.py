"""Text of a body that will stand on a document."""

from typing import Annotated

from pydantic import AfterValidator

from infra.http.models import Line
from infra.printing import unprintable


def _printed(text: str) -> str:
    if missing := unprintable(text):
        raise ValueError(f"documents cannot show {' '.join(missing)}")
    return text


PrintedLine = Annotated[Line, AfterValidator(_printed)]
"""One line in letters that documents can show."""
