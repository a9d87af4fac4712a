"""What spoils the chosen line, slot by slot: too small, dark, bright, faint, blurred, glaring."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from core.records import Problem, Slot, Strip

SMALLEST_PITCH = 5.0
"""Pixels of the photo per character below which readings become guesses; by eye, 5 to 8 px can be read."""
_WIDTH, _HEIGHT = 510, 48


def inspect(strip: Strip, slots: Sequence[Slot]) -> tuple[Problem, ...]:
    """Problems of a line, worst first.

    Args:
        strip: the chosen line.
        slots: its 17 characters; where their extents lie tells which are hurt.
    """
    grey = cv2.cvtColor(strip.render(_WIDTH, _HEIGHT), cv2.COLOR_RGB2GRAY)
    found = [_small(strip), _light(grey), _faint(grey), _glare(grey, slots), _blur(grey, strip)]
    return tuple(sorted((problem for problem in found if problem), key=lambda p: p.severity, reverse=True))


def _small(strip: Strip) -> Problem | None:
    pitch = sum(quad.length for quad in strip.parts) / 17 * strip.photo.scale
    if pitch >= SMALLEST_PITCH:
        return None
    severity = float(np.clip(0.5 + (SMALLEST_PITCH - pitch) / 4, 0, 1))
    return Problem("small", severity, (), f"Only {pitch:.0f} pixels per character: come closer or zoom in.")


def _light(grey: np.ndarray) -> Problem | None:
    median = float(np.median(grey))
    if median < 20 and np.percentile(grey, 98) < 70:
        return Problem("dark", 0.7, (), "The line is very dark: add light from the side.")
    if median > 235 and np.percentile(grey, 2) > 180:
        return Problem(
            "bright", 0.7, (), "The line is overexposed: shade it with a hand or turn the flash off."
        )
    return None


def _faint(grey: np.ndarray) -> Problem | None:
    low, high = (float(value) for value in np.percentile(grey, (3, 97)))
    contrast = high - low
    if contrast >= 45:
        return None
    severity = float(np.clip(0.4 + (45 - contrast) / 60, 0, 1))
    return Problem(
        "contrast", severity, (), "The characters hardly stand out: light the plate from one side."
    )


def _glare(grey: np.ndarray, slots: Sequence[Slot]) -> Problem | None:
    """Slots that are nearly all white while the rest of the line is not."""
    if np.median(grey) > 200:
        return None
    hurt = []
    for index, slot in enumerate(slots):
        start, end = (int(place * _WIDTH) for place in slot.extent)
        piece = grey[:, max(0, start) : max(start + 1, end)]
        if piece.size and (piece > 245).mean() > 0.55:
            hurt.append(index)
    if not hurt:
        return None
    severity = float(min(1.0, 0.5 + 0.1 * len(hurt)))
    places = f"{hurt[0] + 1}" if len(hurt) == 1 else f"{hurt[0] + 1}-{hurt[-1] + 1}"
    return Problem("glare", severity, tuple(hurt), f"Glare on characters {places}: tilt the phone a little.")


def _blur(grey: np.ndarray, strip: Strip) -> Problem | None:
    """Edges much softer than the photo's resolution allows."""
    pitch = sum(quad.length for quad in strip.parts) / 17 * strip.photo.scale
    values = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), max(0.6, 0.35 * _WIDTH / 17 / max(pitch, 1)))
    spread = float(np.percentile(values, 97) - np.percentile(values, 3))
    if spread < 10:
        return None
    edge = float(np.percentile(np.abs(cv2.Sobel(values, cv2.CV_32F, 1, 0)), 97)) / 8 / spread
    # A sharp stroke rises over about a sixth of a character's pitch.
    sharpness = edge * _WIDTH / 17
    if sharpness >= 2.2:
        return None
    severity = float(np.clip(0.4 + (2.2 - sharpness) / 2.5, 0, 1))
    return Problem("blur", severity, (), "The line is blurred: hold still and let the phone focus on it.")
