"""One careful look at two small pictures: how alike is their least alike spot?

Two pictures are laid over each other and compared spot by spot, in luma at 64 by 64 and in chroma
at 32 by 32, both a little blurred, and by as much as the smaller of the two lacks detail. A spot counts
as like when the other picture has its value within a pixel's distance: rescaling moves edges by
parts of a pixel. So what tells the six from the eight of clubs, or one skin tone from another, is
seen, being small and local, while noise, rescaling and recompression are not.

Copying changes all edges of a picture, if only by a level. Where most are the same to the level and
one spot is not, somebody has edited that spot, and its difference weighs `EDITED` times as much.

Pictures that differ in brightness are compared after the best gamma. For what was fitted the bound
is stricter, by `STRICT`: with some freedom much becomes alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np

from curate.measures.image_duplicate import SIDE
from curate.steps.glance import Glances
from curate.steps.overlay import REACH, Overlay
from curate.steps.pictures import HALF, Pictures, shrunk

LUMA = (0.299, 0.587, 0.114)
"""Of red, green and blue, as JPEG has it."""
SOFT = 0.85
"""Pixels of 64 by which pictures are blurred at least."""
COARSE = 1.1
"""Pixels of the smaller picture by which both are blurred where it has fewer than 64."""
ROUGH = 0.4
"""Share of its own differences by which a picture may differ from one that was moved a little."""
STAGES = ((SIDE // 4, 0.8, 60), (HALF, 1.2, 75), (SIDE, 1.0, 90))
"""Sides at which pictures are laid over each other, by how many pixels they are blurred, and by how
many levels they may then differ to be worth the next."""
HOPEFUL = 30
"""Levels that two pictures may differ by at 16 by 16 and still be worth a look."""
SURE = 0.945
"""Likeness from which nothing else is tried."""
STRICT = 1.5
"""How much heavier differences weigh after something was fitted."""
STILL, EDITED = 0.35, 3
"""Share of edges that may have changed for a difference to be an edit, and how much heavier such a
difference weighs."""
DULL, DULLEST = 0.6, 45
"""Share of its pixels by which a picture counts that was moved, and their most: reading between
pixels blurs."""
MIXED = 24
"""Range of levels within a pixel of a spot from which it counts as a mixture."""
TOLD, EVIDENCE = 4, 0.01
"""Levels by which a gamma must change spots, and how many, to be told from another paint."""
LIGHTER, DARKER = 6, 1
"""Levels at 16 by 16 by which a picture may be the lighter somewhere and still be the darker one, and
by which it must be darker somewhere."""
GAMMA = 1.3
"""Largest gamma that is undone."""
ASPECT = 0.06
"""Largest difference of the logarithms of two aspect ratios."""
_BLOCK = 4096


def worthwhile(ones: Pictures, others: Pictures, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Of couples of a row of ones and one of others, whether they are worth a look: nearly the same
    where they lie, or once one is moved a little.
    """
    glances = Glances.of(ones)
    near = glances.near(glances if others is ones else Glances.of(others), left, right)
    one, other = ones.outlined(), others.outlined()
    for start in range(0, len(left), _BLOCK):
        rows = slice(start, start + _BLOCK)
        near[rows] |= _hopeful(one[left[rows]], other[right[rows]])
    worth: np.ndarray = near & (ones.black[left] == others.black[right])
    return worth


def looks(one: Pictures, other: Pictures) -> tuple[np.ndarray, np.ndarray]:
    """How alike each is to its counterpart, 0 to 1, and what was undone for it: "", "brightness" or
    "frame". The order of the two does not matter.
    """
    likeness, undone = np.zeros(len(one)), np.full(len(one), "", object)
    rest = np.flatnonzero(one.black == other.black)
    for word, look in (("", as_they_are), ("brightness", after_gamma), ("frame", laid_over)):
        found = look(one[rest], other[rest]).clip(0).round(6)
        better = found > likeness[rest]
        likeness[rest[better]], undone[rest[better]] = found[better], word
        rest = rest[likeness[rest] < SURE]
    return likeness, undone


def as_they_are(one: Pictures, other: Pictures) -> np.ndarray:
    """1 minus the largest difference as a share of 255."""
    found = np.zeros(len(one))
    near = np.flatnonzero(_hopeful(one, other))
    found[near] = _likeness(one[near], other[near])
    sure = np.flatnonzero(found >= SURE)
    found[sure] = np.minimum(found[sure], 1 - EDITED * _edit(one[sure], other[sure]) / 255)
    return found


def _hopeful(one: Pictures, other: Pictures) -> np.ndarray:
    """Whether two have one shape, and nearly the same luma at 16 by 16 unless they are tiny."""
    least = np.minimum(one.size, other.size)
    shape = np.abs(one.aspect - other.aspect) <= ASPECT + (0.5 / least).sum(1)
    coarse = np.abs(one.coarse - other.coarse).max((1, 2), initial=0)
    bound = np.array([256, 2 * HOPEFUL, HOPEFUL])[np.digitize(least.min(1), [HALF, SIDE])]
    hopeful: np.ndarray = shape & (coarse <= bound)
    return hopeful


def _likeness(one: Pictures, other: Pictures) -> np.ndarray:
    worst = np.zeros(len(one))
    for off in differences(one, other):
        worst = np.maximum(worst, off.max((1, 2, 3), initial=0))
    return 1 - worst / 255


def differences(one: Pictures, other: Pictures) -> Iterator[np.ndarray]:
    """Levels of every spot, of luma (n, 1, 64, 64), then of chroma (n, 2, 32, 32)."""
    for left, right in _softened(one, other):
        yield np.maximum(_beyond(left, right), _beyond(right, left))


def _edit(one: Pictures, other: Pictures) -> np.ndarray:
    """The largest difference of luma where most edges are the same to the level, else 0, (n,)."""
    off = next(differences(one, other)).max((1, 2, 3), initial=0)
    edges = mixed(one, other)
    changed = (edges & (one.lumas != other.lumas)).sum((1, 2, 3))
    return np.where(changed < STILL * edges.sum((1, 2, 3)), off, 0)


def _softened(one: Pictures, other: Pictures) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Luma, then chroma, blurred by what the smaller picture does not have.

    JPEG keeps chroma at half the size, so that it lacks detail the sooner.
    """
    least = np.minimum(one.size, other.size)
    luma, chroma = _sigmas(least), _sigmas(least / 2) / 2
    yield _soft(one.lumas, luma), _soft(other.lumas, luma)
    yield _soft(one.chromas, chroma), _soft(other.chromas, chroma)


def _sigmas(least: np.ndarray) -> np.ndarray:
    """Pixels of 64 by which to blur, of few values."""
    steps = np.ceil(2 * np.log2(SIDE / least.clip(2, SIDE)))
    return np.where(least < SIDE, COARSE * 2 ** (steps / 2), SOFT)


def after_gamma(one: Pictures, other: Pictures) -> np.ndarray:
    """The same for pictures of another brightness, after the gamma that explains most of it.

    Where a spot is a mixture, as at every edge, no gamma is right; it may have any up to that.
    """
    found = np.zeros(len(one))
    near = np.flatnonzero(_hopeful(one, other) & _darkened_all_over(one.coarse, other.coarse))
    one, other = one[near], other[near]
    darker = one.coarse.sum((1, 2)) < other.coarse.sum((1, 2))
    dark, light = one.chosen(darker, other), other.chosen(darker, one)
    gamma = _gamma(light, dark)
    made = _darkened(light, gamma)
    edges = mixed(light, dark)
    known = (np.abs(made.lumas - light.lumas) >= TOLD) & ~edges
    found[near] = 1 - STRICT * _between(light, made, dark, edges) / 255
    found[near] *= known.mean((1, 2, 3)) >= EVIDENCE
    return found


def _darkened_all_over(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Whether no spot of one is lighter while another is darker: what a gamma cannot do."""
    off = one - other
    ways = [off.max((1, 2), initial=0), -off.min((1, 2), initial=0)]
    all_over: np.ndarray = (np.minimum(*ways) <= LIGHTER) & (np.maximum(*ways) >= DARKER)
    return all_over


def _between(plain: Pictures, raised: Pictures, target: Pictures, edges: np.ndarray) -> np.ndarray:
    """The largest distance from the raised, or where it is mixed from all up to that, (n,)."""
    worst = np.zeros(len(edges))
    pairs = zip(_softened(plain, target), _softened(raised, target), strict=True)
    for (before, goal), (after, _) in pairs:
        side = goal.shape[-1]
        blocks = edges.reshape(len(edges), 1, side, SIDE // side, side, SIDE // side).any((3, 5))
        high, low = np.maximum(before, after), np.minimum(before, after)
        bounds = _around(high, np.maximum), _around(low, np.minimum)
        outside = np.maximum(goal - bounds[0], bounds[1] - goal).clip(0)
        off = np.maximum(_beyond(after, goal), _beyond(goal, after))
        worst = np.maximum(worst, np.where(blocks, outside, off).max((1, 2, 3), initial=0))
    return worst


def laid_over(one: Pictures, other: Pictures) -> np.ndarray:
    """The same for pictures of which one is cut or has a border, laid over each other."""
    found = np.zeros(len(one))
    first = one.coarse.sum((1, 2)) < other.coarse.sum((1, 2))
    one, other = one.chosen(first, other), other.chosen(first, one)
    rest = np.flatnonzero(_movable(one, other))
    start, off = _begun(one[rest], other[rest])
    good = off <= ROUGH
    found[rest[good]] = improved(one[rest[good]], other[rest[good]], start[good], 1)
    return found


def improved(one: Pictures, other: Pictures, start: Overlay, share: float) -> np.ndarray:
    """How alike pictures are once the others lie over the ones, from a start on, as `looks` has it;
    0 where they do not. The others' pixels are so large as a share of the ones'.
    """
    found = np.zeros(len(one))
    rest, overlay = _overlaid(one, other, np.arange(len(one)), start)
    one, other = (each[rest].dulled(DULL * share, DULLEST * share) for each in (one, other))
    luma = _replaced(one.lumas, other.lumas, overlay)[:, 0]
    laid = other.painted(luma, _replaced(one.chromas, other.chromas, overlay))
    found[rest] = 1 - STRICT * (1 - _likeness(one, laid))
    return found


def _movable(one: Pictures, other: Pictures) -> np.ndarray:
    """Whether two may be moved against each other: not where both have margins all round that
    say they are not, or where shapes differ more than a cut explains.
    """
    framed = [((each.outer > 0) & (each.outer < SIDE)).all(1) for each in (one, other)]
    still = framed[0] & framed[1] & (one.outer == other.outer).all(1)
    still &= (one.inner == other.inner).all(1)
    least = np.minimum(one.size, other.size)
    shape = np.abs(one.aspect - other.aspect) <= 2 * REACH + (0.5 / least).sum(1)
    movable: np.ndarray = shape & ~still
    return movable


def _begun(one: Pictures, other: Pictures) -> tuple[Overlay, np.ndarray]:
    """With the insides of margins over each other, or as they are, whichever is nearer; and the
    difference at 16 by 16 as a share of what there is.
    """
    ways = Overlay.of_boxes(one.inner, other.inner, SIDE), Overlay.none(len(one))
    off = [rough(one.coarse, other.coarse, overlay) for overlay in ways]
    return ways[0].chosen(off[0] <= off[1], ways[1]), np.minimum(*off)


def rough(one: np.ndarray, other: np.ndarray, overlay: Overlay) -> np.ndarray:
    off = np.abs(one - overlay.laid(other)) * overlay.seen(one.shape[-1])
    spread = np.abs(one - one.mean((1, 2), keepdims=True)).sum((1, 2))
    rough: np.ndarray = off.sum((1, 2)) / (spread + 1)
    return rough


def _overlaid(
    one: Pictures, other: Pictures, rest: np.ndarray, overlay: Overlay
) -> tuple[np.ndarray, Overlay]:
    """Rows that still seem alike after every stage, and how they lie over each other."""
    for side, blur, unlike in STAGES:
        left, right = (_plane(each[rest], side, blur) for each in (one, other))
        overlay = overlay.improved(left, right)
        off = np.abs(left - overlay.laid(right)) * overlay.seen(side)
        good = overlay.little & (off.max((1, 2), initial=0) <= unlike)
        rest, overlay = rest[good], overlay[good]
    return rest, overlay


def _plane(pictures: Pictures, side: int, blur: float) -> np.ndarray:
    luma = shrunk(pictures.luma, side)[:, None]
    return _soft(luma, np.full((len(luma), 2), blur))[:, 0]


def _replaced(one: np.ndarray, other: np.ndarray, overlay: Overlay) -> np.ndarray:
    """The one, but what the other covers is the other's."""
    seen = overlay.seen(one.shape[-1])
    return np.where(seen[:, None] > 0, overlay.laid(other), one)


def _gamma(light: Pictures, dark: Pictures) -> np.ndarray:
    """The exponent that makes the light like the dark, (n,), 1 to `GAMMA`; by Newton's steps."""
    base = (light.lumas / 255).clip(1 / 255, 1)
    target, slope = dark.lumas / 255, np.log(base) * _plain(light.lumas) * _plain(dark.lumas)
    gamma = np.ones((len(base), 1, 1, 1), np.float32)
    for _ in range(3):
        powered = base**gamma
        change = powered * slope
        moved = ((target - powered) * change).sum((1, 2, 3), keepdims=True)
        gamma += moved / np.maximum((change**2).sum((1, 2, 3), keepdims=True), 1e-6)
        gamma = gamma.clip(1, GAMMA)
    return gamma


def mixed(one: Pictures, other: Pictures) -> np.ndarray:
    """Where a spot of either is a mixture, as at every edge, bool (n, 1, 64, 64)."""
    edges: np.ndarray = ~(_plain(one.lumas) & _plain(other.lumas))
    return edges


def _plain(planes: np.ndarray) -> np.ndarray:
    """Where a spot is no mixture."""
    plain: np.ndarray = _around(planes, np.maximum) - _around(planes, np.minimum) <= MIXED
    return plain


def _darkened(light: Pictures, gamma: np.ndarray) -> Pictures:
    """The pictures with every colour raised to a gamma, which is done at 32 by 32."""
    rgb = _colours(light)
    raised = 255 * (rgb / 255) ** gamma
    luma = np.einsum("c,ncij->nij", np.array(LUMA, np.float32), raised)
    fine = 255 * (light.luma.astype(np.float32) / 255) ** gamma[:, 0]
    small = fine.reshape(-1, HALF, 2, HALF, 2).mean((2, 4))
    off = luma - small
    luma_fine = fine + off.repeat(2, 1).repeat(2, 2)
    blue = 128 + (raised[:, 2] - luma) / 1.772
    red = 128 + (raised[:, 0] - luma) / 1.402
    return light.painted(luma_fine, np.stack([blue, red], axis=1))


def _colours(pictures: Pictures) -> np.ndarray:
    """RGB at 32 by 32, float32 (n, 3, 32, 32)."""
    luma = pictures.luma.reshape(-1, HALF, 2, HALF, 2).mean((2, 4), dtype=np.float32)
    blue, red = pictures.chroma.astype(np.float32).transpose(1, 0, 2, 3) - 128
    green = luma - 0.344136 * blue - 0.714136 * red
    planes = [luma + 1.402 * red, green, luma + 1.772 * blue]
    return np.stack(planes, axis=1).clip(0, 255)


def _soft(planes: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """Planes (n, channels, side, side) blurred by so many of their pixels across and down."""
    if not len(planes):
        return planes
    across, down = (
        np.stack([_blur(planes.shape[-1], each) for each in way])[:, None] for way in sigma.T
    )
    soft: np.ndarray = down @ planes @ across.transpose(0, 1, 3, 2)
    return soft


@cache
def _blur(side: int, sigma: float) -> np.ndarray:
    """A Gaussian as a matrix; edges are continued by what is there."""
    reach = np.arange(side)
    kernel = np.exp(-((reach[:, None] - reach) ** 2) / (2 * sigma**2))
    kernel /= kernel.sum(1, keepdims=True)
    return kernel.astype(np.float32)


def _beyond(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Of every spot, how far it is from the other picture's values within a pixel."""
    beyond: np.ndarray = np.maximum(
        one - _around(other, np.maximum), _around(other, np.minimum) - one
    ).clip(0)
    return beyond


def _around(planes: np.ndarray, pick: np.ufunc) -> np.ndarray:
    """The largest or least value within half a pixel."""
    for axis in (-1, -2):
        moved = np.moveaxis(planes, axis, -1)
        found = moved.copy()
        between = (moved[..., 1:] + moved[..., :-1]) / 2
        pick(found[..., 1:], between, out=found[..., 1:])
        pick(found[..., :-1], between, out=found[..., :-1])
        planes = np.moveaxis(found, -1, axis)
    return planes
