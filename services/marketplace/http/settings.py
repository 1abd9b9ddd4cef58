"""A marketplace over HTTP: activated, told how to assign requests, given its terms (OGU-01 ff.)."""

from datetime import timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from contracts.marketplace import marketplace_v1
from contracts.marketplace.marketplace_v1 import (
    AssignmentChanged,
    CommissionSet,
    CommissionVatSet,
    CompanyDeclared,
    DocumentsRequested,
    InternalDocumentPublished,
    InternalDocumentWithdrawn,
    LocalitiesListed,
    Locality,
    MarketplaceActivated,
    MarketplaceDeactivated,
    NoticePeriodChanged,
    RequestedDocument,
    ServiceListed,
    ServiceName,
    ServiceUnlisted,
    TermsPublished,
)
from contracts.media.file_v1 import Purpose
from contracts.providers import Marketplace
from infra import companies, file_links
from infra.host import Running
from infra.http.answers import Answer, Answered, PointShown, Recorded, Router
from infra.http.history import History, HistoryPart
from infra.http.models import (
    Body,
    Country,
    Currency,
    Day,
    Id,
    Instant,
    Language,
    Line,
    PointBody,
    TimeZone,
)
from infra.http.printed import PrintedLine
from infra.http.request_context import PublicRequest, RequestContext
from infra.lookups import files, organisations
from services.marketplace import marketplace
from services.marketplace.aggregates import MARKETPLACE
from services.marketplace.http.access import (
    ActivatorContext,
    OperatorContext,
    SettingsContext,
    mine,
)
from services.marketplace.http.fields import (
    BasisPoints,
    DocumentName,
    DocumentShown,
    Number,
    PostalCode,
    ServiceCode,
    Unit,
)

LINKS_LAST = timedelta(minutes=15)
DOCUMENTS = frozenset({Purpose.OTHER})
"""What files of terms and guides are sent for."""

# --- Bodies -----------------------------------------------------------------


class ActivationBody(Body):
    """The marketplace as providers know it."""

    marketplace_name: Line
    time_zone: TimeZone
    """Decides what "today" is, and when a delay of days ends."""
    currency: Currency
    """Stays once it is chosen."""
    language: Language


class AssignmentBody(Body):
    """How requests are assigned."""

    broadcast: bool
    """Each request goes to all providers who match; otherwise it is assigned by hand."""
    required_proposals: Annotated[int, Field(ge=1, le=marketplace.MOST_PROPOSALS)]
    sending_after_days: Annotated[int, Field(ge=1, le=marketplace.MOST_DAYS)]
    reminder_after_days: Annotated[int, Field(ge=1, le=marketplace.MOST_DAYS)]


class NoticePeriodBody(Body):
    days: Annotated[int, Field(ge=0, le=marketplace.MOST_DAYS)]


class RequestedBody(Body):
    """A document that providers are asked for."""

    kind: DocumentName
    most_months: Annotated[int, Field(ge=1, le=120)] | None = None
    """It was issued at most so many months ago."""
    of_this_year: bool = False
    """It was issued in the present calendar year."""


class DocumentsBody(Body):
    """Without any, nobody is asked for anything."""

    documents: Annotated[tuple[RequestedBody, ...], Field(max_length=20, strict=False)]


class NameBody(Body):
    language: Language
    text: Line


class ServiceBody(Body):
    """A service, in the languages of the marketplace."""

    names: Annotated[tuple[NameBody, ...], Field(min_length=1, max_length=20, strict=False)]
    unit: Unit


class LocalityBody(Body):
    """A town, or a part of one."""

    locality: Line
    """As people call it."""
    postal_code: Line
    commune_code: Id
    """Counts where zones are lists of communes."""
    centre: PointBody
    """Counts where zones are drawn."""


class LocalitiesBody(Body):
    """The places at which customers may ask for a service on the page of the marketplace."""

    localities: Annotated[
        tuple[LocalityBody, ...], Field(max_length=marketplace.MOST_LOCALITIES, strict=False)
    ]


class TermsBody(Body):
    """The terms of use that hold from now on."""

    title: Line
    file_id: Id
    """A file of one's own that was sent for the purpose `other`."""
    instead_of: Annotated[int, Field(ge=0)]
    """The version that held when one looked; 0 where there was none."""


class InternalDocumentBody(Body):
    title: Line
    file_id: Id
    """A file of one's own that was sent for the purpose `other`."""


class CompanyBody(Body):
    """The company of the operator, as it is registered; its numbers are checked."""

    legal_name: PrintedLine
    company_number: Number
    """SIRET in France, ICE in Morocco, the register's number elsewhere."""
    vat_number: Number | None = None
    registered_office: PrintedLine
    postal_code: PostalCode
    city: PrintedLine
    country: Country

    @model_validator(mode="after")
    def _checked(self) -> "CompanyBody":
        self.identifiers()
        return self

    def identifiers(self) -> tuple[str, str | None]:
        """The company's number and its VAT number, as they are kept. Raises `Unfit`."""
        company = companies.company_number(self.country, self.company_number)
        if self.vat_number is None:
            return company, None
        return company, companies.vat_number(self.country, company, self.vat_number)


class CommissionBody(Body):
    """A commission from a day on, today or later."""

    valid_from: Day
    basis_points: BasisPoints


# --- Answers ----------------------------------------------------------------


class AssignmentShown(Answer):
    broadcast: bool
    required_proposals: int
    sending_after_days: int
    reminder_after_days: int


class RequestedShown(Answer):
    """A document that providers are asked for, and until when it is good."""

    kind: DocumentName
    most_months: int | None
    of_this_year: bool | None


class NameShown(Answer):
    language: str
    text: str


class ServiceShown(Answer):
    """A service of the catalogue."""

    service_code: str
    names: tuple[NameShown, ...]
    unit: Unit


class LocalityShown(Answer):
    """A town, or a part of one, at which customers may ask for a service."""

    locality: str
    postal_code: str
    commune_code: str
    centre: PointShown


class RateShown(Answer):
    """A commission from a day on."""

    valid_from: Day
    basis_points: int | None


class CompanyShown(Answer):
    """The company that writes the invoices of commissions."""

    legal_name: str
    company_number: str
    vat_number: str | None
    registered_office: str
    postal_code: str
    city: str
    country: str


class SettingsShown(Answer):
    """A marketplace, all that its operator said of it."""

    marketplace_id: str
    marketplace_name: str
    time_zone: str
    currency: str
    language: str
    active: bool
    assignment: AssignmentShown
    notice_days: int
    documents: tuple[RequestedShown, ...]
    services: tuple[ServiceShown, ...]
    localities: tuple[LocalityShown, ...]
    terms: tuple[DocumentShown, ...]
    """Every version, the one that holds last."""
    internal_documents: tuple[DocumentShown, ...]
    commissions: tuple[RateShown, ...]
    """By their days."""
    commission_vat: tuple[RateShown, ...]
    """The VAT on commissions, by its days."""
    company: CompanyShown | None
    """Null until the operator has said which company it is: no commission is invoiced then."""


class DocumentsFact(Answer):
    marketplace_id: str
    documents: tuple[RequestedShown, ...]
    requested_by: str
    requested_at: Instant


class ServiceFact(Answer):
    marketplace_id: str
    service_code: str
    names: tuple[NameShown, ...]
    unit: Unit
    listed_by: str
    listed_at: Instant


class LocalitiesFact(Answer):
    marketplace_id: str
    localities: tuple[LocalityShown, ...]
    listed_by: str
    listed_at: Instant


class SettingsHistory(
    History,
    of=marketplace_v1.contract,
    shows={
        MarketplaceActivated: (
            *("marketplace_id", "marketplace_name", "time_zone", "currency", "language"),
            *("activated_by", "activated_at"),
        ),
        MarketplaceDeactivated: ("marketplace_id", "deactivated_by", "deactivated_at"),
        AssignmentChanged: (
            *("marketplace_id", "broadcast", "required_proposals", "sending_after_days"),
            *("reminder_after_days", "changed_by", "changed_at"),
        ),
        NoticePeriodChanged: ("marketplace_id", "days", "changed_by", "changed_at"),
        DocumentsRequested: DocumentsFact,
        ServiceListed: ServiceFact,
        LocalitiesListed: LocalitiesFact,
        ServiceUnlisted: ("marketplace_id", "service_code", "unlisted_by", "unlisted_at"),
        TermsPublished: (
            *("marketplace_id", "version", "title", "file_id", "published_by", "published_at"),
        ),
        InternalDocumentPublished: (
            *("marketplace_id", "document_id", "version", "title", "file_id"),
            *("published_by", "published_at"),
        ),
        InternalDocumentWithdrawn: (
            *("marketplace_id", "document_id", "withdrawn_by", "withdrawn_at"),
        ),
        CommissionSet: ("marketplace_id", "basis_points", "valid_from", "set_by", "set_at"),
        CommissionVatSet: ("marketplace_id", "basis_points", "valid_from", "set_by", "set_at"),
        CompanyDeclared: (
            *("marketplace_id", "legal_name", "company_number", "vat_number"),
            *("registered_office", "postal_code", "city", "country"),
            *("declared_by", "declared_at"),
        ),
    },
):
    """Every fact about a marketplace, oldest first."""


# --- Routes -----------------------------------------------------------------


rates = Router("Settings")


@rates.put("/settings/commission")
async def set_commission(body: CommissionBody, context: OperatorContext) -> Answered[Recorded]:
    """Set the commission of providers without one of their own, from a day on; jobs agreed
    before keep theirs."""
    zone = ZoneInfo((await mine(context)).time_zone)
    command = marketplace.SetCommission(
        basis_points=body.basis_points,
        valid_from=body.valid_from,
        today=context.at.astimezone(zone).date(),
        by=context.principal.subject,
        at=context.at,
    )
    return await carry_out(context, command)


@rates.put("/settings/commission-vat")
async def set_commission_vat(body: CommissionBody, context: OperatorContext) -> Answered[Recorded]:
    """Set the VAT on commissions from a day on; a job has that of the day on which it is
    done."""
    zone = ZoneInfo((await mine(context)).time_zone)
    command = marketplace.SetCommissionVat(
        basis_points=body.basis_points,
        valid_from=body.valid_from,
        today=context.at.astimezone(zone).date(),
        by=context.principal.subject,
        at=context.at,
    )
    return await carry_out(context, command)


@rates.put("/settings/company")
async def declare_company(body: CompanyBody, context: OperatorContext) -> Answered[Recorded]:
    """Say which company the operator is: it writes the invoices of commissions."""
    company_number, vat_number = body.identifiers()
    command = marketplace.DeclareCompany(
        legal_name=body.legal_name,
        company_number=company_number,
        vat_number=vat_number,
        registered_office=body.registered_office,
        postal_code=body.postal_code,
        city=body.city,
        country=body.country,
        by=context.principal.subject,
        at=context.at,
    )
    return await carry_out(context, command)


def routes(links: "Links") -> Router:
    """The routes, over what makes links to files."""
    router = Router("Settings")

    @router.put("/settings/activation")
    async def activate_marketplace(
        body: ActivationBody, context: ActivatorContext
    ) -> Answered[Recorded]:
        """Activate the module of providers, or say otherwise what providers know the marketplace
        by."""
        await organisations.require_marketplace(context)
        command = marketplace.Activate(
            marketplace_id=context.principal.organisation_id,
            marketplace_name=body.marketplace_name,
            time_zone=body.time_zone,
            currency=body.currency,
            language=body.language,
            by=context.principal.subject,
            at=context.at,
        )
        return await carry_out(context, command)

    @router.delete("/settings/activation")
    async def deactivate_marketplace(context: ActivatorContext) -> Answered[Recorded]:
        """Deactivate the module: no request, invitation or application begins. What runs goes on,
        and what was said stays."""
        await organisations.require_marketplace(context)
        command = marketplace.Deactivate(by=context.principal.subject, at=context.at)
        return await carry_out(context, command)

    @router.get("/settings")
    async def show_settings(context: SettingsContext) -> Answered[SettingsShown]:
        """Show all that was said of one's marketplace, never stale."""
        await organisations.require_marketplace(context)
        known = await mine(context)
        return Answered(settings_shown(known, links, context))

    @router.get("/settings/history")
    async def settings_history(
        context: SettingsContext, part: HistoryPart
    ) -> Answered[SettingsHistory]:
        """List every fact about one's marketplace."""
        await organisations.require_marketplace(context)
        known = await mine(context)
        return await context.history(MARKETPLACE, known.marketplace_id, SettingsHistory, part)

    @router.put("/settings/assignment")
    async def change_assignment(
        body: AssignmentBody, context: OperatorContext
    ) -> Answered[Recorded]:
        """Say how requests are assigned from now on."""
        command = marketplace.ChangeAssignment(
            broadcast=body.broadcast,
            required_proposals=body.required_proposals,
            sending_after_days=body.sending_after_days,
            reminder_after_days=body.reminder_after_days,
            by=context.principal.subject,
            at=context.at,
        )
        return await carry_out(context, command)

    @router.put("/settings/notice-period")
    async def change_notice_period(
        body: NoticePeriodBody, context: OperatorContext
    ) -> Answered[Recorded]:
        """Say how long before its end a relation with a provider is ended."""
        command = marketplace.ChangeNoticePeriod(
            days=body.days, by=context.principal.subject, at=context.at
        )
        return await carry_out(context, command)

    @router.put("/settings/documents")
    async def request_documents(
        body: DocumentsBody, context: OperatorContext
    ) -> Answered[Recorded]:
        """Say which documents providers are asked for: without each of them nobody applies."""
        command = marketplace.RequestDocuments(
            documents=tuple(map(requested, body.documents)),
            by=context.principal.subject,
            at=context.at,
        )
        return await carry_out(context, command)

    @router.put("/settings/services/{service_code}")
    async def list_service(
        service_code: ServiceCode, body: ServiceBody, context: OperatorContext
    ) -> Answered[Recorded]:
        """Put a service into the catalogue, or call it otherwise."""
        command = marketplace.ListService(
            service_code=service_code,
            names=tuple(ServiceName(language=one.language, text=one.text) for one in body.names),
            unit=body.unit,
            by=context.principal.subject,
            at=context.at,
        )
        return await carry_out(context, command)

    @router.delete("/settings/services/{service_code}")
    async def unlist_service(
        service_code: ServiceCode, context: OperatorContext
    ) -> Answered[Recorded]:
        """Take a service out of the catalogue: no request asks for it any more."""
        command = marketplace.UnlistService(
            service_code=service_code, by=context.principal.subject, at=context.at
        )
        return await carry_out(context, command)

    @router.put("/settings/localities")
    async def list_localities(body: LocalitiesBody, context: OperatorContext) -> Answered[Recorded]:
        """Say at which places customers may ask for a service on the page of the marketplace. By
        the API they ask for any place."""
        command = marketplace.ListLocalities(
            localities=tuple(
                Locality(
                    locality=one.locality,
                    postal_code=one.postal_code,
                    commune_code=one.commune_code,
                    centre=one.centre.point(),
                )
                for one in body.localities
            ),
            by=context.principal.subject,
            at=context.at,
        )
        return await carry_out(context, command)

    @router.put("/settings/terms")
    async def publish_terms(body: TermsBody, context: OperatorContext) -> Answered[Recorded]:
        """Publish the terms of use that hold from now on, as the next version."""
        await files.require(context, "file_id", body.file_id, DOCUMENTS)
        command = marketplace.PublishTerms(
            title=body.title,
            file_id=body.file_id,
            instead_of=body.instead_of,
            by=context.principal.subject,
            at=context.at,
        )
        return await carry_out(context, command)

    @router.put("/settings/internal-documents/{document_id}")
    async def publish_internal_document(
        document_id: ServiceCode, body: InternalDocumentBody, context: OperatorContext
    ) -> Answered[Recorded]:
        """Publish a guide, a charter or the like for providers, or its next version."""
        await files.require(context, "file_id", body.file_id, DOCUMENTS)
        command = marketplace.PublishInternalDocument(
            document_id=document_id,
            title=body.title,
            file_id=body.file_id,
            by=context.principal.subject,
            at=context.at,
        )
        return await carry_out(context, command)

    @router.delete("/settings/internal-documents/{document_id}")
    async def withdraw_internal_document(
        document_id: ServiceCode, context: OperatorContext
    ) -> Answered[Recorded]:
        """Take a document back: providers see it no more."""
        command = marketplace.WithdrawInternalDocument(
            document_id=document_id, by=context.principal.subject, at=context.at
        )
        return await carry_out(context, command)

    return router


async def carry_out(context: RequestContext, command: marketplace.Command) -> Answered[Recorded]:
    return await context.handle(MARKETPLACE, context.principal.organisation_id, command)


def requested(body: RequestedBody) -> RequestedDocument:
    return RequestedDocument(
        kind=body.kind,
        most_months=body.most_months,
        of_this_year=True if body.of_this_year else None,
    )


class Links:
    """Makes links that open files for a while, to those who were found to be let in."""

    def __init__(self, running: Running) -> None:
        self._masters = running.settings.masters

    def of(self, context: PublicRequest, file_id: str) -> str:
        """A link to the file; whoever has it sees it."""
        return file_links.address(self._masters, file_id, context.at + LINKS_LAST)


def documents_shown(
    known: Marketplace, links: Links, context: PublicRequest
) -> tuple[tuple[DocumentShown, ...], tuple[DocumentShown, ...]]:
    """The versions of the terms, and the internal documents, each with a link."""
    terms, internal = (
        tuple(
            DocumentShown(
                document_id=one.document_id,
                version=one.version,
                title=one.title,
                file_id=one.file_id,
                url=links.of(context, one.file_id),
                published_at=one.published_at,
            )
            for one in documents
        )
        for documents in (known.terms, known.internal_documents)
    )
    return terms, internal


def settings_shown(known: Marketplace, links: Links, context: PublicRequest) -> SettingsShown:
    terms, internal = documents_shown(known, links, context)
    return SettingsShown(
        marketplace_id=known.marketplace_id,
        marketplace_name=known.marketplace_name,
        time_zone=known.time_zone,
        currency=known.currency,
        language=known.language,
        active=known.active,
        assignment=AssignmentShown.of(known),
        notice_days=known.notice_days,
        documents=tuple(map(RequestedShown.of, known.documents)),
        services=tuple(map(ServiceShown.of, known.services)),
        localities=tuple(map(LocalityShown.of, known.localities)),
        terms=terms,
        internal_documents=internal,
        commissions=tuple(map(RateShown.of, known.rates)),
        commission_vat=tuple(map(RateShown.of, known.commission_vat)),
        company=CompanyShown.of(known.company[0]) if known.company else None,
    )
