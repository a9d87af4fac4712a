"""Does a found line lie on the VIN? Judged against an upright, loose box, which is all that labels give.

The text of length L and height H, turned by t, has the box L cos t + H sin t by L sin t + H cos t; with the
found line's own t and H, the box tells where the text begins and ends along that line.
"""

from __future__ import annotations

import numpy as np

from core.geometry import Box
from core.records import Line

ASIDE = 0.3
"""Line heights by which the centre line may pass beside the box's centre."""
COVERED = 0.97
"""Least share of the text, from first to last character, that the line covers."""
BEYOND = 0.15
"""Share of the text's length by which the line may run on at either end."""


def follows(box: Box, line: Line) -> bool:
    """Whether the line runs along the boxed text, covers it and does not run on.

    Args:
        box: of the VIN, pixels of the upright photo.
        line: in the same pixels; of two parts the first one's direction counts.
    """
    left, top, width, height = box
    first, last = line.parts[0], line.parts[-1]
    start, end = first.corners[[0, 3]].mean(axis=0), last.corners[[1, 2]].mean(axis=0)
    drawn = end - start
    length = float(np.linalg.norm(drawn))
    tall = float(np.mean([quad.height for quad in line.parts]))
    if length < 1 or tall < 1:
        return False
    along = drawn / length
    from_centre = np.array([left + width / 2, top + height / 2]) - start
    aside = abs(float(along[0] * from_centre[1] - along[1] * from_centre[0]))
    half = _text_length(width, height, np.abs(along), tall) / 2
    middle = float(along @ from_centre)
    first_character, last_character = middle - half, middle + half
    covered = min(length, last_character) - max(0.0, first_character)
    return (
        aside <= ASIDE * tall
        and covered >= COVERED * 2 * half
        and first_character <= BEYOND * 2 * half
        and length - last_character <= BEYOND * 2 * half
    )


def _text_length(width: float, height: float, along: np.ndarray, tall: float) -> float:
    """Length of a text of this direction and height that fills the box."""
    if along[0] >= along[1]:
        length = (width - tall * along[1]) / along[0]
    else:
        length = (height - tall * along[0]) / along[1]
    return max(float(length), 1.0)
