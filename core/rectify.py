"""Straighten a text line: photo and quad in, strip out.

The strip is not stored as pixels but as the quads that make it, so that every network, and every
person, can ask for it at the size they need, from the full-resolution photo.
"""

from __future__ import annotations

import numpy as np

from core.geometry import Box, Quad
from core.records import Line, Photo, Strip

SMALLEST_AREA = 16.0
"""Square pixels of the file's picture below which nothing can be read."""


class EmptyQuad(ValueError):
    """A quad has no area, or lies outside the photo."""


def rectify(photo: Photo, line: Line) -> Strip:
    """Straighten ``line``; two-part lines are joined left to right in reading order.

    Raises:
        EmptyQuad: a corner lies outside the photo by more than a line height, or the area is under 16 px.
    """
    for quad in line.parts:
        _check(quad, photo.size)
    return Strip(photo, line.parts)


def fits(line: Line, size: tuple[int, int]) -> bool:
    """Whether ``line`` can be straightened from a photo of this ``(width, height)``."""
    try:
        for quad in line.parts:
            _check(quad, size)
    except EmptyQuad:
        return False
    return True


def quads_in_box(box: Box, count: int = 9, thinnest: float = 0.035, thickest: float = 0.3) -> list[Quad]:
    """Straight lines that fill an upright box: one per tilt that the box allows.

    A line of length L and height H turned by t has the box L cos t + H sin t by L sin t + H cos t; of all
    tilts those are kept whose H / L is that of a VIN.

    Args:
        box: around the line, photo pixels.
        count: how many quads at most; an odd count holds the level one where it fits.
        thinnest: smallest H / L.
        thickest: largest H / L.

    Returns:
        1 to ``count`` quads, by rising tilt. Boxes higher than wide also give lines that read up or down.
    """
    left, top, width, height = box
    centre = (left + width / 2, top + height / 2)
    tilts = [
        tilt
        for tilt in np.deg2rad(np.arange(0.0, 90.5, 0.5))
        if _fits(tilt, width, height, thinnest, thickest)
    ]
    if not tilts:
        return [Quad.from_box(box)]
    signed = sorted({*tilts, *(-tilt for tilt in tilts)})
    picked = np.unique(np.round(np.linspace(0, len(signed) - 1, min(count, len(signed)))).astype(int))
    return [_filling(centre, width, height, signed[index]) for index in picked]


def photo_as_line(size: tuple[int, int], least: float = 3.5, margin: float = 0.25) -> list[Quad]:
    """The line of a photo that was cut to it: the whole picture, where it is long and narrow.

    Args:
        size: ``(width, height)`` of the photo.
        least: length over height from which on it may be a single line.
        margin: share of the line's height that readers see around it; it lies inside the picture.

    Returns:
        None, or one quad that reads to the right and, in an upright picture, one down and one up.
    """
    width, height = size
    if max(size) < least * min(size):
        return []
    across = min(size) / (1 + 2 * margin)
    along = max(size) - 2 * margin * across
    angles = (0.0,) if width >= height else (np.pi / 2, -np.pi / 2)
    return [Quad.from_line((width / 2, height / 2), along, across, angle) for angle in angles]


def variants(parts: tuple[Quad, ...]) -> list[tuple[Quad, ...]]:
    """The line shifted, looser and a little turned, what helps most often first; none of two parts.

    A detector's line is a pixel or two off; a reader sees which of these reads best.
    """
    if len(parts) != 1:
        return []
    moves = [
        (-0.1, 0.0, 0.0),
        (0.0, 0.0, 0.12),
        (0.0, 0.14, 0.0),
        (0.0, -0.14, 0.0),
        (0.1, 0.0, 0.0),
    ]
    return [(_moved(parts[0], *move),) for move in moves]


def drawn_out(parts: tuple[Quad, ...]) -> list[tuple[Quad, ...]]:
    """The line with more at its start, and at its end: a detector stops before a faint character."""
    return (
        [(parts[0].part(start, end),) for start, end in ((0.0, 1.08), (-0.08, 1.0))]
        if len(parts) == 1
        else []
    )


def windows(parts: tuple[Quad, ...]) -> list[tuple[Quad, ...]]:
    """Pieces of the line: a maker's name on the same line as the VIN is taken for a part of it."""
    if len(parts) != 1:
        return []
    cuts = [(0.1, 1.0), (0.2, 1.0), (0.32, 1.0), (0.45, 1.0), (0.0, 0.9), (0.0, 0.75)]
    return [(parts[0].part(start, end),) for start, end in cuts]


def trimmed(parts: tuple[Quad, ...], extents: np.ndarray, least: float = 0.03) -> tuple[Quad, ...] | None:
    """The line cut to where its characters were found.

    A detector runs on into a logo or stops before the last character; the first reading shows where the
    characters begin and end.

    Args:
        parts: of the line.
        extents: ``(17, 2)``, start and end of each character, 0..1 along the line.
        least: share of the length below which a move is not worth a reading.

    Returns:
        The new parts; None where the ends fit already or the line has two parts.
    """
    if len(parts) != 1:
        return None
    start, end = float(extents[0, 0]), float(extents[-1, 1])
    if end - start < 0.5 or (start < least and end > 1 - least):
        return None
    return (parts[0].part(start, end),)


def _moved(quad: Quad, shift: float, tilt: float, grow: float) -> Quad:
    """Shifted and turned across the text by shares of its height, and grown on both sides."""
    grown = quad.widened(0.5 * grow * quad.height / quad.length, grow)
    across = (quad.corners[3] - quad.corners[0] + quad.corners[2] - quad.corners[1]) / 2
    steps = np.array([shift - tilt, shift + tilt, shift + tilt, shift - tilt])[:, None]
    return Quad(grown.corners + steps * across)


def _fits(tilt: float, width: float, height: float, thinnest: float, thickest: float) -> bool:
    length, across = _sides(tilt, width, height)
    if length <= 0 or not thinnest <= across / length <= thickest:
        return False
    wide = length * np.cos(tilt) + across * np.sin(tilt)
    high = length * np.sin(tilt) + across * np.cos(tilt)
    return abs(wide - width) <= 0.1 * width and abs(high - height) <= 0.1 * height


def _sides(tilt: float, width: float, height: float) -> tuple[float, float]:
    """Length and height of the line that fills the box at this tilt."""
    cosine, sine, double = np.cos(tilt), np.sin(tilt), np.cos(2 * tilt)
    if abs(double) < 0.15:
        # Near 45 degrees the box no longer tells the height: assume that of a usual VIN.
        length = (width + height) / ((cosine + sine) * 1.09)
        return length, 0.09 * length
    return (width * cosine - height * sine) / double, (height * cosine - width * sine) / double


def _filling(centre: tuple[float, float], width: float, height: float, tilt: float) -> Quad:
    length, across = _sides(abs(tilt), width, height)
    return Quad.from_line(centre, length, across, tilt)


def _check(quad: Quad, size: tuple[int, int]) -> None:
    width, height = size
    along, across = quad.length, quad.height
    if along * across < SMALLEST_AREA:
        raise EmptyQuad(f"the line covers {along * across:.0f} square pixels; nothing can be read there")
    low, high = quad.corners.min(axis=0), quad.corners.max(axis=0)
    if low.min() < -across or high[0] > width + across or high[1] > height + across:
        raise EmptyQuad("the line lies outside the photo by more than its height")
