"""Photos that nobody can read are turned away before any network runs."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from core.quality.percentiles import percentiles_of_counts
from core.records import Photo, Problem


@dataclass(frozen=True)
class Limits:
    """From where on a whole photo is at fault, grey levels of the photo shrunk to 96 x 96 pixels.

    Attributes:
        dark: what the brightest must exceed.
        bright: what the darkest must stay below.
        flat: least difference between the two.
        soft: by how much the sharpest must change when it is smoothed over 1.5 pixels; characters
            of a line that fills the picture are 5.6 pixels wide there.
        contrast: a soft photo is faint below this difference, else out of focus.
        extreme: what counts as the darkest, brightest and sharpest, percent of the pixels: a line of text in
            a large calm picture is less than one.
    """

    dark: float
    bright: float
    flat: float
    soft: float
    contrast: float = 45.0
    extreme: float = 1.0


HOPELESS = Limits(dark=12.0, bright=243.0, flat=6.0, soft=2.0, extreme=0.3)
"""Nobody reads that. The sharpest percent of the softest of 858 training photos has 13."""
SUSPECT = Limits(dark=50.0, bright=215.0, flat=30.0, soft=9.0)
"""What may be why nothing was found."""
SMALLEST = 34
"""Pixels that the longer side must have: two per character."""

_SIDE = 96


def screen(photo: Photo) -> Problem | None:
    """What makes the whole photo hopeless, or None.

    Only what no reader can read is refused here: black, white, one even shade, a thumbnail, or so far out of
    focus that not even letters as large as the picture would be seen. All else is worth reading.
    """
    if max(photo.size) < SMALLEST:
        return Problem("small", 1.0, (), "The photo is a thumbnail: send the photo itself.")
    return _at_fault(photo, HOPELESS, 1.0)


def suspect(photo: Photo) -> Problem | None:
    """What may be why no line was found in the photo, or None."""
    return _at_fault(photo, SUSPECT, 0.6)


def _at_fault(photo: Photo, limits: Limits, severity: float) -> Problem | None:
    small = cv2.resize(_thinned(photo.pixels), (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    ends = (limits.extreme, 100 - limits.extreme)
    counts = np.bincount(grey.ravel(), minlength=256)[None]
    low, high = (float(value) for value in percentiles_of_counts(counts, ends)[:, 0])
    if high < limits.dark:
        return Problem("dark", severity, (), "The photo is nearly black: switch on the light or the flash.")
    if low > limits.bright:
        advice = "The photo is nearly white: move out of the direct light and try again."
        return Problem("bright", severity, (), advice)
    values = grey.astype(np.float32)
    changes = np.abs(values - cv2.GaussianBlur(values, (0, 0), 1.5))
    fine = float(np.percentile(changes, ends[1]))
    if high - low < limits.flat or (fine < limits.soft and high - low < limits.contrast):
        advice = "Hardly anything can be seen in this photo: wipe the lens and come closer."
        return Problem("contrast", severity, (), advice)
    if fine < limits.soft:
        advice = "The whole photo is out of focus: tap on the plate so that the phone focuses on it."
        return Problem("defocus", severity, (), advice)
    return None


def _thinned(pixels: np.ndarray) -> np.ndarray:
    """Every k-th pixel of a large photo: averaging all of them takes longer than the rest of the screen."""
    rows, columns = pixels.shape[:2]
    step = max(1, min(rows, columns) // (4 * _SIDE))
    if step == 1:
        return pixels
    return cv2.resize(pixels, (columns // step, rows // step), interpolation=cv2.INTER_NEAREST)
