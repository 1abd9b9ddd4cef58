"""Shows a service the events of others, as its workers would, for tests that need no broker."""

from datetime import UTC, datetime
from itertools import count
from typing import Any

from contracts.accounts.organisation_v1 import OrganisationKind, OrganisationRegistered, Profile
from contracts.accounts.user_v1 import Role, UserActivated, UserInvited
from contracts.media.file_v1 import FileStored, Purpose, Visibility
from infra.consumers.views import ViewHandler
from infra.host import Running
from infra.testing.deliveries import deliveries

NOON = datetime(2030, 5, 1, 12, 0, tzinfo=UTC)


async def follow(running: Running, *events: Any) -> None:
    """Fold events into the views and lookups of a service."""
    assert running.generations is not None
    active = await running.generations.active()
    assert active is not None
    batch = deliveries(running.service.sources, events, count(1), NOON)
    async with running.pool.connection() as connection, connection.transaction():
        assert await ViewHandler(active, running.service.tables).handle(connection, batch) == {}
        for delivery in batch:
            await connection.execute(
                "insert into consumer.stream (consumer, stream, version) values (%s, %s, %s)"
                " on conflict (consumer, stream) do update set version = excluded.version",
                (active.consumer, delivery.stream, delivery.envelope.sequence),
            )


def user(
    user_id: str = "ada", organisation: str = "hiflow", role: Role = Role.DRIVER
) -> UserInvited:
    """Somebody who was invited to an organisation."""
    return UserInvited(
        user_id=user_id,
        organisation_id=organisation,
        email=f"{user_id}@example.org",
        name="Ada Martin",
        language="fr",
        roles=(role,),
        phone=None,
        invited_by="lea",
        invited_at=NOON,
        reference=None,
        dealerships=(),
        at_once=None,
    )


def file(
    file_id: str = "f-1",
    user: str = "ada",
    organisation: str = "hiflow",
    purpose: Purpose = Purpose.PAPER,
    size_bytes: int = 1_000,
) -> FileStored:
    """A file of somebody's, stored."""
    return FileStored(
        file_id=file_id,
        organisation_id=organisation,
        user_id=user,
        sha256="0" * 64,
        media_type="application/pdf",
        size_bytes=size_bytes,
        visibility=Visibility.PRIVATE,
        purpose=purpose,
        stored_at=NOON,
        length_milliseconds=None,
    )


def activated(user_id: str, organisation: str, role: Role) -> UserActivated:
    """The same person, who may sign in now."""
    return UserActivated(
        user_id=user_id,
        organisation_id=organisation,
        email=f"{user_id}@example.org",
        name="Ada Martin",
        language="fr",
        roles=(role,),
        activated_at=NOON,
        phone=None,
        has_password=None,
    )


def organisation(organisation_id: str, kind: OrganisationKind) -> OrganisationRegistered:
    """An organisation that the platform's operator founded."""
    profile = Profile(
        name="Maarif", time_zone="Africa/Casablanca", currency="MAD", country="MA", contacts=()
    )
    return OrganisationRegistered(
        organisation_id=organisation_id, kind=kind, profile=profile, registered_at=NOON
    )
