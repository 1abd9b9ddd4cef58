"""The count of an order that came back: every parcel, and the amount that is to be paid (D4)."""

from dataclasses import dataclass

from contracts.common_v1 import Money
from contracts.depot_tours.returned_v1 import Finding, OrderReturned, ParcelFound


@dataclass(frozen=True, slots=True)
class Count:
    """Every parcel that left, with what was found of it, and what else the courier brought;
    `cash` is what the courier's papers say that the recipient pays."""

    parcels: tuple[ParcelFound, ...]
    cash: Money | None

    @property
    def received(self) -> tuple[str, ...]:
        return tuple(one.parcel_code for one in self.parcels if one.finding is Finding.RECEIVED)

    @property
    def differing(self) -> tuple[ParcelFound, ...]:
        return tuple(one for one in self.parcels if one.finding is not Finding.RECEIVED)


# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ParcelsNotCounted:
    parcel_codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ParcelCountedTwice:
    parcel_code: str


@dataclass(frozen=True, slots=True)
class ParcelIsNotExtra:
    parcel_code: str


@dataclass(frozen=True, slots=True)
class ParcelIsExtra:
    parcel_code: str


Rejection = ParcelsNotCounted | ParcelCountedTwice | ParcelIsNotExtra | ParcelIsExtra


def bad_count(count: Count, returned: OrderReturned) -> Rejection | None:
    """Why these are not all the parcels that left, each once, and what else came."""
    codes = [one.parcel_code for one in count.parcels]
    for one in count.parcels:
        if codes.count(one.parcel_code) > 1:
            return ParcelCountedTwice(one.parcel_code)
        left = one.parcel_code in returned.parcel_codes
        if left and one.finding is Finding.EXTRA:
            return ParcelIsNotExtra(one.parcel_code)
        if not left and one.finding is not Finding.EXTRA:
            return ParcelIsExtra(one.parcel_code)
    lacking = tuple(code for code in returned.parcel_codes if code not in codes)
    return ParcelsNotCounted(lacking) if lacking else None
