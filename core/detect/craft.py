"""The light CRAFT at work: photo in, heat maps out."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from core.detect.lines import LineConfig, find_lines
from core.geometry import Quad
from core.records import HeatMaps, Line, Photo
from core.registry import Network

STRIDE = 2
"""Input pixels per map pixel."""
_MULTIPLE = 32


@dataclass(frozen=True)
class CraftDetector:
    """Maps of the champion CRAFT.

    Attributes:
        network: RGB ``(n, 3, h, w)`` in -1..1 to probabilities ``(n, 3, h / 2, w / 2)``.
    """

    network: Network

    def maps(self, photo: Photo, zoom: float = 1.0) -> HeatMaps:
        """Region, affinity and VIN text at half the detector's resolution.

        ``zoom`` below 1 looks at a smaller picture: close-ups have larger characters than it learnt from.
        """
        side = int(self.network.card.settings.get("side", 384) * zoom)
        batch, scale, (rows, columns) = to_input(photo.pixels, side)
        region, affinity, vin = self.network.run(batch)[0][0]
        cut = (slice(0, -(-rows // STRIDE)), slice(0, -(-columns // STRIDE)))
        return HeatMaps(region[cut], affinity[cut], vin[cut], scale * photo.scale / STRIDE)

    def lines(self, maps: HeatMaps, config: LineConfig, region: Quad | None = None) -> list[Line]:
        """Candidates for the VIN's line, best first, from the *VIN text* map."""
        return find_lines(maps, config, region)


def to_input(pixels: np.ndarray, side: int) -> tuple[np.ndarray, float, tuple[int, int]]:
    """Resize to ``side`` on the long side and pad to multiples of 32.

    Args:
        pixels: uint8 RGB ``(H, W, 3)``.
        side: pixels of the long side.

    Returns:
        float32 ``(1, 3, h, w)`` in -1..1, the scale, and ``(rows, columns)`` that hold the picture.
    """
    scale = side / max(pixels.shape[:2])
    rows, columns = (max(1, round(length * scale)) for length in pixels.shape[:2])
    small = pixels
    # Two by two pixels are averaged ten times as fast as by any other factor.
    while max(small.shape[:2]) >= 2 * side:
        small = cv2.resize(small, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    kernel = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = cv2.resize(small, (columns, rows), interpolation=kernel)
    below, right = -rows % _MULTIPLE, -columns % _MULTIPLE
    small = cv2.copyMakeBorder(small, 0, below, 0, right, cv2.BORDER_REPLICATE)
    return normalise(small[None]), scale, (rows, columns)


def normalise(photos: np.ndarray) -> np.ndarray:
    """uint8 ``(n, h, w, 3)`` to float32 ``(n, 3, h, w)`` in -1..1."""
    return np.ascontiguousarray(((photos.astype(np.float32) - 127.5) / 127.5).transpose(0, 3, 1, 2))
