"""HTTP: what people reply to text messages, as the gateway hands it on (R3)."""

from collections.abc import Sequence
from typing import Annotated
from uuid import NAMESPACE_URL, uuid5

from fastapi import Header
from pydantic import StringConstraints
from starlette.requests import Request

from contracts.messaging.message_v1 import MessageQueued
from infra.commands import CommandContext, Refused
from infra.host import Running
from infra.http.answers import Answer, Answered, Router
from infra.http.models import Body, Instant
from infra.personal import SubjectIsForgotten
from infra.vault import Vault
from services.messaging import message
from services.messaging.adapters.outbound import replies as outbox
from services.messaging.aggregates import MESSAGE
from services.messaging.http.sms_receipts import Key, Public, require_signed
from services.messaging.message import replies

ACTOR = "gateway:sms"
COMMANDS = uuid5(NAMESPACE_URL, "relais:messaging:replies")


class ReplyBody(Body):
    """A text message that came in."""

    reply_id: Key
    """The gateway's id of it; with the same one it is the same reply."""
    number: Annotated[str, StringConstraints(pattern=r"^\+[1-9][0-9]{6,14}$")]
    """The number that sent it, E.164."""
    text: Annotated[str, StringConstraints(max_length=2000)]
    replied_at: Instant
    """When it was sent; one of later than now counts as of now."""


class ReplyTaken(Answer):
    """The reply was noted."""

    reply_id: str


class Replies:
    """Notes replies on the messages that they are about."""

    def __init__(self, running: Running) -> None:
        self._pool, self._commands = running.pool, running.commands
        self._vault = Vault(running.pool, running.settings.masters)

    async def note(self, body: ReplyBody, context: Public) -> bool:
        """Note a reply, once. False where no text went to its number."""
        ids = await outbox.known(self._pool, body.reply_id) or await self._chosen(body)
        for id in ids:
            await self._note_on(id, body, context)
        return bool(ids)

    async def _chosen(self, body: ReplyBody) -> Sequence[str]:
        number = await outbox.hashed(self._vault, body.number)
        states = [await self._queued(id) for id in await outbox.texted(self._pool, number)]
        known = (one for one in states if one is not None)
        ids = replies.concerned(known, replies.intent_of(body.text))
        return await outbox.settle(self._pool, body.reply_id, ids) if ids else ids

    async def _queued(self, message_id: str) -> MessageQueued | None:
        state = (await self._commands.load(MESSAGE, message_id)).state
        return None if isinstance(state, message.Unknown) else state.queued

    async def _note_on(self, message_id: str, body: ReplyBody, context: Public) -> None:
        command = replies.NoteReply(
            message_id=message_id,
            reply_id=body.reply_id,
            text=body.text,
            replied_at=body.replied_at,
            at=context.at,
        )
        # The reply is told apart by its id; a gateway may write the same one in other words.
        id = uuid5(COMMANDS, f"{body.reply_id}/{message_id}")
        by = CommandContext(id, context.correlation_id, str(id), ACTOR, "", context.at, "")
        try:
            done = await self._commands.handle(MESSAGE, message_id, command, by)
        except SubjectIsForgotten:
            # Nothing is written to them any more, and of what they say nothing can be kept.
            return
        assert not isinstance(done, Refused), done


def router(running: Running) -> Router:
    """The route of replies."""
    routes, kept = Router("Replies"), Replies(running)

    @routes.post("/replies/sms", status_code=202)
    async def take_reply(
        body: ReplyBody,
        context: Public,
        request: Request,
        relais_signature: Annotated[str, Header(max_length=200)] = "",
    ) -> Answered[ReplyTaken]:
        """The gateway hands on what somebody replied to a text message; signed, and safe to repeat.

        404 for a number that no text went to, as far as we know yet: the gateway tries again.
        """
        await require_signed(running, request, relais_signature, context.at)
        if not await kept.note(body, context):
            raise context.refuse(message.NoSuchMessage())
        return Answered(ReplyTaken(reply_id=body.reply_id), 202)

    return routes
