#!/usr/bin/env bash
# One expects: a broker that speaks Kafka's protocol keeps a fetch until there are records or until
#   `fetch.wait.max.ms` is over, so an idle consumer asks about twice a second and costs nothing.
# What happens: noida-db answers at once that there is nothing. The client asks again at once: an idle
#   consumer sends thousands of fetches a second, and client and broker keep the processors busy.
# Versions: noida-db 0.2.3, confluent-kafka 2.16.1 (librdkafka counts its own requests).
# Where it matters to us: noida-db is our broker on a laptop and in tests. A small server before it
#   (infra/stack/longpoll.py) keeps fetches as Apache Kafka does (ADR 6).
set -euo pipefail
folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill -INT "$server" 2>/dev/null; wait 2>/dev/null; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
env PIP_DISABLE_PIP_VERSION_CHECK=1 venv/bin/pip install --quiet noida-db==0.2.3 confluent-kafka==2.16.1
program=$(venv/bin/python -c 'import noida_db, pathlib; print(pathlib.Path(noida_db.__file__).parent / "noida-db")')
port=$(venv/bin/python -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$program" start --only kafka --kafka-port "$port" --data-dir data > server.txt 2>&1 &
server=$!
PORT=$port venv/bin/python - <<'PY'
import json
import os
import time
from importlib.metadata import version

from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

SECONDS, WAIT_MS = 5, 500
bootstrap = f"127.0.0.1:{os.environ['PORT']}"
print(f"noida-db {version('noida-db')}, confluent-kafka {version('confluent-kafka')}")
admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
deadline = time.monotonic() + 30
while True:
    try:
        admin.list_topics(timeout=1)
        break
    except Exception:
        if time.monotonic() > deadline:
            raise
for made in admin.create_topics([NewTopic("idle", 1, 1)]).values():
    made.result()
counts: list[int] = []


def count(statistics: str) -> None:
    brokers = json.loads(statistics)["brokers"].values()
    counts.append(sum(broker["req"].get("Fetch", 0) for broker in brokers))


consumer = Consumer({
    "bootstrap.servers": bootstrap,
    "group.id": "idle",
    "fetch.wait.max.ms": WAIT_MS,
    "statistics.interval.ms": 1000,
    "stats_cb": count,
})
consumer.assign([TopicPartition("idle", 0, 0)])
consumer.poll(2)
before, started = counts[-1], time.monotonic()
until = started + SECONDS
while time.monotonic() < until:
    assert consumer.poll(0.2) is None
asked = (counts[-1] - before) / SECONDS
consumer.close()
print(f"an idle consumer that may wait {WAIT_MS} ms: {asked:.0f} fetches a second; expected {1000 / WAIT_MS:.0f}")
assert asked > 50
print("seen: a fetch without records is answered at once")
PY
