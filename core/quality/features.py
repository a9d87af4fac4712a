"""Numbers that tell troubles apart, of a whole line and of places along it.

Spectra along and across the line tell blur from motion and from too few pixels; levels and saturation tell
light; what stays the same along the line tells a cut end; edges of no letter's direction tell scratches; a
colour of its own tells mud and stickers from shadows.
"""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np

from core.quality.percentiles import percentiles
from core.recognize.strips import to_grey

COLUMNS = 40
"""Places along the strip."""
WHOLE, LOCAL = 156, 21
"""Numbers of the line, and of each place."""
_ROWS = slice(6, 42)


def features(picture: np.ndarray, pitch: float, height: float) -> tuple[np.ndarray, np.ndarray]:
    """Of one strip.

    Args:
        picture: uint8 RGB ``(48, 320, 3)``, margins included.
        pitch: photo pixels per character.
        height: photo pixels of the line's height.

    Returns:
        Float32 ``(WHOLE,)`` and ``(COLUMNS, LOCAL)``, roughly of size 1.
    """
    values = to_grey(picture).astype(np.float32)
    local = np.concatenate([_local(values), _colour(picture)], axis=1)
    sizes = np.log(np.maximum([pitch, height], 0.5) / [8, 14])
    levels = percentiles(values[_ROWS].reshape(1, -1), (1, 5, 25, 50, 75, 95, 99))[:, 0] / 128 - 1
    tone = [np.log((values > 250).mean() + 1e-3), np.log((values < 6).mean() + 1e-3)]
    spread = np.log(float(values[_ROWS].std()) + 1.0) - 2.5
    whole = np.concatenate(
        [
            [*sizes, sizes[0] - sizes[1], *tone, spread],
            levels,
            _spectrum(values),
            _directions(values),
            *percentiles(local.T, (5, 50, 95)),
            _ends(local),
        ]
    )
    return whole.astype(np.float32), local.astype(np.float32)


def _local(values: np.ndarray) -> np.ndarray:
    """Of windows of 16 columns, 8 apart."""
    text = values[_ROWS]
    along = np.abs(cv2.Sobel(values, cv2.CV_32F, 1, 0))[_ROWS] / 8
    across = np.abs(cv2.Sobel(values, cv2.CV_32F, 0, 1))[_ROWS] / 8
    fine = np.abs(values - cv2.GaussianBlur(values, (0, 0), 1.0))[_ROWS]
    levels, dx, dy, sharp = (_windows(part) for part in (text, along, across, fine))
    low, middle, high = percentiles(levels, (5, 50, 95))
    logs = [
        np.log(part + 1.0)
        for part in (
            levels.std(1), dx.mean(1), dy.mean(1), sharp.mean(1),
            dx.max(1), dy.max(1), sharp.max(1), high - low,
        )
    ]  # fmt: skip
    shares = [(levels > 250).mean(1), (levels < 8).mean(1), (dx < 1).mean(1), (dy < 1).mean(1)]
    ratio = [np.log((dx.mean(1) + 0.5) / (dy.mean(1) + 0.5))]
    halves = levels.reshape(COLUMNS, 2, -1).mean(axis=2)
    # Drops are darker above than below, or the other way round.
    fall = [(halves[:, 1] - halves[:, 0]) / 24]
    light = [low / 128 - 1, middle / 128 - 1, high / 128 - 1]
    return np.stack([*light, *logs, *shares, *ratio, *fall], axis=1)


def _colour(picture: np.ndarray) -> np.ndarray:
    """Of the same windows: how warm and how green they are, and how much that differs within them."""
    red, green, blue = np.moveaxis(picture[_ROWS].astype(np.float32), 2, 0)
    light = red + green + blue + 30
    warm, leafy = _windows(6 * (red - blue) / light), _windows(6 * (2 * green - red - blue) / light)
    return np.stack([warm.mean(1), leafy.mean(1), 3 * warm.std(1), 3 * leafy.std(1)], axis=1)


def _windows(part: np.ndarray) -> np.ndarray:
    """The rows ``(36, 320)`` as windows of 16 columns, 8 apart: ``(COLUMNS, 576)``, row by row."""
    padded = np.pad(part, ((0, 0), (4, 4)), mode="edge")
    seen = np.lib.stride_tricks.sliding_window_view(padded, 16, axis=1)[:, ::8][:, :COLUMNS]
    return seen.transpose(1, 0, 2).reshape(COLUMNS, -1)


def _spectrum(values: np.ndarray) -> np.ndarray:
    """Logarithm of the power: 24 bands along the line, for slow and fast changes across it, and 12 across."""
    picture = values - values.mean()
    picture = picture * np.hanning(values.shape[0])[:, None]
    power = np.abs(np.fft.rfft2(picture)) ** 2
    power = np.log(power + 1e3)
    fold = (power + power[np.r_[0, 47:0:-1]]) / 2
    columns = np.linspace(1, 161, 25).astype(int)
    bands = [
        fold[rows, start:end].mean()
        for rows in (slice(0, 5), slice(5, 14))
        for start, end in pairwise(columns)
    ]
    across = [fold[row : row + 2, 1:80].mean() for row in range(0, 24, 2)]
    return (np.array([*bands, *across]) - 12) / 3


def _directions(values: np.ndarray) -> np.ndarray:
    """How much of the gradient points into each of eight directions, and how strong it is."""
    dx, dy = cv2.Sobel(values, cv2.CV_32F, 1, 0)[_ROWS], cv2.Sobel(values, cv2.CV_32F, 0, 1)[_ROWS]
    strength = np.hypot(dx, dy)
    angle = (np.arctan2(dy, dx) % np.pi) / np.pi * 8
    shares = np.bincount(angle.astype(int).ravel() % 8, strength.ravel(), 8) / (strength.sum() + 1.0)
    return np.array([*(6 * shares - 0.7), np.log(strength.mean() + 1) - 3])


def _ends(local: np.ndarray) -> np.ndarray:
    """Where the line stands still along its direction: levels and changes of the first and last places."""
    return np.array([*local[1:4, 13], *local[-4:-1, 13], *local[1:4, 4], *local[-4:-1, 4]][:11])
