"""Opinions to slots. Today one reader speaks; what it says is kept per slot so that others can join."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.records import Slot, SlotPosteriors, Strip
from core.vin import ALPHABET

ALTERNATIVES = 4


def fuse(opinions: Mapping[str, SlotPosteriors], strip: Strip) -> tuple[Slot, ...]:
    """Join the readers' posteriors by the sum of their logarithms.

    Args:
        opinions: reader name -> its posteriors on the strip; at least one.
        strip: the line, whose parts share its length.

    Returns:
        17 slots.
    """
    logs = sum(np.log(np.maximum(opinion.probabilities, 1e-9)) for opinion in opinions.values())
    joined = np.exp(logs - np.max(logs, axis=1, keepdims=True))
    joined /= joined.sum(axis=1, keepdims=True)
    extents = np.mean([opinion.extents for opinion in opinions.values()], axis=0)
    lengths = np.cumsum([0.0, *(quad.length for quad in strip.parts)])
    shares = lengths / lengths[-1]
    return tuple(
        _slot(
            joined[k], extents[k], shares, {name: _best(o.probabilities[k]) for name, o in opinions.items()}
        )
        for k in range(len(joined))
    )


def _slot(posterior: np.ndarray, extent: np.ndarray, shares: np.ndarray, opinions: dict[str, str]) -> Slot:
    order = np.argsort(-posterior)
    centre = float(np.clip(extent.mean(), 0, 1 - 1e-6))
    part = int(np.searchsorted(shares, centre, side="right") - 1)
    start, width = shares[part], shares[part + 1] - shares[part]
    return Slot(
        character=ALPHABET[order[0]],
        confidence=float(posterior[order[0]]),
        alternatives=tuple((ALPHABET[c], float(posterior[c])) for c in order[1 : ALTERNATIVES + 1]),
        part=part,
        extent=(float((extent[0] - start) / width), float((extent[1] - start) / width)),
        opinions=opinions,
    )


def _best(posterior: np.ndarray) -> str:
    return ALPHABET[int(posterior.argmax())]
