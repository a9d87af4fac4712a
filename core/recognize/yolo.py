"""The YOLO reader: a strip of 960 x 32 in, boxes with classes, 17 slots of posteriors out.

Boxes are decoded as in YOLOv2 (Redmon and Farhadi, CVPR 2017) along one axis; a sum over all chains of
17 boxes makes slots of them. Plain non-maximum suppression is the baseline beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.recognize.chain import best_chain, sum_chains
from core.recognize.strips import MARGIN, margin_share, to_grey, to_input
from core.records import SlotPosteriors, Strip
from core.registry import Network
from core.vin import ALPHABET, LENGTH

CELL = 32
"""Columns of the strip per cell."""
ANCHORS = (22.0, 28.7, 33.1, 36.9, 40.5, 43.7, 48.7, 57.9)
"""Widths of characters in the strip, pixels: k-means with 1 - IoU (`core/learn/yolo/anchors.py`)."""
LEAST = 0.004
"""Objectness below which a box is dropped."""
MOST = 72
"""Boxes kept of one strip, the likeliest: a picture of noise must not cost more time than a VIN."""


@dataclass(frozen=True, eq=False)
class Boxes:
    """What the detector sees on one strip.

    Attributes:
        centres: ``(n,)`` pixels of the strip.
        widths: ``(n,)`` pixels.
        objectness: ``(n,)`` probability of being a character, 0..1.
        classes: ``(n, 33)`` probabilities, rows sum to 1.
    """

    centres: np.ndarray
    widths: np.ndarray
    objectness: np.ndarray
    classes: np.ndarray


@dataclass(frozen=True)
class YoloReader:
    """Reads strips with the champion YOLO network.

    Attributes:
        network: grey strips ``(n, 1, 32, 960)`` in -1..1 to raw boxes ``(n, 30, 8, 36)``.
    """

    network: Network

    def read(self, strips: Sequence[Strip]) -> list[SlotPosteriors]:
        """17 slots for each strip."""
        if not strips:
            return []
        height, width = self.network.card.input_size
        pictures = [to_grey(strip.render(width, height, MARGIN)) for strip in strips]
        raw = self.network.run(to_input(pictures))[0]
        return decode(raw, [margin_share(strip) for strip in strips])


def decode(raw: np.ndarray, margins: Sequence[float] | None = None) -> list[SlotPosteriors]:
    """Raw output to slots.

    Args:
        raw: ``(n, cells, anchors, 36)``: tx, tw, to and class logits.
        margins: per strip, the share of its width that is margin on either side; extents are told without it.
    """
    width = raw.shape[1] * CELL
    out = []
    for index, one in enumerate(raw):
        boxes = boxes_of(one)
        margin = margins[index] if margins is not None else 0.0
        out.append(_slots(boxes, width, margin))
    return out


def boxes_of(raw: np.ndarray, least: float = LEAST) -> Boxes:
    """YOLOv2's equations along one axis, for the boxes that may be a character.

    ``centre = 32 (cell + sigmoid(tx))``, ``width = anchor exp(tw)``, ``objectness = sigmoid(to)``.

    Args:
        raw: ``(cells, anchors, 36)``.
        least: objectness below which a box is dropped.
    """
    raw = raw.astype(np.float64)
    objectness = _sigmoid(raw[..., 2])
    if objectness.size > MOST:
        least = max(least, float(np.partition(objectness.ravel(), -MOST)[-MOST]))
    cells, anchors = np.nonzero(objectness >= least)
    raw, objectness = raw[cells, anchors], objectness[cells, anchors]
    logits = raw[:, 3:]
    classes = np.exp(logits - logits.max(axis=1, keepdims=True))
    return Boxes(
        centres=CELL * (cells + _sigmoid(raw[:, 0])),
        widths=np.array(ANCHORS)[anchors] * np.exp(np.clip(raw[:, 1], -3, 3)),
        objectness=objectness,
        classes=classes / classes.sum(axis=1, keepdims=True),
    )


def suppress(boxes: Boxes, objectness: float = 0.4, overlap: float = 0.45) -> np.ndarray:
    """Plain 1-D non-maximum suppression: indices of the boxes kept, from left to right.

    Args:
        boxes: of one strip.
        objectness: least that counts.
        overlap: intersection over union from which the weaker of two boxes goes.
    """
    kept: list[int] = []
    clash = _iou(boxes) >= overlap
    for index in np.argsort(-boxes.objectness, kind="stable").tolist():
        if boxes.objectness[index] < objectness:
            break
        if not clash[index, kept].any():
            kept.append(index)
    return np.array(sorted(kept, key=lambda index: boxes.centres[index]), dtype=int)


def _slots(boxes: Boxes, width: int, margin: float) -> SlotPosteriors:
    text = "".join(ALPHABET[boxes.classes[index].argmax()] for index in suppress(boxes))
    odds = boxes.objectness / np.maximum(1 - boxes.objectness, 1e-6)
    chain = sum_chains(boxes.centres, boxes.widths, odds)
    best = best_chain(boxes.centres, boxes.widths, odds)
    if best is None:
        # Fewer than 17 boxes: nothing is known of any slot.
        edges = np.linspace(0, 1, LENGTH + 1)
        even = np.full((LENGTH, len(ALPHABET)), 1 / len(ALPHABET), np.float32)
        places = np.stack([edges[:-1], edges[1:]], axis=1).astype(np.float32)
        return SlotPosteriors(even, places, chain.log_share, text)
    probabilities = np.maximum(chain.slots @ boxes.classes, 1e-12)
    sides = np.array([-0.5, 0.5]) * boxes.widths[best, None]
    beyond = margin / (1 - 2 * margin)
    extents = ((boxes.centres[best, None] + sides) / width - margin) / (1 - 2 * margin)
    return SlotPosteriors(
        probabilities=(probabilities / probabilities.sum(axis=1, keepdims=True)).astype(np.float32),
        # A line that begins late cuts its first character, whose box reaches into the margin.
        extents=np.clip(extents, -beyond, 1 + beyond).astype(np.float32),
        log_likelihood=chain.log_share,
        text=text,
    )


def _iou(boxes: Boxes) -> np.ndarray:
    """Intersection over union of each with each, ``(n, n)``."""
    distance = np.abs(boxes.centres[:, None] - boxes.centres)
    both = boxes.widths[:, None] + boxes.widths
    shared = np.clip(
        np.minimum(np.minimum(boxes.widths[:, None], boxes.widths), both / 2 - distance), 0, None
    )
    return shared / (both - shared)


def _sigmoid(logits: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(logits, -40, 40)))
