"""The door of a page: who asks, whether another site sends them, whether they are colleagues."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import Path, Query
from starlette.requests import Request
from starlette.responses import Response

from infra import upload_passes
from infra.catalogues import Language
from infra.http.answers import Content
from infra.http.auth import KeyNotKnown, Principal
from infra.http.browsers import given
from infra.http.problems import Problem, invalid
from infra.http.request_context import (
    ANY_FORM,
    FORM,
    PublicRequest,
    RequestContext,
    form_fields,
    public,
    unnamed,
)

Anybody = Annotated[PublicRequest, public()]
Sender = Annotated[PublicRequest, public(FORM)]
MailProgram = Annotated[PublicRequest, unnamed(ANY_FORM)]
Html = Annotated[Response, Content("text/html")]
Token = Annotated[str, Path(pattern=r"^[A-Za-z0-9._~-]{1,200}$")]
Chosen = Annotated[Language | None, Query()]
"""The language that was chosen on the page; without it, the one that somebody is written to in."""
Fields = Mapping[str, str]
ELSEWHERE = frozenset({"cross-site", "same-site"})
"""Browsers say this of a request that a page of another origin makes (`Sec-Fetch-Site`)."""
ONE_CLICK = ("List-Unsubscribe", "One-Click")
"""What a mail program sends for whoever presses its button (RFC 8058, 3.1)."""
MOST_FIELDS = 10
MOST_DEVICE = 300
"""Characters of what a browser says of itself that are kept."""


class NoPage(Exception):
    """There is nothing to show; `reason` is a text of the page."""

    def __init__(self, reason: str, status: int) -> None:
        super().__init__(reason)
        self.reason, self.status = reason, status


class NotTaken(Exception):
    """The form is not filled in as it should be; `error` is a text of the page."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


@dataclass(frozen=True, slots=True)
class Asked:
    """A request by somebody who says that they have a link."""

    context: PublicRequest
    token: str
    request: Request
    chosen: Language | None

    async def fields(self) -> Fields:
        """The fields of their form."""
        return form_fields(await self.request.body())

    async def by_colleague(self, organisation_id: str) -> bool:
        """Whether the browser has a session of somebody of the organisation: what they see is no
        reading (FLB-101), and what they do is no act of the customer."""
        header, _ = given(self.request.scope)
        verifier = self.context.app_state.verifier
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


def refuse_others(request: Request) -> None:
    """Refuse a form that a page of another origin sends; anybody may come from anywhere to read.

    Raises `NoPage`.
    Only who has the link can write such a page, so this is the second lock. `Origin` says nothing:
    with our policy on referrers, browsers send `null`.
    """
    if request.method == "POST" and request.headers.get("sec-fetch-site") in ELSEWHERE:
        raise NoPage("gone_unknown", 403)


async def refuse_all_but_one_click(request: Request) -> None:
    """Raises a 422 `Problem` for a form other than that of RFC 8058: what follows links in mails
    may send any other."""
    name, value = ONE_CLICK
    form = await request.form(max_files=0, max_fields=MOST_FIELDS)
    if form.get(name) != value:
        raise invalid(f"/{name}", "literal_error", expected=value)


def holder_of(thing_id: str, link_id: str, organisation_id: str) -> Principal:
    """The holder of a link as a caller; links of two things have the same id, their holders not."""
    return Principal(f"link:{thing_id}.{link_id}", organisation_id, frozenset())


def address_of(request: Request) -> str | None:
    """Where somebody asks from, for the record of what they decide."""
    return request.client.host if request.client else None


def device_of(request: Request) -> str | None:
    """The browser that somebody asks with, as it says."""
    return request.headers.get("user-agent", "")[:MOST_DEVICE] or None


def upload_address(masters: Mapping[str, bytes], context: RequestContext, here: str) -> str:
    """Where a page, looked at by the holder of a link, sends their files, for an hour; the browser
    goes back to `here`."""
    who = context.principal
    given = upload_passes.UploadPass(
        owner=who.subject,
        organisation_id=who.organisation_id,
        back=here,
        expires_at=context.at + upload_passes.LASTS,
    )
    return upload_passes.address(masters, given)
