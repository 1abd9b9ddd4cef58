"""The door of the page: it lets in whoever has a good link, and knows colleagues."""

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from starlette.requests import Request

from contracts import dealers
from contracts.dealers import Dealership
from contracts.interventions.case_v1 import LinkIssued, LinkScope, VersionFixed
from infra import file_links
from infra.catalogues import ENGLISH, Language, language_of
from infra.http.auth import KeyNotKnown
from infra.http.browsers import given
from infra.http.problems import Problem
from infra.http.request_context import PublicRequest, RequestContext
from infra.vault import Vault
from services.interventions import case
from services.interventions.adapters import links
from services.interventions.aggregates import CASE
from services.interventions.case import answering, sending
from services.interventions.case.answering import Holder
from services.interventions.case.dossier import CUSTOMER, Dossier
from services.interventions.http.access import terms_at
from services.interventions.http.customer_page.showing import FILES_OPEN, House, LinkTo, Viewer
from services.interventions.http.customer_page.words import Words
from services.interventions.http.page import holder_of, holder_principal
from services.interventions.lookups import dealerships_template
from services.interventions.lookups.dealerships_template import text_of

HERE = "/interventions/page"
ELSEWHERE = frozenset({"cross-site", "same-site"})
"""Browsers say this of a request that a page of another origin makes (`Sec-Fetch-Site`)."""


class NoPage(Exception):
    """There is nothing to show; `reason` is a text of the page."""

    def __init__(self, reason: str, status: int) -> None:
        super().__init__(reason)
        self.reason, self.status = reason, status


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Somebody who came by a good link, and the case that it opens."""

    context: RequestContext
    token: str
    case_id: str
    state: case.Live
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

    @property
    def viewer(self) -> Viewer:
        recipient_id = self.link.recipient_id
        known = (one for one in self.dossier.named if one.recipient_id == recipient_id)
        prices = recipient_id == CUSTOMER or any(one.sees_prices for one in known)
        return Viewer(recipient_id=recipient_id, scope=self.link.scope, sees_prices=prices)


OF_CUSTOMER = Viewer(recipient_id=CUSTOMER, scope=LinkScope.ANSWER)


async def opened(
    vault: Vault, context: PublicRequest, token: str, request: Request, chosen: Language | None
) -> Door:
    """The case that a link opens now. Raises `NoPage`."""
    if (found := await links.read(vault, token)) is None:
        raise NoPage("gone_unknown", 404)
    case_id, link_id = found
    state = (await context.load(CASE, case_id)).state
    if isinstance(state, case.Closed):
        raise NoPage("gone_closed", 410)
    if isinstance(state, case.Uncreated | case.Deleted):
        raise NoPage("gone_unknown", 404)
    holder = holder_of(request, link_id)
    link = answering.link_of(holder, state.dossier, context.at)
    if isinstance(link, answering.LinkIsVoid):
        raise NoPage("gone_void", 410)
    organisation_id = state.dossier.created.organisation_id
    who = holder_principal(case_id, link_id, organisation_id)
    return Door(
        context=context.as_principal(who),
        token=token,
        case_id=case_id,
        state=state,
        link=link,
        holder=holder,
        chosen=chosen,
    )


def refuse_others(request: Request) -> None:
    """Refuse a form that a page of another origin sends; anybody may come from anywhere to read.

    Raises `NoPage`.
    Only who has the link can write such a page, so this is the second lock. `Origin` says nothing:
    with our policy on referrers, browsers send `null`.
    """
    if request.method == "POST" and request.headers.get("sec-fetch-site") in ELSEWHERE:
        raise NoPage("gone_unknown", 403)


async def is_colleague(context: PublicRequest, request: Request, organisation_id: str) -> bool:
    """Whether the browser has a session of somebody of the organisation: what they see is no
    reading (FLB-101)."""
    header, _ = given(request.scope)
    verifier = context.app_state.verifier
    if header is None:
        return False
    try:
        try:
            principal = verifier.principal(header)
        except KeyNotKnown:
            await verifier.learn()
            principal = verifier.principal(header)
    except Problem:
        # A session that is over is none.
        return False
    return principal.organisation_id == organisation_id


def language_for(dossier: Dossier, recipient_id: str) -> str:
    """The language that a recipient is written to in."""
    named = (o.language for o in dossier.named if o.recipient_id == recipient_id)
    own = next(named, dossier.language)
    return language_of(own) or language_of(dossier.created.language) or ENGLISH


def words_in(language: str, dossier: Dossier) -> Words:
    return Words(language, ZoneInfo(dossier.created.time_zone))


def version_of(state: case.Live, terms: dealers.Effective, context: PublicRequest) -> VersionFixed:
    """The version that is shown: the last, or the one that opening the page would fix (G-43)."""
    if isinstance(state, case.Pending):
        return sending.fixed(state.dossier, terms.code_above, context.at)
    return state.dossier.versions[-1]


async def house_of(
    context: RequestContext, dealership: Dealership, dossier: Dossier, words: Words, link_to: LinkTo
) -> House:
    """The dealership as it shows itself with the brand of the case."""
    created = dossier.created
    terms = terms_at(dealership, dossier)
    brand = dealers.brand_of(dealership, dossier.brand)
    template = await dealerships_template.of_case(
        context,
        created.organisation_id,
        created.dealership_id,
        dossier.brand,
        created.module.name.lower(),
    )
    banner = template.banner_file_id if template else None
    advertising = template.advertising_file_id if template else None
    return House(
        name=terms.dealership_name,
        website=terms.website,
        booking_link=terms.booking_link,
        brand=brand.brand_name if brand else "",
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
