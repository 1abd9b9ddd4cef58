"""The links that let customers in to the page of a case, and the codes to answer with."""

from infra.http.customer_pages.links import Links
from infra.vault import Vault

CODE_DIGITS = 6


def of_cases(vault: Vault) -> Links:
    """The links to cases."""
    return Links(vault, "case link")


def address(pages: str, token: str) -> str:
    """The address of the page of a case; `pages` begins it."""
    return f"{pages}/interventions/page/{token}"


async def code_of(vault: Vault, case_id: str, request_id: str) -> str:
    """Six digits to answer with (I3), the same each time for the same request."""
    found = await vault.hash("answer code", f"{case_id}/{request_id}")
    return f"{int.from_bytes(found) % 10**CODE_DIGITS:0{CODE_DIGITS}}"
