"""Keys and certificates made for a test, which nobody trusts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


def certified() -> tuple[bytes, bytes]:
    """A signer's certificates and private key, both PEM, for ES256."""
    root, own = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    chain = _certificate("A signer", own, ("A root", root), ca=False)
    chain += _certificate("A root", root, ("A root", root), ca=True)
    key = own.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return chain, key


def _certificate(
    name: str,
    of: ec.EllipticCurvePrivateKey,
    by: tuple[str, ec.EllipticCurvePrivateKey],
    ca: bool,
) -> bytes:
    now = datetime.now(UTC)
    usage = dict.fromkeys(
        (
            "digital_signature",
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "key_cert_sign",
            "crl_sign",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    usage |= {"key_cert_sign": True} if ca else {"digital_signature": True}

    def named(who: str) -> x509.Name:
        return x509.Name(
            [
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Nobody"),
                x509.NameAttribute(NameOID.COMMON_NAME, who),
            ]
        )

    made = (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(named(by[0]))
        .public_key(of.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**usage), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(of.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(by[1].public_key()),
            critical=False,
        )
    )
    if not ca:
        made = made.add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False
        )
    return made.sign(by[1], hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
