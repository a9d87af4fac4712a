"""Does a probability of 90 % mean nine of ten right? Scores and groups of the whole-VIN probability.

Calibration is judged on photos that it was not fitted on: the photos are dealt into folds by VIN, and each
fold gets its probabilities from a calibration fitted on the others.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.learn.calibrate import calibrate, outcome
from core.learn.crops import LabelledPhoto
from core.learn.evaluate import Proportion
from core.records import Reading
from core.verdict import confidence

FOLDS = 5
BINS = 8
_SURE = 1e-6
"""Probabilities are kept this far from 0 and 1: a single sure mistake is not to outweigh everything."""

Pair = tuple[LabelledPhoto, Reading]


@dataclass(frozen=True, eq=False)
class Forecasts:
    """Probabilities and what came true.

    Attributes:
        probabilities: float64 ``(n,)``, 0..1.
        right: bool ``(n,)``.
        tags: remarks of each photo.
    """

    probabilities: np.ndarray
    right: np.ndarray
    tags: tuple[frozenset[str], ...]

    @property
    def nll(self) -> float:
        """Mean negative log-likelihood, natural logarithm; lower is better."""
        sure = np.clip(self.probabilities, _SURE, 1 - _SURE)
        return float(-np.mean(np.where(self.right, np.log(sure), np.log(1 - sure))))

    @property
    def brier(self) -> float:
        """Mean squared error; lower is better."""
        return float(np.mean((self.probabilities - self.right) ** 2))

    @property
    def gap(self) -> float:
        """Expected calibration error over :meth:`bins`: mean distance of said and true."""
        some = self.bins()
        return sum(b.part.count * abs(b.said - b.share) for b in some) / sum(b.part.count for b in some)

    def bins(self, count: int = BINS) -> list[Bin]:
        """Photos in order of their probability, in ``count`` groups of nearly one size."""
        order = np.argsort(self.probabilities, kind="stable")
        parts = [part for part in np.array_split(order, count) if len(part)]
        return [self._bin(part) for part in parts]

    def tagged(self, tag: str) -> Bin | None:
        """The photos with a remark, as one group; None where there is none."""
        part = np.array([k for k, tags in enumerate(self.tags) if tag in tags], dtype=int)
        return self._bin(part) if len(part) else None

    def _bin(self, part: np.ndarray) -> Bin:
        hits = int(self.right[part].sum())
        return Bin(float(self.probabilities[part].mean()), Proportion(hits, len(part)))


@dataclass(frozen=True)
class Bin:
    """A group of photos.

    Attributes:
        said: mean probability, 0..1.
        part: how many were right.
    """

    said: float
    part: Proportion

    @property
    def share(self) -> float:
        """Of right ones, 0..1."""
        return self.part.share or 0.0


def usable(pairs: Sequence[Pair]) -> list[Pair]:
    """Those of which it is known whether they are right."""
    return [pair for pair in pairs if outcome(*pair) is not None]


def uncalibrated(pairs: Sequence[Pair]) -> Forecasts:
    """The product of the 17 slots' confidences, as the readers and the rules give them."""
    return _forecasts(pairs, [_product(reading) for _, reading in pairs])


def calibrated(pairs: Sequence[Pair], folds: int = FOLDS, seed: int = 0) -> Forecasts:
    """Held-out probabilities: each photo's from a calibration that has not seen its VIN.

    Raises:
        ValueError: too few photos, see :func:`calibrate`.
    """
    names = sorted({label.vin for label, _ in pairs})
    dealt = dict(zip(np.random.default_rng(seed).permutation(names), range(len(names)), strict=True))
    fold = np.array([dealt[label.vin] % folds for label, _ in pairs])
    probabilities = np.zeros(len(pairs))
    for held in range(folds):
        settings = calibrate([pair for pair, at in zip(pairs, fold, strict=True) if at != held]).settings
        for index in map(int, np.nonzero(fold == held)[0]):
            chosen = pairs[index][1].chosen
            probabilities[index] = confidence(chosen, settings) if chosen else 0.0
    return _forecasts(pairs, probabilities)


def _forecasts(pairs: Sequence[Pair], probabilities: Sequence[float] | np.ndarray) -> Forecasts:
    right = np.array([bool(outcome(*pair)) for pair in pairs])
    return Forecasts(np.asarray(probabilities, float), right, tuple(label.tags for label, _ in pairs))


def _product(reading: Reading) -> float:
    slots = reading.chosen.slots if reading.chosen else ()
    return math.exp(sum(math.log(max(slot.confidence, _SURE)) for slot in slots)) if slots else 0.0
