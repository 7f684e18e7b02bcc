"""What is not needed is not imported: `--help` answers at once, and a bare install works."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {
    "datasets",
    "lingua",
    "numpy",
    "onnxruntime",
    "PIL",
    "polars",
    "pyarrow",
    "pydantic",
    "rich",
    "ruamel",
    "scipy",
    "soundfile",
    "torch",
    "transformers",
}
EXTRAS = ("torch", "transformers", "tokenizers", "onnx", "onnxruntime", "datasets", "lingua")


def python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["no-such-command"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import json, sys; from curate.cli.main import run; run(sys.argv[1:]); "
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    loaded = set(json.loads(python(code, *arguments).stdout.splitlines()[-1]))
    assert not loaded & HEAVY


def test_importing_curate_imports_nothing_heavy() -> None:
    code = "import curate, json, sys; print(json.dumps(sorted(sys.modules)))"
    assert not {name.partition(".")[0] for name in json.loads(python(code).stdout)} & HEAVY


BARE = f"""
import sys
sys.modules |= dict.fromkeys({EXTRAS!r})  # as if they were not installed
from curate.cli.main import main
main(sys.argv[1:])
"""
RECIPE = """\
name: bare
version: 1.0.0
fields:
  image: {type: image}
  caption: {type: text}
sources:
  - csv: {path: pairs.csv, image: file, caption: text}
steps:
  - filter: {image.min_side: 8, caption.words: {min: 1}}
  - dedup: {near: [image, caption]}
  - split: {train: 0.5, test: 0.5}
"""


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    from PIL import Image

    rows = ["file,text"]
    for number in range(6):
        Image.new("RGB", (32, 32), (40 * number, 90, 200)).save(tmp_path / f"{number}.png")
        rows.append(f"{number}.png,colour {number}")
    (tmp_path / "pairs.csv").write_text("\n".join(rows))
    (tmp_path / "bare.yaml").write_text(RECIPE)
    return tmp_path / "bare.yaml"


def test_a_bare_install_builds(bare: Path) -> None:
    done = python(BARE, "build", str(bare))
    assert done.returncode == 0, done.stderr
    assert (bare.parent / "releases" / "bare" / "1.0.0" / "manifest.json").exists()


@pytest.mark.parametrize(
    ("step", "extra"),
    [
        ("align: {score: [image, caption]}", "embedded"),
        ("filter: {caption.language: en}", "language"),
    ],
)
def test_a_missing_extra_is_named(bare: Path, step: str, extra: str) -> None:
    bare.write_text(f"{RECIPE}  - {step}\n")
    done = python(BARE, "build", str(bare))
    assert done.returncode == 2
    assert f"pip install 'curate[{extra}]'" in done.stderr


def test_the_review_page_names_its_extra(bare: Path) -> None:
    code = BARE.replace(repr(EXTRAS), repr(("starlette", "uvicorn", "jinja2")))
    done = python(code, "review", str(bare))
    assert done.returncode == 2
    assert "pip install 'curate[review]'" in done.stderr
