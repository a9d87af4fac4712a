"""Characters looked at one by one and beside each other: a plate's own font is the yardstick.

A reader knows what an 8 and a B look like in general; of a font that makes them alike it cannot tell which
one it sees. But an 8 elsewhere in the same line was made by the same press and photographed by the same lens.
A small network compares every two characters of a line without asking which ones they are (cf. one-shot
recognition by twin networks: Koch, Zemel and Salakhutdinov, 2015), and reads each one beside all others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from core import registry
from core.recognize.strips import MARGIN, places, to_grey
from core.records import Slot, Strip
from core.registry import Network
from core.vin import ALPHABET, LENGTH

STRIP = (320, 48)
"""Width and height of the strip that characters are cut out of, margins included, pixels."""
WIDTH, HEIGHT = 24, 32
"""Pixels of a character's picture: parts of its neighbours, and all of the strip's height."""
REACH = 1.5
"""Width of that picture in characters."""
PAIRS = np.triu_indices(LENGTH, 1)
"""Every two slots of a line, the first one first."""


@dataclass(frozen=True, eq=False)
class Look:
    """What a closer look at a line's 17 characters shows.

    Attributes:
        same: how much likelier every two look if they are the same than if they are ones that are mixed up
            easily: natural logarithms ``(17, 17)``, symmetric, 0 on the diagonal.
        characters: probabilities ``(17, 33)``, rows sum to 1, whatever stands where in a VIN.
    """

    same: np.ndarray
    characters: np.ndarray


@dataclass(frozen=True)
class Glyphs:
    """The champion network for characters.

    Attributes:
        network: uint8 cells as float32 ``(n, 17, 32, 24)`` to ``(n, 136 + 17 * 33)``: logits of
            :data:`PAIRS`, then of the slots' characters.
    """

    network: Network

    @classmethod
    def load(cls, folder: Path | None = None) -> Glyphs:
        """The network of a folder (default: the champion's), or the shipped one where it has none.

        Raises:
            registry.ModelError: it is missing or damaged.
        """
        return cls(registry.load_or_shipped("glyphs", folder))

    def look(self, strip: Strip, slots: Sequence[Slot]) -> Look:
        """Look at the 17 characters of a straightened line, where readers found them."""
        grey = to_grey(strip.render(*STRIP, MARGIN))
        centres = STRIP[0] * places(strip, slots).mean(axis=1)
        told = self.network.run(cells(grey, centres)[None].astype(np.float32))[0][0]
        pairs = len(PAIRS[0])
        same = np.zeros((LENGTH, LENGTH))
        same[PAIRS] = told[:pairs]
        logits = told[pairs:].reshape(LENGTH, len(ALPHABET)).astype(float)
        shares = np.exp(logits - logits.max(axis=1, keepdims=True))
        return Look(same + same.T, shares / shares.sum(axis=1, keepdims=True))


def cells(grey: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """The characters of a strip, all at one scale.

    Args:
        grey: the strip, uint8 ``(48, 320)``.
        centres: of the 17 characters along it, pixels, rising.

    Returns:
        uint8 ``(17, 32, 24)``.
    """
    pitch = max(1.0, float(centres[-1] - centres[0]) / (LENGTH - 1))
    # Rows are squeezed: what would fall between the pixels is averaged first.
    soft = cv2.GaussianBlur(grey, (0, 0), 0.5)
    wide, tall = REACH * pitch / WIDTH, grey.shape[0] / HEIGHT
    cut = []
    for centre in centres:
        left = centre - REACH * pitch / 2
        matrix = np.array([[wide, 0, left + wide / 2 - 0.5], [0, tall, tall / 2 - 0.5]], np.float32)
        how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        cut.append(cv2.warpAffine(soft, matrix, (WIDTH, HEIGHT), flags=how, borderMode=cv2.BORDER_REPLICATE))
    return np.stack(cut)
