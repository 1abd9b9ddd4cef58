"""The account of a dealership at Planet VO, over HTTP (FLB-135)."""

from typing import Annotated

from pydantic import Field, SecretStr, StringConstraints

from contracts.dealerships.dealership_v1 import Licence
from contracts.interventions import photo_account_v1
from contracts.interventions.photo_account_v1 import CredentialsGiven, CredentialsRemoved
from infra.host import Running
from infra.http.answers import Answer, Answered, Recorded, Router
from infra.http.history import History, HistoryPart
from infra.http.models import Body, Id, Instant
from infra.http.problems import Problem, try_again
from infra.http.request_context import RequestContext, requires
from infra.lookups import dealerships
from infra.vault import Vault
from services.interventions.adapters.photo_credentials import PhotoCredentials, destroying
from services.interventions.adapters.planet_vo import (
    Credentials,
    CredentialsNotTaken,
    PlanetVo,
    planet_vo,
)
from services.interventions.adapters.vendors import Away, NotUnderstood
from services.interventions.aggregates import PHOTO_ACCOUNT
from services.interventions.http.access import MANAGERS
from services.interventions.photo_account import (
    GiveCredentials,
    PhotoCredentialsRefused,
    RemoveCredentials,
)

ManagerContext = Annotated[RequestContext, requires(*MANAGERS)]


class PhotoCredentialsBody(Body):
    """Credentials of the dealership; nobody is ever shown them again."""

    user_name: Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f:]{1,200}$")]
    password: Annotated[SecretStr, Field(min_length=1, max_length=200)]


class PhotoAccountShown(Answer):
    """Whether photos of the dealership can go to Planet VO; what it gave is shown to nobody."""

    dealership_id: str
    connected: bool
    given_by: str | None
    given_at: Instant | None


class PhotoAccountHistory(
    History,
    of=photo_account_v1.contract,
    shows={
        CredentialsGiven: ("dealership_id", "organisation_id", "given_by", "given_at"),
        CredentialsRemoved: ("dealership_id", "organisation_id", "removed_by", "removed_at"),
    },
):
    """Every fact about the account of a dealership at Planet VO, oldest first."""


def router(running: Running, vault: Vault) -> Router:
    """The routes, over the credentials that are kept here."""
    routes = Router("Planet VO")
    kept = PhotoCredentials(running.pool, vault)
    portal = planet_vo(running.settings)

    @routes.get("/dealerships/{dealership_id}/photo-account")
    async def show_photo_account(
        dealership_id: Id, context: ManagerContext
    ) -> Answered[PhotoAccountShown]:
        """Show whether photos of the dealership can go to Planet VO."""
        await dealerships.licensed(context, dealership_id, Licence.PLANET_VO, *MANAGERS)
        found = await context.load(PHOTO_ACCOUNT, dealership_id)
        given = found.state.given
        answer = PhotoAccountShown(
            dealership_id=dealership_id,
            connected=given is not None,
            given_by=given.given_by if given else None,
            given_at=given.given_at if given else None,
        )
        return context.show(answer, found)

    @routes.get("/dealerships/{dealership_id}/photo-account/history")
    async def photo_account_history(
        dealership_id: Id, context: ManagerContext, part: HistoryPart
    ) -> Answered[PhotoAccountHistory]:
        """List every fact about the account of the dealership at Planet VO."""
        await dealerships.licensed(context, dealership_id, Licence.PLANET_VO, *MANAGERS)
        return await context.history(PHOTO_ACCOUNT, dealership_id, PhotoAccountHistory, part)

    @routes.put("/dealerships/{dealership_id}/photo-account/credentials")
    async def give_photo_credentials(
        dealership_id: Id, body: PhotoCredentialsBody, context: ManagerContext
    ) -> Answered[Recorded]:
        """Give the credentials by which photos go to Planet VO, which is asked whether it takes
        them."""
        await dealerships.licensed(context, dealership_id, Licence.PLANET_VO, *MANAGERS)
        given = Credentials(body.user_name, body.password.get_secret_value())
        await check(context, portal, given)
        command = GiveCredentials(
            dealership_id=dealership_id,
            organisation_id=context.principal.organisation_id,
            digest=await kept.digest(dealership_id, given),
            by=context.principal.subject,
            at=context.at,
        )
        keep = kept.keeping(dealership_id, given)
        return await context.handle(PHOTO_ACCOUNT, dealership_id, command, in_transaction=keep)

    @routes.delete("/dealerships/{dealership_id}/photo-account/credentials")
    async def remove_photo_credentials(
        dealership_id: Id, context: ManagerContext
    ) -> Answered[Recorded]:
        """Destroy the credentials: no photo of the dealership goes out from then on."""
        await dealerships.licensed(context, dealership_id, Licence.PLANET_VO, *MANAGERS)
        command = RemoveCredentials(
            dealership_id=dealership_id,
            organisation_id=context.principal.organisation_id,
            by=context.principal.subject,
            at=context.at,
        )
        destroy = destroying(dealership_id)
        return await context.handle(PHOTO_ACCOUNT, dealership_id, command, in_transaction=destroy)

    return routes


async def check(context: RequestContext, portal: PlanetVo, given: Credentials) -> None:
    """Raises the 422 `Problem` of credentials that are not taken, 503 where nobody says so, and 502
    for an answer that is not as agreed."""
    try:
        await portal.check(given)
    except CredentialsNotTaken as error:
        raise context.refuse(PhotoCredentialsRefused()) from error
    except Away as error:
        raise try_again(503, "planet-vo-away", seconds=30) from error
    except NotUnderstood as error:
        raise Problem(502, "planet-vo-not-understood") from error
