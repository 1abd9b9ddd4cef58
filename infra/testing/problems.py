"""The words that callers are told of a rule that says no, for the tests of every service."""

from infra.catalogues import ENGLISH, LANGUAGES
from infra.http.problems import refused
from infra.wording import Wording


def told(rejection: object, wording: Wording, language: str = ENGLISH) -> tuple[int, str]:
    """The status and the sentence of a rejection."""
    problem = refused(rejection, wording)
    return problem.status_code, problem.sentence(wording, language)


def said_everywhere(rejection: object, wording: Wording) -> bool:
    """Whether every language has a sentence for it, and another one than English."""
    english = told(rejection, wording)[1]
    sentences = [told(rejection, wording, one)[1] for one in LANGUAGES if one != ENGLISH]
    return bool(english) and all(sentences) and english not in sentences
