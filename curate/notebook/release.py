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
from curate.release.evidence import read_evidence, read_facts
from curate.release.publish import read_manifest
from curate.release.published import Published, open_release, workspace_of

if TYPE_CHECKING:
    from datasets import DatasetDict
    from tensorflow.data import Dataset as TfDataset

    from curate.governance.evidence import Evidence
    from curate.governance.facts import Facts
    from curate.notebook.audited import Audited
    from curate.notebook.checked import Checked
    from curate.notebook.clustered import Clusters
    from curate.notebook.compared import Compared
    from curate.notebook.explained import Explained
    from curate.notebook.found import Found
    from curate.notebook.gallery import Gallery, Where
    from curate.notebook.mapped import Mapped
    from curate.notebook.media import MediaOfAny
    from curate.notebook.readme import Readme
    from curate.notebook.rethresholded import Rethreshold
    from curate.notebook.torch_pairs import TorchPairs
    from curate.pairs.field import Fields
    from curate.report.content import Kind


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

    @property
    def workspace(self) -> Path:
        """Where its recipe and its store lie, if it is still where it was built."""
        folder = self.published.folder
        return workspace_of(folder) or folder.absolute().parent

    @cached_property
    def media(self) -> MediaOfAny:
        """Media of its pairs, in the release or where they came from."""
        from curate.notebook.media import MediaOfAny

        return MediaOfAny(self)

    @cached_property
    def gates(self) -> list[Held]:
        """What had to hold before it was published; none where the recipe names none."""
        path = self.path / GATES
        documents = json.loads(path.read_text()) if path.is_file() else []
        return [Held.model_validate(document) for document in documents]

    @cached_property
    def evidence(self) -> Evidence:
        """All of its tables and documents, as its facts were gathered from them."""
        return read_evidence(self.path)

    @property
    def pairs(self) -> pl.DataFrame:
        """A row for every pair ever seen: `pair_id`, `status`, `split`, texts, metadata, and hashes
        of media (`pairs.parquet`).

            release.pairs.filter(status="dropped")
        """
        return self.evidence.pairs

    @property
    def decisions(self) -> pl.DataFrame:
        """The ledger: what every step said of every pair, columns of `curate.ledger.verdict.LEDGER`.

        release.decisions.filter(verdict="drop").group_by("name", "reason").len()
        """
        return self.evidence.decisions

    @property
    def made(self) -> pl.DataFrame:
        """A row for every content that a machine made, columns of `curate.ledger.made.REPORTED`;
        no row where no step makes any.
        """
        return _there(self.evidence.made, REPORTED)

    @property
    def copies(self) -> pl.DataFrame:
        """A row for every pair that has copies or is one, columns of
        `curate.ledger.cluster.CLUSTERS`; no row where no step looked.
        """
        return _there(self.evidence.clusters, CLUSTERS)

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
        from curate.notebook.gallery import pairs_shown

        told = explain(self.path, pair_id)
        return Explained(told, *pairs_shown(self, {told.pair["pair_id"]: ()}))

    def rethreshold(self, step: str, threshold: float, reason: str | None = None) -> Rethreshold:
        """What another threshold of a step would change, at once, from the scores in the ledger.

        `step` is its number, its name, or the word it begins with where one step has it; `reason` is
        one of those for which it takes pairs out, where there are several. What later steps would
        say of pairs that come back was not measured. Raises `CurateError` where the ledger does not
        tell.

            milder = release.rethreshold("align", 0.4)
            milder.found.back                                       # how many would come back
            release.gallery(where=milder.moved["pair_id"])          # which
        """
        from curate.ledger.rethreshold import judgement
        from curate.notebook.rethresholded import Rethreshold

        judged = judgement(self.decisions, step, reason)
        return Rethreshold(judged, judged.at(threshold))

    def gallery(self, kind: Kind | None = None, n: int = 12, where: Where | None = None) -> Gallery:
        """Pairs to look at, at most `n`: `kept`, `dropped` (some for every reason), `borderline`
        (nearest to a threshold), `relabelled`, `synthetic`, or of all kinds; of those alone that meet
        a condition on the columns of `pairs`, or have these ids. Drawn by their ids, so that the same
        are drawn every time.

        Media of pairs that left are read from their sources, where these are at hand. A pair that a
        step for privacy, safety, consent or licences refused, or has not seen, is shown by its id
        and that reason alone. Raises `CurateError` for a kind, a column or a pair that there is not.

            release.gallery("dropped", where=pl.col("group") == "Flags")
        """
        from curate.notebook.gallery import gallery

        return gallery(self, kind, n, where)

    def clusters(self, step: str | None = None) -> Clusters:
        """Copies side by side, as one step found them, by its number or its name, or all: the largest
        clusters, and those whose members are least alike; `copies` has every one. Raises
        `CurateError` where the step found none.

            release.clusters().in_all
        """
        from curate.notebook.clustered import found_clusters

        return found_clusters(self, step)

    def map(self, colour: str = "status") -> Mapped:
        """Pairs by their embeddings in two dimensions, as far as the store still holds those that the
        first `align` step used: at most some thousand pairs. `colour` is `status`, `split`,
        `origin`, or a field that groups. Raises `CurateError` where nothing was embedded, or for
        another colour.

            release.map(colour="gender").frame    # pair_id, x, y and the colours
        """
        from curate.notebook.mapped import mapped

        return mapped(self, colour)

    def search(
        self,
        text: str | None = None,
        *,
        like: Path | str | None = None,
        find: str | None = None,
        by: str | None = None,
        limit: int = 10,
    ) -> Found:
        """The pairs nearest to a text or to the file `like`, as `curate.search` finds them, to look at.
        Raises `CurateError` when the release cannot be searched so.

            release.search("a red bird").frame["caption"]
        """
        from curate.notebook.found import Found
        from curate.notebook.gallery import pairs_shown
        from curate.run.searching import search

        frame = search(self.path, text, like=like, find=find, by=by, limit=limit)
        some = pairs_shown(self, dict.fromkeys(frame["pair_id"], ()))
        return Found(text or Path(str(like)).name, frame, {one.pair_id: one for one in some})

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


def _there(table: pl.DataFrame | None, schema: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(schema=schema) if table is None else table
