"""Carries out what a form asks for, and says on the page why it was not taken."""

from collections.abc import Awaitable, Mapping
from dataclasses import dataclass

from infra.http.customer_pages.doors import NotTaken
from infra.http.problems import Problem

BUSY = "error_busy"
"""The page says this of problems of which it has no words of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The end of an act: done, or texts of the page to show with what was entered."""

    status: int
    error: str | None = None
    notice: str | None = None

    @property
    def is_done(self) -> bool:
        """Nothing is left to say: the page itself shows it (`site.back_to`)."""
        return self.error is None and self.notice is None


async def carried_out(act: Awaitable[str | None], errors: Mapping[str, str]) -> Outcome:
    """The outcome of an act, which answers a text of the page or None.

    `errors` has the text for a `Problem`, by its slug.
    """
    try:
        return Outcome(status=200, notice=await act)
    except NotTaken as error:
        return Outcome(status=422, error=error.error)
    except Problem as problem:
        return Outcome(status=problem.status_code, error=errors.get(problem.slug, BUSY))
