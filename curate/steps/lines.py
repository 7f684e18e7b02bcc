"""What is said in a stretch of a recording, given to the windows of it that it overlaps."""

from __future__ import annotations

import polars as pl


def lines_of(table: pl.DataFrame, clock: str, texts: tuple[str, ...]) -> pl.DataFrame:
    """Pairs that hold words and a span of a recording which another pair holds whole.

    `pair_id`, `file`, `start`, `end` and the texts.
    """
    file, start, end = (f"{clock}_{part}" for part in ("file_sha256", "start", "end"))
    whole = table.filter(pl.col(start).is_null()).select(file).drop_nulls().unique()
    words = pl.any_horizontal(pl.lit(False), *(pl.col(name).is_not_null() for name in texts))
    spans = table.filter(pl.col(start).is_not_null() & words)
    spans = spans.join(whole, on=file, how="semi", maintain_order="left")
    return spans.select("pair_id", *texts, file=file, start=start, end=end)


def with_texts(
    added: pl.DataFrame, lines: pl.DataFrame, clock: str, texts: tuple[str, ...]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The windows with their texts, joined by spaces in the order of time, and what became of the
    lines; a window in which nothing is said keeps its text, if it has one.
    """
    windows = added.with_row_index("window")
    held = _held(windows, lines, clock)
    return _joined(windows, held, texts).drop("window"), _verdicts(lines, held)


def _joined(windows: pl.DataFrame, held: pl.DataFrame, texts: tuple[str, ...]) -> pl.DataFrame:
    words = [pl.col(name).str.join(" ").replace("", None).alias(f"{name}_said") for name in texts]
    said = held.group_by("window", maintain_order=True).agg(*words, lines="pair_id")
    both = windows.join(said, on="window", how="left", maintain_order="left")
    parents = pl.concat_list("parents", pl.col("lines").fill_null([]))
    told = [pl.coalesce(f"{name}_said", name).alias(name) for name in texts]
    return both.with_columns(*told, parents=parents).select(windows.columns)


def _held(windows: pl.DataFrame, lines: pl.DataFrame, clock: str) -> pl.DataFrame:
    """`window` and a line that overlaps it, in the order of windows and of time."""
    places = windows.select(
        "window", at=f"{clock}_file_sha256", since=f"{clock}_start", until=f"{clock}_end"
    )
    pairs = places.join(lines, left_on="at", right_on="file")
    overlap = (pl.col("start") < pl.col("until")) & (pl.col("end") > pl.col("since"))
    return pairs.filter(overlap).sort("window", "start", "end", "pair_id")


def _verdicts(lines: pl.DataFrame, held: pl.DataFrame) -> pl.DataFrame:
    used = pl.col("pair_id").is_in(held["pair_id"].unique().implode())
    return lines.select(
        "pair_id",
        verdict=pl.when(used).then(pl.lit("paired")).otherwise(pl.lit("drop")),
        reason=pl.when(used).then(pl.lit("said in a window")).otherwise(pl.lit("in no window")),
    )
