"""The independent services of Relais. None imports another."""
