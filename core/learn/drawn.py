"""Examples that are drawn beforehand: what networks that name troubles learn from, and where it is kept."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.geometry import Quad
from core.learn.crops import LabelledPhoto, load_quads, read_labels


@dataclass(frozen=True)
class DrawnConfig:
    """What such a network learns from.

    Attributes:
        photos: folder with ``train.csv``; empty trains on drawn pictures only.
        quads: JSON of known quads of the training photos.
        pool: batches that are drawn; training goes over them again and again.
        cache: folder that keeps them, so that several processes can draw them beforehand; empty for none.
    """

    photos: str = ""
    quads: str = ""
    pool: int = 1500
    cache: str = ""


def known_photos(config: DrawnConfig) -> list[tuple[LabelledPhoto, Quad]]:
    """The photos that may teach and whose line is known; none where photos or quads are not given."""
    if not (config.photos and config.quads):
        return []
    quads = load_quads(Path(config.quads))
    return [
        (photo, quads[photo.path.name])
        for photo in read_labels(Path(config.photos) / "train.csv")
        if photo.use == "labelled" and photo.path.name in quads
    ]


def kept(
    config: DrawnConfig, name: str, draw: Callable[[], Mapping[str, np.ndarray]]
) -> Mapping[str, np.ndarray]:
    """The arrays that ``draw`` makes: out of the cache where they are there, into it where they are not."""
    if not config.cache:
        return draw()
    path = Path(config.cache) / f"{name}.npz"
    if path.exists():
        with np.load(path) as arrays:
            return {key: arrays[key] for key in arrays.files}
    made = draw()
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}.part.npz")
    np.savez(partial, **made)  # type: ignore[arg-type]
    os.replace(partial, path)
    return made
