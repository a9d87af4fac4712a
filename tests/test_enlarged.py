"""Pictures that were enlarged are told from those that a lens left soft."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from core.images import decode, encode_jpeg
from core.quality.enlarged import FINE, RHYTHM, enlarged, fineness, pixels_missing, rhythm
from core.quality.kinds import sentence
from core.records import Photo, Problem
from core.synth.scenes import SceneConfig, synthetic_scene


def photo(seed: int) -> np.ndarray:
    """A drawn photo as a lens leaves it: a finer one taken in, and a little noise."""
    pixels = synthetic_scene(np.random.default_rng([71, seed]), SceneConfig(side=1024, empty=0.0)).pixels
    soft = cv2.resize(pixels, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    noise = np.random.default_rng(seed).normal(0, 2, soft.shape)
    return np.clip(soft + noise, 0, 255).astype(np.uint8)


def larger(pixels: np.ndarray, factor: float, how: int) -> np.ndarray:
    size = (round(pixels.shape[1] / factor), round(pixels.shape[0] / factor))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return cv2.resize(small, pixels.shape[1::-1], interpolation=how)


@pytest.mark.parametrize("how", [cv2.INTER_LINEAR, cv2.INTER_CUBIC], ids=["linear", "cubic"])
@pytest.mark.parametrize("factor", [2.3, 3.0, 4.1])
def test_enlarging_leaves_a_rhythm(how: int, factor: float) -> None:
    told = [rhythm(larger(photo(seed), factor, how)) for seed in range(6)]
    assert sum(one >= RHYTHM for one in told) >= 5


def test_it_survives_a_good_jpeg_file() -> None:
    files = [encode_jpeg(larger(photo(seed), 3.0, cv2.INTER_CUBIC), 92) for seed in range(6)]
    assert sum(rhythm(decode(data).pixels) >= RHYTHM for data in files) >= 4


@pytest.mark.parametrize("sigma", [0.0, 1.5, 4.0])
def test_a_lens_leaves_none_nor_does_a_file(sigma: float) -> None:
    for seed in range(6):
        pixels = photo(seed) if not sigma else cv2.GaussianBlur(photo(seed), (0, 0), sigma)
        assert rhythm(pixels) < RHYTHM
        assert rhythm(decode(encode_jpeg(pixels, 80)).pixels) < RHYTHM


@pytest.mark.parametrize("factor", [1.33, 1.87, 2.8])
def test_what_was_shrunk_was_not_enlarged(factor: float) -> None:
    """Out of focus and noisy, and made smaller: that has a rhythm too, but pixels enough."""
    wrong = scaled = 0
    for seed in range(6):
        soft = cv2.GaussianBlur(cv2.resize(photo(seed), None, fx=3, fy=3), (0, 0), 6)
        noisy = np.clip(soft + np.random.default_rng(seed).normal(0, 6, soft.shape), 0, 255).astype(np.uint8)
        small = cv2.resize(noisy, None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_LINEAR)
        scaled += rhythm(small) >= RHYTHM
        wrong += enlarged(small) + enlarged(decode(encode_jpeg(small, 95)).pixels)
    assert scaled >= 4 and wrong <= 1


def test_enlarged_pictures_hold_nothing_fine() -> None:
    assert sum(fineness(larger(photo(seed), 3.0, cv2.INTER_CUBIC)) <= FINE for seed in range(6)) >= 5
    assert all(fineness(photo(seed)) > FINE for seed in range(6))


def test_any_size_is_looked_at() -> None:
    assert rhythm(np.zeros((20, 400, 3), np.uint8)) == 0.0
    assert rhythm(np.full((64, 64, 3), 7, np.uint8)) < RHYTHM
    assert np.isfinite(rhythm(np.random.default_rng(1).integers(0, 255, (1100, 3000, 3), np.uint8)))


def problem(kind: str, severity: float, slots: tuple[int, ...] = (3, 4)) -> Problem:
    return Problem(kind, severity, slots, sentence(kind, slots))


def test_only_what_is_called_out_of_focus_is_called_too_small() -> None:
    large, plain = Photo(larger(photo(0), 3.0, cv2.INTER_CUBIC)), Photo(photo(0))
    found = (problem("defocus", 0.8), problem("small", 0.5), problem("dark", 0.4))
    told = pixels_missing(found, large)
    assert told == (problem("small", 0.8), problem("dark", 0.4))
    assert pixels_missing(found, plain) == found
    moved = (problem("motion", 0.8), problem("defocus", 0.5))
    assert pixels_missing(moved, large) == moved and pixels_missing((), large) == ()
