"""What other data holds already: a benchmark held out, an earlier release, a list of hashes.

A list is a Parquet or CSV file with a column `sha256`, `md5` or `pdq` (hexadecimal, as lists are
exchanged), or one named like a text field, with texts. A release is a folder; what it kept counts.
Where several fields must all match, they must match one pair of the release or one row of the list.
PDQ hashes match within 31 of 256 bits, as their authors recommend.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from curate.errors import DataError
from curate.steps.likeness import ALIKE

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

    from curate.steps.copies import Compared
    from curate.steps.step import Ask

COLUMNS = ("row", "field", "kind", "value")
"""Of `Ask.others`: `row` is what they stand in together, a pair's id or the number of a list's row;
`kind` is `sha256`, `md5`, `pdq` or, for what can be looked at, `content`; `field` is null where a
value may be that of any field."""
PDQ_RADIUS = 31
_BLOCK = 1024


class Against(BaseModel):
    """Other data that pairs are held against, in place of one another."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str = Field(
        exclude=True,
        description="A release's folder, or a list as Parquet or CSV with a column sha256, md5, pdq or "
        "one named like the text field; relative to the recipe.",
    )
    name: str = Field(description="What the ledger calls it, as in `in name`.")
    drop: Literal["matches", "others"] = Field(
        "matches", description="Whether what is in it goes, or what is not."
    )

    @property
    def reason(self) -> str:
        return f"in {self.name}" if self.drop == "matches" else f"not in {self.name}"


def equal(name: str, keys: pl.Series, others: pl.DataFrame, ask: Ask) -> pl.DataFrame:
    """`key`, `likeness`, `detail` of contents whose hash is listed; `keys` are those of files."""
    import polars as pl

    listed = _listed(others, name)
    known = listed.filter(pl.col("kind").is_in(["sha256", "content"])).unique("value")
    found = _found(keys.unique().to_frame("key"), known, "key", "sha256")
    digests = listed.filter(pl.col("kind") == "md5")
    if digests.height:
        from curate.measures.digest import file_md5

        ours = ask.measure(file_md5(ask.fields[name].type), keys).drop_nulls("md5")
        found = pl.concat([found, _found(ours, digests.unique("value"), "md5", "md5")])
    return found.unique("key", keep="first", maintain_order=True)


def alike(field: Compared, keys: pl.Series, others: pl.DataFrame, ask: Ask) -> pl.DataFrame:
    """`key`, `likeness`, `detail` of contents that look like one listed."""
    import polars as pl

    listed = _listed(others, field.name)
    contents = listed.filter(pl.col("kind") == "content")["value"].unique().sort()
    found = _looked_at(field, keys.unique(maintain_order=True), contents, ask)
    hashes = listed.filter(pl.col("kind") == "pdq")["value"].unique().sort()
    if hashes.len() and ask.fields[field.name].type == "image":
        found = pl.concat([found, within(keys, hashes, ask, PDQ_RADIUS)])
    best = found.sort("key", "likeness", "detail", descending=[False, True, False])
    return best.unique("key", keep="first", maintain_order=True)


def listed(columns: Sequence[str], other: Against, ask: Ask) -> pl.DataFrame:
    """What other data holds; raises `DataError` where it holds nothing that a column of keys could be
    held against, since nothing would match.
    """
    others = ask.others(other.path)
    for column in columns:
        name = column.removesuffix("_sha256")
        if others.height and not _listed(others, name).height:
            raise DataError(
                f"{other.name} holds nothing of the field '{name}'",
                f"it has {', '.join(_held(others))}: compare those, or name other data",
            )
    return others


def rows(columns: Sequence[str], others: pl.DataFrame, decoded: bool) -> pl.DataFrame:
    """`pair_id` (what names a row), and the keys of what stands in it; those of contents that can be
    decoded if they must be.
    """
    import polars as pl

    wanted = others.filter(pl.col("kind").is_in(["content"] if decoded else ["sha256", "content"]))
    wanted = wanted.sort(pl.col("kind") == "content", maintain_order=True)
    found = (
        wanted.filter(pl.col("field").is_not_null())
        .select(pair_id="row")
        .unique(maintain_order=True)
    )
    for column in columns:
        mine = wanted.filter(pl.col("field") == column.removesuffix("_sha256"))
        keys = mine.unique("row", keep="first").select(pl.col("value").alias(column), pair_id="row")
        found = found.join(keys, on="pair_id", how="left", maintain_order="left")
    return found


def equal_rows(theirs: pl.DataFrame, ours: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """`pair_id`, `likeness`, `detail`, `threshold` of ours that hold what one of theirs holds."""
    import polars as pl

    known = theirs.unique(columns, keep="first", maintain_order=True).rename({"pair_id": "row"})
    held = ours.filter(pl.any_horizontal(pl.col(columns).is_not_null()))
    both = held.join(known, on=list(columns), nulls_equal=True, maintain_order="left")
    return both.select("pair_id", likeness=pl.lit(1.0), detail=_as_in("equal"), threshold=_never())


def alike_rows(
    theirs: pl.DataFrame, ours: pl.DataFrame, fields: Sequence[Compared], ask: Ask
) -> pl.DataFrame:
    """The same of ours that are alike to one of theirs in every field, by the most alike."""
    import polars as pl

    from curate.steps.copies import alike_across

    columns = [field.column for field in fields]
    known, asked = (
        each.drop_nulls(columns).unique(columns, keep="first", maintain_order=True)
        for each in (theirs, ours)
    )
    edges = alike_across(known, asked, fields, ask).edges
    edges = edges.sort("likeness", "left", descending=[True, False]).unique("right", keep="first")
    found = asked.select(columns)[edges["right"]].with_columns(
        edges["likeness"], edges["detail"], known["pair_id"].gather(edges["left"]).alias("row")
    )
    least = pl.lit(min(field.kind.threshold for field in fields))
    both = ours.select("pair_id", *columns).join(found, on=columns, maintain_order="left")
    return both.select("pair_id", "likeness", detail=_as_in("detail"), threshold=least)


def _as_in(said: str) -> pl.Expr:
    import polars as pl

    words = pl.col(said) if said == "detail" else pl.lit(said)
    return words + pl.lit(", as in row ") + pl.col("row").str.head(16)


def _held(others: pl.DataFrame) -> list[str]:
    """The fields and kinds of hashes that other data has."""
    import polars as pl

    return others.select(pl.coalesce("field", "kind")).to_series().unique().sort().to_list()


def _never() -> pl.Expr:
    import polars as pl

    return pl.lit(None, pl.Float64)


def _listed(others: pl.DataFrame, name: str) -> pl.DataFrame:
    import polars as pl

    return others.filter(pl.col("field").is_null() | (pl.col("field") == name))


def _found(ours: pl.DataFrame, listed: pl.DataFrame, column: str, word: str) -> pl.DataFrame:
    import polars as pl

    both = ours.join(listed, left_on=column, right_on="value", how="semi", maintain_order="left")
    detail = pl.lit(f"{word} ") + pl.col(column).str.head(16)
    return both.select("key", likeness=pl.lit(1.0), detail=detail)


def _looked_at(field: Compared, keys: pl.Series, contents: pl.Series, ask: Ask) -> pl.DataFrame:
    """Theirs come first and stay; only couples of theirs and ours are looked at."""
    import polars as pl

    from curate.steps.copies import alike_across

    theirs, ours = (each.rename(field.column).to_frame() for each in (contents, keys))
    edges = alike_across(theirs, ours, [field], ask).edges
    return edges.select(
        key=keys.gather(edges["right"]),
        likeness="likeness",
        detail=pl.col("detail") + " " + contents.gather(edges["left"]).str.head(16),
    )


def within(keys: pl.Series, hashes: pl.Series, ask: Ask, radius: int) -> pl.DataFrame:
    """`key`, `likeness`, `detail` of pictures whose PDQ hash is within so many bits of a listed one: all
    are held against all, in blocks.
    """
    import numpy as np
    import polars as pl

    from curate.measures.image_duplicate import IMAGE_PDQ

    seen = ask.measure(IMAGE_PDQ, keys).drop_nulls("pdq")
    theirs = np.frombuffer(bytes.fromhex("".join(hashes)), np.uint64).reshape(-1, 4)
    ours = np.frombuffer(b"".join(seen["pdq"]), np.uint64).reshape(-1, 4)
    nearest = np.zeros(len(ours), np.int64)
    for start in range(0, len(ours), _BLOCK):
        differ = ours[start : start + _BLOCK, None, :] ^ theirs[None, :, :]
        nearest[start : start + _BLOCK] = np.bitwise_count(differ).sum(2, dtype=np.int64).min(1)
    told = seen.select("key", bits=pl.Series(nearest)).filter(pl.col("bits") <= radius)
    return told.select(
        "key",
        likeness=1 - pl.col("bits") / 256,
        detail=pl.format("pdq within {} of 256 bits", "bits"),
    ).cast(_said())


def _said() -> Any:
    import polars as pl

    return pl.Schema({"key": pl.String, "likeness": ALIKE["likeness"], "detail": ALIKE["detail"]})
