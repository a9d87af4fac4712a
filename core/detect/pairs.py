"""VINs on two rows or in two strings: two short lines that together are as long as a VIN."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from core.geometry import Quad
from core.records import Line

LONGEST = 8.0
"""Length over height from which on a line is likelier a whole VIN than a part of one."""
WHOLE = (6.0, 16.0)
"""Length over height of both parts together."""
TURNED = np.deg2rad(8)
"""Most by which the parts' directions differ."""


def pairs(lines: Sequence[Line], most: int = 1) -> list[Line]:
    """Candidates of two parts, best first.

    Args:
        lines: of one part each.
        most: pairs at most; reading each costs time.

    Returns:
        Lines whose parts are in reading order: the upper row, or the left string, first.
    """
    found = []
    for one, other in combinations([line for line in lines if _short(line.parts[0])], 2):
        ordered = _ordered(one.parts[0], other.parts[0])
        if ordered is not None:
            found.append(Line(ordered, min(_belief(one), _belief(other))))
    return sorted(found, key=lambda line: line.score, reverse=True)[:most]


def _short(quad: Quad) -> bool:
    return quad.length < LONGEST * quad.height


def _belief(line: Line) -> float:
    """Score of the map itself: that a part is shorter than a VIN does not speak against it."""
    quad = line.parts[0]
    return line.score / min(1.0, quad.length / (6 * quad.height))


def _ordered(first: Quad, second: Quad) -> tuple[Quad, Quad] | None:
    """Both in reading order; None where they do not belong together."""
    tall = (first.height + second.height) / 2
    whole = (first.length + second.length) / tall
    apart = (first.angle - second.angle + np.pi) % (2 * np.pi) - np.pi
    if (
        abs(apart) > TURNED
        or not 0.7 < first.height / second.height < 1.4
        or not WHOLE[0] <= whole <= WHOLE[1]
    ):
        return None
    # Where the second lies in the first one's own frame, in heights and in lengths.
    along, across = first.to_frame(second.centre[None])[0] - 0.5
    gap = abs(along) * first.length - (first.length + second.length) / 2
    if 0.8 < abs(across) < 2.5 and gap < -0.5 * min(first.length, second.length):
        return (first, second) if across > 0 else (second, first)
    if abs(across) < 0.4 and tall <= gap <= 6 * tall:
        return (first, second) if along > 0 else (second, first)
    return None
