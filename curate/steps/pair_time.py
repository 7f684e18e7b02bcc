"""Form pairs by time: cues put right on the clock of their recording, or windows cut of streams."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from curate.pairs.field import CLOCKED, Fields
from curate.steps.step import Ask, Objection, Outcome, Step

if TYPE_CHECKING:
    import polars as pl

    from curate.measures.measure import Measure
    from curate.steps.windows import Windows

CLOCK_TOLERANCE = 0.1
"""Seconds: what a viewer of subtitles does not notice."""
SAMPLE_TOLERANCE = 0.02
COVERAGE = 0.9
_OF_WINDOWS = ("step", "nearest", "coverage", "texts")


class PairTime(Step):
    """Form pairs by time.

    With `clock`, the pairs are spans of recordings and what is said there, as subtitles give them.
    Subtitles of another cut or speed run late, early, or away: per recording, an offset and a drift
    are estimated from all its cues and from when something is heard. `repair` moves the spans of
    recordings whose clock is off, `check` drops them; where it cannot be told, both drop them.

    With `window`, each pair holds whole recordings of one scene on one clock; it is replaced by
    one pair per window of the first field, a video or a sensor. Windows for which another stream
    has too few samples are not made. With `nearest`, sensors are sampled at the ticks of the first
    field: its frames or samples. With `texts`, pairs that hold a span of the same recording and what
    is said there are used up too: a window gets all that it overlaps, in order.
    """

    word: ClassVar[str] = "pair"
    leads: ClassVar[str] = "time"
    summary: ClassVar[str] = "put spans on the clock of their recording, or cut streams in windows"
    examples: ClassVar[tuple[str, ...]] = (
        "- pair: {time: [speech, caption], clock: repair}",
        "- pair: {time: [film, caption], clock: check, tolerance: 0.3}",
        "- pair: {time: [video, accel, gyro], window: 2.0, step: 1.0, nearest: true}",
        "- pair: {time: [film], window: 10, texts: [caption]}",
    )

    time: list[str] = Field(
        min_length=1,
        description="With `clock`: a recording and a text. With `window`: the video or sensor that "
        "keeps time, then the recordings that go with it.",
    )
    clock: Literal["repair", "check"] | None = Field(
        None, description="What becomes of spans whose clock is off."
    )
    window: float | None = Field(None, gt=0, description="Length of a window, in seconds.")
    step: float | None = Field(
        None, gt=0, description="Seconds from one window to the next; `window` when left out."
    )
    nearest: bool = Field(
        False, description="Replace each sensor by its samples nearest to the first field's ticks."
    )
    texts: list[str] = Field(
        [], description="Texts of spans of the first field, to join to the windows they overlap."
    )
    coverage: float = Field(
        COVERAGE, gt=0, le=1, description="Least share of ticks with a sample of every stream."
    )
    tolerance: float | None = Field(
        None,
        gt=0,
        description=f"Seconds: by how much a span may be off (with `clock`, {CLOCK_TOLERANCE}), "
        f"or a sample from its tick (with `window`, {SAMPLE_TOLERANCE}).",
    )

    @property
    def title(self) -> str:
        return " ".join([self.word, self.leads, *self.time])

    def check(self, fields: Fields) -> Iterator[Objection]:
        if (self.clock is None) == (self.window is None):
            yield Objection((), "pair by time needs either 'clock' or 'window'", "one of the two")
            return
        for at, name in enumerate(self.time):
            if name in self.time[:at]:
                yield Objection(("time", at), f"'{name}' stands twice", "each field once")
        yield from self._check_cues(fields) if self.clock else self._check_streams(fields)

    def _check_cues(self, fields: Fields) -> Iterator[Objection]:
        for name in sorted(self.model_fields_set & set(_OF_WINDOWS)):
            yield Objection((name,), f"'{name}' goes with 'window', not with 'clock'")
        if len(self.time) != 2:
            yield Objection(("time",), "a clock needs two fields", "a recording and a text")
            return
        yield from _check_type(("time", 0), self.time[0], fields, ("audio", "video"))
        yield from _check_type(("time", 1), self.time[1], fields, ("text",))

    def _check_streams(self, fields: Fields) -> Iterator[Objection]:
        yield from _check_type(("time", 0), self.time[0], fields, ("video", "sensor"))
        for at, name in enumerate(self.time[1:], start=1):
            yield from _check_type(("time", at), name, fields, tuple(sorted(CLOCKED)))
        for at, name in enumerate(self.texts):
            yield from _check_type(("texts", at), name, fields, ("text",))
        sensors = [n for n in self.time[1:] if n in fields and fields[n].type == "sensor"]
        if self.nearest and not sensors:
            yield Objection(
                ("nearest",), "there is no sensor to sample", "a sensor after the first"
            )

    def needs(self, fields: Fields) -> list[tuple[Measure, str]]:
        kind = fields[self.time[0]].type
        if self.clock is None:
            return [(self._windows().grid(kind), self.time[0])]
        from curate.measures.activity import sound_activity

        # The column `<field>_file_sha256`: a recording is heard as a whole, whatever its spans.
        return [(sound_activity(kind), f"{self.time[0]}_file")]

    def _windows(self) -> Windows:
        from curate.steps.windows import Windows

        assert self.window is not None
        return Windows(
            clock=self.time[0],
            others=tuple(self.time[1:]),
            window=self.window,
            step=self.step or self.window,
            tolerance=self.tolerance or SAMPLE_TOLERANCE,
            coverage=self.coverage,
            nearest=self.nearest,
            texts=tuple(self.texts),
        )

    def decide(self, table: pl.DataFrame, ask: Ask) -> Outcome:
        if self.clock is None:
            return self._windows().cut(table, ask)
        from curate.steps.cues import Cues

        sound, text = self.time
        tolerance = self.tolerance or CLOCK_TOLERANCE
        return Cues(sound, text, tolerance, self.clock == "repair").judge(table, ask)


def _check_type(
    path: tuple[str, int], name: str, fields: Fields, kinds: tuple[str, ...]
) -> Iterator[Objection]:
    able = tuple(n for n, field in fields.items() if field.type in kinds)
    if name not in fields:
        yield Objection(path, f"'{name}' is no field", candidates=able)
    elif name not in able:
        message = f"'{name}' is a field of type {fields[name].type}"
        yield Objection(path, message, f"a field of type {' or '.join(kinds)}", able)
