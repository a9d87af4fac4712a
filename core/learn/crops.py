"""Real training crops: photos with a box, turned into lines whose quad is known.

The labels give upright, loose boxes. Which of the tilts that fill a box is the true one is decided by a
reader: the quad whose strip makes the known text (or any 17 characters) likeliest.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from core import images
from core.geometry import Box, Quad, resample
from core.synth.capture import bent
from core.synth.strips import MARGIN, jittered

SQUEEZE = 4 / 3
"""The training photos were squeezed from 4:3 to square; lines are rectangles in the stretched photo."""


@dataclass(frozen=True, eq=False)
class LabelledPhoto:
    """One row of ``train.csv`` or ``dev.csv``.

    Attributes:
        path: the photo.
        use: ``labelled``, ``val``, ``pool``, or empty in files without that column.
        box: around the VIN, photo pixels; None in files without boxes.
        vin: its text, ``?`` where a character cannot be read, empty where it was not transcribed.
        read: ``twice``, ``doubtful``, ``illegible`` or empty.
        tags: remarks.
    """

    path: Path
    use: str
    box: Box | None
    vin: str
    read: str
    tags: frozenset[str]


def read_labels(path: Path, barred: Collection[str] = ()) -> list[LabelledPhoto]:
    """All rows of a labels file but those of photos named in ``barred``; paths are relative to its folder.

    Raises:
        ValueError: a needed column is missing.
    """
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    if rows and not {"photo", "vin"} <= rows[0].keys():
        raise ValueError(f"{path} lacks the columns photo and vin")
    without = frozenset(barred)
    photos = [_photo(path.parent, row) for row in rows]
    return [photo for photo in photos if photo.path.name not in without]


def read_pixels(path: Path) -> np.ndarray:
    """A training photo as the reader would see it, uint8 RGB ``(H, W, 3)``.

    Raises:
        images.ImageError: it is missing or cannot be decoded; the message names what to do.
    """
    return images.decode(images.read_file(path)).pixels


@dataclass(frozen=True, eq=False)
class Crop:
    """A real line to learn from.

    Attributes:
        pixels: grey uint8 neighbourhood of the line.
        quad: the line in it.
        text: 17 characters, ``?`` where one cannot be read.
        extents: ``(17, 2)``, start and end of each character along the quad's own frame, None where nobody
            has drawn them.
    """

    pixels: np.ndarray
    quad: Quad
    text: str
    extents: np.ndarray | None = None


def load_crops(photos: Sequence[LabelledPhoto], quads: dict[str, Quad]) -> list[Crop]:
    """The neighbourhoods of all photos that have a full-length text and a known quad."""
    crops = []
    for photo in photos:
        if len(photo.vin) != 17 or photo.path.name not in quads:
            continue
        pixels = cv2.cvtColor(read_pixels(photo.path), cv2.COLOR_RGB2GRAY)
        crops.append(cut_crop(pixels, quads[photo.path.name], photo.vin))
    return crops


def cut_crop(pixels: np.ndarray, quad: Quad, text: str, extents: np.ndarray | None = None) -> Crop:
    """The neighbourhood of a line out of a grey photo ``(H, W)``, or an RGB one."""
    left, top, width, height = quad.widened(0.12, 1.2).bounds()
    rows, columns = pixels.shape[:2]
    x0, y0 = int(np.clip(left, 0, columns - 2)), int(np.clip(top, 0, rows - 2))
    x1, y1 = int(np.clip(left + width + 1, x0 + 2, columns)), int(np.clip(top + height + 1, y0 + 2, rows))
    return Crop(pixels[y0:y1, x0:x1].copy(), Quad(quad.corners - [x0, y0]), text, extents)


def beside(crop: Crop, rng: np.random.Generator) -> Crop:
    """What is above or below the line in the same photo, most often another row of text."""
    shift = crop.quad.height * rng.uniform(1.2, 1.5) * rng.choice([-1, 1])
    start, below = crop.quad.to_photo(np.array([[0.0, 0.0], [0.0, 1.0]]))
    across = (below - start) / max(float(np.linalg.norm(below - start)), 1e-6)
    return Crop(crop.pixels, Quad(crop.quad.corners + across * shift), "")


def augmented(
    crop: Crop, rng: np.random.Generator, width: int, height: int, jitter: float = 1.0
) -> tuple[np.ndarray, np.ndarray | None]:
    """One strip of the crop as another phone might have seen it.

    Returns:
        uint8 grey ``(height, width)``, and the characters' extents along the strip where they are known.
    """
    pixels, quad = crop.pixels, jittered(crop.quad, rng, jitter)
    extents = None if crop.extents is None else _seen(crop, quad)
    if rng.random() < 0.4:
        factor = rng.uniform(0.6, 1.0)
        columns, rows = (max(8, round(side * factor)) for side in pixels.shape[::-1])
        scale = np.array([columns / pixels.shape[1], rows / pixels.shape[0]])
        pixels, quad = (
            cv2.resize(pixels, (columns, rows), interpolation=cv2.INTER_AREA),
            Quad(quad.corners * scale),
        )
    picture: np.ndarray = pixels.astype(np.float32)
    if rng.random() < 0.3:
        picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.3, 0.8))
    if rng.random() < 0.3:
        soft = cv2.GaussianBlur(picture, (0, 0), 1.0)
        picture = picture + (picture - soft) * rng.uniform(0.3, 1.5)
    if rng.random() < 0.5:
        picture = picture + rng.normal(0, rng.uniform(0, 0.25) * min(float(picture.std()), 40), picture.shape)
    picture = _light(picture, rng)
    if rng.random() < 0.4:
        picture = 255 - picture
    picture = np.clip(picture, 0, 255).astype(np.uint8)
    if rng.random() < 0.3:
        _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(30, 95))])
        picture = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)
    around = quad.widened(MARGIN * quad.height / quad.length, MARGIN)
    strip = resample(picture, around, width, height)
    if rng.random() < 0.5:
        strip, moved = bent(strip, np.zeros((0, 2)) if extents is None else extents, rng)
        extents = None if extents is None else moved
    for _ in range(int(rng.choice(3, p=[0.65, 0.25, 0.1]))):
        strip = _hide(strip, rng)
    return strip, extents


def save_quads(quads: dict[str, Quad], path: Path) -> None:
    """Write photo name -> quad as JSON."""
    path.write_text(
        json.dumps({name: quad.corners.round(2).tolist() for name, quad in sorted(quads.items())})
    )


def load_quads(path: Path) -> dict[str, Quad]:
    """Read what :func:`save_quads` wrote."""
    return {name: Quad(np.array(corners)) for name, corners in json.loads(path.read_text()).items()}


def _seen(crop: Crop, quad: Quad) -> np.ndarray:
    """Extents along the strip that shows ``quad`` and its margin."""
    assert crop.extents is not None
    around = quad.widened(MARGIN * quad.height / quad.length, MARGIN)
    ends = np.stack([crop.extents.reshape(-1), np.full(2 * len(crop.extents), 0.5)], axis=1)
    return around.to_frame(crop.quad.to_photo(ends))[:, 0].reshape(-1, 2)


def _photo(folder: Path, row: dict[str, str]) -> LabelledPhoto:
    box = None
    if row.get("width"):
        box = (float(row["left"]), float(row["top"]), float(row["width"]), float(row["height"]))
    tags = frozenset(filter(None, (row.get("tags") or row.get("kind") or "").split(",")))
    # Where a file does not say how the text came about, it was checked.
    read = row.get("read", "twice")
    return LabelledPhoto(folder / row["photo"], row.get("use", ""), box, row["vin"], read, tags)


def _light(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    gain, shift = rng.uniform(0.5, 1.4), rng.uniform(-40, 40)
    mean = float(picture.mean())
    picture = np.clip((picture - mean) * gain + mean + shift, 0, 255)
    if rng.random() < 0.4:
        coarse = rng.normal(0, 18, (2, 5)).astype(np.float32)
        picture = picture + cv2.resize(coarse, picture.shape[::-1], interpolation=cv2.INTER_CUBIC)
    return 255 * np.power(np.clip(picture, 0, 255) / 255, rng.uniform(0.7, 1.4))


def _hide(strip: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A small smear of paint or light over a part of a character."""
    rows, columns = strip.shape
    width = int(columns * rng.uniform(0.012, 0.04))
    height = int(rng.integers(8, rows // 2 + 1))
    x, y = int(rng.integers(0, columns - width)), int(rng.integers(0, rows - height))
    strip = strip.copy()
    patch = strip[y : y + height, x : x + width].astype(np.float32)
    shade = rng.uniform(0, 255)
    strip[y : y + height, x : x + width] = (0.35 * patch + 0.65 * shade).astype(np.uint8)
    return strip
