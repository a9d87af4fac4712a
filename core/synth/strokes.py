"""Letter shapes of our own: single strokes, drawn as engravers, plotters and dot-matrix printers draw them.

Makers' labels and stamps use shapes that free fonts do not hold: a square D, stencil gaps, plotted strokes
with round ends, 5 x 7 dots. One skeleton per character stands on a grid 4 wide and 6 high; a family says how
it is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache

import cv2
import numpy as np

from core.vin import ALPHABET

# Strokes are parted by "/", points by blanks; "~" marks a corner that a round family rounds off.
_SKELETONS = {
    "0": "2,0 4,0~ 4,6~ 0,6~ 0,0~ 2,0",
    "1": "0.8,1.2 2,0 2,6",
    "2": "0,1 0,0~ 4,0~ 4,3~ 0,4.5~ 0,6 4,6",
    "3": "0,0.8 0,0~ 4,0~ 4,3~ 1.4,2.9 4,3~ 4,6~ 0,6~ 0,5.2",
    "4": "3,6 3,0 0,4.2 4,4.2",
    "5": "3.8,0 0.3,0 0.2,2.7 4,2.2~ 4,6~ 0,6~ 0,5.2",
    "6": "3.7,0.5 3,0~ 0,0~ 0,6~ 4,6~ 4,2.6~ 0,2.6~ 0,4",
    "7": "0,0 4,0 1.6,6",
    "8": "2,2.9 0.3,2.9~ 0.3,0~ 3.7,0~ 3.7,2.9~ 2,2.9 0,2.9~ 0,6~ 4,6~ 4,2.9~ 2,2.9",
    "9": "0.3,5.5 1,6~ 4,6~ 4,0~ 0,0~ 0,3.4~ 4,3.4~ 4,2",
    "A": "0,6 2,0 4,6 / 0.8,4 3.2,4",
    "B": "0,3 0,0 3.7,0~ 3.7,3~ 0,3 4,3~ 4,6~ 0,6 0,3",
    "C": "4,1.2 4,0~ 0,0~ 0,6~ 4,6~ 4,4.8",
    "D": "0,0 4,0~ 4,6~ 0,6 0,0",
    "E": "4,0 0,0 0,6 4,6 / 0,2.9 3.2,2.9",
    "F": "4,0 0,0 0,6 / 0,2.9 3.2,2.9",
    "G": "4,1.2 4,0~ 0,0~ 0,6~ 4,6~ 4,3.2 2.3,3.2",
    "H": "0,0 0,6 / 4,0 4,6 / 0,3 4,3",
    "J": "3.6,0 3.6,6~ 0,6~ 0,4.6",
    "K": "0,0 0,6 / 3.9,0 0,3.5 / 1.2,2.5 4,6",
    "L": "0,0 0,6 3.9,6",
    "M": "0,6 0,0 2,3.6 4,0 4,6",
    "N": "0,6 0,0 4,6 4,0",
    "P": "0,6 0,0 4,0~ 4,3.2~ 0,3.2",
    "R": "0,6 0,0 4,0~ 4,3.1~ 0,3.1 / 2,3.1 4,6",
    "S": "4,1 4,0~ 0,0~ 0,2.9~ 4,2.9~ 4,6~ 0,6~ 0,5",
    "T": "0,0 4,0 / 2,0 2,6",
    "U": "0,0 0,6~ 4,6~ 4,0",
    "V": "0,0 2,6 4,0",
    "W": "0,0 0.9,6 2,2 3.1,6 4,0",
    "X": "0,0 4,6 / 4,0 0,6",
    "Y": "0,0 2,3 4,0 / 2,3 2,6",
    "Z": "0,0 4,0 0,6 4,6",
    "*": "2,1 2,5 / 0.3,2 3.7,4 / 3.7,2 0.3,4",
    "-": "0.5,3 3.5,3",
    "+": "0.3,3 3.7,3 / 2,1.2 2,4.8",
    "/": "0,6 4,0",
    ".": "1.9,5.9 2.1,6",
    ":": "1.9,1.9 2.1,2 / 1.9,4.9 2.1,5",
}
_ROUND = {"0": 0.8, "8": 0.7}
"""Least rounding of characters that are told from others by their corners."""

_BOLDEST = 0.25
"""Heaviest stroke over the width of the character."""

_BLANK = (np.zeros((0, 0), np.uint8), 0, 0)


@dataclass(frozen=True)
class StrokeFamily:
    """How skeletons become ink.

    Attributes:
        width: of a character over its height.
        weight: of a stroke over the character's height.
        round: 0 keeps corners square, 1 rounds them fully off.
        slant: shift of the top to the right, in character heights.
        dots: distance of dots in grid units where the strokes are dotted, 0 for solid ones.
        matrix: dots on the 5 x 7 grid instead of along the strokes.
        gap: height of a stencil's gap across the middle, in grid units; 0 for none.
        flag: length of the 1's upstroke in grid units; its foot is drawn where this is above 1.
        slashed: a stroke through the zero.
        space: from one character to the next, in character widths.
    """

    width: float = 0.6
    weight: float = 0.13
    round: float = 0.5
    slant: float = 0.0
    dots: float = 0.0
    matrix: bool = False
    gap: float = 0.0
    flag: float = 1.0
    slashed: bool = False
    space: float = 0.3


def draw_family(rng: np.random.Generator) -> StrokeFamily:
    """One family: plotted, engraved, stencilled, dot-peened or printed by needles."""
    kind = rng.random()
    width = float(rng.uniform(0.42, 0.78))
    return StrokeFamily(
        width=width,
        # Broad strokes in a narrow letter run into one blot: M and N become the same.
        weight=float(rng.uniform(0.09, min(0.2, _BOLDEST * width))),
        round=float(rng.choice([0.0, 0.35, 0.7, 1.0], p=[0.15, 0.2, 0.35, 0.3])),
        slant=float(rng.uniform(0, 0.2)) if rng.random() < 0.08 else 0.0,
        dots=float(rng.uniform(0.62, 1.0)) if kind < 0.18 else 0.0,
        matrix=bool(0.18 <= kind < 0.34),
        gap=float(rng.uniform(0.5, 0.9)) if 0.34 <= kind < 0.42 else 0.0,
        flag=float(rng.choice([0.7, 1.0, 1.3])),
        slashed=bool(rng.random() < 0.06),
        space=float(rng.uniform(0.2, 0.55)),
    )


def can_draw(character: str) -> bool:
    """Whether there is a skeleton."""
    return character in _SKELETONS


@lru_cache(maxsize=4000)
def stroke_glyph(family: StrokeFamily, size: int, character: str) -> tuple[np.ndarray, int, int, float]:
    """One character, as :func:`core.synth.glyphs.glyph` gives it.

    Args:
        family: how it is drawn.
        size: nominal font size, pixels; the character is 0.72 of it high, as in most fonts.
        character: one of the alphabet or of ``* - + / . :``; any other is a blank.

    Returns:
        coverage uint8 ``(h, w)`` cropped to the ink, its offset ``(left, top)`` from the pen on the baseline,
        and the advance, pixels.
    """
    high = 0.72 * size
    wide = family.width * high
    stroke = max(1.0, family.weight * high)
    advance = wide * (1 + family.space) + stroke
    if character not in _SKELETONS:
        return *_BLANK, advance
    scale = np.array([(wide - stroke) / 4, (high - stroke) / 6])
    margin = int(np.ceil(stroke)) + 2
    lean = family.slant * high
    canvas = np.zeros((round(high) + 2 * margin, round(wide + lean) + 2 * margin), np.uint8)
    for points in _strokes(family, character):
        placed = points * scale + margin + stroke / 2
        placed[:, 0] += lean * (6 - points[:, 1]) / 6
        _draw(canvas, placed, stroke, family, scale)
    if family.gap and character in ALPHABET:
        middle, half = margin + high * 0.47, family.gap * scale[1] / 2
        canvas[round(middle - half) : round(middle + half)] = 0
    x, y, columns, rows = cv2.boundingRect(canvas)
    ink = canvas[y : y + rows, x : x + columns].copy()
    return ink, x - margin, y - margin - round(high), advance


def _draw(
    canvas: np.ndarray, points: np.ndarray, stroke: float, family: StrokeFamily, scale: np.ndarray
) -> None:
    if family.dots or family.matrix:
        step = scale.mean() * (family.dots or 1.0)
        spots = points if family.matrix else _spaced(points, step)
        radius = max(0.6, min(stroke * 0.6, 0.55 * step))
        for spot in np.rint(16 * spots).astype(int).tolist():
            cv2.circle(canvas, spot, round(16 * radius), 255, -1, cv2.LINE_AA, 4)
        return
    cv2.polylines(
        canvas, [np.round(16 * points).astype(np.int32)], False, 255, max(1, round(stroke)), cv2.LINE_AA, 4
    )


def _strokes(family: StrokeFamily, character: str) -> list[np.ndarray]:
    """Points of each stroke on the grid; of a matrix family the grid points that the strokes meet."""
    # A zero with square corners would be a square D, an 8 a B; on five dots the least rounding is lost.
    amount = max(family.round, 0.7 if family.matrix else _ROUND.get(character, 0.0))
    strokes = [_rounded(one, amount) for one in _skeleton(character)]
    if character == "1":
        reach = family.flag
        strokes = [np.array([[2 - reach, reach], [2.0, 0], [2.0, 6]])]
        if reach > 1:
            strokes.append(np.array([[0.6, 6.0], [3.4, 6.0]]))
    if character == "0" and family.slashed:
        strokes.append(np.array([[0.6, 4.9], [3.4, 1.1]]))
    if family.matrix:
        met = np.vstack([np.round(_spaced(points, 0.5)) for points in strokes])
        # As one number each: far quicker than unique rows.
        spots = np.unique(met[:, 0] * 16 + met[:, 1])
        return [np.stack(np.divmod(spots, 16), axis=1)]
    return strokes


@dataclass(frozen=True, eq=False)
class _Stroke:
    """One stroke of a skeleton.

    Attributes:
        points: ``(n, 2)`` on the grid.
        soft: which of its inner corners may be rounded, indices.
        counts: points that each corner becomes when they are.
        curved: which of those points lie on a curve.
        before: share of the way to the point before at which a curve may begin, ``(k, 1)``.
        after: the same to the point after.
    """

    points: np.ndarray
    soft: np.ndarray
    counts: np.ndarray
    curved: np.ndarray
    before: np.ndarray
    after: np.ndarray


@cache
def _skeleton(character: str) -> tuple[_Stroke, ...]:
    """The strokes of a character, read once."""
    return tuple(_stroke(text.split()) for text in _SKELETONS[character].split("/ "))


def _stroke(words: list[str]) -> _Stroke:
    points = np.array([[float(value) for value in word.rstrip("~").split(",")] for word in words])
    marked = np.array([word.endswith("~") for word in words])
    inner = marked.copy()
    inner[[0, -1]] = False
    soft = np.nonzero(inner)[0]
    counts = np.where(inner, len(_CURVE), 1)
    # Two soft corners share the edge between them.
    before, after = (np.where(marked[soft + side], 0.5, 0.9)[:, None] for side in (-1, 1))
    return _Stroke(points, soft, counts, np.repeat(inner, counts), before, after)


_CURVE = np.linspace(0, 1, 7)[:, None]


def _rounded(stroke: _Stroke, amount: float) -> np.ndarray:
    """Soft corners replaced by a quadratic curve that begins ``amount`` of the way to the neighbours."""
    points, soft = stroke.points, stroke.soft
    if amount == 0 or not len(soft):
        return points
    corner = points[soft]
    start = corner + (points[soft - 1] - corner) * amount * stroke.before
    end = corner + (points[soft + 1] - corner) * amount * stroke.after
    t = _CURVE
    curves = (1 - t) ** 2 * start[:, None] + 2 * t * (1 - t) * corner[:, None] + t**2 * end[:, None]
    out = np.repeat(points, stroke.counts, axis=0)
    out[stroke.curved] = curves.reshape(-1, 2)
    return out


def _spaced(points: np.ndarray, step: float) -> np.ndarray:
    """Points along the line at equal distances of about ``step``."""
    lengths = np.linalg.norm(np.diff(points, axis=0), axis=1)
    along = np.concatenate([[0], np.cumsum(lengths)])
    count = max(1, round(along[-1] / step)) + 1
    places = np.linspace(0, along[-1], count)
    return np.stack([np.interp(places, along, points[:, axis]) for axis in (0, 1)], axis=1)
