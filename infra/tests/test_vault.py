"""Secrets sealed under a name, and keyed hashes."""

from collections.abc import AsyncIterator

import pytest

from infra import vault as module
from infra.database import Pool, open_pool
from infra.vault import UnknownMasterKey, Vault

OLD, NEW = b"o" * 32, b"n" * 32


@pytest.fixture
async def pool(database: str) -> AsyncIterator[Pool]:
    pool = await open_pool(database, 4, "vault")
    async with pool.connection() as connection:
        for _ in range(2):
            await connection.execute(module.TABLES.encode())
    yield pool
    await pool.close()


@pytest.fixture
def vault(pool: Pool) -> Vault:
    return Vault(pool, {"old": OLD})


class TestVault:
    async def test_a_secret_opens_under_its_name_only(self, vault: Vault) -> None:
        sealed = vault.seal("a", b"secret")
        assert vault.unseal("a", *sealed) == b"secret"
        with pytest.raises(UnknownMasterKey):
            vault.unseal("b", *sealed)

    async def test_a_former_master_key_still_opens(self, pool: Pool, vault: Vault) -> None:
        sealed = vault.seal("a", b"secret")
        both = Vault(pool, {"new": NEW, "old": OLD})
        assert both.unseal("a", *sealed) == b"secret"
        assert both.seal("a", b"secret")[0] == "new"
        with pytest.raises(UnknownMasterKey):
            Vault(pool, {"new": NEW}).unseal("a", *sealed)

    async def test_hashes_stay_when_the_master_key_rotates(self, pool: Pool, vault: Vault) -> None:
        before = await vault.hash("address", "ada@example.org")
        after = Vault(pool, {"new": NEW, "old": OLD})
        assert await after.hash("address", "ada@example.org") == before
        assert await after.hash("other", "ada@example.org") != before
