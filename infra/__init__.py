"""The infrastructure that every service stands on.

Whoever imports any of it, or any service, takes time zones from the pinned package `tzdata`, and
every process does. Python would prefer those of the system, which are as old as the system is.
"""

import zoneinfo

zoneinfo.reset_tzpath(())
zoneinfo.ZoneInfo.clear_cache()
