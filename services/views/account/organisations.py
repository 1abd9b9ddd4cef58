"""The kinds of organisations, by which notices find their readers: one row an organisation."""

from dataclasses import dataclass

from contracts.accounts.organisation_v1 import OrganisationRegistered, contract
from infra.consumers.views import View
from infra.reading import Table

Reads = OrganisationRegistered


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organisation, whether it is let in or not."""

    organisation_id: str
    kind: str


def key(event: Reads) -> tuple[str]:
    return (event.organisation_id,)


def project(_: Organisation | None, event: Reads) -> Organisation:
    return Organisation(organisation_id=event.organisation_id, kind=event.kind.name.lower())


view = View(
    name="organisations",
    contract=contract,
    reads=Reads,
    row=Organisation,
    primary_key=("organisation_id",),
    key=key,
    project=project,
)
organisations = Table(view, "organisations")
