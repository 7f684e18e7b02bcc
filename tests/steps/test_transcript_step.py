"""`align` by what is heard: real recordings against their captions, cut, silent, of another tongue."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import soundfile as sf
import soxr

from curate.errors import CurateError
from curate.measures.word_errors import normal
from curate.recipe import read_recipe
from curate.run.build import Options, opened
from curate.run.progress import Silence
from curate.steps.step import Step
from curate.steps.transcript import Transcript
from tests.recognisers import write_ctc, write_whisper
from tests.recordings import film
from tests.steps.conftest import Table
from tests.workspace import Workspace, tone

STAMPS = Path("/usr/share/tuxpaint/stamps")
needs_stamps = pytest.mark.skipif(
    not STAMPS.is_dir(), reason="the Debian package tuxpaint-stamps-default is not installed"
)
CLEAR = ("blackbird", "elephant", "giraffe", "penguin", "badger", "iguana", "tiger", "grasshopper")
"""Stamps whose name is spoken so that a small recogniser understands it."""


def parsed(**parameters: Any) -> Step:
    given = {"transcribe": "speech", "against": "caption", **parameters}
    return Transcript.parse(given)


def decided(place: Workspace, step: Step) -> pl.DataFrame:
    """What the step says, in the order of the rows, with the columns that it adds."""
    with opened(read_recipe(place.having(steps=[]).path), Options(), Silence()) as (course, asking):
        outcome = step.decide(course.living, asking)
        assert outcome.columns is not None
        rows = course.living.select("pair_id", "position")
        return rows.join(outcome.verdicts, on="pair_id").join(outcome.columns, on="pair_id")


def languages(place: Workspace, **tags: str | None) -> Workspace:
    """The workspace with its fields' languages declared, or not."""
    fields = {
        name: {**field, **({"language": tags[name]} if tags.get(name) else {})}
        for name, field in place.recipe["fields"].items()
    }
    return place.having(fields=fields)


def recording(name: str, ending: str = "_desc.ogg") -> Path:
    return next(STAMPS.rglob(f"{name}{ending}"))


def one_after_another(names: Sequence[str]) -> tuple[np.ndarray, int]:
    """Recordings of several stamps as one."""
    parts = [sf.read(recording(name), dtype="float32", always_2d=True) for name in names]
    rate = parts[0][1]
    assert all(each == rate for _, each in parts)
    return np.concatenate([samples.mean(axis=1) for samples, _ in parts]), rate


def write(folder: Path, name: str, samples: np.ndarray, rate: int) -> str:
    (folder / "media").mkdir(exist_ok=True)
    sf.write(folder / "media" / name, samples, rate)
    return name


@pytest.fixture
def spoken(table: Table, tmp_path: Path) -> Workspace:
    """One recording, whole and mistreated."""
    names = CLEAR[:6]
    text = ", ".join(names)
    sound, rate = one_after_another(names)
    cut = int(len(sound) * 0.4)
    still = np.zeros(rate, dtype=np.float32)
    sounds = {
        "whole.wav": sound,
        "no_head.wav": sound[cut:],
        "no_tail.wav": sound[:-cut],
        "late.wav": np.concatenate([still, sound[cut:]]),
        "silent.wav": still,
    }
    rows: list[dict[str, Any]] = [
        {"speech": write(tmp_path, name, each, rate), "caption": text}
        for name, each in sounds.items()
    ]
    rows += [
        {"speech": "whole.wav", "caption": "the price of steel has fallen"},
        {"speech": "whole.wav", "caption": "..."},
        {"speech": None, "caption": text},
    ]
    return languages(table(rows, speech="audio", caption="text"), speech="en-GB", caption="en")


@needs_stamps
def test_each_failing_has_its_own_reason(spoken: Workspace) -> None:
    said = decided(spoken, parsed(drop={"wer_above": 0.3}))
    assert said["verdict"].to_list() == ["keep", *["drop"] * 5, *["not_assessed"] * 2]
    assert said["reason"].to_list() == [
        None,
        "head cut off",
        "tail cut off",
        "wer above threshold",
        "no speech heard",
        "wer above threshold",
        "the text has no words",
        "a side is missing",
    ]
    assert said["score"].to_list() == said["transcript"].to_list()
    assert said["score"][0] == 1
    assert said["score"][4] == 0
    assert said["score"].null_count() == 2
    assert said["threshold"].drop_nulls().unique().to_list() == [0.7]
    assert "Giraffe" in said["detail"][0].title()
    assert said["detail"][4] == "heard nothing, WER 1, CER 1"


@needs_stamps
def test_cut_recordings_go_however_few_their_errors(spoken: Workspace) -> None:
    said = decided(spoken, parsed(drop={"cut": True}, **{"as": "heard"}))
    gone = said.filter(pl.col("verdict") == "drop")
    assert gone["reason"].to_list() == ["head cut off", "tail cut off"]
    assert said["heard"].equals(said["score"], check_names=False)


@needs_stamps
def test_without_drop_pairs_are_only_scored(spoken: Workspace) -> None:
    said = decided(spoken, parsed())
    assert set(said["verdict"]) == {"keep", "not_assessed"}
    assert said["score"].null_count() == 2


@needs_stamps
@pytest.mark.parametrize(
    ("tags", "verdict", "reason"),
    [
        ({"speech": "fr"}, "not_assessed", "the model knows en, not fr"),
        ({"speech": "fr-CA", "caption": "fr"}, "not_assessed", "the model knows en, not fr"),
        ({"caption": "fr"}, "not_assessed", "the model knows en, not fr"),
        ({"caption": "en-US"}, "keep", None),
        ({}, "keep", None),
    ],
)
def test_what_the_model_does_not_know_is_not_assessed(
    table: Table,
    tmp_path: Path,
    tags: dict[str, str],
    verdict: str,
    reason: str | None,
) -> None:
    """A field that declares no language is taken to be in the text's by a model that knows one."""
    (tmp_path / "media").mkdir()
    shutil.copy(recording("elephant"), tmp_path / "media" / "speech.ogg")
    rows = [{"speech": "speech.ogg", "caption": "elephant"}]
    place = languages(table(rows, speech="audio", caption="text"), **tags)
    said = decided(place, parsed(drop={"wer_above": 0.5}))
    assert (said["verdict"].item(), said["reason"].item()) == (verdict, reason)


@needs_stamps
def test_the_sound_of_films_is_heard(table: Table, tmp_path: Path) -> None:
    """A film without sound is no broken film, and says nothing for or against its text."""
    (tmp_path / "media").mkdir()
    sound, rate = one_after_another(CLEAR[:4])
    stereo = np.stack([soxr.resample(sound, rate, 48_000)] * 2)
    (tmp_path / "media" / "heard.mp4").write_bytes(film(sound=stereo))
    (tmp_path / "media" / "mute.mp4").write_bytes(film())
    rows = [{"speech": name, "caption": " ".join(CLEAR[:4])} for name in ("heard.mp4", "mute.mp4")]
    said = decided(table(rows, speech="video", caption="text"), parsed(drop={"wer_above": 0.3}))
    assert said["verdict"].to_list() == ["keep", "not_assessed"]
    assert said["reason"].to_list() == [None, "holds no sound"]
    assert said["score"].to_list() == [1.0, None]


def test_what_cannot_be_read_says_so(table: Table, tmp_path: Path) -> None:
    (tmp_path / "media").mkdir()
    tone(tmp_path / "media" / "whole.wav")
    data = (tmp_path / "media" / "whole.wav").read_bytes()
    (tmp_path / "media" / "half.wav").write_bytes(data[: len(data) // 2])
    place = table([{"speech": "half.wav", "caption": "a duck"}], speech="audio", caption="text")
    said = decided(place, parsed(drop={"wer_above": 0.5}))
    assert said["verdict"].item() == "unreadable"
    assert said["reason"].item() == "speech unreadable"


def test_what_is_heard_in_another_language_than_the_text_is_not_assessed(
    table: Table, tmp_path: Path
) -> None:
    """Models of many languages detect one where the field declares none."""
    (tmp_path / "model").mkdir()
    write_whisper(tmp_path / "model")
    (tmp_path / "media").mkdir()
    tone(tmp_path / "media" / "speech.wav")
    rows = [{"speech": "speech.wav", "caption": "a duck"}]
    place = table(rows, speech="audio", caption="text")
    step = parsed(model=f"file:{tmp_path / 'model'}", drop={"wer_above": 0.5})
    assert decided(place, step)["verdict"].item() == "drop"
    said = decided(languages(place, caption="eu"), step)
    assert said["verdict"].item() == "not_assessed"
    assert said["reason"].item().startswith("spoken in ")
    assert said["reason"].item().endswith(", written in eu")


def test_a_ctc_model_s_language_is_stated(table: Table, tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    write_ctc(tmp_path / "model")
    (tmp_path / "media").mkdir()
    tone(tmp_path / "media" / "speech.wav", seconds=2.0)
    rows = [{"speech": "speech.wav", "caption": "un canard"}]
    place = languages(table(rows, speech="audio", caption="text"), speech="fr", caption="fr")
    model = f"file:{tmp_path / 'model'}"
    with pytest.raises(CurateError, match="says no language"):
        decided(place, parsed(model=model))
    unknown = decided(place, parsed(model=model, language="en"))
    assert unknown["reason"].item() == "the model knows en, not fr"
    assert decided(place, parsed(model=model, language="fr"))["score"].item() <= 0


FIELDS = {
    "speech": {"type": "audio", "language": "fr"},
    "caption": {"type": "text", "language": "en"},
    "picture": {"type": "image"},
}


@pytest.mark.parametrize(
    ("parameters", "path", "message"),
    [
        ({"transcribe": "picture"}, ("transcribe",), "'picture' is a field of type image"),
        ({"against": "speech"}, ("against",), "'speech' is a field of type audio"),
        ({"against": "captoin"}, ("against",), "'captoin' is no field"),
        ({}, ("against",), "'speech' is spoken in fr and 'caption' written in en"),
    ],
)
def test_objections(parameters: dict[str, str], path: tuple[str, ...], message: str) -> None:
    from pydantic import TypeAdapter

    from curate.pairs.field import Field

    fields = {name: TypeAdapter(Field).validate_python(each) for name, each in FIELDS.items()}
    found = next(iter(parsed(**parameters).check(fields)))
    assert (found.path, found.message) == (path, message)


@pytest.mark.slow
@needs_stamps
def test_the_stamps_speech_against_their_captions(table: Table, tmp_path: Path) -> None:
    """Nobody says the article, and names are short: half of the captions stay below 0.6."""
    said = decided(captioned(table, tmp_path), parsed(drop={"wer_above": 0.6}))
    assert said.height == 65
    assert (said["verdict"] == "keep").sum() >= 30
    assert not said["reason"].fill_null("").str.contains("cut off").any()


def captioned(table: Table, folder: Path) -> Workspace:
    """Every stamp that is spoken of in English, with its caption."""
    (folder / "media").mkdir()
    rows = []
    for sound in sorted(STAMPS.rglob("*_desc.ogg")):
        text = sound.with_name(sound.name.replace("_desc.ogg", ".txt"))
        if text.exists():
            shutil.copy(sound, folder / "media" / sound.name)
            rows.append({"speech": sound.name, "caption": text.read_text().splitlines()[0]})
    place = table(rows, speech="audio", caption="text")
    return languages(place, speech="en", caption="en")


@pytest.mark.slow
@needs_stamps
def test_planted_cuts_are_found(table: Table, tmp_path: Path) -> None:
    """Two fifths off either end of real recordings, each six names long."""
    chance = np.random.default_rng(0)
    rows, planted = [], []
    for number in range(12):
        names = chance.permutation(CLEAR)[:6]
        sound, rate = one_after_another([str(name) for name in names])
        cut = int(len(sound) * 0.4)
        for kind, part in (("whole", sound), ("head", sound[cut:]), ("tail", sound[:-cut])):
            name = write(tmp_path, f"{number}_{kind}.wav", part, rate)
            rows.append({"speech": name, "caption": normal(" ".join(names))})
            planted.append(None if kind == "whole" else f"{kind} cut off")
    place = languages(table(rows, speech="audio", caption="text"), speech="en")
    found = decided(place, parsed(drop={"cut": True}))["reason"].to_list()
    assert sum(a == b for a, b in zip(found, planted, strict=True) if b) >= 22
    assert sum(a is not None for a, b in zip(found, planted, strict=True) if b is None) <= 1


@needs_stamps
def test_a_recipe_hears_and_its_ledger_says_what(table: Table, tmp_path: Path) -> None:
    names = CLEAR[:2]
    (tmp_path / "media").mkdir()
    for name in names:
        shutil.copy(recording(name), tmp_path / "media" / f"{name}.ogg")
    rows = [
        {"speech": f"{name}.ogg", "caption": caption}
        for name, caption in zip(names, (names[0], "the price of steel"), strict=True)
    ]
    place = languages(table(rows, speech="audio", caption="text"), speech="en")
    heard = {"transcribe": "speech", "against": "caption", "drop": {"wer_above": 0.6}}
    steps = [{"split": {"train": 1.0}}, {"align": heard}]
    built = place.having(steps=steps).build()
    assert built.left == {"align transcribe speech caption: wer above threshold": 1}
    _, decisions, released = place.tables()
    assert released.height == 1
    gone = decisions.filter(pl.col("verdict") == "drop").row(0, named=True)
    assert gone["detail"].startswith('heard "')
