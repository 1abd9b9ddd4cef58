"""The page of a request, for its customer in a browser: read by a link, and answered by its forms.

It works without scripts, and fetching it changes nothing
([ADR 74](docs/adr/0074-fetching-a-page-is-not-reading-it.md)). Whoever has the link acts with it
([ADR 87](docs/adr/0087-the-link-of-a-request-acts-in-any-browser.md)).
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from contracts.decisions import Changed
from contracts.dispatch import job_v1
from contracts.dispatch.request_v1 import Participant
from contracts.media.file_v1 import Purpose
from contracts.providers import Marketplace
from infra import upload_passes
from infra.catalogues import ENGLISH, language_of
from infra.host import Running
from infra.http import readable_ids
from infra.http.answers import Router
from infra.http.customer_pages import threads
from infra.http.customer_pages.acting import done_by_customer
from infra.http.customer_pages.doors import (
    Anybody,
    Asked,
    Chosen,
    Fields,
    Html,
    NoPage,
    NotTaken,
    Sender,
    Token,
    holder_of,
    upload_address,
)
from infra.http.customer_pages.site import Site, back_to
from infra.http.customer_pages.words import Words
from infra.http.models import instant
from infra.http.problems import changed, slug_of
from infra.http.request_context import RequestContext
from infra.lookups import files
from infra.upload_passes import Unfit
from services.dispatch import job, request
from services.dispatch.adapters import matching
from services.dispatch.aggregates import JOB, REQUEST
from services.dispatch.http.answers import sent_of
from services.dispatch.http.customer_page.showing import (
    Beside,
    Entered,
    Sort,
    content_of,
    show,
)
from services.dispatch.http.links import HERE, ONLY, Doors
from services.dispatch.http.requests import names_of
from services.dispatch.job import reviewing
from services.dispatch.job.reviewing import Review
from services.dispatch.lookups import marketplace_marketplace
from services.dispatch.read_models import marks, visits
from services.dispatch.request import AddPhotos, choosing
from services.dispatch.request.choosing import CancelRequest, Choose
from services.dispatch.terms import ProviderIsBarred

SITE = Site("dispatch", "services.dispatch.http.customer_page")
MOST_COMMENT = 4_000
Sent = Annotated[str, Query(max_length=400)]
"""The photos that were sent and are not added yet."""
ERRORS: Mapping[str, str] = {
    "unknown-reference": "error_photo_gone",
    slug_of(request.TooManyPhotos): "error_photo_full",
    "idempotency-key-reused": "error_changed",
    slug_of(Changed): "error_changed",
    slug_of(choosing.NoSuchProposal): "error_changed",
    slug_of(choosing.ProposalIsOver): "error_over",
    slug_of(choosing.NoSuchSlot): "error_slot_over",
    slug_of(ProviderIsBarred): "error_barred",
    slug_of(request.ProviderIsChosen): "error_chosen",
    slug_of(request.RequestIsCancelled): "error_withdrawn",
    slug_of(job.JobIsDone): "error_done",
    slug_of(job.JobIsCancelled): "error_job_cancelled",
    slug_of(reviewing.ReviewIsGiven): "error_reviewed",
    slug_of(reviewing.ReviewsArePublished): "error_reviews_over",
}
"""The page says these of the rules that say no, and one thing of all others."""
Shown = request.Open | request.Chosen | request.Cancelled
Order = Annotated[Sort, Query()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Somebody who came by a good link, and the request that it opens."""

    context: RequestContext
    token: str
    state: Shown
    marketplace: Marketplace
    words: Words

    @property
    def here(self) -> str:
        return f"/{HERE}/page/{self.token}"

    @property
    def request_id(self) -> str:
        return self.state.dossier.created.request_id


Act = Callable[[Door, Fields], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Pages:
    """The page over what the service has opened."""

    doors: Doors
    masters: Mapping[str, bytes]

    async def door(self, asked: Asked) -> Door:
        """The request that a link opens now. Raises `NoPage`."""
        if (request_id := await self.doors.request_of(asked.token)) is None:
            raise NoPage("gone_unknown", 404)
        state = (await asked.context.load(REQUEST, request_id)).state
        if isinstance(state, request.Uncreated | request.Forgotten):
            raise NoPage("gone_closed", 410)
        created = state.dossier.created
        context = asked.context.as_principal(holder_of(request_id, ONLY, created.organisation_id))
        kept = await context.lookup(marketplace_marketplace.lookup, created.organisation_id)
        if kept is None:
            raise NoPage("gone_unknown", 404)
        language = asked.chosen or language_of(created.language) or ENGLISH
        return Door(
            context=context,
            token=asked.token,
            state=state,
            marketplace=kept.marketplace[0],
            words=SITE.words(language, ZoneInfo(created.time_zone)),
        )

    async def look(self, asked: Asked, sort: Sort, sent: str, unfit: Unfit | None) -> Response:
        """The page for whoever comes, with the photos that they sent, and why the last one was not
        taken."""

        async def whole(door: Door) -> Response:
            error = f"error_photo_{unfit}" if unfit else None
            entered = Entered(error=error, photos=upload_passes.named(sent))
            colleague = await asked.by_colleague(door.marketplace.marketplace_id)
            return await self.written(asked, door, entered, sort=sort, acts=not colleague)

        return await SITE.behind(asked, self.door, whole)

    async def act(self, asked: Asked, act: Act) -> Response:
        """The page after an act, or with what was entered and why it was not taken."""
        fields = await asked.fields()

        async def done(door: Door) -> Response:
            organisation_id = door.marketplace.marketplace_id
            outcome = await done_by_customer(
                asked, organisation_id, lambda: act(door, fields), ERRORS
            )
            if outcome.is_done:
                return back_to(door.here, asked.chosen)
            again = await self.door(asked)
            return await self.written(
                asked, again, entered_in(fields, outcome.error), status=outcome.status
            )

        return await SITE.behind(asked, self.door, done)

    async def written(
        self,
        asked: Asked,
        door: Door,
        entered: Entered,
        *,
        sort: Sort = Sort.PRICE,
        status: int = 200,
        acts: bool = True,
    ) -> Response:
        """The page; `acts` is whether photos are sent there: those of colleagues would be the
        customer's."""
        page = show(door.state, await self.beside(door), door.words, sort, entered)
        return SITE.written(
            "request.html",
            door.words,
            {
                "page": page,
                "sorts": tuple(Sort),
                "sends_to": upload_address(self.masters, door.context, door.here)
                if acts and page.may_withdraw
                else None,
            },
            here=door.here,
            chosen=asked.chosen,
            status=status,
        )

    async def beside(self, door: Door) -> Beside:
        context, state = door.context, door.state
        ids = [one.provider_id for one in sent_of(state.dossier)]
        if isinstance(state, request.Chosen):
            # The operator may choose one that the customer was not sent.
            ids.append(state.chosen.provider_id)
        shown = await visits_of(door)
        ids += [one.plan.provider_id for one in shown]
        return Beside(
            marketplace=door.marketplace,
            names=await names_of(context, state, ids),
            ratings=await marks.ratings(context.pool, door.marketplace.marketplace_id, ids),
            known=await job_of(door),
            visits=shown,
            link_to=self.doors.to_file(context.at),
            thread_of=lambda job_id: threads.path_of_job(self.masters, job_id),
            at=context.at,
        )


async def job_of(door: Door) -> job.Job:
    if not isinstance(door.state, request.Chosen):
        return job.initial
    return (await door.context.load(JOB, door.state.chosen.job_id)).state


async def visits_of(door: Door) -> tuple[job.Known, ...]:
    """The last visits of contracts that came of the request."""
    ids = await visits.of_request(door.context.pool, door.request_id)
    found = [(await door.context.load(JOB, id)).state for id in ids]
    return tuple(one for one in found if not isinstance(one, job.Unplanned))


# --- Acts -------------------------------------------------------------------


async def choose(door: Door, fields: Fields) -> None:
    """Choose a provider by a proposal as it was shown. 412 when it is another one by now."""
    context, provider_id = door.context, fields.get("provider", "")
    slot = slot_in(fields)
    job_id = context.new_id(readable_ids.SERVICE_JOB)
    created = door.state.dossier.created
    barred = await matching.is_barred(
        context.pool, created.organisation_id, provider_id, created.service_code, slot
    )

    async def command(now: request.Request) -> request.Command:
        proposals = {} if isinstance(now, request.Uncreated) else now.dossier.proposals
        if (made := proposals.get(provider_id)) is None:
            raise context.refuse(choosing.NoSuchProposal())
        seen, is_now = fields.get("shown", ""), content_of(made)
        if isinstance(now, request.Open) and seen != is_now:
            raise changed(Changed({"shown": seen}, {"shown": is_now}))
        return Choose(
            provider_id=provider_id,
            barred=barred,
            price=made.price,
            unit=made.unit,
            arrives_from=slot,
            job_id=job_id,
            by=Participant.CUSTOMER,
            at=context.at,
        )

    await context.perform(REQUEST, door.request_id, command)


async def withdraw(door: Door, _: Fields) -> None:
    """Want nothing any more, as long as nobody is chosen."""
    command = CancelRequest(by=Participant.CUSTOMER, at=door.context.at)
    await door.context.perform(REQUEST, door.request_id, command)


async def add_photos(door: Door, fields: Fields) -> None:
    """Add photos that the holder of the link has sent; one that was sent just now is waited for."""
    sent = upload_passes.named(fields.get(upload_passes.FILES, ""))
    if not sent:
        raise NotTaken("error_photo_none")
    for file_id in sent:
        found = await files.require_sent(
            door.context, upload_passes.FILES, file_id, {Purpose.OTHER}
        )
        if not found.media_type.startswith("image/"):
            raise NotTaken("error_photo_type")
    command = AddPhotos(file_ids=sent, at=door.context.at)
    await door.context.perform(REQUEST, door.request_id, command)


async def cancel(door: Door, fields: Fields) -> None:
    """Cancel a job; no other provider is looked for. 412 when another one has it by now."""
    job_id = await job_in(door, fields)
    command = job.CancelJob(
        cause=job_v1.CancellationCause.NOT_WANTED_ANY_MORE,
        by=job_v1.Participant.CUSTOMER,
        replace=False,
        at=door.context.at,
    )
    await door.context.perform(JOB, job_id, command)


async def give_review(door: Door, fields: Fields) -> None:
    """Review the provider (M10)."""
    job_id = await job_in(door, fields)
    mark, comment = fields.get("mark", ""), fields.get("comment", "").strip()
    if mark not in {"1", "2", "3", "4", "5"}:
        raise NotTaken("error_mark")
    if len(comment) > MOST_COMMENT:
        raise NotTaken("error_comment")
    command = Review(
        by=job_v1.Participant.CUSTOMER,
        mark=int(mark),
        comment=comment or None,
        at=door.context.at,
    )
    await door.context.perform(JOB, job_id, command)


async def job_in(door: Door, fields: Fields) -> str:
    """The job that a form is about. Raises a 412 `Problem` for one that is neither of the provider
    who is chosen now nor a visit of a contract that came of the request."""
    seen = fields.get("shown", "")
    now = door.state.chosen.job_id if isinstance(door.state, request.Chosen) else ""
    if seen == now and now:
        return now
    known = (await door.context.load(JOB, seen)).state if seen else job.initial
    plan = None if isinstance(known, job.Unplanned) else known.plan
    if plan and plan.contract_id is not None and plan.request_id == door.request_id:
        return seen
    raise changed(Changed({"shown": seen}, {"shown": now}))


def slot_in(fields: Fields) -> datetime:
    """Raises `NotTaken` where no arrival window is chosen."""
    try:
        return instant(fields.get("slot", ""))
    except ValueError as error:
        raise NotTaken("error_slot") from error


def entered_in(fields: Fields, error: str | None) -> Entered:
    return Entered(
        error=error,
        provider_id=fields.get("provider", ""),
        slot=fields.get("slot", ""),
        mark=fields.get("mark", ""),
        comment=fields.get("comment", "")[:MOST_COMMENT],
        job_id=fields.get("shown", ""),
        photos=upload_passes.named(fields.get(upload_passes.FILES, "")),
    )


def router(running: Running, doors: Doors) -> Router:
    """The routes. They are for browsers, and no part of the API that documents tell of."""
    pages = Pages(doors, running.settings.masters)
    routes = Router("Page in a browser")
    routes.include_in_schema = False

    SITE.serve_assets(routes)

    @routes.get("/page/{token}")
    async def look(
        token: Token,
        context: Anybody,
        request: Request,
        lang: Chosen = None,
        sort: Order = Sort.PRICE,
        files: Sent = "",
        unfit: Unfit | None = None,
    ) -> Html:
        """The page, with proposals in an order. Fetching it changes nothing."""
        return await pages.look(Asked(context, token, request, lang), sort, files, unfit)

    @routes.post("/page/{token}/choice")
    async def make_choice(
        token: Token, context: Sender, request: Request, lang: Chosen = None
    ) -> Html:
        """Choose a provider; the first choice counts."""
        return await pages.act(Asked(context, token, request, lang), choose)

    @routes.post("/page/{token}/photos")
    async def photos(token: Token, context: Sender, request: Request, lang: Chosen = None) -> Html:
        """Add photos of what is to be done."""
        return await pages.act(Asked(context, token, request, lang), add_photos)

    @routes.post("/page/{token}/withdrawal")
    async def withdrawal(
        token: Token, context: Sender, request: Request, lang: Chosen = None
    ) -> Html:
        """Withdraw the request."""
        return await pages.act(Asked(context, token, request, lang), withdraw)

    @routes.post("/page/{token}/job-cancellation")
    async def cancellation(
        token: Token, context: Sender, request: Request, lang: Chosen = None
    ) -> Html:
        """Cancel the job."""
        return await pages.act(Asked(context, token, request, lang), cancel)

    @routes.post("/page/{token}/review")
    async def review(token: Token, context: Sender, request: Request, lang: Chosen = None) -> Html:
        """Review the provider (M10)."""
        return await pages.act(Asked(context, token, request, lang), give_review)

    return routes
