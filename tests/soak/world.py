"""A workspace that lives through trouble, beside a twin that lives in peace: in the end they are alike."""

from __future__ import annotations

import random
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from curate.ledger.verdict import LEAVES
from curate.release.publish import manifest_of
from tests.faults.harness import FAULTS, Ended, Server, sights
from tests.forget.test_forget import holding
from tests.soak.data import draw_data
from tests.soak.invariants import broken, orphans
from tests.soak.recipe import draw_recipe
from tests.workspace import Said, Workspace

_YEARS = 5 * 365 * 86_400


@dataclass
class World:
    """One seed's data, recipe and troubles. `live` raises AssertionError where anything is wrong."""

    seed: int
    folder: Path
    server: Server
    happened: list[str] = field(default_factory=list)
    """What was done to it, in order, and how each build ended."""

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        root = self.folder / "home"
        drawn = draw_data(self.chance, root / "media")
        recipe = draw_recipe(self.chance, drawn, root / "recipes")
        self.home = Workspace(root).having(**recipe)
        shutil.copytree(root, self.folder / "twin", symlinks=True)
        self.twin = Workspace(self.folder / "twin", recipe)
        self.flipped = False

    def live(self) -> None:
        expected, points = self._peace(*_BUILD)
        for _ in range(self.chance.randint(1, 3)):
            self._trouble(points)
        self._alike(*_BUILD, expected=expected)
        if not expected.code and self.chance.random() < 0.6:
            self._forget()

    def _forget(self) -> None:
        """A pair goes from both; in one of them it goes wrong at first."""
        row, names = self._somebody()
        words = ("forget", "--ids", row, "--workspace", ".", "--json")
        expected, points = self._peace(*words)
        if self.chance.random() < 0.7:
            self._fault(points, *words)
        self._alike(*words, expected=expected)
        version = max(
            (path.parent.name for path in self._releases(self.home)), default=self.home.release.name
        )
        assert holding(self.home.root, names, "recipes") == []
        assert holding(self.twin.root, names, "recipes") == []
        for world in (self.home, self.twin):
            world.recipe["version"] = version
        again, _ = self._peace(*_BUILD)
        self._alike(*_BUILD, expected=again)

    def _somebody(self) -> tuple[str, list[str]]:
        """A pair's id, and what is said of it and of nothing else."""
        pairs = pl.read_parquet(self.twin.release / "pairs.parquet")
        decisions = pl.read_parquet(self.twin.release / "decisions.parquet")
        gone = decisions.filter(pl.col("verdict").is_in(LEAVES))["pair_id"]
        kept = pairs.filter(~pl.col("pair_id").is_in(gone.implode()), origin="collected")
        row = kept.row(self.chance.randrange(kept.height), named=True)
        name = str(row["pair_id"])
        names = [name]
        for column, cell in row.items():
            if column.endswith("_sha256") and cell and (pairs[column] == cell).sum() == 1:
                names.append(cell)
        own = re.search(r" (q[0-9a-f]{6}\d+)$", row["caption"] or "")
        if own and pairs["caption"].str.contains(own[1], literal=True).sum() == 1:
            names.append(own[1])
        return name, names

    def _peace(self, *words: str) -> tuple[Said, int]:
        """What the twin says, and how many points there were."""
        ended = self._play(self.twin, *words, at=0)
        assert ended.status == 0, f"in peace: {ended.crash}"
        self.happened.append(f"{words[0]} in peace: {ended.said[0].code}")
        assert "Traceback" not in ended.said[0].err
        return ended.said[0], len(ended.points)

    def _trouble(self, points: int) -> None:
        trouble = self.chance.choice(_TROUBLES)
        self.happened.append(trouble.__name__.strip("_"))
        trouble(self, points)

    def _fault(self, points: int, *words: str) -> None:
        fault, at = self.chance.choice(FAULTS), self.chance.randint(1, max(1, points))
        self.happened.append(f"{fault.name} at {at} of {points}")
        ended = self._play(self.home, *(words or _BUILD), at=at, fault=fault)
        self._look(ended)

    def _ctrl_c(self, points: int) -> None:
        first = self.chance.uniform(0, 3)
        stops = [first, first + self.chance.uniform(0, 0.1)][: self.chance.randint(1, 2)]
        self._look(self._play(self.home, *_BUILD, stops=stops))

    def _clock(self, points: int) -> None:
        clock = self.chance.randint(-_YEARS, _YEARS), self.chance.randint(0, 400)
        self._look(self._play(self.home, *_BUILD, clock=clock))

    def _two_at_once(self, points: int) -> None:
        root = self.home.root
        ended = self.server.run(root, _BUILD, _BUILD, together=True)
        self._look(ended)

    def _whole(self, points: int) -> None:
        """Nothing goes wrong for once."""
        self._look(self._play(self.home, *_BUILD))

    def _flip(self, points: int) -> None:
        """Some bits of the store turn."""
        for path in self._stored():
            data = bytearray(path.read_bytes())
            for _ in range(self.chance.randint(1, 8)):
                data[self.chance.randrange(len(data))] ^= 1 << self.chance.randrange(8)
            path.write_bytes(data)
            self.flipped = True

    def _torn(self, points: int) -> None:
        """A part of the store is gone, or cut."""
        for path in self._stored():
            if self.chance.random() < 0.5:
                path.unlink()
            else:
                path.write_bytes(path.read_bytes()[: self.chance.randrange(path.stat().st_size)])
                self.flipped = True

    def _stored(self) -> list[Path]:
        """Two files of the store that hold what was measured or made."""
        blobs = [path for path in self.home.store.glob("blobs/*/*") if not path.suffix]
        found = sorted([*self.home.store.glob("*/**/*.parquet"), *blobs])
        return self.chance.sample(found, min(2, len(found)))

    def _touched(self, points: int) -> None:
        """Sources are written again as they were, or as they never were and then as they were."""
        path = self.chance.choice([p for p in self.home.media.rglob("*") if p.is_file()])
        data = path.read_bytes()
        if self.chance.random() < 0.5:
            path.write_bytes(data[: len(data) // 2])
            self._play(self.home, *_BUILD)
        path.write_bytes(data)
        if self.home.release.exists():  # what stands now may be of other data
            shutil.rmtree(self.home.root / "releases")
            shutil.rmtree(self.home.root / "reports", ignore_errors=True)
            shutil.rmtree(self.home.root / "data_cards", ignore_errors=True)

    def _look(self, ended: Ended) -> None:
        """At what went wrong: not without words, and nothing half is to be seen."""
        assert ended.status in {0, -9}, f"{ended.status}: {ended.crash}"
        for said in ended.said:
            assert "Traceback" not in said.err, said.err
            assert not said.code or "error: " in said.err or "stopped;" in said.err, said.err
        for manifest in self._releases(self.home):
            self._verify(manifest)

    def _alike(self, *words: str, expected: Said) -> None:
        """What was disturbed ends as what was not."""
        ended = self._play(self.home, *words)
        assert ended.status == 0, f"in the end: {ended.crash}"
        said = ended.said[0]
        told = f"{said.code} for {expected.code}: {said.err[-2000:]}\n{expected.err[-2000:]}"
        assert said.code == expected.code, told
        assert "Traceback" not in said.err, said.err
        if said.code:
            assert _error(said) == _error(expected), told
        assert self._digests(self.home) == self._digests(self.twin), "the digests differ"
        for manifest in self._releases(self.home):
            self._verify(manifest)
            assert not (wrong := broken(manifest)), wrong
        damaged = [".damaged"] if self.flipped else []
        left = [name for name in orphans(self.home.root) if not name.endswith(tuple(damaged))]
        assert not left, left
        assert orphans(self.twin.root) == []
        mine, others = sights(self.home.root), sights(self.twin.root)
        seen = {n for n in mine.keys() ^ others.keys() if not _OWN.search(n)}
        assert not seen, f"one of them alone has {sorted(seen)}"

    def _verify(self, release: Path) -> None:
        ended = self.server.run(release, ["verify", str(release)])
        assert ended.status == 0, ended.crash
        assert ended.said[0].code == 0, ended.said[0].out + ended.said[0].err

    def _play(self, world: Workspace, *words: str, **how: object) -> Ended:
        return self.server.run(world.root, words, **how)  # type: ignore[arg-type]

    def _releases(self, world: Workspace) -> Iterator[Path]:
        found = sorted(world.root.glob("releases/*/*/manifest.json"))
        yield from (path.parent for path in found if not path.parts[-2].startswith("."))

    def _digests(self, world: Workspace) -> dict[str, str]:
        found = self._releases(world)
        return {path.name: str(manifest_of(path)["digest"]) for path in found}


_BUILD = ("build", "recipes/soak.yaml", "--workers", "1")
_OWN = re.compile(r"^\.curate/store/|^forgotten/\d|\.damaged$")
"""Which fragments hold the values is each store's own; receipts are named by the time."""
_TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")

_TROUBLES: list[Callable[[World, int], None]] = [
    World._fault,
    World._fault,
    World._fault,
    World._ctrl_c,
    World._clock,
    World._two_at_once,
    World._whole,
    World._flip,
    World._torn,
    World._touched,
]


def _error(said: Said) -> str:
    """The first line of what went wrong, without the time."""
    return _TIME.sub("", said.err.partition("error: ")[2].partition("\n")[0])
