"""Colleagues are told of what happens in a case, as the dealership wants it (FLB-129, FLB-134)."""

from dataclasses import dataclass
from datetime import datetime

from contracts import dealers
from contracts.dealers import Dealership, Effective
from contracts.interventions.case_v1 import CaseEvent, CaseNotice, ColleaguesTold
from contracts.runtime import REDACTED
from services.interventions.case.dossier import Dossier

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class TellColleagues:
    """Follows from a fact about the case, `by` whom a colleague knows it already.

    `cause` tells it from all other facts; `dealership` is how the dealership works now, None until
    the tables were asked.
    """

    case_id: str
    dealership_id: str
    notice: CaseNotice
    cause: str
    by: str | None
    at: datetime
    dealership: Dealership | None = None


# --- Decisions --------------------------------------------------------------


def tell(command: TellColleagues, dossier: Dossier) -> list[CaseEvent]:
    """Once of each fact (G-52), unless the dealership wants to hear nothing of such. A payment that
    names the case of another dealership is none of this one."""
    dealership, created = command.dealership, dossier.created
    if dealership is None or dealership.dealership_id != created.dealership_id:
        return []
    if command.cause in dossier.told:
        return []
    terms = dealers.effective(dealership, dossier.brand) or dealers.all_in_all(dealership)
    addresses = None if dossier.is_sales else addresses_of(dealership)
    colleague = colleague_of(command, dossier, terms) if dossier.is_sales else None
    wanted = {one.name for one in terms.notices}
    if command.notice.name not in wanted or (addresses is None and colleague is None):
        return []
    return [
        ColleaguesTold(
            case_id=created.case_id,
            organisation_id=created.organisation_id,
            dealership_id=created.dealership_id,
            notice=command.notice,
            cause=command.cause,
            email_addresses=addresses,
            colleague_id=colleague,
            language=terms.default_language,
            dealership_called=terms.dealership_name,
            told_at=command.at,
        )
    ]


def addresses_of(dealership: Dealership) -> str | None:
    """The addresses that are told of cases after sales, one a line."""
    known = dealership.notified_addresses
    return None if known in ("", REDACTED) else known


def colleague_of(command: TellColleagues, dossier: Dossier, terms: Effective) -> str | None:
    """The one who has the case, if they are told at all; never of what they did themselves."""
    assigned = dossier.assigned.assignee_id if dossier.assigned else None
    owner = assigned or dossier.created.author_id
    told = terms.sales_representative_notified and owner != command.by
    return owner if told else None
