"""A proof counts for the key that signed it, for its audience, with the claims it needs."""

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from infra.proofs import LONGEST_PROOF, NotProved, claims_of, public_key, thumbprint
from infra.tokens import SigningKey

KEY, OTHER = SigningKey.generate(), SigningKey.generate()
X = KEY.published["x"]
CLAIMS = {"aud": "relais", "code": "c"}


def signed(private: Ed25519PrivateKey = KEY.private, **changed: object) -> str:
    claims = {name: value for name, value in (CLAIMS | changed).items() if value is not None}
    return jwt.encode(claims, private, algorithm="EdDSA")


def test_a_proof_tells_its_claims() -> None:
    assert claims_of(signed(), X, "relais", ["code"]) == CLAIMS


@pytest.mark.parametrize(
    "proof",
    [
        signed(OTHER.private),
        signed(aud="other"),
        signed(aud=None),
        signed(code=None),
        signed()[:-4] + "AAAA",
        signed(code="c" * LONGEST_PROOF),
        jwt.encode(CLAIMS, "", algorithm="none"),
        jwt.encode(CLAIMS, X.ljust(64, "="), algorithm="HS256"),
        "",
        "no.token",
    ],
    ids=[
        "key",
        "audience",
        "no-audience",
        "no-claim",
        "changed",
        "long",
        "none",
        "hs256",
        "",
        "no",
    ],
)
def test_anything_else_proves_nothing(proof: str) -> None:
    with pytest.raises(NotProved):
        claims_of(proof, X, "relais", ["code"])


@pytest.mark.parametrize(
    "x",
    ["", "AA", f"{X}A", f"{X}=", "é" * 43, f"{X[:-1]}$"],
    ids=["nothing", "short", "long", "padded", "other_letters", "other_sign"],
)
def test_what_is_no_key_is_none(x: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        public_key(x)


def test_a_key_is_named_by_its_thumbprint() -> None:
    assert thumbprint(X) == KEY.kid
    # The example of RFC 8037, A.3.
    rfc = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
    assert thumbprint(rfc) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
