"""Where pairs come from, and the table of the words that recipes use for it.

A new source is one file and one line here; other packages add theirs by an entry point in the
group `curate.sources` whose name is the recipe's word and whose object is the `Source` class.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING

from curate.errors import CurateError
from curate.steps.words import Words, owner

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
def registry() -> Words[Source]:
    """Every source that recipes can name, built-in ones first."""
    plugins: dict[str, EntryPoint] = {}
    for point in sorted(entry_points(group=GROUP), key=lambda point: (point.name, point.value)):
        if point.name in BUILT_IN or point.name in plugins:
            first = owner(plugins[point.name]) if point.name in plugins else "curate"
            raise CurateError(
                f"two packages offer the source '{point.name}': {first} and {owner(point)}",
                "uninstall one of them",
            )
        plugins[point.name] = point
    return Words("source", "curate.sources.source:Source", BUILT_IN, plugins)
