"""Where pairs come from, and the table of the words that recipes use for it.

A new source is one file and one line here; other packages add theirs by an entry point in the
group `curate.sources` whose name is the recipe's word and whose object is the `Source` class.
"""

from __future__ import annotations

import warnings
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING

from curate.errors import CurateError

if TYPE_CHECKING:
    from curate.sources.source import Source

GROUP = "curate.sources"
BUILT_IN = {
    "folder": "curate.sources.folder:Folder",
    "csv": "curate.sources.csv:Csv",
    "jsonl": "curate.sources.jsonl:Jsonl",
    "parquet": "curate.sources.parquet:Parquet",
    "urls": "curate.sources.urls:Urls",
    "dataset": "curate.sources.dataset:SavedDataset",
    "subtitles": "curate.sources.subtitles:Subtitles",
    "webdataset": "curate.sources.webdataset:WebDataset",
    "coco": "curate.sources.coco:Coco",
    "vqa": "curate.sources.vqa:Vqa",
    "common_voice": "curate.sources.common_voice:CommonVoice",
    "ljspeech": "curate.sources.ljspeech:LJSpeech",
    "avspeech": "curate.sources.avspeech:AVSpeech",
    "openmoji": "curate.sources.openmoji:OpenMoji",
}


@cache
def registry() -> dict[str, type[Source]]:
    """Every source that recipes can name, built-in ones first."""
    sources = {word: _built_in(target) for word, target in BUILT_IN.items()}
    owners = dict.fromkeys(BUILT_IN, "curate")
    for point in sorted(entry_points(group=GROUP), key=lambda point: (point.name, point.value)):
        owner = point.dist.name if point.dist else point.value
        if point.name in owners:
            raise CurateError(
                f"two packages offer the source '{point.name}': {owners[point.name]} and {owner}",
                "uninstall one of them",
            )
        owners[point.name] = owner
        loaded = _plugin(point, owner)
        if loaded is not None:
            sources[point.name] = loaded
    return sources


def _built_in(target: str) -> type[Source]:
    module, _, name = target.partition(":")
    source: type[Source] = getattr(import_module(module), name)
    return source


def _plugin(point: EntryPoint, owner: str) -> type[Source] | None:
    """The class behind an entry point; one that cannot be loaded must not stop other recipes."""
    from curate.sources.source import Source

    try:
        loaded = point.load()
    except Exception as error:
        warnings.warn(f"the source '{point.name}' of {owner} is broken: {error}", stacklevel=3)
        return None
    if isinstance(loaded, type) and issubclass(loaded, Source):
        return loaded
    warnings.warn(f"the source '{point.name}' of {owner} is no Source class", stacklevel=3)
    return None
