"""`pseudo_label` by models: words spoken, translations, languages and categories, each for real."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import soundfile as sf
from PIL import Image

from curate.recipe import read_recipe
from curate.run.build import Options, opened
from curate.run.progress import Silence
from curate.steps.transcribe import Transcribe
from tests.models.talkers import SAID, coloured, text_talker
from tests.models.tiny import clip
from tests.steps.asked import Asked, fields
from tests.steps.conftest import Table
from tests.workspace import Workspace, curate, tone

STAMPS = Path("/usr/share/tuxpaint/stamps")
needs_stamps = pytest.mark.skipif(
    not STAMPS.is_dir(), reason="the Debian package tuxpaint-stamps-default is not installed"
)
SPOKEN = ("blackbird", "elephant", "giraffe", "penguin")


def labelled(place: Workspace, step: dict[str, Any]) -> pl.DataFrame:
    """What the step says of each pair and fills in, in the order of the rows."""
    read = read_recipe(place.having(steps=[{"pseudo_label": step}]).path)
    with opened(read, Options(), Silence()) as (course, asking):
        outcome = read.steps[0].decide(course.living, asking)
        assert outcome.changed is not None
        rows = course.living.select("pair_id", "position").join(outcome.verdicts, on="pair_id")
        new = outcome.changed.select("pair_id", value=pl.col(step["fill"]).cast(pl.String))
        return rows.join(new, on="pair_id", how="left").sort("position")


def typed(place: Workspace, **fields: dict[str, Any]) -> Workspace:
    """The workspace with more said of its fields."""
    old = place.recipe["fields"]
    return place.having(fields={name: {**old[name], **fields.get(name, {})} for name in old})


def test_errors_of_transcripts_are_counted() -> None:
    step = Transcribe(transcribe="speech", fill="caption")
    labels = pl.DataFrame(
        {"truth": ["A small red bird.", "two cats"], "value": ["a small bird", "two caps"]}
    )
    ask = Asked(fields(speech="audio", caption="text"), {})
    wer, cer = (step.errors(labels, ask)[rate].struct.unnest().rows() for rate in ("wer", "cer"))
    assert wer == [pytest.approx((1, 4)), pytest.approx((1, 2))]
    assert cer == [pytest.approx((3, 13)), pytest.approx((1, 7))]


@needs_stamps
def test_what_is_spoken_is_written_down(table: Table, tmp_path: Path) -> None:
    rows = [{"speech": f"{name}.ogg", "caption": None} for name in SPOKEN]
    place = table([*rows, {"speech": "hum.wav", "caption": None}], speech="audio", caption="text")
    for name in SPOKEN:
        found = next(STAMPS.rglob(f"{name}_desc.ogg"))
        shutil.copy(found, tmp_path / "media" / f"{name}.ogg")
    sf.write(tmp_path / "media" / "hum.wav", [0.0] * 16_000, 16_000)
    step = {"transcribe": "speech", "fill": "caption", "min_confidence": 0.3}
    english = {"language": "en"}
    said = labelled(typed(place, speech=english, caption=english), step)
    heard = [text.lower().strip(" .") for text in said["value"].drop_nulls()]
    assert heard == list(SPOKEN)
    assert said["reason"].to_list()[:4] == ["caption filled"] * 4
    assert said["verdict"].to_list()[4] == "keep"
    assert said["score"].drop_nulls().is_between(0.3, 1).all()


def test_a_recording_in_another_language_is_objected_to(table: Table, tmp_path: Path) -> None:
    place = table([{"speech": "hum.wav", "caption": None}], speech="audio", caption="text")
    tone(tmp_path / "media" / "hum.wav")
    place = typed(place, speech={"language": "fr"}, caption={"language": "en"})
    step = {"transcribe": "speech", "fill": "caption"}
    said = curate("plan", place.having(steps=[{"pseudo_label": step}]).path)
    assert said.code == 2
    assert "'speech' is spoken in fr, 'caption' is en" in said.err


def test_captions_are_translated(table: Table, tmp_path_factory: pytest.TempPathFactory) -> None:
    model = text_talker(tmp_path_factory.mktemp("models"))
    captions = ["a red boat", "a green tree", "a blue bird"]
    rows = [{"caption": caption, "french": None} for caption in captions]
    place = table([*rows, {"caption": None, "french": "un chat"}], caption="text", french="text")
    place = typed(place, caption={"language": "en"}, french={"language": "fr"})
    step = {"translate": "caption", "fill": "french", "by": f"file:{model}", "tokens": 12}
    said = labelled(place, {**step, "prefix": "to French: "})
    assert said["value"].to_list()[:3] == [SAID[f"to French: {caption}"] for caption in captions]
    bare = place.having(fields={**place.recipe["fields"], "french": {"type": "text"}})
    told = curate("plan", bare.having(steps=[{"pseudo_label": step}]).path)
    assert "'french' declares no language" in told.err


def test_texts_are_told_by_their_language(table: Table) -> None:
    texts = {
        "The quick brown fox jumps over the lazy dog": "en",
        "Der schnelle braune Fuchs springt über den faulen Hund": "de",
        "Le renard brun et rapide saute par-dessus le chien": "fr",
        "123 456": None,
    }
    place = table([{"text": text, "tongue": None} for text in texts], text="text")
    among = {"among": ["en", "de", "fr"]}
    said = labelled(place, {"language": "text", "fill": "tongue", **among})
    assert said["value"].to_list() == list(texts.values())
    assert said["detail"][3] == "the text has no language"


def test_texts_are_classified_by_names_alone(table: Table) -> None:
    texts = ["a slice of bread with butter", "an owl and an eagle", "a hammer and a saw"]
    place = table([{"text": text, "kind": None} for text in texts], text="text")
    labels = {"f": "food", "b": "birds", "t": "tools"}
    step = {"classify": "text", "fill": "kind", "labels": labels, "template": "about {}"}
    said = labelled(place, {**step, "min_confidence": 0.5})
    assert said["value"].to_list() == ["f", "b", "t"]
    unsure = labelled(place, {**step, "temperature": 10.0, "min_confidence": 0.5})
    assert set(unsure["reason"]) == {"label of kind not confident"}


def test_pictures_are_classified_by_any_encoder_of_both(
    table: Table, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    model = clip(tmp_path_factory.mktemp("models"))
    names = [f"{colour}.png" for colour in ("red", "green")]
    rows = [{"image": name, "kind": None} for name in names]
    place = table([*rows, {"image": "blue.png", "kind": "cat"}], image="image")
    for name in [*names, "blue.png"]:
        Image.fromarray(coloured(name.removesuffix(".png"))).save(tmp_path / "media" / name)
    step = {"classify": "image", "fill": "kind", "encoder": f"file:{model}", "min_confidence": 0}
    said = labelled(place, {**step, "labels": ["cat", "dog"]})
    assert said["verdict"].to_list() == ["change", "change", "keep"]
    assert set(said["value"].drop_nulls()) <= {"cat", "dog"}
