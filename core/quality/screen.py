"""Photos that nobody can read are turned away before any network runs."""

from __future__ import annotations

import cv2
import numpy as np

from core.records import Photo, Problem

DARKEST = 12.0
"""Grey level that the brightest percent of a photo must exceed."""
BRIGHTEST = 243.0
"""Grey level that the darkest percent of a photo must stay below."""
FLATTEST = 6.0
"""Least difference between the brightest and the darkest percent, grey levels."""


def screen(photo: Photo) -> Problem | None:
    """What makes the whole photo hopeless, or None.

    Only blank pictures are refused here: black, white, or one even shade. All else is worth reading.
    """
    small = cv2.resize(photo.pixels, (96, 96), interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    low, high = (float(value) for value in np.percentile(grey, (1, 99)))
    if high < DARKEST:
        return Problem("dark", 1.0, (), "The photo is black: switch on the light or the flash.")
    if low > BRIGHTEST:
        return Problem("bright", 1.0, (), "The photo is white: move out of the direct light and try again.")
    if high - low < FLATTEST:
        return Problem(
            "contrast", 1.0, (), "Nothing can be seen in this photo: wipe the lens and come closer."
        )
    return None
