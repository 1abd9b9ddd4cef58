"""The matters of requests over HTTP: two about one go on together, one about two is split."""

from typing import Annotated

from pydantic import Field

from contracts.support.request_v1 import MessageWritten, RequestOpened
from infra.http import readable_ids
from infra.http.answers import Answered, Recorded, Router
from infra.http.models import Body, Id, Line
from infra.http.problems import unknown_reference
from infra.lookups import organisations
from services.support import request
from services.support.adapters import merged
from services.support.aggregates import REQUEST
from services.support.http.access import SupportContext, agent_of
from services.support.http.requests import Type, opened
from services.support.request import merging

router = Router("Matters")


class MergerBody(Body):
    """The request in which another one goes on."""

    into: Id
    """One of the same requester, which is open."""
    messages: Annotated[int, Field(ge=0)]
    """How many messages of the other one were seen after the first; 412 when one has come since."""


class PartingBody(Body):
    was_in: Id
    """The request in which it was seen to go on; 412 when it is another one by now."""


class SplitBody(Body):
    """A matter that becomes a request of its own."""

    message_id: Id | None = None
    """The message of the requester that has it; without one, the first of all."""
    type: Type
    subject: Line


@router.put("/requests/{request_id}/merger")
async def merge_request(
    request_id: Id, body: MergerBody, context: SupportContext
) -> Answered[Recorded]:
    """Let a request go on in another one of its requester: both are about one matter.

    It keeps what was written, has no answers of its own, and is parted from the other one at will.
    """
    await organisations.require_operator(context)
    state = opened(context, (await context.load(REQUEST, request_id)).state)
    into = (await context.load(REQUEST, body.into)).state
    if isinstance(into, request.Unopened):
        raise unknown_reference("into", "request")
    agent = agent_of(context)
    command = merging.MergeRequest(
        other=other(into),
        messages=body.messages,
        by=agent.user_id,
        supervises=agent.supervises,
        at=context.at,
    )
    first = state.thread.opened

    def taken(elsewhere: str) -> Exception:
        itself = elsewhere == request_id
        return context.refuse(
            merging.MergedIntoItself() if itself else merging.OtherRequestIsMerged(elsewhere)
        )

    link = merged.linking((first.organisation_id, first.user_id), request_id, body.into, taken)
    return await context.handle(REQUEST, request_id, command, in_transaction=link)


@router.post("/requests/{request_id}/parting")
async def part_request(
    request_id: Id, body: PartingBody, context: SupportContext
) -> Answered[Recorded]:
    """Let a merged request go on by itself again, as it stood before."""
    await organisations.require_operator(context)
    agent = agent_of(context)
    command = merging.UnmergeRequest(
        was_in=body.was_in, by=agent.user_id, supervises=agent.supervises, at=context.at
    )
    part = merged.parting(request_id)
    return await context.handle(REQUEST, request_id, command, in_transaction=part)


@router.post("/requests/{request_id}/splits", status_code=201)
async def split_request(
    request_id: Id, body: SplitBody, context: SupportContext
) -> Answered[Recorded]:
    """Make another request of a message that has another matter; its requester has both."""
    await organisations.require_operator(context)
    state = opened(context, (await context.load(REQUEST, request_id)).state)
    if refusal := request.not_to_split(state, agent_of(context)):
        raise context.refuse(refusal)
    thread = state.thread
    written: RequestOpened | MessageWritten | None = thread.opened
    if body.message_id is not None:
        of_requester = (one for one in thread.messages if isinstance(one, MessageWritten))
        written = next((one for one in of_requester if one.message_id == body.message_id), None)
    if written is None:
        raise unknown_reference("message_id", "message")
    first, new_id = thread.opened, context.new_id(readable_ids.REQUEST)
    command = request.OpenRequest(
        request_id=new_id,
        organisation_id=first.organisation_id,
        user_id=first.user_id,
        type=body.type,
        channel=first.channel,
        subject=body.subject,
        message=written.message,
        file_ids=written.file_ids,
        about=first.about,
        split_from=request_id,
        escalated=first.escalated,
        language=first.language,
        at=context.at,
    )
    return await context.handle(REQUEST, new_id, command, created=f"/support/requests/{new_id}")


def other(state: request.Opened) -> merging.Other:
    """The request in which another one is to go on, as the rules know it."""
    first = state.thread.opened
    return merging.Other(
        request_id=first.request_id,
        organisation_id=first.organisation_id,
        user_id=first.user_id,
        closed=isinstance(state, request.Closed),
        merged_into=state.merged.into if isinstance(state, request.Merged) else None,
        escalated=first.escalated,
    )
