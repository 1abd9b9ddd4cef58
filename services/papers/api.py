"""HTTP to commands: show a paper; accept it or turn it down."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from contracts.papers.paper_v1 import PaperKind
from infra.http.models import Id, to_json
from infra.http.request_context import RequestContext, requires
from services.papers import bodies, paper
from services.papers.aggregates import PAPER

router = APIRouter()

DriverContext = Annotated[RequestContext, requires("driver")]
Staff = Annotated[RequestContext, requires("logistics", "administration")]

# --- One's own papers -------------------------------------------------------


@router.get("/mine")
async def my_papers(context: DriverContext) -> Response:
    """Every kind of paper, with what became of it (HIF-42)."""
    return await every_kind(context, context.principal.subject)


@router.put("/mine/{kind}")
async def add_paper(kind: bodies.Kind, body: bodies.PaperBody, context: DriverContext) -> Response:
    """Show a paper, or a newer one; it counts once staff accepted it (HIF-42)."""
    who = context.principal
    command = paper.AddPaper(
        user_id=who.subject,
        organisation_id=who.organisation_id,
        kind=kind,
        file_id=body.file_id,
        issued_on=body.issued_on,
        expires_on=body.expires_on,
        by=who.subject,
        today=context.today,
        at=context.occurred_at,
    )
    return await context.handle(PAPER, paper.paper_id(who.subject, kind), command)


@router.get("/mine/{kind}/history")
async def my_history(kind: bodies.Kind, context: DriverContext) -> Response:
    """Every fact about one's own papers of this kind (G-05)."""
    await found(context, context.principal.subject, kind)
    return await context.history(PAPER, paper.paper_id(context.principal.subject, kind))


# --- Those of the partners --------------------------------------------------


@router.get("/partners/{user_id}")
async def papers_of_a_partner(user_id: Id, context: Staff) -> Response:
    """Every kind of paper of a partner of the organisation."""
    return await every_kind(context, user_id)


@router.get("/partners/{user_id}/{kind}/history")
async def history_of_a_partner(user_id: Id, kind: bodies.Kind, context: Staff) -> Response:
    """Every fact about the partner's papers of this kind (G-05)."""
    await found(context, user_id, kind)
    return await context.history(PAPER, paper.paper_id(user_id, kind))


@router.put("/partners/{user_id}/{kind}/acceptance")
async def accept_paper(
    user_id: Id, kind: bodies.Kind, body: bodies.SeenBody, context: Staff
) -> Response:
    """The paper is good; notices before its end, and the end itself, follow (C6)."""
    command = paper.AcceptPaper(
        organisation_id=context.principal.organisation_id,
        file_id=body.file_id,
        time_zone=context.zone.key,
        by=context.principal.subject,
        today=context.today,
        at=context.occurred_at,
    )
    return await context.handle(PAPER, paper.paper_id(user_id, kind), command)


@router.put("/partners/{user_id}/{kind}/refusal")
async def refuse_paper(
    user_id: Id, kind: bodies.Kind, body: bodies.RefusalBody, context: Staff
) -> Response:
    """Turn the paper down, with the reason its owner will read."""
    command = paper.RefusePaper(
        organisation_id=context.principal.organisation_id,
        file_id=body.file_id,
        reason=body.reason,
        by=context.principal.subject,
        at=context.occurred_at,
    )
    return await context.handle(PAPER, paper.paper_id(user_id, kind), command)


# --- Whose ------------------------------------------------------------------


async def found(context: RequestContext, user_id: str, kind: PaperKind) -> paper.Paper:
    """The paper as the caller's organisation has it. Raises 404 when it has none."""
    state = (await context.load(PAPER, paper.paper_id(user_id, kind))).state
    if state.organisation_id != context.principal.organisation_id:
        raise context.refuse(paper.NoSuchPaper())
    return state


async def every_kind(context: RequestContext, user_id: str) -> Response:
    """All kinds; one that another organisation has is missing here."""
    states = [
        (kind, (await context.load(PAPER, paper.paper_id(user_id, kind))).state)
        for kind in PaperKind
    ]
    ours = context.principal.organisation_id
    items = [
        bodies.paper_shown(kind, state if state.organisation_id == ours else paper.initial)
        for kind, state in states
    ]
    return Response(to_json({"items": items}), media_type="application/json")
