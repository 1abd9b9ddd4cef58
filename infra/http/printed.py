"""Text of a body that will stand on a document."""

from typing import Annotated

from pydantic import AfterValidator

from infra.http.models import Line
from infra.printing import unprintable
from infra.wording import Unfit


def _printed(text: str) -> str:
    if missing := unprintable(text):
        raise Unfit("unprintable", letters=" ".join(missing))
    return text


PrintedLine = Annotated[Line, AfterValidator(_printed)]
"""One line in letters that documents can show."""
