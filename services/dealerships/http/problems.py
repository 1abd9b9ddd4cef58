"""The rules of dealerships that say no, and where it says what they mean: `texts.yaml`."""

from dataclasses import dataclass
from typing import ClassVar

from infra.wording import Wording
from services.dealerships import checklist, dealership, device, predefined_message, template


@dataclass(frozen=True, slots=True)
class DeviceNameTaken:
    """Another device of the dealership has the name."""

    field: ClassVar[str] = "name"
    name: str


@dataclass(frozen=True, slots=True)
class KeyNotProved:
    """The proof is not signed with the private key of that public one, or is of another code."""

    field: ClassVar[str] = "proof"


DeviceRejection = device.Rejection | DeviceNameTaken | KeyNotProved
WrittenRejection = checklist.Rejection | template.Rejection | predefined_message.Rejection
Rejection = dealership.Rejection | WrittenRejection | DeviceRejection
WORDING = Wording(__package__, Rejection)
