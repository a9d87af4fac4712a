"""Which shapes the generator knows: every font and kind of strokes with its 33 glyphs.

``python -m core.synth.coverage`` prints them with the two glyphs of each that are most alike.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.synth.glyphs import TRIED, Face, NoFonts, faces, glyph
from core.synth.strokes import StrokeFamily, draw_family
from core.vin import ALPHABET

SIZE = TRIED
"""Nominal font size on the pictures, pixels: glyphs are drawn in it already, when fonts are looked for."""

ALIKE = 0.95
"""Common ink of two glyphs from which on a small picture shows one shape."""

OWN = 0.35
"""Share of VINs that are written in strokes of our own, see :func:`core.synth.plates.vin_style`."""

FAMILIES = {
    "square corners": StrokeFamily(round=0.0),
    "half round": StrokeFamily(round=0.5),
    "round": StrokeFamily(round=1.0, flag=1.3),
    "narrow and bold": StrokeFamily(width=0.42, weight=0.2, round=0.7),
    "slanted, slashed zero": StrokeFamily(slant=0.18, slashed=True),
    "dotted strokes": StrokeFamily(dots=0.8, weight=0.12),
    "5 x 7 dots": StrokeFamily(matrix=True, weight=0.14),
    "stencil": StrokeFamily(gap=0.8, round=0.7),
}
"""One of each kind; the generator draws them at random in between."""


@dataclass(frozen=True, eq=False)
class Coverage:
    """What one face can write.

    Attributes:
        name: of the font's file, or of the kind of strokes.
        own: whether the strokes are ours.
        share: of the VINs that are written in it, 0..1; strokes share theirs, so it is 0 there.
        distinct: how many of the 33 glyphs differ from all others at all.
        closest: the two glyphs that are most alike.
        alike: their common ink over all their ink, 0..1.
        picture: uint8 ``(h, w)`` coverage, the alphabet in one row.
    """

    name: str
    own: bool
    share: float
    distinct: int
    closest: str
    alike: float
    picture: np.ndarray


def coverage() -> Iterator[Coverage]:
    """The fonts, most used first, then the kinds of strokes; without fonts only these."""
    try:
        found = list(faces())
    except NoFonts:
        found = []
    total = sum(face.weight for face in found)
    for face in sorted(found, key=lambda face: -face.weight):
        assert isinstance(face.source, Path)
        yield _coverage(face.source.stem, face, (1 - OWN) * face.weight / total)
    for name, family in FAMILIES.items():
        yield _coverage(name, Face(family), 0.0)


def _coverage(name: str, face: Face, share: float) -> Coverage:
    glyphs = [glyph(face, SIZE, character) for character in ALPHABET]
    shapes = [(ink.shape, ink.tobytes()) for ink, *_ in glyphs]
    distinct = sum(shapes.count(shape) == 1 and bool(shape[1]) for shape in shapes)
    closest, alike = _closest([ink for ink, *_ in glyphs])
    pitch = SIZE
    row = np.zeros((round(1.3 * SIZE), pitch * len(ALPHABET)), np.uint8)
    for place, (ink, _, top, _) in enumerate(glyphs):
        y, x = max(0, SIZE + top), pitch * place + max(0, (pitch - ink.shape[1]) // 2)
        ink = ink[: row.shape[0] - y, : row.shape[1] - x]
        row[y : y + ink.shape[0], x : x + ink.shape[1]] = ink
    own = isinstance(face.source, StrokeFamily)
    return Coverage(name, own, share, distinct, closest, alike, row)


def _closest(inks: list[np.ndarray]) -> tuple[str, float]:
    """The pair with the largest common share of ink, middles laid on one another."""
    # No larger than the largest glyph, and in whole numbers: somebody waits for 200 fonts.
    height, width = (max(ink.shape[axis] for ink in inks) for axis in (0, 1))
    laid = np.zeros((len(inks), height, width), np.uint8)
    for place, ink in zip(laid, inks, strict=True):
        y, x = (height - ink.shape[0]) // 2, (width - ink.shape[1]) // 2
        place[y : y + ink.shape[0], x : x + ink.shape[1]] = ink
    flat = laid.reshape(len(inks), -1)
    common = np.array([np.minimum(one, flat).sum(axis=1, dtype=np.uint32) for one in flat], float)
    ink = flat.sum(axis=1, dtype=float)
    # What is not common to both is in one of them.
    whole = ink[:, None] + ink - common
    alike = np.triu(common / np.maximum(whole, 1e-6), 1)
    first, second = np.unravel_index(int(alike.argmax()), alike.shape)
    return ALPHABET[first] + ALPHABET[second], float(alike.max())


def main(drawn: int = 1000) -> None:
    """Print each face's closest pair, and how many families of strokes, drawn at random, show two alike."""
    for one in coverage():
        print(f"{one.name:<36}{one.distinct:>3} of {len(ALPHABET)}  {one.closest} {one.alike:.2f} alike")
    rng = np.random.default_rng(0)
    made = [_coverage("", Face(draw_family(rng)), 0.0) for _ in range(drawn)]
    pairs = Counter(one.closest for one in made if one.alike > ALIKE)
    told = ", ".join(f"{pair} {times}" for pair, times in pairs.most_common(6))
    print(f"{sum(pairs.values())} of {drawn} families have a pair that is more than {ALIKE} alike: {told}")


if __name__ == "__main__":
    main()
