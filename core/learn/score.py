"""How readings are scored: exact match, CER."""

from __future__ import annotations


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
