#!/usr/bin/env bash
# One expects: in binary mode the data of a CloudEvent are what the content type says. Whoever reads
#   events of one type from Kafka with the official SDK gets one Python type each time; the SDK
#   documents a dict for JSON, text for text and bytes for what is binary.
# What happens: whatever the content type, data that are not JSON become `str` when the bytes happen to
#   be UTF-8, `bytes` when they do not, and None when there are none. So two amounts in one protobuf
#   message come back as two types, and a message with every field at its default as no data. Sent on
#   in structured mode, one has `data`, the other `data_base64`, the third neither.
# Versions: cloudevents 2.2.0, protobuf 7.36.2.
# Where it matters to us: our topics carry protobuf in binary mode. We read records ourselves
#   (infra/cloudevents.py); a peer with this SDK must take the value of the record, not `get_data()`.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
env PIP_DISABLE_PIP_VERSION_CHECK=1 venv/bin/pip install --quiet cloudevents==2.2.0 protobuf==7.36.2
venv/bin/python - <<'PY'
import json
from importlib.metadata import version

from cloudevents.core.bindings import kafka
from cloudevents.core.formats.json import JSONFormat
from google.protobuf.wrappers_pb2 import UInt32Value

print(f"cloudevents {version('cloudevents')}, protobuf {version('protobuf')}")
HEADERS = {
    "ce_specversion": b"1.0",
    "ce_id": b"1",
    "ce_source": b"/payments",
    "ce_type": b"amount",
    "content-type": b"application/protobuf",
}
seen = {}
for cents in (0, 100, 200):
    value = UInt32Value(value=cents).SerializeToString()
    record = kafka.KafkaMessage(headers=HEADERS, key=None, value=value)
    event = kafka.from_binary(record, JSONFormat())
    on = json.loads(kafka.to_structured(event, JSONFormat()).value)
    names = sorted(name for name in on if name.startswith("data") and name != "datacontenttype")
    seen[cents] = (event.get_data(), names)
    print(f"{cents} cents, sent as {value!r}: read as {event.get_data()!r}, sent on as {names}")
assert seen == {0: (None, []), 100: ("\bd", ["data"]), 200: (b"\x08\xc8\x01", ["data_base64"])}
print("seen: one type of event, three types of data")
PY
