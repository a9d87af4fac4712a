"""What readers mix up, turned into what the next run's synthetic VINs show more often."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from core.vin import ALPHABET

SIZE = 120
"""Letters of the pool that synthetic VINs draw from."""

SMOOTH = 0.25
"""Share of the pool that is spread evenly over the alphabet, so that no character is forgotten."""


def hard_characters(confusions: Mapping[tuple[str, str], int], size: int = SIZE) -> str:
    """A pool of characters, each as often as readers stumble over it.

    A reader that takes 5 for 6 must see both, so both count. With fewer than ten confusions known there is
    nothing to go by, and the pool is empty: the generator's own is used then.

    Args:
        confusions: ``(true, read)`` -> how often.
        size: characters of the pool.
    """
    counted: Counter[str] = Counter()
    for (true, read), times in confusions.items():
        if true in ALPHABET and read in ALPHABET and true != read:
            counted[true] += times
            counted[read] += times
    if sum(counted.values()) < 20:
        return ""
    total = sum(counted.values())
    weights = {
        character: SMOOTH / len(ALPHABET) + (1 - SMOOTH) * counted[character] / total
        for character in ALPHABET
    }
    return "".join(character * round(size * weight) for character, weight in weights.items())


def read_confusions(path: Path) -> dict[tuple[str, str], int]:
    """A CSV with the columns ``label``, ``read`` and ``count``.

    Raises:
        ValueError: it cannot be read, lacks a column, or holds something else.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        found: Counter[tuple[str, str]] = Counter()
        for row in rows:
            times = int(row["count"])
            if row["label"] not in ALPHABET or row["read"] not in ALPHABET or times < 0:
                raise ValueError(f"no confusion: {dict(row)}"[:120])
            found[row["label"], row["read"]] += times
    except (OSError, UnicodeDecodeError, KeyError, TypeError, ValueError, csv.Error) as error:
        raise ValueError(
            f"{path} is no file of confusions with the columns label, read and count ({error})"
        ) from error
    return dict(found)
