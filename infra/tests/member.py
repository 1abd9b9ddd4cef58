"""A member of a group as a process of its own, to be killed.

Each process is forked from one that has imported what they need: it is at work at once.
"""

import asyncio
import multiprocessing
import os
from dataclasses import replace
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Event

from infra.consumers.handler import Handler
from infra.consumers.records import KafkaTopicReader
from infra.consumers.transports import FaustApp, KafkaLoop
from infra.supervisor import supervise
from infra.tests.consuming import Kit, ViewKit, attached

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([__name__])
COMMIT_SECONDS = 0.02
"""So often that somebody commits whenever a group has not settled."""
Transport = KafkaLoop | FaustApp


def transport(
    kit: Kit, bootstrap: str, handler: Handler | None = None, limit: int = 100
) -> Transport:
    """The transport to a consumer of this kind: views are fed by the loop and reactions by Faust,
    as the host does it."""
    reader = KafkaTopicReader(bootstrap)
    consumer = kit.consumer(handler=handler, limit=limit, reader=reader)
    group = f"{kit.contract.topic}.group"
    if isinstance(kit, ViewKit):
        return KafkaLoop(consumer, bootstrap, group, commit_seconds=COMMIT_SECONDS)
    return FaustApp([consumer], bootstrap, group)


def begun(kit: Kit, database: str, bootstrap: str) -> tuple[BaseProcess, Event]:
    """A process that works until it is killed or this one is gone, and what is set once it has
    partitions."""
    has_some = FORKS.Event()
    given = isinstance(kit, ViewKit), database, bootstrap, kit.contract.topic, has_some
    process = FORKS.Process(target=main, args=given, daemon=True)
    process.start()
    return process, has_some


def main(view: bool, database: str, bootstrap: str, topic: str, has_some: Event) -> None:
    """The program of such a process."""
    asyncio.run(_work("view" if view else "reaction", database, bootstrap, topic, has_some))


async def _work(kind: str, database: str, bootstrap: str, topic: str, has_some: Event) -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    asyncio.get_running_loop().add_reader(parent.sentinel, os._exit, 1)
    async with attached(kind, database) as kit:
        kit.contract = replace(kit.contract, topic=topic)
        member = transport(kit, bootstrap)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(supervise("member", member.run, member.progress))
            await member.assigned.wait()
            has_some.set()
