"""Predefined messages over HTTP: written by managers, shown as customers will read them."""

from typing import Annotated

from fastapi import Query
from pydantic import Field

from contracts import dealers
from contracts.dealerships import predefined_message_v1
from contracts.dealerships.predefined_message_v1 import (
    Module,
    PredefinedMessageDeleted,
    PredefinedMessageSaved,
    PredefinedText,
)
from infra.http import readable_ids
from infra.http.answers import Answer, Answered, Listed, Recorded, Router
from infra.http.history import History, HistoryPart
from infra.http.models import Body, Id, Instant, Language, Line, Named
from infra.http.pages import Paging
from infra.http.request_context import RequestContext
from services.dealerships import predefined_message
from services.dealerships.aggregates import PREDEFINED_MESSAGE
from services.dealerships.http.access import (
    MANAGERS,
    READERS,
    ManagerContext,
    ReaderContext,
    own,
)
from services.dealerships.http.fields import (
    MOST_LANGUAGES,
    TextBody,
    TextPicked,
    TextShown,
    text_picked,
)
from services.dealerships.predefined_message import NoSuchPredefinedMessage
from services.dealerships.read_models import predefined_messages as rows_of

router = Router("Predefined messages")

ModuleName = Annotated[Module, Named()]


class PredefinedMessageBody(Body):
    """A predefined message, whole."""

    module: ModuleName | None = None
    """Null: for cases of every module."""
    title: Line
    texts: Annotated[
        tuple[TextBody, ...], Field(min_length=1, max_length=MOST_LANGUAGES, strict=False)
    ]
    """One a language; the first one is the source, the others are its translations."""


class PredefinedMessageShown(Answer):
    """A predefined message."""

    predefined_message_id: str
    module: ModuleName | None
    title: str
    texts: tuple[TextShown, ...]
    """The source first."""
    saved_by: str
    saved_at: Instant


class PredefinedMessageHistory(
    History,
    of=predefined_message_v1.contract,
    shows={
        PredefinedMessageSaved: (
            *("predefined_message_id", "organisation_id", "dealership_id", "module", "title"),
            *("saved_by", "saved_at"),
        ),
        PredefinedMessageDeleted: (
            *("predefined_message_id", "organisation_id", "dealership_id"),
            *("deleted_by", "deleted_at"),
        ),
    },
):
    """Every fact about a predefined message, oldest first."""


@router.post("/dealerships/{dealership_id}/predefined-messages", status_code=201)
async def write_predefined_message(
    dealership_id: Id, body: PredefinedMessageBody, context: ManagerContext
) -> Answered[Recorded]:
    """Write a message for what is often told to customers."""
    await own(context, dealership_id, *MANAGERS)
    message_id = context.new_id(readable_ids.PREDEFINED_MESSAGE)
    command = saving(context, dealership_id, message_id, body)
    path = f"/dealerships/dealerships/{dealership_id}/predefined-messages/{message_id}"
    return await context.handle(PREDEFINED_MESSAGE, message_id, command, created=path)


@router.put("/dealerships/{dealership_id}/predefined-messages/{predefined_message_id}")
async def change_predefined_message(
    dealership_id: Id,
    predefined_message_id: Id,
    body: PredefinedMessageBody,
    context: ManagerContext,
) -> Answered[Recorded]:
    """Write a predefined message otherwise; the last word counts."""
    await own(context, dealership_id, *MANAGERS)
    state = (await context.load(PREDEFINED_MESSAGE, predefined_message_id)).state
    of_dealership(context, dealership_id, state)
    command = saving(context, dealership_id, predefined_message_id, body)
    return await context.handle(PREDEFINED_MESSAGE, predefined_message_id, command)


@router.delete("/dealerships/{dealership_id}/predefined-messages/{predefined_message_id}")
async def delete_predefined_message(
    dealership_id: Id, predefined_message_id: Id, context: ManagerContext
) -> Answered[Recorded]:
    """Delete a predefined message; what was sent stays."""
    await own(context, dealership_id, *MANAGERS)
    command = predefined_message.DeletePredefinedMessage(
        organisation_id=context.principal.organisation_id,
        dealership_id=dealership_id,
        by=context.principal.subject,
        at=context.at,
    )
    return await context.handle(PREDEFINED_MESSAGE, predefined_message_id, command)


@router.get("/dealerships/{dealership_id}/predefined-messages")
async def list_predefined_messages(
    dealership_id: Id, context: ReaderContext, page: Paging
) -> Answered[Listed[PredefinedMessageShown]]:
    """List the predefined messages of the dealership, by title."""
    await own(context, dealership_id, *READERS)
    rows = rows_of.predefined_messages.of(
        context.principal.organisation_id, dealership_id=dealership_id
    )
    return await page.show(rows, rows_of.BY_TITLE, listed)


@router.get("/dealerships/{dealership_id}/predefined-messages/{predefined_message_id}")
async def show_predefined_message(
    dealership_id: Id, predefined_message_id: Id, context: ReaderContext
) -> Answered[PredefinedMessageShown]:
    """Show a predefined message in all its languages."""
    await own(context, dealership_id, *READERS)
    found = await context.load(PREDEFINED_MESSAGE, predefined_message_id)
    saved = of_dealership(context, dealership_id, found.state)
    return context.show(PredefinedMessageShown.of(saved), found)


@router.get("/dealerships/{dealership_id}/predefined-messages/{predefined_message_id}/preview")
async def preview_predefined_message(
    dealership_id: Id,
    predefined_message_id: Id,
    context: ReaderContext,
    language: Annotated[Language | None, Query(description="The customer's.")] = None,
) -> Answered[TextPicked]:
    """Show a predefined message as a customer will read it, who may not have said a language."""
    known = await own(context, dealership_id, *READERS)
    state = (await context.load(PREDEFINED_MESSAGE, predefined_message_id)).state
    saved = of_dealership(context, dealership_id, state)
    usual = dealers.all_in_all(known).default_language
    text = text_picked(saved.texts, language, usual)
    assert text is not None
    return Answered(text)


@router.get("/dealerships/{dealership_id}/predefined-messages/{predefined_message_id}/history")
async def predefined_message_history(
    dealership_id: Id, predefined_message_id: Id, context: ManagerContext, part: HistoryPart
) -> Answered[PredefinedMessageHistory]:
    """List every fact about a predefined message, also of one that was deleted."""
    await own(context, dealership_id, *MANAGERS)
    state = (await context.load(PREDEFINED_MESSAGE, predefined_message_id)).state
    if isinstance(state, predefined_message.Unwritten) or (
        state.saved.dealership_id != dealership_id
    ):
        raise context.refuse(NoSuchPredefinedMessage())
    return await context.history(
        PREDEFINED_MESSAGE, predefined_message_id, PredefinedMessageHistory, part
    )


def saving(
    context: RequestContext, dealership_id: str, message_id: str, body: PredefinedMessageBody
) -> predefined_message.SavePredefinedMessage:
    return predefined_message.SavePredefinedMessage(
        predefined_message_id=message_id,
        organisation_id=context.principal.organisation_id,
        dealership_id=dealership_id,
        module=body.module,
        title=body.title,
        texts=tuple(PredefinedText(language=one.language, text=one.text) for one in body.texts),
        by=context.principal.subject,
        at=context.at,
    )


def of_dealership(
    context: RequestContext, dealership_id: str, state: predefined_message.PredefinedMessage
) -> PredefinedMessageSaved:
    """The message, if it is of the dealership. Raises a 404 `Problem`."""
    if isinstance(state, predefined_message.Saved) and state.saved.dealership_id == dealership_id:
        return state.saved
    raise context.refuse(NoSuchPredefinedMessage())


def listed(row: rows_of.Row) -> PredefinedMessageShown:
    return PredefinedMessageShown(
        predefined_message_id=row.predefined_message_id,
        module=Module[row.module.upper()] if row.module else None,
        title=row.title,
        texts=tuple(map(TextShown.of, row.texts)),
        saved_by=row.saved_by,
        saved_at=row.saved_at,
    )
