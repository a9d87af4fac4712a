"""Real crops out of the label store, to hold synthetic ones against."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.learn.corrections import Correction, crop_of
from core.learn.plates import Plates
from core.learn.strips import cut
from core.store.connect import Store
from core.store.content import Content
from core.store.files import path_of


@dataclass(frozen=True, eq=False)
class RealStrip:
    """A real line as readers see it.

    Attributes:
        pixels: uint8 grey ``(h, w)``.
        swapped: the same plate with another VIN, None where its text cannot be taken out.
        other: that VIN.
    """

    pixels: np.ndarray
    swapped: np.ndarray | None
    other: str


def real_strip(store: Store, sha256: str, content: Content, size: tuple[int, int], seed: int) -> RealStrip:
    """The strip of one photo, and a new VIN on its plate.

    Args:
        store: where its file is.
        sha256: of the photo.
        content: its label, with a line.
        size: ``(width, height)`` of the strip, pixels.
        seed: of the new VIN and its print.

    Raises:
        core.images.ImageError: the photo is gone or cannot be decoded.
    """
    crop = crop_of(Correction(path_of(store, sha256), content.text, content.lines()))
    made = Plates([crop]).draw(np.random.default_rng(seed))
    swapped = cut(made.pixels, made.quad, size) if made is not None else None
    return RealStrip(cut(crop.pixels, crop.quad, size), swapped, made.text if made is not None else "")
