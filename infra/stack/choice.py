"""Which broker is meant by the word an operator or a test run gives."""

from pathlib import Path

from infra.stack.apache import ApacheBroker
from infra.stack.broker import Broker
from infra.stack.noida import NoidaBroker
from infra.stack.process import ServerFailed

LIBRARIES = Path(__file__).parents[2] / ".tools"


def broker_of(kind: str, data_dir: Path, *, port: int | None = None) -> Broker:
    """A broker, not yet started, of the kind `noida` or `apache`."""
    match kind:
        case "noida":
            return NoidaBroker(data_dir, port=port)
        case "apache":
            return ApacheBroker(data_dir, LIBRARIES, port=port)
        case _:
            raise ServerFailed(f"RELAIS_BROKER is noida or apache, not {kind!r}")
