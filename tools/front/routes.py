"""The page at `/` of a platform for development. Only `platform()` adds it to what is served."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from babel import Locale
from babel.dates import format_datetime
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from infra.catalogues import LANGUAGES, Texts, direction, locale_of, number
from infra.consumers.transports import FaustApp
from infra.host import Running, ViewsWorker
from infra.http.browsers import refuse_forged
from infra.http.docs import POLICY
from infra.http.languages import asked_for
from infra.relay import Relay
from infra.serving import Front
from infra.tokens import Role, SigningKey
from infra.words import word
from services.messaging.adapters.outbound import sink
from services.messaging.http.inbox import from_here
from tools.demo import chronicle
from tools.front.people import SAMPLES, People, Sample
from tools.relais.keys import development_token

STATIC = files("tools.front") / "static"
ASSETS = {"page.css": "text/css", "page.js": "text/javascript"}
BUILT = files("tools.front") / "built"
BUILT_ASSETS = {"app.css": "text/css", "app.js": "text/javascript"}
MAILS = 8
TEXTS = Texts(files("tools.front"))
_HEADERS = {"Content-Security-Policy": POLICY, "Vary": "Accept, Accept-Language"}
_environment = Environment(
    loader=PackageLoader("tools.front", "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


class State(NamedTuple):
    """How a service is doing."""

    name: str
    prefix: str
    halted: Sequence[str]
    """The loops of it that stand still, with the reason."""
    seconds: float
    """How far behind its slowest loop is."""


class Mail(NamedTuple):
    """A mail in the inbox."""

    to: str
    subject: str
    at: str
    """ISO 8601."""
    when: str
    """The same as people write it."""


class Words:
    """The texts of the page in one language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.locale = locale_of(language)
        self.direction = direction(language)

    def __call__(self, name: str) -> str:
        return TEXTS.label(self.language, "page", name)

    def role(self, sample: Sample) -> str:
        """The name of the role of a sample person."""
        found = word(self.language, "Role", sample.role.name.lower())
        return found[0].upper() + found[1:]

    def number(self, value: float) -> str:
        """A number as the language writes it, to one decimal place."""
        return number(round(value, 1), self.locale)


def front_of(home: Path, services: Sequence[Running], key: SigningKey) -> Front:
    """The front of a platform whose servers are those of this home."""
    by_name = {running.service.name: running for running in services}

    def tokens(subject: str, organisation: str, role: Role) -> str:
        return development_token(key, subject, organisation, [role])

    people = People(home, by_name["accounts"], tokens)

    async def page(request: Request) -> Response:
        _refuse_others(request)
        words = Words(_language(request))
        content = _environment.get_template("page.html").render(
            words=words,
            languages=_languages(),
            states=[_state(running) for running in services],
            mails=await _mails(by_name["messaging"], words),
            people=SAMPLES,
            story=chronicle.kept(home),
        )
        return HTMLResponse(content, headers=_HEADERS | {"Content-Language": words.language})

    async def credentials(request: Request) -> Response:
        _refuse_others(request)
        refuse_forged(request.scope)
        wanted = request.path_params["person"]
        sample = next((one for one in SAMPLES if one.id == wanted), None)
        if sample is None:
            raise HTTPException(404)
        found = await people.credentials(sample, str(request.base_url))
        return JSONResponse(asdict(found), headers={"Cache-Control": "no-store"})

    return Front(
        page,
        [
            *app_routes(),
            Route("/development/people/{person}", credentials, methods=["POST"]),
            Route("/development/{asset}", _asset),
        ],
    )


def app_routes() -> Sequence[BaseRoute]:
    """The app, wherever the APIs are served."""
    return [Route("/app", _to_app), Route("/app/{path:path}", _app)]


async def _asset(request: Request) -> Response:
    name = request.path_params["asset"]
    if name not in ASSETS:
        raise HTTPException(404)
    return Response((STATIC / name).read_bytes(), media_type=ASSETS[name])


async def _to_app(_: Request) -> Response:
    return RedirectResponse("/app/")


async def _app(request: Request) -> Response:
    """A file of the app. What is none is one of its screens, and its page finds out which."""
    name = request.path_params["path"]
    media_type = BUILT_ASSETS.get(name)
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-cache"}
    if media_type is not None:
        return Response((BUILT / name).read_bytes(), media_type=media_type, headers=headers)
    return HTMLResponse((BUILT / "index.html").read_bytes(), headers=headers)


def _refuse_others(request: Request) -> None:
    """Raises a 404 for who asks from elsewhere, or under another name than localhost."""
    if not from_here(request):
        raise HTTPException(404)


def _language(request: Request) -> str:
    wanted = request.query_params.get("lang", "")
    return wanted if wanted in LANGUAGES else asked_for(request.scope)


@cache
def _languages() -> Mapping[str, str]:
    """The languages of the product, each in its own words."""
    return {tag: str(Locale.parse(tag).get_display_name(tag)).capitalize() for tag in LANGUAGES}


def _state(running: Running) -> State:
    halted = [
        f"{name}: {loop.progress.halted}"
        for name, loop in running.workers.items()
        if loop.progress.halted is not None
    ]
    service = running.service
    return State(service.name, service.prefix, halted, max(_lags(running), default=0.0))


def _lags(running: Running) -> Iterator[float]:
    for loop in running.workers.values():
        if isinstance(loop, Relay):
            yield loop.lag.seconds
        elif isinstance(loop, FaustApp):
            yield from (line.lag.seconds for line in loop.lines)
        elif isinstance(loop, ViewsWorker):
            yield from (one.lag.seconds for one in loop.loops.values())


async def _mails(messaging: Running, words: Words) -> Sequence[Mail]:
    found = await sink.kept(messaging.pool, MAILS)
    return [
        Mail(
            ", ".join(one.recipients),
            one.subject,
            one.kept_at.isoformat(timespec="seconds"),
            format_datetime(one.kept_at.astimezone(), "short", locale=words.locale),
        )
        for one in found
    ]
