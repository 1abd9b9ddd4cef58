"""One's own account: profile, driving licence, and what happened to it."""

from typing import Annotated

from pydantic import Field, StringConstraints

from contracts.accounts.user_v1 import Role
from contracts.media.file_v1 import Purpose
from infra.http.answers import Answered, Recorded, Router
from infra.http.history import HistoryPart
from infra.http.models import Body, Country, Day, Id, Language, Line, Phone, PointBody
from infra.http.request_context import RequestContext
from infra.lookups import files
from infra.words import word
from services.accounts.aggregates import USER
from services.accounts.http.access import Access, MemberContext, OwnContext, refuse_stranger
from services.accounts.http.user_answers import (
    LookShown,
    OwnAccountShown,
    UserHistory,
    user_shown,
)
from services.accounts.user import Forgotten, NoSuchUser, Unknown
from services.accounts.user.licence import ChangeLicence
from services.accounts.user.profile import ChangeProfile

PostalCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9 -]{2,12}$")]
Category = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9]{0,3}$")]


class ProfileBody(Body):
    """The whole profile: what is absent is removed."""

    language: Language = "fr"
    phone: Phone | None = None
    photo_file_id: Id | None = None
    """A file of one's own that was sent for the purpose `photo`."""
    street: Line | None = None
    postal_code: PostalCode | None = None
    city: Line | None = None
    country: Country | None = None
    location: PointBody | None = None


class LicenceBody(Body):
    number: Line
    country: Country = "FR"
    categories: Annotated[tuple[Category, ...], Field(max_length=20, strict=False)]
    issued_on: Day
    expires_on: Day | None = None


def look_of(context: RequestContext) -> LookShown | None:
    """The role as which somebody looks with the token of this request, if they do (ADR 89)."""
    if not context.principal.reads_only:
        return None
    [(role, dealership_id)] = context.principal.dealerships
    return LookShown(
        dealership_id=dealership_id,
        role=Role[role.upper()],
        role_name=word(context.language, "GrantedRole", role),
        banner=context.says("look", "reads_only"),
    )


def routes(access: Access) -> Router:
    router = access.router("Own account")

    @router.get("/me")
    async def show_me(context: OwnContext) -> Answered[OwnAccountShown]:
        """One's own account as of now, and whether its token only looks as a role."""
        found = await context.load(USER, context.principal.subject)
        if isinstance(found.state, Unknown | Forgotten):
            raise context.refuse(NoSuchUser())
        refuse_stranger(context, found.state)
        own = OwnAccountShown(**dict(user_shown(found.state)), look=look_of(context))
        # A look is of the token: the account and its version are the same without it.
        return context.in_language(context.show(own, found, beside=True))

    @router.put("/me/profile")
    async def change_profile(body: ProfileBody, context: MemberContext) -> Answered[Recorded]:
        """Replace one's own profile: photo, address, phone number and language."""
        if body.photo_file_id is not None:
            await files.require(context, "photo_file_id", body.photo_file_id, {Purpose.PHOTO})
        command = ChangeProfile(
            user_id=context.principal.subject,
            organisation_id=context.principal.organisation_id,
            language=body.language,
            phone=None if body.phone is None else context.phone("phone", body.phone),
            photo_file_id=body.photo_file_id,
            street=body.street,
            postal_code=body.postal_code,
            city=body.city,
            country=body.country,
            location=body.location.point() if body.location else None,
            at=context.occurred_at,
        )
        return await context.handle(USER, command.user_id, command)

    @router.put("/me/licence")
    async def change_licence(body: LicenceBody, context: MemberContext) -> Answered[Recorded]:
        """Replace one's own driving licence."""
        command = ChangeLicence(
            user_id=context.principal.subject,
            organisation_id=context.principal.organisation_id,
            number=body.number,
            country=body.country,
            categories=body.categories,
            issued_on=body.issued_on,
            expires_on=body.expires_on,
            today=context.today,
            at=context.occurred_at,
        )
        return await context.handle(USER, command.user_id, command)

    @router.get("/me/history")
    async def own_history(context: OwnContext, part: HistoryPart) -> Answered[UserHistory]:
        """Every fact about one's own account, oldest first: who did what, and when."""
        person = await access.caller(context)
        return await context.history(USER, person.user_id, UserHistory, part)

    return router
