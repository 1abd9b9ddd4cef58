"""The page of an API that tells of each problem it may answer with, in the reader's language."""

from collections.abc import Iterator, Mapping
from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from infra.catalogues import SaidOfProblem, direction
from infra.http.languages import asked_for
from infra.http.problems import PAGE, type_of
from infra.wording import Wording

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Vary": "Accept-Language",
}


def problems_route(wording: Wording) -> Route:
    """`/problems`, with an anchor for each problem of the API: its last part of the type."""

    async def page(request: Request) -> Response:
        language = asked_for(request.scope)
        headers = HEADERS | {"Content-Language": language}
        return HTMLResponse("".join(_page(wording, language)), headers=headers)

    return Route(PAGE, page, include_in_schema=False)


def _page(wording: Wording, language: str) -> Iterator[str]:
    words = {name: escape(wording.label(language, "page", name)) for name in _WORDS}
    yield (
        f"<!doctype html><html lang={language} dir={direction(language)}><meta charset=utf-8>"
        f"<title>{words['heading']}</title>"
        "<body style='font: 16px/1.5 system-ui; max-width: 48rem; margin: 3rem auto'>"
        f"<h1>{words['heading']}</h1><p>{words['intro']}</p>"
    )
    for slug, said in sorted(wording.problems.items()):
        yield from _section(wording, language, slug, said, words)
    yield "</html>"


_WORDS = ("heading", "intro", "type", "status", "sentence", "facts")


def _section(
    wording: Wording,
    language: str,
    slug: str,
    said: SaidOfProblem,
    words: Mapping[str, str],
) -> Iterator[str]:
    title = escape(wording.title(language, said.status))
    yield f'<h2 id="{escape(slug)}">{escape(slug)}</h2><dl>'
    yield f"<dt>{words['type']}<dd><code>{escape(type_of(slug))}</code>"
    yield f"<dt>{words['status']}<dd>{said.status}: {title}"
    for sentence in wording.templates(language, slug):
        yield f"<dt>{words['sentence']}<dd>{escape(sentence)}"
    if said.facts:
        named = ", ".join(f"<code>{escape(name)}</code>" for name in said.facts)
        yield f"<dt>{words['facts']}<dd>{named}"
    yield "</dl>"
