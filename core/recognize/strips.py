"""What the readers see of a strip: grey, with a margin around the quad, scaled to -1..1."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from core.geometry import Quad
from core.records import Slot, Strip

MARGIN = 0.25
"""Share of the quad's height that readers see around it on every side, as they were trained."""


def to_grey(picture: np.ndarray) -> np.ndarray:
    """RGB ``(h, w, 3)`` to grey ``(h, w)``, uint8."""
    return cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)


def to_input(pictures: Sequence[np.ndarray]) -> np.ndarray:
    """Grey uint8 strips of one size to a network's float32 ``(n, 1, h, w)`` in -1..1."""
    return (np.stack(pictures)[:, None].astype(np.float32) - 127.5) / 127.5


def margin_share(strip: Strip) -> float:
    """What share of the rendered width one margin takes, 0..0.5; 0 of two parts, which have one each."""
    return part_margin(strip.parts[0]) if len(strip.parts) == 1 else 0.0


def part_margin(quad: Quad) -> float:
    """What share of its rendered width one margin of a line's part takes, 0..0.5."""
    grown = quad.length + 2 * MARGIN * quad.height
    return MARGIN * quad.height / grown if grown > 0 else 0.0


def places(strip: Strip, slots: Sequence[Slot]) -> np.ndarray:
    """Where the characters are along the rendered strip, float ``(n, 2)``, 0..1; margins included."""
    ends = np.cumsum([0.0, *(quad.length for quad in strip.parts)])
    ends = ends / ends[-1]
    out = []
    for slot in slots:
        quad = strip.parts[slot.part]
        margin = part_margin(quad)
        frame = margin + (1 - 2 * margin) * np.asarray(slot.extent)
        out.append(ends[slot.part] + frame * (ends[slot.part + 1] - ends[slot.part]))
    return np.asarray(out, dtype=float).reshape(-1, 2)
