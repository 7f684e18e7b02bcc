"""A generator that gives back what a test lays ready: pictures by their prompts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from curate.measures.measure import Compute, Measure
from curate.pairs.identity import content_hash
from curate.pairs.marks import TRAINED, marked
from curate.recipe import read_recipe
from curate.run.build import Options, opened
from curate.run.progress import Silence
from curate.steps.draw import Draw
from curate.steps.step import Outcome
from tests.workspace import Workspace, age, write_lines

FIELDS = {"image": {"type": "image"}, "caption": {"type": "text", "language": "en"}}


class Planted(Draw):
    """`draw`, but that pictures are read from files: `<index>/<hash of the prompt>`."""

    folder: Path

    def maker(self, turn: int, index: int) -> tuple[str, Measure]:
        return "planted", Measure(
            name="text.planted",
            version=1,
            of=("text",),
            returns={"bytes": pl.Binary},
            makes="image",
            compute="tests.planted:replay",
            params={"folder": str(self.folder / str(index))},
        )


def replay(measure: Measure, models: Mapping[str, Path]) -> Compute:
    folder = Path(measure.params["folder"])

    def compute(texts: Sequence[str]) -> pl.DataFrame:
        files = [(folder / content_hash(text.encode())).read_bytes() for text in texts]
        files = [marked(file, TRAINED) for file in files]
        return pl.DataFrame({"bytes": files}, schema={"bytes": pl.Binary})

    return compute


def given_back(
    root: Path, collected: Sequence[bytes], made: Sequence[Sequence[bytes]], accept: dict[str, bool]
) -> pl.DataFrame:
    """Collected pictures and, for each, what a generator makes of its caption: what became of the
    latter, with `number`, the place of the parent.
    """
    captions = [f"picture number {number}" for number in range(len(collected))]
    media = root / "media"
    for number, data in enumerate(collected):
        write(media / f"{number}.png", data)
        for index, child in enumerate(made[number]):
            write(root / "made" / str(index) / content_hash(captions[number].encode()), child)
    rows = [{"caption": text, "image": f"{number}.png"} for number, text in enumerate(captions)]
    write_lines(media / "rows.jsonl", rows)
    age(media)
    source = {"path": "../media/rows.jsonl", "caption": "caption", "image": "image"}
    place = Workspace(root).having(
        name="planted", version="1.0.0", fields=FIELDS, sources=[{"jsonl": source}], steps=[]
    )
    step = Planted.model_validate(
        {
            "draw": "caption",
            "into": "image",
            "folder": root / "made",
            "each": len(made[0]),
            "accept": {"aligned": False, "safe": False, **accept},
        }
    )
    return judged(place, step)


def judged(place: Workspace, step: Planted) -> pl.DataFrame:
    with opened(read_recipe(place.path), Options(), Silence()) as (course, asking):
        outcome: Outcome = step.decide(course.living, asking)
        assert outcome.added is not None
        number = course.living.select(
            parent="pair_id", number=pl.col("caption").str.extract(r"(\d+)$").cast(pl.Int64)
        )
        return outcome.added.with_columns(parent=pl.col("parents").list.first()).join(
            number, on="parent", maintain_order="left"
        )


def write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
