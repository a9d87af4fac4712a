"""Strips that show no VIN: other rows of a plate, as a detector may offer them to the readers.

Type approvals, weights, makers and model names stand in the same fonts beside every VIN. A reader that never
saw one alone reads 17 characters into it.
"""

from __future__ import annotations

import cv2
import numpy as np

from core.synth.glyphs import cap_height, glyph
from core.synth.plates import Canvas, bar_code, filler, text_width, thicken, vin_style, write
from core.synth.strips import StripConfig, strip_of

_SIZE = 36
_MOST = 26
"""Characters of the longest row."""


def other_row(rng: np.random.Generator, config: StripConfig) -> np.ndarray:
    """One strip without a VIN.

    Args:
        rng: draws the text, its print and its photo.
        config: how strips are made.

    Returns:
        uint8 grey ``(height, width)``.
    """
    text = filler(rng)
    if rng.random() < 0.5:
        text = f"{text} {filler(rng)}"
    text = text[:_MOST].rstrip()
    face, tracking, _ = vin_style(rng, _SIZE, own=0.0)
    if not any(glyph(face, _SIZE, character)[0].size for character in text.replace(" ", "")):
        text = f"{rng.integers(10**6)}"  # the font has no Cyrillic letters
    cap = cap_height(face, _SIZE)
    wide, side, baseline = text_width(text, face, _SIZE, tracking), 4 * cap, int(3.5 * cap)
    canvas = Canvas(np.zeros((6 * cap, int(wide) + 2 * side), np.uint8))
    spacing = cap * rng.uniform(1.3, 2.3)
    for direction in (-1, 1):
        if rng.random() < 0.5:
            left = side + rng.uniform(-3, 3) * cap
            write(canvas, filler(rng), face, _SIZE, left, baseline + direction * spacing, tracking)
    if rng.random() < 0.15:
        bar_code(canvas, side, baseline + 0.2 * cap, wide, cap, rng)
    if rng.random() < 0.15:
        below = round(baseline + 0.4 * cap)
        cv2.line(canvas.ink, (0, below), (canvas.ink.shape[1], below), 255, 2)
    write(canvas, text, face, _SIZE, side, baseline, tracking)
    thicken(canvas, rng.normal(0.2, 0.7))
    row = canvas.rows[-1]
    return strip_of(canvas, row, (row.bounds[0], row.bounds[2]), rng, config).pixels
