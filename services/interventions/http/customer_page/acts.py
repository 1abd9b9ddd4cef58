"""The acts of somebody on the page: read it, answer, ask for a code, reply, ask to be called.

Each act reads its form and carries out the command of the case. It raises the `Problem` of a rule
that says no, or `NotTaken`.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from contracts.decisions import Changed
from infra.http.customer_pages.doors import Fields, NotTaken
from infra.http.problems import changed
from infra.vault import Vault
from services.interventions import case
from services.interventions.adapters import links
from services.interventions.aggregates import CASE
from services.interventions.case import answering
from services.interventions.http.access import terms_of
from services.interventions.http.customer_page.doors import Door, Entrance, version_of
from services.interventions.http.customer_page.showing import Entered, content_of
from services.interventions.http.page import refuse_mistaken

Act = Callable[[Vault, Door, Fields], Awaitable[str | None]]
"""Answers a text of the page that tells of it, where the page does not show it by itself."""
WORK, RISK = "work.", "risk."
ACCEPT, REFUSE = "accept", "refuse"
MOST_REPLY = 4_000


async def open_page(door: Door, fields: Fields, step: str = "") -> None:
    """Somebody has the page before their eyes, with this content. 412 when it is another one."""
    terms = await terms_of(door.context, door.dossier)

    async def command(now: case.Case) -> case.Command:
        if isinstance(now, case.Live):
            refuse_former(content_of(version_of(now, terms, door.context)), fields)
        return answering.OpenPage(
            holder=door.holder, code_above=terms.code_above, at=door.context.at
        )

    key = f"{door.context.idempotency_key}{step}"
    await replace(door.context, idempotency_key=key).perform(CASE, door.case_id, command)


async def answer(_: Vault, door: Door, fields: Fields) -> None:
    """Decide on every work. Whoever answers has read the page, with or without a script."""
    context = door.context
    terms = await terms_of(context, door.dossier)
    version = version_of(door.state, terms, context)
    refuse_former(content_of(version), fields)
    entered = entered_in(fields)
    mine = answering.decidable(door.dossier, version.works, door.link.recipient_id)
    decided = {one.work_id for one in mine}
    if decided - {*entered.accepted, *entered.refused}:
        raise NotTaken("error_undecided")
    await open_page(door, fields, ".read")
    command = answering.AnswerCase(
        holder=door.holder,
        attempt_id=context.new_id("A"),
        version=version.version,
        accepted=tuple(sorted(entered.accepted)),
        risks_acknowledged=tuple(sorted(entered.risks)),
        code=fields.get("code", "").strip() or None,
        at=context.at,
    )
    refuse_mistaken(context, command, await context.perform(CASE, door.case_id, command))


async def send_code(vault: Vault, door: Door, fields: Fields) -> str:
    """Have a code sent to the phone that the dealership knows (I3)."""
    await open_page(door, fields, ".read")
    return await ask_code(vault, door)


async def ask_code(vault: Vault, door: Entrance) -> str:
    code = await links.code_of(vault, door.case_id, door.context.new_id("N"))
    command = answering.AskCode(holder=door.holder, code=code, at=door.context.at)
    await door.context.perform(CASE, door.case_id, command)
    return "code_sent"


async def take_link(_: Vault, door: Door, fields: Fields) -> None:
    """Do more than read with a link that another browser has, by the code of the known phone."""
    await open_page(door, fields, ".read")
    await give_code(door, fields)


async def give_code(door: Entrance, fields: Fields) -> None:
    context, code = door.context, fields.get("code", "").strip()
    if not code:
        raise NotTaken("error_code_needed_here")
    command = answering.TakeLink(
        holder=door.holder, attempt_id=context.new_id("A"), code=code, at=context.at
    )
    refuse_mistaken(context, command, await context.perform(CASE, door.case_id, command))


async def reply(_: Vault, door: Door, fields: Fields) -> None:
    """Reply to a seller (FLB-111)."""
    text = fields.get("reply", "").strip()
    if not 0 < len(text) <= MOST_REPLY:
        raise NotTaken("error_reply")
    terms = await terms_of(door.context, door.dossier)
    version = version_of(door.state, terms, door.context)
    await open_page(door, fields, ".read")
    command = answering.ReplyToCase(
        holder=door.holder, version=version.version, reply=text, at=door.context.at
    )
    await door.context.perform(CASE, door.case_id, command)


async def contact(_: Vault, door: Door, fields: Fields) -> None:
    """Ask to be called; also whoever only reads may."""
    await open_page(door, fields, ".read")
    command = answering.RequestContact(holder=door.holder, at=door.context.at)
    await door.context.perform(CASE, door.case_id, command)


def entered_in(fields: Fields) -> Entered:
    """The choices and words in a form."""
    chosen = {name.removeprefix(WORK): v for name, v in fields.items() if name.startswith(WORK)}
    risks = [name.removeprefix(RISK) for name in fields if name.startswith(RISK)]
    return Entered(
        accepted=[id for id, value in chosen.items() if value == ACCEPT],
        refused=[id for id, value in chosen.items() if value == REFUSE],
        risks=risks,
        reply=fields.get("reply", "")[:MOST_REPLY],
    )


def refuse_former(now: str, fields: Fields) -> None:
    """Raises a 412 `Problem` for a form of a page with other content than it has now."""
    seen = fields.get("shown", "")
    if seen != now:
        raise changed(Changed({"shown": seen}, {"shown": now}))
