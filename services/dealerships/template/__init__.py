"""A template: what customers see around a case of a brand and a module (FLB-137).

It is of one dealership, or of every one of a group (FLB-140).
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from contracts.dealerships.template_v1 import (
    Module,
    TemplateDeleted,
    TemplateEvent,
    TemplateSaved,
    TemplateText,
)
from services.dealerships.terms import LanguageNamedTwice, named_twice

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveTemplate:
    """The last one that is saved counts, whole. `dealership_id` None: of the group."""

    template_id: str
    organisation_id: str
    dealership_id: str | None
    brand: str
    module: Module
    title: str
    texts: tuple[TemplateText, ...]
    banner_file_id: str | None
    advertising_file_id: str | None
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteTemplate:
    organisation_id: str
    dealership_id: str | None
    by: str
    at: datetime


Command = SaveTemplate | DeleteTemplate

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoSuchTemplate:
    pass


@dataclass(frozen=True, slots=True)
class TemplateIsEmpty:
    """It has neither a text nor a picture."""


Rejection = NoSuchTemplate | TemplateIsEmpty | LanguageNamedTwice

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
            return NoSuchTemplate()
    match command:
        case SaveTemplate():
            return save(command, template)
        case DeleteTemplate():
            return delete(command, template)
        case unhandled:
            assert_never(unhandled)


def save(command: SaveTemplate, template: Template) -> Decision:
    if (bad := named_twice([one.language for one in command.texts])) is not None:
        return bad
    if not (command.texts or command.banner_file_id or command.advertising_file_id):
        return TemplateIsEmpty()
    event = TemplateSaved(
        template_id=command.template_id,
        organisation_id=command.organisation_id,
        dealership_id=command.dealership_id,
        brand=command.brand,
        module=command.module,
        title=command.title,
        texts=command.texts,
        banner_file_id=command.banner_file_id,
        advertising_file_id=command.advertising_file_id,
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
            return NoSuchTemplate()
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
