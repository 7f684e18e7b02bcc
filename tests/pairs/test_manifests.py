"""Marks in C2PA manifests, as they are signed by others."""

from __future__ import annotations

import io
import json
from collections.abc import Callable

import pytest

from curate.pairs.marks import IPTC, TRAINED, source_type
from tests.certificates import certified
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
    chain, key = certified()
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
