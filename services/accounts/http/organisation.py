"""One's own organisation: what it is called, where it works, how it is reached."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import (
    Field,
    TypeAdapter,
    ValidationInfo,
    field_validator,
)

from contracts.accounts import organisation_v1
from contracts.accounts.organisation_v1 import (
    ContactChannel,
    ContactKind,
    OrganisationKind,
    OrganisationRegistered,
    Profile,
    ProfileChanged,
    RegistrationConfirmed,
    RegistrationCorrected,
    RegistrationRejected,
    RegistrationSubmitted,
    SupportAccessEnded,
    SupportAccessGranted,
    SupportAccessRevoked,
)
from infra.http.answers import Answer, Answered, Recorded, Router
from infra.http.history import History, HistoryPart
from infra.http.models import (
    Body,
    Country,
    Currency,
    Email,
    Instant,
    Line,
    Named,
    Phone,
    TimeZone,
    WebPage,
)
from infra.http.request_context import RequestContext
from services.accounts.aggregates import ORGANISATION
from services.accounts.http.access import Access, AdministrationContext, OwnContext
from services.accounts.http.support_access import (
    AccessEnded,
    AccessGranted,
    AccessRevoked,
    AccessShown,
    access_shown,
)
from services.accounts.organisation import (
    ChangeProfile,
    NoSuchOrganisation,
    Registered,
    Unregistered,
)

VALUES: Mapping[ContactKind, TypeAdapter[str]] = {
    ContactKind.PHONE: TypeAdapter(Phone),
    ContactKind.EMAIL: TypeAdapter(Email),
    ContactKind.WEB: TypeAdapter(WebPage),
}


class ContactBody(Body):
    """A phone, an e-mail address or an https page; what it is for."""

    kind: Annotated[ContactKind, Named()]
    value: Line
    about: Line | None = None

    @field_validator("value")
    @classmethod
    def _as_its_kind(cls, value: str, seen: ValidationInfo) -> str:
        kind = seen.data.get("kind")
        return value if kind is None else VALUES[kind].validate_python(value)

    def channel(self, context: RequestContext, field: str, country: str) -> ContactChannel:
        """The contract's value; a phone number without a country code is of that country."""
        is_phone = self.kind is ContactKind.PHONE
        value = context.phone(field, self.value, country) if is_phone else self.value
        return ContactChannel(kind=self.kind, value=value, about=self.about)


class OrganisationBody(Body):
    name: Line
    time_zone: TimeZone = "Europe/Paris"
    currency: Currency = "EUR"
    country: Country = "FR"
    contacts: Annotated[tuple[ContactBody, ...], Field(max_length=20, strict=False)] = ()
    """How partners reach it, in the order to show them."""

    def profile(self, context: RequestContext) -> Profile:
        """The contract's value. Raises the 422 `Problem` of a phone that does not exist."""
        return Profile(
            name=self.name,
            time_zone=self.time_zone,
            currency=self.currency,
            country=self.country,
            contacts=tuple(
                contact.channel(context, f"contacts/{number}/value", self.country)
                for number, contact in enumerate(self.contacts)
            ),
        )


class ContactShown(Answer):
    kind: Annotated[ContactKind, Named()]
    value: str
    about: str | None
    """The purpose of the address, and the hours when it is answered."""


class OrganisationProfileShown(Answer):
    name: str
    time_zone: str
    """IANA name; decides what day it is."""
    currency: str
    country: str
    contacts: list[ContactShown]
    """How partners reach it, in the order to show them."""


class OrganisationShown(Answer):
    organisation_id: str
    kind: Annotated[OrganisationKind, Named()]
    profile: OrganisationProfileShown
    support_access: list[AccessShown]
    """The latest fact about each access of the support."""


class RegisteredShown(Answer):
    organisation_id: str
    kind: Annotated[OrganisationKind, Named()]
    profile: OrganisationProfileShown
    registered_at: Instant


class ProfileChangedShown(Answer):
    organisation_id: str
    profile: OrganisationProfileShown
    changed_at: Instant


class OrganisationHistory(
    History,
    of=organisation_v1.contract,
    shows={
        OrganisationRegistered: RegisteredShown,
        ProfileChanged: ProfileChangedShown,
        # An identity card is not shown.
        RegistrationSubmitted: (
            "organisation_id",
            "user_id",
            "manager_name",
            "phone",
            "company_number",
            "address",
            "city",
            "conditions_version",
            "language",
            "submitted_at",
        ),
        RegistrationCorrected: (
            *("organisation_id", "user_id", "manager_name", "company_number", "address", "city"),
            *("conditions_version", "corrected_at"),
        ),
        RegistrationConfirmed: (
            *("organisation_id", "user_id", "partner", "confirmed_by", "confirmed_at"),
        ),
        RegistrationRejected: (
            *("organisation_id", "user_id", "partner", "reason", "rejected_by", "rejected_at"),
        ),
        SupportAccessGranted: AccessGranted,
        SupportAccessRevoked: AccessRevoked,
        SupportAccessEnded: AccessEnded,
    },
):
    """Every fact about an organisation, oldest first."""


def organisation_shown(found: Registered) -> OrganisationShown:
    return OrganisationShown(
        organisation_id=found.registration.organisation_id,
        kind=found.registration.kind,
        profile=OrganisationProfileShown.of(found.profile),
        support_access=[access_shown(grant) for grant in found.grants.values()],
    )


def routes(access: Access) -> Router:
    router = access.router("Organisation")

    @router.get("/organisation")
    async def show_organisation(context: OwnContext) -> Answered[OrganisationShown]:
        """One's own organisation, and how it is reached."""
        found = await context.load(ORGANISATION, context.principal.organisation_id)
        if isinstance(found.state, Unregistered):
            raise context.refuse(NoSuchOrganisation())
        return context.show(organisation_shown(found.state), found)

    @router.get("/organisation/history")
    async def organisation_history(
        context: AdministrationContext, part: HistoryPart
    ) -> Answered[OrganisationHistory]:
        """Every fact about one's own organisation, oldest first: who did what, and when."""
        await show_organisation(context)
        id = context.principal.organisation_id
        return await context.history(ORGANISATION, id, OrganisationHistory, part)

    @router.put("/organisation/profile")
    async def change_organisation(
        body: OrganisationBody, context: AdministrationContext
    ) -> Answered[Recorded]:
        """Replace what one's own organisation is called, where it works and how it is reached."""
        command = ChangeProfile(
            organisation_id=context.principal.organisation_id,
            profile=body.profile(context),
            at=context.occurred_at,
        )
        return await context.handle(ORGANISATION, command.organisation_id, command)

    return router
