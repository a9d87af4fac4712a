"""What is known of VINs, as likelihoods: the joint posterior of 17 slots, weighed by whole readings.

Slots are read one by one; a check digit and a maker's habits speak of all 17 together. The likeliest readings
are listed, each is weighed by what is known, and slots are summed up again. Nothing is ever ruled out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.recognize.prior import VinPrior
from core.vin import ALPHABET, check_digit_status

WIDTH = 48
"""Readings kept in the search."""
ALTERNATIVES = 5
FAINT = 2e-4
"""Characters less likely than this share of a slot's best one are not tried."""


@dataclass(frozen=True, eq=False)
class Rules:
    """How much each piece of knowledge counts, natural logarithms; fitted on ``val``.

    Attributes:
        prior: what VINs usually look like; None where it is not there.
        habit: weight of the prior's logarithm.
        valid: for a check digit that agrees where it binds.
        invalid: for one that does not.
        custom: weight of what the prior says of it where no law asks for one.
    """

    prior: VinPrior | None = None
    habit: float = 0.0
    valid: float = 0.0
    invalid: float = 0.0
    custom: float = 0.0

    @property
    def idle(self) -> bool:
        """Whether nothing would change."""
        return not (self.valid or self.invalid or (self.prior and (self.habit or self.custom)))


def apply_rules(posterior: np.ndarray, rules: Rules) -> np.ndarray:
    """The posterior after what is known of VINs was heard.

    Args:
        posterior: ``(17, 33)``, rows sum to 1.
        rules: weights.

    Returns:
        The same shape; characters that no listed reading holds keep their old, small share.
    """
    if rules.idle:
        return posterior
    readings = likeliest(posterior, rules)
    scores = np.array([score + check_weight(text, rules) for text, score in readings])
    shares = np.exp(scores - scores.max())
    shares /= shares.sum()
    out = np.minimum(posterior, FAINT) * np.exp(min(0.0, float(-np.ptp(scores))) / len(posterior))
    for (text, _), share in zip(readings, shares, strict=True):
        for slot, character in enumerate(text):
            out[slot, _INDEX[character]] += share
    return out / out.sum(axis=1, keepdims=True)


_INDEX = {character: index for index, character in enumerate(ALPHABET)}


def likeliest(posterior: np.ndarray, rules: Rules) -> list[tuple[str, float]]:
    """Readings and their scores without the check digit, best first, by a beam over slots ``(17, 33)``."""
    texts, scores = [""], np.zeros(1)
    prior = rules.prior if rules.habit else None
    for slot in posterior:
        order = np.argsort(-slot)[:ALTERNATIVES]
        tried = order[slot[order] >= FAINT * slot[order[0]]]
        grown = scores[:, None] + np.log(np.maximum(slot[tried], 1e-12))
        if prior is not None:
            grown += rules.habit * np.stack([prior.logs(text)[tried] for text in texts])
        best = np.argsort(-grown, axis=None, kind="stable")[:WIDTH]
        scores = grown.reshape(-1)[best]
        texts = [texts[k // len(tried)] + ALPHABET[tried[k % len(tried)]] for k in best.tolist()]
    return list(zip(texts, scores.tolist(), strict=True))


def check_weight(text: str, rules: Rules) -> float:
    """What the check digit says of a whole text, natural logarithm."""
    status = check_digit_status(text)
    if status != "not_applicable":
        return rules.valid if status == "valid" else rules.invalid
    return rules.custom * rules.prior.log_digit(text) if rules.prior and rules.custom else 0.0
