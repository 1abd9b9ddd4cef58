"""A phone or tablet of a dealership: added, paired by a code that works once, seen, unpaired."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never

from contracts.dealerships.device_v1 import (
    Application,
    DeviceAdded,
    DeviceEvent,
    DevicePaired,
    DeviceSeen,
    DeviceUnpaired,
    PairingCodeIssued,
)

CODE_LASTS = timedelta(minutes=15)
"""How long a pairing code is good for (G-33)."""
SEEN_EVERY = timedelta(minutes=5)
"""How often it is recorded at most that a device was seen with the same version."""

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class AddDevice:
    """Whether the name is free at the dealership is decided before, where names are kept.
    `code_sha256` is the hash of the code that the manager is shown."""

    device_id: str
    organisation_id: str
    dealership_id: str
    device_name: str
    application: Application
    code_sha256: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuePairingCode:
    """The manager is shown another code; the former one is void."""

    device_id: str
    organisation_id: str
    code_sha256: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PairDevice:
    """A phone showed a code, and was found to hold the private key. Nobody else says whose the
    device is."""

    device_id: str
    code_sha256: str
    public_key: str
    key_id: str
    version: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TellVersion:
    """The device says which version of the application it runs."""

    device_id: str
    organisation_id: str
    version: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UnpairDevice:
    device_id: str
    organisation_id: str
    by: str
    at: datetime


OwnCommand = IssuePairingCode | TellVersion | UnpairDevice
Command = AddDevice | PairDevice | OwnCommand

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoSuchDevice:
    pass


@dataclass(frozen=True, slots=True)
class DeviceIdTaken:
    device_id: str


@dataclass(frozen=True, slots=True)
class NoSuchCode:
    """Nobody was shown this code, or another one replaced it."""


@dataclass(frozen=True, slots=True)
class PairingCodeUsed:
    """The code has paired a phone already."""


@dataclass(frozen=True, slots=True)
class CodeExpired:
    expired_at: datetime


@dataclass(frozen=True, slots=True)
class DeviceIsPaired:
    """It is unpaired before another phone is paired."""


Rejection = (
    NoSuchDevice | DeviceIdTaken | NoSuchCode | PairingCodeUsed | CodeExpired | DeviceIsPaired
)

# --- State ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Unknown:
    pass


@dataclass(frozen=True, slots=True)
class Unpaired:
    """Waits for a phone; `code` is the one that was shown last, `was` the pairing that ended."""

    added: DeviceAdded
    code: PairingCodeIssued | None = None
    was: "Paired | None" = None


@dataclass(frozen=True, slots=True)
class Paired:
    """Has a key; `code` is the one it was paired with."""

    added: DeviceAdded
    code: PairingCodeIssued | None
    pairing: DevicePaired
    seen: DeviceSeen | None = None

    @property
    def seen_at(self) -> datetime:
        return self.seen.seen_at if self.seen else self.pairing.paired_at

    @property
    def version(self) -> str:
        return self.seen.version if self.seen else self.pairing.version


Known = Unpaired | Paired
Device = Unknown | Known

initial: Device = Unknown()


def evolve(device: Device, event: DeviceEvent) -> Device:
    """Take history as recorded: a rule added today must not break yesterday's events."""
    if isinstance(event, DeviceAdded):
        return Unpaired(event)
    if isinstance(device, Unknown):
        return device
    match event:
        case PairingCodeIssued():
            return replace(device, code=event)
        case DevicePaired():
            return Paired(device.added, device.code, event)
        case DeviceSeen():
            return replace(device, seen=event) if isinstance(device, Paired) else device
        case DeviceUnpaired():
            was = device if isinstance(device, Paired) else device.was
            return Unpaired(device.added, None, was)
        case unhandled:
            assert_never(unhandled)


# --- Decisions --------------------------------------------------------------

Decision = list[DeviceEvent] | Rejection


def decide(command: Command, device: Device) -> Decision:
    """New facts, an empty list when they are already recorded, or the rule that says no."""
    if isinstance(command, AddDevice):
        return add(command, device)
    if isinstance(command, PairDevice):
        return NoSuchCode() if isinstance(device, Unknown) else pair(command, device)
    if isinstance(device, Unknown) or device.added.organisation_id != command.organisation_id:
        return NoSuchDevice()
    match command:
        case IssuePairingCode():
            return issue(command, device)
        case TellVersion():
            return tell(command, device)
        case UnpairDevice():
            return unpair(command, device)
        case unhandled:
            assert_never(unhandled)


def add(command: AddDevice, device: Device) -> Decision:
    added = DeviceAdded(
        device_id=command.device_id,
        organisation_id=command.organisation_id,
        dealership_id=command.dealership_id,
        device_name=command.device_name,
        application=command.application,
        added_by=command.by,
        added_at=command.at,
    )
    if isinstance(device, Unknown):
        return [added, issued(added, command)]
    known = replace(device.added, added_by=command.by, added_at=command.at)
    return [] if known == added else DeviceIdTaken(command.device_id)


def issue(command: IssuePairingCode, device: Known) -> Decision:
    if isinstance(device, Paired):
        return DeviceIsPaired()
    code = issued(device.added, command)
    return [] if device.code == code else [code]


def issued(added: DeviceAdded, command: AddDevice | IssuePairingCode) -> PairingCodeIssued:
    return PairingCodeIssued(
        device_id=added.device_id,
        organisation_id=added.organisation_id,
        dealership_id=added.dealership_id,
        code_sha256=command.code_sha256,
        issued_by=command.by,
        issued_at=command.at,
        expires_at=command.at + CODE_LASTS,
    )


def pair(command: PairDevice, device: Known) -> Decision:
    """A code pairs one phone; the same phone may ask again, should the answer not reach it."""
    if isinstance(device, Paired):
        is_known = device.pairing.code_sha256 == command.code_sha256
        if is_known and device.pairing.public_key == command.public_key:
            return []
        return PairingCodeUsed() if is_known else NoSuchCode()
    if device.was is not None and device.was.pairing.code_sha256 == command.code_sha256:
        return PairingCodeUsed()
    if device.code is None or device.code.code_sha256 != command.code_sha256:
        return NoSuchCode()
    if command.at >= device.code.expires_at:
        return CodeExpired(device.code.expires_at)
    added = device.added
    return [
        DevicePaired(
            device_id=added.device_id,
            organisation_id=added.organisation_id,
            dealership_id=added.dealership_id,
            device_name=added.device_name,
            application=added.application,
            public_key=command.public_key,
            key_id=command.key_id,
            code_sha256=command.code_sha256,
            version=command.version,
            paired_at=command.at,
        )
    ]


def tell(command: TellVersion, device: Known) -> Decision:
    if not isinstance(device, Paired):
        return NoSuchDevice()
    if command.version == device.version and command.at < device.seen_at + SEEN_EVERY:
        return []
    return [
        DeviceSeen(
            device_id=command.device_id,
            organisation_id=command.organisation_id,
            dealership_id=device.added.dealership_id,
            version=command.version,
            seen_at=command.at,
        )
    ]


def unpair(command: UnpairDevice, device: Known) -> Decision:
    """Also a code that waits is void then."""
    if isinstance(device, Unpaired) and device.code is None:
        return []
    return [
        DeviceUnpaired(
            device_id=command.device_id,
            organisation_id=command.organisation_id,
            dealership_id=device.added.dealership_id,
            unpaired_by=command.by,
            unpaired_at=command.at,
        )
    ]
