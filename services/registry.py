"""Every service there is, by name."""

from importlib import import_module

from infra.host import Service

PLACES = {
    "accounts": "services.accounts.service",
    "alerts": "services.alerts.service",
    "invoices": "services.invoices.service",
    "media": "services.media.service",
    "messaging": "services.messaging.service",
    "missions": "services.missions.service",
    "papers": "services.papers.service",
    "payments": "services.payments.service",
    "views.account": "services.views.account.service",
    "views.backoffice": "services.views.backoffice.service",
    "views.partner": "services.views.partner.service",
}


class UnknownService(KeyError):
    """There is no service of that name."""


def service(name: str) -> Service:
    """The declaration of a service, imported when asked for. Raises `UnknownService`."""
    if name not in PLACES:
        raise UnknownService(f"{name}: one of {', '.join(PLACES)}")
    found = import_module(PLACES[name]).service
    assert isinstance(found, Service)
    return found


def services() -> tuple[Service, ...]:
    """All of them."""
    return tuple(map(service, PLACES))
