"""Opinions to slots: what two readers say of a line, joined slot by slot."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.recognize.rules import Rules, apply_rules
from core.recognize.strips import part_margin
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
    return slots_of(joined if rules is None else apply_rules(joined, rules), opinions, strip)


def slots_of(joined: np.ndarray, opinions: Mapping[str, SlotPosteriors], strip: Strip) -> tuple[Slot, ...]:
    """17 slots of a joint posterior ``(17, 33)``, with their places and what each reader said."""
    extents = _extents(opinions)
    lengths = np.cumsum([0.0, *(quad.length for quad in strip.parts)])
    starts, widths = lengths[:-1] / lengths[-1], np.diff(lengths) / lengths[-1]
    centres = np.clip(extents.mean(axis=1), 0, 1 - 1e-6)
    parts = np.searchsorted(lengths[1:] / lengths[-1], centres, side="right")
    within = (extents - starts[parts, None]) / widths[parts, None]
    if len(strip.parts) > 1:
        # Readers see each part with its own margins; a slot is told in its quad's frame.
        margins = np.array([part_margin(quad) for quad in strip.parts])[parts, None]
        within = (within - margins) / (1 - 2 * margins)
    within = within.tolist()
    order = np.argsort(-joined, axis=1)[:, : ALTERNATIVES + 1]
    shares = np.take_along_axis(joined, order, axis=1).tolist()
    said = {name: opinion.probabilities.argmax(axis=1).tolist() for name, opinion in opinions.items()}
    slots = []
    for k, (best, *others) in enumerate(order.tolist()):
        alternatives = zip((ALPHABET[c] for c in others), shares[k][1:], strict=True)
        heard = {name: ALPHABET[characters[k]] for name, characters in said.items()}
        start, end = within[k]
        slots.append(
            Slot(ALPHABET[best], shares[k][0], tuple(alternatives), int(parts[k]), (start, end), heard)
        )
    return tuple(slots)


def join(opinions: Mapping[str, SlotPosteriors], weights: Mapping[str, float] | None = None) -> np.ndarray:
    """The joint posterior, ``(17, 33)``, rows sum to 1.

    Slot k of one reader is slot k of the other only where both see it at the same place. A reader that took
    16 or 18 characters for 17 is shifted behind the place of its mistake; there, only the reader to which 17
    fits better is heard.
    """
    weights = weights or {}
    if len(opinions) == 1:
        ((name, opinion),) = opinions.items()
        return _normalised(weights.get(name, 1.0) * _logs(opinion))
    trusted = max(opinions.values(), key=lambda opinion: opinion.log_likelihood)
    places = trusted.extents.mean(axis=1)
    pitches = np.sort(np.diff(places))
    pitch = max(float(pitches[len(pitches) // 2] + pitches[~(len(pitches) // 2)]) / 2, 1e-6)
    total = np.zeros_like(trusted.probabilities, dtype=float)
    for name, opinion in opinions.items():
        near = np.abs(opinion.extents.mean(axis=1) - places) <= APART * pitch
        total += weights.get(name, 1.0) * np.where(near[:, None], _logs(opinion), 0.0)
    return _normalised(total)


def _logs(opinion: SlotPosteriors) -> np.ndarray:
    return np.log(np.maximum(opinion.probabilities.astype(float), 1e-9))


def _normalised(logs: np.ndarray) -> np.ndarray:
    joined = np.exp(logs - logs.max(axis=1, keepdims=True))
    return joined / joined.sum(axis=1, keepdims=True)


def _extents(opinions: Mapping[str, SlotPosteriors]) -> np.ndarray:
    """Of the reader that sees boxes where it fits; CTC only guesses widths from distances."""
    boxes = opinions.get("yolo")
    if boxes is not None and boxes.log_likelihood > max(o.log_likelihood for o in opinions.values()) - 5.0:
        return boxes.extents
    others = [opinion for name, opinion in opinions.items() if name != "yolo"]
    return (others or list(opinions.values()))[0].extents
