"""Everything `make bench` measures, in the order of the table."""

from collections.abc import Mapping

from tools.bench import appends, memory, relaying, requests, scale, viewing, visibility
from tools.bench.subject import Subject

SUBJECTS: Mapping[str, Subject] = {
    "append": appends.SUBJECT,
    "http": requests.SUBJECT,
    "relay": relaying.SUBJECT,
    "view": viewing.SUBJECT,
    "visible": visibility.SUBJECT,
    "scale": scale.SUBJECT,
    "process": memory.SUBJECT,
}
