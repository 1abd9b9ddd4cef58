#!/usr/bin/env bash
# One expects: the VAPID token that webpush makes for an endpoint names the origin of that endpoint as
#   its audience, as RFC 8292 asks ("aud" is the Unicode serialisation of the origin, RFC 6454), so
#   with the port where it is not that of the scheme.
# What happens: the port is left out. A push service at another port that compares "aud" with its own
#   origin has to refuse every message.
# Version: webpush 1.0.6.
# Where it matters to us: the push services of browsers are at port 443, so people get their messages.
#   The push service of our tests listens elsewhere and has to expect the origin without its port.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
env PIP_DISABLE_PIP_VERSION_CHECK=1 venv/bin/pip install --quiet webpush==1.0.6
venv/bin/python - <<'PY'
import base64
import json
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


def audience(headers: dict[str, str]) -> str:
    token = headers["authorization"].partition("t=")[2].partition(",")[0]
    claims = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["aud"]


sender = WebPush(private_key=private, public_key=public, subscriber="push@example.org")
for origin in ("https://push.example.org", "https://push.example.org:8443"):
    told = audience(sender.get("hello", browser(f"{origin}/b1")).headers)
    print(f"of {origin}: aud {told}")
    assert told == "https://push.example.org"
print("seen: the audience of an endpoint at port 8443 has no port")
PY
