"""Are pictures that a build calls copies copies? Contact sheets for the eye, and what it said.

    python benchmarks/merges.py [--draw 300] [--folder build/merges] [--sheets]

The pictures of `recipes/stamps.yaml` and `recipes/openmoji.yaml`, none planted, through builds whose
one step is `dedup: {near: image}`. A merge is a picture that went, with the one that it went for. Of
the merges of both builds 300 are drawn by a hash of their names, so that a draw hardly changes where
the step hardly does; those of equal files, which need no eye, are counted apart.

With `--sheets` the folder gets `merges.jsonl`, every merge, and pages of what was drawn: two pictures
over grey, where they differ (darker is more, four times as it is), likeness and names. Pages hold
others' pictures, so they are made anew rather than committed.

`benchmarks/merges.jsonl` holds what an eye said of two pictures: `right` where one is a copy of the
other, saved again, scaled, framed, slightly cut or drawn anew by the same lines; `wrong` where what
is shown differs in a colour, number, direction, text or shape. The script counts the verdicts and
names what is wrong and what nobody has looked at.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
from PIL import Image, ImageChops, ImageDraw, ImageFont, ImageOps
from workspace import CURATE, run, show

from curate.pairs import svg
from curate.pairs.draw import uniform
from curate.pairs.image import image_format
from curate.sources.openmoji import _drawings, english

JUDGED = Path(__file__).with_name("merges.jsonl")
STAMPS = Path("/usr/share/tuxpaint/stamps")
SOURCES = {
    "drawing": {"openmoji": {"image": "image", "caption": "caption"}},
    "stamp": {
        "folder": {
            "path": str(STAMPS),
            "image": ["**/*.png", "**/*.svg"],
            "caption": "{stem}.txt#1",
        }
    },
}
FIELDS = {"image": {"type": "image"}, "caption": {"type": "text", "optional": True}}
SIDE, ACROSS, DOWN, TEXT = 150, 3, 7, 14
GREY = (200, 200, 200, 255)


def main() -> None:
    chosen = arguments()
    merges = pl.concat(claimed(kind) for kind in SOURCES)
    drawn = draw(merges, chosen.draw)
    if chosen.sheets:
        draw_sheets(merges, drawn, chosen.folder)
    for word, some in ((f"{drawn.height} drawn", drawn), (f"all {merges.height}", merges)):
        report(word, some)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--draw", type=int, default=300, help="merges to look at")
    parser.add_argument("--folder", type=Path, default=Path("build/merges"), help="for the sheets")
    parser.add_argument("--sheets", action="store_true", help="draw them")
    return parser.parse_args()


def claimed(kind: str) -> pl.DataFrame:
    """`left` and `right`, such as `drawing 1F600.svg`, by name, `likeness`, `detail`, `equal`."""
    with TemporaryDirectory(prefix="curate-bench-") as folder:
        recipe = Path(folder, "recipes", f"{kind}.yaml")
        recipe.parent.mkdir()
        recipe.write_text(json.dumps(recipe_of(kind)))
        run([CURATE, "build", str(recipe), "--json"])
        release = recipe.parent.parent / "releases" / kind / "draft"
        rows = pl.read_parquet(release / "pairs.parquet").select(
            "pair_id", name=pl.concat_str(pl.lit(f"{kind} "), "row")
        )
        columns = ["pair_id", "related_id", "likeness", "detail"]
        clusters = pl.read_parquet(release / "clusters.parquet").filter(role="dropped")[columns]
    ends = clusters.join(rows, on="pair_id").join(
        rows, left_on="related_id", right_on="pair_id", suffix="_kept"
    )
    sides = pl.concat_list("name", "name_kept").list.sort()
    return ends.select(
        left=sides.list.first(), right=sides.list.last(), likeness="likeness", detail="detail"
    ).with_columns(equal=pl.struct("left", "right").map_elements(are_equal, pl.Boolean))


def recipe_of(kind: str) -> dict[str, object]:
    return {
        "name": kind,
        "version": "draft",
        "fields": FIELDS,
        "sources": [SOURCES[kind]],
        "steps": [{"dedup": {"near": "image"}}],
    }


def are_equal(merge: dict[str, str]) -> bool:
    return len({hashlib.sha256(data(name)).digest() for name in merge.values()}) == 1


def data(name: str) -> bytes:
    """The file of a name."""
    kind, _, rest = name.partition(" ")
    path = Path(_drawings()[rest.removesuffix(".svg")]) if kind == "drawing" else STAMPS / rest
    return path.read_bytes()


def draw(merges: pl.DataFrame, count: int) -> pl.DataFrame:
    """So many at random, the least alike first."""
    names = merges.select(pl.concat_str("left", "right", separator="\n")).to_series()
    chance = uniform(names, 0, "merges")
    return merges.with_columns(chance).sort("uniform").head(count).sort("likeness", "left")


def draw_sheets(merges: pl.DataFrame, drawn: pl.DataFrame, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    merges.write_ndjson(folder / "merges.jsonl")
    for number, page in enumerate(drawn.iter_slices(ACROSS * DOWN)):
        draw_sheet(page, folder / f"sheet{number:02}.png")


def draw_sheet(merges: pl.DataFrame, path: Path) -> None:
    wide, high = 3 * SIDE + 12, SIDE + 2 * TEXT + 6
    sheet = Image.new("RGB", (ACROSS * wide, DOWN * high), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(TEXT - 2)
    for number, row in enumerate(merges.iter_rows(named=True)):
        x, y = number % ACROSS * wide, number // ACROSS * high
        tiles = [shown(data(row[side])) for side in ("left", "right")]
        for place, tile in enumerate([*tiles, difference(*tiles)]):
            sheet.paste(tile, (x + place * (SIDE + 2), y))
        for line, side in enumerate(("left", "right")):
            said = f"{row['likeness']:.3f} " if side == "left" else f"{row['detail'][7:]} "
            said += f"{row[side].rpartition('/')[2]}: {caption(row[side])}"
            draw.text((x, y + SIDE + line * TEXT), said[:72], "black", font)
    sheet.quantize(128).save(path, optimize=True)


def shown(content: bytes) -> Image.Image:
    """A picture over grey, where black and white are both to be seen."""
    if image_format(content) == "SVG":
        content = svg.render_svg(content)
    with Image.open(io.BytesIO(content)) as picture:
        seen = picture.convert("RGBA")
    seen = Image.alpha_composite(Image.new("RGBA", seen.size, GREY), seen)
    return ImageOps.pad(seen.convert("RGB"), (SIDE, SIDE), color=GREY[:3])


def difference(one: Image.Image, other: Image.Image) -> Image.Image:
    return ImageChops.difference(one, other).point([max(0, 255 - 4 * n) for n in range(256)] * 3)


def caption(name: str) -> str:
    kind, _, rest = name.partition(" ")
    if kind == "drawing":
        return english(rest.removesuffix(".svg")) or ""
    text = (STAMPS / rest).with_suffix(".txt")
    return text.read_text("utf-8").partition("\n")[0] if text.exists() else ""


def report(word: str, merges: pl.DataFrame) -> None:
    """How many are right, and which are not."""
    judged = pl.read_ndjson(JUDGED)
    said = merges.join(judged, on=["left", "right"], how="left", maintain_order="left")
    unseen = pl.col("verdict", "note").fill_null("not looked at")
    verdict = pl.when("equal").then(pl.lit("right, equal files")).otherwise("verdict")
    said = said.with_columns(unseen).with_columns(verdict=verdict)
    show([word, "merges"], said["verdict"].value_counts().sort("verdict").iter_rows())
    for row in said.filter(~pl.col("verdict").str.starts_with("right")).iter_rows(named=True):
        print(f"- {row['verdict']}: {row['left']}, {row['right']} ({row['note']})")
    print(flush=True)


if __name__ == "__main__":
    main()
