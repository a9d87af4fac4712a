"""Levenshtein distances of many pairs of texts at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def distances(truths: Sequence[str], texts: Sequence[str]) -> np.ndarray:
    """Fewest insertions, deletions and substitutions per pair (Levenshtein 1966), int64 ``(n,)``.

    Raises:
        ValueError: not as many texts as truths.
    """
    if len(truths) != len(texts):
        raise ValueError(f"{len(truths)} truths, but {len(texts)} texts")
    first, rows = _codes(truths)
    second, columns = _codes(texts)
    width = second.shape[1]
    row = np.tile(np.arange(width + 1), (len(truths), 1))
    found = row[np.arange(len(truths)), columns]
    for i in range(first.shape[1]):
        above, row = row, np.empty_like(row)
        row[:, 0] = i + 1
        other = second != first[:, i : i + 1]
        for j in range(width):
            nearer = np.minimum(above[:, j + 1], row[:, j]) + 1
            row[:, j + 1] = np.minimum(nearer, above[:, j] + other[:, j])
        # What follows a text's own end is filler: its distance stands where both texts end.
        ends = rows == i + 1
        found[ends] = row[ends, columns[ends]]
    return found


def _codes(texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    lengths = np.array([len(text) for text in texts], dtype=np.int64)
    longest = int(lengths.max(initial=0))
    joined = "".join(text.ljust(longest, "\0") for text in texts)
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    return codes.reshape(len(texts), longest), lengths
