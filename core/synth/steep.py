"""A steep angle: the photo taken from the side, so that the plate is foreshortened and its far end is small.

It moves the characters, which no trouble of :mod:`core.synth.troubles` does.
"""

from __future__ import annotations

import cv2
import numpy as np

from core.geometry import at_centres, project

STEEPEST = np.deg2rad(84)
"""Angle between the view and the plate's normal at severity 1."""
DISTANCE = 2.2
"""Of the camera, in lengths of the line."""
FINER = 3
"""Samples per pixel and direction that are averaged."""


def steep(
    pixels: np.ndarray, corners: np.ndarray, severity: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """See a picture from the side.

    Args:
        pixels: uint8 ``(H, W)`` or ``(H, W, 3)``.
        corners: ``(n, 4, 2)`` of the line's characters, pixels.
        severity: 0 changes nothing, 1 looks along the plate.
        rng: draws from which side: left, right, above or below, or in between.

    Returns:
        Pixels of the same shape, and the characters' corners in them.
    """
    centres = corners.mean(axis=1)
    middle, length = centres.mean(axis=0), float(np.linalg.norm(centres[-1] - centres[0])) or 1.0
    side = rng.uniform(0, 2 * np.pi)
    angle = severity * STEEPEST
    # Turned about an axis in the plate, through the line's middle, and seen from a distance.
    turn = np.array([[np.cos(side), -np.sin(side)], [np.sin(side), np.cos(side)]])
    tilt = np.array([[np.cos(angle), 0, 0], [0, 1, 0], [np.sin(angle) / (DISTANCE * length), 0, 1]])
    around = np.eye(3)
    around[:2, :2] = turn
    there = np.eye(3)
    there[:2, 2] = -middle
    matrix = np.linalg.inv(there) @ around @ tilt @ around.T @ there
    if severity == 0:
        return pixels.copy(), corners.copy()
    return _seen(pixels, at_centres(matrix)), project(matrix, corners.reshape(-1, 2)).reshape(corners.shape)


def _seen(pixels: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """The picture through a homography of pixel centres, before a ground without detail.

    What lies behind the camera must not come back mirrored beyond the horizon, and what is squeezed is
    averaged as a lens does: taken point by point it turns to noise.
    """
    height, width = pixels.shape[:2]
    finer = at_centres(np.diag([FINER, FINER, 1.0])) @ matrix
    size = FINER * width, FINER * height
    shown = cv2.warpPerspective(pixels, finer, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    cover = cv2.warpPerspective(np.ones((height, width), np.float32), finer, size, flags=cv2.INTER_LINEAR)
    x, y = np.arange(size[0]), np.arange(size[1])[:, None]
    back = np.linalg.inv(finer)[2]
    cover *= back[0] * x + back[1] * y + back[2] > 0
    weight = cover if pixels.ndim == 2 else cover[..., None]
    over = cv2.resize(shown * weight, (width, height), interpolation=cv2.INTER_AREA)
    share = cv2.resize(cover, (width, height), interpolation=cv2.INTER_AREA)
    share = share if over.ndim == 2 else share[..., None]
    ground = cv2.GaussianBlur(pixels, (0, 0), max(height, width) / 10).astype(np.float32)
    return np.clip(np.round(over + (1 - share) * ground), 0, 255).astype(np.uint8)
