"""Blocks as a piece of HTML: no script, no address, everything from data escaped in one place.

Colours are those of the page around it, so that it fits light and dark notebooks alike.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from functools import singledispatch
from html import escape

from curate.notebook.answer import Block, Card, Cards, Cell, Drawing, Line, Table, Title
from curate.report.content import Medium

_STYLE = """
.curate { font: 14px/1.5 system-ui, sans-serif; max-width: 64rem; }
.curate h3 { font-size: 1.1em; margin: .2em 0 .4em; } .curate h4 { font-size: 1em; margin: 1em 0 .2em; }
.curate p { margin: .2em 0; overflow-wrap: anywhere; } .curate div.wide { overflow-x: auto; }
.curate table { border-collapse: collapse; margin: .2em 0 .6em; font-size: 1em; }
.curate th, .curate td { text-align: start; vertical-align: top; padding: .15em .9em .15em 0;
  border-bottom: 1px solid rgba(128, 128, 128, .35); overflow-wrap: anywhere; max-width: 40em; }
.curate td.number { text-align: end; font-variant-numeric: tabular-nums; white-space: nowrap; }
.curate div.cards { display: flex; flex-wrap: wrap; gap: .8em; margin: .4em 0; }
.curate figure { margin: 0; width: 11em; }
.curate figure img, .curate figure video { max-width: 100%; max-height: 11em; display: block;
  background: #fff; border: 1px solid rgba(128, 128, 128, .35); }
.curate figure audio { width: 100%; }
.curate figcaption { font-size: .85em; } .curate figcaption span { display: block;
  max-height: 6em; overflow: hidden; overflow-wrap: anywhere; }
.curate summary { cursor: pointer; } .curate svg { max-width: 100%; height: auto; }
"""


def html(blocks: Iterable[Block]) -> str:
    """All blocks, one below the other."""
    body = "\n".join(map(_drawn, blocks))
    return f'<style>{_STYLE}</style>\n<div class="curate">\n{body}\n</div>'


@singledispatch
def _drawn(block: Block) -> str:
    raise TypeError(block)


@_drawn.register
def _(block: Title) -> str:
    return f'<h3 dir="auto">{escape(block.text)}</h3>'


@_drawn.register
def _(block: Line) -> str:
    return f'<p dir="auto">{escape(block.text)}</p>'


@_drawn.register
def _(block: Table) -> str:
    header = "".join(f"<th>{escape(name)}</th>" for name in block.header)
    rows = [f"<tr>{header}</tr>"] if header else []
    rows += [f"<tr>{''.join(map(_cell, row))}</tr>" for row in block.rows]
    body = "\n".join(rows)
    notes = "".join(f'<p dir="auto">{escape(note)}</p>' for note in block.notes)
    table = f'<div class="wide"><table>\n{body}\n</table></div>{notes}'
    if block.folded and block.title:
        return f'<details><summary dir="auto">{escape(block.title)}</summary>\n{table}</details>'
    return f"{_heading(block.title)}{table}"


@_drawn.register
def _(block: Cards) -> str:
    cards = "\n".join(map(_card, block.cards))
    return f'{_heading(block.title)}<div class="cards">\n{cards}\n</div>'


@_drawn.register
def _(block: Drawing) -> str:
    return block.svg


def _heading(title: str | None) -> str:
    return f'<h4 dir="auto">{escape(title)}</h4>\n' if title else ""


def _cell(value: Cell) -> str:
    if value is None:
        return "<td></td>"
    if isinstance(value, int | float):
        return f'<td class="number">{number(value)}</td>'
    return f'<td dir="auto">{escape(value)}</td>'


def _card(card: Card) -> str:
    told = " ".join(card.lines)
    media = "".join(_medium(medium, told) for medium in card.media)
    lines = "".join(f'<span dir="auto">{escape(line)}</span>' for line in card.lines)
    return f"<figure>{media}<figcaption>{lines}</figcaption></figure>"


def _medium(medium: Medium, told: str) -> str:
    source = f"data:{medium.mime};base64,{base64.b64encode(medium.data).decode('ascii')}"
    if medium.modality == "image":
        return f'<img src="{source}" alt="{escape(told)}">'
    return f'<{medium.modality} controls preload="metadata" src="{source}"></{medium.modality}>'


def number(value: float) -> str:
    """As a person reads it."""
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"
