"""The devices of a dealership: one row a device."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from contracts.dealerships.device_v1 import (
    DeviceAdded,
    DevicePaired,
    DeviceSeen,
    DeviceUnpaired,
    contract,
)
from infra.consumers.views import OutOfOrder, View
from infra.reading import Rows, Table
from infra.searching import filed_under

Reads = DeviceAdded | DevicePaired | DeviceSeen | DeviceUnpaired


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`paired_at` is empty while no phone is paired; version and `seen_at` are the last known."""

    device_id: str
    organisation_id: str
    dealership_id: str
    device_name: str
    filed_name: str
    application: str
    added_at: datetime
    paired_at: datetime | None = None
    version: str | None = None
    seen_at: datetime | None = None


def key(event: Reads) -> tuple[str]:
    return (event.device_id,)


def project(row: Row | None, event: Reads) -> Row:
    if isinstance(event, DeviceAdded):
        return Row(
            device_id=event.device_id,
            organisation_id=event.organisation_id,
            dealership_id=event.dealership_id,
            device_name=event.device_name,
            filed_name=filed_under(event.device_name),
            application=event.application.name.lower(),
            added_at=event.added_at,
        )
    if row is None:
        raise OutOfOrder(event)
    match event:
        case DevicePaired(paired_at=at, version=version):
            return replace(row, paired_at=at, version=version, seen_at=at)
        case DeviceSeen(seen_at=at, version=version):
            return replace(row, version=version, seen_at=at)
        case DeviceUnpaired():
            return replace(row, paired_at=None)
        case unhandled:
            assert_never(unhandled)


view = View(
    name="devices_of_dealerships",
    contract=contract,
    reads=Reads,
    row=Row,
    primary_key=("device_id",),
    key=key,
    project=project,
    indexes=("(dealership_id, filed_name, device_id)",),
)
devices = Table(view, "devices_of_dealerships")
BY_NAME = devices.order("by-name", "filed_name", "device_id")


def of_dealership(organisation_id: str, dealership_id: str) -> Rows[Row]:
    return devices.of(organisation_id, dealership_id=dealership_id)
