"""How much speech that a machine made is accepted, and whether a second recogniser agrees.

    pip install pocketsphinx
    python benchmarks/spoken.py [captions]

English captions of the stamps of Tux Paint, drawn by a seed, are spoken by two voices and transcribed
back by Whisper tiny.en, which the gate `heard` asks, and by CMU PocketSphinx with its own English
model, which is of another family, learned from other recordings, and has no part in the gate. Speech is
accepted at a word error rate of `MOST` or less. Prints for each voice, with 95 % intervals of Wilson,

- the share that each recogniser accepts, and of those captions whose every word PocketSphinx has in
  its dictionary: others it cannot hear right
- the share that is accepted against the caption that was spoken before: what the gate lets pass wrongly
- how far the two agree beyond chance: Cohen's kappa, over captions that PocketSphinx can hear right
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pocketsphinx import Decoder

from curate.evaluation.interval import share_interval
from curate.measures.speech import speak, speech
from curate.measures.transcript import SPEECH_MODEL, mono
from curate.measures.word_errors import Errors, normal
from curate.models.reference import locate
from curate.models.transcriber import transcriber
from curate.pairs.audio import decode_audio

STAMPS = Path("/usr/share/tuxpaint/stamps")
VOICES = ("hibari:heart", "espeak:en-gb")
MOST, SEED = 0.1, 0
LEAD = 0.3
"""Seconds of silence before and after, which PocketSphinx needs to tell speech from noise."""


@dataclass(frozen=True)
class Spoken:
    """A caption and what two recognisers heard of it."""

    caption: str
    whisper: str
    sphinx: str

    def wer(self, by: str, against: str | None = None) -> float:
        return Errors.between(against or self.caption, getattr(self, by), "en").wer


def main(count: int = 200) -> None:
    chosen = captions(count)
    decoder = Decoder(samprate=16000, loglevel="FATAL")
    rows = {voice: list(spoken(voice, chosen, decoder)) for voice in VOICES}
    known = [all(decoder.lookup_word(w) for w in normal(c, "en").split()) for c in chosen]
    print(f"{count} captions, {sum(known)} of words that PocketSphinx knows\n")
    print("| voice | judged by | accepted | of known words | another caption |")
    print("| --- | --- | --- | --- | --- |")
    for voice, said in rows.items():
        for by in ("whisper", "sphinx"):
            taken = [each.wer(by) <= MOST for each in said]
            of_known = [each for each, able in zip(taken, known, strict=True) if able]
            others = [
                each.wer(by, other.caption) <= MOST
                for each, other in zip(said, said[-1:] + said[:-1], strict=True)
            ]
            print(f"| {voice} | {by} | {share(taken)} | {share(of_known)} | {share(others)} |")
    print("\n| voice | both | Whisper alone | PocketSphinx alone | neither | kappa |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for voice, said in rows.items():
        heard = [each for each, able in zip(said, known, strict=True) if able]
        table = agreement(heard)
        print(f"| {voice} | " + " | ".join(map(str, table.ravel())) + f" | {kappa(table):.2f} |")
    for voice, said in rows.items():
        missed = [each for each in said if each.wer("whisper") > MOST]
        print(f"\n{voice}, what Whisper heard of what was not accepted:")
        for each in missed[:12]:
            print(f"  {each.caption!r} {each.whisper.strip()!r}")


def captions(count: int) -> list[str]:
    """First lines of the stamps' texts, each once."""
    found = sorted({_first(path) for path in STAMPS.glob("**/*.txt")} - {""})
    order = np.random.default_rng(SEED).permutation(len(found))[:count]
    return [found[place] for place in order]


def _first(path: Path) -> str:
    return path.read_text("utf-8", "replace").partition("\n")[0].strip()


def spoken(voice: str, texts: list[str], decoder: Decoder) -> Iterator[Spoken]:
    say, hear = speak(speech(voice), {}), transcriber(locate(SPEECH_MODEL))
    for text in texts:
        samples = mono(decode_audio(say([text])["bytes"][0]))
        yield Spoken(text, hear(samples, "en").text, heard_by(decoder, samples))


def heard_by(decoder: Decoder, samples: np.ndarray) -> str:
    quiet = np.zeros(round(LEAD * 16000), np.float32)
    padded = np.concatenate([quiet, samples, quiet]).clip(-1, 1)
    decoder.start_utt()
    decoder.process_raw((padded * 32767).astype("<i2").tobytes(), full_utt=True)
    decoder.end_utt()
    found = decoder.hyp()
    return "" if found is None else str(found.hypstr)


def share(accepted: list[bool]) -> str:
    found = share_interval(sum(accepted), len(accepted))
    return f"{found['value']:.3f} [{found['low']:.3f}, {found['high']:.3f}]"


def agreement(said: list[Spoken]) -> np.ndarray:
    """How many both accept, the first alone, the second alone, neither: int (2, 2)."""
    table = np.zeros((2, 2), int)
    for each in said:
        table[int(each.wer("whisper") > MOST), int(each.wer("sphinx") > MOST)] += 1
    return table


def kappa(table: np.ndarray) -> float:
    """Cohen (1960)."""
    shares = table / table.sum()
    chance = float(shares.sum(axis=0) @ shares.sum(axis=1))
    return float((np.trace(shares) - chance) / (1 - chance))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
