"""All that a device needs to work without the web, in one answer (FLB-030)."""

from dataclasses import dataclass, replace
from typing import Annotated

from contracts import dealers
from contracts.accounts.user_v1 import Role
from contracts.dealers import Brand, Dealership
from contracts.dealerships.dealership_v1 import Licence
from infra.http.answers import Answer, Answered, Router
from infra.http.models import Id, Named
from services.dealerships.http.access import READERS, ReaderContext, own
from services.dealerships.http.checklists import CategoryShown
from services.dealerships.http.dealerships import EffectiveShown, LicenceName
from services.dealerships.http.predefined_messages import PredefinedMessageShown
from services.dealerships.http.predefined_messages import listed as message_shown
from services.dealerships.http.templates import TemplateShown
from services.dealerships.http.templates import listed as template_shown
from services.dealerships.read_models import (
    checklists,
    colleagues,
    predefined_messages,
    templates,
)

router = Router("Configuration")


class BrandConfigured(Answer):
    """A brand of the dealership, and how it works with it."""

    brand: str
    brand_name: str
    effective: EffectiveShown
    """Its default checklist is one of `checklists`, and its default messages, which the messages of
    cases begin with, are of `predefined_messages`; null once deleted."""


class ChecklistConfigured(Answer):
    """A checklist, whole; works are searched by their labels."""

    checklist_id: str
    brand: str | None
    title: str
    language: str
    categories: tuple[CategoryShown, ...]


class Colleague(Answer):
    """Somebody who can be named as author or assignee."""

    user_id: str
    name: str
    roles: tuple[Annotated[Role, Named()], ...]
    """At this dealership."""


class Configuration(Answer):
    """All that a device needs to know of its dealership; its `ETag` changes with it."""

    dealership_id: str
    dealership_name: str
    time_zone: str
    currency: str
    licences: tuple[LicenceName, ...]
    brands: tuple[BrandConfigured, ...]
    """The main one first."""
    checklists: tuple[ChecklistConfigured, ...]
    users: tuple[Colleague, ...]
    predefined_messages: tuple[PredefinedMessageShown, ...]
    templates: tuple[TemplateShown, ...]
    """Of the brands of the dealership."""


@router.get("/dealerships/{dealership_id}/configuration")
async def show_configuration(dealership_id: Id, context: ReaderContext) -> Answered[Configuration]:
    """Tell a device, or whoever works there, all that a dealership works with.

    Who has it sends its `ETag` in `If-None-Match`, and is answered with 304 while it holds.
    """
    known = await own(context, dealership_id, *READERS)
    brands, pool = [one.brand for one in known.brands], context.pool
    lists = checklists.of_dealership(dealership_id, brands)
    written = await lists.many(pool, checklists.BY_TITLE)
    people = colleagues.at_dealership(known.organisation_id, dealership_id)
    messages = predefined_messages.predefined_messages.of(
        known.organisation_id, dealership_id=dealership_id
    )
    around = templates.of_dealership(known.organisation_id, dealership_id).only(brand=brands)
    greetings = await messages.many(pool, predefined_messages.BY_TITLE)
    there = Proposable(
        checklist_ids=frozenset(one.checklist_id for one in written),
        message_ids=frozenset(one.predefined_message_id for one in greetings),
    )
    return Answered(
        Configuration(
            dealership_id=dealership_id,
            dealership_name=dealers.all_in_all(known).dealership_name,
            time_zone=known.time_zone,
            currency=known.currency,
            licences=tuple(Licence[one.upper()] for one in known.licences),
            brands=tuple(configured(known, one, there) for one in known.brands),
            checklists=tuple(map(ChecklistConfigured.of, written)),
            users=tuple(
                colleague(one, dealership_id) for one in await people.many(pool, colleagues.BY_ID)
            ),
            predefined_messages=tuple(map(message_shown, greetings)),
            templates=tuple(map(template_shown, await around.many(pool, templates.BY_TITLE))),
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposable:
    """The things of a dealership that a default may name."""

    checklist_ids: frozenset[str]
    message_ids: frozenset[str]


def configured(known: Dealership, brand: Brand, there: Proposable) -> BrandConfigured:
    """A default that was deleted is proposed no more."""
    effective = dealers.with_brand(known, brand)
    if effective.default_checklist_id not in there.checklist_ids:
        effective = replace(effective, default_checklist_id=None)
    if effective.default_after_sales_message_id not in there.message_ids:
        effective = replace(effective, default_after_sales_message_id=None)
    if effective.default_sales_message_id not in there.message_ids:
        effective = replace(effective, default_sales_message_id=None)
    return BrandConfigured(
        brand=brand.brand,
        brand_name=brand.brand_name,
        effective=EffectiveShown.of(effective),
    )


def colleague(row: colleagues.Row, dealership_id: str) -> Colleague:
    [place] = [one for one in row.places if one.dealership_id == dealership_id]
    return Colleague(
        user_id=row.user_id,
        name=row.name,
        roles=tuple(Role[one.upper()] for one in place.roles),
    )
