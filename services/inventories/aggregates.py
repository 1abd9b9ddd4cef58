"""Which streams the service keeps, and what decides about each."""

from contracts.inventories import inventory_v1
from infra.commands import Aggregate
from services.inventories import inventory

INVENTORY = Aggregate(
    contract=inventory_v1.contract,
    decide=inventory.decide,
    evolve=inventory.evolve,
    initial=inventory.initial,
)
