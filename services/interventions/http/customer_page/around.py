"""All that a page shows beside its case: the dealership, its template, and the payment."""

from dataclasses import dataclass

from contracts.dealers import Dealership
from contracts.dealerships.dealership_v1 import Licence
from infra.http.request_context import RequestContext
from infra.lookups import card_accounts, dealerships, payments
from infra.lookups.dealerships import has_licence
from infra.reading import First, together
from services.interventions.case.dossier import Dossier
from services.interventions.http.customer_page.paying import Paying
from services.interventions.lookups import dealerships_template
from services.interventions.lookups.dealerships_template import Template


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    dealership: Dealership
    template: Template | None
    """The one of the brand and the module of the case, if there is one."""
    paying: Paying


async def around(context: RequestContext, case_id: str, dossier: Dossier) -> Around:
    """All of it as it is known now, in one look. Raises what `dealerships.require` raises."""
    created, rows = dossier.created, context.lookups.rows
    house = First(rows(dealerships.lookup, created.dealership_id))
    module = created.module.name.lower()
    template_of = dealerships_template.of_case(
        created.organisation_id, created.dealership_id, dossier.brand, module
    )
    cards = First(rows(card_accounts.lookup, created.dealership_id))
    paid = First(rows(payments.lookup, case_id))
    asked = await together(context.pool, house, template_of, cards, paid)
    found, template, account, payment = asked
    dealership = dealerships.known(context, "dealership_id", found)
    licensed = has_licence(dealership, Licence.ONLINE_PAYMENT)
    takes_cards = licensed and account is not None and account.takes_cards
    return Around(
        dealership=dealership, template=template, paying=Paying(payment, takes_cards=takes_cards)
    )
