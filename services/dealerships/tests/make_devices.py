"""Builders for devices, and a phone that pairs."""

from datetime import UTC, datetime
from typing import Any

from contracts.dealerships.device_v1 import (
    Application,
    DeviceAdded,
    DevicePaired,
    DeviceSeen,
    DeviceUnpaired,
    PairingCodeIssued,
)
from infra.testing.phones import Phone
from services.dealerships.device import (
    CODE_LASTS,
    AddDevice,
    IssuePairingCode,
    PairDevice,
    TellVersion,
    UnpairDevice,
)

NOON = datetime(2030, 5, 1, 12, 0, tzinfo=UTC)


def add(name: str = "Atelier-1", dealership: str = "D1") -> AddDevice:
    return AddDevice(
        device_id="H1",
        organisation_id="dreux",
        dealership_id=dealership,
        device_name=name,
        application=Application.FLEETBACK,
        code_sha256="c1",
        by="lea",
        at=NOON,
    )


def added(name: str = "Atelier-1") -> DeviceAdded:
    return DeviceAdded(
        device_id="H1",
        organisation_id="dreux",
        dealership_id="D1",
        device_name=name,
        application=Application.FLEETBACK,
        added_by="lea",
        added_at=NOON,
    )


def issue(code: str = "c2", org: str = "dreux", at: datetime = NOON) -> IssuePairingCode:
    return IssuePairingCode(device_id="H1", organisation_id=org, code_sha256=code, by="lea", at=at)


def issued(code: str = "c1", at: datetime = NOON) -> PairingCodeIssued:
    return PairingCodeIssued(
        device_id="H1",
        organisation_id="dreux",
        dealership_id="D1",
        code_sha256=code,
        issued_by="lea",
        issued_at=at,
        expires_at=at + CODE_LASTS,
    )


def pair(code: str = "c1", key: str = "x1", at: datetime = NOON) -> PairDevice:
    return PairDevice(
        device_id="H1", code_sha256=code, public_key=key, key_id=f"k-{key}", version="3.2", at=at
    )


def paired(code: str = "c1", key: str = "x1", at: datetime = NOON) -> DevicePaired:
    return DevicePaired(
        device_id="H1",
        organisation_id="dreux",
        dealership_id="D1",
        device_name="Atelier-1",
        application=Application.FLEETBACK,
        public_key=key,
        key_id=f"k-{key}",
        code_sha256=code,
        version="3.2",
        paired_at=at,
    )


def tell(version: str = "3.2", at: datetime = NOON) -> TellVersion:
    return TellVersion(device_id="H1", organisation_id="dreux", version=version, at=at)


def seen(version: str = "3.2", at: datetime = NOON) -> DeviceSeen:
    return DeviceSeen(
        device_id="H1", organisation_id="dreux", dealership_id="D1", version=version, seen_at=at
    )


def unpair(org: str = "dreux") -> UnpairDevice:
    return UnpairDevice(device_id="H1", organisation_id=org, by="lea", at=NOON)


def unpaired() -> DeviceUnpaired:
    return DeviceUnpaired(
        device_id="H1",
        organisation_id="dreux",
        dealership_id="D1",
        unpaired_by="lea",
        unpaired_at=NOON,
    )


def body(phone: Phone, code: str, **changed: Any) -> dict[str, Any]:
    """The request to pair by a code, with the proof that the key is this phone's."""
    return {
        "code": code,
        "public_key": {"kty": "OKP", "crv": "Ed25519", "x": phone.x},
        "proof": phone.signs(aud="relais", code=code),
        "version": "3.2.0",
        **changed,
    }
