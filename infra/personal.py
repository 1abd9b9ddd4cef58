"""Personal data: encrypted for its subject before it is recorded, unreadable once forgotten."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Generic, TypeVar
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from psycopg.rows import class_row

from contracts.runtime import Contract, DecodeError, EventType
from infra import telemetry
from infra.batching import Batcher
from infra.database import Pool
from infra.migrations import apply_migrations
from infra.texts import refuse_unstorable

E = TypeVar("E")

NONCE_BYTES = 12
MARK_BYTES = 4
_SCHEMA = """
create schema if not exists keys;
create table if not exists keys.subject (
  subject      text primary key,
  master       text        not null,
  wrapped      bytea,
  created_at   timestamptz not null default clock_timestamp(),
  forgotten_at timestamptz,
  requested_by text,
  check ((wrapped is null) = (forgotten_at is not null))
);
"""

# How many keys were made and destroyed, so that nobody has to count them: their sum. There are
# sixteen numbers, because who makes a key holds one of them until it is made.
_REACHED = """
create table keys.reached (
  part   int    primary key,
  number bigint not null
);
create function keys.count() returns trigger language plpgsql as $$
declare
  made int := case tg_op when 'INSERT' then 1 when 'DELETE' then -1 else 0 end;
begin
  if tg_op <> 'DELETE' and new.forgotten_at is not null then made := made + 1; end if;
  if tg_op <> 'INSERT' and old.forgotten_at is not null then made := made - 1; end if;
  if made <> 0 then
    insert into keys.reached values (pg_backend_pid() % 16, made)
    on conflict (part) do update set number = reached.number + excluded.number;
  end if;
  return null;
end
$$;
create trigger counted after insert or update of forgotten_at or delete on keys.subject
  for each row execute function keys.count();
insert into keys.reached
select 0, count(*) + count(forgotten_at) from keys.subject
on conflict (part) do update set number = reached.number + excluded.number;
"""


class SubjectIsForgotten(Exception):
    """New personal data was to be recorded about somebody who asked to be forgotten."""

    def __init__(self, subjects: Iterable[str]) -> None:
        super().__init__(f"forgotten: {', '.join(sorted(subjects))}")


class UnknownMasterKey(Exception):
    """No master key this process was given opens the wrapped key of a subject."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """A line of the ledger of forgetting, kept when the key is gone."""

    subject: str
    forgotten_at: datetime
    requested_by: str


class SubjectKey:
    """The key of one subject: AES-256-GCM. What it seals tells that it was this key.

    A nonce is 4 bytes of the key's own, the same for all it seals, and 8 random ones.
    """

    def __init__(self, key: bytes) -> None:
        self._mark = sha256(b"relais/subject-key/" + key).digest()[:MARK_BYTES]
        self._cipher = AESGCM(key)

    def seal(self, plaintext: bytes, context: bytes) -> bytes:
        """The nonce and the ciphertext; opens with the same context only."""
        nonce = self._mark + os.urandom(NONCE_BYTES - MARK_BYTES)
        return nonce + self._cipher.encrypt(nonce, plaintext, context)

    def unseal(self, sealed: bytes, context: bytes) -> bytes | None:
        """The plaintext; None when another key sealed it, one that the subject had before.

        Also opens what releases sealed whose nonces were all random. Raises `InvalidTag` when this
        key sealed it, and it is not what was sealed, or not here.
        """
        nonce, ciphertext = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        try:
            return self._cipher.decrypt(nonce, ciphertext, context)
        except InvalidTag:
            if nonce.startswith(self._mark):
                raise
            return None


class Keyring:
    """The keys of data subjects, one row each, in a database of their own.

    Keys are wrapped by the current master key (the first given); the others only unwrap.
    Nothing is cached: a key destroyed by any process is gone for all of them at once.
    """

    def __init__(self, pool: Pool, masters: Mapping[str, bytes]) -> None:
        self.pool = pool
        self._masters = {name: AESGCM(key) for name, key in masters.items()}
        self._current = next(iter(masters))
        self._lookups: Batcher[frozenset[str], dict[str, SubjectKey]] = Batcher(
            self._look_up, size=256, lanes=2
        )

    async def migrate(self) -> None:
        """Create what is missing in the database. Safe to repeat, and from several processes."""
        await apply_migrations(self.pool, "keys", [_SCHEMA, _REACHED])

    async def keys(self, subjects: Iterable[str]) -> dict[str, SubjectKey]:
        """The keys there are. Somebody forgotten, or never seen, has none."""
        # No name in PostgreSQL holds a NUL; the error would hurt everybody who looks up with it.
        wanted = frozenset(subject for subject in subjects if "\0" not in subject)
        return await self._lookups.submit(wanted) if wanted else {}

    async def _look_up(
        self, wanted: Sequence[frozenset[str]]
    ) -> list[dict[str, SubjectKey] | BaseException]:
        async with self.pool.connection() as connection:
            cursor = await connection.execute(
                "select subject, master, wrapped from keys.subject"
                " where subject = any(%s) and wrapped is not null",
                (list(frozenset().union(*wanted)),),
            )
            rows = {subject: row for subject, *row in await cursor.fetchall()}
        return [self._open(one, rows) for one in wanted]

    def _open(
        self, wanted: frozenset[str], rows: Mapping[str, Sequence[Any]]
    ) -> dict[str, SubjectKey] | BaseException:
        """The keys of one caller; what is wrong with them is nobody else's business."""
        try:
            return {s: SubjectKey(self._unwrap(s, *rows[s])) for s in wanted if s in rows}
        except UnknownMasterKey as error:
            return error

    async def keys_to_write(self, subjects: Iterable[str]) -> dict[str, SubjectKey]:
        """The keys of all these subjects, made where missing.

        Raises `SubjectIsForgotten`: a destroyed key is never replaced.
        """
        wanted = set(subjects)
        keys = await self.keys(wanted)
        if missing := sorted(wanted - keys.keys()):
            fresh = [self._wrap(subject, AESGCM.generate_key(256)) for subject in missing]
            async with self.pool.connection() as connection:
                await connection.execute(
                    "insert into keys.subject (subject, master, wrapped)"
                    " select s, %s, w from unnest(%s::text[], %b::bytea[]) as n(s, w)"
                    " on conflict do nothing",
                    (self._current, missing, fresh),
                )
            keys |= await self.keys(missing)
        if forgotten := wanted - keys.keys():
            raise SubjectIsForgotten(forgotten)
        return keys

    async def seal(self, name: str, content: bytes) -> bytes:
        """Bytes that only `unseal` with the same name opens, by a key of that name."""
        keys = await self.keys_to_write([name])
        return keys[name].seal(content, name.encode())

    async def unseal(self, name: str, sealed: bytes) -> bytes | None:
        """The sealed bytes; None when there is no such key any more."""
        if (key := (await self.keys([name])).get(name)) is None:
            return None
        return key.unseal(sealed, name.encode())

    async def forget(self, subject: str, requested_by: str) -> Forgotten:
        """Destroy the subject's key and remember that it was destroyed. Safe to repeat."""
        async with self.pool.connection() as connection:
            cursor = connection.cursor(row_factory=class_row(Forgotten))
            await cursor.execute(
                "insert into keys.subject (subject, master, forgotten_at, requested_by)"
                " values (%s, '', clock_timestamp(), %s)"
                " on conflict (subject) do update set wrapped = null,"
                "   forgotten_at = coalesce(keys.subject.forgotten_at, excluded.forgotten_at),"
                "   requested_by = coalesce(keys.subject.requested_by, excluded.requested_by)"
                " returning subject, forgotten_at, requested_by",
                (subject, requested_by),
            )
            row = await cursor.fetchone()
        assert row is not None
        return row

    def _wrap(self, subject: str, key: bytes) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._masters[self._current].encrypt(nonce, key, subject.encode())

    def _unwrap(self, subject: str, master: str, wrapped: bytes) -> bytes:
        if master not in self._masters:
            raise UnknownMasterKey(f"{subject} is wrapped by {master!r}")
        nonce, sealed = wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:]
        try:
            return self._masters[master].decrypt(nonce, sealed, subject.encode())
        except InvalidTag:
            raise UnknownMasterKey(f"{subject} does not open with {master!r}") from None


@dataclass(frozen=True, slots=True)
class Encoded:
    """An event as bytes, with what the codec needs to open it."""

    event_id: UUID
    type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Decoded(Generic[E]):
    """Events, with everybody named in their sealed fields, and who of them has a key."""

    events: list[E]
    subjects: frozenset[str]
    readable: frozenset[str]


class Codec(Generic[E]):
    """Events of one contract to bytes and back, personal fields sealed for their subject.

    AES-256-GCM; the associated data is the event id, the type and the field, so a sealed value
    cannot be moved to another place.
    """

    def __init__(self, contract: Contract[E], keyring: Keyring) -> None:
        self.contract = contract
        self._keyring = keyring

    async def encode(self, events: Sequence[tuple[UUID, E]]) -> list[Encoded]:
        """One `Encoded` an event, in order. Raises `SubjectIsForgotten` or `UnstorableText`."""
        typed = [(id, event, self.contract.by_class(type(event))) for id, event in events]
        subjects = {s for _, event, kind in typed for s in kind.subjects_of(event)}
        keys = await self._keyring.keys_to_write(subjects) if subjects else {}
        return [_encoded(keys, *each) for each in typed]

    async def decode(self, records: Sequence[Encoded]) -> list[E]:
        """One event a record, in order. Raises `DecodeError` or `UnknownEventType`."""
        return (await self.decode_beside(records)).events

    async def decode_beside(
        self, records: Sequence[Encoded], others: frozenset[str] = frozenset()
    ) -> Decoded[E]:
        """The same, and who can be read, `others` among them, by one and the same look at keys."""
        decoded, subjects, keys = await self._decoded(records, others)
        events: list[E] = []
        for one in decoded:
            if isinstance(one, Exception):
                raise one
            events.append(one)
        return Decoded(events, subjects, frozenset(keys))

    async def try_decode(
        self, records: Sequence[Encoded], only: str | None = None
    ) -> list[E | Exception]:
        """Like `decode`, but a record that cannot be decoded yields its exception in its place.

        Where `only` names somebody, the fields of everybody else stay closed.
        """
        decoded, _, _ = await self._decoded(records, frozenset(), only)
        return decoded

    async def _decoded(
        self, records: Sequence[Encoded], others: frozenset[str], only: str | None = None
    ) -> tuple[list[E | Exception], frozenset[str], Mapping[str, SubjectKey]]:
        parsed = [self._parse(record) for record in records]
        named = {s for p in parsed if not isinstance(p, Exception) for s in p[0].subjects_in(p[1])}
        subjects = others | named
        opened = subjects if only is None else subjects & {only}
        keys = await self._keyring.keys(opened) if opened else {}
        decoded = [
            p if isinstance(p, Exception) else _convert(keys, record.event_id, *p)
            for record, p in zip(records, parsed, strict=True)
        ]
        return decoded, subjects, keys

    def _parse(self, record: Encoded) -> tuple[EventType[Any], Any] | Exception:
        if not record.data:
            return DecodeError(f"{record.type} has no value: it was redacted")
        try:
            kind = self.contract.by_type(record.type)
            return kind, kind.parse(record.data)
        except ValueError as error:
            return error


def _convert(
    keys: Mapping[str, SubjectKey], event_id: UUID, kind: EventType[Any], message: Any
) -> Any | Exception:
    def unseal(subject: str, field: int, sealed: bytes) -> bytes | None:
        if (key := keys.get(subject)) is None:
            return None
        try:
            plaintext = key.unseal(sealed, _context(event_id, kind, field))
        except InvalidTag:
            raise DecodeError(f"{kind.type} field {field} does not open with its key") from None
        if plaintext is None:
            telemetry.sealed_by_another_key(kind.type)
        return plaintext

    try:
        return kind.convert(message, unseal)
    except ValueError as error:
        return error


def _encoded(keys: Mapping[str, SubjectKey], id: UUID, event: Any, kind: EventType[Any]) -> Encoded:
    suspicious = False

    def seal(subject: str, field: int, plaintext: bytes) -> bytes:
        nonlocal suspicious
        suspicious = suspicious or b"\0" in plaintext
        return keys[subject].seal(plaintext, _context(id, kind, field))

    try:
        data = kind.encode(event, seal)
    except UnicodeEncodeError:
        refuse_unstorable(event)
        raise
    # Numbers and what is sealed have zero bytes, too; then, and only then, look closely.
    if suspicious or b"\0" in data:
        refuse_unstorable(event)
    return Encoded(id, kind.type, data)


def _context(event_id: UUID, kind: EventType[Any], field: int) -> bytes:
    return f"{event_id}|{kind.type}|{field}".encode()
