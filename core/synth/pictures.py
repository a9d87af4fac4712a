"""The pictures of docs/synthesis.md, made of drawn plates only: ``python -m core.synth.pictures docs``."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from core.geometry import Quad
from core.images import encode_jpeg, encode_png
from core.synth.capture import CaptureConfig
from core.synth.coverage import FAMILIES, SIZE
from core.synth.glyphs import Face, glyph
from core.synth.series import Recipe, pictures
from core.synth.sheet import contact_sheet
from core.synth.strips import StripConfig, SyntheticStrip, synthetic_strip
from core.synth.swap import donor, swapped
from core.synth.textline import BAND
from core.synth.troubles import KINDS, trouble
from core.synth.vins import plausible_vin
from core.vin import ALPHABET

CLEAN = CaptureConfig(blur=0.0, motion=0.0, noise=0.0, sharpen=0.0, jpeg=0.0, glare=0.0, lowcontrast=0.0)
EFFECTS = {
    "nothing": CLEAN,
    "defocus": replace(CLEAN, blur=0.5),
    "motion": replace(CLEAN, motion=1.0),
    "noise": replace(CLEAN, noise=0.8),
    "sharpening": replace(CLEAN, sharpen=1.0),
    "JPEG": replace(CLEAN, jpeg=1.0, quality=5),
    "glare": replace(CLEAN, glare=1.0),
    "low contrast": replace(CLEAN, lowcontrast=1.0),
    "all, as usual": CaptureConfig(),
}
SEVERITIES = (0.25, 0.6, 1.0)

_WIDE, _HIGH, _NAME, _GAP = 300, 45, 118, 6


def write_pictures(folder: Path) -> list[str]:
    """Write all pictures; returns their names.

    Raises:
        NoFonts: there is nothing to draw letters with.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made = {
        "strips": _series("strips", 18),
        "capture": _rows({name: [_drawn(seed, one) for seed in (21, 24)] for name, one in EFFECTS.items()}),
        "troubles": _rows({kind: _spoilt(kind) for kind in KINDS}),
        "swap": _rows(_swap()),
        "strokes": _rows({name: [_alphabet(Face(family))] for name, family in FAMILIES.items()}),
    }
    for name, picture in made.items():
        (folder / f"synthesis-{name}.png").write_bytes(encode_png(picture))
    # Backgrounds are noise, which PNG cannot pack.
    (folder / "synthesis-scenes.jpg").write_bytes(encode_jpeg(_series("scenes", 3), 80))
    return [*made, "scenes"]


def _series(kind: str, count: int) -> np.ndarray:
    return contact_sheet([(one.data, one.row) for one in pictures(Recipe(kind, 5), range(count))])


def _plate(seed: int, capture: CaptureConfig = CLEAN) -> SyntheticStrip:
    config = StripConfig(smallest=9, largest=12, jitter=0.0, bent=0.0, capture=capture)
    return synthetic_strip(np.random.default_rng([8, seed]), config)


def _drawn(seed: int, capture: CaptureConfig) -> np.ndarray:
    return _plate(seed, capture).pixels


def _spoilt(kind: str) -> list[np.ndarray]:
    strip = _plate(21)
    made = []
    for severity in SEVERITIES:
        pixels, hurt = trouble(kind, strip.pixels, strip.extents, severity, np.random.default_rng(2))
        shown = cv2.cvtColor(pixels, cv2.COLOR_GRAY2RGB)
        for start, end in strip.extents[list(hurt)] * shown.shape[1]:
            cv2.line(shown, (round(start) + 1, shown.shape[0] - 2), (round(end) - 1, shown.shape[0] - 2),
                     (213, 94, 0), 2)  # fmt: skip
        made.append(shown)
    return made


def _swap() -> dict[str, list[np.ndarray]]:
    rows: dict[str, list[np.ndarray]] = {"as it was": [], "text taken out": [], "another VIN": []}
    for seed in range(60):
        strip = _plate(seed)
        high, wide = strip.pixels.shape
        left, right = strip.extents[0, 0] * wide, strip.extents[-1, 1] * wide
        line = Quad.from_box((left, BAND[0] * high, right - left, (BAND[1] - BAND[0]) * high))
        plate = donor(strip.pixels, line)
        if plate is None:
            continue
        rng = np.random.default_rng(seed)
        rows["as it was"].append(strip.pixels)
        rows["text taken out"].append(np.clip(plate.ground, 0, 255).astype(np.uint8))
        rows["another VIN"].append(swapped(plate, plausible_vin(rng), rng)[0])
        if len(rows["as it was"]) == len(SEVERITIES):
            break
    return rows


def _alphabet(face: Face) -> np.ndarray:
    row = np.full((round(1.3 * SIZE), SIZE * len(ALPHABET)), 255, np.uint8)
    for place, character in enumerate(ALPHABET):
        ink, _, top, _ = glyph(face, SIZE, character)
        y, x = SIZE + top, SIZE * place + (SIZE - ink.shape[1]) // 2
        row[y : y + ink.shape[0], x : x + ink.shape[1]] = 255 - ink
    return row


def _rows(named: dict[str, list[np.ndarray]]) -> np.ndarray:
    """A table: names on the left, pictures beside them."""
    most = max(len(row) for row in named.values())
    alone = most == 1
    wide = 3 * _WIDE if alone else _WIDE
    table = np.full((len(named) * (_HIGH + _GAP) + _GAP, _NAME + most * (wide + _GAP), 3), 255, np.uint8)
    for number, (name, row) in enumerate(named.items()):
        top = _GAP + number * (_HIGH + _GAP)
        place = (4, top + _HIGH // 2 + 5)
        cv2.putText(table, name, place, cv2.FONT_HERSHEY_SIMPLEX, 0.4, (30, 30, 30), 1, cv2.LINE_AA)
        for column, picture in enumerate(row):
            left = _NAME + column * (wide + _GAP)
            small = cv2.resize(picture, (wide, _HIGH), interpolation=cv2.INTER_AREA)
            table[top : top + _HIGH, left : left + wide] = small if small.ndim == 3 else small[..., None]
    return table


if __name__ == "__main__":
    print(*write_pictures(Path(sys.argv[1])))
