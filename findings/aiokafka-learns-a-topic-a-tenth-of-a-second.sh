#!/usr/bin/env bash
# One expects: `end_offsets` of many partitions is a question or two to the broker: one for where they
#   are, one for each broker that has some. So it takes milliseconds, whether of one topic or of fifty.
# What happens: a consumer that was assigned other topics learns one of these, waits its retry backoff
#   of a tenth of a second, asks anew, and meets the next one. Fifty topics take fifty rounds, five
#   seconds, and with `request_timeout_ms` below that it fails with a timeout, against a broker that
#   is idle. After `assign` of the same partitions the same question takes one round. On Apache Kafka
#   4 a consumer that was assigned nothing yet does the same: 49 topics took 5.0 s there, then 0.02 s.
# Versions: aiokafka 0.14.0, noida-db 0.2.3 as the broker.
# Where it matters to us: tools and tests ask for the ends of all topics. They assign them first
#   (infra/kafka.py).
set -euo pipefail
folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill -INT "$server" 2>/dev/null; wait 2>/dev/null; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
env PIP_DISABLE_PIP_VERSION_CHECK=1 venv/bin/pip install --quiet aiokafka==0.14.0 noida-db==0.2.3
program=$(venv/bin/python -c 'import noida_db, pathlib; print(pathlib.Path(noida_db.__file__).parent / "noida-db")')
port=$(venv/bin/python -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$program" start --only kafka --kafka-port "$port" --data-dir data > server.txt 2>&1 &
server=$!
PORT=$port venv/bin/python - <<'PY'
import asyncio
import os
import time
from importlib.metadata import version

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaConnectionError

TOPICS = 30
bootstrap = f"127.0.0.1:{os.environ['PORT']}"
places = [TopicPartition(f"topic-{number}", 0) for number in range(TOPICS)]
OTHER = TopicPartition("other", 0)


async def started(client):
    deadline = time.monotonic() + 30
    while True:
        try:
            return await client.start()
        except KafkaConnectionError:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.5)


async def asked(assigned: bool) -> float:
    """Seconds for one question about the end of all topics, by a new consumer."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    await consumer.start()
    try:
        consumer.assign([OTHER])
        await consumer.end_offsets([OTHER])
        before = time.monotonic()
        if assigned:
            consumer.assign(places)
            consumer.pause(*places)
        ends = await consumer.end_offsets(places)
        assert ends == dict.fromkeys(places, 0)
        return time.monotonic() - before
    finally:
        await consumer.stop()


async def main() -> None:
    print(f"aiokafka {version('aiokafka')}, noida-db {version('noida-db')}")
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await started(admin)
    await admin.create_topics([NewTopic(place.topic, 1, 1) for place in [*places, OTHER]])
    await admin.close()
    plain, assigned = await asked(False), await asked(True)
    print(f"the ends of {TOPICS} topics: {plain:.2f} s; after assign: {assigned:.2f} s")
    # A round for each topic, but for the last answer, each a tenth of a second later.
    assert plain >= (TOPICS - 1) * 0.1
    assert assigned < plain / 3


asyncio.run(main())
PY
