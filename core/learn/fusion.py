"""Fit how much each reader's word counts, and what is known of VINs, on boxed photos that trained nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from core.learn.strips import figures, to_text
from core.recognize.fuse import join
from core.recognize.prior import VinPrior
from core.recognize.rules import Rules, apply_rules
from core.records import SlotPosteriors
from core.vin import ALPHABET

GRID = (0.0, 0.15, 0.3, 0.45, 0.6, 0.75, 0.9, 1.05, 1.2)

HABITS = (0.0, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 1.0)

EVEN = 0.01
"""Nats per line that few hundred lines cannot tell apart.

Of such weights the most even ones are taken, and the check digit is heard as much as that allows: the law
knows more of it than they do.
"""

Opinions = Mapping[str, SlotPosteriors]


@dataclass(frozen=True)
class Fusion:
    """Weights, and what each reader gives alone and together.

    Attributes:
        weights: reader name -> weight of its log-posterior.
        table: reader name or ``fused`` -> exact, cer, slots, n.
    """

    weights: dict[str, float]
    table: dict[str, dict[str, float]]


def fit_fusion(lines: Sequence[tuple[str, Opinions]]) -> Fusion:
    """The weights under which the true characters are likeliest (least mean negative log-likelihood).

    Of weights that are as good as the best ones, those that trust the readers most alike: fitted again on
    lines that these weights chose, they stay what they are.

    Args:
        lines: truth and every reader's opinion on the line that was chosen.

    Raises:
        ValueError: no lines.
    """
    if not lines:
        raise ValueError("no line to fit the fusion on")
    names = sorted(lines[0][1])
    costs = {
        weights: _cost(lines, dict(zip(names, weights, strict=True)))
        for weights in product(GRID, repeat=len(names))
        if any(weights)
    }
    near = [weights for weights, cost in costs.items() if cost <= min(costs.values()) + EVEN]
    evenest = min(near, key=lambda weights: (max(weights) - min(weights), costs[weights]))
    weights = dict(zip(names, evenest, strict=True))
    table = {name: _told([(truth, join({name: seen[name]})) for truth, seen in lines]) for name in names}
    table["fused"] = _told([(truth, join(seen, weights)) for truth, seen in lines])
    return Fusion(weights, table)


def fit_rules(
    lines: Sequence[tuple[str, Opinions]], weights: Mapping[str, float], prior: VinPrior
) -> tuple[Rules, dict[str, float]]:
    """How much a maker's habits and the check digit count, fitted like the weights.

    Returns:
        The rules, and exact, cer, slots, n of what the readers and the rules give together.
    """
    joined = [(truth, join(seen, weights)) for truth, seen in lines]
    tried = [
        Rules(prior, habit, 2.4 * share, -3.0 * share, share) for habit in HABITS for share in (0.0, 0.5, 1.0)
    ]

    def heard(rules: Rules) -> list[tuple[str, np.ndarray]]:
        return [(truth, apply_rules(slots, rules)) for truth, slots in joined]

    costs = [_surprise(heard(rules)) for rules in tried]
    near = [(cost, rules) for cost, rules in zip(costs, tried, strict=True) if cost <= min(costs) + EVEN]
    _, best = max(near, key=lambda one: (one[1].valid, -one[0]))
    return best, _told(heard(best))


def _cost(lines: Sequence[tuple[str, Opinions]], weights: Mapping[str, float]) -> float:
    return _surprise([(truth, join(seen, weights)) for truth, seen in lines])


def _surprise(pairs: Sequence[tuple[str, np.ndarray]]) -> float:
    """Mean negative log-likelihood of the true characters, per line."""
    total = 0.0
    for truth, joined in pairs:
        picked = joined[np.arange(len(truth)), [ALPHABET.index(character) for character in truth]]
        # A floor: one slot that is lost anyway must not decide.
        total -= float(np.log(np.maximum(picked, 1e-3)).sum())
    return total / len(pairs)


def _told(pairs: Sequence[tuple[str, np.ndarray]]) -> dict[str, float]:
    texts = [(truth, to_text(joined)) for truth, joined in pairs]
    slots = np.mean([a == b for truth, text in texts for a, b in zip(truth, text, strict=True)])
    told = figures(texts)
    return {"exact": told["exact"], "cer": told["cer"], "slots": float(slots), "n": told["n"]}
