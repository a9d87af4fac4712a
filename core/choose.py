"""Which candidate is the VIN, or none, and why."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from core.recognize.prior import VinPrior
from core.records import Candidate, Line, Slot, SlotPosteriors
from core.vin import check_digit_status

RULES = {"valid": 1.0, "not_applicable": 0.0, "invalid": -2.0}
"""What the check digit is worth, natural logarithm: evidence beside the picture, never a filter.

Where no law asks for one, it is worth what the maker's VINs say of it, within these bounds: 1 at the start of
a VIN would else win over J, whose value is the same and whose makers mostly keep it without having to.
"""

USUAL, TYPICAL, MOST = 0.2, -30.0, 1.0
"""What a nat costs by which a text is less usual than most VINs are; and what that costs at most."""

GIVEN_UP = -4.0
"""What it costs at most that a reader sees anything but 17 characters: how much less likely does not matter.

Where the second reader is silenced, -12 would lose all of 269 right readings of ``val`` as no VIN, -6 33 of
them, -4 two; of 180 pictures without a VIN two pass with each of these.
"""

TERMS = ("characters", "length", "detector", "check digit")
"""What the score adds up, see :func:`terms`."""


def weigh(
    line: Line,
    slots: tuple[Slot, ...],
    opinions: Mapping[str, SlotPosteriors],
    evidence: np.ndarray | None = None,
    prior: VinPrior | None = None,
) -> Candidate:
    """Put a number on how well a line reads as a VIN.

    The score adds the logarithms of: all 17 slots being right, the line having 17 characters at all (mean of
    the readers, each bounded by :data:`GIVEN_UP`: one that gives up does not outvote one that is sure), the
    detector's belief, and the check digit. ``evidence`` is kept with the candidate; ``prior`` knows which
    makers keep a check digit where no law asks for it.
    """
    sure = _sure(slots)
    length = sum(max(one.log_likelihood, GIVEN_UP) for one in opinions.values()) / len(opinions)
    text = "".join(slot.character for slot in slots)
    rule = check_digit_status(text)
    digit = _digit(text, prior)
    score = sure + length + _belief(line) + digit
    reason = (
        f"characters {math.exp(sure / 17):.0%} sure on average, "
        f"length fits with {math.exp(max(length, -50)):.2g}, detector {line.score:.0%}, "
        f"check digit {rule.replace('_', ' ')}, which counts {digit:+.1f}"
    )
    readers = {name: opinion.text for name, opinion in opinions.items()}
    return Candidate(line, slots, readers, score, reason, evidence, digit)


def choose(
    candidates: Sequence[Candidate], least: float, prior: VinPrior | None = None
) -> tuple[Candidate | None, tuple[Candidate, ...]]:
    """The best candidate and the others, best first.

    Args:
        candidates: of one photo, any order.
        least: score below which a candidate is no VIN; a line in a region that a person gave is always one.
        prior: what VINs usually look like; between two that read well, the more usual one is meant.

    Returns:
        The chosen one, None where nothing fits, and the rest.
    """

    def merit(candidate: Candidate) -> float:
        unusual = TYPICAL - prior.log_text(candidate.text) if prior else 0.0
        return candidate.score - min(MOST, USUAL * max(0.0, unusual))

    ranked = sorted(candidates, key=merit, reverse=True)
    if ranked and (ranked[0].score >= least or ranked[0].line.origin == "region"):
        return ranked[0], tuple(ranked[1:])
    return None, tuple(ranked)


def terms(candidate: Candidate) -> dict[str, float]:
    """What a candidate's score adds up: name of ``TERMS`` -> natural logarithm."""
    found = {
        "characters": _sure(candidate.slots),
        "detector": _belief(candidate.line),
        "check digit": candidate.digit,
    }
    found["length"] = candidate.score - sum(found.values())
    return {name: found[name] for name in TERMS}


def _sure(slots: tuple[Slot, ...]) -> float:
    return sum(math.log(max(slot.confidence, 1e-6)) for slot in slots)


def _digit(text: str, prior: VinPrior | None) -> float:
    status = check_digit_status(text)
    if status != "not_applicable" or prior is None:
        return RULES[status]
    return min(max(prior.log_digit(text), RULES["invalid"]), RULES["valid"])


def _belief(line: Line) -> float:
    return math.log(max(line.score, 1e-3))
