"""HTTP: the templates of all services, and how they look."""

from typing import Annotated

from fastapi import Query

from infra.catalogues import LANGUAGES, Language
from infra.host import Running
from infra.http.answers import Answer, Answered, Router
from infra.http.models import Called, Id
from infra.http.problems import Problem
from infra.http.request_context import RequestContext, requires
from services.messaging.adapters.rendering import LIBRARY, NoSuchTemplate, rendered
from services.messaging.http.messages import WordsShown

Administration = Annotated[RequestContext, requires("administration")]


class TemplateShown(Answer):
    """One version of a template."""

    name: str
    version: int
    facts: list[str]
    """The facts that it shows."""


class TemplatesShown(Answer):
    """Every template, with the languages they speak."""

    items: list[TemplateShown]
    languages: list[str]


class PreviewShown(Answer):
    """A template filled with examples."""

    name: str
    version: int
    letter: WordsShown


def router(running: Running) -> Router:
    """The routes of templates."""
    routes = Router("Templates")

    @routes.get("/templates")
    async def list_templates(context: Administration) -> Answered[TemplatesShown]:
        """Every template with its versions and the facts it shows."""
        items = [
            TemplateShown(
                name=name, version=version, facts=sorted(found.examples.keys() - {"portal"})
            )
            for (name, version), found in sorted(LIBRARY.templates.items())
        ]
        return Answered(TemplatesShown(items=items, languages=list(LANGUAGES)))

    @routes.get("/templates/{name}/preview")
    async def preview_template(
        name: Id,
        context: Administration,
        language: Annotated[Language, Called("Language")] = "en",
        version: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
    ) -> Answered[PreviewShown]:
        """A template with examples of its facts, in one language, as a mail and a text message."""
        try:
            found = LIBRARY.template(name, version or LIBRARY.latest(name))
        except NoSuchTemplate as error:
            raise Problem(404, "no-such-template") from error
        facts = {**found.examples, "portal": running.settings.portal}
        words = WordsShown.of(rendered(found, language, facts))
        return Answered(PreviewShown(name=found.name, version=found.version, letter=words))

    return routes
