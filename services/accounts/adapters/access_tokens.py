"""Access tokens: issued for a few minutes, checked by other services without asking anybody."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

from contracts.accounts.organisation_v1 import Profile
from infra.commands import Commands
from infra.settings import Settings
from infra.tokens import issue
from services.accounts.adapters.secrets.keys import SigningKeys
from services.accounts.aggregates import ORGANISATION
from services.accounts.organisation import Registered


class AccessTokens:
    """Issues access tokens, signed with the key of the day."""

    def __init__(self, commands: Commands, keys: SigningKeys, settings: Settings) -> None:
        self._commands = commands
        self._keys = keys
        self._settings = settings

    async def issue(
        self,
        *,
        user_id: str,
        organisation_id: str,
        roles: Iterable[str],
        at: datetime,
        lifetime: timedelta,
        authenticated_at: float | None,
        session_id: str | None,
        dealerships: Mapping[str, Collection[str]] | None = None,
        reads_only: bool = False,
    ) -> str:
        """A token for a user of an organisation, who last showed a secret at `authenticated_at`.

        `dealerships` are those at which a role holds, by the role; `reads_only`: nothing is changed
        with it.
        """
        profile = await self._profile(organisation_id)
        return issue(
            await self._keys.signing(at),
            user_id,
            organisation_id,
            roles,
            issuer=self._settings.issuer,
            audience=self._settings.audience,
            lifetime=lifetime.total_seconds(),
            now=at.timestamp(),
            authenticated_at=authenticated_at,
            session_id=session_id,
            time_zone=profile.time_zone if profile else None,
            country=profile.country if profile else None,
            dealerships=dealerships,
            reads_only=reads_only,
        )

    async def _profile(self, organisation_id: str) -> Profile | None:
        found = (await self._commands.load(ORGANISATION, organisation_id)).state
        return found.profile if isinstance(found, Registered) else None
