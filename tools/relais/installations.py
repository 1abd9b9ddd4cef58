"""Makes the databases of an installation belong together, where somebody means it to be so."""

import typer

from infra import installation
from infra.database import Pool
from infra.installation import OBJECTS
from infra.objects import ObjectsAway, objects_of
from infra.settings import Settings
from tools.relais import connections
from tools.relais.answers import UNREACHABLE, USAGE, Answer, Trouble, audit, sentence


async def adopted(name: str | None, reason: str, yes: bool) -> Answer:
    """Take the keys, the databases and the store of objects as they are now for one installation.

    Of one service, `objects` alone, or all. Raises `Trouble` when nobody confirms it, or the store
    of objects does not answer.
    """
    settings = connections.settings()
    names = () if name == OBJECTS else connections.named(name)
    parts = names if name not in (None, OBJECTS) else (*names, OBJECTS)
    if not yes and not typer.confirm(
        f"The keys and {', '.join(parts)} are one installation from now on, as they are?", err=True
    ):
        raise Trouble("nothing was changed", USAGE)
    done: list[dict[str, str | None]] = []
    async with connections.keyring(settings) as keyring:
        await keyring.migrate()
        await installation.migrate(keyring.pool)
        for one in names:
            async with connections.database(settings, one) as pool:
                await installation.migrate(pool)
                found = await installation.standing(one, keyring.pool, pool)
                identity = await installation.adopt(one, keyring.pool, pool)
            audit(
                settings.home,
                "adopt",
                service=one,
                installation=str(identity),
                reason=reason,
                trouble=found.trouble,
            )
            done.append({"service": one, "installation": str(identity), "was": found.trouble})
        if OBJECTS in parts:
            done.append(await _objects(settings, keyring.pool, reason))
    return sentence(
        {"adopted": done},
        f"the keys and {', '.join(parts)} are installation {done[0]['installation']}",
    )


async def _objects(settings: Settings, keys: Pool, reason: str) -> dict[str, str | None]:
    try:
        identity = await installation.adopt_objects(objects_of(settings), keys)
    except (ObjectsAway, LookupError) as error:
        raise Trouble(f"the store of objects cannot be adopted: {error}", UNREACHABLE) from error
    audit(settings.home, "adopt", part=OBJECTS, installation=str(identity), reason=reason)
    return {"service": OBJECTS, "installation": str(identity), "was": None}
