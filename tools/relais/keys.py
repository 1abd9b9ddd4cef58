"""The development keys of a laptop, kept in its home folder."""

import base64
import json
import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from time import time

from pydantic import SecretStr

from infra.settings import Settings
from infra.tokens import Role, SigningKey, issue, jwks

TOKEN_SECONDS = 12 * 3600.0
SIGNING = Path("keys") / "signing.pem"
"""The key of development tokens, in the home."""


def development_token(
    key: SigningKey,
    subject: str,
    organisation_id: str,
    roles: Sequence[Role],
    dealerships: Sequence[str] = (),
) -> str:
    """Valid for twelve hours, and only where the key is published; as if just signed in.

    Each of the roles holds at these dealerships.
    """
    return issue(
        key,
        subject,
        organisation_id,
        roles,
        lifetime=TOKEN_SECONDS,
        authenticated_at=time(),
        dealerships=dict.fromkeys(roles, dealerships) if dealerships else None,
    )


def with_keys(home: Path, settings: Settings) -> tuple[SigningKey, Settings]:
    """The settings with development keys where they name none; made once, readable by us only."""
    keys = home / "keys"
    keys.mkdir(mode=0o700, parents=True, exist_ok=True)
    signing = SigningKey.from_pem(kept(home / SIGNING, SigningKey.generate().pem))
    fresh = json.dumps({"development": base64.b64encode(secrets.token_bytes(32)).decode()})
    masters = kept(keys / "master.json", fresh)
    return signing, settings.model_copy(
        update={
            "jwks": settings.jwks or jwks(signing),
            "master_keys": settings.master_keys
            if settings.master_keys.get_secret_value()
            else SecretStr(masters),
        }
    )


def kept(path: Path, fresh: str) -> str:
    """The content of a file that only we can read; at first it is made so."""
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(fresh)
    return path.read_text()
