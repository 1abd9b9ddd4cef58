"""A certificate authority for an hour, and what it signs."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

Key = ec.EllipticCurvePrivateKey
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Authority:
    """A signer of certificates: its key, and its certificate of itself."""

    key: Key
    certificate: x509.Certificate

    @classmethod
    def made(cls, name: str) -> "Authority":
        """A new one, known to nobody."""
        key = ec.generate_private_key(ec.SECP256R1())
        basic = x509.BasicConstraints(ca=True, path_length=0)
        builder = _builder(name, name, key).add_extension(basic, critical=True)
        return cls(key, builder.sign(key, hashes.SHA256()))

    def written(self, path: Path) -> Path:
        """The file with its certificate, for whoever is to trust it."""
        path.write_bytes(self.certificate.public_bytes(Encoding.PEM))
        return path

    def server(self, path: Path, address: str = "127.0.0.1", holds: timedelta = HOUR) -> Path:
        """A file with the key of a server at an address, and its certificate, for that long."""
        key = ec.generate_private_key(ec.SECP256R1())
        [issuer] = self.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        names = x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))])
        builder = _builder(address, str(issuer.value), key, holds)
        builder = builder.add_extension(names, critical=False)
        certificate = builder.sign(self.key, hashes.SHA256())
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        path.write_bytes(private + certificate.public_bytes(Encoding.PEM))
        return path

    def context(self, path: Path) -> ssl.SSLContext:
        """TLS as a server of Python at the usual address talks it; writes the file of its keys."""
        made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        made.load_cert_chain(self.server(path))
        return made


def _builder(
    subject: str, issuer: str, key: Key, holds: timedelta = HOUR
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - HOUR)
        .not_valid_after(now + holds)
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
