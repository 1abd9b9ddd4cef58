"""The service `accounts`: organisations, the people in them, how they sign in."""

from contracts.accounts import organisation_v1
from infra.consumers.reactions import Reaction
from infra.host import Service
from infra.lookups import dealerships, devices, files, marketplaces
from services.accounts import http
from services.accounts.adapters.forgetting import forgetting
from services.accounts.adapters.migrations import DEVICES, PHONES, TABLES
from services.accounts.adapters.password_links import PasswordLinks
from services.accounts.aggregates import ORGANISATION, USER
from services.accounts.http.problems import WORDING
from services.accounts.lookups import marketplace_invitation
from services.accounts.reactions import from_accounts_organisation

service = Service(
    name="accounts",
    about="Organisations, the people in them, how they sign in.",
    aggregates=(ORGANISATION, USER),
    lookups=(
        files.lookup,
        dealerships.lookup,
        devices.lookup,
        marketplace_invitation.lookup,
        marketplaces.lookup,
    ),
    routes=http.router,
    wording=WORDING,
    migrations=(TABLES, PHONES, DEVICES),
    reactions=(
        Reaction(
            name="managers",
            contract=organisation_v1.contract,
            react=from_accounts_organisation.react,
            aggregate=USER,
            target=from_accounts_organisation.target,
            reads=from_accounts_organisation.Reads,
        ),
    ),
    followers=(forgetting,),
    workers={"links": PasswordLinks},
)
