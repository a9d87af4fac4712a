"""Pictures without a VIN, to learn when to say so: drawn scenes, and photos whose VIN was painted over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import cv2
import numpy as np

from core.images import decode, read_file
from core.learn.crops import LabelledPhoto
from core.synth.scenes import SceneConfig, synthetic_scene


def empty_scenes(count: int, seed: int) -> Iterator[np.ndarray]:
    """Drawn photos in which other text may stand but no VIN, uint8 RGB."""
    rng = np.random.default_rng(seed)
    config = replace(SceneConfig(), empty=1.0)
    for _ in range(count):
        yield synthetic_scene(rng, config).pixels


def painted_over(labels: Iterable[LabelledPhoto]) -> Iterator[np.ndarray]:
    """Boxed photos without what was in the box, filled in from around it (Telea 2004), uint8 RGB."""
    for label in labels:
        if label.box is None:
            continue
        pixels = decode(read_file(label.path)).pixels
        left, top, width, height = label.box
        pad = 0.06 * height
        mask = np.zeros(pixels.shape[:2], np.uint8)
        low = (max(0, int(left - 2 * pad)), max(0, int(top - pad)))
        high = (int(left + width + 2 * pad) + 1, int(top + height + pad) + 1)
        mask[low[1] : high[1], low[0] : high[0]] = 255
        yield cv2.inpaint(pixels, mask, 5, cv2.INPAINT_TELEA)
