"""An inventory of a depot: counted blind, a second time by others where it differs, and closed once
each difference is explained or disputed (D12)."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from contracts.decisions import Changed
from contracts.inventories.inventory_v1 import (
    CountEnded,
    DifferenceExplained,
    DiscrepancyOpened,
    InventoryAbandoned,
    InventoryClosed,
    InventoryEvent,
    InventoryOpened,
    ParcelsCounted,
)
from services.inventories.inventory import counting, settling
from services.inventories.inventory.counting import Counting, CountParcels, EndCount
from services.inventories.inventory.settling import Counted

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenInventory:
    """Without shelves, all of the depot is counted."""

    inventory_id: str
    organisation_id: str
    shelves: tuple[str, ...]
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AbandonInventory:
    organisation_id: str
    by: str
    at: datetime


OfDepot = counting.Command | settling.Command | AbandonInventory
Command = OpenInventory | OfDepot

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoSuchInventory:
    pass


@dataclass(frozen=True, slots=True)
class ShelfNamedTwice:
    shelf: str


@dataclass(frozen=True, slots=True)
class CountingIsOver:
    pass


@dataclass(frozen=True, slots=True)
class CountingIsNotOver:
    pass


@dataclass(frozen=True, slots=True)
class InventoryIsOver:
    """It was closed or given up."""


Rejection = (
    NoSuchInventory
    | ShelfNamedTwice
    | CountingIsOver
    | CountingIsNotOver
    | InventoryIsOver
    | Changed
    | counting.Rejection
    | settling.Rejection
)

# --- State ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Unopened:
    pass


@dataclass(frozen=True, slots=True)
class Closed:
    counted: Counted
    closed: InventoryClosed

    @property
    def opened(self) -> InventoryOpened:
        return self.counted.opened


@dataclass(frozen=True, slots=True)
class Abandoned:
    opened: InventoryOpened


Opened = Counting | Counted | Closed | Abandoned
Inventory = Unopened | Opened

initial: Inventory = Unopened()


def evolve(state: Inventory, event: InventoryEvent) -> Inventory:
    """Take history as recorded: a rule added today must not break yesterday's events."""
    if isinstance(event, InventoryOpened):
        return Counting(event)
    if isinstance(state, Unopened):
        return state
    match event:
        case ParcelsCounted() | CountEnded():
            return counted(state, event) if isinstance(state, Counting) else state
        case DifferenceExplained() | DiscrepancyOpened():
            return settling.evolve(state, event) if isinstance(state, Counted) else state
        case InventoryClosed():
            return Closed(state, event) if isinstance(state, Counted) else state
        case InventoryAbandoned():
            return Abandoned(state.opened)
        case unhandled:
            assert_never(unhandled)


def counted(state: Counting, event: ParcelsCounted | CountEnded) -> Counting | Counted:
    match event:
        case ParcelsCounted():
            return counting.evolve(state, event)
        case CountEnded(recount=True):
            return replace(state, count=event.count + 1, first=event)
        case CountEnded():
            return Counted(state.opened, state.scans, event)
        case unhandled:
            assert_never(unhandled)


# --- Decisions --------------------------------------------------------------

Decision = list[InventoryEvent] | Rejection


def decide(command: Command, state: Inventory) -> Decision:
    """New facts, an empty list when they are already recorded, or the rule that says no."""
    if isinstance(command, OpenInventory):
        return open_inventory(command, state)
    if isinstance(state, Unopened) or state.opened.organisation_id != command.organisation_id:
        return NoSuchInventory()
    match command:
        case CountParcels() | EndCount():
            return count(command, state)
        case settling.ExplainDifference() | settling.OpenDiscrepancy() | settling.CloseInventory():
            return settle(command, state)
        case AbandonInventory():
            return abandon(command, state)
        case unhandled:
            assert_never(unhandled)


def open_inventory(command: OpenInventory, state: Inventory) -> Decision:
    for shelf in command.shelves:
        if command.shelves.count(shelf) > 1:
            return ShelfNamedTwice(shelf)
    if not isinstance(state, Unopened):
        return []
    return [
        InventoryOpened(
            inventory_id=command.inventory_id,
            organisation_id=command.organisation_id,
            shelves=command.shelves,
            opened_by=command.by,
            opened_at=command.at,
        )
    ]


def count(command: counting.Command, state: Opened) -> Decision:
    match state:
        case Counting():
            return counting.decide(command, state)
        case Counted(ended=ended):
            same = isinstance(command, EndCount) and command.count <= ended.count
            return [] if same else CountingIsOver()
        case Closed() | Abandoned():
            return InventoryIsOver()
        case unhandled:
            assert_never(unhandled)


def settle(command: settling.Command, state: Opened) -> Decision:
    match state:
        case Counting():
            return CountingIsNotOver()
        case Counted():
            return settling.decide(command, state)
        case Closed(closed=closed):
            same = (
                isinstance(command, settling.CloseInventory) and command.settled == closed.settled
            )
            return [] if same else InventoryIsOver()
        case Abandoned():
            return InventoryIsOver()
        case unhandled:
            assert_never(unhandled)


def abandon(command: AbandonInventory, state: Opened) -> Decision:
    match state:
        case Counting() | Counted():
            return [
                InventoryAbandoned(
                    inventory_id=state.opened.inventory_id,
                    organisation_id=state.opened.organisation_id,
                    abandoned_by=command.by,
                    abandoned_at=command.at,
                )
            ]
        case Abandoned():
            return []
        case Closed():
            return InventoryIsOver()
        case unhandled:
            assert_never(unhandled)
