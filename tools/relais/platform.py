"""The whole platform in one process: servers, services, APIs and workers, until told to stop."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from infra import telemetry
from infra.host import Running
from infra.serving import measured, serving, site
from infra.settings import Settings
from infra.stack.ports import free_port
from infra.tokens import Role, SigningKey
from services import registry
from services.messaging.adapters.outbound.sink import LOCAL_NAMES
from tools.front.routes import front_of
from tools.relais import servers
from tools.relais.home import refuse_second, write_addresses
from tools.relais.hosting import open_services, telemetry_of
from tools.relais.keys import development_token, with_keys


@dataclass(frozen=True)
class Platform:
    """The servers and services that run, with their addresses."""

    settings: Settings
    services: Sequence[Running]
    url: str
    signing_key: SigningKey
    kept: servers.Kept

    async def until(self, told: asyncio.Event) -> None:
        """Wait until told to stop. Raises `ServerFailed` when a server is gone for good."""
        await servers.until(told, self.kept)

    def token(
        self, subject: str, organisation_id: str, role: Role, dealerships: Sequence[str] = ()
    ) -> str:
        """A development token; in production the accounts service signs them."""
        return development_token(self.signing_key, subject, organisation_id, [role], dealerships)


@asynccontextmanager
async def platform(settings: Settings) -> AsyncIterator[Platform]:
    """Everything on this machine, within the block. Servers named in the settings are used as
    they are; those that are not are started under `settings.home`, and keep their data there.

    Raises `AlreadyRunning`.
    """
    home = settings.home.resolve()
    home.mkdir(parents=True, exist_ok=True)
    refuse_second(home)
    own = is_own(settings)
    async with AsyncExitStack() as stack:
        key, settings = with_keys(home, addressed(settings))
        stack.enter_context(telemetry.running(telemetry_of(settings, "relais")))
        settings, kept = await servers.started(stack, home, settings)
        running = await open_services(stack, registry.services(), settings)
        front = front_of(home, running, key) if own else None
        app = site(running, settings, front)
        await stack.enter_async_context(measured(running))
        url = await stack.enter_async_context(serving(app, settings))
        # Whoever signed in here is known here; the address is only known now.
        app.state.keys.url = settings.jwks_url or f"{url}/accounts/.well-known/jwks.json"
        stack.callback(write_addresses(home, settings, url).unlink, missing_ok=True)
        yield Platform(settings, running, url, key, kept)


def addressed(settings: Settings) -> Settings:
    """Links in mails lead to what is served, unless the settings say where: to the app, where that
    is served as well."""
    if "portal" in settings.model_fields_set:
        return settings
    port = settings.port or free_port()
    host = settings.host if settings.host in LOCAL_NAMES else "localhost"
    host = f"[{host}]" if ":" in host else host
    app = "/app" if is_own(settings) else ""
    return settings.model_copy(update={"port": port, "portal": f"http://{host}:{port}{app}"})


def is_own(settings: Settings) -> bool:
    """Whether the servers are those of the home, and only this machine reaches the platform.

    Only there may people be made whose passwords lie in a file.
    """
    named = settings.postgres or settings.databases or settings.kafka
    return not named and settings.host in LOCAL_NAMES and settings.inside_port is None
