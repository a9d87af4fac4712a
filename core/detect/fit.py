"""A band of the *VIN text* map to the quad of its line, to a fraction of a map pixel.

A line of small text is five map pixels high and its band three: a whole pixel is a third of it. The contour
at the threshold is therefore followed between the pixels, and direction, ends and height come from all of it.
"""

from __future__ import annotations

import cv2
import numpy as np

from core.geometry import Quad, at_centres

BAND = 0.6
"""Share of a line's height that the *VIN text* map marks; neighbouring rows stay apart that way."""
_FINE = 4
"""Samples per map pixel."""
_ROUNDS = 2


def fit_quad(text: np.ndarray, points: np.ndarray, threshold: float) -> Quad:
    """The quad of the text, in map pixels.

    Args:
        text: the map, float32 0..1.
        points: ``(n, 2)`` pixels (x, y) of the band.
        threshold: of the map, 0..1.

    Returns:
        Reading to the right or, where steep, downwards; its height is the text's, not the band's.
    """
    quad = around(points)
    for _ in range(_ROUNDS):
        better = _followed(text, quad, threshold)
        if better is None:
            break
        quad = better
    return quad


def around(points: np.ndarray) -> Quad:
    """The least rectangle around a band's pixels, its height grown from the band's to the text's."""
    (x, y), (width, height), degrees = cv2.minAreaRect(points + 0.5)
    width, height = width + 1, height + 1  # from pixel centres to pixel edges
    if width < height:
        width, height, degrees = height, width, degrees + 90
    degrees = (degrees + 90) % 180 - 90
    return Quad.from_line((x, y), width, height / BAND, np.deg2rad(degrees))


def _followed(text: np.ndarray, quad: Quad, threshold: float) -> Quad | None:
    """The quad of the band's contour in and around ``quad``; None where there is none."""
    margin = 0.5 + 2.0 / max(quad.length, 1.0)
    reach = Quad.from_line(
        (float(quad.centre[0]), float(quad.centre[1])),
        quad.length * (1 + 0.06) + 2 * margin,
        quad.height * 1.05,
        quad.angle,
    )
    wide, high = max(8, round(reach.length * _FINE)), max(8, round(reach.height * _FINE))
    inside = (_sampled(text, reach, wide, high) > threshold).astype(np.float32)
    # Halves below 2 ** 24: exact in single precision, however they are summed up.
    heights = np.arange(high, dtype=np.float32) + 0.5
    thickness, moment = (np.stack([np.ones_like(heights), heights]) @ inside).astype(float)
    usual = float(np.median(thickness[thickness > 0])) if thickness.any() else 0.0
    columns = np.nonzero(thickness > 0.5 * usual)[0]
    if usual < 2 or len(columns) < 8:
        return None
    rows = moment[columns] / thickness[columns]
    slope, offset = _line(columns + 0.5, rows, high)
    first, last = columns[0], columns[-1] + 1
    ends = np.array([first, last], float)
    middle = np.stack([ends, offset + slope * ends], axis=1) / [wide, high]
    start, end = reach.to_photo(middle)
    along = end - start
    length = float(np.linalg.norm(along))
    if length < 1:
        return None
    centre = (start + end) / 2
    tall = usual / high * reach.height * np.cos(np.arctan(slope))
    return Quad.from_line(
        (float(centre[0]), float(centre[1])), length, tall / BAND, float(np.arctan2(along[1], along[0]))
    )


def _sampled(text: np.ndarray, quad: Quad, wide: int, high: int) -> np.ndarray:
    matrix = at_centres(quad.homography(wide, high))
    return cv2.warpPerspective(text, matrix, (wide, high), flags=cv2.INTER_LINEAR)


def _line(x: np.ndarray, y: np.ndarray, high: int) -> tuple[float, float]:
    """Slope and offset through the centres of the columns; a blot at one end does not turn it."""
    weights = np.ones(len(x))
    slope, offset = 0.0, float(y.mean())
    for _ in range(3):
        # Weighted least squares, each residual times its weight.
        shares = np.square(weights) / np.square(weights).sum()
        middle, level = float(shares @ x), float(shares @ y)
        away = x - middle
        slope = float((shares * away) @ (y - level)) / max(float(shares @ np.square(away)), 1e-12)
        offset = level - slope * middle
        weights = 1 / (1 + np.abs(y - slope * x - offset) / (0.03 * high))
    return slope, offset
