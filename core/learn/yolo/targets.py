"""Targets of the YOLO reader: which cell and anchor answers for which character (YOLOv2, CVPR 2017)."""

from __future__ import annotations

import numpy as np

from core.recognize.yolo import ANCHORS, CELL

SMALLEST = 3.0
"""Pixels of the strip below which a character has no box."""


def yolo_targets(
    extents: np.ndarray, classes: np.ndarray, cells: int = 30, anchors: tuple[float, ...] = ANCHORS
) -> np.ndarray:
    """One strip's characters as targets per cell and anchor.

    A character belongs to the cell that its centre lies in and, of that cell's anchors, to the free one whose
    width is nearest by intersection over union.

    Args:
        extents: ``(17, 2)``, start and end of each character, 0..1 along the strip.
        classes: ``(17,)`` indices into ``vin.ALPHABET``.
        cells: how many cells the strip has.
        anchors: widths, pixels of the strip.

    Returns:
        float32 ``(cells, anchors, 4)``: whether a character is there (0 or 1), the place of its centre inside
        the cell (0..1), ``ln(width / anchor)``, and its class. Characters outside the strip are left out.
    """
    targets = np.zeros((cells, len(anchors), 4), np.float32)
    spans = np.clip(extents, 0, 1) * cells * CELL
    for (start, end), label in zip(spans, classes, strict=True):
        width, centre = end - start, (start + end) / 2
        if width < SMALLEST:
            continue
        cell = min(int(centre // CELL), cells - 1)
        for anchor in np.argsort(-width_iou(width, np.array(anchors)), kind="stable"):
            if targets[cell, anchor, 0] == 0:
                place = centre / CELL - cell
                targets[cell, anchor] = 1, place, np.log(width / anchors[anchor]), label
                break
    return targets


def width_iou(width: float | np.ndarray, other: np.ndarray) -> np.ndarray:
    """Intersection over union of two centred intervals."""
    return np.minimum(width, other) / np.maximum(width, other)
