"""A release that answers questions: its tables as polars frames, and what the commands say of it.

    release = curate.load_release("releases/openmoji/1.0.0")
    release.decisions.group_by("name", "verdict").len()
    release.rethreshold("align", 0.4)

Nothing is read before it is asked for, and nothing twice. A release that was built anew in the same
folder, as a draft is, has to be loaded again: what is asked of the old one raises `CurateError`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from curate.errors import CurateError
from curate.governance.gates import FILE as GATES
from curate.governance.gates import Held
from curate.ledger.cluster import CLUSTERS
from curate.ledger.made import REPORTED
from curate.notebook.answer import Answer, Block
from curate.release.evidence import read_facts
from curate.release.publish import read_manifest
from curate.release.published import Published, open_release

if TYPE_CHECKING:
    from datasets import DatasetDict
    from tensorflow.data import Dataset as TfDataset

    from curate.governance.facts import Facts
    from curate.notebook.audited import Audited
    from curate.notebook.checked import Checked
    from curate.notebook.compared import Compared
    from curate.notebook.explained import Explained
    from curate.notebook.readme import Readme
    from curate.notebook.rethresholded import Rethreshold
    from curate.notebook.torch_pairs import TorchPairs
    from curate.pairs.field import Fields


def load_release(path: Path | str) -> Release:
    """Open a release that was published; raises `CurateError` for what is none, `Forgotten` for
    one that is no more.

        curate.load_release("releases/openmoji/1.0.0").pairs
    """
    return Release(open_release(Path(path)))


@dataclass(frozen=True, repr=False, eq=False)
class Release(Answer):
    """One release, opened for reading."""

    published: Published

    @property
    def path(self) -> Path:
        """Its folder; raises `CurateError` when another release stands there by now."""
        folder = self.published.folder
        manifest = read_manifest(folder)
        if manifest is None or manifest["digest"] != self.digest:
            raise CurateError(
                f"{folder} is not the release any more that was loaded",
                f'load it again: curate.load_release("{folder}")',
            )
        return folder

    @property
    def name(self) -> str:
        return str(self.published.manifest["name"])

    @property
    def version(self) -> str:
        return str(self.published.manifest["version"])

    @property
    def digest(self) -> str:
        """Of its content: equal for equal releases."""
        return self.published.digest

    @property
    def fields(self) -> Fields:
        """The columns of a pair, by name."""
        return self.published.fields

    @property
    def splits(self) -> list[str]:
        return self.published.splits

    @cached_property
    def facts(self) -> Facts:
        """Everything that it says of itself: `release.facts.pairs.kept.value`."""
        return read_facts(self.path)

    @cached_property
    def gates(self) -> list[Held]:
        """What had to hold before it was published; none where the recipe names none."""
        path = self.path / GATES
        documents = json.loads(path.read_text()) if path.is_file() else []
        return [Held.model_validate(document) for document in documents]

    @cached_property
    def pairs(self) -> pl.DataFrame:
        """A row for every pair ever seen: `pair_id`, `status`, `split`, texts, metadata, and hashes
        of media (`pairs.parquet`).

            release.pairs.filter(status="dropped")
        """
        return pl.read_parquet(self.path / "pairs.parquet")

    @cached_property
    def decisions(self) -> pl.DataFrame:
        """The ledger: what every step said of every pair, columns of `curate.ledger.verdict.LEDGER`.

        release.decisions.filter(verdict="drop").group_by("name", "reason").len()
        """
        return pl.read_parquet(self.path / "decisions.parquet")

    @cached_property
    def made(self) -> pl.DataFrame:
        """A row for every content that a machine made, columns of `curate.ledger.made.REPORTED`;
        no row where no step makes any.
        """
        return self._table("made", REPORTED)

    @cached_property
    def copies(self) -> pl.DataFrame:
        """A row for every pair that has copies or is one, columns of
        `curate.ledger.cluster.CLUSTERS`; no row where no step looked.
        """
        return self._table("clusters", CLUSTERS)

    def _table(self, name: str, schema: dict[str, type[pl.DataType]]) -> pl.DataFrame:
        path = self.path / f"{name}.parquet"
        return pl.read_parquet(path) if path.is_file() else pl.DataFrame(schema=schema)

    def data(self, split: str | None = None) -> pl.LazyFrame:
        """The released pairs of a split, by default of all, with a column `split`; a medium is a
        struct of `bytes` and `path`. Lazy, since media may be large: take the rows and columns that
        you need, then `collect()`. Raises `CurateError` where there is no such split.

            release.data("train").select("pair_id", "caption").head(5).collect()
        """
        chosen = self.splits if split is None else [self.known_split(split)]
        frames = [
            pl.scan_parquet(self.path / "data" / name / "*.parquet").with_columns(
                split=pl.lit(name)
            )
            for name in chosen
        ]
        return pl.concat(frames)

    def known_split(self, split: str) -> str:
        """The name of a split that there is; raises `CurateError` for others."""
        if split not in self.splits:
            raise CurateError(f"{self.published.title} has no split '{split}'", self._its_splits())
        return split

    def _its_splits(self) -> str:
        return f"it has {', '.join(self.splits)}"

    def explain(self, pair_id: str) -> Explained:
        """Why a pair is where it is: everything that was decided about it, in order. The first
        characters of its id are enough. Raises `CurateError` where they name no pair or several.

            release.explain("5f1c9a").verdicts
        """
        from curate.ledger.explain import explain
        from curate.notebook.explained import Explained

        return Explained(explain(self.path, pair_id))

    def rethreshold(self, step: str, threshold: float) -> Rethreshold:
        """What another threshold of a step would change, at once, from the scores in the ledger.

        `step` is its number, its name, or the word it begins with where one step has it. What later
        steps would say of pairs that come back was not measured. Raises `CurateError` where no such
        step has scores.

            release.rethreshold("align", 0.4).found.gone    # pairs that would leave
        """
        from curate.ledger.rethreshold import rethreshold
        from curate.notebook.rethresholded import Rethreshold

        return Rethreshold(step, rethreshold(self.decisions, step, threshold))

    def audit(
        self, groups: Sequence[str] | None = None, texts: Sequence[str] | None = None
    ) -> Audited:
        """What became of groups of pairs, as `curate audit` tells it; by default of the groups and
        texts that the recipe names. Raises `CurateError` where no group is named, `DataError` where
        a column is not there.

            release.audit(groups=["gender"]).audit.flagged
        """
        from curate.governance.audit_data import auditable
        from curate.notebook.audited import Audited

        return Audited(auditable(self.path, groups, texts).audit())

    def diff(self, other: Release | Path | str) -> Compared:
        """What tells another release from this one, as `curate diff` does: pairs that came, went or
        changed, and why. Raises `CurateError` for what is no release.

            release.diff("releases/openmoji/1.1.0").comparison.headline
        """
        from curate.notebook.compared import Compared
        from curate.run.comparing import compare

        return Compared(compare(self.path, other.path if isinstance(other, Release) else other))

    def to_datasets(self, cache: Path | str | None = None) -> DatasetDict:
        """All splits as Hugging Face `datasets` reads them, in `cache` or in its own cache. Raises
        `MissingExtra`.

            release.to_datasets()["train"][0]["caption"]
        """
        from curate.notebook.decoded import loaded

        return loaded(self, cache)

    def to_torch(
        self,
        split: str = "train",
        transform: Callable[[dict[str, Any]], Any] | None = None,
        cache: Path | str | None = None,
    ) -> TorchPairs:
        """A split as a map-style dataset for torch's `DataLoader`: a pair is a dictionary of its
        columns, pictures as uint8 tensors (3, height, width), recordings as float32 (channels,
        frames) with `<field>_rate`, films and sensor streams as bytes, what is lacking as None;
        `transform` makes of it what is wanted. Raises `MissingExtra`, `CurateError` where there is no
        such split.

            release.to_torch("train", transform=lambda pair: pair["image"].float() / 255)
        """
        from curate.notebook.decoded import Decoded

        try:
            from curate.notebook.torch_pairs import TorchPairs
        except ImportError:
            raise CurateError("a dataset for torch needs torch", "pip install torch") from None
        return TorchPairs(Decoded.of(self, split, cache), transform)

    def to_tf(self, split: str = "train", cache: Path | str | None = None) -> TfDataset:
        """A split as a `tf.data.Dataset` of dictionaries: pictures uint8 (height, width, 3),
        recordings float32 (frames, channels) with `<field>_rate`, films and sensor streams as
        strings of bytes; what is lacking is empty or not a number. Raises `CurateError` where there
        is no TensorFlow or no such split, `MissingExtra`.

            release.to_tf("train").map(lambda pair: pair["image"]).take(1)
        """
        from curate.notebook.decoded import Decoded

        try:
            from curate.notebook.tf_pairs import tf_pairs
        except ImportError:
            hint = "pip install tensorflow"
            raise CurateError("a dataset for TensorFlow needs TensorFlow", hint) from None
        return tf_pairs(Decoded.of(self, split, cache))

    def card(self) -> Readme:
        """Its README, as Markdown."""
        from curate.notebook.readme import Readme

        return Readme(self.path)

    def verify(self) -> Checked:
        """Check every file against the manifest, and the tables against one another, as
        `curate verify` does.

            release.verify().problems    # empty when all agrees
        """
        from curate.notebook.checked import Checked
        from curate.release.verify import problems

        return Checked(self.published, problems(self.path))

    def blocks(self) -> Iterator[Block]:
        from curate.notebook.overview import overview

        yield from overview(self)
