"""Devices, for audits: the application that each was added for (FLB-024)."""

from dataclasses import dataclass

from contracts.dealerships.device_v1 import DeviceAdded, contract
from infra.consumers.views import View

Reads = DeviceAdded


@dataclass(frozen=True, slots=True)
class ApplicationOfDevice:
    device_id: str
    application: str


def key(event: Reads) -> tuple[str]:
    return (event.device_id,)


def project(_: ApplicationOfDevice | None, event: Reads) -> ApplicationOfDevice:
    return ApplicationOfDevice(event.device_id, event.application.name.lower())


lookup = View(
    name="applications_of_devices",
    contract=contract,
    reads=Reads,
    row=ApplicationOfDevice,
    primary_key=("device_id",),
    key=key,
    project=project,
)
