"""A closer look: the surroundings of a line cut out, and what is found there told in the photo's pixels.

The first look shows the whole photo to the detector in a few hundred pixels; a VIN that is a tenth as wide is
then a smear of which the place is known, but neither the height nor the ends.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from core.geometry import Quad
from core.records import Line, Photo

REACH = 1.7
"""Side of the cut-out over the length of the line."""
LEAST_GAIN = 1.25
"""A cut-out that is hardly smaller than the photo shows nothing new."""


@dataclass(frozen=True, eq=False)
class View:
    """A cut-out.

    Attributes:
        photo: its pixels, with the photo's scale.
        offset: of its upper left corner in the photo, ``(x, y)`` pixels of the upright file.
    """

    photo: Photo
    offset: tuple[float, float]

    def in_photo(self, line: Line) -> Line:
        """A line of the cut-out in pixels of the photo's upright file."""
        return replace(line, parts=tuple(Quad(part.corners + np.array(self.offset)) for part in line.parts))


def surroundings(photo: Photo, line: Line) -> View | None:
    """The square around a line; None where that is nearly the whole photo."""
    corners = np.vstack([part.corners for part in line.parts]) * photo.scale
    rows, columns = photo.pixels.shape[:2]
    low, high = corners.min(axis=0), corners.max(axis=0)
    half = max(REACH * float((high - low).max()) / 2, 24.0)
    centre = (low + high) / 2
    left, top = (max(0, int(value)) for value in centre - half)
    right, bottom = min(columns, int(centre[0] + half) + 1), min(rows, int(centre[1] + half) + 1)
    width, height = right - left, bottom - top
    if min(width, height) < 8 or max(rows, columns) < LEAST_GAIN * max(width, height):
        return None
    pixels = np.ascontiguousarray(photo.pixels[top:bottom, left:right])
    return View(Photo(pixels, photo.scale), (left / photo.scale, top / photo.scale))
