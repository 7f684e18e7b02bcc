"""What people do not want to be used is found, by lists, by metadata and by what files say."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.errors import DataError
from curate.pairs import xmp
from curate.pairs.reservations import reservation
from curate.run.others import read_document
from curate.steps.consent import reserves
from curate.steps.optout import read_opt_out
from tests.certificates import certified
from tests.steps.conftest import Table
from tests.workspace import FIELDS, FOLDER, Workspace, curate, photo, write_media

PLUS = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/">'
    "<plus:DataMining>http://ns.useplus.org/ldf/vocab/{}</plus:DataMining>"
    "</rdf:Description></rdf:RDF></x:xmpmeta>"
)


def jpeg(seed: int = 1) -> bytes:
    data = io.BytesIO()
    photo(seed).save(data, "JPEG")
    return data.getvalue()


def saying(term: str, seed: int = 1) -> bytes:
    """A JPEG with an XMP packet of PLUS's property."""
    return xmp.in_jpeg(jpeg(seed), PLUS.format(term).encode())


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    write_media(tmp_path / "media")
    return Workspace(tmp_path).having(
        name="birds", version="1.0.0", fields=FIELDS, sources=[{"folder": FOLDER}], steps=[]
    )


def listed(place: Workspace, name: str, text: str) -> None:
    path = place.root / "recipes" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def acted(place: Workspace, step: dict[str, Any]) -> dict[str, tuple[str, str, str]]:
    """Row -> verdict, reason, detail of what is not simply kept."""
    said = place.decide({"consent": step}).filter(pl.col("verdict") != "keep")
    return {
        row[0]: row[1:] for row in said.select("row", "verdict", "reason", "detail").iter_rows()
    }


def test_hashes_and_ids_name_pairs(place: Workspace) -> None:
    apple = hashlib.sha256((place.media / "food/apple.png").read_bytes()).hexdigest()
    lamp = hashlib.md5((place.media / "things/lamp.jpg").read_bytes()).hexdigest()
    sound = hashlib.sha256((place.media / "birds/duck.wav").read_bytes()).hexdigest()
    listed(
        place,
        "out.txt",
        f"# people asked\n{apple.upper()}\n{lamp}  lamp.jpg\nbirds/owl.webp\n{sound}\n",
    )
    found = acted(place, {"lists": ["out.txt"]})
    assert found == {
        "food/apple.png": ("drop", "opted out", "image's sha256 in out.txt"),
        "things/lamp.jpg": ("drop", "opted out", "image's md5 in out.txt"),
        "birds/owl.webp": ("drop", "opted out", "row in out.txt"),
        "birds/duck.png": ("drop", "opted out", "speech's sha256 in out.txt"),
    }


def test_a_list_with_a_header_names_by_column(place: Workspace) -> None:
    pair = place.decide({"consent": {}}).filter(pl.col("row") == "food/bread.jpg")["pair_id"][0]
    listed(place, "out.csv", f"id,why\n{pair},asked on Monday\nfood,\n")
    assert set(acted(place, {"lists": ["out.csv"], "act": "flag"})) == {"food/bread.jpg"}
    found = acted(place, {"lists": ["out.csv"], "ids": "category", "act": "flag"})
    assert set(found) == {"food/bread.jpg", "food/apple.png", "food/soup.webp"}
    assert found["food/apple.png"] == ("flag", "opted out", "category in out.csv")


URLS = {
    "https://example.org/a.png": None,
    "http://EXAMPLE.com:80/a.png#top": "url",
    "https://www.painter.example/x": "domain",
    "https://notpainter.example/x": None,
    "https://bücher.example/y": "domain",
    "https://museum.example/free/a.jpg": None,
    "https://www.museum.example/closed/a.jpg?size=2": "rule",
    "https://other.museum.example/closed/a.jpg": None,
    "https://museum.example/free/a.gif": "rule",
    "no address": None,
}


def test_addresses_are_named_by_url_domain_and_rule(table: Table) -> None:
    place = table(
        [{"caption": f"Line {n}.", "url": url} for n, url in enumerate(URLS)], caption="text"
    )
    listed(
        place, "out.txt", "https://example.com/a.png\n*.painter.example\nxn--bcher-kva.example\n"
    )
    rules = "User-agent: else\nDisallow: /\n\nUser-Agent: *\nDisallow: /closed/\nDisallow: *.gif$\nAllow: /closed/this\n"
    listed(place, "museum.example/ai.txt", rules)
    found = acted(place, {"lists": ["out.txt", "museum.example/ai.txt"], "urls": ["url"]})
    said = {int(row): detail for row, (_, _, detail) in found.items()}
    lists = {"rule": "ai.txt", "url": "out.txt", "domain": "out.txt"}
    assert said == {
        n: f"url's {how} in {lists[how]}" for n, how in enumerate(URLS.values()) if how is not None
    }


def test_rules_of_nobody_are_told() -> None:
    with pytest.raises(DataError, match="does not say of which") as caught:
        read_opt_out("User-agent: *\nDisallow: /\n", "lists/ai.txt")
    assert caught.value.hint is not None
    assert "example.org.ai.txt" in caught.value.hint
    assert (
        read_opt_out("User-agent: *\nDisallow: /\n", "x/shop.example.ai.txt").host == "shop.example"
    )


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("noai, noimageai", True),
        ("googlebot: NoAI", True),
        ("noindex, nofollow", False),
        ("1", True),
        ("0", False),
        ("tdm-reservation: 1", True),
        ("http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED", True),
        ("DMI-ALLOWED", False),
        ("", False),
        ("noaint", False),
    ],
)
def test_metadata_reserve(value: str, found: bool) -> None:
    assert reserves(value) == found


def test_a_field_reserves_for_its_pair(table: Table) -> None:
    rows = [
        {"caption": f"Line {n}.", "tdm": n % 2, "robots": "noai" if n == 2 else None}
        for n in range(4)
    ]
    place = table(rows, caption="text")
    assert acted(place, {}) == {}
    found = acted(place, {"reservations": ["tdm", "robots"]})
    assert [detail for _, _, detail in found.values()] == ["tdm: 1", "robots: noai", "tdm: 1"]


@pytest.mark.parametrize(
    ("term", "found"),
    [
        ("DMI-PROHIBITED-AIMLTRAINING", "DMI-PROHIBITED-AIMLTRAINING"),
        ("DMI-PROHIBITED", "DMI-PROHIBITED"),
        ("DMI-PROHIBITED-SEECONSTRAINT", "DMI-PROHIBITED-SEECONSTRAINT"),
        ("DMI-ALLOWED", None),
        ("DMI-UNSPECIFIED", None),
    ],
)
def test_xmp_of_a_file_reserves(term: str, found: str | None) -> None:
    assert reservation(saying(term)) == found


def test_a_build_honours_what_its_files_say(place: Workspace) -> None:
    (place.media / "food/bread.jpg").write_bytes(saying("DMI-PROHIBITED-GENAIMLTRAINING", 5))
    assert acted(place, {"files": False}) == {}
    place = place.having(steps=[{"consent": {}}])
    place.build()
    pairs, lines, data = place.tables()
    (line,) = lines.filter(pl.col("name") == "consent", pl.col("verdict") == "drop").to_dicts()
    assert line["reason"] == "reserved"
    assert line["detail"] == "image: DMI-PROHIBITED-GENAIMLTRAINING"
    assert line["pair_id"] not in data["pair_id"]
    assert "category" in pairs.columns
    texts = dict(pairs.select("pair_id", "caption").iter_rows())
    assert [one for one, text in texts.items() if text is None] == [line["pair_id"]]
    assert curate("verify", place.release).code == 0


def test_a_list_is_in_the_lock_by_what_it_says(place: Workspace) -> None:
    listed(place, "out.txt", "birds/owl.webp\n")
    place = place.having(version="draft", steps=[{"consent": {"lists": ["out.txt"]}}])
    first = place.build()
    path = place.root / "recipes" / "out.txt"
    lock = (place.release / "recipe.lock.yaml").read_text()
    assert read_document(path)[1] in lock
    assert "out.txt" not in lock
    listed(place, "out.txt", "birds/owl.webp\nnobody\n")
    assert place.build().digest != first.digest
    assert curate("verify", place.release).code == 0


def test_a_list_that_is_not_there_is_told(place: Workspace) -> None:
    with pytest.raises(DataError, match=r"gone\.txt cannot be read"):
        place.decide({"consent": {"lists": ["gone.txt"]}})


@pytest.mark.parametrize("prefix", ["c2pa", "cawg"])
def test_a_signed_assertion_reserves(prefix: str) -> None:
    c2pa = pytest.importorskip("c2pa")
    chain, key = certified()
    entries = {
        f"{prefix}.ai_generative_training": {"use": "notAllowed"},
        f"{prefix}.ai_training": {"use": "allowed"},
        f"{prefix}.data_mining": {"use": "constrained", "constraint_info": "ask us"},
    }
    camera = "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"
    taken = {"action": "c2pa.created", "digitalSourceType": camera}
    said = {
        "claim_generator_info": [{"name": "test", "version": "1"}],
        "assertions": [
            {"label": "c2pa.actions.v2", "data": {"actions": [taken]}},
            {"label": f"{prefix}.training-mining", "data": {"entries": entries}},
        ],
    }
    context, signed = (
        c2pa.Context.from_dict({"builder": {"thumbnail": {"enabled": False}}}),
        io.BytesIO(),
    )
    signer = c2pa.Signer.from_info(c2pa.C2paSignerInfo(b"es256", chain, key, None))
    c2pa.Builder(json.dumps(said), context).sign(signer, "image/jpeg", io.BytesIO(jpeg()), signed)
    assert (
        reservation(signed.getvalue())
        == "ai_generative_training: notAllowed, data_mining: constrained"
    )
    assert reservation(jpeg()) is None


@given(st.binary(max_size=200))
def test_any_bytes_are_read(data: bytes) -> None:
    assert reservation(data) is None or b"DMI-" in data or b"training-mining" in data


@given(st.text(max_size=80), st.text(max_size=60))
def test_any_list_and_any_address_are_read(text: str, url: str) -> None:
    try:
        found = read_opt_out(text, "out.txt")
    except DataError:
        return
    assert found.names_url(url) in (None, "url", "domain")
    assert (
        read_opt_out(f"https://{'a' * 5}.example/{'x'}", "o.txt").names_url(
            "http://aaaaa.example/x"
        )
        == "url"
    )
