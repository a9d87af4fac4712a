"""How sure the reading is, and what to do with it: accept, review, or take the photo again."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from core.recognize.prior import VinPrior
from core.records import Candidate, Problem, Status
from core.vin import LENGTH, check_digit_status

FEATURES = ("bias", "odds", "weakest", "length", "valid", "invalid", "differ")
"""Names of the calibration's weights in the CTC reader's card."""

AS_READ = (0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0)
"""Weights with which the confidence is the product of the slots' own."""


def features(candidate: Candidate) -> np.ndarray:
    """What the calibration looks at, float64 ``(7,)`` in the order of :data:`FEATURES`.

    ``odds`` is the logit of all slots being right, as far as they say so themselves.
    """
    logs = [math.log(max(slot.confidence, 1e-6)) for slot in candidate.slots]
    rule = check_digit_status(candidate.text)
    length = candidate.score - sum(logs)
    differ = sum(len(set(slot.opinions.values())) > 1 for slot in candidate.slots)
    return np.array(
        [
            *(1.0, _logit(math.exp(sum(logs))), min(logs), max(length, -30.0)),
            *(rule == "valid", rule == "invalid", min(differ, 4)),
        ],
        dtype=float,
    )


def confidence(candidate: Candidate, settings: Mapping[str, float]) -> float:
    """Calibrated probability that all 17 characters are right (logistic, Platt 1999; fitted on ``val``)."""
    weights = np.array([settings.get(name, default) for name, default in zip(FEATURES, AS_READ, strict=True)])
    logit = float(weights @ features(candidate))
    return 1 / (1 + math.exp(-max(-50.0, min(50.0, logit))))


PRESENCE = ("vin_bias", "vin_score", "vin_usual", "vin_length")
"""Names of the weights that tell a VIN from another row of text."""

MISSED = 2
"""Characters by which a reader misses 17, as far as that counts: one that gives up sees none at all."""


def presence_features(candidate: Candidate, prior: VinPrior | None) -> np.ndarray:
    """What tells a VIN from other text, float64 ``(4,)`` in the order of :data:`PRESENCE`.

    Its score; how usual the text is for a VIN, log-likelihood per character; and by how many characters
    the readers miss 17 when they are not told the length, each by :data:`MISSED` at most.
    """
    usual = prior.log_text(candidate.text) / LENGTH if prior else 0.0
    lengths = [min(abs(len(text) - LENGTH), MISSED) for text in candidate.readers.values()]
    return np.array([1.0, max(candidate.score, -12.0), usual, sum(lengths) / max(len(lengths), 1)])


def presence(candidate: Candidate, prior: VinPrior | None, settings: Mapping[str, float]) -> float:
    """Probability that the best candidate is a VIN at all (logistic, fitted on photos with and without)."""
    weights = np.array([settings.get(name, 0.0) for name in PRESENCE])
    logit = float(weights @ presence_features(candidate, prior))
    return 1 / (1 + math.exp(-max(-50.0, min(50.0, logit))))


CUT = 0.3
"""Severity from which a cut-off line is not accepted: what the picture does not show, habits have filled in.
On ``val`` that holds back one of 220 accepted readings; of nine that were still accepted once the first
character had been cut away, eight."""


def held_back(candidate: Candidate, problems: Sequence[Problem], other_vins: Sequence[str] = ()) -> bool:
    """Whether a person has to look, however sure the reading is.

    Args:
        candidate: that was taken.
        problems: of its line.
        other_vins: what else stands on the photo.
    """
    cut = any(problem.kind == "cut" and problem.severity >= CUT for problem in problems)
    # Where the check digit binds, all 194 transcribed training photos fulfil it: either a character is
    # misread, or there is something about the plate that somebody should know.
    return cut or bool(other_vins) or check_digit_status(candidate.text) == "invalid"


ANOTHER = 0.5
"""Least confidence of another VIN on the photo to be told of."""
DIFFERENT = 3
"""Slots in which it must differ: less may be the same VIN, misread on its second label."""


def other_vins(
    chosen: Candidate, candidates: Sequence[Candidate], settings: Mapping[str, float]
) -> tuple[str, ...]:
    """VINs of other cars that the photo shows elsewhere, the likeliest first: two labels on a table, say.

    Args:
        chosen: the reading that was taken.
        candidates: all that may be VINs.
        settings: of :func:`confidence`.
    """
    told = [chosen]
    for one in sorted(candidates, key=lambda one: one.score, reverse=True):
        apart = all(_differ(one, other) >= DIFFERENT and not _overlap(one, other) for other in told)
        if apart and confidence(one, settings) >= ANOTHER:
            told.append(one)
    return tuple(one.text for one in told[1:])


def _differ(one: Candidate, other: Candidate) -> int:
    return sum(a != b for a, b in zip(one.text, other.text, strict=True))


def _overlap(one: Candidate, other: Candidate) -> bool:
    first, second = ([part.bounds() for part in candidate.line.parts] for candidate in (one, other))
    return any(
        a[0] < b[0] + b[2] and b[0] < a[0] + a[2] and a[1] < b[1] + b[3] and b[1] < a[1] + a[3]
        for a in first
        for b in second
    )


RETAKE = 0.2
"""Probability below which a reading of a spoilt picture is not worth a person's time."""


def verdict(
    probability: float,
    problems: Sequence[Problem],
    accept: float,
    accept_spoilt: float | None = None,
    retake: float = RETAKE,
) -> Status:
    """Accept what is sure; ask for a new photo where it is hopeless and the picture tells why.

    Args:
        probability: that all characters are right.
        problems: of the line.
        accept: probability from which on a reading is accepted.
        accept_spoilt: the same where a problem is strong (severity 0.5 and more); default ``accept``.
        retake: probability below which a spoilt picture is to be taken again.
    """
    spoilt = any(problem.severity >= 0.5 for problem in problems)
    if probability >= (accept if accept_spoilt is None or not spoilt else max(accept, accept_spoilt)):
        return "accepted"
    return "retake" if spoilt and probability < retake else "review"


def _logit(probability: float) -> float:
    kept = min(max(probability, 1e-6), 1 - 1e-6)
    return math.log(kept / (1 - kept))
