"""Marks in C2PA manifests, as they are signed by others."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from curate.pairs.marks import IPTC, TRAINED, source_type
from tests.pairs.test_marks import film, picture, sound

c2pa = pytest.importorskip("c2pa")

FILES: dict[str, Callable[[], bytes]] = {
    "image/jpeg": lambda: picture("JPEG"),
    "image/png": lambda: picture("PNG"),
    "image/webp": lambda: picture("WEBP"),
    "audio/wav": lambda: sound("WAV"),
    "audio/mpeg": lambda: sound("MP3"),
    "video/mp4": film,
}


@pytest.fixture(scope="module")
def signer() -> object:
    """With a key and certificates of its own, which nobody trusts."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    def certificate(
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
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(of.public_key()), critical=False
            )
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

    root, own = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    chain = certificate("A signer", own, ("A root", root), ca=False)
    chain += certificate("A root", root, ("A root", root), ca=True)
    key = own.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    made: object = c2pa.Signer.from_info(c2pa.C2paSignerInfo(b"es256", chain, key, None))
    return made


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("said", [TRAINED, IPTC + "digitalCapture"])
def test_what_a_manifest_says_is_read(kind: str, said: str, signer: object) -> None:
    actions = {"actions": [{"action": "c2pa.created", "digitalSourceType": said}]}
    manifest = {
        "claim_generator_info": [{"name": "a test", "version": "1"}],
        "title": "A file",
        "assertions": [{"label": "c2pa.actions.v2", "data": actions}],
    }
    out = io.BytesIO()
    c2pa.Builder(json.dumps(manifest)).sign(signer, kind, io.BytesIO(FILES[kind]()), out)
    assert said in c2pa.Reader(kind, io.BytesIO(out.getvalue())).json()
    assert source_type(out.getvalue()) == said
