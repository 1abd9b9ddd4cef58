"""The way to Kafka: addresses, TLS, and who we are. `infra.kafka` makes options of it."""

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Mechanism = Literal["", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"]


@dataclass(frozen=True, slots=True)
class Cluster:
    """Brokers that ask who comes, or show who they are.

    Without `context` there is no TLS. OAUTHBEARER takes its token from a file, anew for each
    connection; the other mechanisms take a user and a password.
    """

    bootstrap: str
    context: ssl.SSLContext | None = None
    mechanism: Mechanism = ""
    user: str = ""
    password: str = field(default="", repr=False)
    token: Path | None = None

    def __str__(self) -> str:
        return self.bootstrap

    @property
    def protocol(self) -> str:
        """The way of talking, as Kafka names it."""
        if self.mechanism:
            return "SASL_SSL" if self.context else "SASL_PLAINTEXT"
        return "SSL" if self.context else "PLAINTEXT"


Address = str | Cluster
"""Bootstrap servers, comma separated, that ask nobody who they are; or a whole cluster."""


def trusting(authority: Path | None) -> ssl.SSLContext:
    """TLS that trusts one certificate authority, or those of the system.

    Raises `OSError` when the file cannot be read, `ssl.SSLError` when it holds no certificate.
    """
    return ssl.create_default_context(cafile=authority)
