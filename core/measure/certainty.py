"""Whether the probability of a reading holds, and what it costs to accept by it.

A reading without a VIN has no probability to judge; it is never accepted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.interval import wilson
from core.measure.cases import Cases

BINS = 10

SURE = 1e-6
"""Probabilities are kept this far from 0 and 1: a single sure mistake is not to outweigh everything."""

POINTS = 400
"""Most points of a curve that is drawn."""


@dataclass(frozen=True)
class Bin:
    """Readings of nearly the same probability.

    Attributes:
        said: mean probability, 0..1.
        count: readings.
        right: of them exactly right.
    """

    said: float
    count: int
    right: int

    @property
    def share(self) -> float:
        """Of right ones, 0..1."""
        return self.right / self.count

    @property
    def interval(self) -> tuple[float, float]:
        """95 % Wilson interval of the share."""
        return wilson(self.right, self.count)


@dataclass(frozen=True)
class Calibration:
    """How far the probability holds.

    Attributes:
        count: readings with a VIN.
        brier: mean squared error of the probability; lower is better. None without readings.
        nll: mean negative log-likelihood, natural logarithm; lower is better. None likewise.
        gap: mean distance of said and true over the bins (expected calibration error). None likewise.
        bins: readings in the order of their probability, in groups of nearly one size.
    """

    count: int
    brier: float | None
    nll: float | None
    gap: float | None
    bins: tuple[Bin, ...]


@dataclass(frozen=True)
class Operation:
    """What accepting by a threshold gives.

    Attributes:
        threshold: lowest probability that is accepted, 0..1.
        count: photos in all.
        accepted: photos accepted without anybody looking.
        wrong: of them not exactly right.
    """

    threshold: float
    count: int
    accepted: int
    wrong: int

    @property
    def coverage(self) -> float | None:
        """Share of photos accepted, 0..1; None without photos."""
        return self.accepted / self.count if self.count else None

    @property
    def risk(self) -> float | None:
        """Share of wrong ones among the accepted, 0..1; None where nothing is accepted."""
        return self.wrong / self.accepted if self.accepted else None

    @property
    def interval(self) -> tuple[float, float]:
        """95 % Wilson interval of the risk."""
        return wilson(self.wrong, self.accepted)


def calibration(cases: Cases, bins: int = BINS) -> Calibration:
    """Brier score, NLL and groups for a reliability diagram."""
    said, right = cases.confidence[cases.some], cases.right[cases.some]
    if not len(said):
        return Calibration(0, None, None, None, ())
    sure = np.clip(said, SURE, 1 - SURE)
    parts = [part for part in np.array_split(np.argsort(said, kind="stable"), bins) if len(part)]
    found = tuple(Bin(float(said[part].mean()), len(part), int(right[part].sum())) for part in parts)
    return Calibration(
        count=len(said),
        brier=float(np.mean((said - right) ** 2)),
        nll=float(-np.mean(np.where(right, np.log(sure), np.log(1 - sure)))),
        gap=sum(one.count * abs(one.said - one.share) for one in found) / len(said),
        bins=found,
    )


def operation(cases: Cases, threshold: float) -> Operation:
    """Accept every reading with this probability or more."""
    taken = cases.some & (cases.confidence >= threshold)
    return Operation(threshold, len(cases), int(taken.sum()), int((taken & ~cases.right).sum()))


def as_served(cases: Cases) -> Operation:
    """What the readings' own status accepted; the threshold is the lowest probability among them."""
    taken = cases.accepted & cases.some
    least = float(cases.confidence[taken].min()) if taken.any() else 1.0
    return Operation(least, len(cases), int(taken.sum()), int((taken & ~cases.right).sum()))


def risk_coverage(cases: Cases, points: int = POINTS) -> list[Operation]:
    """One operation per probability that occurs, the surest first, thinned evenly to ``points``."""
    said, wrong = cases.confidence[cases.some], ~cases.right[cases.some]
    order = np.argsort(-said, kind="stable")
    said, slips = said[order], np.cumsum(wrong[order])
    # A threshold takes all readings of one probability or none of them.
    ends = np.nonzero(np.append(said[1:] != said[:-1], True))[0] if len(said) else np.array([], int)
    if len(ends) > points:
        ends = ends[np.unique(np.linspace(0, len(ends) - 1, points).round().astype(int))]
    return [Operation(float(said[k]), len(cases), int(k) + 1, int(slips[k])) for k in ends]
