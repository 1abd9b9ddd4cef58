#!/usr/bin/env bash
# One expects: a Kafka transaction is all or nothing. A producer that commits flushes first, and when a
#   record failed for good the commit fails and the transaction can only be aborted. Kafka's own client
#   and librdkafka promise that, so nobody has to look at every record's result.
# What happens: aiokafka commits. A record that the broker refuses (larger than its topic takes, and
#   within the producer's own limit) fails in its own future alone; leaving `async with
#   producer.transaction()` sends the commit, raises nothing, and the other records are visible. With
#   the position that was read up to among them, the refused record is lost for ever.
# Versions: aiokafka 0.14.0, confluent-kafka 2.16.1 (librdkafka) beside it, noida-db 0.2.3 as the broker.
# Where it matters to us: our relay keeps its position in its database and waits for every record's
#   answer before it moves on (ADR 5); it uses no transactions.
set -euo pipefail
folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill -INT "$server" 2>/dev/null; wait 2>/dev/null; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
env PIP_DISABLE_PIP_VERSION_CHECK=1 venv/bin/pip install --quiet \
  aiokafka==0.14.0 confluent-kafka==2.16.1 noida-db==0.2.3
program=$(venv/bin/python -c 'import noida_db, pathlib; print(pathlib.Path(noida_db.__file__).parent / "noida-db")')
port=$(venv/bin/python -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$program" start --only kafka --kafka-port "$port" --data-dir data > server.txt 2>&1 &
server=$!
PORT=$port venv/bin/python - <<'PY'
import asyncio
import os
from importlib.metadata import version

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaConnectionError, MessageSizeTooLargeError
from confluent_kafka import KafkaException, Producer

AT = f"127.0.0.1:{os.environ['PORT']}"
LIMIT, TOO_LARGE = 1000, b"x" * 2000
print(", ".join(f"{name} {version(name)}" for name in ("aiokafka", "confluent-kafka", "noida-db")))


async def make_topics() -> None:
    for attempt in range(100):
        admin = AIOKafkaAdminClient(bootstrap_servers=AT)
        try:
            await admin.start()
            break
        except KafkaConnectionError:
            await admin.close()
            await asyncio.sleep(0.1)
    limit = {"max.message.bytes": str(LIMIT)}
    await admin.create_topics([NewTopic("events", 1, 1, topic_configs=limit), NewTopic("positions", 1, 1)])
    await admin.close()


async def committed(topic: str) -> list[bytes]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=AT, isolation_level="read_committed", auto_offset_reset="earliest"
    )
    await consumer.start()
    consumer.assign([TopicPartition(topic, 0)])
    found = await consumer.getmany(timeout_ms=2000)
    await consumer.stop()
    return [record.value for records in found.values() for record in records]


async def by_aiokafka() -> None:
    producer = AIOKafkaProducer(bootstrap_servers=AT, transactional_id="a")
    await producer.start()
    async with producer.transaction():
        event = await producer.send("events", TOO_LARGE)
        await producer.send("positions", b"aiokafka read up to 42")
    print("aiokafka: the transaction ended without an error; its event:", repr(event.exception()))
    assert isinstance(event.exception(), MessageSizeTooLargeError)
    await producer.stop()


def by_librdkafka() -> None:
    producer = Producer({"bootstrap.servers": AT, "transactional.id": "b", "log_level": 0})
    producer.init_transactions(10)
    producer.begin_transaction()
    producer.produce("events", TOO_LARGE)
    producer.produce("positions", b"librdkafka read up to 42")
    try:
        producer.commit_transaction(10)
        raise SystemExit("librdkafka committed as well")
    except KafkaException as error:
        print("librdkafka: the commit failed:", error.args[0].str())
        assert error.args[0].txn_requires_abort()
    producer.abort_transaction(10)


async def main() -> None:
    await make_topics()
    await by_aiokafka()
    await asyncio.to_thread(by_librdkafka)
    events, positions = await committed("events"), await committed("positions")
    print("committed events:", events, "committed positions:", positions)
    assert (events, positions) == ([], [b"aiokafka read up to 42"])
    print("seen: aiokafka's position is committed and its event is nowhere")


asyncio.run(main())
PY
