"""Heat maps to lines: where a VIN may stand, at most a few candidates, best first."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from core.detect.fit import around, fit_quad
from core.detect.pairs import pairs
from core.geometry import Quad
from core.records import HeatMaps, Line


@dataclass(frozen=True)
class LineConfig:
    """How maps become lines.

    Attributes:
        threshold: of the *VIN text* map, 0..1.
        most: candidates at most.
        shortest: smallest length over height of a line.
        smallest: least area of a band in map pixels.
        least: candidates score at least this share of the best one; reading each costs time.
    """

    threshold: float = 0.55
    most: int = 3
    shortest: float = 3.0
    smallest: int = 24
    least: float = 0.5


def find_lines(maps: HeatMaps, config: LineConfig, region: Quad | None = None) -> list[Line]:
    """Candidates for the VIN's line, best first.

    Args:
        maps: of the detector.
        config: thresholds.
        region: where a person or a label said the VIN is, photo pixels; what lies outside is ignored.

    Returns:
        Lines in photo pixels, each reading to the right or, where steep, downwards; behind them at most one
        of two parts (:mod:`core.detect.pairs`).
    """
    text = maps.vin if region is None else maps.vin * _inside(region, maps)
    bands = _bands(text, config)
    bands = _joined(bands)
    lines = []
    for points in bands:
        quad = fit_quad(text, points, config.threshold)
        if quad.length < config.shortest * quad.height:
            continue
        score = _score(text, points, quad)
        lines.append(Line((quad.scaled(1 / maps.scale),), score))
    lines.sort(key=lambda line: line.score, reverse=True)
    worth = [line for line in lines if line.score >= config.least * lines[0].score]
    return worth[: config.most] + pairs(lines)


def _bands(text: np.ndarray, config: LineConfig) -> list[np.ndarray]:
    """Points ``(n, 2)`` (x, y) of each connected band."""
    mask = (text > config.threshold).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    order = np.argsort(-stats[1:, cv2.CC_STAT_AREA])[:12] + 1
    bands = []
    for label in order:
        if label >= count or stats[label, cv2.CC_STAT_AREA] < config.smallest:
            continue
        rows, columns = np.nonzero(labels == label)
        bands.append(np.stack([columns, rows], axis=1).astype(np.float32))
    return bands


def _joined(bands: list[np.ndarray]) -> list[np.ndarray]:
    """Pieces of one line that glare or dirt has torn apart, put together again."""
    bands = list(bands)
    index = 0
    while index < len(bands):
        for other in range(index + 1, len(bands)):
            if _continues(bands[index], bands[other]):
                bands[index] = np.vstack([bands[index], bands.pop(other)])
                index = -1
                break
        index += 1
    return bands


def _continues(first: np.ndarray, second: np.ndarray) -> bool:
    longer, shorter = (first, second) if len(first) >= len(second) else (second, first)
    quad = around(longer)
    if quad.length < 2 * quad.height:
        return False
    frame = quad.to_frame(shorter + 0.5)
    gap = max(-frame[:, 0].max(), frame[:, 0].min() - 1) * quad.length
    centre = frame[:, 1].mean()
    return gap < 1.0 * quad.height and 0.2 < centre < 0.8


def _score(text: np.ndarray, points: np.ndarray, quad: Quad) -> float:
    rows, columns = points[:, 1].astype(int), points[:, 0].astype(int)
    mean = float(text[rows, columns].mean())
    # A VIN has 17 characters: what is much shorter than 6 heights is hardly one.
    return mean * min(1.0, quad.length / (6 * quad.height))


def _inside(region: Quad, maps: HeatMaps) -> np.ndarray:
    mask = np.zeros(maps.vin.shape, np.uint8)
    corners = region.widened(0.03, 0.12).scaled(maps.scale).corners
    cv2.fillPoly(mask, [np.round(corners).astype(np.int32)], 1)
    return mask.astype(np.float32)
