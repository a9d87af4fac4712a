"""Words of about 17 characters in all the text, for where the *VIN text* map shows half a VIN or another row.

CRAFT's own two maps see every row of a label, and its gaps: characters are peaks of the *region* map,
*affinity* joins them to words (Baek et al., CVPR 2019). A VIN is a word, or a few, of 17 characters at one
pitch.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

from core.detect.fit import fit_quad
from core.geometry import Quad, resample
from core.records import HeatMaps, Line
from core.vin import LENGTH

LEVEL = 0.325
"""Of region and affinity; a character's Gaussian is above it over 0.6 of its height, as a VIN's band is."""
FEWEST, MOST = 14, 21
"""Characters that are worth reading as 17: small ones run together, or are counted twice."""
SHORTEST = 5.0
"""Least length over height of a row that holds 17 characters."""
GAP = 1.55
"""Distance of two neighbours over the usual one from which on a new word begins."""
_COLUMNS = 10
"""Samples per height along a row."""
_TALLER = 1.5
"""Height of a row over what is found: half of its columns are affinity, which is thinner."""
_DEEPEST = 0.92
"""Valley between two peaks over the lower one: what is higher is one peak."""


@dataclass(frozen=True)
class _Row:
    """A row of text.

    Attributes:
        quad: map pixels.
        peaks: places of its characters, 0..1 along the quad.
        vin: mean of the *VIN text* map at each peak.
    """

    quad: Quad
    peaks: np.ndarray
    vin: np.ndarray


def find_words(maps: HeatMaps, most: int = 3) -> list[Line]:
    """Stretches of about 17 characters, the likeliest first.

    Args:
        maps: of the detector.
        most: lines at most; reading each costs time.

    Returns:
        Lines in photo pixels, each reading to the right or, where steep, downwards.
    """
    found = []
    for row in _rows(maps):
        for first, last in _stretches(row.peaks):
            quad = _cut(row, first, last)
            if quad.length < SHORTEST * quad.height:
                continue
            misses = abs(last - first - LENGTH) / LENGTH
            belief = 0.35 + 0.65 * float(row.vin[first:last].mean())
            found.append(Line((quad.scaled(1 / maps.scale),), belief * (1 - misses)))
    found.sort(key=lambda line: line.score, reverse=True)
    return found[:most]


def places_of_characters(maps: HeatMaps, quad: Quad) -> np.ndarray:
    """Where the detector sees characters along a line, 0..1 along ``quad`` (photo pixels), in order."""
    return _row(maps, quad.scaled(maps.scale)).peaks


def _rows(maps: HeatMaps) -> list[_Row]:
    text = np.maximum(maps.region, maps.affinity)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        (text > LEVEL).astype(np.uint8), connectivity=8
    )
    rows = []
    for label in range(1, count):
        left, top, width, height, area = stats[label]
        # Seventeen characters need more pixels than this, whatever their direction.
        if area < 2 * LENGTH or max(width, height) < 2 * LENGTH:
            continue
        window = slice(top, top + height), slice(left, left + width)
        y, x = np.nonzero(labels[window] == label)
        points = np.stack([x + left, y + top], axis=1).astype(np.float32)
        quad = fit_quad(text, points, LEVEL).widened(0, (_TALLER - 1) / 2)
        if quad.length >= SHORTEST * quad.height:
            rows.append(_row(maps, quad))
    return rows


def _row(maps: HeatMaps, quad: Quad) -> _Row:
    middle = Quad.from_line(
        (float(quad.centre[0]), float(quad.centre[1])), quad.length, 0.4 * quad.height, quad.angle
    )
    wide = max(LENGTH, round(_COLUMNS * quad.length / quad.height))
    profile, vin = (resample(part, middle, wide, 4).mean(axis=0) for part in (maps.region, maps.vin))
    peaks = _peaks(profile)
    return _Row(quad, (peaks + 0.5) / wide, vin[peaks])


def _peaks(profile: np.ndarray) -> np.ndarray:
    """Local maxima that are parted by valleys."""
    inner = profile[1:-1]
    tops = np.nonzero((inner >= profile[:-2]) & (inner > profile[2:]) & (inner > LEVEL / 2))[0] + 1
    kept: list[int] = []
    for top in tops.tolist():
        while kept:
            valley = profile[kept[-1] : top + 1].min()
            if valley < _DEEPEST * min(profile[kept[-1]], profile[top]):
                break
            if profile[top] <= profile[kept[-1]]:
                top = -1
                break
            kept.pop()
        if top >= 0:
            kept.append(top)
    return np.array(kept, int)


def _stretches(peaks: np.ndarray) -> list[tuple[int, int]]:
    """First and behind-the-last peak of what may be a VIN: a word, a few, an end of a long one."""
    if len(peaks) < FEWEST:
        return []
    gaps = np.diff(peaks)
    breaks = np.nonzero(gaps > GAP * np.median(gaps))[0] + 1
    edges = [0, *breaks.tolist(), len(peaks)]
    found = {
        (first, last)
        for index, first in enumerate(edges)
        for last in edges[index + 1 :]
        if FEWEST <= last - first <= MOST
    }
    # "VIN:" may run into the number, and so may what stands behind it.
    for first, last in pairwise(edges):
        if MOST < last - first <= MOST + 8:
            found |= {(first, first + LENGTH), (last - LENGTH, last)}
    return sorted(found)


def _cut(row: _Row, first: int, last: int) -> Quad:
    """The row from one peak to another, half a character beyond both."""
    start, end = row.peaks[first], row.peaks[last - 1]
    half = (end - start) / (last - first - 1) / 2
    top_left, top_right, bottom_right, bottom_left = row.quad.to_photo(
        np.array([[start - half, 0], [end + half, 0], [end + half, 1], [start - half, 1]])
    )
    return Quad(np.array([top_left, top_right, bottom_right, bottom_left]))
