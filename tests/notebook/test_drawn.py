"""Answers as HTML and as text: the same blocks, nothing of the data obeyed by either."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.notebook.answer import Answer, Block, Card, Cards, Drawing, Line, Table, Title
from curate.notebook.as_html import html
from curate.notebook.as_text import text
from curate.report.content import Medium

DOT = Medium("image", "image/webp", b"RIFF")
HOSTILE = [
    "<script>alert(1)</script>",
    '" onerror="alert(1)',
    "</style><img src=x onerror=alert(1)>",
    "javascript:alert(1)",
    "\x1b[2J\x1b]0;gone\x07",
    "\u202egnol",
    "مرحبا بالعالم",
    "👩🏽‍🚀 &amp; <b>",
    "x" * 10_000,
]


class Three(Answer):
    def blocks(self) -> Iterator[Block]:
        yield Title("three pairs")
        yield Line("of which one was kept")
        yield Table(("step", "pairs"), (("filter", 1_200), ("align", None)), "Left", ("so far",))
        yield Table((), ((0.12345, "score"),), "Folded", folded=True)
        yield Cards((Card((DOT,), ("a duck", "kept")),), "Seen")
        yield Drawing("<svg></svg>", "two points")


TEXT = """\
three pairs
of which one was kept

Left
  step    pairs
  filter  1,200
  align
so far

Folded
  0.1235  score

Seen
  [image]  a duck  kept
two points"""

HTML = """\
<div class="curate">
<h3 dir="auto">three pairs</h3>
<p dir="auto">of which one was kept</p>
<h4 dir="auto">Left</h4>
<div class="wide"><table>
<tr><th>step</th><th>pairs</th></tr>
<tr><td dir="auto">filter</td><td class="number">1,200</td></tr>
<tr><td dir="auto">align</td><td></td></tr>
</table></div><p dir="auto">so far</p>
<details><summary dir="auto">Folded</summary>
<div class="wide"><table>
<tr><td class="number">0.1235</td><td dir="auto">score</td></tr>
</table></div></details>
<h4 dir="auto">Seen</h4>
<div class="cards">
<figure><img src="data:image/webp;base64,UklGRg==" alt="a duck kept"><figcaption>\
<span dir="auto">a duck</span><span dir="auto">kept</span></figcaption></figure>
</div>
<svg></svg>
</div>"""


def test_as_text() -> None:
    assert repr(Three()) == TEXT
    assert str(Three()) == TEXT


def test_as_html() -> None:
    style, body = Three()._repr_html_().split("</style>\n")
    assert body == HTML
    assert style.startswith("<style>")


class Tags(HTMLParser):
    """What a browser would find."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def drawn(said: str) -> list[Block]:
    return [
        Title(said),
        Line(said),
        Table((said,), ((said,),), said, (said,)),
        Table((), ((said,),), said, folded=True),
        Cards((Card((DOT,), (said,)),), said),
    ]


def parsed(markup: str) -> Tags:
    tags = Tags()
    tags.feed(markup)
    return tags


def shape(tags: Tags) -> list[tuple[str, list[str]]]:
    return [(tag, sorted(attrs)) for tag, attrs in tags.found]


@given(st.text(min_size=1) | st.sampled_from(HOSTILE))
def test_data_makes_no_markup(said: str) -> None:
    tags = parsed(html(drawn(said)))
    assert shape(tags) == shape(parsed(html(drawn("harmless"))))
    assert dict(tags.found)["img"]["alt"] == said


@given(st.text() | st.sampled_from(HOSTILE))
def test_data_does_not_steer_a_terminal(said: str) -> None:
    shown = text(drawn(said))
    assert all(character.isprintable() or character == "\n" for character in shown)


@pytest.mark.parametrize("modality", ["audio", "video"])
def test_what_plays(modality: str) -> None:
    medium = Medium(modality, f"{modality}/mp4", b"abc", (1.0, 3.0))  # type: ignore[arg-type]
    attrs = dict(parsed(html([Cards((Card((medium,), ("told",)),))])).found)[modality]
    assert "controls" in attrs
    source = str(attrs["src"])
    assert base64.b64decode(source.partition(",")[2]) == b"abc"
    assert text([Cards((Card((medium,), ("told",)),))]) == f"  [{modality}]  told"
