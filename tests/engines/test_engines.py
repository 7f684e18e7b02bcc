"""What any engine does with items and tasks: one body, every engine."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl
import pytest
from PIL import Image

from curate.engines.engine import Batch, Engine, Item, Media, Room, Task, Text
from curate.engines.work import work
from curate.errors import CurateError, DataError, MissingExtra
from curate.measures.audio import AUDIO_LEVEL
from curate.measures.image import IMAGE_DECODE, IMAGE_PROBE, IMAGE_SHARPNESS
from curate.measures.measure import Compute, Measure
from curate.measures.text import TEXT_COUNTS
from curate.measures.text_duplicate import text_overlap
from curate.pairs.identity import content_hash
from curate.pairs.marks import TRAINED, marked
from curate.pairs.span import span, span_key
from curate.run.keeping import StoreKeeper
from curate.store.depot import Depot
from curate.store.store import MeasureStore
from tests.engines.conftest import needs_ray
from tests.workspace import photo, tone

WORDS = [
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[Item]:
    folder = tmp_path_factory.mktemp("pictures")
    for number in range(7):
        photo(number).save(folder / f"{number}.png")
    return [medium("image", path) for path in sorted(folder.iterdir())]


def medium(modality: str, path: Path) -> Item:
    key = content_hash(path.read_bytes())
    return Item(key, (Media(modality, str(path), None, key),))


def texts(values: Iterable[str]) -> list[Item]:
    return [Item(content_hash(value), (Text(value),)) for value in values]


def task(measure: Measure, items: Iterable[Item], keeper: StoreKeeper | None = None) -> Task:
    return Task(measure, {}, frozenset(item.key for item in items), keeper)


def values(batches: Iterable[Batch]) -> dict[str, pl.DataFrame]:
    """By measure, sorted by key."""
    found: dict[str, list[pl.DataFrame]] = {}
    for batch in batches:
        found.setdefault(batch.task.measure.name, []).append(batch.values)
    return {name: pl.concat(frames).sort("key") for name, frames in found.items()}


def assert_same(engine: Engine, items: Sequence[Item], tasks: Sequence[Task]) -> None:
    """An engine finds what is found without one, every key once."""
    found, wanted = values(engine.run(items, tasks)), values(work(items, tasks))
    assert found.keys() == wanted.keys()
    for name, frame in wanted.items():
        assert found[name].equals(frame), name


def test_texts(engine: Engine) -> None:
    items = texts(["", "née", "Ünïcode 𐍈\n two lines", *WORDS])
    assert_same(engine, items, [task(TEXT_COUNTS, items)])


def test_measures_that_lack_different_keys(engine: Engine, pictures: list[Item]) -> None:
    views = [IMAGE_PROBE, IMAGE_DECODE, IMAGE_SHARPNESS]
    wanted = [pictures, pictures[2:3], pictures[::2]]
    assert_same(engine, pictures, [task(m, items) for m, items in zip(views, wanted, strict=True)])


def test_couples(engine: Engine) -> None:
    left, right = texts(WORDS), texts(reversed(WORDS))
    items = [Item(a.key + b.key, a.contents + b.contents) for a, b in zip(left, right, strict=True)]
    assert_same(engine, items, [task(text_overlap(2, "c"), items)])


def test_spans_of_one_recording(engine: Engine, tmp_path: Path) -> None:
    tone(tmp_path / "long.wav", seconds=2.0)
    file = content_hash((tmp_path / "long.wav").read_bytes())
    spans = [span(at / 10, at / 10 + 0.5) for at in range(17)]
    items = [
        Item(span_key(file, one), (Media("audio", str(tmp_path / "long.wav"), None, file, one),))
        for one in spans
    ]
    assert_same(engine, items, [task(AUDIO_LEVEL, items)])


def test_what_cannot_be_read_is_a_value(
    engine: Engine, pictures: list[Item], tmp_path: Path
) -> None:
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    items = [*pictures[:2], medium("image", tmp_path / "broken.png")]
    (found,) = values(engine.run(items, [task(IMAGE_SHARPNESS, items)])).values()
    assert found["error"].null_count() == 2
    assert_same(engine, items, [task(IMAGE_SHARPNESS, items)])


def test_a_file_that_changed_ends_it(engine: Engine, pictures: list[Item]) -> None:
    (content,) = pictures[0].contents
    assert isinstance(content, Media)
    changed = Item("0" * 64, (replace(content, sha256="0" * 64),))
    with pytest.raises(DataError, match="changed while it was being measured") as caught:
        list(engine.run([changed], [task(IMAGE_SHARPNESS, [changed])]))
    assert caught.value.hint == "run the build again"


def lacking(measure: Measure, models: Mapping[str, Path]) -> Compute:
    raise ModuleNotFoundError("No module named 'nowhere'", name="nowhere")


def test_a_missing_extra_ends_it(engine: Engine) -> None:
    measure = replace(TEXT_COUNTS, name="text.odd", compute=f"{__name__}:lacking", extra="odd")
    items = texts(WORDS)
    with pytest.raises(MissingExtra, match=r"text.odd \(nowhere\) needs the extra 'odd'"):
        list(engine.run(items, [task(measure, items)]))


def test_nothing_to_do(engine: Engine) -> None:
    assert list(engine.run([], [task(TEXT_COUNTS, [])])) == []


@dataclass(frozen=True)
class Told:
    """A stop that comes with a file, wherever it is looked for."""

    path: Path

    def __call__(self) -> bool:
        return self.path.exists()


def test_stopped(engine: Engine, pictures: list[Item], tmp_path: Path) -> None:
    """What was begun is handed over whole, each key once; then nothing else is begun."""
    stop, tasks = Told(tmp_path / "stop"), [task(IMAGE_SHARPNESS, pictures)]
    found = []
    for batch in engine.run(pictures, tasks, stop):
        found.append(batch)
        stop.path.touch()
    (kept,) = values(found).values()
    wanted = values(work(pictures, tasks))["image.sharpness"]
    assert kept.equals(wanted.filter(pl.col("key").is_in(kept["key"].implode())))
    assert list(engine.run(pictures, tasks, stop)) == []


def test_put_away_once(engine: Engine, pictures: list[Item], tmp_path: Path) -> None:
    """What an engine's workers keep stands in the store as it was told, and twice it stands once."""
    store = MeasureStore(tmp_path / "store")
    with store.opened():
        shelf = store.shelf(IMAGE_SHARPNESS, {})
        keeper = StoreKeeper(IMAGE_SHARPNESS, shelf, store.blobs)
        tasks = [task(IMAGE_SHARPNESS, pictures, keeper)]
        for _ in range(2):
            batches = list(engine.run(pictures, tasks))
            if any(not batch.kept for batch in batches):
                return  # it leaves that to who asked
            (found,) = values(batches).values()
            assert shelf.cost().values == found.height == len(pictures)
            assert shelf.read(found["key"]).equals(found)


@needs_ray
@pytest.mark.parametrize("engine", ["ray"], indirect=True)
def test_no_room(engine: Engine) -> None:
    items = texts(WORDS)
    wide = replace(task(TEXT_COUNTS, items), room=Room(cpus=3, gpus=0.5))
    with pytest.raises(CurateError, match="3 CPUs and 0.5 GPUs; the whole cluster has 2 and"):
        list(engine.run(items, [wide]))


def drawing(measure: Measure, models: Mapping[str, Path]) -> Compute:
    """A picture of each text, in one colour."""

    def compute(texts: Sequence[str]) -> pl.DataFrame:
        made = [marked(_png(len(text)), TRAINED) for text in texts]
        return pl.DataFrame({"bytes": made, "letters": [len(text) for text in texts]})

    return compute


def _png(number: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (8, 8), (number, 0, 0)).save(file, "PNG")
    return file.getvalue()


@needs_ray
@pytest.mark.parametrize("engine", ["ray"], indirect=True)
@pytest.mark.parametrize("through", [None, "depot"])
def test_what_workers_make(engine: Engine, tmp_path: Path, through: str | None) -> None:
    """Its bytes are in the store when its values are, by whichever way they came."""
    measure = replace(
        TEXT_COUNTS,
        name="text.drawing",
        compute=f"{__name__}:drawing",
        returns={"bytes": pl.Binary, "letters": pl.Int64},
        makes="image",
    )
    store = MeasureStore(tmp_path / "store")
    with store.opened():
        depot = None if through is None else Depot.at(str(tmp_path / through))
        keeper = StoreKeeper(measure, store.shelf(measure, {}), store.blobs, depot)
        items = texts(WORDS)
        settled = [keeper.settle(b) for b in engine.run(items, [task(measure, items, keeper)])]
    found = pl.concat(settled).sort("key")
    assert keeper.shelf.read(found["key"]).equals(found)
    for key, letters in found.select("made", "letters").iter_rows():
        assert store.blobs.path(key).read_bytes() == marked(_png(letters), TRAINED)
    assert not [path for path in (tmp_path / "depot").rglob("*") if path.is_file()]
