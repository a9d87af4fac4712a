"""Where a line of text lies in a picture: what troubles need to know of a strip, or of a scene's row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

BAND = (1 / 6, 5 / 6)
"""Rows of a strip that hold the text, shares of its height: readers see a quarter of it above and below."""


@dataclass(frozen=True, eq=False)
class TextLine:
    """Where the text is, in pixels.

    Attributes:
        corners: ``(n, 4, 2)`` of the characters.
        pitch: distance of neighbouring characters.
        height: of a character.
        along: unit vector of the reading direction.
    """

    corners: np.ndarray
    pitch: float
    height: float
    along: np.ndarray

    @classmethod
    def of(cls, pixels: np.ndarray, extents: np.ndarray) -> TextLine:
        """By extents as :func:`core.synth.troubles.trouble` takes them."""
        extents = np.asarray(extents, dtype=np.float64)
        if not len(extents) or extents.shape[1:] not in ((2,), (4, 2)):
            raise ValueError(f"extents are (n, 2) along a strip or (n, 4, 2) corners, got {extents.shape}")
        corners = _in_strip(pixels.shape, extents) if extents.ndim == 2 else extents
        centres = corners.mean(axis=1)
        reach = centres[-1] - centres[0] if len(centres) > 1 else corners[0, 1] - corners[0, 0]
        length = max(float(np.linalg.norm(reach)), 1.0)
        height = float(np.linalg.norm(corners[:, 3] - corners[:, 0], axis=1).mean())
        return cls(corners, length / max(1, len(centres) - 1), max(height, 1.0), reach / length)

    def spot(self, rng: np.random.Generator) -> np.ndarray:
        """A place near some character, pixels ``(2,)``."""
        centre = self.corners.mean(axis=1)[int(rng.integers(len(self.corners)))]
        across = np.array([-self.along[1], self.along[0]])
        aside, above = rng.normal(0, 0.3) * self.pitch, rng.normal(0, 0.2) * self.height
        return centre + self.along * aside + across * above

    def frame(self, shape: tuple[int, ...], origin: np.ndarray, angle: float = 0.0) -> tuple[np.ndarray, ...]:
        """Each pixel's place along and across the line, seen from ``origin``, in pixels."""
        y, x = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32) + 0.5
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        u = turn @ self.along
        x, y = x - origin[0], y - origin[1]
        return x * u[0] + y * u[1], y * u[0] - x * u[1]

    def inside(self, picture: np.ndarray, index: int) -> np.ndarray:
        """Grey levels of the upright box around a character, flat; empty outside of the picture."""
        corners = self.corners[index]
        (left, top), (right, bottom) = corners.min(axis=0).astype(int), corners.max(axis=0).astype(int) + 1
        piece = picture[max(0, top) : max(0, bottom), max(0, left) : max(0, right)]
        return (piece.mean(axis=2) if piece.ndim == 3 else piece).reshape(-1)


def _in_strip(shape: tuple[int, ...], extents: np.ndarray) -> np.ndarray:
    rows, columns = shape[:2]
    start, end = extents[:, 0] * columns, extents[:, 1] * columns
    top, bottom = np.full(len(start), BAND[0] * rows), np.full(len(start), BAND[1] * rows)
    return np.stack([start, top, end, top, end, bottom, start, bottom], axis=1).reshape(-1, 4, 2)
