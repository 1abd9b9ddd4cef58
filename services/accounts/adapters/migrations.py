"""The tables of accounts beside its events."""

from services.accounts.adapters import administrators, password_links, secrets

TABLES = secrets.TABLES + administrators.TABLES + password_links.TABLES
PHONES = secrets.PHONES + password_links.PHONES
DEVICES = secrets.DEVICES
