"""How readings are scored: exact match, CER, and intervals for proportions."""

from __future__ import annotations

import math


def cer(truth: str, text: str) -> float:
    """Levenshtein distance over the length of the truth."""
    return levenshtein(truth, text) / max(1, len(truth))


def levenshtein(first: str, second: str) -> int:
    """Fewest insertions, deletions and substitutions between two texts (Levenshtein 1966)."""
    row = list(range(len(second) + 1))
    for i, a in enumerate(first, 1):
        diagonal, row[0] = row[0], i
        for j, b in enumerate(second, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (a != b))
    return row[-1]


def wilson(hits: int, count: int, z: float = 1.96) -> tuple[float, float]:
    """95 % interval of a proportion (Wilson 1927), as shares 0..1; (0, 1) where nothing was counted."""
    if count == 0:
        return 0.0, 1.0
    share = hits / count
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return max(0.0, middle - half), min(1.0, middle + half)
