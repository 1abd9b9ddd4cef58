"""Requests over HTTP, as support works on them: given to somebody, answered."""

from typing import Annotated

from pydantic import Field

from contracts.support.request_v1 import Priority
from infra.http import readable_ids
from infra.http.answers import Answered, Recorded, Router
from infra.http.history import HistoryPart
from infra.http.models import Body, Id, Named
from infra.http.problems import unknown_reference
from infra.http.request_context import RequestContext
from infra.lookups import organisations, users
from services.support import request
from services.support.aggregates import REQUEST
from services.support.http.access import AGENT, SUPERVISOR, SupportContext, agent_of
from services.support.http.answers import RequestHistory
from services.support.http.attached import FileIds, Written, require_files
from services.support.http.requests import opened

router = Router("Support")


class AssigneeBody(Body):
    """The one who has a request from now on."""

    user_id: Id
    """Somebody of support, who may sign in."""
    instead_of: Id | None = None
    """Who was seen to have it; 412 when it is somebody else by now."""


class AnswerBody(Body):
    message: Written
    file_ids: FileIds = ()
    messages: Annotated[int, Field(ge=0)]
    """How many messages were seen after the first; 412 when another one has come."""


class PriorityBody(Body):
    """How soon a request is looked at."""

    priority: Annotated[Priority, Named()]
    instead_of: Annotated[Priority, Named()]
    """The priority that was seen; 412 when it is another one by now."""


@router.put("/requests/{request_id}/priority")
async def change_priority(
    request_id: Id, body: PriorityBody, context: SupportContext
) -> Answered[Recorded]:
    """Give a request another priority: its clocks are set anew."""
    await organisations.require_operator(context)
    command = request.ChangePriority(
        priority=body.priority,
        instead_of=body.instead_of,
        agent=agent_of(context),
        at=context.at,
    )
    return await context.handle(REQUEST, request_id, command)


@router.put("/requests/{request_id}/assignee")
async def assign_request(
    request_id: Id, body: AssigneeBody, context: SupportContext
) -> Answered[Recorded]:
    """Give a request to somebody of support, who reads its files from now on."""
    await organisations.require_operator(context)
    command = request.AssignRequest(
        assignee=await colleague(context, body.user_id),
        instead_of=body.instead_of,
        by=context.principal.subject,
        at=context.at,
    )
    return await context.handle(REQUEST, request_id, command)


@router.post("/requests/{request_id}/answers")
async def answer_request(
    request_id: Id, body: AnswerBody, context: SupportContext
) -> Answered[Recorded]:
    """Answer a request, whoever has it."""
    await organisations.require_operator(context)
    await require_files(context, body.file_ids)
    command = request.AnswerRequest(
        message_id=context.new_id(readable_ids.MESSAGE),
        message=body.message,
        file_ids=body.file_ids,
        messages=body.messages,
        agent=agent_of(context),
        at=context.at,
    )
    return await context.handle(REQUEST, request_id, command)


@router.get("/requests/{request_id}/history")
async def request_history(
    request_id: Id, context: SupportContext, part: HistoryPart
) -> Answered[RequestHistory]:
    """List every fact about a request."""
    await organisations.require_operator(context)
    opened(context, (await context.load(REQUEST, request_id)).state)
    return await context.history(REQUEST, request_id, RequestHistory, part)


async def colleague(context: RequestContext, user_id: str) -> request.Agent:
    """Somebody of support who may sign in. Raises the 422 `Problem` of the field."""
    user = await context.lookup(users.lookup, user_id)
    if (
        user is None
        or user.organisation_id != context.principal.organisation_id
        or user.closed
        or not user.active
        or AGENT.isdisjoint(user.roles)
    ):
        raise unknown_reference("user_id", "user")
    return request.Agent(user_id=user_id, supervises=SUPERVISOR in user.roles)
