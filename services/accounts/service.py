"""The service `accounts`: organisations, the people in them, how they sign in."""

from infra.host import Service
from infra.lookups import files
from services.accounts import http
from services.accounts.adapters.forgetting import forgetting
from services.accounts.adapters.migrations import TABLES
from services.accounts.adapters.password_links import PasswordLinks
from services.accounts.aggregates import ORGANISATION, USER
from services.accounts.http.problems import WORDING

service = Service(
    name="accounts",
    about="Organisations, the people in them, how they sign in.",
    aggregates=(ORGANISATION, USER),
    lookups=(files.lookup,),
    routes=http.router,
    wording=WORDING,
    migrations=(TABLES,),
    followers=(forgetting,),
    workers={"links": PasswordLinks},
)
