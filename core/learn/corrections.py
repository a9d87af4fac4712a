"""Corrected labels as training reads them: one JSON file that a job writes out of the label store.

Each entry names a photo file and keeps what people said of it: quads in pixels of the upright photo,
characters in the quads' own frames. ``source`` says how fresh it is: ``new`` since the champion learnt last,
``replay`` of what it knows, or ``round`` where readers agreed and nobody looked.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from core import images
from core.geometry import Quad
from core.learn.crops import Crop, cut_crop
from core.recognize.strips import MARGIN
from core.records import Photo, Strip

LONGEST = 400.0
"""Pixels along the line that a crop keeps; no reader sees more."""

SOURCES = ("new", "replay", "round")


@dataclass(frozen=True, eq=False)
class Correction:
    """One labelled photo.

    Attributes:
        path: its file.
        text: 17 characters, ``?`` where one cannot be read.
        quads: one or two, in reading order, pixels of the upright photo.
        characters: ``(17, 5)``: the quad that a character lies in, and left, top, width, height in that
            quad's own frame; None where nobody has drawn them.
        side: ``train`` or ``val``; gold photos are in no such file.
        source: one of ``SOURCES``.
    """

    path: Path
    text: str
    quads: tuple[Quad, ...]
    characters: np.ndarray | None = None
    side: str = "train"
    source: str = "new"

    def boxes(self) -> list[np.ndarray]:
        """Corners of the characters per quad, ``(n, 4, 2)`` photo pixels; empty where none are drawn."""
        if self.characters is None:
            return []
        found: list[list[np.ndarray]] = [[] for _ in self.quads]
        for part, left, top, width, height in self.characters:
            quad = self.quads[int(part)]
            found[int(part)].append(quad.part(left, left + width, top, top + height).corners)
        return [np.stack(row) for row in found if row]


def save_corrections(path: Path, corrections: Sequence[Correction]) -> None:
    """Write the file; it holds VINs, so nobody else may read it."""
    entries = [
        {
            "path": str(one.path),
            "text": one.text,
            "quads": [quad.corners.round(2).tolist() for quad in one.quads],
            "characters": None if one.characters is None else one.characters.round(4).tolist(),
            "side": one.side,
            "source": one.source,
        }
        for one in corrections
    ]
    with os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:
        json.dump({"corrections": entries}, file)


def load_corrections(path: Path) -> list[Correction]:
    """Read what :func:`save_corrections` wrote.

    Raises:
        ValueError: the file is something else.
    """
    try:
        return [
            Correction(
                Path(entry["path"]),
                entry["text"],
                tuple(Quad(np.array(corners)) for corners in entry["quads"]),
                None if entry["characters"] is None else np.array(entry["characters"], dtype=float),
                entry["side"],
                entry["source"],
            )
            for entry in json.loads(path.read_text(encoding="utf-8"))["corrections"]
        ]
    except (json.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is no file of corrections ({error})") from error


def crop_of(correction: Correction) -> Crop:
    """The neighbourhood of the line, grey, with the extents that people drew.

    A VIN on two lines becomes one, joined as the readers see it.

    Raises:
        images.ImageError: the photo is gone or cannot be decoded.
    """
    photo = images.decode(images.read_file(correction.path))
    if len(correction.quads) > 1:
        return _joined(photo, correction)
    quad = correction.quads[0].scaled(photo.scale)
    pixels = cv2.cvtColor(photo.pixels, cv2.COLOR_RGB2GRAY)
    quad, extents = _tight(quad, _extents(correction))
    return _smaller(cut_crop(pixels, quad, correction.text, extents))


def _joined(photo: Photo, correction: Correction) -> Crop:
    strip = Strip(photo, correction.quads)
    lengths = np.array([quad.length for quad in correction.quads])
    height = max(8, round(LONGEST * float(np.mean([q.height for q in correction.quads])) / lengths.sum()))
    rows = round(height * (1 + 2 * MARGIN))
    pixels = cv2.cvtColor(strip.render(round(LONGEST), rows, MARGIN), cv2.COLOR_RGB2GRAY)
    inset = MARGIN * height
    quad = Quad.from_box((inset, inset, LONGEST - 2 * inset, rows - 2 * inset))
    extents = _extents(correction)
    if extents is not None and correction.characters is not None:
        # Each part was widened by the margin and has its share of the width.
        parts = correction.characters[:, 0].astype(int)
        wide = MARGIN * np.array([q.height / q.length for q in correction.quads])[parts][:, None]
        ends = np.concatenate([[0.0], np.cumsum(lengths) / lengths.sum()])
        inside = (extents + wide) / (1 + 2 * wide)
        along = ends[parts][:, None] + inside * (ends[parts + 1] - ends[parts])[:, None]
        extents = (along * LONGEST - inset) / (LONGEST - 2 * inset)
    return Crop(pixels, quad, correction.text, extents)


def _extents(correction: Correction) -> np.ndarray | None:
    if correction.characters is None or len(correction.characters) != len(correction.text):
        return None
    left, width = correction.characters[:, 1], correction.characters[:, 3]
    return np.stack([left, left + width], axis=1)


def _tight(quad: Quad, extents: np.ndarray | None) -> tuple[Quad, np.ndarray | None]:
    """The line from its first character to its last: people and readings leave room at the ends."""
    if extents is None:
        return quad, None
    start, end = float(extents[0, 0]), float(extents[-1, 1])
    if end - start < 0.5:
        return quad, extents
    return quad.part(start, end), (extents - start) / (end - start)


def _smaller(crop: Crop) -> Crop:
    factor = LONGEST / max(crop.quad.length, 1e-6)
    if factor >= 1:
        return crop
    rows, columns = (max(8, round(side * factor)) for side in crop.pixels.shape)
    scale = np.array([columns / crop.pixels.shape[1], rows / crop.pixels.shape[0]])
    pixels = cv2.resize(crop.pixels, (columns, rows), interpolation=cv2.INTER_AREA)
    return Crop(pixels, Quad(crop.quad.corners * scale), crop.text, crop.extents)
