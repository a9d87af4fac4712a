"""What a small network sees on a whole photo: which trouble keeps the readers from reading, if any.

Where mud, scratches or a slant hide the VIN, the rows that the detector finds are those that nothing is wrong
with. A glance at the whole photo tells what a look at these rows cannot.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from core import registry
from core.quality.kinds import LEARNT
from core.records import Photo
from core.registry import Network

SIDE = 192
"""Pixels of the square that the photo is fitted into."""


@dataclass(frozen=True)
class Overview:
    """The champion network for whole photos.

    Attributes:
        network: ``(n, 3, 192, 192)``, see :func:`to_input`, to logits ``(n, 1 + kinds)``, nothing first.
    """

    network: Network

    @classmethod
    def load(cls, folder: Path | None = None) -> Overview:
        """The network of a folder (default: the champion's), or the shipped one where it has none.

        Raises:
            registry.ModelError: it is missing or damaged.
        """
        folder = folder or registry.champion_folder()
        has = (folder / "overview.json").exists()
        return cls(registry.load("overview", folder if has else registry.CHAMPION))

    def look(self, photo: Photo) -> dict[str, float]:
        """Probability of each kind, 0..1; what they lack of 1 is that of nothing."""
        logits = self.network.run(to_input(photo.pixels))[0][0]
        shares = np.exp(logits - logits.max())
        shares = shares / shares.sum()
        return {kind: float(shares[1 + place]) for place, kind in enumerate(LEARNT)}


def to_input(pixels: np.ndarray) -> np.ndarray:
    """A photo, uint8 RGB ``(H, W, 3)``, as float32 ``(1, 3, 192, 192)``, -1..1."""
    return normalised(fitted(pixels)[None])


def fitted(pixels: np.ndarray) -> np.ndarray:
    """Fitted into uint8 RGB ``(192, 192, 3)``, middle grey beside it."""
    height, width = pixels.shape[:2]
    scale = SIDE / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    out = np.full((SIDE, SIDE, 3), 128, np.uint8)
    top, left = (SIDE - size[1]) // 2, (SIDE - size[0]) // 2
    out[top : top + size[1], left : left + size[0]] = small
    return out


def normalised(squares: np.ndarray) -> np.ndarray:
    """Of :func:`fitted` photos ``(n, 192, 192, 3)`` the network's input ``(n, 3, 192, 192)``."""
    return np.ascontiguousarray(squares.transpose(0, 3, 1, 2), np.float32) / 127.5 - 1
