"""The store: where it lies, how its fragments are put together, and who may do what at once."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from curate.errors import StoreError
from curate.measures.image import IMAGE_PROBE
from curate.measures.text_duplicate import text_minhash
from curate.store.store import MeasureStore, Shelf
from tests.workspace import Workspace, age, curate, photo


@pytest.fixture
def store(tmp_path: Path) -> MeasureStore:
    made = MeasureStore(tmp_path / "store")
    with made.opened():
        pass
    return made


def probe(*keys: str) -> pl.DataFrame:
    header = {"format": "PNG", "width": 1, "height": 2, "frames": 1, "source_type": None}
    return pl.DataFrame({"key": list(keys), "error": None, **header})


def shelf(store: MeasureStore) -> Shelf:
    return store.shelf(IMAGE_PROBE, {})


def test_read_what_was_written(store: MeasureStore) -> None:
    here = shelf(store)
    here.write(probe("a", "b"), 1.0)
    here.write(probe("c"), 0.5)
    assert sorted(here.keys()) == ["a", "b", "c"]
    read = here.read(pl.Series(["c", "a", "unknown"]))
    assert read["key"].to_list() == ["a", "c"]
    assert read["width"].to_list() == [1, 1]
    assert (here.cost().values, here.cost().seconds) == (3, 1.5)


def test_the_same_key_twice_is_one_value(store: MeasureStore) -> None:
    here = shelf(store)
    here.write(probe("a"), 1.0)
    here.write(probe("a"), 1.0)
    assert here.read(pl.Series(["a"])).height == 1
    assert here.keys().to_list() == ["a"]


def test_what_changes_a_value_has_a_place_of_its_own(store: MeasureStore) -> None:
    places = {store.shelf(text_minhash(n, unit), {}).folder for n in (3, 5) for unit in "cw"}
    assert len(places) == 4
    assert store.shelf(text_minhash(3, "c"), {}).folder in places


def test_small_fragments_are_put_together_at_a_start(store: MeasureStore) -> None:
    here = shelf(store)
    for number in range(40):
        here.write(probe(f"{number:02d}", "shared"), 0.25)
    with store.opened():
        assert len(here.fragments()) == 1
    assert here.keys().len() == 41
    assert (here.cost().values, here.cost().seconds) == (41, 10.0)


def test_energy_is_that_of_the_values_that_were_metered(store: MeasureStore) -> None:
    here = shelf(store)
    for number in range(20):
        here.write(probe(f"{number:02d}"), 0.25, 0.5 if number % 2 else None)
    assert here.cost().kwh_each == 0.5
    with store.opened():
        assert len(here.fragments()) == 1
    assert (here.cost().kwh, here.cost().metered, here.cost().kwh_each) == (5.0, 10, 0.5)
    assert store.contents()["kwh"].to_list() == [10.0]


def test_nothing_is_put_together_beside_another_build(store: MeasureStore) -> None:
    here = shelf(store)
    for number in range(40):
        here.write(probe(f"{number}"), 0.1)
    with store.opened():
        for number in range(40):
            here.write(probe(f"more {number}"), 0.1)
        with store.opened():
            assert len(here.fragments()) == 41


def test_leftovers_of_the_killed_are_removed(store: MeasureStore) -> None:
    staged = shelf(store).folder / ".0123.tmp"
    staged.write_bytes(b"half")
    with store.opened():
        assert not staged.exists()


def test_alone(store: MeasureStore) -> None:
    with store.opened(), pytest.raises(StoreError, match="in use by another build"), store.alone():
        pass
    with store.alone():
        pass


def test_a_file_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "store").touch()
    with (
        pytest.raises(StoreError, match="cannot be written"),
        MeasureStore(tmp_path / "store").opened(),
    ):
        pass


def test_another_format(store: MeasureStore) -> None:
    (store.root / "format").write_text("99\n")
    with pytest.raises(StoreError, match="has format 99; this version writes 1"), store.opened():
        pass


def test_place_that_cannot_be_written(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file where a folder is needed: that stops a superuser too."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("CURATE_STORE", str(tmp_path / "file" / "store"))
    said = curate("build", workspace.path, "--json")
    assert said.code == 1
    assert said.document["error"]["kind"] == "StoreError"
    *_, message, hint = said.err.splitlines()
    assert "store cannot be written" in message
    assert hint == "hint: set CURATE_STORE to a folder that can"


def test_shelf_that_cannot_be_written(workspace: Workspace) -> None:
    """It goes wrong in the middle: nothing is published, and the rest stays measured."""
    workspace.build()
    version = workspace.having(version="2.0.0")
    (values,) = (workspace.store / "values").glob("image.sketch-*")
    for path in values.iterdir():
        path.unlink()
    values.rmdir()
    values.touch()
    said = curate("build", version.path)
    assert said.code == 1
    assert "Traceback" not in said.err
    assert not version.release.exists()
    values.unlink()
    again = version.build()
    assert {n for n, spent in again.usage.measures.items() if spent.computed} == {"image.sketch"}


class TestFileHashes:
    """Known by path, size, time and inode; a file of this very moment may still change unseen."""

    def test_altered(self, workspace: Workspace) -> None:
        workspace = workspace.having(version="draft")
        first = workspace.build()
        path = workspace.media / "things" / "chair.png"
        photo(500).save(path)
        age(workspace.media)
        second = workspace.build()
        assert second.usage.files.computed == 1
        assert second.digest != first.digest

    def test_touched(self, workspace: Workspace) -> None:
        first = workspace.build()
        path = workspace.media / "things" / "chair.png"
        path.write_bytes(path.read_bytes())
        assert workspace.build().usage.files.computed == 1
        assert workspace.build().usage.files.computed == 1
        age(workspace.media)
        assert workspace.build().digest == first.digest
        assert workspace.build().usage.files.computed == 0

    def test_linked(self, workspace: Workspace) -> None:
        """A link is what it leads to."""
        path = workspace.media / "things" / "chair.png"
        path.rename(path.with_name("real.bin"))
        path.symlink_to("real.bin")
        built = workspace.build()
        path.unlink()
        path.with_name("real.bin").rename(path)
        assert workspace.build().digest == built.digest
