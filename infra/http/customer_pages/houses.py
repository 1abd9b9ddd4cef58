"""The dealership as it shows itself to its customers."""

from dataclasses import dataclass

from contracts import dealers
from contracts.dealers import Dealership


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """The dealership, as its customers see it with a brand."""

    name: str
    website: str | None = None
    booking_link: str | None = None
    brand: str = ""
    text: str = ""
    """Of the template, in the customer's language."""
    banner: str | None = None
    advertising: str | None = None
    """Addresses of images."""
    colour: str | None = None
    """Six hexadecimal digits; the page keeps texts readable in it and on it."""


def house_of(
    dealership: Dealership,
    brand: str | None,
    *,
    text: str = "",
    banner: str | None = None,
    advertising: str | None = None,
) -> House:
    """The dealership with that brand; as it is all in all when it has no such one."""
    terms = dealers.effective(dealership, brand) or dealers.all_in_all(dealership)
    shown = dealers.brand_of(dealership, brand) if brand else None
    return House(
        name=terms.dealership_name,
        website=terms.website,
        booking_link=terms.booking_link,
        brand=shown.brand_name if shown else "",
        text=text,
        banner=banner,
        advertising=advertising,
        colour=terms.colour,
    )
