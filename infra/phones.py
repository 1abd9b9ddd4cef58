"""Phone numbers, beside the field of bodies that takes them: where is whoever has one?"""

from zoneinfo import ZoneInfo

import phonenumbers
from phonenumbers.timezone import UNKNOWN_TIMEZONE, time_zones_for_number


def zone_of(phone: str | None) -> ZoneInfo | None:
    """The time zone of whoever has the number (E.164), where numbers like it have one alone."""
    if phone is None:
        return None
    zones = time_zones_for_number(phonenumbers.parse(phone))
    return ZoneInfo(zones[0]) if len(zones) == 1 and zones[0] != UNKNOWN_TIMEZONE else None
