"""Numbers that tell troubles apart, of each cell of a grid over a whole photo.

The cells' levels tell light, their colours mud, the strength of edges at three scales and in four directions
blur, motion and scratches. A network on pixels would have to find all that first.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

CELLS = 24
"""Cells along each side of the square that the photo is fitted into."""
SIDE = 16 * CELLS
"""Pixels of that square."""
FEATURES = 30
"""Numbers of each cell."""

TRANSPOSED = np.r_[0:6, 8, 9, 6, 7, 10:14, 15, 14, 16:20, 21, 20, 22:28, 29, 28]
"""Where each number of a photo comes from when rows and columns of the photo change places."""
MIRRORED = np.r_[0:10, 12, 13, 10, 11, 14:16, 17, 16, 18:30]
"""And when it is seen in a mirror: the two diagonals change places."""
UPWARDS, SIDEWARDS = 28, 29
"""Numbers that change their sign in a mirror below the photo, and in one beside it."""


def grid(pixels: np.ndarray) -> np.ndarray:
    """Of a photo, uint8 RGB ``(H, W, 3)``: float32 ``(FEATURES, 24, 24)``, roughly of size 1.

    What lies beside the photo is 0 in all of them.
    """
    square, inside = _fitted(pixels)
    grey = cv2.cvtColor(square, cv2.COLOR_RGB2GRAY).astype(np.float32)
    soft, softer, softest = (cv2.GaussianBlur(grey, (0, 0), sigma) for sigma in (1.0, 2.5, 6.0))
    fine, coarse = _edges(grey), _edges(soft)
    detail = np.abs(grey - soft), np.abs(soft - softer), np.abs(softer - softest)
    red, green, blue = (square[..., channel].astype(np.float32) for channel in range(3))
    light = red + green + blue + 30
    warm, leafy = 6 * (red - blue) / light, 6 * (2 * green - red - blue) / light
    mean = _mean(grey)
    up, left = _halves(grey)
    numbers = [
        mean / 128 - 1, _extreme(soft, np.min) / 128 - 1, _extreme(soft, np.max) / 128 - 1,
        _log(_spread(grey, mean)),
        _mean((grey > 250).astype(np.float32)), _mean((grey < 6).astype(np.float32)),
        *(_log(part) for edge in fine for part in (_mean(edge), _extreme(edge, np.max))),
        *(_log(_mean(edge)) for edge in coarse),
        _log(_mean(detail[0])), _log(_extreme(detail[0], np.max)),
        *(_mean((edge < 1).astype(np.float32)) for edge in fine[:2]),
        _log(_mean(detail[1])), _log(_mean(detail[2])),
        _mean(warm), _mean(leafy), _spread(warm, _mean(warm)), _spread(leafy, _mean(leafy)),
        up / 24, left / 24,
    ]  # fmt: skip
    return (np.stack(numbers) * inside).astype(np.float32)


def _fitted(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """In the middle of a square ``(384, 384, 3)``, and the cells that lie inside of it."""
    height, width = pixels.shape[:2]
    scale = SIDE / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    top, left = (SIDE - size[1]) // 2, (SIDE - size[0]) // 2
    below, right = SIDE - size[1] - top, SIDE - size[0] - left
    square = cv2.copyMakeBorder(small, top, below, left, right, cv2.BORDER_REPLICATE)
    centres = 16 * np.arange(CELLS) + 8
    rows = (centres >= top) & (centres < SIDE - below)
    columns = (centres >= left) & (centres < SIDE - right)
    return square, rows[:, None] & columns


def _edges(grey: np.ndarray) -> list[np.ndarray]:
    """Changes along a row, along a column, and along both diagonals, per pixel of way."""
    ahead = np.abs(np.diff(grey, axis=1, append=grey[:, -1:]))
    down = np.abs(np.diff(grey, axis=0, append=grey[-1:]))
    slant, back = np.zeros_like(grey), np.zeros_like(grey)
    slant[:-1, :-1] = np.abs(grey[1:, 1:] - grey[:-1, :-1]) / np.sqrt(2)
    back[:-1, :-1] = np.abs(grey[1:, :-1] - grey[:-1, 1:]) / np.sqrt(2)
    return [ahead, down, slant, back]


def _mean(values: np.ndarray) -> np.ndarray:
    return cv2.resize(values, (CELLS, CELLS), interpolation=cv2.INTER_AREA)


def _spread(values: np.ndarray, mean: np.ndarray) -> np.ndarray:
    return np.sqrt(np.maximum(_mean(np.square(values)) - np.square(mean), 0.0))


def _extreme(values: np.ndarray, of: Callable[..., np.ndarray]) -> np.ndarray:
    return of(values.reshape(CELLS, 16, CELLS, 16), axis=(1, 3))


def _halves(grey: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Upper half less lower half, left half less right half of each cell."""
    quarters = cv2.resize(grey, (2 * CELLS, 2 * CELLS), interpolation=cv2.INTER_AREA)
    upper, lower = quarters[0::2], quarters[1::2]
    return (
        (upper - lower).reshape(CELLS, CELLS, 2).mean(axis=2),
        (quarters[:, 0::2] - quarters[:, 1::2]).reshape(CELLS, 2, CELLS).mean(axis=1),
    )


def _log(values: np.ndarray) -> np.ndarray:
    return np.log(values + 1.0) - 1.0
