"""The page of a closed case: its customer says how the visit was, once (I15).

It shows nothing of the case (G-44).
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.responses import Response

from contracts.interventions.case_v1 import VisitRated
from infra.http.customer_pages.acting import Outcome, done_by_customer
from infra.http.customer_pages.browsers import remember
from infra.http.customer_pages.doors import Asked, Fields, NotTaken
from infra.http.customer_pages.houses import House, house_of
from infra.http.customer_pages.site import back_to
from infra.vault import Vault
from services.interventions.aggregates import CASE
from services.interventions.case import visit
from services.interventions.http.access import dealership_of
from services.interventions.http.customer_page import acts
from services.interventions.http.customer_page.doors import SITE, VisitDoor, asked_by
from services.interventions.http.customer_page.refusals import ERRORS, OF_CODES

Act = Callable[[VisitDoor, Fields], Awaitable[str | None]]
"""Answers a text of the page that tells of it, where the page does not show it by itself."""
SCORES = {str(score): score for score in range(visit.BEST + 1)}


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitPage:
    """All that the page says."""

    house: House
    scores: tuple[tuple[str, str], ...]
    """Each as the form sends it, and as people read it."""
    score: str | None
    """The one that was given."""
    called: bool
    """Whether they will be called."""
    forwarded: bool
    error: str | None
    notice: str | None
    asks_code: bool


@dataclass(frozen=True, slots=True)
class Visits:
    """The page over what the service has opened."""

    vault: Vault

    async def looked(self, asked: Asked, door: VisitDoor) -> Response:
        """The page for whoever comes."""
        page = await self.written(door)
        remember(asked.request, page)
        return page

    async def act(self, asked: Asked, act: Act) -> Response:
        """The page after an act, or with why it was not taken."""
        fields = await asked.fields()

        async def at_door(asked: Asked) -> VisitDoor:
            return await asked_by(self.vault, asked)

        async def done(door: VisitDoor) -> Response:
            async def acted() -> str | None:
                return await act(door, fields)

            organisation_id = door.context.principal.organisation_id
            outcome = await done_by_customer(asked, organisation_id, acted, ERRORS)
            if outcome.is_done:
                return back_to(door.here, asked.chosen)
            return await self.written(await at_door(asked), outcome)

        return await SITE.behind(asked, at_door, done)

    async def rate(self, door: VisitDoor, fields: Fields) -> None:
        """Give a score."""
        if (score := SCORES.get(fields.get("score", ""))) is None:
            raise NotTaken("error_visit_score")
        command = visit.RateVisit(holder=door.holder, score=score, at=door.context.at)
        await door.context.perform(CASE, door.case_id, command)

    async def send_code(self, door: VisitDoor, _: Fields) -> str:
        """Have a code sent to the phone that the dealership knows (I3)."""
        return await acts.ask_code(self.vault, door)

    async def take_link(self, door: VisitDoor, fields: Fields) -> None:
        """Answer by a link that another browser has, with the code of the known phone."""
        await acts.give_code(door, fields)

    async def written(self, door: VisitDoor, outcome: Outcome | None = None) -> Response:
        words, held = door.words, door.dossier
        rated = held.visit if isinstance(held.visit, VisitRated) else None
        told = outcome or Outcome(status=200)
        page = VisitPage(
            house=house_of(await dealership_of(door.context, held), held.brand),
            scores=tuple((sent, words.number(score)) for sent, score in SCORES.items()),
            score=words.number(rated.score) if rated else None,
            called=rated is not None and door.link.recipient_id in held.callers,
            forwarded=door.forwarded,
            error=told.error,
            notice=told.notice,
            asks_code=not OF_CODES.isdisjoint({told.error, told.notice}),
        )
        return SITE.written(
            "visit.html",
            words,
            {"page": page},
            here=door.here,
            chosen=door.chosen,
            colour=page.house.colour,
            status=told.status,
        )
