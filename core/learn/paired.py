"""Two sides on the same photos: only the photos on which one does well and the other not tell anything.

McNemar's exact test (1947) says whether chance would do that; intervals of the difference follow Agresti and
Min (2005), which stay honest where few photos, or none, differ.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Comparison:
    """Champion against candidate on a set of photos.

    Attributes:
        name: what is compared, or on which photos: ``all``, ``kind windshield``, ``maker XW8``,
            ``trouble glare``.
        count: photos.
        champion: photos on which it does well.
        candidate: likewise.
        gained: the candidate alone does well.
        lost: the champion alone does well.
        low: lower bound of the difference, one-sided 95 %, share of the photos.
        high: upper bound likewise.
        better: probability that chance alone favours the candidate so much (exact, one-sided).
        worse: that it favours the champion so much.
    """

    name: str
    count: int
    champion: int
    candidate: int
    gained: int
    lost: int
    low: float
    high: float
    better: float
    worse: float

    @property
    def difference(self) -> float:
        """Share of the photos by which the candidate is ahead."""
        return (self.gained - self.lost) / self.count if self.count else 0.0


def paired(name: str, outcomes: Sequence[tuple[bool, bool]]) -> Comparison:
    """Paired counts; what went well per photo, champion first."""
    gained = sum(not old and new for old, new in outcomes)
    lost = sum(old and not new for old, new in outcomes)
    low, high = _interval(gained, lost, len(outcomes))
    return Comparison(
        name, len(outcomes), sum(old for old, _ in outcomes), sum(new for _, new in outcomes), gained, lost,
        low, high, tail(gained, gained + lost), tail(lost, gained + lost),
    )  # fmt: skip


def tail(hits: int, count: int) -> float:
    """Probability of at least ``hits`` heads in ``count`` throws of a fair coin (exact McNemar)."""
    return sum(math.comb(count, k) for k in range(hits, count + 1)) / 2**count


def _interval(gained: int, lost: int, count: int, z: float = 1.645) -> tuple[float, float]:
    """One-sided 95 % bounds of the paired difference, half a photo added to each cell (Agresti, Min)."""
    plus, minus, total = gained + 0.5, lost + 0.5, count + 2
    middle = (plus - minus) / total
    spread = math.sqrt(max(0.0, plus + minus - (plus - minus) ** 2 / total)) / total
    return middle - z * spread, middle + z * spread
