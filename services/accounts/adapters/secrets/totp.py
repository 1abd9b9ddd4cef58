"""The second factor: time-based codes of an authenticator app (RFC 6238), and codes for the day
when the app is lost."""

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from io import BytesIO

import pyotp
import segno

from infra.database import Connection, Pool
from infra.vault import Vault

TABLES = """
create table if not exists secrets.totp (
  user_id   text primary key,
  master    text    not null,
  sealed    bytea   not null,
  confirmed boolean not null default false,
  last_step bigint  not null default 0
);
create table if not exists secrets.recovery_code (
  user_id   text  not null,
  code_hash bytea not null,
  primary key (user_id, code_hash)
);
"""
ISSUER = "Relais"
STEP_SECONDS = 30
SECRET_BYTES = 20
RECOVERY_CODES = 10
RECOVERY_LENGTH = 10
"""Characters of five bits each, in two groups."""
DRIFT = (0, -1, 1)
"""A phone's clock may be one step off."""


class Verdict(Enum):
    """The worth of a code that somebody showed."""

    RIGHT = 1
    USED = 2
    """It, or a later one, was right before; it is never right again (RFC 6238, 5.2)."""
    WRONG = 3


@dataclass(frozen=True, slots=True)
class Enrolment:
    """The secret for an app, also as a URI, and that as a picture."""

    secret: str
    uri: str
    picture: str


def enrolment(secret: str, account: str) -> Enrolment:
    """Shown once, to its owner."""
    uri = pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=ISSUER)
    out = BytesIO()
    segno.make(uri, micro=False).save(out, kind="svg", scale=4)
    picture = f"data:image/svg+xml;base64,{base64.b64encode(out.getvalue()).decode()}"
    return Enrolment(secret, uri, picture)


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """The time step a code belongs to, if it is a right one at present."""
    present = int(now.timestamp()) // STEP_SECONDS
    totp = pyotp.TOTP(secret)
    for step in (present + drift for drift in DRIFT):
        if pyotp.utils.strings_equal(code, totp.at(step * STEP_SECONDS)):
            return step
    return None


class SecondFactors:
    """The secrets of the second factors, sealed for their owner."""

    def __init__(self, pool: Pool, vault: Vault) -> None:
        self._pool = pool
        self._vault = vault

    async def begin(self, user_id: str, request: str) -> str:
        """A new secret, which counts once a code of it was right; the same for one request."""
        secret = base64.b32encode(
            (await self._vault.hash("totp", f"{user_id}|{request}"))[:SECRET_BYTES]
        ).decode()
        await self.keep(user_id, secret, confirmed=False)
        return secret

    async def keep(self, user_id: str, secret: str, *, confirmed: bool) -> None:
        """Replace a secret that was not confirmed."""
        master, sealed = self._vault.seal(f"totp:{user_id}", secret.encode())
        async with self._pool.connection() as connection:
            await connection.execute(
                "insert into secrets.totp as t (user_id, master, sealed, confirmed)"
                " values (%s, %s, %s, %s) on conflict (user_id) do update"
                " set master = excluded.master, sealed = excluded.sealed,"
                " confirmed = excluded.confirmed where not t.confirmed",
                (user_id, master, sealed, confirmed),
            )

    async def judge(self, user_id: str, code: str, now: datetime) -> Verdict:
        """Tell the worth of the code; each is right once."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(
                "select master, sealed from secrets.totp where user_id = %s", (user_id,)
            )
            if (row := await cursor.fetchone()) is None:
                return Verdict.WRONG
            secret = self._vault.unseal(f"totp:{user_id}", *row).decode()
            if (step := step_of(secret, code, now)) is None:
                return Verdict.WRONG
            cursor = await connection.execute(
                "update secrets.totp set last_step = %s where user_id = %s and last_step < %s",
                (step, user_id, step),
            )
            return Verdict.RIGHT if cursor.rowcount == 1 else Verdict.USED

    async def recovery_codes(self, user_id: str, request: str) -> list[str]:
        """Codes that stand in for the app, each once; the same for one request."""
        return [
            await self._recovery_code(f"{user_id}|{request}|{n}") for n in range(RECOVERY_CODES)
        ]

    async def _recovery_code(self, name: str) -> str:
        random = await self._vault.hash("recovery-code", name)
        text = base64.b32encode(random).decode()[:RECOVERY_LENGTH]
        return f"{text[: RECOVERY_LENGTH // 2]}-{text[RECOVERY_LENGTH // 2 :]}"

    async def hashes(self, user_id: str, codes: Iterable[str]) -> list[bytes]:
        """The hashes that are kept of recovery codes."""
        return [await self._vault.hash("recovery", f"{user_id}|{code}") for code in codes]

    async def holds(self, user_id: str, hashes: Sequence[bytes]) -> bool:
        """Whether the user has all these recovery codes, none of them used."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(
                "select count(*) = cardinality(%s::bytea[]) from secrets.recovery_code"
                " where user_id = %s and code_hash = any(%s)",
                (list(hashes), user_id, list(hashes)),
            )
            row = await cursor.fetchone()
        return row is not None and bool(row[0])


async def spend(connection: Connection, user_id: str, hashes: Sequence[bytes]) -> bool:
    """Use a recovery code up; False when it is none, or was used."""
    cursor = await connection.execute(
        "delete from secrets.recovery_code where user_id = %s and code_hash = any(%s)",
        (user_id, list(hashes)),
    )
    return cursor.rowcount == 1


async def keep_recovery_codes(
    connection: Connection, user_id: str, hashes: Sequence[bytes]
) -> None:
    """From now on these are the recovery codes, and no others."""
    await connection.execute("delete from secrets.recovery_code where user_id = %s", (user_id,))
    await connection.execute(
        "insert into secrets.recovery_code select %s, unnest(%s::bytea[])", (user_id, list(hashes))
    )


async def confirm(connection: Connection, user_id: str) -> None:
    """From now on the secret counts."""
    await connection.execute(
        "update secrets.totp set confirmed = true where user_id = %s", (user_id,)
    )


async def remove(connection: Connection, user_id: str) -> None:
    """The user has no second factor any more, and no codes in its place."""
    await connection.execute("delete from secrets.totp where user_id = %s", (user_id,))
    await connection.execute("delete from secrets.recovery_code where user_id = %s", (user_id,))
