"""C2PA manifests: what those of others say of a file, and what ours say to others."""

from __future__ import annotations

import io
import json
from collections.abc import Callable

import pytest

from curate.errors import CurateError
from curate.pairs.manifest import KINDS, Seal
from curate.pairs.marks import IPTC, REPAINTED, TRAINED, marked, source_type
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


@pytest.mark.parametrize("said", [TRAINED, REPAINTED])
@pytest.mark.parametrize("modality", KINDS)
def test_what_is_signed_here_is_valid_elsewhere(modality: str, said: str) -> None:
    files = {"image": picture("PNG"), "audio": sound("FLAC"), "video": film()}
    signed = Seal(*certified(), "es256").signed(marked(files[modality], said), modality)
    reader = c2pa.Reader(KINDS[modality], io.BytesIO(signed))
    assert reader.get_validation_state() == "Valid"
    assert f'"digitalSourceType": "{said}"' in reader.json()
    assert source_type(signed) == said


def test_an_algorithm_that_the_key_is_not_made_for_is_told() -> None:
    chain, key = certified()
    with pytest.raises(CurateError, match="cannot be signed"):
        Seal(chain, key, "ps256").signed(marked(picture("PNG"), TRAINED), "image")
