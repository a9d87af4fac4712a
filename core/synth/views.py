"""Several photos of one drawn plate: another place and tilt, another trouble, another lens each time."""

from __future__ import annotations

import cv2
import numpy as np

from core.geometry import Quad, at_centres, project
from core.images import encode_jpeg
from core.synth.capture import CaptureConfig, shoot
from core.synth.strips import MARGIN, StripConfig, jittered, synthetic_strip
from core.synth.troubles import KINDS, trouble

LENS = CaptureConfig()
CLEAN = CaptureConfig(blur=0.0, motion=0.0, noise=0.0, sharpen=0.0, jpeg=0.0, glare=0.0, lowcontrast=0.0)
STRIPS = StripConfig(640, 96, smallest=12, largest=22, jitter=0.0, bent=0.0, capture=CLEAN)
"""Plates are drawn large and clean; what happens to them happens to each view."""


def drawn_plate(rng: np.random.Generator, config: StripConfig = STRIPS) -> tuple[str, np.ndarray, np.ndarray]:
    """VIN, unspoilt picture (uint8 RGB) and the corners of its characters, ``(17, 4, 2)`` pixels.

    Args:
        rng: draws all of it.
        config: how plates are drawn; of the same size as :data:`STRIPS`.
    """
    strip = synthetic_strip(rng, config)
    left, right = STRIPS.width * strip.extents.T
    top = STRIPS.height * MARGIN / (1 + 2 * MARGIN)
    bottom = STRIPS.height - top
    sides = [(left, top), (right, top), (right, bottom), (left, bottom)]
    corners = np.stack([np.stack(np.broadcast_arrays(x, y), axis=1) for x, y in sides], axis=1)
    return strip.text, np.repeat(strip.pixels[..., None], 3, axis=2), corners.astype(np.float32)


def line_of(corners: np.ndarray) -> Quad:
    """Around all characters ``(17, 4, 2)``, with a little room."""
    whole = Quad(np.array([corners[0, 0], corners[-1, 1], corners[-1, 2], corners[0, 3]]))
    return whole.widened(0.02, 0.08)


def photographed(
    pixels: np.ndarray,
    corners: np.ndarray,
    rng: np.random.Generator,
    severity: tuple[float, float],
    lens: CaptureConfig = LENS,
) -> tuple[bytes, np.ndarray]:
    """One photo of a plate: where the phone was, what went wrong, and its lens.

    Args:
        pixels: the undamaged picture, uint8 RGB.
        corners: of the VIN's characters, ``(17, 4, 2)``, pixels.
        rng: draws all of it.
        severity: bounds of the trouble's severity, 0..1.
        lens: what the camera adds to that.

    Returns:
        The file, and where the characters' corners are on it.
    """
    rows, columns = pixels.shape[:2]
    frame = np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], np.float32)
    matrix = cv2.getPerspectiveTransform(frame, frame + rng.normal(0, 0.03 * rows, (4, 2)).astype(np.float32))
    moved = cv2.warpPerspective(
        pixels,
        *(at_centres(matrix), (columns, rows)),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    places = project(matrix, corners.reshape(-1, 2)).reshape(-1, 4, 2).astype(np.float32)
    kind = str(rng.choice(list(KINDS)))
    spoilt, _ = trouble(kind, moved, places, rng.uniform(*severity), rng)
    pitch = float(np.linalg.norm(places[-1, 0] - places[0, 0]) / 16)
    return encode_jpeg(shoot(spoilt.astype(np.float32), rng, lens, pitch), 92), places


def view(
    pixels: np.ndarray,
    corners: np.ndarray,
    rng: np.random.Generator,
    severity: tuple[float, float],
    lens: CaptureConfig = LENS,
) -> tuple[bytes, Quad]:
    """A photo, see :func:`photographed`, and the VIN's line as a detector might have found it."""
    data, places = photographed(pixels, corners, rng, severity, lens)
    return data, jittered(line_of(places), rng, 0.7)
