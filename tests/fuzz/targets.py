"""What reads bytes of strangers: for each kind of file some seeds, words that it knows, and its reader.

A reader either says something or raises a `CurateError`; anything else is a find.
"""

from __future__ import annotations

import json
import os
import tempfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import soundfile as sf
from PIL import Image

from curate.errors import Unreadable
from tests.fuzz.mutation import mutated
from tests.recordings import CODECS, coded_sound, film, tone

REPOSITORY = Path(__file__).parents[2]
FINDS = Path(__file__).parent / "finds"
_folder = Path(tempfile.mkdtemp(prefix="curate-fuzz-"))
_moments = count()
"""Times of change: readers keep what they found in a file until it changes, clocks tick too slowly."""


@dataclass(frozen=True)
class Target:
    """A kind of file."""

    read: Callable[[bytes], object]
    seeds: list[bytes]
    tokens: list[bytes] = field(default_factory=list)
    mend: Callable[[bytes], bytes] | None = None
    """Sums of what was harmed put right, as who means harm does: every other file gets past them."""

    def file(self, seed: int) -> bytes:
        """One of the files."""
        data = mutated(self.seeds, self.tokens, seed)
        return self.mend(data) if self.mend and seed % 2 else data


GROUPS: dict[str, tuple[str, ...]] = {
    "_texts": ("recipe", "subtitles", "expression", "csv", "jsonl", "parquet"),
    "_lists": ("urls", "robots", "opt-out", "answers", "policy", "reviews"),
    "_stored": ("manifest", "tombstone", "marks", "fragment", "tar", "zip"),
    "_pictures": ("svg", "png", "jpeg", "webp", "tiff", "bmp", "avif", "gif"),
    "_sounds": (
        *("wav-pcm_16", "wav-float", "flac-pcm_16", "ogg-vorbis", "ogg-opus"),
        *("mp3", "ipod", "adts", "asf"),
    ),
    "_films": ("mp4", "mov", "webm", "matroska", "avi"),
    "_streams": ("npy", "sensor-csv", "sensor-parquet"),
}
NAMES = [name for names in GROUPS.values() for name in names]
PLAIN = [name for group in ("_texts", "_lists", "_stored") for name in GROUPS[group]]
"""What a build reads in its own process; it decodes the others in processes that may die of it."""


@lru_cache
def target(name: str) -> Target:
    """Makes its seeds: libraries with threads of their own are not used before, so that one may fork."""
    group = next(group for group, names in GROUPS.items() if name in names)
    found: Target = globals()[group]()[name]
    return found


def _texts() -> dict[str, Target]:
    recipes = [p.read_bytes() for p in sorted((REPOSITORY / "recipes").glob("*.yaml"))]
    wrong = [p.read_bytes() for p in sorted((REPOSITORY / "tests/recipe/wrong").glob("*.yaml"))]
    yaml = [b": ", b"- ", b"&a ", b"*a", b"<<: ", b"!!x ", b"|", b"---\n", b"\0", b"\xff", b"${"]
    cues = [
        b"1\n00:00:01,000 --> 00:00:02,500\nA line\n\n2\n00:00:03,000 --> 00:00:04,000\nTwo\n",
        b"WEBVTT\n\nNOTE x\n\n00:01.000 --> 00:02.000 align:start\n<v Ann>Hello</v>\n",
    ]
    sql = [
        b"CAST(year AS INT) > 2000 AND category IN ('a', 'b')",
        b"caption LIKE '%x%' OR LENGTH(caption) BETWEEN 3 AND 9",
        b"CASE WHEN a > 1 THEN b ELSE c END = 2",
    ]
    words = [b" AND ", b" OR ", b"NOT ", b"(", b")", b"'", b"CAST(", b" AS ", b"::", b"--", b"\0"]
    return {
        "recipe": Target(_read_recipe, [*recipes, *wrong], yaml),
        "subtitles": Target(_read_cues, cues, [b" --> ", b"WEBVTT\n", b"99:99", b"<i>", b"\r"]),
        "expression": Target(_read_expression, sql, words),
        "csv": Target(
            _source("csv", "t.csv"), [b"file,words\nx.png,A\n", b'file,words\n"a\nb",c\n']
        ),
        "jsonl": Target(_source("jsonl", "t.jsonl"), [b'{"file":"x.png","words":"A"}\n']),
        "parquet": Target(_parquet, [_table("x.png"), _table(b"x"), _table({"bytes": b"x"})]),
    }


def _lists() -> dict[str, Target]:
    urls = b'{"file":"https://example.org/a.png?b=c#d","words":"A"}\n'
    rules = b"User-agent: *\nDisallow: /a*b$\nAllow: /\n\nUser-agent: curate\nDisallow:\n"
    entries = b"https://example.org/a\nexample.net\n" + b"0" * 64 + b"\nid-1\n"
    answers = b"purpose: {value: A reason., by: Somebody, at: 2025-01-01}\n"
    line = {"pair_id": "0" * 32, "action": "drop", "by": "Ann", "at": "2025-01-01T00:00:00Z"}
    hosts = [b"@", b"[", b"]", b"//", b"\xe2\x91\xa0", b"xn--", b":99999", b"%00", b"\r\n"]
    return {
        "urls": Target(_urls, [urls], hosts),
        "robots": Target(_robots, [rules], [b"*", b"$", b":", b"\xef\xbb\xbf", b"#"]),
        "opt-out": Target(_opt_out, [entries, b"url,domain,sha256\nx,y.org,\n"], hosts),
        "answers": Target(_answers, [answers], [b": ", b"- ", b"&a ", b"*a", b"!!x "]),
        "policy": Target(
            _policy,
            [b"gates:\n  pairs.duplicates_across_splits: {max: 0}\n"],
            [b": ", b"- ", b"1e999"],
        ),
        "reviews": Target(_reviews, [json.dumps(line).encode() + b"\n"], [b"null", b"[]", b"\n"]),
    }


def _stored() -> dict[str, Target]:
    manifest = {
        "format": 2,
        "name": "x",
        "version": "1.0.0",
        "digest": "0" * 64,
        "parts": {"pairs": "0" * 64},
        "files": {"a": {"sha256": "0" * 64, "size": 1}},
    }
    stone = {"format": 1, "name": "x", "version": "1.0.0", "digest": "0", "at": "now", "pairs": 1}
    mark = {"key": "0" * 16, "mark": "0" * 64}
    return {
        "manifest": Target(_manifest, [json.dumps(manifest).encode()], [b"null", b"{}", b"1e999"]),
        "tombstone": Target(_stone, [json.dumps({**stone, "successor": None}).encode()]),
        "marks": Target(_marks, [json.dumps(mark).encode() + b"\n"], [b"\n", b"null", b"[]"]),
        "fragment": Target(_fragment, [_fragment_bytes()]),
        "tar": Target(_tar, [_tar_bytes()], [b"../", b"\0", b"ustar", b"7777777"]),
        "zip": Target(_zip, [_zip_bytes()], [b"../", b"PK\1\2", b"PK\3\4", b"PK\6\6", b"\xff" * 4]),
    }


def _pictures() -> dict[str, Target]:
    noise = np.random.default_rng(7).integers(0, 256, (40, 60, 3), dtype=np.uint8)

    def encoded(form: str, mode: str, **options: Any) -> bytes:
        out = BytesIO()
        Image.fromarray(noise).convert(mode).save(out, form, **options)
        return out.getvalue()

    modes = {"PNG": "RGB 1 L P RGBA", "JPEG": "RGB L CMYK", "TIFF": "RGB CMYK L 1"}
    words = [b"<use href='#a'/>", b"&lt;", b"<!DOCTYPE x>", b"1e999", b"%"]
    return {"svg": Target(_svg, [_SVG], words)} | {
        form.lower(): Target(
            _picture,
            [encoded(form, mode) for mode in modes.get(form, "RGB").split()],
            mend=_mended_png if form == "PNG" else None,
        )
        for form in ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "AVIF", "GIF")
    }


def _sounds() -> dict[str, Target]:
    kinds = [
        ("WAV", "PCM_16"),
        ("WAV", "FLOAT"),
        ("FLAC", "PCM_16"),
        ("OGG", "VORBIS"),
        ("OGG", "OPUS"),
    ]
    coded = [("mp3", "libmp3lame"), ("ipod", "aac"), ("adts", "aac"), ("asf", "wmav2")]
    samples = tone(0.2)

    def written(form: str, subtype: str) -> bytes:
        out = BytesIO()
        sf.write(out, samples.T, 48_000, subtype, format=form)
        return out.getvalue()

    found = {
        f"{f}-{s}".lower(): Target(
            _sound, [written(f, s)], mend=_mended_ogg if f == "OGG" else None
        )
        for f, s in kinds
    }
    return found | {form: Target(_sound, [coded_sound(form, c, samples)]) for form, c in coded}


def _films() -> dict[str, Target]:
    return {form: Target(_film, [film(form, sound=tone(1.6))]) for form in CODECS}


def _streams() -> dict[str, Target]:
    times = np.arange(40) / 10
    plain = np.column_stack([times, np.sin(times)])
    out = BytesIO()
    np.save(out, plain)
    table = pl.DataFrame({"t": times, "x": plain[:, 1]})
    parquet = BytesIO()
    table.write_parquet(parquet)
    return {
        "npy": Target(_stream, [out.getvalue()], [b"'descr': '|O'", b"999999999"]),
        "sensor-csv": Target(_stream, [table.write_csv().encode()]),
        "sensor-parquet": Target(_stream, [parquet.getvalue()]),
    }


_SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><g id="a">'
    b'<circle cx="32" cy="32" r="28" fill="#36c"/></g></svg>'
)


def _mended_png(data: bytes) -> bytes:
    """With the sum of every chunk that is there whole."""
    mended, at = bytearray(data), 8
    while at + 12 <= len(data) and (end := at + 8 + int.from_bytes(data[at : at + 4])) < len(data):
        mended[end : end + 4] = zlib.crc32(data[at + 4 : end]).to_bytes(4)
        at = end + 4
    return bytes(mended)


def _mended_ogg(data: bytes) -> bytes:
    """With the sum of every page that is there whole, and the number that it should have."""
    from curate.pairs.ogg import _checksum, _length

    pages: list[bytes] = []
    at = data.find(b"OggS")
    while at >= 0:
        page = bytearray(data[at : at + _length(data, at)])
        page[18:22] = len(pages).to_bytes(4, "little")
        page[22:26] = _checksum(bytes(page)).to_bytes(4, "little")
        pages.append(bytes(page))
        at = data.find(b"OggS", at + len(page))
    return b"".join(pages)


def _placed(name: str, data: bytes) -> Path:
    path = _folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, ns=(0, next(_moments)))
    return path


def _read_recipe(data: bytes) -> object:
    from curate.recipe import read_recipe

    return read_recipe(_placed("recipe.yaml", data))


def _read_cues(data: bytes) -> object:
    from curate.pairs.cues import parse

    return parse(data.decode("utf-8", "replace"))


def _read_expression(data: bytes) -> object:
    from curate.steps.expression import beyond_the_row, names_in

    text = data.decode("utf-8", "replace")
    return beyond_the_row(text, ()) or names_in(text)


def _urls(data: bytes) -> object:
    from contextlib import suppress

    from curate.web.address import place
    from curate.web.trouble import Refused

    rows = _source("urls", "t.jsonl")(data)
    assert isinstance(rows, pl.DataFrame)
    for url in rows["image_path"].drop_nulls():
        with suppress(Refused):
            place(url)
    return rows


def _robots(data: bytes) -> object:
    from curate.steps.optout import forbids, site_rules

    rules = site_rules(data.decode("utf-8", "replace"), "curate")
    return [forbids(rules, path) for path in ("/", "/aab", "/" + "ab" * 2000)]


def _opt_out(data: bytes) -> object:
    from curate.steps.optout import read_opt_out

    listed = read_opt_out(data.decode("utf-8", "replace"), "example.org/list.txt")
    return listed.names_url("https://example.org/a?b=c")


def _answers(data: bytes) -> object:
    from curate.recipe.answers import read_answers

    return read_answers(_placed("answers.yaml", data))


def _policy(data: bytes) -> object:
    from curate.recipe.governance import read_policy

    return read_policy(_placed("policy.yaml", data), set())


def _reviews(data: bytes) -> object:
    from curate.pairs.field import TextField
    from curate.run.reviews import read_reviews

    return read_reviews(_placed("reviews.jsonl", data), {"caption": TextField(type="text")})


def _source(kind: str, name: str) -> Callable[[bytes], object]:
    def read(data: bytes) -> object:
        from pydantic import TypeAdapter

        from curate.pairs.field import Field
        from curate.sources.csv import Csv
        from curate.sources.jsonl import Jsonl
        from curate.sources.parquet import Parquet
        from curate.sources.source import Source
        from curate.sources.urls import Urls

        known: dict[str, type[Source]] = {
            "csv": Csv,
            "jsonl": Jsonl,
            "parquet": Parquet,
            "urls": Urls,
        }
        path = _placed(f"{kind}/{name}", data)
        fields = TypeAdapter(dict[str, Field]).validate_python(
            {"image": {"type": "image"}, "caption": {"type": "text"}}
        )
        source = known[kind].parse({"path": name, "image": "file", "caption": "words"})
        return source.rows(fields, path.parent, "src")

    return read


def _parquet(data: bytes) -> object:
    from contextlib import suppress

    from curate.errors import Unreadable
    from curate.pairs.media import read_media

    rows = _source("parquet", "t.parquet")(data)
    assert isinstance(rows, pl.DataFrame)
    for path, member in rows.select("image_path", "image_member").drop_nulls().rows():
        with suppress(Unreadable):
            read_media(path, member)
    return rows


def _table(file: object) -> bytes:
    out = BytesIO()
    pl.DataFrame({"file": [file, None], "words": ["A", "B"]}).write_parquet(out)
    return out.getvalue()


def _svg(data: bytes) -> object:
    from curate.pairs.svg import render_svg, svg_size

    return svg_size(data), render_svg(data)


def _manifest(data: bytes) -> object:
    from curate.release.publish import read_manifest

    return read_manifest(_placed("release/manifest.json", data).parent)


def _stone(data: bytes) -> object:
    from curate.release.tombstone import read_tombstone

    return read_tombstone(_placed("stone/TOMBSTONE.json", data).parent)


def _marks(data: bytes) -> object:
    from curate.store.forgotten import read_forgotten

    _placed("forgetful/.curate/forget.key", b"00" * 32)
    return read_forgotten(_placed("forgetful/forgotten/marks.jsonl", data).parents[1])


def _fragment_bytes() -> bytes:
    from curate.store.fragment import write_fragment

    frame = pl.DataFrame({"key": ["a", "b"], "error": [None, "x"], "value": [[1.0, 2.0], None]})
    return write_fragment(_folder / "seed", frame, {"seconds": 0.5}).read_bytes()


def _fragment(data: bytes) -> object:
    import warnings

    from curate.store.fragment import fragment_of
    from curate.store.store import Shelf

    path = _placed("shelf/x.parquet", data)
    shelf = Shelf(path.parent, {"value": pl.List(pl.Float64)})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return fragment_of(data), shelf.cost(), shelf.keys(), shelf.read(pl.Series(["a"]))


def _tar_bytes() -> bytes:
    import tarfile

    out = BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name in ("a/x.png", "a/x.txt", "b.json"):
            member = tarfile.TarInfo(name)
            member.size = 10
            archive.addfile(member, BytesIO(b"0123456789"))
    return out.getvalue()


def _tar(data: bytes) -> object:
    from curate.pairs.tar import members, read_member

    path = str(_placed("x.tar", data))
    return [read_member(path, member.name) for member in members(path) if not member.problem]


def _zip_bytes() -> bytes:
    import zipfile

    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a/x.png", b"0123456789" * 9, zipfile.ZIP_DEFLATED)
        archive.writestr("a/x.txt", b"0123456789")
        archive.writestr("ä.json", b"{}")
    return out.getvalue()


def _zip(data: bytes) -> object:
    from curate.pairs.zip import read_member
    from curate.sources.pattern import Pattern
    from curate.sources.tree import walk

    path = _placed("x.zip", data)
    try:
        tree = walk(path, [Pattern("**")])
    except OSError as error:
        raise Unreadable(str(error)) from None
    cells = [tree.locate(relative) for relative in tree.matching([Pattern("**")])]
    return [
        read_member(str(path), cell.member.removeprefix("zip:")) for cell in cells if cell.member
    ]


def _picture(data: bytes) -> object:
    from curate.pairs.image import decode_image, probe_image, small_image

    return probe_image(data), decode_image(data), small_image(data, 64)


def _sound(data: bytes) -> object:
    from curate.pairs.audio import decode_audio, probe_audio

    return probe_audio(data), decode_audio(data)


def _film(data: bytes) -> object:
    from curate.pairs.span import Recording
    from curate.pairs.video import check_video, probe_video, scene_frames

    return probe_video(data), check_video(data), scene_frames(Recording(data))


def _stream(data: bytes) -> object:
    from curate.pairs.sensor import probe_sensor, read_stream
    from curate.pairs.span import Recording

    return probe_sensor(data), read_stream(Recording(data))
