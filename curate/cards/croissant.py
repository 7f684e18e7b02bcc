"""`croissant.json`: a release's files, columns and splits as Croissant 1.1 says them.

Croissant (https://docs.mlcommons.org/croissant/docs/croissant-spec-1.1.html) is JSON-LD that dataset
tools read records by. Paths are relative to the document. What people would have to say and have
not (a licence, a creator, a date) is left out, so that readers warn of it instead of believing it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from curate.cards.provenance import made_by, provenance
from curate.cards.responsible import responsible
from curate.cards.use_conditions import use_conditions

if TYPE_CHECKING:
    from curate.governance.facts import Facts

FILE = "croissant.json"
CONFORMS_TO = ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"]
DATA = "data"
"""The table of the kept pairs, one folder of files per split."""
_PARQUET = "application/x-parquet"

CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "cc": "http://creativecommons.org/ns#",
    "prov": "http://www.w3.org/ns/prov#",
    "odrl": "http://www.w3.org/ns/odrl/2/",
    "duo": "http://purl.obolibrary.org/obo/DUO_",
    **{
        term: f"cr:{term}"
        for term in [
            "annotation",
            "arrayShape",
            "citeAs",
            "column",
            "containedIn",
            "equivalentProperty",
            "excludes",
            "extract",
            "field",
            "fileProperty",
            "fileObject",
            "fileSet",
            "format",
            "includes",
            "isArray",
            "isLiveDataset",
            "jsonPath",
            "key",
            "md5",
            "parentField",
            "path",
            "readLines",
            "recordSet",
            "references",
            "regex",
            "repeated",
            "replace",
            "samplingRate",
            "sdVersion",
            "separator",
            "source",
            "subField",
            "transform",
            "unArchive",
            "value",
        ]
    },
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "description": {"@container": "@language"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "name": {"@container": "@language"},
}
"""The context of the specification's appendix, with the vocabularies used beside it."""

_MEDIA = {
    "image": "sc:ImageObject",
    "audio": "sc:AudioObject",
    "video": "sc:VideoObject",
    "sensor": ["sc:MediaObject", "sc:Text"],
}
"""Of a stream no type says more; `sc:Text` is the atomic type that leaves bytes as they are."""
_TABLES = {
    DATA: "The pairs that were kept, by split.",
    "pairs": "Every pair ever seen, kept or not, with where it is from.",
    "decisions": "What every step said of every pair, and why.",
    "clusters": "Copies, and what they are copies of.",
    "made": "Every content that a machine made, taken or not, and how.",
}


@dataclass(frozen=True)
class Table:
    """A table of a release."""

    name: str
    schema: pa.Schema
    files: Mapping[str, Mapping[str, Any]]
    """Name in the release -> `sha256` and `size`."""


def croissant(facts: Facts, tables: Sequence[Table]) -> dict[str, Any]:
    """The document; `tables` are the release's Parquet tables, that of the kept pairs as `data`."""
    splits = sorted(facts.pairs.splits.value or {})
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": CONFORMS_TO,
        **_about(facts),
        **use_conditions(facts),
        **responsible(facts),
        **provenance(facts),
        "distribution": [part for table in tables for part in _files(table)],
        "recordSet": [_splits(splits), *(_records(table, facts) for table in tables)],
    }


def _about(facts: Facts) -> dict[str, Any]:
    """What identifies the dataset; of what people must say, only what they have said."""
    said = {key: answer.value for key, answer in facts.answers.items() if answer.value is not None}
    authors = [part.strip() for part in said.get("authors", "").split(";") if part.strip()]
    languages = {field.language for field in facts.inputs.fields.value or ()} - {None}
    about = {
        "name": facts.release.name.value,
        "description": facts.release.description.value,
        "version": facts.release.version.value,
        "sdVersion": facts.release.version.value,
        "identifier": f"sha256:{facts.release.digest.value}",
        "inLanguage": sorted(str(tag) for tag in languages),
        "license": _licences(facts, said),
        "creator": [{"@type": "sc:Person", "name": name} for name in authors],
        "url": said.get("homepage"),
        "citeAs": said.get("citation"),
        "datePublished": _date(said.get("published")),
    }
    return {key: value for key, value in about.items() if value}


def _date(said: str | None) -> str | None:
    """A date as ISO 8601 writes it; readers refuse a document with any other."""
    return said if said and re.fullmatch(r"\d{4}-\d\d-\d\d", said) else None


def _licences(facts: Facts, said: Mapping[str, str]) -> list[str]:
    """What somebody says of the whole; else every licence of a pair, by its page at SPDX."""
    if "licence" in said:
        return [said["licence"]]
    return [_page(spdx) for spdx in facts.licences.counts.value or {}]


def _page(spdx: str) -> str:
    """An expression of several licences, or one that SPDX does not list, has no page."""
    listed = re.fullmatch(r"(?!LicenseRef-)[A-Za-z0-9.+-]+", spdx)
    return f"https://spdx.org/licenses/{spdx}.html" if listed else spdx


def _files(table: Table) -> Iterator[dict[str, Any]]:
    """Every file with its hash, and the set of them that a record set is read from."""
    for name, entry in table.files.items():
        yield {
            "@type": "cr:FileObject",
            "@id": name,
            "name": name,
            "contentUrl": name,
            "contentSize": f"{entry['size']} B",
            "sha256": entry["sha256"],
            "encodingFormat": _PARQUET,
        }
    if table.name == DATA:
        yield {
            "@type": "cr:FileSet",
            "@id": f"{DATA}-files",
            "name": f"{DATA}-files",
            "description": "The files of all splits.",
            "encodingFormat": _PARQUET,
            "includes": f"{DATA}/*/*.parquet",
        }


def _splits(splits: Sequence[str]) -> dict[str, Any]:
    field = {"@type": "cr:Field", "@id": "splits/name", "name": "name", "dataType": "sc:Text"}
    return {
        "@type": "cr:RecordSet",
        "@id": "splits",
        "name": "splits",
        "description": "The parts that the kept pairs are divided into.",
        "dataType": "cr:Split",
        "key": {"@id": "splits/name"},
        "field": [field],
        "data": [{"splits/name": name} for name in splits],
    }


def _records(table: Table, facts: Facts) -> dict[str, Any]:
    media = {field.name: field.type for field in facts.inputs.fields.value or ()}
    fields = [_field(table.name, column, media.get(column.name), facts) for column in table.schema]
    return {
        "@type": "cr:RecordSet",
        "@id": table.name,
        "name": table.name,
        "description": _TABLES[table.name],
        **({"key": {"@id": f"{table.name}/pair_id"}} if table.name in (DATA, "pairs") else {}),
        "field": [*([_split_field()] if table.name == DATA else []), *fields],
    }


def _split_field() -> dict[str, Any]:
    """The split is the folder that a file lies in."""
    return {
        "@type": "cr:Field",
        "@id": f"{DATA}/split",
        "name": "split",
        "dataType": "sc:Text",
        "references": {"field": {"@id": "splits/name"}},
        "source": {
            "fileSet": {"@id": f"{DATA}-files"},
            "extract": {"fileProperty": "fullpath"},
            # Readers that apply a transform a second time find the same again.
            "transform": {"regex": f"^(?:{DATA}/)?([^/]+)"},
        },
    }


def _field(table: str, column: pa.Field, modality: str | None, facts: Facts) -> dict[str, Any]:
    embedded = pa.types.is_struct(column.type)
    source: dict[str, Any] = {
        **_place(table),
        "extract": {"column": column.name},
        **({"transform": {"jsonPath": "bytes"}} if embedded else {}),
    }
    kind = _MEDIA[str(modality)] if embedded else _data_type(column.type)
    return {
        "@type": "cr:Field",
        "@id": f"{table}/{column.name}",
        "name": column.name,
        "dataType": kind,
        **({"isArray": True, "arrayShape": "-1"} if _is_list(column.type) else {}),
        **(made_by(facts, column.name) if table == DATA else {}),
        "source": source,
    }


def _place(table: str) -> dict[str, Any]:
    if table == DATA:
        return {"fileSet": {"@id": f"{DATA}-files"}}
    return {"fileObject": {"@id": f"{table}.parquet"}}


def _data_type(kind: pa.DataType) -> str:
    if _is_list(kind):
        return _data_type(kind.value_type)
    if pa.types.is_boolean(kind):
        return "sc:Boolean"
    if pa.types.is_integer(kind):
        return f"cr:{'U' if pa.types.is_unsigned_integer(kind) else ''}Int{kind.bit_width}"
    if pa.types.is_floating(kind):
        return f"cr:Float{kind.bit_width}"
    return "sc:Text"


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind))
