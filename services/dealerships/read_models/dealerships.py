"""The dealerships of an organisation, and how they work: one row a dealership."""

from dataclasses import dataclass
from typing import assert_never

from contracts import dealers
from contracts.dealers import Dealership
from contracts.dealerships.dealership_v1 import (
    BrandAdded,
    DealershipOpened,
    LicencesChanged,
    MediaLimitsOverridden,
    SettingsChanged,
    contract,
)
from infra.consumers.views import OutOfOrder, View
from infra.reading import Table
from infra.searching import Words, filed_under, words

Reads = DealershipOpened | BrandAdded | SettingsChanged | LicencesChanged | MediaLimitsOverridden


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`dealership_name` is what it is called now. `known` has one item: all that was said of it,
    but for the people it tells by e-mail."""

    dealership_id: str
    organisation_id: str
    dealership_name: str
    filed_name: str
    """The name as names are put in order."""
    search: Words
    known: tuple[Dealership, ...]


def key(event: Reads) -> tuple[str]:
    return (event.dealership_id,)


def project(row: Row | None, event: Reads) -> Row:
    match event:
        case DealershipOpened():
            return _row(dealers.opened(event))
        case BrandAdded() | SettingsChanged() | LicencesChanged() | MediaLimitsOverridden():
            if row is None:
                raise OutOfOrder(event)
            return _row(dealers.changed(row.known[0], event))
        case unhandled:
            assert_never(unhandled)


def _row(known: Dealership) -> Row:
    name = dealers.all_in_all(known).dealership_name
    return Row(
        dealership_id=known.dealership_id,
        organisation_id=known.organisation_id,
        dealership_name=name,
        filed_name=filed_under(name),
        search=words(name, *(one.brand_name for one in known.brands)),
        known=(known,),
    )


view = View(
    name="dealerships_known",
    contract=contract,
    reads=Reads,
    row=Row,
    primary_key=("dealership_id",),
    key=key,
    project=project,
    indexes=("(organisation_id, filed_name, dealership_id)",),
)
dealerships = Table(view, "dealerships_known")
BY_NAME = dealerships.order("by-name", "filed_name", "dealership_id")
