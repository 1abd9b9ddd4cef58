"""Everything `make bench` measures, in the order of the table."""

from collections.abc import Mapping

from tools.bench import (
    appends,
    debezium,
    depot_lists,
    following,
    lists,
    live,
    matching,
    memory,
    mixed,
    relaying,
    requests,
    scale,
    sign_in,
    token_check,
    viewing,
    visibility,
)
from tools.bench.subject import Subject

SUBJECTS: Mapping[str, Subject] = {
    "append": appends.SUBJECT,
    "follow": following.SUBJECT,
    "http": requests.SUBJECT,
    "sign-in": sign_in.SUBJECT,
    "token": token_check.SUBJECT,
    "relay": relaying.SUBJECT,
    "debezium": debezium.SUBJECT,
    "view": viewing.SUBJECT,
    "visible": visibility.SUBJECT,
    "live": live.SUBJECT,
    "lists": lists.SUBJECT,
    "matching": matching.SUBJECT,
    "depot-lists": depot_lists.SUBJECT,
    "mixed": mixed.SUBJECT,
    "scale": scale.SUBJECT,
    "process": memory.SUBJECT,
}
