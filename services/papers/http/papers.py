"""Papers over HTTP: shown by their owner, accepted or turned down by staff."""

from typing import Annotated

from contracts.media.file_v1 import Purpose
from contracts.papers import paper_v1
from contracts.papers.paper_v1 import (
    ExpiryNoticeGiven,
    PaperAccepted,
    PaperAdded,
    PaperExpired,
    PaperKind,
    PaperRefused,
)
from infra.http.answers import Answer, Answered, Recorded, Router
from infra.http.history import History, HistoryPart
from infra.http.models import Body, Called, Day, Id, Instant, Named, Text
from infra.http.request_context import RequestContext, requires
from infra.lookups import files
from services.papers import paper
from services.papers.aggregates import PAPER

router = Router("Papers")

DriverContext = Annotated[RequestContext, requires("driver")]
OrganisationContext = Annotated[RequestContext, requires("provider_manager")]
"""Who shows the papers of their organisation, a provider of marketplaces."""
Staff = Annotated[RequestContext, requires("logistics", "administration")]
Kind = Annotated[PaperKind, Named()]


class PaperBody(Body):
    """A paper to show."""

    file_id: Id
    """A file of one's own that was sent for the purpose `paper`."""
    issued_on: Day
    expires_on: Day | None = None
    """The last day on which it holds; only a contract may have none."""


class OrganisationPaperBody(Body):
    """A paper of the organisation."""

    file_id: Id
    """A file of one's own that was sent for the purpose `paper`."""
    issued_on: Day
    expires_on: Day | None = None
    """The last day on which it holds; null where its age tells."""


class SeenBody(Body):
    """The version that was looked at; 412 when a newer one has come meanwhile."""

    file_id: Id
    issued_on: Day
    expires_on: Day | None = None

    def seen(self) -> paper.Seen:
        """The value of the commands."""
        return paper.Seen(
            file_id=self.file_id, issued_on=self.issued_on, expires_on=self.expires_on
        )


class RefusalBody(SeenBody):
    reason: Text


class Version(Answer):
    """A version of a paper, as its owner showed it."""

    paper_id: str
    user_id: str
    organisation_id: str
    kind: Kind
    file_id: str
    issued_on: Day
    expires_on: Day | None
    added_by: str
    added_at: Instant


class Paper(Answer):
    """One kind of paper of a partner."""

    kind: Kind
    status: Annotated[paper.Status, Called("PaperStatus")]
    """It speaks of the newest version; the one accepted before may still hold."""
    holds: bool
    """An accepted version has not expired."""
    holds_until: Day | None
    newest: Version | None
    refused_because: str | None
    expired_at: Instant | None


class Papers(Answer):
    items: list[Paper]


class PaperHistory(
    History,
    of=paper_v1.contract,
    shows={
        PaperAdded: Version,
        PaperAccepted: (
            *("paper_id", "user_id", "organisation_id", "kind", "file_id", "expires_on"),
            *("time_zone", "accepted_by", "accepted_at"),
        ),
        PaperRefused: (
            *("paper_id", "user_id", "organisation_id", "kind", "file_id", "reason"),
            *("refused_by", "refused_at"),
        ),
        ExpiryNoticeGiven: (
            *("paper_id", "user_id", "organisation_id", "kind", "expires_on", "days"),
            "noticed_at",
        ),
        PaperExpired: (
            *("paper_id", "user_id", "organisation_id", "kind", "expires_on", "expired_at"),
        ),
    },
):
    """Every fact about a paper, oldest first."""


# --- One's own papers -------------------------------------------------------


@router.get("/mine")
async def my_papers(context: DriverContext) -> Answered[Papers]:
    """List one's own papers: every kind, with what became of it."""
    return await every_kind(context, context.principal.subject)


@router.put("/mine/{kind}")
async def add_paper(kind: Kind, body: PaperBody, context: DriverContext) -> Answered[Recorded]:
    """Show a paper, or a newer one; it counts once staff accepted it."""
    await files.require(context, "file_id", body.file_id, {Purpose.PAPER})
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
async def my_history(
    kind: Kind, context: DriverContext, part: HistoryPart
) -> Answered[PaperHistory]:
    """List every fact about one's own papers of this kind."""
    return await history(context, context.principal.subject, kind, part)


# --- Those of an organisation -----------------------------------------------


@router.get("/organisation")
async def papers_of_the_organisation(context: OrganisationContext) -> Answered[Papers]:
    """List the papers of one's organisation: every kind, with what became of it."""
    return await every_kind(context, context.principal.organisation_id)


@router.put("/organisation/{kind}")
async def show_for_the_organisation(
    kind: Kind, body: OrganisationPaperBody, context: OrganisationContext
) -> Answered[Recorded]:
    """Show a paper of one's organisation, or a newer one; the marketplaces where it works judge
    it."""
    await files.require(context, "file_id", body.file_id, {Purpose.PAPER})
    who = context.principal
    command = paper.ShowForOrganisation(
        organisation_id=who.organisation_id,
        kind=kind,
        file_id=body.file_id,
        issued_on=body.issued_on,
        expires_on=body.expires_on,
        time_zone=context.zone.key,
        by=who.subject,
        today=context.today,
        at=context.occurred_at,
    )
    return await context.handle(PAPER, paper.paper_id(who.organisation_id, kind), command)


# --- Those of the partners --------------------------------------------------


@router.get("/partners/{user_id}")
async def papers_of_a_partner(user_id: Id, context: Staff) -> Answered[Papers]:
    """List every kind of paper of a partner of the organisation."""
    return await every_kind(context, user_id)


@router.get("/partners/{user_id}/{kind}/history")
async def history_of_a_partner(
    user_id: Id, kind: Kind, context: Staff, part: HistoryPart
) -> Answered[PaperHistory]:
    """List every fact about the partner's papers of this kind."""
    return await history(context, user_id, kind, part)


@router.put("/partners/{user_id}/{kind}/acceptance")
async def accept_paper(
    user_id: Id, kind: Kind, body: SeenBody, context: Staff
) -> Answered[Recorded]:
    """Accept the paper; notices before its end, and the end itself, follow."""
    command = paper.AcceptPaper(
        organisation_id=context.principal.organisation_id,
        seen=body.seen(),
        time_zone=context.zone.key,
        by=context.principal.subject,
        today=context.today,
        at=context.occurred_at,
    )
    return await context.handle(PAPER, paper.paper_id(user_id, kind), command)


@router.put("/partners/{user_id}/{kind}/refusal")
async def refuse_paper(
    user_id: Id, kind: Kind, body: RefusalBody, context: Staff
) -> Answered[Recorded]:
    """Turn the paper down, with the reason its owner will read."""
    command = paper.RefusePaper(
        organisation_id=context.principal.organisation_id,
        seen=body.seen(),
        reason=body.reason,
        by=context.principal.subject,
        at=context.occurred_at,
    )
    return await context.handle(PAPER, paper.paper_id(user_id, kind), command)


# --- Answers ----------------------------------------------------------------


async def history(
    context: RequestContext, user_id: str, kind: PaperKind, part: HistoryPart
) -> Answered[PaperHistory]:
    """The history as the caller's organisation has it. Raises 404 when it has none."""
    id = paper.paper_id(user_id, kind)
    state = (await context.load(PAPER, id)).state
    if state.organisation_id != context.principal.organisation_id:
        raise context.refuse(paper.NoSuchPaper())
    return await context.history(PAPER, id, PaperHistory, part)


async def every_kind(context: RequestContext, user_id: str) -> Answered[Papers]:
    """All kinds; one that another organisation has is missing here."""
    items = []
    for kind in PaperKind:
        state = (await context.load(PAPER, paper.paper_id(user_id, kind))).state
        ours = state.organisation_id == context.principal.organisation_id
        items.append(shown(kind, state if ours else paper.initial))
    return Answered(Papers(items=items))


def shown(kind: PaperKind, state: paper.Paper) -> Paper:
    """One kind of paper to its owner and to staff."""
    accepted = state.accepted if state.holds else None
    return Paper(
        kind=kind,
        status=state.status,
        holds=state.holds,
        holds_until=accepted.expires_on if accepted else None,
        newest=Version.of(state.added) if state.added else None,
        refused_because=state.refused.reason if state.refused else None,
        expired_at=state.expired.expired_at if state.expired else None,
    )
