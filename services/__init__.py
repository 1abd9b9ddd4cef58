"""The independent services of Relais. None imports another."""

import infra  # noqa: F401  # For its time zones.
