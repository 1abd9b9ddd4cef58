"""The names of devices: each is one device's within its dealership (G-33)."""

import unicodedata

from infra.database import Connection
from infra.vault import TABLES as VAULT

TABLES = (
    VAULT
    + """
create schema if not exists dealerships;
create table if not exists dealerships.device_name (
  dealership_id text not null,
  name          text not null,
  device_id     text not null unique,
  primary key (dealership_id, name)
);
"""
)
"""Safe to repeat."""


async def take(
    connection: Connection, dealership_id: str, device_name: str, device_id: str
) -> bool:
    """Keep a name for a device; False when another one of the dealership has it, whatever its case.

    Waits for a transaction that takes the same. Safe to repeat.
    """
    name = unicodedata.normalize("NFKC", device_name).casefold()
    await connection.execute(
        "insert into dealerships.device_name values (%s, %s, %s) on conflict do nothing",
        (dealership_id, name, device_id),
    )
    cursor = await connection.execute(
        "select from dealerships.device_name"
        " where dealership_id = %s and name = %s and device_id = %s",
        (dealership_id, name, device_id),
    )
    return cursor.rowcount == 1
