"""Paired devices, for who lets them in: an access token of theirs ends with the pairing.

`Service(guard=devices.refuse_ended)`, with `users.lookup` and `devices.lookup`, refuses people
whose session has ended and devices that were unpaired, though their access tokens have not ended.
"""

from dataclasses import dataclass, replace
from typing import assert_never

from contracts.dealerships import device_v1
from contracts.dealerships.device_v1 import DeviceAdded, DevicePaired, DeviceUnpaired
from infra.consumers.views import OutOfOrder, View
from infra.http.problems import session_over
from infra.http.request_context import RequestContext
from infra.lookups import users
from infra.tokens import Role

DEVICE: Role = "device"
Reads = DeviceAdded | DevicePaired | DeviceUnpaired


@dataclass(frozen=True, slots=True)
class Device:
    """A device of a dealership, and the key that it is paired with, if it is."""

    device_id: str
    organisation_id: str
    dealership_id: str
    public_key: str | None = None
    key_id: str | None = None


def key(event: Reads) -> tuple[str]:
    return (event.device_id,)


def project(row: Device | None, event: Reads) -> Device:
    if isinstance(event, DeviceAdded):
        return Device(event.device_id, event.organisation_id, event.dealership_id)
    if row is None:
        raise OutOfOrder(event)
    match event:
        case DevicePaired():
            return replace(row, public_key=event.public_key, key_id=event.key_id)
        case DeviceUnpaired():
            return replace(row, public_key=None, key_id=None)
        case unhandled:
            assert_never(unhandled)


lookup = View(
    name="devices",
    contract=device_v1.contract,
    reads=Reads,
    row=Device,
    primary_key=("device_id",),
    key=key,
    project=project,
)


async def refuse_ended(context: RequestContext) -> None:
    """Refuse a device that was unpaired, or paired anew with another key, and a person as
    `users.refuse_ended` does. Raises a 401 `Problem`.

    A device that nothing is known of here yet is let in: what its token says is all there is.
    """
    if DEVICE not in context.principal.roles:
        return await users.refuse_ended(context)
    device = await context.lookup(lookup, context.principal.subject)
    if device is not None and device.key_id != context.principal.session_id:
        raise session_over()
    return None
