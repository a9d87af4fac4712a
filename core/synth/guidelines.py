"""Example pictures for the labellers' guidelines: each shows one thing that a person has to decide.

They are drawn, so that nobody's car is in them, and so that what they show is known to the character. Made
with ``python -m core.synth.guidelines assets/guidelines``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from core.images import encode_jpeg
from core.synth.glyphs import Face, cap_height, faces
from core.synth.plates import Canvas, Row, bar_code, dots, relief, text_width, write

VIN = "XTA219110K0318265"
WIDTH = 1000
"""Pixels of every picture."""

GOOD, POOR = (10, 127, 194), (213, 94, 0)
"""RGB of Okabe and Ito's palette: as it should be, and not."""

_SIZE = 56
_GROUND, _INK = 196.0, 34.0


def write_guidelines(folder: Path, seed: int = 8) -> list[str]:
    """Write all pictures as JPEG; returns their names.

    Raises:
        NoFonts: there is nothing to draw letters with.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for place, (name, draw) in enumerate(PICTURES.items()):
        picture = draw(np.random.default_rng([seed, place]))
        (folder / f"{name}.jpg").write_bytes(encode_jpeg(np.clip(picture, 0, 255).astype(np.uint8), 76))
    return list(PICTURES)


def _as_it_is(rng: np.random.Generator) -> np.ndarray:
    """A VIN with stars around it: they are no part of it, and extents leave them out."""
    canvas, row = _written(f"*{VIN}*")
    return _marked(_stamped(canvas.ink, rng), row.boxes[1:-1], GOOD)


def _unreadable(rng: np.random.Generator) -> np.ndarray:
    """One character under dirt, one half gone."""
    canvas, row = _written(VIN)
    picture = _printed(canvas.ink, rng)
    left, top, right, bottom = row.boxes[13]
    blot = np.zeros(canvas.ink.shape, np.float32)
    middle = (int((left + right) / 2), int((top + bottom) / 2))
    cv2.ellipse(blot, middle, (int(right - left) - 4, int(bottom - top) - 10), 25, 0, 360, 1.0, -1)
    blot = cv2.GaussianBlur(blot, (0, 0), 4)[..., None]
    picture = picture * (1 - blot) + np.array([88.0, 72.0, 52.0]) * blot
    return _marked(picture, row.boxes[13:14], POOR)


def _extents(rng: np.random.Generator) -> np.ndarray:
    """Above as they should be, below cut and shared."""
    canvas, row = _written(VIN)
    picture = _printed(canvas.ink, rng)
    moved = row.boxes + np.array([16, 0, 9, 0])
    moved[6, 2] = moved[7, 2]
    return np.vstack([_marked(picture, row.boxes, GOOD), _marked(picture, np.delete(moved, 7, 0), POOR)])


def _wrong_line(rng: np.random.Generator) -> np.ndarray:
    """A label with a type approval and an engine number; one row is the VIN."""
    canvas = Canvas(np.zeros((330, WIDTH), np.uint8))
    face = _face()
    for baseline, text in ((60, "E-RU.MT02.00188"), (205, "21127 4410957"), (265, "1560 kg   2- 755 kg")):
        write(canvas, text, face, 40, 70, baseline, pitch=31)
    row = write(canvas, VIN, face, 48, 70, 132, pitch=44, vin=True)
    bar_code(canvas, 70, 285, 700, 34, rng)
    left, top, right, bottom = row.bounds
    return _marked(_printed(canvas.ink, rng), np.array([[left - 8, top - 4, right + 8, bottom + 4]]), GOOD)


def _look_alikes(rng: np.random.Generator) -> np.ndarray:
    """Pairs that are taken for one another: printed, in dots, stamped."""
    rows = []
    for style in (_printed, _dotted, _stamped):
        canvas, _ = _written("0D 8B 5S 2Z 6G VU MN", spread=0.9)
        rows.append(style(canvas.ink, rng))
    return np.vstack(rows)


def _hopeless(rng: np.random.Generator) -> np.ndarray:
    """Out of focus beyond reading."""
    canvas, _ = _written(VIN)
    picture = cv2.GaussianBlur(_printed(canvas.ink, rng), (0, 0), 15)
    return picture + rng.normal(0, 4, picture.shape)


def _troubles(rng: np.random.Generator) -> np.ndarray:
    """Glare, blur, dirt, darkness: readable all the same, from above to below."""
    canvas, _ = _written(VIN)
    picture = _printed(canvas.ink, rng)
    rows, columns = canvas.ink.shape
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    spot = np.exp(-(((x - 0.62 * columns) / 130) ** 2) - ((y - 0.45 * rows) / 45) ** 2)[..., None]
    specks = cv2.GaussianBlur((rng.random((rows, columns)) > 0.997).astype(np.float32), (0, 0), 2.5)
    specks = np.clip(6 * specks, 0, 1)[..., None]
    return np.vstack([
        picture + 190 * spot,
        cv2.GaussianBlur(picture, (0, 0), 4.5),
        picture * (1 - specks) + 80 * specks,
        picture * 0.24 + rng.normal(0, 3, picture.shape),
    ])  # fmt: skip


PICTURES: dict[str, Callable[[np.random.Generator], np.ndarray]] = {
    "as-it-is": _as_it_is,
    "unreadable": _unreadable,
    "look-alikes": _look_alikes,
    "extents": _extents,
    "wrong-line": _wrong_line,
    "hopeless": _hopeless,
    "troubles": _troubles,
}


def _face() -> Face:
    """A monospaced one where there is one."""
    return next((face for face in faces() if "Mono" in str(face.source)), faces()[0])


def _written(text: str, spread: float = 1.0) -> tuple[Canvas, Row]:
    """One row in the middle of a strip."""
    face = _face()
    cap = cap_height(face, _SIZE)
    pitch = min(spread * 1.25 * cap, (WIDTH - 40) / len(text))
    left = (WIDTH - text_width(text, face, _SIZE, pitch=pitch)) / 2
    canvas = Canvas(np.zeros((round(2.2 * cap), WIDTH), np.uint8))
    return canvas, write(canvas, text, face, _SIZE, left, round(1.6 * cap), pitch=pitch)


def _printed(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return _shaded(_GROUND + ink.astype(np.float32) / 255 * (_INK - _GROUND), rng)


def _dotted(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    canvas = Canvas(ink.copy())
    dots(canvas, 5, rng)
    return _printed(canvas.ink, rng)


def _stamped(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return _shaded(128 + 105 * relief(ink, rng), rng)


def _shaded(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Light from one side and a little grain; float32 RGB."""
    light = np.linspace(-14, 14, picture.shape[1], dtype=np.float32)[None, :]
    grey = cv2.GaussianBlur(picture + light, (0, 0), 0.8) + rng.normal(0, 2.5, picture.shape)
    return np.repeat(grey[..., None], 3, axis=2).astype(np.float32)


def _marked(picture: np.ndarray, boxes: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    marked = np.ascontiguousarray(picture).copy()
    for left, top, right, bottom in np.round(boxes).astype(int).tolist():
        cv2.rectangle(marked, (left - 3, top - 5), (right + 3, bottom + 5), colour, 3, cv2.LINE_AA)
    return marked


if __name__ == "__main__":
    print(*write_guidelines(Path(sys.argv[1])))
