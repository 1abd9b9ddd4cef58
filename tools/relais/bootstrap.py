"""How the first people come to be, before anybody could invite them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import available_timezones

from babel.core import get_global
from babel.numbers import get_territory_currencies
from pydantic import TypeAdapter, ValidationError

from contracts.accounts.organisation_v1 import OrganisationKind, Profile
from contracts.accounts.user_v1 import PasswordMeans, Role
from infra.addresses import mailbox
from infra.commands import Aggregate, CommandContext, Refused
from infra.database import Connection
from infra.host import Running, opened
from infra.http.models import ChosenId
from infra.store import InTransaction
from services.accounts import user
from services.accounts.adapters import inviting
from services.accounts.adapters.accounts import Accounts
from services.accounts.adapters.administrators import Administrators
from services.accounts.adapters.inviting import Login
from services.accounts.adapters.secrets import Secrets, passwords, totp
from services.accounts.aggregates import ORGANISATION, USER
from services.accounts.organisation import RegisterOrganisation
from services.accounts.service import service
from services.accounts.user.agreement import RecordAgreement
from services.accounts.user.sign_in import EnrolTotp, SetPassword
from tools.relais import connections
from tools.relais.answers import UNREACHABLE, Answer, Trouble, audit, sentence

COMMANDS = uuid5(NAMESPACE_URL, "relais:accounts:bootstrap")
ACTOR = "operator:founding"
CHOSEN: TypeAdapter[str] = TypeAdapter(ChosenId)


@dataclass(frozen=True, slots=True)
class Founder:
    """A user of a new organisation, active from the start.

    Without a password they set one by mail, like everybody. A second factor is given here only
    where somebody has to show everything without a phone.
    """

    user_id: str
    email: str
    name: str
    roles: tuple[Role, ...] = (Role.ADMINISTRATION,)
    language: str = "fr"
    phone: str | None = None
    password: str | None = field(default=None, repr=False)
    totp_secret: str | None = field(default=None, repr=False)


class Impossible(Exception):
    """A founder or organisation is somebody else already, or has an id that nobody may have."""


async def founded(
    organisation_id: str,
    name: str,
    user_id: str,
    email: str,
    person: str,
    country: str,
    time_zone: str | None = None,
    kind: str = "driver_partner",
) -> Answer:
    """Let an organisation of a kind begin, with one administrator, who sets a password by
    mail. Its currency is that of the country; so is the time zone, where there is but one. Raises
    `Trouble`."""
    profile = _profile(name, country, time_zone)
    try:
        address = mailbox(email)
    except ValueError as error:
        raise Trouble(f"{email} is no address: {error}") from error
    settings = connections.settings()
    if not settings.postgres and "accounts" not in settings.databases:
        raise Trouble(connections.NO_PLATFORM.format(settings.home.absolute()), UNREACHABLE)
    founder = Founder(user_id, address, person)
    async with opened(service, settings) as running:
        try:
            part = OrganisationKind[kind.upper()]
            await found(running, organisation_id, part, profile, founder)
        except Impossible as error:
            raise Trouble(str(error)) from error
    audit(settings.home, "found", organisation=organisation_id, administrator=user_id)
    facts = {"organisation_id": organisation_id, "user_id": user_id, "roles": ["administration"]}
    return sentence(facts, f"{user_id} may ask for a mail at {settings.portal} to set a password")


def _profile(name: str, country: str, time_zone: str | None) -> Profile:
    zones: Mapping[str, Sequence[str]] = get_global("territory_zones")
    if country not in zones:
        raise Trouble(f"{country} is no country: ISO 3166 has two letters, like FR")
    if time_zone is None and len(zones[country]) > 1:
        raise Trouble(f"{country} has several time zones; say which: {', '.join(zones[country])}")
    zone = time_zone or zones[country][0]
    if zone not in available_timezones():
        raise Trouble(f"{zone} is no time zone: IANA has names like Europe/Paris")
    currency = get_territory_currencies(country)[0]
    return Profile(name=name, time_zone=zone, currency=currency, country=country, contacts=())


async def found(
    running: Running, organisation_id: str, kind: OrganisationKind, profile: Profile, *who: Founder
) -> None:
    """Register an organisation and its first users. Safe to repeat: what was done once is not
    done again, even where people have changed it since. Raises `Impossible`."""
    for id in (organisation_id, *(founder.user_id for founder in who)):
        _refuse_unfit(id)
    making = _Making(running, organisation_id)
    register = RegisterOrganisation(
        organisation_id=organisation_id, kind=kind, profile=profile, at=making.at
    )
    await making.carry_out(ORGANISATION, organisation_id, "register", register)
    for founder in who:
        await making.admit(founder)


def _refuse_unfit(id: str) -> None:
    try:
        CHOSEN.validate_python(id)
    except ValidationError as error:
        raise Impossible(f"{id!r} is no id: {error.errors()[0]['msg']}") from error


class _Making:
    """One run of `found`."""

    def __init__(self, running: Running, organisation_id: str) -> None:
        self.at = datetime.now(UTC)
        self._running = running
        self._secrets = Secrets(running.pool, running.settings.masters)
        self._accounts = Accounts(running.commands, self._secrets)
        self._administrators = Administrators(running.pool, self._accounts)
        self._organisation_id = organisation_id

    async def admit(self, founder: Founder) -> None:
        """Invite and activate, with the agreement signed and the secrets there are."""
        user_id, org, at = founder.user_id, self._organisation_id, self.at
        invitation = _invitation(founder, org, at)
        taken = Impossible(f"somebody has the address of {user_id}")
        note = await inviting.noting(
            self._accounts,
            self._administrators,
            org,
            user_id,
            founder.roles,
            (Login(self._secrets.addresses, founder.email, lambda: taken),),
        )
        await self.carry_out(USER, user_id, "invite", invitation, note)
        steps: dict[str, user.Command] = {
            "agree": RecordAgreement(
                user_id=user_id,
                organisation_id=org,
                file_id=None,
                signed_on=at.date(),
                today=at.date(),
                at=at,
            ),
            "activate": user.ActivateUser(user_id=user_id, organisation_id=org, at=at),
        }
        for name, command in steps.items():
            await self.carry_out(USER, user_id, name, command)
        if founder.password is not None:
            await self._set_password(user_id, founder.email, founder.password)
        if founder.totp_secret is not None:
            await self._enrol(user_id, founder.totp_secret)

    async def _set_password(self, user_id: str, email: str, password: str) -> None:
        hashed = await self._secrets.passwords.hash(password)
        key = await self._secrets.addresses.key(email)

        async def keep(connection: Connection) -> None:
            if not await self._secrets.addresses.prove(connection, key, user_id):
                raise Impossible(f"somebody has the address of {user_id}")
            await passwords.keep(connection, user_id, hashed)

        command = SetPassword(
            user_id=user_id,
            organisation_id=self._organisation_id,
            means=PasswordMeans.BOOTSTRAP,
            at=self.at,
        )
        await self.carry_out(USER, user_id, "password", command, keep)

    async def _enrol(self, user_id: str, secret: str) -> None:
        await self._secrets.second_factors.keep(user_id, secret, confirmed=False)

        async def confirm(connection: Connection) -> None:
            await totp.confirm(connection, user_id)

        command = EnrolTotp(user_id=user_id, organisation_id=self._organisation_id, at=self.at)
        await self.carry_out(USER, user_id, "second factor", command, confirm)

    async def carry_out(
        self,
        aggregate: Aggregate[Any, Any, Any, Any],
        id: str,
        step: str,
        command: object,
        in_transaction: InTransaction | None = None,
    ) -> None:
        """One step; nothing when it was carried out before."""
        command_id = uuid5(COMMANDS, f"{self._organisation_id}/{id}/{step}")
        context = CommandContext(
            command_id=command_id,
            correlation_id=ACTOR,
            causation_id=str(command_id),
            actor=ACTOR,
            organisation_id=self._organisation_id,
            at=self.at,
            fingerprint="",
        )
        answer = await self._running.commands.handle(
            aggregate, id, command, context, in_transaction=in_transaction
        )
        if isinstance(answer, Refused):
            raise Impossible(f"{id}: {answer.rejection}")


def _invitation(founder: Founder, organisation_id: str, at: datetime) -> user.InviteUser:
    return user.InviteUser(
        user_id=founder.user_id,
        organisation_id=organisation_id,
        email=founder.email,
        name=founder.name,
        language=founder.language,
        roles=founder.roles,
        phone=founder.phone,
        by=ACTOR,
        at=at,
    )
