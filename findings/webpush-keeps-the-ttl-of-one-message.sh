#!/usr/bin/env bash
# One expects: `WebPush.get(message, subscription, ttl=60)` sets the lifetime of that message. The class
#   calls the values of its constructor "global", and those of `get` are described without that word.
# What happens: what is given for one message becomes the value of the sender. Messages after it, for
#   anybody, have its lifetime, until another one is given; and 0 ("only if the browser is there now")
#   cannot be given for a message any more, as it counts as not given.
# Version: webpush 1.0.6.
# Where it matters to us: one sender serves all browsers of a process. A code that is worth nothing
#   after ten minutes would shorten the life of every notice that follows, so the lifetime is given to
#   the constructor alone.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
env PIP_DISABLE_PIP_VERSION_CHECK=1 venv/bin/pip install --quiet webpush==1.0.6
venv/bin/python - <<'PY'
import base64
from importlib.metadata import version
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from webpush import WebPush, WebPushSubscription

print(f"webpush {version('webpush')}")
key = ec.generate_private_key(ec.SECP256R1())
private, public = Path("private.pem"), Path("public.pem")
private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


def browser(endpoint: str) -> WebPushSubscription:
    point = ec.generate_private_key(ec.SECP256R1()).public_key()
    raw = point.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    keys = {
        name: base64.urlsafe_b64encode(value).rstrip(b"=").decode()
        for name, value in (("p256dh", raw), ("auth", bytes(16)))
    }
    return WebPushSubscription.model_validate({"endpoint": endpoint, "keys": keys})


def lifetime(sender: WebPush, **given: int) -> str:
    return sender.get("hello", browser("https://push.example.org/b1"), **given).headers["ttl"]


sender = WebPush(private_key=private, public_key=public, subscriber="push@example.org", ttl=86_400)
asked = ({}, {"ttl": 60}, {}, {"ttl": 0})
seen = [lifetime(sender, **one) for one in asked]
for one, told in zip(asked, seen, strict=True):
    print(f"asked for {one.get('ttl', 'nothing')}: ttl {told}")
assert seen == ["86400", "60", "60", "60"]
print("seen: the ttl of one message is that of all after it")
PY
