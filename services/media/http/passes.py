"""HTTP: files of somebody without an account, sent by the form of a page that gave them a pass."""

import asyncio
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Path as InPath
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from contracts.media.file_v1 import FileRefused, Purpose, RefusalReason, Visibility
from infra import upload_passes
from infra.http.answers import Router
from infra.http.auth import Principal
from infra.http.customer_pages.doors import ELSEWHERE, Chosen, Html
from infra.http.problems import Problem, slug_of
from infra.http.request_context import PublicRequest, RequestContext, sending
from infra.upload_passes import FILES, MOST_BYTES, UNFIT, Unfit, UploadPass
from services.media import file
from services.media.adapters import sniffing, upload_store
from services.media.adapters.upload_store import Busy
from services.media.aggregates import FILE
from services.media.file import types
from services.media.file.types import Limits, Quota, Quotas
from services.media.http.media_service import MediaService, refusing

MOST_SENT = 3 * MOST_BYTES
"""Of a form: who sends a photo that is a little too large is told so by their page."""
MOST_FIELDS = 5
PIECE_BYTES = 1024 * 1024
KEPT_UNHELD = timedelta(hours=24)
"""So long a file stays that nothing relies on: nobody wrote the message that it was meant for."""
PATIENCE_SECONDS, RETRY_SECONDS = 10.0, 0.1
OF_OWNER = Quota(files=50, bytes=200 * 1024 * 1024)
TAKEN = types.IMAGES | {"application/pdf"}
_REFUSED: Mapping[RefusalReason, Unfit] = {
    RefusalReason.TYPE: Unfit.TYPE,
    RefusalReason.SIZE: Unfit.SIZE,
    RefusalReason.VIRUS: Unfit.HARMFUL,
    RefusalReason.HASH: Unfit.BUSY,
}
Anybody = Annotated[PublicRequest, sending(MOST_SENT)]
Token = Annotated[str, InPath(pattern=r"^[A-Za-z0-9._-]{1,1000}$")]


class NotKept(Exception):
    """The file was not taken."""

    def __init__(self, why: Unfit) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Guests:
    """Takes the files of who has a pass."""

    media: MediaService

    async def answer(
        self, given: UploadPass, context: PublicRequest, request: Request, chosen: Chosen
    ) -> Response:
        """Back to the page, with the file among those that it named, or why it is not."""
        async with request.form(max_files=1, max_fields=MOST_FIELDS) as form:
            files = upload_passes.named(str(form.get(FILES, "")))
            told: dict[str, str] = {}
            try:
                files = await self._with(files, given, context, form)
            except NotKept as error:
                told[UNFIT] = error.why
        if files:
            told[FILES] = ",".join(files)
        if chosen:
            told["lang"] = chosen
        return RedirectResponse(f"{given.back}?{urlencode(told)}", 303)

    async def _with(
        self, files: tuple[str, ...], given: UploadPass, context: PublicRequest, form: FormData
    ) -> tuple[str, ...]:
        """The files with the one of the form. Raises `NotKept`."""
        part = form.get("file")
        if context.at >= given.expires_at:
            raise NotKept(Unfit.LATE)
        if not isinstance(part, UploadFile) or not part.size:
            raise NotKept(Unfit.NONE)
        if len(files) >= upload_passes.MOST_FILES:
            raise NotKept(Unfit.FULL)
        owner = Principal(given.owner, given.organisation_id, frozenset())
        file_id = await self._kept(context.as_principal(owner), part, str(form.get("key", "")))
        return tuple(dict.fromkeys((*files, file_id)))

    async def _kept(self, context: RequestContext, part: UploadFile, key: str) -> str:
        """The id of the file, the same for a form that is sent again. Raises `NotKept`."""
        with TemporaryDirectory(prefix="relais-media-") as folder:
            whole = Path(folder) / "whole"
            await asyncio.to_thread(_copy, part, whole)
            size = whole.stat().st_size
            media_type = await asyncio.to_thread(sniffing.media_type, whole)
            if media_type not in TAKEN:
                raise NotKept(Unfit.TYPE)
            if size > MOST_BYTES:
                raise NotKept(Unfit.SIZE)
            sha256 = await asyncio.to_thread(upload_store.digest_of, whole)
            named = f"{key}.{sha256}"
            file_id = await self.media.new_id(replace(context, idempotency_key=named))
            try:
                async with refusing(context):
                    command = self._announced(context, file_id, media_type, size, sha256)
                    state = await self._alone(context, command, named, whole)
            except Problem as problem:
                raise NotKept(_UNFIT.get(problem.slug, Unfit.BUSY)) from problem
        if not isinstance(state, file.Stored):
            why = state.why if isinstance(state, file.Gone) else None
            raise NotKept(_REFUSED[why.reason] if isinstance(why, FileRefused) else Unfit.BUSY)
        return file_id

    async def _alone(
        self, context: RequestContext, command: file.StartUpload, named: str, whole: Path
    ) -> file.File:
        """The same once the other one is done of two forms that a double click sends: the browser
        shows the answer to the second. Raises `Busy` where that takes long."""
        clock = asyncio.get_running_loop().time
        patient_until = clock() + PATIENCE_SECONDS
        while True:
            try:
                return await self._sent(context, command, named, whole)
            except Busy:
                if clock() > patient_until:
                    raise
                await asyncio.sleep(RETRY_SECONDS)

    async def _sent(
        self, context: RequestContext, command: file.StartUpload, named: str, whole: Path
    ) -> file.File:
        """The file after all of it has arrived; one that is whole already stays as it is."""
        file_id, media = command.file_id, self.media
        state = (await context.load(FILE, file_id)).state
        if isinstance(state, file.Stored | file.Gone):
            return state
        quotas = Quotas(person=OF_OWNER, organisation=media.quotas.organisation)
        begin = upload_store.begin(command, quotas, unheld_until=context.at + KEPT_UNHELD)
        first = replace(context, idempotency_key=f"{named}.start")
        state = (await first.perform(FILE, file_id, command, begin)).state
        assert isinstance(state, file.Announced)
        with whole.open("rb") as opened:
            for start in range(0, command.size_bytes, PIECE_BYTES):
                piece = await asyncio.to_thread(opened.read, PIECE_BYTES)
                await media.uploads.take(file_id, command.organisation_id, start, piece)
        async with media.uploads.put_together(state.upload) as looked:
            finish = file.FinishUpload(
                organisation_id=command.organisation_id,
                digest=looked.digest,
                found=looked.found,
                copy=looked.copy,
                limits=command.limits,
                at=context.at,
            )
            last = replace(context, idempotency_key=f"{named}.finish")
            return (await last.perform(FILE, file_id, finish, upload_store.end(file_id))).state

    def _announced(
        self, context: RequestContext, file_id: str, media_type: str, size: int, sha256: str
    ) -> file.StartUpload:
        """No name is kept: that of a customer's file may say who they are."""
        who = context.principal
        return file.StartUpload(
            file_id=file_id,
            organisation_id=who.organisation_id,
            user_id=who.subject,
            name=f"file.{media_type.rpartition('/')[2]}",
            declared_type=media_type,
            size_bytes=size,
            declared_sha256=sha256,
            visibility=Visibility.PRIVATE,
            purpose=Purpose.OTHER,
            limits=Limits(document=MOST_BYTES, video=0),
            at=context.at,
        )


_UNFIT: Mapping[str, Unfit] = {slug_of(file.QuotaIsFull): Unfit.FULL}
"""The page says these of the rules that say no, and one thing of all others."""


def _copy(part: UploadFile, whole: Path) -> None:
    with whole.open("wb") as target:
        shutil.copyfileobj(part.file, target)


def router(media: MediaService) -> Router:
    """The route. It is for browsers, and no part of the API that documents tell of."""
    guests = Guests(media)
    routes = Router("Files by a pass")
    routes.include_in_schema = False

    @routes.post("/passes/{token}/files")
    async def send(token: Token, context: Anybody, request: Request, lang: Chosen = None) -> Html:
        """Send a file in a form of a page; the answer leads back there. 404 without a pass of ours,
        and for a form of another site."""
        given = upload_passes.read(media.masters, token)
        if given is None or request.headers.get("sec-fetch-site") in ELSEWHERE:
            raise context.refuse(file.NoSuchFile())
        return await guests.answer(given, context, request, lang)

    return routes
