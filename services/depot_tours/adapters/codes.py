"""The code of a handover: six digits that the courier is shown and the depot enters.

It is kept nowhere: it follows from the handover, with a key that only the service has.
"""

from hmac import compare_digest

from infra.vault import Vault

DIGITS = 6


async def code_of(vault: Vault, tour_id: str, handover_id: str) -> str:
    """The code of a handover, the same each time."""
    found = await vault.hash("handover", f"{tour_id}/{handover_id}")
    return f"{int.from_bytes(found) % 10**DIGITS:0{DIGITS}}"


async def is_code_of(vault: Vault, tour_id: str, handover_id: str, entered: str) -> bool:
    """Whether what was entered is that code; it takes as long for every wrong one."""
    return compare_digest(await code_of(vault, tour_id, handover_id), entered)
