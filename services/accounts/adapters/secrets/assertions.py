"""The assertions of devices that were taken, so that each gets one access token."""

from datetime import datetime

from infra.database import Pool

TABLES = """
create table if not exists secrets.assertion (
  device_id  text        not null,
  jti        text        not null,
  expires_at timestamptz not null,
  primary key (device_id, jti)
);
"""


async def take(pool: Pool, device_id: str, jti: str, expires_at: datetime) -> bool:
    """Whether a device sends the assertion of this id for the first time; it is kept until it
    expires. Of two at once one is the first."""
    async with pool.connection() as connection:
        cursor = await connection.execute(
            "insert into secrets.assertion values (%s, %s, %s) on conflict do nothing",
            (device_id, jti, expires_at),
        )
        return cursor.rowcount == 1
