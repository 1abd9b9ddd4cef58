"""Makes the databases of an installation belong together, where somebody means it to be so."""

import typer

from infra import installation
from tools.relais import connections
from tools.relais.answers import USAGE, Answer, Trouble, audit, sentence


async def adopted(name: str | None, reason: str, yes: bool) -> Answer:
    """Take the keys and the databases as they are now for one installation.

    Of one service, or of all. Raises `Trouble` when nobody confirms it.
    """
    settings = connections.settings()
    names = connections.named(name)
    if not yes and not typer.confirm(
        f"The keys and {', '.join(names)} are one installation from now on, as they are?", err=True
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
    return sentence(
        {"adopted": done},
        f"{len(done)} services and the keys are installation {done[0]['installation']}",
    )
