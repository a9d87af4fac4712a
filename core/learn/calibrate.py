"""Fit what turns a candidate into a probability, on photos that trained nothing.

Logistic regression on the features of :mod:`core.verdict` (Platt 1999), with a little ridge because a few
hundred photos are few; the threshold for *accepted* is the lowest at which precision holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.learn.crops import LabelledPhoto
from core.records import Reading
from core.verdict import FEATURES, confidence, features

RIDGE = 1.0
PRECISION = 0.99
_SIGNS = {"sure": 1, "weakest": 1, "length": 1, "valid": 1, "invalid": -1}


@dataclass(frozen=True)
class Calibration:
    """What goes into the reader's card.

    Attributes:
        settings: one weight per feature, and ``accept``.
        count: photos it was fitted on.
        brier: mean squared error of the probability on them.
    """

    settings: dict[str, float]
    count: int
    brier: float


def calibrate(pairs: Sequence[tuple[LabelledPhoto, Reading]]) -> Calibration:
    """Fit on labelled readings.

    Photos read ``twice`` tell right from wrong; ``doubtful`` ones count as wrong where the reading
    contradicts a character that could be read, and are left out otherwise.

    Raises:
        ValueError: fewer than 20 usable photos, or all of them right or all wrong.
    """
    usable = [
        (reading, outcome) for label, reading in pairs if (outcome := _outcome(label, reading)) is not None
    ]
    targets = np.array([outcome for _, outcome in usable], dtype=float)
    if len(usable) < 20 or targets.min() == targets.max():
        raise ValueError(
            f"{len(usable)} usable photos, {targets.sum():.0f} of them right: too few to calibrate on"
        )
    rows = np.stack([features(reading.chosen) for reading, _ in usable if reading.chosen])
    weights = _fit(rows, targets)
    settings = dict(zip(FEATURES, map(float, weights), strict=True))
    probabilities = np.array(
        [confidence(reading.chosen, settings) for reading, _ in usable if reading.chosen]
    )
    settings["accept"] = _threshold(probabilities, targets)
    return Calibration(settings, len(usable), float(np.mean((probabilities - targets) ** 2)))


def _outcome(label: LabelledPhoto, reading: Reading) -> bool | None:
    if reading.chosen is None or len(label.vin) != 17:
        return None
    text = reading.chosen.text
    if label.read == "twice":
        return text == label.vin
    contradicts = any(a not in ("?", b) for a, b in zip(label.vin, text, strict=True))
    return False if contradicts else None


def _fit(rows: np.ndarray, targets: np.ndarray, steps: int = 60) -> np.ndarray:
    """Newton's method; a feature whose weight gets the wrong sign is dropped and the rest fitted again."""
    kept = list(range(rows.shape[1]))
    while True:
        weights = np.zeros(rows.shape[1])
        part = rows[:, kept]
        inner = np.zeros(len(kept))
        ridge = np.diag([0.0 if FEATURES[k] == "bias" else RIDGE for k in kept])
        for _ in range(steps):
            chance = 1 / (1 + np.exp(-np.clip(part @ inner, -30, 30)))
            slope = part.T @ (targets - chance) - ridge @ inner
            curvature = (part * (chance * (1 - chance))[:, None]).T @ part + ridge + 1e-9 * np.eye(len(kept))
            inner = inner + np.linalg.solve(curvature, slope)
        weights[kept] = inner
        wrong = [k for k in kept if FEATURES[k] != "bias" and weights[k] * _SIGNS[FEATURES[k]] < 0]
        if not wrong:
            return weights
        kept = [k for k in kept if k not in wrong]


def _threshold(probabilities: np.ndarray, targets: np.ndarray) -> float:
    """The lowest probability from which on at least ``PRECISION`` are right; 0.999 where none is."""
    order = np.argsort(-probabilities)
    right = np.cumsum(targets[order]) / np.arange(1, len(order) + 1)
    good = np.nonzero(right >= PRECISION)[0]
    return float(min(0.999, probabilities[order[good[-1]]])) if len(good) else 0.999
