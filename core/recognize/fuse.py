"""Opinions to slots: what two readers say of a line, joined slot by slot."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.recognize.rules import Rules, apply_rules
from core.records import Slot, SlotPosteriors, Strip
from core.vin import ALPHABET

ALTERNATIVES = 4
APART = 0.6
"""Share of a character's pitch from which two readers' places for one slot are two different characters."""


def fuse(
    opinions: Mapping[str, SlotPosteriors],
    strip: Strip,
    weights: Mapping[str, float] | None = None,
    rules: Rules | None = None,
) -> tuple[Slot, ...]:
    """Join the readers' posteriors by the weighted sum of their logarithms.

    Args:
        opinions: reader name -> its posteriors on the strip; at least one.
        strip: the line, whose parts share its length.
        weights: reader name -> weight, fitted on ``val``; 1 where none is given.
        rules: what is known of VINs, heard after the readers.

    Returns:
        17 slots.
    """
    joined = join(opinions, weights)
    if rules is not None:
        joined = apply_rules(joined, rules)
    extents = _extents(opinions)
    lengths = np.cumsum([0.0, *(quad.length for quad in strip.parts)])
    shares = lengths / lengths[-1]
    return tuple(
        _slot(
            joined[k], extents[k], shares, {name: _best(o.probabilities[k]) for name, o in opinions.items()}
        )
        for k in range(len(joined))
    )


def join(opinions: Mapping[str, SlotPosteriors], weights: Mapping[str, float] | None = None) -> np.ndarray:
    """The joint posterior, ``(17, 33)``, rows sum to 1.

    Slot k of one reader is slot k of the other only where both see it at the same place. A reader that took
    16 or 18 characters for 17 is shifted behind the place of its mistake; there, only the reader to which 17
    fits better is heard.
    """
    weights = weights or {}
    trusted = max(opinions.values(), key=lambda opinion: opinion.log_likelihood)
    places = trusted.extents.mean(axis=1)
    pitch = max(float(np.median(np.diff(places))), 1e-6)
    total = np.zeros_like(trusted.probabilities, dtype=float)
    for name, opinion in opinions.items():
        near = np.abs(opinion.extents.mean(axis=1) - places) <= APART * pitch
        logs = np.log(np.maximum(opinion.probabilities.astype(float), 1e-9))
        total += weights.get(name, 1.0) * np.where(near[:, None], logs, 0.0)
    joined = np.exp(total - total.max(axis=1, keepdims=True))
    return joined / joined.sum(axis=1, keepdims=True)


def _extents(opinions: Mapping[str, SlotPosteriors]) -> np.ndarray:
    """Of the reader that sees boxes where it fits; CTC only guesses widths from distances."""
    boxes = opinions.get("yolo")
    if boxes is not None and boxes.log_likelihood > max(o.log_likelihood for o in opinions.values()) - 5.0:
        return boxes.extents
    others = [opinion for name, opinion in opinions.items() if name != "yolo"]
    return (others or list(opinions.values()))[0].extents


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
