"""Answers an access request: all that the platform holds about one person, in one archive.

Events that name the person, as they hold, and rows that are about the person. Personal fields of
others stay closed: whoever asks is told of themselves alone.
"""

import json
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from psycopg import sql

from contracts.runtime import Contract
from infra.amendments import said, standing
from infra.consumers.views import View
from infra.host import Running
from infra.http.models import plain
from infra.personal import Codec, Encoded
from infra.store import RecordedEvent
from tools.relais import connections, events, subjects
from tools.relais.answers import USAGE, Answer, Trouble, audit, operator, sentence
from tools.relais.progress import Telling, telling

NOT_HERE = (
    "the bytes of files and documents: whoever signs in as the person downloads them",
    "the personal data of others: it reads XXXX, or is absent",
    "rows of tables that only name the person: they are folded from the events of this archive",
    "copies that expire: logs, backups, topics; they hold the events of this archive",
)
ABOUT = """\
All that Relais holds about {subject}, made on {at}.

manifest.json   who asked and why, each file with how much is in it and its SHA-256, and what is
                not in the archive
events/         by service, what happened that names the person, in the order it was recorded:
                `recorded_at` is when, `business_time` the time that counts, `actor` who did it,
                `event` what it says
rows/           by table, what screens show about the person

Times are in UTC. Amounts are in the smallest unit of their currency, such as cents.
"""


@dataclass(frozen=True)
class Part:
    """A file of the archive."""

    name: str
    entries: Sequence[Mapping[str, Any]]

    def content(self) -> bytes:
        """It as JSON that a person can read as well."""
        return json.dumps(plain(self.entries), ensure_ascii=False, indent=1).encode()


async def export(
    subject: str, to: Path, requested_by: str, reason: str, quiet: bool = False
) -> Answer:
    """Write the archive of a person; it is written down that somebody did.

    Raises `Trouble` when the file is there, nothing is known of the person, or something of it
    cannot be reached: an archive with a part missing would be no answer.
    """
    if to.exists():
        raise Trouble(f"{to} is there: name another file", USAGE)
    if not (requested_by.strip() and reason.strip()):
        raise Trouble("--requested-by and --reason say who asked, and why", USAGE)
    with telling(quiet=quiet) as told:
        async with subjects.everything() as running:
            parts = [part async for part in _parts(running, subject, told)]
    if not parts:
        raise Trouble(f"nothing is known of {subject}")
    at = datetime.now(UTC)
    manifest = {
        "subject": subject,
        "requested_by": requested_by,
        "reason": reason,
        "made_at": at,
        "made_by": f"operator:{operator()}",
        "release": version("relais"),
        "files": [_described(part) for part in parts],
        "not_in_it": NOT_HERE,
    }
    audit(
        connections.settings().home,
        "subject export",
        subject=subject,
        requested_by=requested_by,
        reason=reason,
    )
    _write(to, ABOUT.format(subject=subject, at=f"{at:%Y-%m-%d %H:%M}Z"), manifest, parts)
    count = sum(len(part.entries) for part in parts)
    return sentence(
        {"file": str(to), **manifest},
        f"{to}: {len(parts)} files with {count} entries about {subject}",
    )


def _described(part: Part) -> dict[str, Any]:
    digest = sha256(part.content()).hexdigest()
    return {"name": part.name, "entries": len(part.entries), "sha256": digest}


def _write(to: Path, about: str, manifest: Mapping[str, Any], parts: Sequence[Part]) -> None:
    # For whoever asked, and nobody else on this machine.
    to.touch(mode=0o600, exist_ok=False)
    with ZipFile(to, "w", ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", about)
        archive.writestr("manifest.json", json.dumps(plain(manifest), ensure_ascii=False, indent=1))
        for part in parts:
            archive.writestr(part.name, part.content())


async def _parts(
    running: Mapping[str, Running], subject: str, told: Telling
) -> AsyncIterator[Part]:
    for number, (name, one) in enumerate(running.items()):
        told("services", number, len(running))
        if found := await _events(one, subject):
            yield Part(f"events/{name}.json", found)
        for table, rows in await _rows(one, subject):
            yield Part(f"rows/{name}.{table}.json", rows)


# --- Events -----------------------------------------------------------------


async def _events(running: Running, subject: str) -> list[dict[str, Any]]:
    found: list[tuple[RecordedEvent, dict[str, Any]]] = []
    for aggregate in running.service.aggregates:
        contract, prefix = aggregate.contract, aggregate.stream("")
        for stream in await subjects.naming(running.store, contract, prefix, subject):
            recorded = await running.store.read(stream)
            holding = standing(recorded, said(recorded))
            own = stream == aggregate.stream(subject)
            opened = await _opened(running, contract, holding, subject)
            found += [
                (one, _facts(contract, one, event))
                for one, event in zip(holding, opened, strict=True)
                if own or subject in set(texts(plain(event)))
            ]
    return [facts for _, facts in sorted(found, key=lambda pair: pair[0].position)]


async def _opened(
    running: Running, contract: Contract[Any], holding: Sequence[RecordedEvent], subject: str
) -> list[Any]:
    """The events with the fields of the person open, and nobody else's."""
    encoded = [Encoded(one.event_id, one.type, one.data) for one in holding]
    return await Codec(contract, running.keyring).try_decode(encoded, only=subject)


def _facts(contract: Contract[Any], recorded: RecordedEvent, event: Any) -> dict[str, Any]:
    return {
        "business_time": events.business_time(contract, recorded, event),
        **events.facts(recorded, event),
    }


def texts(value: Any) -> Iterator[str]:
    """Every text in a value of JSON."""
    match value:
        case str():
            yield value
        case dict():
            for one in value.values():
                yield from texts(one)
        case list():
            for one in value:
                yield from texts(one)
        case _:
            return


# --- Rows -------------------------------------------------------------------


async def _rows(running: Running, subject: str) -> list[tuple[str, list[dict[str, Any]]]]:
    """By table the rows that are about the person, as screens read them."""
    if running.generations is None or (active := await running.generations.active()) is None:
        return []
    found = []
    for table in running.service.tables:
        if columns := _about(table):
            query = sql.SQL("select to_jsonb(t) from {} t where {}").format(
                sql.Identifier(active.schema, table.name),
                sql.SQL(" or ").join(
                    sql.SQL("{}::text = %s").format(sql.Identifier(column)) for column in columns
                ),
            )
            async with running.pool.connection() as connection:
                cursor = await connection.execute(query, [subject] * len(columns))
                if rows := [row for (row,) in await cursor.fetchall()]:
                    found.append((table.name, rows))
    return found


def _about(table: View[Any, Any]) -> list[str]:
    """The columns that say who a row is about: its subject, or its key where that is one column."""
    if table.subject:
        return [table.subject]
    return list(table.primary_key) if len(table.primary_key) == 1 else []
