"""Carries out what a form asks for, and says on the page why it was not taken."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from infra.http.customer_pages.doors import Asked, NotTaken
from infra.http.problems import Problem

BUSY = "error_busy"
"""The page says this of problems of which it has no words of its own."""
SIGNED_IN = "error_signed_in"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The end of an act: done, or texts of the page to show with what was entered."""

    status: int
    error: str | None = None
    notice: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    """Those of the problem, such as when to try again."""

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
        return Outcome(
            status=problem.status_code,
            error=errors.get(problem.slug, BUSY),
            headers=problem.headers or {},
        )


async def done_by_customer(
    asked: Asked,
    organisation_id: str,
    act: Callable[[], Awaitable[str | None]],
    errors: Mapping[str, str],
) -> Outcome:
    """The outcome of an act of the customer. What a colleague of the organisation does is none: it
    would be recorded as the customer's."""
    if await asked.by_colleague(organisation_id):
        return Outcome(status=403, error=SIGNED_IN)
    return await carried_out(act(), errors)
