"""The way from the page of a case or of a request to the page of a thread: who has the link to one
has the other.

The page of a case is made by `interventions`, that of a request by `dispatch`, those of threads by
`conversations` ([ADR 80](docs/adr/0080-threads.md)).
"""

from collections.abc import Mapping

from infra import passes

PURPOSE = "thread"
PAGE = "/conversations/page"
OF_JOB = "thread of job"
PAGE_OF_JOB = "/conversations/job"


def path(masters: Mapping[str, bytes], case_id: str, link_id: str) -> str:
    """Where the page of the thread is, for the holder of that link to the case."""
    return f"{PAGE}/{passes.made(masters, PURPOSE, f'{case_id}.{link_id}')}"


def read(masters: Mapping[str, bytes], token: str) -> tuple[str, str] | None:
    """The case and the link that a token is for; None for one that was made up."""
    text = passes.read(masters, PURPOSE, token)
    case_id, _, link_id = (text or "").partition(".")
    return (case_id, link_id) if link_id else None


def path_of_job(masters: Mapping[str, bytes], job_id: str) -> str:
    """Where the end customer of a job writes to its provider; whoever has the link to the request
    may know it ([ADR 87](docs/adr/0087-the-link-of-a-request-acts-in-any-browser.md))."""
    return f"{PAGE_OF_JOB}/{passes.made(masters, OF_JOB, job_id)}"


def job_of(masters: Mapping[str, bytes], token: str) -> str | None:
    """The job that a token is for; None for one that was made up."""
    return passes.read(masters, OF_JOB, token)
