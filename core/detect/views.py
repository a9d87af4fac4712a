"""Other looks at a photo: the surroundings of a line cut out and made level, the whole photo turned.

The first look shows the whole photo to the detector in a few hundred pixels; a VIN that is a tenth as wide is
then a smear of which the place is known, but neither the height nor the ends. And what the detector knows
best is level text.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from core.geometry import Quad, project
from core.records import Line, Photo

REACH = 1.7
"""Side of the cut-out over the length of the line."""
LEAST_GAIN = 1.25
"""A cut-out that is hardly smaller than the photo shows nothing new, unless it is turned."""
LEVEL = np.deg2rad(12)
"""Lines that are tilted by more are made level."""


@dataclass(frozen=True, eq=False)
class View:
    """A photo of a part of a photo.

    Attributes:
        photo: its pixels.
        matrix: ``(3, 3)``, from pixels of the view's upright file to those of the photo's.
    """

    photo: Photo
    matrix: np.ndarray

    def in_photo(self, line: Line) -> Line:
        """A line of the view in pixels of the photo's upright file."""
        return replace(line, parts=tuple(Quad(project(self.matrix, part.corners)) for part in line.parts))


def surroundings(photo: Photo, line: Line, turn: float = 0.0) -> View | None:
    """The square around a line, in which the line is level.

    Args:
        photo: the whole.
        line: in pixels of its upright file.
        turn: radians by which the line's own direction is to be doubted; pi puts it on its head.

    Returns:
        None where that shows nothing new.
    """
    corners = np.vstack([part.corners for part in line.parts]) * photo.scale
    rows, columns = photo.pixels.shape[:2]
    angle = line.parts[0].angle + turn
    low, high = corners.min(axis=0), corners.max(axis=0)
    centre = (low + high) / 2
    half = max(REACH * float((high - low).max()) / 2, 24.0)
    if abs(angle) > LEVEL:
        longest = sum(part.length for part in line.parts) * photo.scale
        return _levelled(photo, centre, max(REACH * longest / 2, 24.0), angle)
    left, top = (max(0, int(value)) for value in centre - half)
    right, bottom = min(columns, int(centre[0] + half) + 1), min(rows, int(centre[1] + half) + 1)
    width, height = right - left, bottom - top
    if min(width, height) < 8 or max(rows, columns) < LEAST_GAIN * max(width, height):
        return None
    matrix = np.eye(3)
    matrix[:2, 2] = np.array([left, top]) / photo.scale
    pixels = np.ascontiguousarray(photo.pixels[top:bottom, left:right])
    return View(Photo(pixels, photo.scale), matrix)


def on_its_side(photo: Photo, quarters: int) -> View:
    """The whole photo turned counter-clockwise by ``quarters`` (1 to 3) of a full turn."""
    rows, columns = photo.pixels.shape[:2]
    wide, high = columns / photo.scale, rows / photo.scale
    matrix = {
        1: np.array([[0, -1, wide], [1, 0, 0], [0, 0, 1.0]]),
        2: np.array([[-1, 0, wide], [0, -1, high], [0, 0, 1.0]]),
        3: np.array([[0, 1, 0], [-1, 0, high], [0, 0, 1.0]]),
    }[quarters]
    return View(Photo(np.ascontiguousarray(np.rot90(photo.pixels, quarters)), photo.scale), matrix)


def _levelled(photo: Photo, centre: np.ndarray, half: float, angle: float) -> View:
    """A square around a place, turned so that what runs at ``angle`` there is level; in decoded pixels."""
    cosine, sine = np.cos(angle), np.sin(angle)
    # From the square to the decoded photo, on continuous coordinates.
    turn = np.array([[cosine, -sine], [sine, cosine]])
    to_photo = np.eye(3)
    to_photo[:2, :2] = turn
    to_photo[:2, 2] = centre - turn @ [half, half]
    # Pixels are counted at their centres.
    shift = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1.0]])
    side = int(2 * half)
    pixels = cv2.warpAffine(
        photo.pixels,
        (np.linalg.inv(shift) @ to_photo @ shift)[:2],
        (side, side),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    matrix = (
        np.diag([1 / photo.scale, 1 / photo.scale, 1]) @ to_photo @ np.diag([photo.scale, photo.scale, 1])
    )
    return View(Photo(pixels, photo.scale), matrix)
