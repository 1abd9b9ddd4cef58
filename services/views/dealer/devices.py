"""The devices of a dealership, which make and send cases: one row a device."""

from dataclasses import dataclass

from contracts.dealerships.device_v1 import DeviceAdded, DevicePaired, contract
from infra.consumers.views import View
from infra.reading import Table

Reads = DeviceAdded | DevicePaired


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """The name stays that of the last pairing, also once the device is paired no more."""

    device_id: str
    organisation_id: str
    name: str


def key(event: Reads) -> tuple[str]:
    return (event.device_id,)


def project(_: Device | None, event: Reads) -> Device:
    return Device(
        device_id=event.device_id,
        organisation_id=event.organisation_id,
        name=event.device_name,
    )


view = View(
    name="devices",
    contract=contract,
    reads=Reads,
    row=Device,
    primary_key=("device_id",),
    key=key,
    project=project,
)
table = Table(view, "devices")
BY_ID = table.order("devices-by-id", "device_id")
