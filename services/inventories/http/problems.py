"""The rules of inventories that say no, and where their words are: `texts.yaml`."""

from infra.wording import Wording
from services.inventories import inventory

WORDING = Wording(__package__, inventory.Rejection)
