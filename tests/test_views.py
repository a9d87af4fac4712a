"""A closer look at a line: what is found in the cut-out lies at the same place in the photo."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from core.closer import CloserLook, first_zoom
from core.detect.lines import LineConfig
from core.detect.views import REACH, on_its_side, surroundings
from core.geometry import Quad
from core.learn.craft.targets import affinity_map, evenly_spaced, region_map
from core.records import Candidate, HeatMaps, Line, Photo


@pytest.mark.parametrize("scale", [1.0, 0.5])
def test_what_is_found_there_is_told_in_the_photo(scale: float) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (600, 900, 3)).astype(np.uint8)
    photo = Photo(pixels, scale)
    quad = Quad.from_line((420 / scale, 300 / scale), 160 / scale, 14 / scale, 0.1)
    view = surroundings(photo, Line((quad,), 1.0))
    assert view is not None
    rows, columns = view.photo.pixels.shape[:2]
    assert max(rows, columns) == pytest.approx(160 * REACH, rel=0.1)
    offset = view.matrix[:2, 2]
    here = Quad(quad.corners - offset)
    assert view.in_photo(Line((here,), 1.0)).parts[0].corners == pytest.approx(quad.corners, abs=1e-3)
    left, top = (round(value * scale) for value in offset)
    assert (view.photo.pixels == pixels[top : top + rows, left : left + columns]).all()


def test_at_the_edge_the_cut_out_ends_with_the_photo() -> None:
    photo = Photo(np.zeros((600, 900, 3), np.uint8))
    view = surroundings(photo, Line((Quad.from_line((80, 8), 150, 14, 0.0),), 1.0))
    assert view is not None and (view.matrix == np.eye(3)).all()


def test_a_line_across_the_photo_needs_no_closer_look() -> None:
    photo = Photo(np.zeros((200, 300, 3), np.uint8))
    assert surroundings(photo, Line((Quad.from_line((150, 100), 240, 20, 0.0),), 1.0)) is None


@pytest.mark.parametrize("scale", [1.0, 0.5])
@pytest.mark.parametrize(("degrees", "turn"), [(40, 0.0), (-100, 0.0), (3, np.pi)])
def test_a_tilted_line_is_level_in_its_view(scale: float, degrees: float, turn: float) -> None:
    pixels = np.zeros((600, 900, 3), np.uint8)
    angle = np.deg2rad(degrees)
    quad = Quad.from_line((420 / scale, 300 / scale), 200 / scale, 20 / scale, angle)
    cv2.fillPoly(
        pixels, [np.round(quad.corners * scale * 16).astype(np.int32)], (255, 255, 255), cv2.LINE_AA, 4
    )
    view = surroundings(Photo(pixels, scale), Line((quad,), 1.0), turn)
    assert view is not None
    rows, columns = np.nonzero(view.photo.pixels[..., 0] > 127)
    assert np.ptp(columns) == pytest.approx(200, abs=3) and np.ptp(rows) == pytest.approx(20, abs=3)
    left, top, right, bottom = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
    seen = Quad(np.array([[left, top], [right, top], [right, bottom], [left, bottom]]) / scale)
    there = view.in_photo(Line((seen,), 1.0)).parts[0]
    expected = quad.turned() if turn else quad
    assert there.corners == pytest.approx(expected.corners, abs=2.5 / scale)


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_what_is_found_in_a_turned_photo_is_told_in_the_photo(quarters: int) -> None:
    pixels = np.zeros((200, 300, 3), np.uint8)
    pixels[40:60, 100:180] = 255
    view = on_its_side(Photo(pixels, 0.5), quarters)
    rows, columns = np.nonzero(view.photo.pixels[..., 0])
    box = (2.0 * columns.min(), 2.0 * rows.min(), 2.0 * (np.ptp(columns) + 1), 2.0 * (np.ptp(rows) + 1))
    there = view.in_photo(Line((Quad.from_box(box),), 1.0)).parts[0]
    assert there.bounds() == pytest.approx((200, 80, 160, 40))


def test_prose_of_17_letters_ends_no_search() -> None:
    """``APPL1CABLEFEDERAL`` reads well, but only what may be a VIN counts."""
    line = Line((Quad.from_box((0, 0, 170, 12)),), 1.0)
    prose, vin = (Candidate(line, (), {}, score, "") for score in (-0.1, -6.0))
    look = CloserLook(None, None, lambda one: one is vin, lambda stage: None)  # type: ignore[arg-type]
    assert look._best([prose]) < -1e8
    assert look._best([prose, vin]) == -6.0


class OnlyText:
    """A detector that sees 17 level characters, and no *VIN text*, in a photo of one shape."""

    card = SimpleNamespace(settings={"threshold": 0.5})
    network = SimpleNamespace(card=card)

    def __init__(self, shape: tuple[int, int]) -> None:
        self.shape = shape

    def maps(self, photo: Photo, zoom: float = 1.0) -> HeatMaps:
        rows, columns = photo.pixels.shape[:2]
        nothing = np.zeros((rows, columns), np.float32)
        if (rows, columns) != self.shape:
            return HeatMaps(nothing, nothing, nothing, 1.0)
        boxes = evenly_spaced(Quad.from_line((150, 80), 255, 20, 0.0), 17)
        size = (rows, columns)
        return HeatMaps(region_map([boxes], size), affinity_map([boxes], size), nothing, 1.0)

    def lines(self, maps: HeatMaps, config: LineConfig) -> list[Line]:
        return []


def test_a_photo_on_its_side_is_asked_for_words_too() -> None:
    """What the first look finds among all text is found however the photo lies."""
    photo = Photo(np.zeros((300, 200, 3), np.uint8))
    look = CloserLook(OnlyText((200, 300)), None, lambda one: True, lambda stage: None)  # type: ignore[arg-type]
    looks = list(look._elsewhere(photo, HeatMaps(*(np.zeros((300, 200), np.float32),) * 3, 1.0)))
    found = [line for lines in looks for line in lines]
    assert found
    for line in found:
        quad = line.parts[0]
        assert abs(abs(np.rad2deg(quad.angle)) - 90) < 2 and quad.length == pytest.approx(255, abs=12)


def test_no_photo_is_enlarged_for_the_first_look() -> None:
    settings = {"side": 384.0, "smallest": 256.0}

    def zoom(rows: int, columns: int, settings: dict[str, float]) -> float:
        return first_zoom(Photo(np.zeros((rows, columns, 3), np.uint8)), settings)

    assert zoom(256, 200, settings) == pytest.approx(2 / 3)
    assert zoom(100, 80, settings) == pytest.approx(2 / 3)
    assert zoom(300, 320, settings) == pytest.approx(320 / 384)
    assert zoom(3000, 4000, settings) == 1.0
    # A detector whose card does not say how small it may look keeps its usual size.
    assert zoom(256, 200, {"side": 384.0}) == zoom(256, 200, {}) == 1.0


class Looks(OnlyText):
    """A detector that remembers how large it looked."""

    def __init__(self) -> None:
        super().__init__((0, 0))
        self.zooms: list[float] = []

    def maps(self, photo: Photo, zoom: float = 1.0) -> HeatMaps:
        self.zooms.append(zoom)
        return super().maps(photo, zoom)


@pytest.mark.parametrize(("score", "zooms"), [(-0.5, []), (-2.0, [1.0])])
def test_the_usual_look_follows_a_smaller_one_that_was_not_sure(score: float, zooms: list[float]) -> None:
    detector = Looks()
    sure = Candidate(Line((Quad.from_box((0, 0, 170, 12)),), 1.0), (), {}, -0.1, "")
    panel = SimpleNamespace(enough=-1.0, read=lambda photo, lines, lap: [sure])
    look = CloserLook(detector, panel, lambda one: True, lambda stage: None)  # type: ignore[arg-type]
    photo = Photo(np.zeros((64, 64, 3), np.uint8))
    first = [replace(sure, score=score)]
    found = look.candidates(photo, detector.maps(photo, 2 / 3), first, 2 / 3)
    assert detector.zooms[1:] == zooms and found == [sure] * len(zooms)
