"""Percentiles of rows are NumPy's, sorted or counted."""

from __future__ import annotations

import numpy as np
import pytest

from core.quality.percentiles import percentiles, percentiles_of_counts


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
@pytest.mark.parametrize("size", [1, 2, 576])
def test_they_are_numpys(dtype: type, size: int) -> None:
    values = (np.random.default_rng(size).random((7, size)) * 255).astype(dtype)
    percents = (0, 1, 5, 50, 95, 99, 100)
    expected = np.percentile(values.astype(float), percents, axis=1)
    assert percentiles(values, percents) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("size", [1, 2, 576])
def test_those_of_counted_numbers_too(size: int) -> None:
    values = np.random.default_rng(size).integers(0, 256, (7, size))
    counts = np.stack([np.bincount(row, minlength=256) for row in values])
    percents = (0, 1, 5, 50, 95, 99, 100)
    expected = np.percentile(values, percents, axis=1)
    assert percentiles_of_counts(counts, percents) == pytest.approx(expected, abs=1e-9)
