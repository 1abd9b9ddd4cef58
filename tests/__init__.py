"""Promises of the whole: contracts and stories across services."""
