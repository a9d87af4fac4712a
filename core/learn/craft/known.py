"""Real photos for the detector: where the VIN's line lies, and its characters where somebody drew them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core import images
from core.detect.craft import STRIDE
from core.geometry import Box, Quad, project
from core.learn.craft.targets import affinity_map, band_map, evenly_spaced, region_map


@dataclass(frozen=True, eq=False)
class KnownPhoto:
    """A photo whose VIN line is known.

    Attributes:
        path: its file.
        quads: of the line, one or two, pixels of the upright file.
        characters: corners of drawn characters per quad, ``(n, 4, 2)``; empty where none are drawn.
        stretch: by which its x must be stretched to look as the camera saw it.
    """

    path: Path
    quads: tuple[Quad, ...]
    characters: tuple[np.ndarray, ...] = ()
    stretch: float = 1.0

    def decoded(self) -> tuple[np.ndarray, float]:
        """Pixels uint8 RGB ``(H, W, 3)``, and how many of them there are per pixel of the upright file.

        Raises:
            images.ImageError: the file is gone or cannot be decoded.
        """
        photo = images.decode(images.read_file(self.path))
        return photo.pixels, photo.scale

    def readable(self) -> bool:
        """Whether the file is still there and can be decoded."""
        try:
            self.decoded()
        except images.ImageError:
            return False
        return True

    def targets(self, matrix: np.ndarray, shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
        """Targets and weights, float32 ``(3, *shape)``, of a picture of it.

        Args:
            matrix: homography from the upright file to the picture.
            shape: rows and columns of the maps.
        """
        placed = [Quad(project(matrix, quad.corners) / STRIDE) for quad in self.quads]
        if self.characters:
            characters = [_placed(matrix, row) for row in self.characters]
        else:
            # How 17 characters share out over two lines nobody knows.
            characters = [evenly_spaced(placed[0]).astype(np.float32)] if len(placed) == 1 else []
        bands = np.maximum.reduce([band_map(quad, shape) for quad in placed])
        targets = np.stack([region_map(characters, shape), affinity_map(characters, shape), bands])
        # Of the other rows nothing is known: region and affinity count on the VIN alone.
        weights = np.ones_like(targets)
        near = [band_map(quad.widened(0.0, 0.35), shape) > 0 for quad in placed]
        weights[:2] = np.logical_or.reduce(near) if characters else 0.0
        return targets, weights


def around(quads: Sequence[Quad]) -> Box:
    """The upright box around all of them."""
    points = np.concatenate([quad.corners for quad in quads])
    left, top = points.min(axis=0)
    right, bottom = points.max(axis=0)
    return float(left), float(top), float(right - left), float(bottom - top)


def _placed(matrix: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Corners of characters ``(n, 4, 2)`` from the photo to the maps."""
    return (project(matrix, boxes.reshape(-1, 2)) / STRIDE).reshape(boxes.shape).astype(np.float32)
