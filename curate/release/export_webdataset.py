"""A release as WebDataset shards: tar archives in which the files of one key are one pair.

    train-000000.tar    <pair_id>.image.png, <pair_id>.speech.flac, <pair_id>.json, next pair, …

Media stand under their field's name and format, texts and metadata with `pair_id`, `origin` and
`split` in the JSON. A pair's files stand together, in one shard; archives bear no times, owners or
order of their own, so that one release gives the same bytes everywhere. The form is webdataset's
own convention (https://github.com/webdataset/webdataset), and `webdataset` sources read it.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from curate.errors import CurateError
from curate.pairs.extension import extension
from curate.pairs.tar import BLOCK
from curate.release.export_jsonl import json_line
from curate.release.published import Published

_END = tarfile.RECORDSIZE
"""Archives end in zeros up to a multiple of this."""


def write_webdataset(release: Published, folder: Path, shard_bytes: int) -> None:
    """Shards of at most `shard_bytes`, but for a pair that is larger by itself."""
    if release.lock["recipe"]["release"]["media"] != "embed":
        raise CurateError(
            f"{release.title} holds no media: they stay where they were found",
            "build it with `release: {media: embed}`, or export jsonl",
        )
    for split in release.splits:
        samples = (list(_sample(row, split, release)) for row in release.rows(split))
        _write_shards(samples, folder, split, shard_bytes)


def _sample(row: dict[str, Any], split: str, release: Published) -> Iterator[tuple[str, bytes]]:
    """The files of a pair."""
    key = row["pair_id"]
    media = {name: row.pop(name) for name in release.embedded}
    for name, medium in media.items():
        if medium is not None:
            ending = extension(medium["bytes"], release.fields[name].type)
            yield f"{key}.{name}.{ending}", medium["bytes"]
    yield f"{key}.json", json_line({**row, "split": split}).encode()


def _write_shards(
    samples: Iterable[list[tuple[str, bytes]]], folder: Path, split: str, shard_bytes: int
) -> None:
    number, shard = 0, _opened(folder, split, 0)
    for files in samples:
        size = sum(BLOCK + -(-len(data) // BLOCK) * BLOCK for _, data in files)
        if shard.offset and shard.offset + size + _END > shard_bytes:
            shard.close()
            number, shard = number + 1, _opened(folder, split, number + 1)
        for name, data in files:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            shard.addfile(member, BytesIO(data))
    shard.close()


def _opened(folder: Path, split: str, number: int) -> tarfile.TarFile:
    return tarfile.open(folder / f"{split}-{number:06d}.tar", "w", format=tarfile.GNU_FORMAT)
