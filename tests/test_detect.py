"""Maps to lines: hand-made maps give the lines that a person would draw."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from core.detect.craft import to_input
from core.detect.fit import BAND
from core.detect.lines import LineConfig, find_lines
from core.detect.words import find_words
from core.geometry import Quad
from core.learn.craft.targets import affinity_box, affinity_map, band_map, evenly_spaced, region_map
from core.records import HeatMaps

SHAPE = (160, 200)


def maps_with(*quads: Quad, scale: float = 0.5) -> HeatMaps:
    vin = np.zeros(SHAPE, np.float32)
    for quad in quads:
        vin = np.maximum(vin, band_map(quad.scaled(scale), SHAPE))
    return HeatMaps(np.zeros(SHAPE, np.float32), np.zeros(SHAPE, np.float32), vin, scale)


@pytest.mark.parametrize("degrees", [0, 7, -20, 40, 85])
def test_a_tilted_line_is_found_within_a_pixel(degrees: float) -> None:
    quad = Quad.from_line((200, 160), 230, 22, np.deg2rad(degrees))
    (line,) = find_lines(maps_with(quad), LineConfig())
    found = line.parts[0]
    assert np.abs(found.centre - quad.centre).max() < 1
    assert abs(np.rad2deg(found.angle - quad.angle)) < 0.5
    assert abs(found.length - quad.length) < 3
    assert abs(found.height - quad.height) < 2


def test_neighbouring_rows_stay_apart() -> None:
    upper, lower = (Quad.from_line((200, y), 220, 20, 0.05) for y in (140, 164))
    assert len(find_lines(maps_with(upper, lower), LineConfig())) == 2


@pytest.mark.parametrize("degrees", [0, 12, -30])
def test_a_vin_on_two_rows_is_one_candidate_of_two_parts(degrees: float) -> None:
    angle = np.deg2rad(degrees)
    across = np.array([-np.sin(angle), np.cos(angle)])
    upper, lower = (
        Quad.from_line(tuple(np.array([200.0, 150]) + shift * across), length, 22, angle)
        for shift, length in ((-16, 140), (16, 126))
    )
    *alone, both = find_lines(maps_with(upper, lower), LineConfig())
    assert len(alone) == 2 and len(both.parts) == 2
    for part, quad in zip(both.parts, (upper, lower), strict=True):
        assert np.abs(part.centre - quad.centre).max() < 2


def test_a_vin_in_two_strings_is_read_from_left_to_right() -> None:
    right, left = (Quad.from_line((x, 150), 110, 18, 0.0) for x in (290, 110))
    both = find_lines(maps_with(right, left), LineConfig())[-1]
    assert [round(part.centre[0]) for part in both.parts] == pytest.approx([110, 290], abs=2)


def test_two_whole_lines_are_no_pair() -> None:
    upper, lower = (Quad.from_line((200, y), 230, 20, 0.0) for y in (140, 172))
    assert all(len(line.parts) == 1 for line in find_lines(maps_with(upper, lower), LineConfig()))


def test_a_curved_line_is_one_line_through_its_middle() -> None:
    maps = maps_with()
    x = np.arange(40, 160)
    y = 80 + 0.0015 * (x - 100.0) ** 2
    for column, row in zip(x, y, strict=True):
        maps.vin[round(row) - 3 : round(row) + 4, column] = 1.0
    (line,) = find_lines(maps, LineConfig())
    assert line.parts[0].length == pytest.approx(240, abs=8)
    assert line.parts[0].centre == pytest.approx([200, 2 * y.mean()], abs=3)


def test_a_line_on_its_head_is_found_where_it_is() -> None:
    quad = Quad.from_line((200, 160), 230, 22, np.pi - 0.1)
    (line,) = find_lines(maps_with(quad), LineConfig())
    # Maps do not tell head from foot: the readers do.
    assert np.abs(line.parts[0].centre - quad.centre).max() < 1
    assert abs(np.rad2deg(line.parts[0].angle) + 5.7) < 0.5


def test_a_line_torn_by_glare_is_one_line() -> None:
    quad = Quad.from_line((200, 160), 240, 20, 0.1)
    maps = maps_with(quad)
    cv2.circle(maps.vin, (100, 80), 6, 0.0, -1)
    (line,) = find_lines(maps, LineConfig())
    assert line.parts[0].length == pytest.approx(240, abs=8)


def test_blobs_and_empty_maps_are_no_lines() -> None:
    maps = maps_with()
    assert find_lines(maps, LineConfig()) == []
    cv2.circle(maps.vin, (60, 60), 15, 1.0, -1)
    assert find_lines(maps, LineConfig()) == []


def test_a_region_leaves_out_what_lies_elsewhere() -> None:
    upper, lower = (Quad.from_line((200, y), 220, 20, 0.0) for y in (100, 220))
    region = Quad.from_box((80, 200, 240, 40))
    (line,) = find_lines(maps_with(upper, lower), LineConfig(), region)
    assert line.parts[0].centre[1] == pytest.approx(220, abs=2)


def test_input_keeps_proportions_and_is_padded_to_32() -> None:
    batch, scale, (rows, columns) = to_input(np.zeros((300, 1000, 3), np.uint8), 320)
    assert batch.shape == (1, 3, 96, 320) and batch.dtype == np.float32
    assert scale == pytest.approx(0.32) and (rows, columns) == (96, 320)


def test_affinity_box_joins_the_centres_of_the_triangles() -> None:
    # Baek et al. 2019, figure 3: two unit squares one apart; triangle centres lie a third from the edge.
    left = np.array([[0, 0], [6, 0], [6, 6], [0, 6]], np.float32)
    box = affinity_box(left, left + np.array([6, 0]))
    assert box == pytest.approx(np.array([[3, 1], [9, 1], [9, 5], [3, 5]]))


def test_region_peaks_on_centres_and_affinity_between_them() -> None:
    characters = [evenly_spaced(Quad.from_box((20, 60, 160, 16)), 8)]
    region, affinity = region_map(characters, SHAPE), affinity_map(characters, SHAPE)
    assert region[68, 30] > 0.9 and affinity[68, 40] > 0.9
    assert region[68, 40] < 0.2
    assert region.max() <= 1 and region[:40].max() == 0


def test_band_covers_the_middle_of_the_line() -> None:
    band = band_map(Quad.from_box((20, 60, 160, 20)), SHAPE)
    assert band.sum() == pytest.approx(160 * 20 * BAND, rel=0.1)


def lettered(*texts: tuple[Quad, int], scale: float = 0.5) -> HeatMaps:
    """Maps of region and affinity with that many characters on each quad, and no VIN text anywhere."""
    region, affinity = np.zeros(SHAPE, np.float32), np.zeros(SHAPE, np.float32)
    for quad, count in texts:
        boxes = evenly_spaced(quad.scaled(scale), count)
        region = np.maximum(region, region_map([boxes], SHAPE))
        affinity = np.maximum(affinity, affinity_map([boxes], SHAPE))
    return HeatMaps(region, affinity, np.zeros(SHAPE, np.float32), scale)


@pytest.mark.parametrize("degrees", [0, 10, -25])
def test_a_word_of_17_characters_is_found_among_other_rows(degrees: float) -> None:
    angle = np.deg2rad(degrees)
    across = np.array([-np.sin(angle), np.cos(angle)])
    middle = np.array([200.0, 160])
    vin, short, long = (
        Quad.from_line(tuple(middle + shift * across), length, 20, angle)
        for shift, length in ((0, 255), (-40, 120), (40, 345))
    )
    best, *_ = find_words(lettered((vin, 17), (short, 8), (long, 30)))
    found = best.parts[0]
    assert np.abs(found.centre - vin.centre).max() < 2
    assert abs(found.length - vin.length) < 12
    assert abs(found.height - vin.height) < 4


def test_a_name_in_front_of_the_number_is_cut_off() -> None:
    name, vin = Quad.from_line((75, 160), 60, 20, 0.0), Quad.from_line((250, 160), 255, 20, 0.0)
    best, *_ = find_words(lettered((name, 4), (vin, 17)))
    assert np.abs(best.parts[0].centre - vin.centre).max() < 3


def test_prose_holds_no_word_of_17_characters() -> None:
    words = [(Quad.from_line((60 + 62 * k, 160), 52, 18, 0.0), 5) for k in range(2)]
    assert find_words(lettered(*words)) == []
    assert find_words(maps_with()) == []
