"""Whether a picture was enlarged: then it is soft because pixels are missing, not because the lens was off.

How much an enlarged picture bends from pixel to pixel rises and falls with the distance of the original ones.
That rhythm is a line in the spectrum of its second differences (Gallagher, *Detection of linear and cubic
interpolation in JPEG compressed images*, 2005); a lens leaves none. Shrinking leaves it too, but shrunk
pictures have noise as fine as their pixels, and enlarged ones have nothing that fine.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from core.quality.kinds import sentence
from core.records import Photo, Problem

RHYTHM = 6.0
"""How far the line stands out of the spectrum's median, in both directions, from which on a picture was
enlarged: of drawn ones 87 in 100 that were reach it, and of 1,716 photos none does."""
FINE = 0.04
"""Power of what is as fine as the pixels, of that of coarser things, up to which a picture may have been
enlarged: 95 % of those that were, 5 % of those that were shrunk."""
SLOWEST = 0.12
"""Periods per pixel above which it is looked for: eightfold enlarging and more leaves nothing to read."""
BLOCK = 8
"""Pixels of JPEG's blocks, whose own rhythm does not count."""
SHORTEST, LONGEST = 64, 1024
"""Pixels of a side: of fewer there is no spectrum, more are not needed."""
_SMOOTH = 15


def pixels_missing(problems: Sequence[Problem], photo: Photo) -> tuple[Problem, ...]:
    """The same problems; a picture that was enlarged is not out of focus but too small.

    Args:
        problems: worst first.
        photo: in which they are.
    """
    found = tuple(problems)
    if not found or found[0].kind != "defocus" or not enlarged(photo.pixels):
        return found
    first = found[0]
    small = Problem("small", first.severity, first.slots, sentence("small", first.slots))
    return (small, *(one for one in found[1:] if one.kind != "small"))


def enlarged(pixels: np.ndarray) -> bool:
    """Whether a picture, uint8 RGB ``(h, w, 3)``, was enlarged."""
    return rhythm(pixels) >= RHYTHM and fineness(pixels) <= FINE


def fineness(pixels: np.ndarray) -> float:
    """Power of what is nearly as fine as the pixels over that of what is three to five times as coarse.

    Args:
        pixels: uint8 RGB, at least 64 pixels in each direction.

    Returns:
        0 and more, in the direction in which it is larger.
    """
    values = _middle(pixels)
    return max(_fine(values), _fine(values.T))


def rhythm(pixels: np.ndarray) -> float:
    """How clearly a picture shows that it was scaled.

    Args:
        pixels: uint8 RGB ``(h, w, 3)``.

    Returns:
        The strongest line of the second differences' spectrum over its median, in the direction in which it
        is weaker; 1 and more, about 3 where nothing was done, 0 for pictures of less than 64 pixels.
    """
    if min(pixels.shape[:2]) < SHORTEST:
        return 0.0
    values = _middle(pixels)
    return min(_line(values), _line(values.T))


def _middle(pixels: np.ndarray) -> np.ndarray:
    """Grey levels of its middle, float32."""
    height, width = (min(side, LONGEST) for side in pixels.shape[:2])
    top, left = (pixels.shape[0] - height) // 2, (pixels.shape[1] - width) // 2
    grey = cv2.cvtColor(
        np.ascontiguousarray(pixels[top : top + height, left : left + width]), cv2.COLOR_RGB2GRAY
    )
    return grey.astype(np.float32)


def _fine(values: np.ndarray) -> float:
    count = values.shape[1]
    level = values - values.mean(axis=1, keepdims=True)
    power = (np.abs(np.fft.rfft(level * np.hanning(count), axis=1)) ** 2).mean(axis=0)
    places = np.fft.rfftfreq(count)
    coarse = float(power[(places > 0.08) & (places < 0.2)].mean())
    return float(power[places > 0.42].mean()) / max(coarse, 1e-6)


def _line(values: np.ndarray) -> float:
    bends = np.abs(values[:, :-2] - 2 * values[:, 1:-1] + values[:, 2:])
    # The logarithm keeps a few sharp edges from drowning everything else.
    course = np.log1p(bends).mean(axis=0)
    course = course - cv2.blur(course[None], (_SMOOTH, 1))[0]
    count = len(course)
    power = np.abs(np.fft.rfft(course * np.hanning(count)))
    places = np.fft.rfftfreq(count)
    blocks = np.abs(places - np.round(places * BLOCK) / BLOCK) <= 2.5 / count  # a line is that wide here
    heard = power[(places > SLOWEST) & ~blocks]
    return float(heard.max() / max(float(np.median(heard)), 1e-6))
