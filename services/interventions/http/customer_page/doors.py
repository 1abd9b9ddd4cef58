"""The door of the page: it lets in whoever has a good link of a case."""

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from contracts import dealers
from contracts.dealers import Dealership
from contracts.interventions.case_v1 import LinkIssued, LinkScope, VersionFixed
from infra import file_links
from infra.catalogues import ENGLISH, Language, language_of
from infra.http.customer_pages import houses
from infra.http.customer_pages.doors import Asked, NoPage, holder_of
from infra.http.customer_pages.houses import House
from infra.http.customer_pages.site import Site
from infra.http.customer_pages.words import Words
from infra.http.request_context import PublicRequest, RequestContext
from infra.vault import Vault
from services.interventions import case
from services.interventions.adapters import links
from services.interventions.aggregates import CASE
from services.interventions.case import answering, sending, visit
from services.interventions.case.answering import Holder
from services.interventions.case.dossier import CUSTOMER, Dossier
from services.interventions.case.recipients import pays
from services.interventions.http.customer_page.showing import FILES_OPEN, LinkTo, Viewer
from services.interventions.http.page import holding
from services.interventions.lookups.dealerships_template import Template, text_of

HERE = "/interventions/page"
SITE = Site("interventions", "services.interventions.http.customer_page")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrance:
    """Somebody who came by a good link, and the case that it is of."""

    context: RequestContext
    token: str
    case_id: str
    state: case.Live | case.Closed
    link: LinkIssued
    holder: Holder
    chosen: Language | None
    """The language that was chosen on the page."""

    @property
    def dossier(self) -> Dossier:
        return self.state.dossier

    @property
    def here(self) -> str:
        return f"{HERE}/{self.token}"

    @property
    def words(self) -> Words:
        language = self.chosen or language_for(self.dossier, self.link.recipient_id)
        return words_in(language, self.dossier)


@dataclass(frozen=True, slots=True, kw_only=True)
class Door(Entrance):
    """The link opens the case."""

    state: case.Live

    @property
    def viewer(self) -> Viewer:
        recipient_id = self.link.recipient_id
        known = (one for one in self.dossier.named if one.recipient_id == recipient_id)
        prices = recipient_id == CUSTOMER or any(one.sees_prices for one in known)
        return Viewer(
            recipient_id=recipient_id,
            scope=self.link.scope,
            sees_prices=prices,
            pays=pays(self.dossier, self.link),
            forwarded=answering.is_forwarded(self.holder, self.dossier),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitDoor(Entrance):
    """The case is closed, and its customer was asked how the visit was (I15)."""

    state: case.Closed

    @property
    def forwarded(self) -> bool:
        return answering.is_forwarded(self.holder, self.dossier)


OF_CUSTOMER = Viewer(recipient_id=CUSTOMER, scope=LinkScope.ANSWER)


async def opened(vault: Vault, asked: Asked) -> Door:
    """The case that a link opens now. Raises `NoPage`."""
    door = await entered(vault, asked)
    if isinstance(door, VisitDoor):
        raise NoPage("gone_closed", 410)
    return door


async def asked_by(vault: Vault, asked: Asked) -> VisitDoor:
    """The closed case whose customer was asked how the visit was. Raises `NoPage`."""
    door = await entered(vault, asked)
    if isinstance(door, Door):
        raise NoPage("gone_unknown", 404)
    return door


async def entered(vault: Vault, asked: Asked) -> Door | VisitDoor:
    """Open what a link is for now. Raises `NoPage`."""
    context = asked.context
    if (found := await links.of_cases(vault).read(asked.token)) is None:
        raise NoPage("gone_unknown", 404)
    case_id, link_id = found
    state = (await context.load(CASE, case_id)).state
    if isinstance(state, case.Uncreated | case.Deleted):
        raise NoPage("gone_unknown", 404)
    holder = holding(asked.request, case_id, link_id)
    link = answering.link_of(holder, state.dossier, context.at)
    is_closed = isinstance(state, case.Closed)
    if isinstance(link, answering.LinkIsVoid):
        raise NoPage("gone_closed" if is_closed else "gone_void", 410)
    if is_closed and not visit.asks(state.dossier, link):
        raise NoPage("gone_closed", 410)
    organisation_id = state.dossier.created.organisation_id
    within = context.as_principal(holder_of(case_id, link_id, organisation_id))
    if isinstance(state, case.Closed):
        return VisitDoor(
            context=within,
            token=asked.token,
            case_id=case_id,
            state=state,
            link=link,
            holder=holder,
            chosen=asked.chosen,
        )
    return Door(
        context=within,
        token=asked.token,
        case_id=case_id,
        state=state,
        link=link,
        holder=holder,
        chosen=asked.chosen,
    )


def language_for(dossier: Dossier, recipient_id: str) -> str:
    """The language that a recipient is written to in."""
    named = (o.language for o in dossier.named if o.recipient_id == recipient_id)
    own = next(named, dossier.language)
    return language_of(own) or language_of(dossier.created.language) or ENGLISH


def words_in(language: str, dossier: Dossier) -> Words:
    return SITE.words(language, ZoneInfo(dossier.created.time_zone))


def version_of(state: case.Live, terms: dealers.Effective, context: PublicRequest) -> VersionFixed:
    """The version that is shown: the last, or the one that opening the page would fix (G-43)."""
    if isinstance(state, case.Pending):
        return sending.fixed(state.dossier, terms.code_above, context.at)
    return state.dossier.versions[-1]


def house_of(
    dealership: Dealership,
    template: Template | None,
    dossier: Dossier,
    words: Words,
    link_to: LinkTo,
) -> House:
    """The dealership as it shows itself with the brand of the case."""
    banner = template.banner_file_id if template else None
    advertising = template.advertising_file_id if template else None
    return houses.house_of(
        dealership,
        dossier.brand,
        text=text_of(template, words.language) if template else "",
        banner=link_to(banner) if banner else None,
        advertising=link_to(advertising) if advertising else None,
    )


def links_to_files(masters: Mapping[str, bytes], context: PublicRequest) -> LinkTo:
    """The address of a file for who looks at a page that is made now."""
    end = context.at + FILES_OPEN

    def link_to(file_id: str) -> str:
        return file_links.address(masters, file_id, end)

    return link_to
