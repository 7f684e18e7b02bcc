"""What other data holds already: a benchmark held out, an earlier release, a list of hashes.

A list is a Parquet or CSV file with a column `sha256`, `md5` or `pdq` (hexadecimal, as lists are
exchanged), or one named like a text field, with texts. A release is a folder; what it kept counts.
PDQ hashes match within 31 of 256 bits, as their authors recommend.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from curate.steps.likeness import ALIKE

if TYPE_CHECKING:
    import polars as pl

    from curate.steps.copies import Compared
    from curate.steps.step import Ask

COLUMNS = ("field", "kind", "value")
"""Of `Ask.others`: `kind` is `sha256`, `md5`, `pdq` or, for what can be looked at, `content`;
`field` is null where a value may be that of any field."""
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
        found = pl.concat([found, _within(keys, hashes, ask)])
    best = found.sort("key", "likeness", "detail", descending=[False, True, False])
    return best.unique("key", keep="first", maintain_order=True)


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

    edges = alike_across(contents, keys, field, ask)
    return edges.select(
        key="right",
        likeness="likeness",
        detail=pl.col("detail") + " " + pl.col("left").str.head(16),
    )


def _within(keys: pl.Series, hashes: pl.Series, ask: Ask) -> pl.DataFrame:
    """Pictures whose PDQ hash is near a listed one: all are held against all, in blocks."""
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
    told = seen.select("key", bits=pl.Series(nearest)).filter(pl.col("bits") <= PDQ_RADIUS)
    return told.select(
        "key",
        likeness=1 - pl.col("bits") / 256,
        detail=pl.format("pdq within {} of 256 bits", "bits"),
    ).cast(_said())


def _said() -> Any:
    import polars as pl

    return pl.Schema({"key": pl.String, "likeness": ALIKE["likeness"], "detail": ALIKE["detail"]})
