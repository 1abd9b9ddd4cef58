"""The second factor: time-based codes of an authenticator app (RFC 6238)."""

import base64
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO

import pyotp
import segno

from infra.secrets.vault import Vault
from infra.store.postgres import Connection, Pool

TABLES = """
create table if not exists secrets.totp (
  user_id   text primary key,
  master    text    not null,
  sealed    bytea   not null,
  confirmed boolean not null default false,
  last_step bigint  not null default 0
);
"""
ISSUER = "Relais"
STEP_SECONDS = 30
SECRET_BYTES = 20
DRIFT = (0, -1, 1)
"""A phone's clock may be one step off."""


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an app needs to know: the secret, the same as an address, and that as a picture."""

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

    async def accepts(self, user_id: str, code: str, now: datetime) -> bool:
        """Whether the code is right; each is right once."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(
                "select master, sealed from secrets.totp where user_id = %s", (user_id,)
            )
            if (row := await cursor.fetchone()) is None:
                return False
            secret = self._vault.unseal(f"totp:{user_id}", *row).decode()
            if (step := step_of(secret, code, now)) is None:
                return False
            cursor = await connection.execute(
                "update secrets.totp set last_step = %s where user_id = %s and last_step < %s",
                (step, user_id, step),
            )
            return cursor.rowcount == 1


async def confirm(connection: Connection, user_id: str) -> None:
    """From now on the secret counts."""
    await connection.execute(
        "update secrets.totp set confirmed = true where user_id = %s", (user_id,)
    )


async def remove(connection: Connection, user_id: str) -> None:
    """The user has no second factor any more."""
    await connection.execute("delete from secrets.totp where user_id = %s", (user_id,))
