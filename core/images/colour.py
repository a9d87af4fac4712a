"""Every colour mode that a file may have, to uint8 RGB."""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image


def to_rgb(image: Image.Image, factor: int) -> Image.Image:
    """Shrink, then convert: the large picture is never held in two copies where its mode can be averaged."""
    if image.mode.startswith("I;16"):
        image = Image.fromarray(_eight_bits(np.asarray(image)))
    elif image.mode == "1":
        image = image.convert("L")
    elif image.mode in ("P", "PA") or "transparency" in image.info:
        image = image.convert("RGBA" if image.mode == "PA" or "transparency" in image.info else "RGB")
    if factor > 1:
        image = image.reduce(factor)
    if image.mode in ("I", "F"):
        return Image.fromarray(_to_bytes(np.asarray(image))).convert("RGB")
    if image.mode == "LAB":
        return Image.fromarray(_lab_to_rgb(np.asarray(image)))
    if image.mode in ("LA", "La", "RGBA", "RGBa"):
        image = image.convert("LA" if image.mode == "La" else "RGBA").convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, image).convert("RGB")
    return image if image.mode == "RGB" else image.convert("RGB")


_DEPTHS = (255, 1023, 4095, 16383, 65535)
"""Largest numbers of 8, 10, 12, 14 and 16 bits: cameras store what their sensors give in files of 16."""


def _eight_bits(values: np.ndarray) -> np.ndarray:
    """16-bit greyscale to uint8 by the depth that its numbers need."""
    depth = next(place for place, top in enumerate(_DEPTHS) if int(values.max()) <= top)
    # Of 8 bits in a file of 16 nothing would be left; a picture that is that dark by itself is as dark then.
    return (values >> (2 * depth)).astype(np.uint8)


def _to_bytes(values: np.ndarray) -> np.ndarray:
    """Deep greyscale to uint8 by the range its numbers seem to have: 0..1, 8 to 16 bits, else what occurs."""
    values = np.nan_to_num(values.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(values.min()), float(values.max())
    tops = [top for top in (1.0, *map(float, _DEPTHS)) if low >= 0 and high <= top]
    floor, span = (0.0, tops[0]) if tops else (low, max(high - low, 1e-9))
    return np.clip((values - floor) * (255 / span), 0, 255).round().astype(np.uint8)


def _lab_to_rgb(lab: np.ndarray) -> np.ndarray:
    # Pillow hands out a and b as signed bytes, OpenCV wants them from 0 to 255 with 128 in the middle.
    return cv2.cvtColor(lab ^ np.array([0, 128, 128], dtype=np.uint8), cv2.COLOR_LAB2RGB)
