"""From a box or a line to a strip."""

from __future__ import annotations

import numpy as np
import pytest

from core.geometry import Quad
from core.records import Line, Photo
from core.rectify import (
    EmptyQuad,
    drawn_out,
    photo_as_line,
    quads_in_box,
    rectify,
    trimmed,
    variants,
    windows,
)

PHOTO = Photo(np.zeros((200, 300, 3), np.uint8))


@pytest.mark.parametrize("thickness", [0.06, 0.09, 0.12])
@pytest.mark.parametrize("degrees", [0, 2, 7, -13, 25, -32, 58, -65, 80, 90])
def test_the_true_line_is_among_the_fillings_of_its_box(degrees: float, thickness: float) -> None:
    true = Quad.from_line((200, 150), 160, 160 * thickness, np.deg2rad(degrees))
    quads = quads_in_box(true.bounds(), count=721)
    errors = [abs(np.rad2deg(quad.angle) - degrees) for quad in quads]
    nearest = quads[int(np.argmin(errors))]
    assert min(errors) <= 1.0
    assert nearest.length == pytest.approx(true.length, rel=0.08)
    assert abs(nearest.height - true.height) < 0.25 * true.height + 1


@pytest.mark.parametrize("degrees", [0, 4, -9, 18])
def test_nine_tilts_hold_one_near_the_true_one(degrees: float) -> None:
    true = Quad.from_line((200, 150), 160, 14, np.deg2rad(degrees))
    quads = quads_in_box(true.bounds(), count=9)
    assert len(quads) <= 9
    assert min(abs(np.rad2deg(quad.angle) - degrees) for quad in quads) < 3.0


@pytest.mark.parametrize(
    "box",
    [
        (20, 30, 160, 12),
        (20, 30, 150, 40),
        (20, 30, 20, 150),
        (20, 30, 100, 90),
    ],
)
def test_every_line_fills_its_box(box: tuple[float, float, float, float]) -> None:
    quads = quads_in_box(box)
    assert 1 <= len(quads) <= 9
    angles = [quad.angle for quad in quads]
    assert angles == sorted(angles)
    for quad in quads:
        assert 0.03 <= quad.height / quad.length <= 0.31
        np.testing.assert_allclose(quad.centre, [box[0] + box[2] / 2, box[1] + box[3] / 2], atol=1e-3)
        # Near 45 degrees the height is a guess, and the box is filled only about.
        near = 0.15 if abs(abs(np.rad2deg(quad.angle)) - 45) < 6 else 0.01
        np.testing.assert_allclose(quad.bounds(), box, atol=near * max(box[2:]) + 0.01)


def test_a_flat_box_holds_the_level_line() -> None:
    assert any(quad.angle == 0 for quad in quads_in_box((20, 30, 160, 14), count=9))


def test_a_box_that_no_line_fits_is_taken_as_it_is() -> None:
    quads = quads_in_box((20, 30, 1000, 5))
    assert len(quads) == 1
    assert quads[0].bounds() == (20, 30, 1000, 5)


def test_a_line_becomes_a_strip_of_its_parts() -> None:
    parts = (Quad.from_box((10, 10, 100, 20)), Quad.from_box((10, 40, 60, 20)))
    strip = rectify(PHOTO, Line(parts, 0.9))
    assert strip.photo is PHOTO
    assert strip.parts == parts


def test_a_strip_of_two_parts_shares_its_width_by_length() -> None:
    pixels = np.zeros((100, 200, 3), np.uint8)
    pixels[:50], pixels[50:] = 50, 200
    strip = rectify(
        Photo(pixels), Line((Quad.from_box((20, 10, 120, 20)), Quad.from_box((20, 60, 60, 20))), 1.0)
    )
    picture = strip.render(180, 20)
    assert picture.shape == (20, 180, 3)
    assert (picture[:, :120] == 50).all()
    assert (picture[:, 120:] == 200).all()


def test_quads_are_told_in_pixels_of_the_file() -> None:
    pixels = np.zeros((100, 150, 3), np.uint8)
    pixels[20:40, 10:60] = 255
    strip = rectify(Photo(pixels, scale=0.5), Line((Quad.from_box((20, 40, 100, 40)),), 1.0))
    assert strip.render(50, 20).min() == 255


def test_a_margin_shows_what_is_around() -> None:
    pixels = np.zeros((100, 150, 3), np.uint8)
    pixels[40:60, 20:120] = 255
    strip = rectify(Photo(pixels), Line((Quad.from_box((20, 40, 100, 20)),), 1.0))
    picture = strip.render(110, 30, margin=0.25)
    assert (picture[5:25, 5:105] == 255).all()
    assert picture[:4].max() < 30


@pytest.mark.parametrize(
    ("box", "words"),
    [
        ((10, 10, 100, 0.1), "square pixels"),
        ((10, 10, 0, 0), "square pixels"),
        ((-60, 10, 100, 20), "outside"),
        ((10, 230, 100, 20), "outside"),
        ((280, 10, 100, 20), "outside"),
    ],
)
def test_a_quad_without_a_picture_is_refused(box: tuple[float, float, float, float], words: str) -> None:
    with pytest.raises(EmptyQuad, match=words):
        rectify(PHOTO, Line((Quad.from_box(box),), 1.0))


def test_a_quad_may_reach_out_by_its_height() -> None:
    rectify(PHOTO, Line((Quad.from_box((-15, 10, 100, 20)),), 1.0))


def test_area_and_edge_count_in_pixels_of_the_file() -> None:
    small = Photo(np.zeros((50, 75, 3), np.uint8), scale=0.25)
    rectify(small, Line((Quad.from_box((150, 100, 140, 20)),), 1.0))


def test_a_line_is_cut_to_where_its_characters_are() -> None:
    quad = Quad.from_line((200, 100), 300, 30, np.deg2rad(12))
    edges = np.linspace(0.2, 0.95, 18)
    found = trimmed((quad,), np.stack([edges[:-1], edges[1:]], axis=1))
    assert found is not None
    assert found[0].corners[0] == pytest.approx(quad.to_photo(np.array([[0.2, 0.0]]))[0], abs=1e-3)
    assert found[0].length == pytest.approx(0.75 * quad.length, rel=1e-3)
    assert found[0].height == pytest.approx(quad.height, rel=1e-3)


@pytest.mark.parametrize(("start", "end"), [(0.0, 1.0), (0.02, 0.98), (0.4, 0.6)])
def test_a_line_that_fits_or_makes_no_sense_is_left_alone(start: float, end: float) -> None:
    edges = np.linspace(start, end, 18)
    quad = Quad.from_box((10, 10, 300, 30))
    assert trimmed((quad,), np.stack([edges[:-1], edges[1:]], axis=1)) is None


def test_windows_hold_the_vin_behind_a_makers_name() -> None:
    whole = Quad.from_line((150, 100), 200, 14, 0.1)
    vin = whole.part(0.34, 1.0)
    best = min(
        (parts[0] for parts in windows((whole,))),
        key=lambda quad: float(np.abs(quad.corners - vin.corners).max()),
    )
    assert np.abs(best.corners - vin.corners).max() < 0.03 * whole.length
    assert windows((whole, whole)) == []


def test_a_line_is_drawn_out_at_either_end() -> None:
    quad = Quad.from_line((150, 100), 200, 14, 0.1)
    behind, before = (parts[0] for parts in drawn_out((quad,)))
    assert behind.length == before.length == pytest.approx(216, rel=1e-3)
    assert behind.corners[0] == pytest.approx(quad.corners[0], abs=1e-3)
    assert before.corners[1] == pytest.approx(quad.corners[1], abs=1e-3)
    assert drawn_out((quad, quad)) == []


def test_variants_stay_on_the_line() -> None:
    quad = Quad.from_line((150, 100), 200, 14, 0.1)
    for (moved,) in variants((quad,)):
        assert np.abs(quad.to_frame(moved.centre[None]) - 0.5).max() < 0.15
        assert moved.length == pytest.approx(quad.length, rel=0.01)
        assert not np.allclose(moved.corners, quad.corners, atol=0.5)
    assert variants((quad, quad)) == []


@pytest.mark.parametrize(("size", "directions"), [((400, 40), 1), ((40, 400), 2), ((400, 200), 0)])
def test_a_photo_cut_to_its_line_is_that_line(size: tuple[int, int], directions: int) -> None:
    quads = photo_as_line(size)
    assert len(quads) == directions
    for quad in quads:
        left, top, width, height = quad.widened(0.25 * quad.height / quad.length, 0.25).bounds()
        assert (left, top, width, height) == pytest.approx((0, 0, *size), abs=1e-3)
