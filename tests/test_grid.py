"""The numbers of a whole photo's cells: what they tell, and what a mirror makes of them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from core.quality.grid import CELLS, FEATURES, MIRRORED, SIDE, SIDEWARDS, TRANSPOSED, UPWARDS, grid


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    noise = np.random.default_rng(1).integers(0, 255, (48, 48, 3), np.uint8)
    return cv2.resize(noise, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)


def test_a_mirror_moves_cells_and_changes_their_numbers_places(photo: np.ndarray) -> None:
    seen = grid(photo)
    assert seen.shape == (FEATURES, CELLS, CELLS) and seen.dtype == np.float32
    swapped = seen[TRANSPOSED].transpose(0, 2, 1)
    assert np.allclose(grid(np.ascontiguousarray(photo.transpose(1, 0, 2))), swapped, atol=1e-3)
    for axis, signed in ((0, UPWARDS), (1, SIDEWARDS)):
        mirrored = np.flip(seen[MIRRORED], axis + 1).copy()
        mirrored[signed] *= -1
        # A change belongs to the cell of its first pixel, in the mirror to that of its second.
        assert np.abs(grid(np.flip(photo, axis).copy()) - mirrored).mean() < 0.02


def test_beside_the_photo_all_is_zero() -> None:
    seen = grid(np.full((100, 200, 3), 200, np.uint8))
    quarter = CELLS // 4
    assert not seen[:, :quarter].any() and not seen[:, -quarter:].any()
    assert np.allclose(seen[0, quarter:-quarter], 200 / 128 - 1)


@pytest.mark.parametrize("size", [(1, 1), (1, 900), (3000, 4)])
def test_any_size_has_a_grid(size: tuple[int, int]) -> None:
    assert np.isfinite(grid(np.zeros((*size, 3), np.uint8))).all()


def test_blur_takes_fine_detail_first(photo: np.ndarray) -> None:
    fine_grain = cv2.resize(photo[::4, ::4], (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    sharp, soft = grid(fine_grain), grid(cv2.GaussianBlur(fine_grain, (0, 0), 1.5))
    fine, coarse = 18, 23
    lost = sharp.mean(axis=(1, 2)) - soft.mean(axis=(1, 2))
    assert lost[fine] > lost[coarse] > -0.1


def test_a_smear_takes_changes_along_it_only(photo: np.ndarray) -> None:
    smeared = grid(cv2.blur(photo, (25, 1)))
    assert smeared[6].mean() < smeared[8].mean() - 0.5  # along rows, along columns
