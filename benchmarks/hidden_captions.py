"""What `pseudo_label` makes of captions, categories and transcripts that were hidden from it.

    python benchmarks/hidden_captions.py

Of Tux Paint's stamps, copies removed, a fifth loses its captions, and a fifth its categories, five
times, another fifth each time. Captions are found among the nearest labelled pairs
(`neighbours: image`), categories learned from images by self-training (`train: image`). Five times
are pooled. Prints for each

- how many labels are correct: a caption if its vector's cosine with the hidden one is 0.7 or more, a
  category if it is the hidden one; the mean cosine, chrF (sacrebleu, of single captions), and how
  many are letter for letter the same; beside it the same of captions drawn by chance
- whether confidence holds: the expected calibration error over ten bins, the bins, and what a
  `min_confidence` would let through
- the surer half of the labels against the other half, with a 95 % interval over groups of copies

Then what rounds of self-training after the first add; and the stamps that are spoken in English are
heard by Whisper tiny.en: word error rates against their captions, and against these without the
article that begins them, which nobody speaks.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from curate.evaluation.interval import mean_interval, statistic_interval
from curate.evaluation.pseudo_labels import PseudoLabels
from curate.evaluation.reliability import calibration_error, halves, reliability
from curate.measures.transcript import transcript
from curate.measures.word_errors import Errors
from curate.recipe import read_recipe
from curate.run.asking import Asking
from curate.run.build import Options, opened
from curate.run.course import Course
from curate.run.evaluating import Scene
from curate.run.progress import Silence
from curate.steps.labelling import Labelling
from curate.steps.neighbours import Neighbours, likeness

STAMPS = "/usr/share/tuxpaint/stamps"
RECIPE: dict[str, Any] = {
    "name": "hidden",
    "version": "draft",
    "fields": {
        "image": {"type": "image"},
        "caption": {"type": "text", "language": "en"},
        "category": {"type": "metadata"},
    },
    "sources": [
        {
            "folder": {
                "path": STAMPS,
                "image": ["**/*.png", "**/*.svg"],
                "caption": "{stem}.txt#1",
                "category": "{parent0}",
                "max_unreadable": 0.5,
            }
        }
    ],
    "steps": [
        {"dedup": {"exact": "pair"}},
        {"dedup": {"near": "image"}},
        {"pseudo_label": {"neighbours": "image", "fill": "caption"}},
        {"pseudo_label": {"train": "image", "fill": "category"}},
    ],
}
SPEECH: dict[str, Any] = {
    "name": "heard",
    "version": "draft",
    "fields": {
        "speech": {"type": "audio", "language": "en"},
        "caption": {"type": "text", "language": "en"},
    },
    "sources": [
        {
            "folder": {
                "path": STAMPS,
                "speech": "**/*_desc.ogg",
                "name": "spoken",
            }
        },
        {"folder": {"path": STAMPS, "caption": "**/*.txt#1", "name": "written"}},
    ],
    "steps": [
        {
            "pair": {
                "key": ["spoken", "written"],
                "on": {
                    "spoken": "replace(row, '_desc.ogg', '')",
                    "written": "replace(row, '.txt', '')",
                },
            }
        }
    ],
}
BOUNDS = (0.5, 0.6, 0.7, 0.8, 0.9)


def main() -> None:
    with course_of(RECIPE) as (course, asking):
        captions, hidden = PseudoLabels(of="caption").labels(Scene(course, asking))
        categories, marked = PseudoLabels(of="category").labels(Scene(course, asking))
        step = next(one for one in course.recipe.steps if isinstance(one, Neighbours))
        compared = compare(captions, step, asking)
    print(f"\n### Captions: {hidden} hidden, {captions.height} of them labelled\n")
    show_scores(compared)
    lucky = (compared["chance cosine"] >= step.alike).mean()
    print(f"\nof captions drawn by chance {lucky:.3f} are correct")
    show_trust(captions)
    print(f"\n### Categories: {marked} hidden, {categories.height} of them labelled\n")
    show_trust(categories)
    show_rounds(categories)
    show_speech()


@contextmanager
def course_of(recipe: dict[str, Any]) -> Iterator[tuple[Course, Asking]]:
    """A recipe's steps, run in a folder of their own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "recipe.yaml")
        path.write_text(json.dumps(recipe))
        with opened(read_recipe(path), Options(), Silence()) as (course, asking):
            course.run(asking)
            yield course, asking


def compare(labels: pl.DataFrame, step: Labelling, asking: Asking) -> pl.DataFrame:
    """Labels, and captions of other pairs drawn by chance, held against what was hidden."""
    assert isinstance(step, Neighbours)
    side, drawn = step.sides[1], np.random.default_rng(0).permutation(labels.height)
    chance = labels["truth"].gather(drawn)
    return labels.with_columns(
        *scores(
            "label", labels["value"], labels["truth"], lambda a, b: likeness(a, b, side, asking)
        ),
        *scores("chance", chance, labels["truth"], lambda a, b: likeness(a, b, side, asking)),
    )


def scores(
    name: str,
    texts: pl.Series,
    truths: pl.Series,
    near: Callable[[pl.Series, pl.Series], pl.Series],
) -> list[pl.Series]:
    import sacrebleu

    both = list(zip(texts, truths, strict=True))
    chrf = [sacrebleu.sentence_chrf(text, [truth]).score for text, truth in both]
    same = [plain(text) == plain(truth) for text, truth in both]
    return [
        near(texts, truths).alias(f"{name} cosine"),
        pl.Series(f"{name} chrF", chrf),
        pl.Series(f"{name} exact", same).cast(pl.Float64),
    ]


def plain(text: str) -> str:
    return text.lower().strip(" .!?")


def show_scores(labels: pl.DataFrame) -> None:
    print("| | all labels | surer half | other half | difference | drawn by chance |")
    print("|---|---:|---:|---:|---:|---:|")
    groups, confidence = labels["fold_group"].to_numpy(), labels["confidence"].to_numpy()
    order = np.argsort(-confidence, kind="stable")
    first, rest = np.array_split(order, 2)
    for name in ("cosine", "chrF", "exact"):
        found = labels[f"label {name}"].to_numpy()
        parted = statistic_interval(halves_of(confidence, found), groups)
        every = mean_interval(found, groups)
        print(
            f"| {name} | {told(every)} | {found[first].mean():.2f} | {found[rest].mean():.2f} "
            f"| {told(parted)} | {labels[f'chance {name}'].mean():.2f} |"
        )


def halves_of(confidence: np.ndarray, found: np.ndarray) -> Callable[[np.ndarray], float]:
    return lambda rows: halves(confidence[rows], found[rows])


def show_trust(labels: pl.DataFrame) -> None:
    confidence, correct = (labels[name].to_numpy() for name in ("confidence", "correct"))
    groups = labels["fold_group"].to_numpy()
    parted = statistic_interval(halves_of(confidence, correct), groups)
    print(
        f"\ncorrect {told(mean_interval(correct, groups))}; surer half against the other "
        f"{told(parted)}; expected calibration error {calibration_error(confidence, correct):.3f}\n"
    )
    print("| confidence | labels | mean confidence | correct |")
    print("|---|---:|---:|---:|")
    for line in reliability(confidence, correct):
        print(
            f"| {line['from']:.1f} to {line['to']:.1f} | {line['n']} | {line['confidence']:.2f} "
            f"| {line['correct']:.2f} |"
        )
    for bound in BOUNDS:
        kept = confidence >= bound
        if kept.any():
            share = mean_interval(correct[kept], groups[kept])
            print(
                f"| {bound} or more | {kept.sum()} | {confidence[kept].mean():.2f} | {told(share)} |"
            )


def show_rounds(categories: pl.DataFrame) -> None:
    """What is correct after one round, and how much more is after all."""
    label, train = RECIPE["steps"][-1]["pseudo_label"], RECIPE["steps"][:-2]
    once = {**RECIPE, "steps": [*train, {"pseudo_label": {**label, "rounds": 1}}]}
    with course_of(once) as (course, asking):
        first, _ = PseudoLabels(of="category").labels(Scene(course, asking))
    both = categories.join(first.select("pair_id", before="correct"), on="pair_id")
    gain = (both["correct"].cast(pl.Float64) - both["before"].cast(pl.Float64)).to_numpy()
    share = mean_interval(both["before"].to_numpy(), both["fold_group"].to_numpy())
    more = mean_interval(gain, both["fold_group"].to_numpy())
    print(f"\nafter one round {told(share)} are correct; later rounds add {told(more, 3)}")


def show_speech() -> None:
    """Whisper tiny.en against what was written to be said."""
    with course_of(SPEECH) as (course, asking):
        pairs = course.living
        heard = asking.measure(transcript(language="en"), pairs["speech_sha256"])
        said = pairs.join(heard, left_on="speech_sha256", right_on="key").drop_nulls("text")
    print(f"\n### Transcripts: {said.height} English recordings\n")
    for name, captions in {
        "the caption": said["caption"],
        "without its article": said["caption"].str.replace("^(An?|The) ", ""),
    }.items():
        rows = [Errors.between(*both, "en") for both in zip(captions, said["text"], strict=True)]
        print(f"against {name}: {error_rates(rows)}")


def error_rates(rows: list[Errors]) -> str:
    """Errors and words are pooled; recordings of one text are drawn together."""
    words = np.array([len(row.text.split()) for row in rows])
    wrong = np.array([row.wer for row in rows]) * words
    letters = np.array([len(row.text.replace(" ", "")) for row in rows])
    off = np.array([row.cer for row in rows]) * letters
    groups = np.array([row.text for row in rows])
    wer = statistic_interval(lambda at: float(wrong[at].sum() / words[at].sum()), groups)
    cer = statistic_interval(lambda at: float(off[at].sum() / letters[at].sum()), groups)
    right = mean_interval(wrong == 0, groups)
    return f"{words.sum()} words, WER {told(wer)}, CER {told(cer)}, without an error {told(right)}"


def told(found: dict[str, Any], digits: int = 2) -> str:
    return "{value:.{d}f} ({low:.{d}f} to {high:.{d}f})".format(**found, d=digits)


if __name__ == "__main__":
    main()
