"""A case is paid for once, so the id of its charge follows from it."""

from infra.http.readable_ids import referenced_id
from services.payments.charge.paying import RevokeForm

CHARGE_ID = "Z"
"""How the ids of charges begin."""


def charge_id_of(organisation_id: str, case_id: str) -> str:
    return referenced_id(CHARGE_ID, organisation_id, case_id)


def of_revoked(command: RevokeForm) -> str:
    """The charge whose form goes away."""
    return charge_id_of(command.organisation_id, command.case_id)
