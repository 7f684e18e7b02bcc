"""`croissant.json`: valid to mlcroissant, its records are those of the tables, its names are real."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from PIL import Image

from curate.cards.croissant import CONTEXT, croissant
from curate.cards.responsible import VOCABULARY
from curate.governance.facts import Facts
from curate.governance.statement import Statement, derived
from curate.pairs.terms import TERMS
from curate.release.evidence import read_facts
from tests.cards.conftest import document
from tests.conftest import Finished
from tests.workspace import Workspace

mlcroissant = pytest.importorskip("mlcroissant")
pytestmark = pytest.mark.filterwarnings(
    "ignore:ConjunctiveGraph is deprecated", "ignore:The inplace keyword in DataFrame"
)  # of mlcroissant and of what it uses


def opened(release: Path) -> Any:
    return mlcroissant.Dataset(jsonld=str(release / "croissant.json"))


def warnings_of(release: Path) -> str:
    issues = opened(release).metadata.ctx.issues
    assert not issues.errors
    return str(issues.report())


def test_valid_and_complete_where_people_answered(told: Path) -> None:
    assert warnings_of(told) == ""


def test_what_nobody_said_is_warned_of_and_not_invented(finished: Finished) -> None:
    said = warnings_of(finished.release)
    for name in ("citeAs", "datePublished", "license"):
        assert f'{name}" is recommended, but does not exist' in said
    assert said.count("does not exist") == 3
    assert not {"creator", "url", "usageInfo"} & document(finished.release, "croissant.json").keys()


@pytest.mark.parametrize("table", ["data", "pairs", "decisions", "made"])
def test_records_are_the_rows_of_the_table(told: Path, table: str) -> None:
    read = list(opened(told).records(table))
    rows = list(rows_of(told, table))
    assert [plain(record, table) for record in read] == rows
    assert rows


def rows_of(release: Path, table: str) -> Iterator[dict[str, Any]]:
    """Of a table's files, media as hashes of pixels or bytes."""
    frames: list[tuple[pl.DataFrame, dict[str, str]]]
    if table != "data":
        frames = [(pl.read_parquet(release / f"{table}.parquet"), {})]
    else:
        files = sorted(release.glob("data/*/*.parquet"))
        frames = [(pl.read_parquet(path), {"split": path.parent.name}) for path in files]
    for frame, more in frames:
        for row in frame.to_dicts():
            yield {**more, **{name: medium(name, cell) for name, cell in row.items()}}


def medium(name: str, cell: Any) -> Any:
    if not isinstance(cell, dict):
        return cell
    return pixels(Image.open(io.BytesIO(cell["bytes"]))) if name == "image" else cell["bytes"]


def pixels(image: Image.Image) -> bytes:
    return np.asarray(image.convert("RGB")).tobytes()


MEDIA = ("speech", "motion")


def plain(record: dict[str, Any], table: str) -> dict[str, Any]:
    """A record as mlcroissant gives it, with texts for texts and Python's numbers."""
    named = {key.removeprefix(f"{table}/"): value for key, value in record.items()}
    return {name: value if name in MEDIA else python(value) for name, value in named.items()}


def python(value: Any) -> Any:
    if isinstance(value, Image.Image):
        return pixels(value)
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, list):
        return [python(part) for part in value]
    return value.item() if isinstance(value, np.generic) else value


def test_every_table_and_every_file_with_the_hash_of_the_manifest(told: Path) -> None:
    listed = document(told, "manifest.json")["files"]
    parts = document(told, "croissant.json")["distribution"]
    hashed = {part["@id"]: part["sha256"] for part in parts if part["@type"] == "cr:FileObject"}
    tables = {name: entry["sha256"] for name, entry in listed.items() if name.endswith(".parquet")}
    assert hashed == tables


def test_every_column_is_a_field(told: Path) -> None:
    sets = {one["name"]: one for one in document(told, "croissant.json")["recordSet"]}
    for path in told.glob("*.parquet"):
        names = [field["name"] for field in sets[path.stem]["field"]]
        assert names == [*pl.read_parquet_schema(path)]
    first = next(told.glob("data/*/*.parquet"))
    kinds = {field["name"]: field["dataType"] for field in sets["data"]["field"]}
    assert [*kinds] == ["split", *pl.read_parquet_schema(first)]
    assert kinds["image"] == "sc:ImageObject"
    assert kinds["speech"] == "sc:AudioObject"
    assert (kinds["year"], kinds["sharpness"]) == ("cr:Int64", "cr:Float64")
    assert kinds["indoors"] == "sc:Boolean"


def test_context_is_that_of_the_specification() -> None:
    from mlcroissant._src.core.context import Context
    from mlcroissant._src.core.rdf import make_context

    theirs = make_context(Context(conforms_to="http://mlcommons.org/croissant/1.1"))
    assert {name: CONTEXT.get(name) for name in theirs} == theirs


def test_triples_have_the_names_of_their_vocabularies(told: Path) -> None:
    rdflib = pytest.importorskip("rdflib")
    graph = rdflib.Graph().parse(told / "croissant.json", format="json-ld")
    names = {str(name) for name in graph.predicates()}
    rai = {name.rpartition("/")[2] for name in names if "/croissant/RAI/" in name}
    assert rai <= VOCABULARY
    assert {"dataUseCases", "dataLimitations", "dataPreprocessingProtocol"} <= rai
    prov = {
        name.rpartition("#")[2] for name in names if name.startswith("http://www.w3.org/ns/prov")
    }
    assert prov == {
        "wasDerivedFrom",
        "wasGeneratedBy",
        "wasAttributedTo",
        "label",
        "wasAssociatedWith",
    }
    conforms = {str(o) for o in graph.objects(None, rdflib.DCTERMS.conformsTo)}
    assert "http://mlcommons.org/croissant/1.1" in conforms


def test_provenance_and_conditions_of_use(told: Path) -> None:
    found = document(told, "croissant.json")
    assert found["usageInfo"][0] == {
        "@type": "sc:DefinedTerm",
        "termCode": "DUO_0000042",
        "url": "duo:0000042",
    }
    assert found["usageInfo"][1]["description"] == "Tests, and nothing | else."
    agents = [agent["prov:label"] for agent in found["prov:wasAttributedTo"]]
    assert agents[1:] == ["A. Author; B. Author"]
    sets = {one["name"]: one for one in found["recordSet"]}
    fields = {field["name"]: field for field in sets["data"]["field"]}
    made = fields["image"]["prov:wasGeneratedBy"][0]
    assert made["prov:label"].startswith("synthesize augment")
    assert "prov:wasGeneratedBy" not in fields["caption"]


def licensed(facts: Facts, counts: dict[str, int], terms: list[str]) -> dict[str, Any]:
    known = facts.licences.model_copy(
        update={
            "counts": derived(counts, "pairs.parquet"),
            "terms": derived(terms, "pairs.parquet"),
        }
    )
    answers = {key: said for key, said in facts.answers.items() if key == "purpose"}
    return croissant(facts.model_copy(update={"licences": known, "answers": answers}), [])


def test_licences_of_pairs_and_what_they_ask(facts: Facts) -> None:
    found = licensed(facts, {"CC-BY-NC-4.0": 3, "MIT": 2}, ["attribution", "non-commercial"])
    assert found["license"] == [
        "https://spdx.org/licenses/CC-BY-NC-4.0.html",
        "https://spdx.org/licenses/MIT.html",
    ]
    offer = found["usageInfo"][0]
    assert offer["odrl:permission"]["odrl:duty"][0]["odrl:action"] == {"@id": "cc:Attribution"}
    assert offer["odrl:prohibition"][0]["odrl:action"] == {"@id": "cc:CommercialUse"}


def test_nothing_is_offered_under_terms_that_nobody_knows(facts: Facts) -> None:
    found = licensed(facts, {"LicenseRef-Mine": 3, "MIT AND ISC": 1}, ["attribution", "unknown"])
    assert found["license"] == ["LicenseRef-Mine", "MIT AND ISC"]
    (said,) = found["usageInfo"]
    assert "odrl:permission" not in said
    assert said["description"].startswith("Known terms: attribution. ")


def test_every_term_of_a_licence_has_its_rule(facts: Facts) -> None:
    found = licensed(facts, {"MIT": 1}, list(TERMS))["usageInfo"][0]
    rules = [*found["odrl:permission"]["odrl:duty"], *found["odrl:prohibition"]]
    assert len(rules) == len(TERMS)


@pytest.mark.parametrize(("said", "written"), [("2026-11-30", True), ("in autumn", False)])
def test_a_date_that_readers_would_refuse_is_left_out(
    finished: Finished, said: str, written: bool
) -> None:
    facts = read_facts(finished.release)
    answers = {"published": Statement[str](value=said, status="declared", by="Ada")}
    made = croissant(facts.model_copy(update={"answers": answers}), [])
    assert ("datePublished" in made) is written


def test_answers_that_are_not_applicable_are_left_out(told: Path) -> None:
    assert "rai:annotatorDemographics" not in document(told, "croissant.json")


def test_no_value_is_empty(told: Path, finished: Finished) -> None:
    for release in (told, finished.release):
        text = json.dumps(document(release, "croissant.json"))
        assert "null" not in text
        assert '""' not in text


def test_a_release_by_reference_says_where_media_lie(workspace: Workspace) -> None:
    place = workspace.having(release={"media": "reference"})
    place.build()
    records = list(opened(place.release).records("data"))
    rows = list(rows_of(place.release, "data"))
    assert [plain(record, "data") for record in records] == rows
    assert {"image_uri", "image_sha256"} <= rows[0].keys()
