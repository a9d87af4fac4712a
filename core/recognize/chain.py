"""Chains of boxes: of all boxes that a character detector sees, exactly 17 in a row, none over another.

The weight of a chain is the product of its boxes' odds of being a character; the sum over all chains
(forward-backward, Rabiner 1989) says for every slot which box fills it, and how well 17 fits against
one or two characters more or fewer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.vin import LENGTH

OVERLAP = 0.45
"""Two characters of a line may overlap by this share of the narrower one's width: boxes are rarely exact, and
much too wide where letters are narrow."""
_MORE = 3


@dataclass(frozen=True, eq=False)
class Chain:
    """All chains of one strip, summed.

    Attributes:
        slots: float64 ``(length, n)``, which of the n boxes fills each slot; rows sum to 1.
        log_share: natural logarithm of the weight of chains of this length among all lengths, <= 0.
    """

    slots: np.ndarray
    log_share: float


def sum_chains(centres: np.ndarray, widths: np.ndarray, odds: np.ndarray, length: int = LENGTH) -> Chain:
    """Sum over all chains of ``length`` boxes.

    Args:
        centres: ``(n,)``, along the line, any unit.
        widths: ``(n,)``, same unit.
        odds: ``(n,)``, p / (1 - p) of being a character.
        length: boxes in a chain.

    Returns:
        The chain; where no chain of that length exists, slots are spread evenly and ``log_share`` is -60.
    """
    order = np.argsort(centres, kind="stable")
    follows = may_follow(centres[order], widths[order]).astype(float)
    weights = odds[order]
    # Row k: chains of k + 1 boxes that end (forward) or begin (backward) at each box. Every row is divided
    # by the same scale, so that rows stay comparable and nothing runs over.
    scale = max(float(np.max(weights, initial=0.0)), 1e-300)
    steps = length + _MORE
    forward = np.zeros((steps, len(order)))
    backward = np.zeros((length, len(order)))
    if len(order):
        forward[0] = weights / scale
        for k in range(1, steps):
            forward[k] = weights / scale * (forward[k - 1] @ follows)
        backward[0] = 1.0
        for k in range(1, length):
            backward[k] = follows @ (weights / scale * backward[k - 1])
    totals = np.log(np.maximum(forward.sum(axis=1), 1e-300)) + np.arange(1, steps + 1) * np.log(scale)
    slots = np.zeros((length, len(order)))
    slots[:, order] = forward[:length] * backward[::-1]
    sums = slots.sum(axis=1, keepdims=True)
    if len(order) == 0 or not sums.min() > 1e-290:
        return Chain(np.full((length, len(order)), 1.0 / max(1, len(order))), -60.0)
    near = totals[length - 1 - _MORE : length + _MORE]
    share = totals[length - 1] - near.max() - np.log(np.exp(near - near.max()).sum())
    return Chain(slots / sums, max(float(share), -60.0))


def best_chain(
    centres: np.ndarray, widths: np.ndarray, odds: np.ndarray, length: int = LENGTH
) -> np.ndarray | None:
    """The ``length`` boxes with the largest product of odds (Viterbi), from left to right.

    Returns:
        Their indices, or None where so many do not fit.
    """
    if len(centres) < length:
        return None
    order = np.argsort(centres, kind="stable")
    follows = np.where(may_follow(centres[order], widths[order]), 0.0, -np.inf)
    weights = np.log(np.maximum(odds[order], 1e-300))
    score, came = weights, []
    for _ in range(1, length):
        through = score[:, None] + follows
        came.append(through.argmax(axis=0))
        score = through.max(axis=0, initial=-np.inf) + weights
    if not np.isfinite(score.max()):
        return None
    picked = [int(score.argmax())]
    for step in reversed(came):
        picked.append(int(step[picked[-1]]))
    return order[picked[::-1]]


def may_follow(centres: np.ndarray, widths: np.ndarray) -> np.ndarray:
    """Which box may come next: bool ``(n, n)``, row the earlier one, column the later one."""
    gap = centres[None] - centres[:, None] - (widths[None] + widths[:, None]) / 2
    return (centres[None] > centres[:, None]) & (gap >= -OVERLAP * np.minimum(widths[None], widths[:, None]))
