"""Sending over HTTP: by messages, or by a link that is handed on."""

from typing import Annotated

from pydantic import Field

from contracts import dealers
from contracts.customers.customer_v1 import ConsentPurpose
from contracts.dealers import Mode
from contracts.dealerships import dealership_v1
from contracts.interventions.case_v1 import SendingChannel
from infra.http.answers import Answer, Answered, Recorded, Router
from infra.http.models import Body, Id, Instant, MoneyBody
from infra.http.request_context import RequestContext
from infra.lookups import customers, customers_of_cases
from infra.vault import Vault
from services.interventions import case
from services.interventions.adapters import links
from services.interventions.aggregates import CASE
from services.interventions.case import answering, recipients, sending
from services.interventions.case.dossier import CUSTOMER, Dossier
from services.interventions.http.access import WriterContext, ours, terms_of, to_write
from services.interventions.http.fields import ChannelNamed, OriginByHand, PartId, ScopeNamed
from services.interventions.http.proposal import Version, WorkIds

Channels = Annotated[tuple[ChannelNamed, ...], Field(min_length=1, max_length=3, strict=False)]

# --- Bodies and answers -----------------------------------------------------


class SeenBody(Body):
    """The proposal as it was seen; 412 when it is another one now."""

    works: Annotated[int, Field(ge=0)]
    """Those that are proposed."""
    media: Annotated[int, Field(ge=0)]
    """Those that the customer is shown."""
    proposed: MoneyBody
    """Including VAT."""
    carried_out: MoneyBody | None = None
    """Of a work report: what was carried out, including VAT."""


class SendingBody(Body):
    channels: Channels
    seen: SeenBody
    confirm_unpriced: bool = False
    """Works without a price are meant to have none."""


class RepetitionBody(Body):
    channels: Channels
    version: Version


class AcceptanceBody(Body):
    """An answer that came by other ways than the page."""

    version: Version
    accepted: WorkIds
    """The works that were accepted; all others are refused."""
    risks_acknowledged: WorkIds = ()
    """The urgent works that were refused after the risk was explained."""
    origin: OriginByHand
    notify: Annotated[tuple[ChannelNamed, ...], Field(max_length=2, strict=False)] = ()
    """The channels by which the customer is told what was taken down; none tells nobody."""


class Link(Answer):
    """A link to the page of a case; who has it is let in."""

    link_id: str
    recipient_id: str
    scope: ScopeNamed
    pays: bool
    """Whether its holder may pay online."""
    url: str
    expires_at: Instant | None


# --- Routes -----------------------------------------------------------------


def router(vault: Vault, pages: str) -> Router:
    """The routes, over the key that makes links and the address that they begin with."""
    routes = Router("Sending")

    @routes.post("/cases/{case_id}/links/{recipient_id}")
    async def share_link(
        case_id: Id, recipient_id: PartId, context: WriterContext
    ) -> Answered[Link]:
        """Take the link of a recipient (`customer` for the customer) to hand it on: a new one where
        there is none that works. It works before the case is sent, and sends nothing.

        From a device only where the dealership lets devices send.
        """
        works = await terms_of(context, await to_send(context, case_id))
        who = context.principal
        command = recipients.ShareLink(
            organisation_id=who.organisation_id,
            recipient_id=recipient_id,
            days=works.link_days,
            by=who.subject,
            at=context.at,
        )
        done = await context.perform(CASE, case_id, command)
        held = ours(context, done.state).dossier
        link = held.link_of(recipient_id)
        assert link is not None
        token = await links.of_cases(vault).token(case_id, link.link_id)
        return Answered(
            Link(
                link_id=link.link_id,
                recipient_id=link.recipient_id,
                scope=link.scope,
                pays=recipients.pays(held, link),
                url=links.address(pages, token),
                expires_at=link.expires_at,
            )
        )

    @routes.post("/cases/{case_id}/sending")
    async def send_case(
        case_id: Id, body: SendingBody, context: WriterContext
    ) -> Answered[Recorded]:
        """Send a case: by e-mail, by text message, by both, or by a link that is handed on.

        From a device only where the dealership lets devices send.
        """
        await to_send(context, case_id)
        sending_id = context.new_id("S")

        async def command(now: case.Case) -> case.Command:
            held = ours(context, now).dossier
            return sending.SendCase(
                organisation_id=context.principal.organisation_id,
                sending_id=sending_id,
                channels=body.channels,
                seen=sending.Seen(
                    works=body.seen.works,
                    media=body.seen.media,
                    proposed=body.seen.proposed.money(),
                    carried_out=body.seen.carried_out.money() if body.seen.carried_out else None,
                ),
                confirm_unpriced=body.confirm_unpriced,
                direct="device" in context.principal.roles,
                terms=await terms(context, held),
                by=context.principal.subject,
                at=context.at,
            )

        return await context.handle(CASE, case_id, command)

    @routes.post("/cases/{case_id}/sending/repetitions")
    async def send_again(
        case_id: Id, body: RepetitionBody, context: WriterContext
    ) -> Answered[Recorded]:
        """Send the same version once more; the status stays as it is.

        From a device only where the dealership lets devices send.
        """
        await to_send(context, case_id)
        sending_id = context.new_id("S")

        async def command(now: case.Case) -> case.Command:
            held = ours(context, now).dossier
            return sending.SendAgain(
                organisation_id=context.principal.organisation_id,
                sending_id=sending_id,
                channels=body.channels,
                version=body.version,
                terms=await terms(context, held),
                by=context.principal.subject,
                at=context.at,
            )

        return await context.handle(CASE, case_id, command)

    @routes.put("/cases/{case_id}/answer")
    async def take_down_answer(
        case_id: Id, body: AcceptanceBody, context: WriterContext
    ) -> Answered[Recorded]:
        """Take down an answer that came by phone or otherwise, for each work."""
        await to_write(context, case_id)
        sending_id = context.new_id("S")

        async def command(now: case.Case) -> case.Command:
            who = context.principal
            notify = None
            if body.notify:
                notify = sending.Confirmation(
                    sending_id=sending_id,
                    channels=body.notify,
                    terms=await terms(context, ours(context, now).dossier),
                    by=who.subject,
                    at=context.at,
                )
            return answering.TakeDownAnswer(
                organisation_id=who.organisation_id,
                version=body.version,
                accepted=body.accepted,
                risks_acknowledged=body.risks_acknowledged,
                origin=body.origin,
                notify=notify,
                by=who.subject,
                at=context.at,
            )

        return await context.handle(CASE, case_id, command)

    async def terms(context: RequestContext, held: Dossier) -> sending.Terms:
        """The terms, with the address of each link that there is or will be."""
        works = await terms_of(context, held)
        ids = [CUSTOMER, *(one.recipient_id for one in held.named)]
        needed = [*held.links, *(recipients.next_link_id(held, one) for one in ids)]
        tokens = {
            one: await links.of_cases(vault).token(held.created.case_id, one) for one in needed
        }
        customer_id = await customers_of_cases.of_case(
            context.lookups, held.created.case_id, held.contact_id
        )
        channels = await customers.open_channels(
            context.lookups, customer_id, ConsentPurpose.CASES, context.at
        )
        is_open = {SendingChannel.EMAIL: channels.email, SendingChannel.SMS: channels.sms}
        return sending.Terms(
            dealership=works.dealership_name,
            link_days=works.link_days,
            code_above=works.code_above,
            blocked=frozenset(one for one, yes in is_open.items() if not yes),
            links={one: links.address(pages, token) for one, token in tokens.items()},
        )

    return routes


async def to_send(context: RequestContext, case_id: str) -> Dossier:
    """The case, if the caller works on it; from a device only where its dealership lets devices
    send. Raises a 404 or a 403 `Problem`."""
    held = (await to_write(context, case_id)).dossier
    if "device" in context.principal.roles:
        works = await terms_of(context, held)
        sales = dealers.MODES[dealership_v1.Module(held.created.module)] is Mode.SALES
        if not (works.sales_direct_send if sales else works.after_sales_direct_send):
            raise context.refuse(sending.DirectSendIsOff())
    return held
