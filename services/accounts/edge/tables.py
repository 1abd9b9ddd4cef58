"""Tables of accounts beside its events."""

from infra import secrets
from infra.store.postgres import Pool

TABLES = (
    secrets.TABLES
    + """
create schema if not exists accounts;
create table if not exists accounts.administrator (
  organisation_id text not null,
  user_id         text not null,
  primary key (organisation_id, user_id)
);
create table if not exists accounts.reset_request (
  request_id     uuid primary key,
  email_key      bytea       not null,
  correlation_id text        not null,
  requested_at   timestamptz not null
);
"""
)


async def may_administer(pool: Pool, organisation_id: str, user_id: str) -> None:
    """Count this user among those who may be administrators; nobody leaves these."""
    async with pool.connection() as connection:
        await connection.execute(
            "insert into accounts.administrator values (%s, %s) on conflict do nothing",
            (organisation_id, user_id),
        )


async def administrators(pool: Pool, organisation_id: str) -> list[str]:
    """Everybody who may be an administrator of the organisation; their events tell who is."""
    async with pool.connection() as connection:
        cursor = await connection.execute(
            "select user_id from accounts.administrator where organisation_id = %s",
            (organisation_id,),
        )
        return [row[0] for row in await cursor.fetchall()]
