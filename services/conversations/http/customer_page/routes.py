"""The page of a thread, for a customer in a browser: read by a link, and written in by a form.

It works without scripts. Nothing that only fetches it counts as somebody who reads it
([ADR 74](docs/adr/0074-fetching-a-page-is-not-reading-it.md)).
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from contracts.media.file_v1 import Purpose
from infra import upload_passes
from infra.catalogues import Language
from infra.host import Running
from infra.http import readable_ids
from infra.http.answers import Content, Router
from infra.http.customer_pages.acting import carried_out
from infra.http.customer_pages.browsers import remember
from infra.http.customer_pages.doors import (
    Anybody,
    Asked,
    Chosen,
    Fields,
    Html,
    NotTaken,
    Sender,
    Token,
    upload_address,
)
from infra.http.customer_pages.site import back_to
from infra.http.problems import Problem, slug_of
from infra.lookups import files
from infra.upload_passes import Unfit
from services.conversations import thread
from services.conversations.aggregates import THREAD
from services.conversations.http.access import require_chat, subscribed
from services.conversations.http.answers import Links
from services.conversations.http.customer_page.doors import SITE, Door, Doors
from services.conversations.http.customer_page.showing import show
from services.conversations.read_models import threads

MOST_MESSAGE = 4_000
ERRORS: Mapping[str, str] = {
    slug_of(thread.ThreadIsClosed): "error_closed",
    slug_of(thread.ThreadIsFull): "error_full",
    "not-licensed": "error_no_chat",
    "unknown-reference": "error_file_gone",
}
"""The page says these of the rules that say no, and one thing of all others."""
Plain = Annotated[Response, Content("text/plain")]
Sent = Annotated[str, Query(max_length=400)]
"""The files that were sent and go with the next message."""


@dataclass(frozen=True, slots=True)
class Entered:
    """Something that somebody has written and added, and has not sent."""

    message: str = ""
    files: tuple[str, ...] = ()

    @classmethod
    def of(cls, fields: Fields) -> "Entered":
        """The entries of a form."""
        message = fields.get("message", "")[:MOST_MESSAGE]
        return cls(message, upload_passes.named(fields.get(upload_passes.FILES, "")))


NOTHING = Entered()


@dataclass(frozen=True, slots=True)
class Pages:
    """The page of the threads that one kind of links opens, over the keys that make links."""

    masters: dict[str, bytes]
    door: Callable[[Asked], Awaitable[Door]]

    async def look(self, asked: Asked, sent: str = "", unfit: Unfit | None = None) -> Response:
        """The page for whoever comes, with the files that they sent and why the last one was not
        taken."""

        async def whole(door: Door) -> Response:
            colleague = await is_colleague(asked, door)
            page = self.written(
                door,
                asked.chosen,
                tells=not colleague and not door.forwarded,
                error=f"error_file_{unfit}" if unfit else None,
                entered=Entered(files=upload_passes.named(sent)),
                acts=not colleague,
            )
            if door.keeps_browsers:
                remember(asked.request, page)
            return page

        return await SITE.behind(asked, self.door, whole)

    async def tell(self, asked: Asked) -> Response:
        """Note that somebody has so many messages before their eyes."""
        fields = await asked.fields()

        async def told(door: Door) -> Response:
            colleague = await is_colleague(asked, door)
            reads = not colleague and not door.forwarded
            if reads and isinstance(door.state, thread.Open | thread.Closed):
                command = thread.ReadMessages(
                    reader=None, messages=seen(fields), at=door.context.at
                )
                try:
                    await door.context.perform(THREAD, door.thread_id, command)
                except Problem as problem:
                    return Response(status_code=problem.status_code)
            return Response(status_code=204)

        return await SITE.behind(asked, self.door, told)

    async def count(self, asked: Asked) -> Response:
        """How many messages there are."""

        async def counted(door: Door) -> Response:
            row = await door.context.lookup(threads.view, door.thread_id)
            return Response(str(row.messages if row else 0), media_type="text/plain")

        return await SITE.behind(asked, self.door, counted)

    async def write(self, asked: Asked) -> Response:
        """The page after a message, or with what was entered and why it was not taken."""
        fields = await asked.fields()

        async def done(door: Door) -> Response:
            entered = Entered.of(fields)
            if await is_colleague(asked, door):
                # They would be recorded as the customer.
                return self.written(
                    door,
                    asked.chosen,
                    tells=False,
                    error="error_signed_in",
                    entered=entered,
                    status=403,
                    acts=False,
                )
            outcome = await carried_out(self.message(door, fields), ERRORS)
            if outcome.is_done:
                return back_to(door.here, asked.chosen)
            return self.written(
                await self.door(asked),
                asked.chosen,
                error=outcome.error,
                entered=entered,
                status=outcome.status,
            )

        return await SITE.behind(asked, self.door, done)

    async def message(self, door: Door, fields: Fields) -> None:
        """Write to the other side; the first message opens the thread."""
        if door.forwarded:
            raise NotTaken("forwarded")
        text, context = fields.get("message", "").strip(), door.context
        sent = Entered.of(fields).files
        if len(text) > MOST_MESSAGE or not (text or sent):
            raise NotTaken("error_message")
        await require_chat(context, door.dealership_id)
        for file_id in sent:
            await files.require_sent(context, upload_passes.FILES, file_id, {Purpose.OTHER})
        first = await door.begin()
        step = replace(context, idempotency_key=f"{context.idempotency_key}.open")
        opened = (await step.perform(THREAD, door.thread_id, first)).state
        if not isinstance(opened, thread.Open | thread.Closed):
            raise context.refuse(thread.NoSuchThread())
        command = thread.WriteMessage(
            author=None,
            message_id=context.new_id(readable_ids.MESSAGE),
            message=text,
            file_ids=sent,
            read=seen(fields),
            subscribed=await subscribed(context, opened.thread),
            customer=first.customer,
            at=context.at,
        )
        await context.perform(THREAD, door.thread_id, command)

    def written(
        self,
        door: Door,
        chosen: Language | None,
        *,
        tells: bool = True,
        error: str | None = None,
        entered: Entered = NOTHING,
        status: int = 200,
        acts: bool = True,
    ) -> Response:
        """The page of whoever came by a link; `tells` is whether it says when somebody reads it,
        `acts` whether files are sent there: those of colleagues would be the customer's."""
        page = show(door, Links(self.masters, door.context.at).to)
        facts = {
            "page": page,
            "tells": tells,
            "forwarded": door.forwarded,
            "error": error,
            "entered": entered,
            "sends_to": upload_address(self.masters, door.context, door.here)
            if acts and not door.forwarded
            else None,
            "most_files": upload_passes.MOST_FILES,
            "without": without(door.here, entered.files, chosen),
        }
        return SITE.written(
            "thread.html",
            door.words,
            facts,
            here=door.here,
            chosen=chosen,
            colour=door.house.colour,
            status=status,
        )


async def is_colleague(asked: Asked, door: Door) -> bool:
    """Whether the browser has a session of somebody of the other side."""
    return any([await asked.by_colleague(one) for one in door.colleagues])


def without(here: str, sent: Sequence[str], chosen: Language | None) -> tuple[str, ...]:
    """The address of the page without each of the files."""
    language = {"lang": chosen} if chosen else {}
    kept = (",".join(one for one in sent if one != left) for left in sent)
    return tuple(f"{here}?{urlencode({upload_passes.FILES: one, **language})}" for one in kept)


def seen(fields: Fields) -> int:
    """How many messages the page of a form had; none where it does not say so."""
    text = fields.get("shown", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0


def router(running: Running) -> Router:
    """The routes. They are for browsers, and no part of the API that documents tell of."""
    masters = running.settings.masters
    doors = Doors(masters, running.settings.pages_url)
    routes = Router("Page in a browser")
    routes.include_in_schema = False
    SITE.serve_assets(routes)
    serve(routes, "/page/{token}", Pages(masters, doors.of_case))
    serve(routes, "/job/{token}", Pages(masters, doors.of_job))
    return routes


def serve(routes: Router, path: str, pages: Pages) -> None:
    """The routes of a page at a path."""

    @routes.get(path)
    async def look(
        token: Token,
        context: Anybody,
        request: Request,
        lang: Chosen = None,
        files: Sent = "",
        unfit: Unfit | None = None,
    ) -> Html:
        """The page. Fetching it changes nothing; its script says when somebody reads it."""
        return await pages.look(Asked(context, token, request, lang), files, unfit)

    @routes.get(f"{path}/count")
    async def count(token: Token, context: Anybody, request: Request) -> Plain:
        """How many messages there are: the script of the page asks again and again."""
        return await pages.count(Asked(context, token, request, None))

    @routes.post(f"{path}/opened")
    async def read(token: Token, context: Sender, request: Request, lang: Chosen = None) -> Html:
        """Somebody has the page before their eyes."""
        return await pages.tell(Asked(context, token, request, lang))

    @routes.post(f"{path}/messages")
    async def write(token: Token, context: Sender, request: Request, lang: Chosen = None) -> Html:
        """Write to the other side (G-51, OGU-28)."""
        return await pages.write(Asked(context, token, request, lang))
