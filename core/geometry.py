"""Quads and homographies: where a line of text lies in a photo, and the way there and back.

Points are ``(x, y)`` in pixels, x to the right and y down, with pixel centres at whole numbers plus
one half; corners go clockwise from the text's own top left, so a quad also says which way up it reads.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

Box = tuple[float, float, float, float]
"""``(left, top, width, height)`` in pixels of the image named."""

_FRAME = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], dtype=np.float32)


@dataclass(frozen=True, eq=False)
class Quad:
    """Four corners of one line of text.

    Attributes:
        corners: float32 ``(4, 2)``, pixels, clockwise from the text's own top left.
    """

    corners: np.ndarray

    def __post_init__(self) -> None:
        corners = np.asarray(self.corners, dtype=np.float32)
        if corners.shape != (4, 2):
            raise ValueError(f"a quad has four corners (4, 2), got {corners.shape}")
        object.__setattr__(self, "corners", corners)

    @classmethod
    def from_box(cls, box: Box) -> Quad:
        """The upright quad of a box that reads from left to right."""
        left, top, width, height = box
        right, bottom = left + width, top + height
        return cls(np.array([[left, top], [right, top], [right, bottom], [left, bottom]]))

    @classmethod
    def from_line(cls, centre: tuple[float, float], length: float, height: float, angle: float) -> Quad:
        """The rectangle of a straight line of text.

        Args:
            centre: its middle, pixels.
            length: along the text, pixels.
            height: across the text, pixels.
            angle: reading direction in radians, 0 to the right, pi / 2 downwards.
        """
        along = np.array([np.cos(angle), np.sin(angle)]) * length / 2
        across = np.array([-np.sin(angle), np.cos(angle)]) * height / 2
        middle = np.asarray(centre, dtype=np.float64)
        return cls(
            np.array(
                [
                    middle - along - across,
                    middle + along - across,
                    middle + along + across,
                    middle - along + across,
                ]
            )
        )

    @property
    def centre(self) -> np.ndarray:
        """Mean of the corners, float32 ``(2,)``."""
        return self.corners.mean(axis=0)

    # Asked for a hundred times per photo.
    @cached_property
    def length(self) -> float:
        """Extent along the text, pixels: mean of the upper and the lower edge."""
        first, second, third, last = self.corners.tolist()
        return (math.dist(second, first) + math.dist(third, last)) / 2

    @cached_property
    def height(self) -> float:
        """Extent across the text, pixels: mean of the left and the right edge."""
        first, second, third, last = self.corners.tolist()
        return (math.dist(last, first) + math.dist(third, second)) / 2

    @property
    def angle(self) -> float:
        """Reading direction in radians, -pi to pi; 0 reads to the right."""
        along = (self.corners[1] + self.corners[2] - self.corners[0] - self.corners[3]) / 2
        return float(np.arctan2(along[1], along[0]))

    def scaled(self, factor: float) -> Quad:
        """The same quad in a photo that is ``factor`` times as large."""
        return Quad(self.corners * factor)

    def widened(self, along: float, across: float) -> Quad:
        """The quad with ``along`` added at either end and ``across`` above and below, in its own frame.

        Args:
            along: share of the length added at each end; negative shrinks.
            across: share of the height added on each side; negative shrinks.
        """
        return self.part(-along, 1 + along, -across, 1 + across)

    def part(self, left: float, right: float, top: float = 0.0, bottom: float = 1.0) -> Quad:
        """The piece between two places of the quad's own frame (0..1 along and across)."""
        frame = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
        return Quad(self.to_photo(frame))

    def turned(self) -> Quad:
        """The same area read the other way round (rotated by 180 degrees)."""
        return Quad(np.roll(self.corners, 2, axis=0))

    def bounds(self) -> Box:
        """The upright box around the quad."""
        left, top = self.corners.min(axis=0)
        right, bottom = self.corners.max(axis=0)
        return float(left), float(top), float(right - left), float(bottom - top)

    def homography(self, width: float, height: float) -> np.ndarray:
        """Projective map from the photo to a ``width`` x ``height`` strip, float64 ``(3, 3)``.

        It is defined on continuous coordinates; see :func:`resample` for pixel grids.
        """
        strip = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
        return cv2.getPerspectiveTransform(self.corners, strip).astype(np.float64)

    def to_photo(self, points: np.ndarray) -> np.ndarray:
        """Points of the quad's own frame (0..1 along, 0..1 across), ``(n, 2)``, in photo pixels."""
        return project(cv2.getPerspectiveTransform(_FRAME, self.corners), points)

    def to_frame(self, points: np.ndarray) -> np.ndarray:
        """Photo points ``(n, 2)`` in the quad's own frame (0..1 along, 0..1 across)."""
        return project(self.homography(1.0, 1.0), points)


def project(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Apply a ``(3, 3)`` homography to points ``(n, 2)``; float64 ``(n, 2)``."""
    points = np.asarray(points, dtype=np.float64)
    homogeneous = np.hstack([points, np.ones((len(points), 1))]) @ np.asarray(matrix, dtype=np.float64).T
    return homogeneous[:, :2] / homogeneous[:, 2:]


def at_centres(matrix: np.ndarray) -> np.ndarray:
    """A homography of continuous coordinates as OpenCV's warps want it.

    Pixel centres lie at +0.5 in continuous coordinates, but at whole numbers for ``cv2.warpPerspective``.
    """
    to_continuous = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1.0]])
    to_centres = np.array([[1, 0, -0.5], [0, 1, -0.5], [0, 0, 1.0]])
    return to_centres @ matrix @ to_continuous


def resample(image: np.ndarray, quad: Quad, width: int, height: int) -> np.ndarray:
    """Straighten ``quad`` out of ``image`` to ``(height, width, channels)`` uint8.

    Shrinking by more than two is done on an area-averaged copy first, so that thin strokes survive;
    what lies outside the image repeats its edge.
    """
    shrink = min(quad.length / width, quad.height / height)
    if shrink >= 2.0:
        image, quad = _shrunk_surroundings(image, quad, shrink)
    matrix = at_centres(quad.homography(width, height))
    return cv2.warpPerspective(
        image, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )


def _shrunk_surroundings(image: np.ndarray, quad: Quad, shrink: float) -> tuple[np.ndarray, Quad]:
    left, top, width, height = quad.bounds()
    rows, columns = image.shape[:2]
    x0, y0 = max(0, int(left) - 2), max(0, int(top) - 2)
    x1, y1 = min(columns, int(left + width) + 3), min(rows, int(top + height) + 3)
    if x1 - x0 < 2 or y1 - y0 < 2:
        return image, quad
    cut = image[y0:y1, x0:x1]
    size = (max(1, round((x1 - x0) / shrink)), max(1, round((y1 - y0) / shrink)))
    factors = np.array([size[0] / (x1 - x0), size[1] / (y1 - y0)])
    small = cv2.resize(cut, size, interpolation=cv2.INTER_AREA)
    return small, Quad((quad.corners - [x0, y0]) * factors)
