"""Which pairs are shown by their id alone.

Media, texts and metadata of a pair are shown only if every step that can refuse it for privacy, safety,
consent or its licence has looked at it, none has dropped or flagged it, and no person called it
unsafe. A step that takes texts
or metadata out of what a release tells (`privacy` that redacts texts or strips files) need not have
looked: no table tells them, and nothing that is shown holds a file's metadata.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import polars as pl

from curate.ledger.verdict import LEAVES
from curate.pairs.origin import SYNTHETIC

if TYPE_CHECKING:
    from curate.governance.evidence import Evidence

WORDS = ("privacy", "safety", "consent", "licence")
_REFUSES = {"drop": "dropped", "flag": "flagged"}
_SEEN_NOT = ("not_assessed", "unreadable")


def withheld(evidence: Evidence) -> pl.DataFrame:
    """`pair_id`, `withheld`: why, in words, of the pairs that are not shown."""
    lines = evidence.decisions.filter(pl.col("name").str.split(" ").list.first().is_in(WORDS))
    lacking = [_unsafe(evidence.decisions), _refused(lines), *_unseen(evidence, lines)]
    return pl.concat(lacking).unique("pair_id", keep="first", maintain_order=True)


def _unsafe(decisions: pl.DataFrame) -> pl.DataFrame:
    """What people say of it in `reviews/<name>.jsonl`."""
    by_person = (pl.col("name") == "review") & pl.col("reason").str.starts_with("unsafe")
    return decisions.filter(by_person).select(
        "pair_id", withheld=pl.lit("a person called it unsafe")
    )


def _refused(lines: pl.DataFrame) -> pl.DataFrame:
    said = lines.filter(pl.col("verdict").is_in(list(_REFUSES))).sort("step", "pair_id")
    done = pl.col("verdict").replace_strict(_REFUSES, return_dtype=pl.String)
    why = pl.concat_str(pl.col("name"), done, pl.lit("it"), separator=" ")
    return said.select("pair_id", withheld=why)


def _unseen(evidence: Evidence, lines: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Of each step that has to look, the pairs that it never saw."""
    origin = evidence.pairs.select("pair_id", made=pl.col("origin") == SYNTHETIC)
    seen = lines.filter(~pl.col("verdict").is_in(_SEEN_NOT)).join(origin, on="pair_id")
    tried = lines.filter(pl.col("verdict").is_in(_SEEN_NOT)).select("pair_id", "step")
    gone = evidence.decisions.filter(pl.col("verdict").is_in(LEAVES))
    left = gone.select("pair_id", out="step").unique("pair_id")
    for step, name in _guards(evidence, lines):
        mine = seen.filter(_looked(seen, step, name))
        rest = evidence.pairs.select("pair_id").join(mine, on="pair_id", how="anti")
        told = rest.join(origin, on="pair_id").join(left, on="pair_id", how="left")
        could_not = pl.col("pair_id").is_in(
            tried.filter(pl.col("step") == step)["pair_id"].implode()
        )
        why = (
            pl.when(could_not)
            .then(pl.lit(f"{name} could not look at it"))
            .when("made")
            .then(pl.lit(f"made by a machine, and {name} has not looked at it"))
            .when(pl.col("out") <= step)
            .then(pl.lit(f"left before {name} looked"))
            .otherwise(pl.lit(f"{name} has not looked at it"))
        )
        yield told.sort("pair_id").select("pair_id", withheld=why)


def _looked(seen: pl.DataFrame, step: str, name: str) -> pl.Expr:
    """What machines make comes later: for that any step of the name will do."""
    return (pl.col("step") == step) | (pl.col("made") & (pl.col("name") == name))


def _guards(evidence: Evidence, lines: pl.DataFrame) -> list[tuple[str, str]]:
    """Number and name of the steps that have to look; not of those that looked again at what
    machines made.
    """
    made = evidence.pairs.filter(pl.col("origin") == SYNTHETIC)["pair_id"]
    again = lines.group_by("step").agg(only=pl.col("pair_id").is_in(made.implode()).all())
    later = set(again.filter("only")["step"])
    stages = [(str(s["step"]), str(s["name"])) for s in evidence.stages]
    stages += lines.select("step", "name").unique().rows()
    excused = set(_excused(evidence.lock["recipe"]["steps"]))
    guards = [
        (step, name)
        for step, name in dict.fromkeys(stages)
        if name.split(" ")[0] in WORDS and step not in later and name not in excused
    ]
    return sorted(guards)


def _excused(steps: list[Mapping[str, Any]]) -> Iterator[str]:
    """Titles of steps that refuse nothing that can be shown."""
    for step in steps:
        for word, said in step.items():
            if word == "privacy" and "strip" in said:
                yield " ".join(["privacy strip", *said["strip"]])
            elif word == "privacy" and "text" in said and said["act"] == "redact":
                yield " ".join(["privacy", *said["text"]])
            elif word == "licence" and said["unknown"] == "keep" and "allow" not in said:
                yield word
