"""Fit what turns a candidate into a probability, on photos that trained nothing.

Logistic regression on the features of :mod:`core.verdict` (Platt 1999), with a little ridge towards what the
readers say themselves because a few hundred photos are few; the threshold for *accepted* is the lowest at
which precision holds and photos that people could not read for sure are held back.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.learn.crops import LabelledPhoto
from core.learn.evaluate import UNREADABLE
from core.recognize.prior import VinPrior
from core.records import Candidate, Reading
from core.verdict import AS_READ, FEATURES, PRESENCE, confidence, features, presence, presence_features

RIDGE = 10.0
"""Of the probability that a reading is right, towards what the readers say; held-out likelihood chose it."""
PRESENCE_RIDGE = 1.0
PRECISION = 0.995
"""Of what is accepted, so much is right."""
HELD = 0.9
"""Of the photos that people could not read for sure, this share is held back: who knows what is right?"""
COVERAGE = 0.75
"""Of the photos that people could read so many are accepted and right, even if that holds back fewer."""
ABSENT = 0.99
"""Of the pictures without a VIN that it is fitted on, at least so many are said to have none."""
_SIGNS = {"odds": 1, "weakest": 1, "length": 1, "valid": 1, "invalid": -1, "differ": -1}


@dataclass(frozen=True)
class Calibration:
    """What goes into the reader's card.

    Attributes:
        settings: one weight per feature, and the thresholds ``accept``, ``least`` and ``second_look``.
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

    Args:
        pairs: photos that trained nothing, and what was read. Those that people could not read for sure say
            from which probability on such photos are held back.

    Raises:
        ValueError: fewer than 20 usable photos, or all of them right or all wrong.
    """
    usable = [(reading, known) for label, reading in pairs if (known := outcome(label, reading)) is not None]
    targets = np.array([known for _, known in usable], dtype=float)
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
    settings["accept"] = max(_threshold(probabilities, targets), _guard(pairs, settings))
    settings |= _score_thresholds([reading for reading, right in usable if right])
    return Calibration(settings, len(usable), float(np.mean((probabilities - targets) ** 2)))


def calibrate_presence(
    with_vin: Sequence[tuple[Candidate, bool]], without: Sequence[Candidate | None], prior: VinPrior | None
) -> dict[str, float]:
    """Fit what tells a VIN from other text.

    Args:
        with_vin: best candidate of photos that show a VIN, and whether it was read right.
        without: best candidate of pictures without one, None where there was none.
        prior: what VINs usually look like.

    Returns:
        Weights named as in ``verdict.PRESENCE``, and ``present``, the probability below which it is none.
        That is a half, more where :data:`ABSENT` of the pictures without one ask for it, and less where more
        than one in 200 of the right readings would be lost.
    """
    kept = [candidate for candidate in without if candidate is not None]
    if len(with_vin) < 20 or len(kept) < 20:
        return {}
    rows = np.stack([presence_features(c, prior) for c in [*(c for c, _ in with_vin), *kept]])
    targets = np.array([1.0] * len(with_vin) + [0.0] * len(kept))
    bounded = np.array([name != "vin_bias" for name in PRESENCE])
    weights = _newton(rows, targets, bounded, strength=PRESENCE_RIDGE)
    settings = dict(zip(PRESENCE, map(float, weights), strict=True))
    right = [presence(c, prior, settings) for c, good in with_vin if good]
    wrong = [presence(c, prior, settings) if c is not None else 0.0 for c in without]
    wanted = max(0.5, np.percentile(wrong, 100 * ABSENT))
    settings["present"] = float(min(wanted, np.percentile(right, 0.5)))
    return settings


def outcome(label: LabelledPhoto, reading: Reading) -> bool | None:
    """Whether a reading is right; None where that is not known."""
    if reading.chosen is None or len(label.vin) != 17:
        return None
    text = reading.chosen.text
    if label.read == "twice":
        return text == label.vin
    contradicts = any(a not in ("?", b) for a, b in zip(label.vin, text, strict=True))
    return False if contradicts else None


def _fit(rows: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Ridge logistic regression; a feature that gets the wrong sign is dropped and the rest fitted again."""
    kept = list(range(rows.shape[1]))
    while True:
        weights = np.zeros(rows.shape[1])
        bounded = np.array([FEATURES[k] != "bias" for k in kept])
        weights[kept] = _newton(rows[:, kept], targets, bounded, np.array(AS_READ)[kept])
        wrong = [k for k in kept if FEATURES[k] != "bias" and weights[k] * _SIGNS[FEATURES[k]] < 0]
        if not wrong:
            return weights
        # One at a time: what is left may need the others.
        kept.remove(min(wrong, key=lambda k: weights[k] * _SIGNS[FEATURES[k]]))


def _newton(
    rows: np.ndarray,
    targets: np.ndarray,
    bounded: np.ndarray,
    centre: np.ndarray | float = 0.0,
    strength: float = RIDGE,
    steps: int = 100,
) -> np.ndarray:
    """Newton's method with halved steps where a full one would overshoot; ridge draws towards ``centre``."""
    weights = np.zeros(rows.shape[1]) + centre
    ridge = np.diag(strength * bounded + 1e-6)

    def cost(candidate: np.ndarray) -> float:
        logits = rows @ candidate
        return float(
            np.sum(np.logaddexp(0, logits) - targets * logits)
            + (candidate - centre) @ ridge @ (candidate - centre) / 2
        )

    for _ in range(steps):
        chance = 1 / (1 + np.exp(-np.clip(rows @ weights, -500, 500)))
        slope = rows.T @ (targets - chance) - ridge @ (weights - centre)
        step = np.linalg.solve((rows * (chance * (1 - chance))[:, None]).T @ rows + ridge, slope)
        while cost(weights + step) > cost(weights) and np.abs(step).max() > 1e-9:
            step = step / 2
        weights = weights + step
        if np.abs(step).max() < 1e-8:
            break
    return weights


def _score_thresholds(right: Sequence[Reading]) -> dict[str, float]:
    """``least``: what scores lower is no VIN; ``second_look``: what scores higher needs none.

    Both are places in the scores of readings that were right: well below the lowest of them (a spoilt VIN is
    still worth a person's look), and where nineteen in twenty lie above: for the rest,
    further looks changed no reading of ``val`` for the better, at ten times the cost of the first.
    """
    scores = np.array([reading.chosen.score for reading in right if reading.chosen])
    return {"least": float(np.percentile(scores, 1) - 20.0), "second_look": float(np.percentile(scores, 5))}


def _guard(pairs: Sequence[tuple[LabelledPhoto, Reading]], settings: Mapping[str, float]) -> float:
    """The probability from which on few photos are accepted that nobody could read for sure.

    The lowest one that holds back ``HELD`` of them, unless less than ``COVERAGE`` were accepted then.
    """
    chances = [
        (label, confidence(reading.chosen, settings) if reading.chosen else 0.0, reading)
        for label, reading in pairs
    ]
    poor = sorted((chance for label, chance, _ in chances if label.read in UNREADABLE), reverse=True)
    read = [(chance, reading.vin == label.vin) for label, chance, reading in chances if label.read == "twice"]
    right = sorted((chance for chance, good in read if good), reverse=True)
    # Of a hundred poor ones ten may be accepted: the eleventh is not, nor what is as likely.
    allowed, needed = math.floor((1 - HELD) * len(poor) + 1e-9), math.ceil(COVERAGE * len(read) - 1e-9)
    held = float(np.nextafter(poor[allowed], 1)) if len(poor) > allowed else 0.0
    covered = right[needed - 1] if 0 < needed <= len(right) else 0.0
    return min(held, covered)


def _threshold(probabilities: np.ndarray, targets: np.ndarray) -> float:
    """The lowest probability from which on at least ``PRECISION`` are right; 0.999 where none is."""
    order = np.argsort(-probabilities)
    right = np.cumsum(targets[order]) / np.arange(1, len(order) + 1)
    good = np.nonzero(right >= PRECISION)[0]
    return float(min(0.999, probabilities[order[good[-1]]])) if len(good) else 0.999
