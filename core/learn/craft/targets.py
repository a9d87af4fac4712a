"""CRAFT's targets: Gaussians on characters and between neighbours, a soft band on the VIN.

Region and affinity follow Baek et al. (CVPR 2019), section 3.2: one isotropic Gaussian is warped into
every character box, and into the box between two neighbours that joins the centres of their upper and
lower triangles.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

import cv2
import numpy as np

from core.detect.fit import BAND
from core.geometry import Quad

_TILE = 32


def region_map(characters: Sequence[np.ndarray], shape: tuple[int, int]) -> np.ndarray:
    """Character centres.

    Args:
        characters: per row ``(n, 4, 2)`` corners in map pixels.
        shape: ``(rows, columns)`` of the map.

    Returns:
        float32 0..1.
    """
    out = np.zeros(shape, np.float32)
    for row in characters:
        for corners in row:
            _add(out, corners)
    return out


def affinity_map(characters: Sequence[np.ndarray], shape: tuple[int, int]) -> np.ndarray:
    """Gaps between neighbours of one row; arguments as for :func:`region_map`."""
    out = np.zeros(shape, np.float32)
    for row in characters:
        for left, right in pairwise(row):
            _add(out, affinity_box(left, right))
    return out


def affinity_box(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The quadrilateral between two characters, ``(4, 2)`` from two ``(4, 2)``."""
    corners = []
    for box, upper in ((left, True), (right, True), (right, False), (left, False)):
        centre = box.mean(axis=0)
        edge = box[:2] if upper else box[2:]
        corners.append((centre + edge.sum(axis=0)) / 3)
    return np.array(corners, np.float32)


def band_map(quad: Quad | None, shape: tuple[int, int]) -> np.ndarray:
    """The middle ``BAND`` of the VIN's height over its whole length, 1 inside, soft at the edges."""
    if quad is None:
        return np.zeros(shape, np.float32)
    corners = quad.widened(0.0, (BAND - 1) / 2).corners
    fine = 4
    large = np.zeros((shape[0] * fine, shape[1] * fine), np.uint8)
    cv2.fillPoly(large, [np.round(corners * fine).astype(np.int32)], 255)
    return cv2.resize(large, shape[::-1], interpolation=cv2.INTER_AREA).astype(np.float32) / 255


def evenly_spaced(quad: Quad, count: int = 17) -> np.ndarray:
    """Characters of a line about which only the length is known: equal shares, ``(count, 4, 2)``."""
    edges = np.linspace(0, 1, count + 1)
    return np.stack([quad.part(start, end).corners for start, end in pairwise(edges)])


@lru_cache(maxsize=1)
def _gaussian() -> np.ndarray:
    axis = (np.arange(_TILE) + 0.5) / _TILE * 2 - 1
    return np.exp(-(axis[:, None] ** 2 + axis[None] ** 2) / (2 * 0.4**2)).astype(np.float32)


def _add(out: np.ndarray, corners: np.ndarray) -> None:
    low = np.floor(corners.min(axis=0)).astype(int) - 1
    high = np.ceil(corners.max(axis=0)).astype(int) + 1
    low, high = np.maximum(low, 0), np.minimum(high, out.shape[::-1])
    width, height = high - low
    if width <= 0 or height <= 0:
        return
    tile = np.array([[0, 0], [_TILE, 0], [_TILE, _TILE], [0, _TILE]], np.float32)
    matrix = cv2.getPerspectiveTransform(tile, (corners - low).astype(np.float32))
    shift = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1.0]])
    matrix = np.linalg.inv(shift) @ matrix @ shift
    warped = cv2.warpPerspective(_gaussian(), matrix, (int(width), int(height)), flags=cv2.INTER_LINEAR)
    target = out[low[1] : high[1], low[0] : high[0]]
    np.maximum(target, warped, out=target)
