"""Threads over HTTP: written in, read, joined and left; those among colleagues begun and closed."""

from typing import Annotated

from pydantic import Field, StringConstraints

from contracts.conversations.thread_v1 import Matter, MatterKind, Member, ThreadKind
from contracts.media.file_v1 import Purpose
from infra.host import Running
from infra.http import readable_ids
from infra.http.answers import Answered, Recorded, Router
from infra.http.models import Body, Id, Line
from infra.http.problems import Problem, unknown_reference
from infra.http.request_context import RequestContext
from infra.lookups import files, organisations, users
from services.conversations import thread
from services.conversations.aggregates import THREAD
from services.conversations.http.access import (
    AGENT,
    MANAGERS,
    SELLER,
    MemberContext,
    caller,
    require_chat,
    require_reader,
    subscribed,
    to_read,
    to_write,
)
from services.conversations.http.answers import Links, Thread, shown
from services.conversations.http.matters import case_of, customer_now, require_case_reader
from services.conversations.thread.sides import side_of

MOST_FILES = 10
Written = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]
FileIds = Annotated[tuple[Id, ...], Field(max_length=MOST_FILES, strict=False)]
"""Files of one's own that were sent for the purpose `other`."""
Count = Annotated[int, Field(ge=0, le=thread.MOST_MESSAGES)]

# --- Bodies -----------------------------------------------------------------


class ThreadBody(Body):
    """A thread among colleagues: about a case, or about what its title says."""

    title: Line | None = None
    case_id: Id | None = None
    dealership_id: Id | None = None
    """Of dealers: where all of them work."""
    member_ids: Annotated[tuple[Id, ...], Field(max_length=thread.MOST_MEMBERS, strict=False)]
    """The colleagues beside the caller."""


class MessageBody(Body):
    message: Written
    file_ids: FileIds = ()
    read: Count
    """How many messages were before the author's eyes."""


class ReadingBody(Body):
    messages: Count
    """How many messages were read."""


class MemberBody(Body):
    user_id: Id


# --- Routes -----------------------------------------------------------------


def router(running: Running) -> Router:
    """The routes, over the keys that make links to files and pages."""
    masters, pages = running.settings.masters, running.settings.pages_url
    routes = Router("Threads")

    @routes.post("/threads", status_code=201)
    async def begin_thread(body: ThreadBody, context: MemberContext) -> Answered[Recorded]:
        """Begin a thread among colleagues. Of dealers, at a dealership with a chat."""
        dealership_id = await dealership_of(context, body)
        members = [caller(context)]
        for n, user_id in enumerate(body.member_ids):
            members.append(await colleague(context, f"member_ids/{n}", user_id, dealership_id))
        thread_id = context.new_id(readable_ids.THREAD)
        matter = Matter(kind=MatterKind.CASE, matter_id=body.case_id) if body.case_id else None
        command = thread.OpenThread(
            thread_id=thread_id,
            organisation_id=context.principal.organisation_id,
            kind=ThreadKind.COLLEAGUES,
            matter=matter,
            dealership_id=dealership_id,
            title=body.title,
            members=tuple(dict.fromkeys(members)),
            by=context.principal.subject,
            at=context.at,
        )
        created = f"/conversations/threads/{thread_id}"
        return await context.handle(THREAD, thread_id, command, created=created)

    @routes.get("/threads/{thread_id}")
    async def show_thread(thread_id: Id, context: MemberContext) -> Answered[Thread]:
        """Show a thread with all that was written, never stale. Showing it is no reading."""
        found = await context.load(THREAD, thread_id)
        state, me = require_reader(context, found.state), caller(context)
        side = side_of(state.thread.opened, me)
        answer = shown(state, me.user_id, side, Links(masters, context.at))
        return context.show(answer, found, beside=True)

    @routes.post("/threads/{thread_id}/messages")
    async def write_message(
        thread_id: Id, body: MessageBody, context: MemberContext
    ) -> Answered[Recorded]:
        """Write in a thread; whoever writes takes part from then on."""
        held = (await to_write(context, thread_id)).thread
        await require_chat(context, held.opened.dealership_id)
        for n, file_id in enumerate(body.file_ids):
            await files.require(context, f"file_ids/{n}", file_id, {Purpose.OTHER})
        command = thread.WriteMessage(
            author=caller(context),
            message_id=context.new_id(readable_ids.MESSAGE),
            message=body.message,
            file_ids=body.file_ids,
            read=body.read,
            subscribed=await subscribed(context, held),
            customer=await customer_now(context, held.opened, masters, pages),
            at=context.at,
        )
        return await context.handle(THREAD, thread_id, command)

    @routes.put("/threads/{thread_id}/reading")
    async def read_thread(
        thread_id: Id, body: ReadingBody, context: MemberContext
    ) -> Answered[Recorded]:
        """Say how much of a thread one has read; what was read before stays read."""
        await to_read(context, thread_id)
        command = thread.ReadMessages(reader=caller(context), messages=body.messages, at=context.at)
        return await context.handle(THREAD, thread_id, command)

    return routes


members = Router("Members of threads")


@members.post("/threads/{thread_id}/members")
async def add_member(thread_id: Id, body: MemberBody, context: MemberContext) -> Answered[Recorded]:
    """Let a colleague take part, or take part oneself; they read what was written before."""
    held = (await to_write(context, thread_id)).thread
    opened = held.opened
    member = await colleague(context, "user_id", body.user_id, opened.dealership_id)
    command = thread.AddMember(member=member, by=context.principal.subject, at=context.at)
    return await context.handle(THREAD, thread_id, command)


@members.delete("/threads/{thread_id}/members/{user_id}")
async def remove_member(thread_id: Id, user_id: Id, context: MemberContext) -> Answered[Recorded]:
    """Let a colleague take part no more, or leave oneself."""
    held = (await to_write(context, thread_id)).thread
    member = held.member(user_id)
    if member is None or member.organisation_id != context.principal.organisation_id:
        raise context.refuse(thread.NoSuchMember())
    command = thread.RemoveMember(user_id=user_id, by=context.principal.subject, at=context.at)
    return await context.handle(THREAD, thread_id, command)


@members.put("/threads/{thread_id}/closure")
async def close_thread(thread_id: Id, context: MemberContext) -> Answered[Recorded]:
    """Close a thread among colleagues, for good; its members still read it."""
    await to_write(context, thread_id)
    command = thread.CloseThread(by=context.principal.subject, at=context.at)
    return await context.handle(THREAD, thread_id, command)


# --- Colleagues -------------------------------------------------------------


async def dealership_of(context: RequestContext, body: ThreadBody) -> str | None:
    """Where a thread among colleagues of dealers is; None for anybody else. Raises a `Problem` for
    a thread about nothing, and where the caller or the chat has no place."""
    if body.case_id is not None:
        found = await case_of(context, body.case_id)
        require_case_reader(context, found)
        await require_chat(context, found.dealership_id)
        return found.dealership_id
    if body.title is None:
        raise Problem(422, "thread-without-title")
    own = await context.lookup(organisations.lookup, context.principal.organisation_id)
    if own is None or own.kind not in organisations.DEALERS:
        return None
    if body.dealership_id is None:
        raise unknown_reference("dealership_id", "dealership")
    context.require_dealership(body.dealership_id, AGENT, SELLER, *MANAGERS, "audit_manager")
    await require_chat(context, body.dealership_id)
    return body.dealership_id


async def colleague(
    context: RequestContext, field: str, user_id: str, dealership_id: str | None
) -> Member:
    """Somebody of the caller's organisation, of the dealership where there is one, who may sign in.
    Raises the 422 `Problem` of the field."""
    found = await users.require(context, field, user_id)
    everywhere = "group_manager" in found.roles
    there = any(one.dealership_id == dealership_id for one in found.dealerships)
    if not found.active or not (dealership_id is None or everywhere or there):
        raise unknown_reference(field, "user")
    return Member(user_id=user_id, organisation_id=found.organisation_id)
