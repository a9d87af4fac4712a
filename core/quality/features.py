"""Numbers that tell troubles apart, of a whole line and of places along it.

Spectra along and across the line tell blur from motion and from too few pixels; levels and saturation tell
light; what stays the same along the line tells a cut end; edges of no letter's direction tell scratches; a
colour of its own tells mud and stickers from shadows.
"""

from __future__ import annotations

import cv2
import numpy as np

from core.quality.percentiles import percentiles, percentiles_of_counts
from core.recognize.strips import to_grey

COLUMNS = 40
"""Places along the strip."""
WHOLE, LOCAL = 156, 21
"""Numbers of the line, and of each place."""
_ROWS = slice(6, 42)
_PADDED = np.clip(np.arange(8 * (COLUMNS + 1)) - 4, 0, 8 * COLUMNS - 1)
_BLOCK = 256 * (np.arange(len(_PADDED)) // 8)


def features(picture: np.ndarray, pitch: float, height: float) -> tuple[np.ndarray, np.ndarray]:
    """Of one strip.

    Args:
        picture: uint8 RGB ``(48, 320, 3)``, margins included.
        pitch: photo pixels per character.
        height: photo pixels of the line's height.

    Returns:
        Float32 ``(WHOLE,)`` and ``(COLUMNS, LOCAL)``, roughly of size 1.
    """
    grey = to_grey(picture)
    values = grey.astype(np.float32)
    slopes = cv2.Sobel(values, cv2.CV_32F, 1, 0)[_ROWS], cv2.Sobel(values, cv2.CV_32F, 0, 1)[_ROWS]
    local = np.concatenate([_local(grey, values, *slopes), _colour(picture)], axis=1)
    sizes = np.log(np.maximum([pitch, height], 0.5) / [8, 14])
    counts = np.bincount(grey[_ROWS].ravel(), minlength=256)[None]
    levels = percentiles_of_counts(counts, (1, 5, 25, 50, 75, 95, 99))[:, 0]
    tone = [np.log((values > 250).mean() + 1e-3), np.log((values < 6).mean() + 1e-3)]
    spread = np.log(float(values[_ROWS].std()) + 1.0) - 2.5
    whole = np.concatenate(
        [
            [*sizes, sizes[0] - sizes[1], *tone, spread],
            levels / 128 - 1,
            _spectrum(values),
            _directions(*slopes),
            *percentiles(local.T, (5, 50, 95)),
            _ends(local),
        ]
    )
    return whole.astype(np.float32), local.astype(np.float32)


def _local(grey: np.ndarray, values: np.ndarray, dx: np.ndarray, dy: np.ndarray) -> np.ndarray:
    """Of windows of 16 columns, 8 apart."""
    text = values[_ROWS]
    along, across = np.abs(dx) / 8, np.abs(dy) / 8
    fine = np.abs(values - cv2.GaussianBlur(values, (0, 0), 1.0))[_ROWS]
    upper, lower, squares, dx, dy, sharp, *shares = _means(
        *(text[:18], text[18:], np.square(text), along, across, fine),
        *(text > 250, text < 8, along < 1, across < 1),
    )
    light = upper + lower
    spread = np.sqrt(np.maximum(squares - np.square(light), 0.0))
    most = _windowed(np.stack([part.max(axis=0) for part in (along, across, fine)]), np.maximum)
    low, middle, high = percentiles_of_counts(_counts(grey[_ROWS]), (5, 50, 95))
    logs = np.log(np.stack([spread, dx, dy, sharp, *most, high - low]) + 1.0)
    ratio = np.log((dx + 0.5) / (dy + 0.5))
    # Drops are darker above than below, or the other way round.
    fall = 2 * (lower - upper) / 24
    levels = np.stack([low, middle, high]) / 128 - 1
    return np.vstack([levels, logs, *shares, ratio, fall]).T


def _colour(picture: np.ndarray) -> np.ndarray:
    """Of the same windows: how warm and how green they are, and how much that differs within them."""
    red, green, blue = picture[_ROWS].astype(np.float32).transpose(2, 0, 1)
    light = red + green + blue + 30
    tints = 6 * (red - blue) / light, 6 * (2 * green - red - blue) / light
    warm, leafy, *squares = _means(*tints, *(np.square(tint) for tint in tints))
    spread = [
        3 * np.sqrt(np.maximum(square - mean**2, 0.0))
        for square, mean in zip(squares, (warm, leafy), strict=True)
    ]
    return np.stack([warm, leafy, *spread], axis=1)


def _means(*parts: np.ndarray) -> np.ndarray:
    """Means over the windows of each part, ``(parts, COLUMNS)``; parts ``(rows, 320)`` count as 36 rows."""
    columns = np.stack([part.sum(axis=0, dtype=np.float64) for part in parts])
    return _windowed(columns, np.add) / (16 * (_ROWS.stop - _ROWS.start))


def _windowed(columns: np.ndarray, joined: np.ufunc) -> np.ndarray:
    """Windows of 16 columns, 8 apart, reduced: ``(n, 320)`` to ``(n, COLUMNS)``; neighbours share a half."""
    halves = joined.reduce(columns[:, _PADDED].reshape(len(columns), COLUMNS + 1, 8), axis=2)
    return joined(halves[:, :-1], halves[:, 1:])


def _counts(text: np.ndarray) -> np.ndarray:
    """How often each grey level occurs in each window, ``(COLUMNS, 256)``; text uint8 ``(36, 320)``."""
    places = _BLOCK + text[:, _PADDED]
    halves = np.bincount(places.ravel(), minlength=256 * (COLUMNS + 1)).reshape(COLUMNS + 1, 256)
    return halves[:-1] + halves[1:]


def _spectrum(values: np.ndarray) -> np.ndarray:
    """Logarithm of the power: 24 bands along the line, for slow and fast changes across it, and 12 across."""
    picture = values - values.mean()
    picture = picture * np.hanning(values.shape[0])[:, None]
    power = np.log(np.abs(np.fft.rfft2(picture)) ** 2 + 1e3)
    fold = (power + power[np.r_[0, 47:0:-1]]) / 2
    edges = np.linspace(1, 161, 25).astype(int)
    rows = np.stack([fold[0:5].mean(axis=0), fold[5:14].mean(axis=0)])
    bands = np.add.reduceat(rows[:, : edges[-1]], edges[:-1], axis=1) / np.diff(edges)
    across = fold[:24, 1:80].mean(axis=1).reshape(12, 2).mean(axis=1)
    return (np.concatenate([bands.ravel(), across]) - 12) / 3


def _directions(dx: np.ndarray, dy: np.ndarray) -> np.ndarray:
    """How much of the gradient points into each of eight directions, and how strong it is."""
    strength = cv2.magnitude(dx, dy)
    angle = np.arctan2(dy, dx)
    angle[angle < 0] += np.float32(np.pi)
    eighths = (angle / np.pi * 8).astype(int) % 8
    shares = np.bincount(eighths.ravel(), strength.ravel(), 8) / (strength.sum() + 1.0)
    return np.array([*(6 * shares - 0.7), np.log(strength.mean() + 1) - 3])


def _ends(local: np.ndarray) -> np.ndarray:
    """Where the line stands still along its direction: levels and changes of the first and last places."""
    return np.array([*local[1:4, 13], *local[-4:-1, 13], *local[1:4, 4], *local[-4:-1, 4]][:11])
