"""Quads, their frames, and resampling."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from core.geometry import Quad, project, resample

ANGLES = [0.0, 0.3, np.pi / 2, 2.5, -np.pi / 2, -0.2]


def corners(*points: tuple[float, float]) -> np.ndarray:
    return np.array(points, dtype=np.float32)


SKEWED = Quad(corners((10, 20), (110, 5), (118, 40), (8, 52)))


def discs(size: int, points: np.ndarray, radius: float) -> np.ndarray:
    """Soft white discs on black, their middles in continuous coordinates; uint8 ``(size, size)``."""
    y, x = np.mgrid[0:size, 0:size] + 0.5
    out = np.zeros((size, size))
    for px, py in points:
        out += np.exp(-((x - px) ** 2 + (y - py) ** 2) / (2 * radius**2))
    return np.clip(255 * out, 0, 255).astype(np.uint8)


def middle(picture: np.ndarray) -> np.ndarray:
    """Centre of gravity in continuous coordinates."""
    weights = picture.astype(np.float64)
    y, x = np.mgrid[0 : picture.shape[0], 0 : picture.shape[1]] + 0.5
    return np.array([(x * weights).sum(), (y * weights).sum()]) / weights.sum()


@pytest.mark.parametrize("angle", ANGLES)
def test_from_line_has_the_length_height_and_angle_it_was_told(angle: float) -> None:
    quad = Quad.from_line((50, 60), 40, 8, angle)
    assert quad.length == pytest.approx(40, rel=1e-5)
    assert quad.height == pytest.approx(8, rel=1e-5)
    assert quad.angle == pytest.approx(angle, abs=1e-5)
    np.testing.assert_allclose(quad.centre, [50, 60], atol=1e-4)


def test_from_line_starts_at_the_texts_own_top_left() -> None:
    downwards = Quad.from_line((0, 0), 40, 8, np.pi / 2)
    # Text that reads down the page has its top to the right.
    np.testing.assert_allclose(downwards.corners, [[4, -20], [4, 20], [-4, 20], [-4, -20]], atol=1e-4)


def test_from_box_and_bounds() -> None:
    quad = Quad.from_box((10, 20, 100, 30))
    np.testing.assert_array_equal(quad.corners, corners((10, 20), (110, 20), (110, 50), (10, 50)))
    assert quad.bounds() == (10, 20, 100, 30)
    assert SKEWED.bounds() == (8, 5, 110, 47)


@pytest.mark.parametrize("shape", [(3, 2), (4, 3), (8,)])
def test_a_quad_has_four_corners(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="four corners"):
        Quad(np.zeros(shape))


def test_part_is_told_in_the_quads_own_frame() -> None:
    quad = Quad.from_box((10, 20, 100, 40))
    np.testing.assert_allclose(quad.part(0.1, 0.6).corners, corners((20, 20), (70, 20), (70, 60), (20, 60)))
    np.testing.assert_allclose(
        quad.part(0, 1, 0.5, 1).corners, corners((10, 40), (110, 40), (110, 60), (10, 60))
    )
    np.testing.assert_allclose(SKEWED.part(0, 1).corners, SKEWED.corners, atol=1e-3)


def test_widened_grows_in_the_quads_own_frame() -> None:
    quad = Quad.from_line((50, 60), 40, 8, 0.3).widened(0.1, 0.25)
    assert quad.length == pytest.approx(48, rel=1e-4)
    assert quad.height == pytest.approx(12, rel=1e-4)
    assert quad.angle == pytest.approx(0.3, abs=1e-4)
    back = quad.widened(-4 / 48, -2 / 12)
    np.testing.assert_allclose(back.corners, Quad.from_line((50, 60), 40, 8, 0.3).corners, atol=1e-3)


def test_turned_is_the_same_area_read_the_other_way() -> None:
    quad = Quad.from_line((50, 60), 40, 8, 0.3)
    assert abs(quad.turned().angle - 0.3) == pytest.approx(np.pi, abs=1e-5)
    assert sorted(quad.turned().corners.tolist()) == sorted(quad.corners.tolist())
    np.testing.assert_array_equal(quad.turned().turned().corners, quad.corners)
    np.testing.assert_allclose(SKEWED.turned().to_photo([[0.0, 0.0]]), [SKEWED.corners[2]], atol=1e-3)


def test_scaled_scales_every_corner() -> None:
    np.testing.assert_allclose(SKEWED.scaled(0.5).corners, SKEWED.corners / 2)


@pytest.mark.parametrize("quad", [SKEWED, Quad.from_line((300, 200), 250, 20, 2.5), SKEWED.turned()])
def test_the_frame_and_back(quad: Quad) -> None:
    points = np.random.default_rng(1).uniform(-0.3, 1.3, (50, 2))
    np.testing.assert_allclose(quad.to_frame(quad.to_photo(points)), points, atol=1e-6)
    np.testing.assert_allclose(quad.to_photo([[0, 0], [1, 0], [1, 1], [0, 1]]), quad.corners, atol=1e-3)
    np.testing.assert_allclose(project(quad.homography(320, 48), quad.corners)[2], [320, 48], atol=1e-3)


class TestResample:
    def test_the_whole_picture_at_its_own_size_is_itself(self) -> None:
        picture = np.random.default_rng(2).integers(0, 256, (40, 60, 3), dtype=np.uint8)
        np.testing.assert_array_equal(resample(picture, Quad.from_box((0, 0, 60, 40)), 60, 40), picture)
        cut = resample(picture, Quad.from_box((10, 5, 20, 15)), 20, 15)
        np.testing.assert_array_equal(cut, picture[5:20, 10:30])

    def test_read_the_other_way_it_is_turned_by_half(self) -> None:
        picture = np.random.default_rng(2).integers(0, 256, (40, 60), dtype=np.uint8)
        turned = resample(picture, Quad.from_box((0, 0, 60, 40)).turned(), 60, 40)
        np.testing.assert_array_equal(turned, picture[::-1, ::-1])

    def test_text_that_reads_downwards_comes_out_level(self) -> None:
        picture = np.random.default_rng(2).integers(0, 256, (60, 40), dtype=np.uint8)
        level = resample(picture, Quad.from_line((20, 30), 60, 40, np.pi / 2), 60, 40)
        np.testing.assert_array_equal(level, cv2.rotate(picture, cv2.ROTATE_90_COUNTERCLOCKWISE))

    @pytest.mark.parametrize("angle", [0.0, 0.17, -0.6, 1.2, np.pi])
    @pytest.mark.parametrize("factor", [1.0, 1.6, 2.5])
    def test_a_mark_lands_within_half_a_pixel(self, angle: float, factor: float) -> None:
        quad = Quad.from_line((100.3, 99.6), 120, 30, angle)
        for place in ([0.25, 0.5], [0.7, 0.4]):
            picture = discs(200, quad.to_photo(np.array([place])), 2.0)
            strip = resample(picture, quad, round(120 * factor), round(30 * factor))
            expected = np.array(place) * [round(120 * factor), round(30 * factor)]
            assert np.abs(middle(strip) - expected).max() < 0.5

    @pytest.mark.parametrize("shrink", [2, 3, 5.3])
    def test_shrinking_keeps_places_and_mean(self, shrink: float) -> None:
        quad = Quad.from_line((300, 300), 420, 100, 0.2)
        width, height = round(420 / shrink), round(100 / shrink)
        picture = discs(600, quad.to_photo(np.array([[0.3, 0.5]])), 9.0)
        strip = resample(picture, quad, width, height)
        assert np.abs(middle(strip) - [0.3 * width, 0.5 * height]).max() < 0.5
        full = resample(picture, quad, 420, 100)
        assert strip.mean() == pytest.approx(full.mean(), rel=0.05)

    def test_thin_strokes_survive_shrinking(self) -> None:
        picture = np.zeros((400, 800), np.uint8)
        picture[:, 400] = 255  # one column of eight
        strip = resample(picture, Quad.from_box((0, 0, 800, 400)), 100, 50)
        assert strip.max(axis=1).min() > 20

    @pytest.mark.parametrize("scale", [1, 4])
    def test_what_lies_outside_repeats_the_edge(self, scale: int) -> None:
        picture = np.full((50 * scale, 50 * scale, 3), 200, np.uint8)
        far = resample(picture, Quad.from_box((-30 * scale, -10 * scale, 60 * scale, 20 * scale)), 60, 20)
        assert far.min() >= 199
