"""Names of people in texts, by a model that a reference names.

    spaCy        a folder with `config.cfg`, or a package that holds one (its entities PERSON and PER)
    transformers a folder with `config.json` of a token classifier (labels that end in PER or PERSON)

spaCy says of no entity how sure it is; Presidio gives such finds 0.85, and so does this.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from curate.errors import CurateError, MissingExtra
from curate.models.weights import SAFE, model_name

Found: TypeAlias = dict[str, Any]
Namer: TypeAlias = Callable[[str], list[Found]]

UNSAID = 0.85
_PEOPLE = ("PER", "PERSON")


def load_namer(folder: Path) -> Namer:
    """`start`, `end`, `kind` and `score` of every name; safe to call from many threads at once."""
    config = next(iter(sorted(folder.rglob("config.cfg"))), None)
    if config is not None:
        return _spacy(config.parent)
    if (folder / "config.json").is_file():
        return _classifier(folder)
    raise CurateError(
        f"{model_name(folder)} finds no names",
        "name a spaCy pipeline (config.cfg) or a token classifier (config.json)",
    )


def _spacy(folder: Path) -> Namer:
    try:
        import spacy
    except ImportError as error:
        raise MissingExtra(model_name(folder), "privacy") from error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of another version of spaCy
            pipeline = spacy.load(folder)
    except (OSError, ValueError) as error:
        words = str(error).splitlines()[0]
        raise CurateError(f"{model_name(folder)} cannot be loaded: {words}") from error
    gate = threading.Lock()

    def names(text: str) -> list[Found]:
        with gate:
            found = [e for e in pipeline(text).ents if e.label_ in _PEOPLE]
        return [_found(entity.start_char, entity.end_char, UNSAID) for entity in found]

    return names


def _classifier(folder: Path) -> Namer:
    try:
        from transformers import AutoModelForTokenClassification, AutoTokenizer, pipeline
    except ImportError as error:
        raise MissingExtra(model_name(folder), "encoders") from error
    try:
        network = AutoModelForTokenClassification.from_pretrained(
            folder, use_safetensors=True, **SAFE
        )
        tokenizer = AutoTokenizer.from_pretrained(folder, **SAFE)
    except (OSError, ValueError) as error:
        words = str(error).splitlines()[0]
        raise CurateError(f"{model_name(folder)} cannot be loaded: {words}") from error
    _check_labels(folder, network.config.id2label)
    classify = pipeline(
        "token-classification", network.eval(), tokenizer=tokenizer, aggregation_strategy="simple"
    )
    gate = threading.Lock()

    def names(text: str) -> list[Found]:
        with gate:
            found = [e for e in classify(text) if _is_person(e["entity_group"])]
        return [_found(e["start"], e["end"], round(float(e["score"]), 4)) for e in found]

    return names


def _check_labels(folder: Path, labels: Mapping[int, str]) -> None:
    if not any(_is_person(label) for label in labels.values()):
        raise CurateError(
            f"{model_name(folder)} has no label for people: {', '.join(sorted(labels.values()))}",
            "name a model with PER or PERSON among its labels",
        )


def _is_person(label: str) -> bool:
    return label.upper().rpartition("-")[2] in _PEOPLE


def _found(start: int, end: int, score: float) -> Found:
    return {"start": start, "end": end, "kind": "person", "score": score}
