"""The names of organisations, for who connects a provider and a marketplace."""

from dataclasses import dataclass, replace
from typing import assert_never

from contracts.accounts import organisation_v1
from contracts.accounts.organisation_v1 import OrganisationRegistered, ProfileChanged
from infra.consumers.views import OutOfOrder, View

Reads = OrganisationRegistered | ProfileChanged


@dataclass(frozen=True, slots=True)
class Called:
    """An organisation, and its name now."""

    organisation_id: str
    called: str


def key(event: Reads) -> tuple[str]:
    return (event.organisation_id,)


def project(row: Called | None, event: Reads) -> Called:
    match event:
        case OrganisationRegistered():
            return Called(event.organisation_id, event.profile.name)
        case ProfileChanged():
            if row is None:
                raise OutOfOrder(event)
            return replace(row, called=event.profile.name)
        case unhandled:
            assert_never(unhandled)


lookup = View(
    name="names_of_organisations",
    contract=organisation_v1.contract,
    reads=Reads,
    row=Called,
    primary_key=("organisation_id",),
    key=key,
    project=project,
)
