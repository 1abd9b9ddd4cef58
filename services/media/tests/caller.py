"""The service over a real store, as anybody asks it."""

import base64
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from infra.commands import CommandContext, Done
from infra.host import Running, opened
from infra.http.auth import PublishedKeys, Verifier
from infra.http.health import Health
from infra.objects import Objects, objects_of
from infra.serving import api
from infra.settings import Settings
from infra.tokens import Role, SigningKey, issue, jwks
from services.media.adapters.scanner import NoScanner
from services.media.adapters.sweeper import Sweeper
from services.media.adapters.upload_store import UploadStore
from services.media.aggregates import FILE
from services.media.file import Following, Hold, Release
from services.media.service import service
from services.media.tests.make import NOON, PDF, sha256

KEY = SigningKey.generate()
MASTER = json.dumps({"test": base64.b64encode(bytes(range(32))).decode()})
NO_HEADERS: Mapping[str, str] = {}


@dataclass
class Caller:
    """Asks as Ada the driver unless told otherwise, with a fresh Idempotency-Key each time."""

    client: httpx.AsyncClient
    running: Running
    folder: Path

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        who: str = "ada",
        roles: tuple[Role, ...] = ("driver",),
        org: str = "hiflow",
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> httpx.Response:
        """One request; bytes are sent as they are."""
        token = issue(KEY, who, org, roles)
        sent = {"Authorization": f"Bearer {token}", "Idempotency-Key": uuid4().hex, **headers}
        if isinstance(body, bytes):
            sent["Content-Type"] = "application/octet-stream"
            return await self.client.request(method, path, content=body, headers=sent)
        return await self.client.request(method, path, json=body, headers=sent)

    async def start(self, data: bytes, media: str, **change: Any) -> str:
        """Announce a file of this content; its id."""
        body = announcement(data, media) | change
        answer = await self.ask("POST", "/uploads", body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def piece(self, file: str, start: int, data: bytes, **who: Any) -> httpx.Response:
        return await self.ask("PUT", f"/uploads/{file}/pieces/{start}", data, **who)

    async def complete(self, file: str) -> httpx.Response:
        return await self.ask("PUT", f"/uploads/{file}/completion")

    async def sent(self, data: bytes = PDF, media: str = "application/pdf", **change: Any) -> str:
        """Send a file in two pieces and complete it; its id."""
        file = await self.start(data, media, **change)
        half = len(data) // 2
        for start, part in ((0, data[:half]), (half, data[half:])):
            assert (await self.piece(file, start, part)).is_success
        assert (await self.complete(file)).is_success
        return file

    async def refused(
        self, rule: str, data: bytes = PDF, media: str = "application/pdf", **change: Any
    ) -> str:
        """Send a file that is turned away by a rule, however often it is completed; its id."""
        file = await self.start(data, media, **change)
        assert (await self.piece(file, 0, data)).is_success
        for _ in range(2):
            answer = await self.complete(file)
            assert answer.json()["type"] == "urn:relais:problem:file-is-refused"
            [error] = answer.json()["errors"]
            assert (answer.status_code, error["rule"]) == (422, rule)
        assert await self.status(file) == ("refused", rule)
        return file

    async def hold(
        self, file: str, organisation: str | None, *, by: str, reader: str | None = None
    ) -> None:
        """Command the same as a reaction to an event that names the file."""
        await self.follow(
            Hold(file_id=file, organisation_id=organisation, by=by, reader_id=reader, at=NOON)
        )

    async def released(self, file: str, by: str) -> None:
        """A stream relied on a file of the caller's, and lets go of it."""
        await self.hold(file, "hiflow", by=by)
        await self.follow(Release(file_id=file, organisation_id="hiflow", by=by, at=NOON))

    async def follow(self, command: Following) -> None:
        """Carry out a command as for a reaction."""
        key = uuid4()
        context = CommandContext(key, str(key), str(key), "test", "hiflow", NOON, "")
        done = await self.running.commands.handle(FILE, command.file_id, command, context)
        assert isinstance(done, Done)

    async def status(self, file: str) -> tuple[str, str | None]:
        shown = (await self.ask("GET", f"/files/{file}")).json()
        return shown["status"], shown.get("reason")

    def sweeper(self, objects: Objects | None = None) -> Sweeper:
        found = objects or objects_of(self.running.settings)
        uploads = UploadStore(self.running.pool, found, NoScanner())
        return Sweeper(self.running.pool, self.running.commands, uploads)

    async def swept(self, as_if: datetime | None = None) -> int:
        """Sweep until nothing is due, and say how many files were looked at."""
        count, sweeper = 0, self.sweeper()
        while await sweeper.sweep(as_if):
            count += 1
        return count

    async def rows(self) -> set[str]:
        """The files the sweeper knows of."""
        async with self.running.pool.connection() as connection:
            cursor = await connection.execute("select file_id from media.file")
            return {row[0] for row in await cursor.fetchall()}

    def kept(self, file: str) -> list[str]:
        """The names of all files in the local folder of a file, in order."""
        folder = self.folder / "objects" / "files" / file
        return sorted(path.name for path in folder.rglob("*") if path.is_file())


def announcement(data: bytes, media: str) -> dict[str, Any]:
    return {
        "name": "Attestation fiscale.pdf",
        "media_type": media,
        "size_bytes": len(data),
        "sha256": sha256(data),
        "purpose": "paper",
    }


@asynccontextmanager
async def served(database: str, home: Path, **named: Any) -> AsyncIterator[Caller]:
    """The routes of media; `named` are further settings."""
    settings = Settings.model_validate(
        {
            "databases": {"media": database, "keys": database},
            "master_keys": MASTER,
            "jwks": jwks(KEY),
            "home": home,
            # Files of tests are small, and still come in pieces.
            "least_piece_bytes": 1,
        }
        | named
    )
    async with opened(service, settings) as running:
        verifier = Verifier(PublishedKeys(settings.jwks), settings.issuer, settings.audience)
        transport = httpx.ASGITransport(api(running, verifier, Health()))
        async with httpx.AsyncClient(transport=transport, base_url="http://relais") as client:
            yield Caller(client, running, home)
