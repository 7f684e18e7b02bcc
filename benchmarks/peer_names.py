"""Inputs of the rows that need real texts: names of emoji, from the package emoji."""

from __future__ import annotations

import emoji
import numpy as np

LANGUAGES = ("en", "de", "fr", "es", "it", "pt")


def names() -> list[str]:
    """In English, no two alike; skin tones and hair make most of them a variant of another."""
    return sorted({_words(known["en"]) for known in emoji.EMOJI_DATA.values()})


def named(count: int) -> list[tuple[str, str]]:
    """So many names of two words and more with their languages."""
    emoji.config.load_language(LANGUAGES)
    known = [k for k in emoji.EMOJI_DATA.values() if all(k.get(n) for n in LANGUAGES)]
    found = {_words(each[language]): language for each in known for language in LANGUAGES}
    several = [(name, language) for name, language in sorted(found.items()) if " " in name]
    drawn = np.random.default_rng(0).permutation(len(several))[:count]
    return [several[place] for place in drawn]


def _words(name: str) -> str:
    return name.strip(":").replace("_", " ")
