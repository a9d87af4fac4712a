"""Whether what a photo shows is a given VIN, though its line may be cut, shifted, or no VIN at all.

A reader that saw 16 or 18 characters for 17 is right in front of its mistake and shifted behind it; one
that saw half a line is wrong in every slot. So a photo's slots are not laid onto a VIN's one by one: the sum
over all ways to lay them, each slip at a price, is what the photo says of the VIN (a pair hidden Markov
model: Durbin, Eddy, Krogh, Mitchison, *Biological Sequence Analysis*, 1998, chapter 4).

All likelihoods are ratios to a photo that says nothing: 1 is "cannot tell", above 1 speaks for the VIN.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.vin import ALPHABET, LENGTH

_INDEX = {character: index for index, character in enumerate(ALPHABET)}


@dataclass(frozen=True)
class Doubt:
    """How far a photo is trusted; ``python -m benchmarks.several --fit`` compares values.

    Attributes:
        weight: exponent of a photo's posteriors: photos of one plate share its damage and its font, so two
            are worth less than twice one.
        slip: share of any one slot that is wrong whatever the readers say, 0..1.
        gap: price of a character that was missed or invented, 0..1.
        broken: chance that a photo's line says nothing at all of the VIN, 0..1.
    """

    weight: float = 1.0
    slip: float = 0.01
    gap: float = 0.01
    broken: float = 0.05


def ratios(evidence: np.ndarray, doubt: Doubt) -> np.ndarray:
    """A photo's posteriors ``(17, 33)``, weighed and bounded, as ratios to an even guess."""
    tempered = np.power(np.maximum(evidence.astype(float), 1e-9), doubt.weight)
    tempered /= tempered.sum(axis=1, keepdims=True)
    return len(ALPHABET) * ((1 - doubt.slip) * tempered + doubt.slip / len(ALPHABET))


def encoded(texts: list[str]) -> np.ndarray:
    """Texts of 17 characters as indices, int ``(n, 17)``."""
    return np.array([[_INDEX[character] for character in text] for text in texts], int).reshape(-1, LENGTH)


def likelihoods(ratio: np.ndarray, texts: np.ndarray, gap: float) -> np.ndarray:
    """How much likelier a photo is under each VIN than by chance.

    Args:
        ratio: of the photo's slots, ``(17, 33)``, see :func:`ratios`.
        texts: VINs, ``(n, 17)``.
        gap: price of one slip.

    Returns:
        ``(n,)``, summed over all alignments.
    """
    return _forward(ratio, texts, gap)[:, LENGTH, LENGTH]


def places(ratio: np.ndarray, text: np.ndarray, gap: float) -> list[int | None]:
    """The photo's slot that shows each of a VIN's characters, by the likeliest alignment.

    Args:
        ratio: of the photo's slots, ``(17, 33)``.
        text: the VIN, ``(17,)``.
        gap: price of one slip.

    Returns:
        17 slots 0..16, rising; None where the photo does not show the character.
    """
    best = np.zeros((LENGTH + 1, LENGTH + 1))
    came = np.zeros((LENGTH + 1, LENGTH + 1), int)
    for seen in range(LENGTH + 1):
        for meant in range(LENGTH + 1):
            ways = [(1.0, 0)] if seen == meant == 0 else []
            if seen and meant:
                ways.append((best[seen - 1, meant - 1] * ratio[seen - 1, text[meant - 1]], 1))
            if seen:
                ways.append((best[seen - 1, meant] * gap, 2))
            if meant:
                ways.append((best[seen, meant - 1] * gap, 3))
            best[seen, meant], came[seen, meant] = max(ways)
    found: list[int | None] = [None] * LENGTH
    seen = meant = LENGTH
    while seen or meant:
        step = came[seen, meant]
        if step == 1:
            found[meant - 1] = seen - 1
        seen, meant = seen - (step in (1, 2)), meant - (step in (1, 3))
    return found


def _forward(ratio: np.ndarray, texts: np.ndarray, gap: float) -> np.ndarray:
    table = np.zeros((len(texts), LENGTH + 1, LENGTH + 1))
    table[:, 0, 0] = 1.0
    for seen in range(LENGTH + 1):
        for meant in range(LENGTH + 1):
            total = table[:, seen, meant]
            if seen and meant:
                total = total + table[:, seen - 1, meant - 1] * ratio[seen - 1, texts[:, meant - 1]]
            if seen:
                total = total + gap * table[:, seen - 1, meant]
            if meant:
                total = total + gap * table[:, seen, meant - 1]
            table[:, seen, meant] = total
    return table
