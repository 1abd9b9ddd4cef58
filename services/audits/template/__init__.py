"""A template of audits: what the auditors of a dealership look at on a vehicle (FLB-022)."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, assert_never

from contracts.audits.template_v1 import (
    TemplateDeleted,
    TemplateEvent,
    TemplateItem,
    TemplateSaved,
)

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveTemplate:
    """The last one that is saved counts, whole."""

    template_id: str
    organisation_id: str
    dealership_id: str
    title: str
    items: tuple[TemplateItem, ...]
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteTemplate:
    organisation_id: str
    dealership_id: str
    by: str
    at: datetime


Command = SaveTemplate | DeleteTemplate

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoSuchAuditTemplate:
    pass


@dataclass(frozen=True, slots=True)
class AuditItemNamedTwice:
    field: ClassVar[str] = "items"
    item_id: str


Rejection = NoSuchAuditTemplate | AuditItemNamedTwice

# --- State ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Unwritten:
    pass


@dataclass(frozen=True, slots=True)
class Saved:
    saved: TemplateSaved


@dataclass(frozen=True, slots=True)
class Deleted:
    saved: TemplateSaved


Template = Unwritten | Saved | Deleted

initial: Template = Unwritten()


def evolve(template: Template, event: TemplateEvent) -> Template:
    """Take history as recorded: a rule added today must not break yesterday's events."""
    match event:
        case TemplateSaved():
            return Saved(event)
        case TemplateDeleted():
            return template if isinstance(template, Unwritten) else Deleted(template.saved)
        case unhandled:
            assert_never(unhandled)


# --- Decisions --------------------------------------------------------------

Decision = list[TemplateEvent] | Rejection


def decide(command: Command, template: Template) -> Decision:
    """New facts, an empty list when they are already recorded, or the rule that says no."""
    if not isinstance(template, Unwritten):
        owner = (template.saved.organisation_id, template.saved.dealership_id)
        if owner != (command.organisation_id, command.dealership_id):
            return NoSuchAuditTemplate()
    match command:
        case SaveTemplate():
            return save(command, template)
        case DeleteTemplate():
            return delete(command, template)
        case unhandled:
            assert_never(unhandled)


def save(command: SaveTemplate, template: Template) -> Decision:
    ids = [one.item_id for one in command.items]
    if (twice := next((one for one in ids if ids.count(one) > 1), None)) is not None:
        return AuditItemNamedTwice(twice)
    event = TemplateSaved(
        template_id=command.template_id,
        organisation_id=command.organisation_id,
        dealership_id=command.dealership_id,
        title=command.title,
        items=command.items,
        saved_by=command.by,
        saved_at=command.at,
    )
    if isinstance(template, Saved):
        same = replace(template.saved, saved_by=command.by, saved_at=command.at)
        return [] if same == event else [event]
    return [event]


def delete(command: DeleteTemplate, template: Template) -> Decision:
    match template:
        case Unwritten():
            return NoSuchAuditTemplate()
        case Deleted():
            return []
        case Saved(saved=saved):
            return [
                TemplateDeleted(
                    template_id=saved.template_id,
                    organisation_id=saved.organisation_id,
                    dealership_id=saved.dealership_id,
                    deleted_by=command.by,
                    deleted_at=command.at,
                )
            ]
        case unhandled:
            assert_never(unhandled)
