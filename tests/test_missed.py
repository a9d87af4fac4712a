"""What is told where no VIN was read: the row most like one, followed on to 17 characters."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from core.geometry import Quad
from core.images import from_array
from core.missed import followed, why
from core.quality.measures import Ends
from core.quality.view import View
from core.reader import VinReader
from core.records import Candidate, HeatMaps, Line, Photo
from core.rectify import rectify
from core.synth.scenes import SceneConfig, SyntheticScene, synthetic_scene
from core.vin import LENGTH

ROW = Quad.from_line((200, 160), 340, 22, 0.1)


def peaks(first: int, behind: int) -> HeatMaps:
    """Characters ``first`` to ``behind`` of a row of 17, as a detector sees them at half of the size."""
    region = np.zeros((160, 200), np.float32)
    for x, y in ROW.to_photo(np.array([[(k + 0.5) / LENGTH, 0.5] for k in range(first, behind)])) / 2:
        cv2.circle(region, (round(x), round(y)), 2, 1.0, -1)
    region = cv2.GaussianBlur(region, (0, 0), 1.5)
    return HeatMaps(region / region.max(), np.zeros_like(region), np.zeros_like(region), 0.5)


@pytest.mark.parametrize(("first", "behind"), [(0, 11), (5, 17)])
def test_a_piece_is_followed_to_where_the_rest_was(first: int, behind: int) -> None:
    piece = Line((ROW.part(first / LENGTH, behind / LENGTH),), 0.9)
    found = followed(peaks(first, behind), piece)
    wholes = [one.line.parts[0] for one in found]
    nearest = min(range(len(wholes)), key=lambda k: float(np.abs(wholes[k].corners - ROW.corners).max()))
    assert np.abs(wholes[nearest].corners - ROW.corners).max() < 0.7 * ROW.length / LENGTH
    assert found[nearest].missed == {*range(first), *range(behind, LENGTH)}


def test_neither_a_whole_row_nor_a_blot_is_followed() -> None:
    assert followed(peaks(0, 17), Line((ROW,), 0.9)) == []
    assert followed(peaks(0, 3), Line((ROW.part(0, 3 / LENGTH),), 0.9)) == []
    assert followed(peaks(0, 11), Line((ROW.part(0, 0.3), ROW.part(0.35, 0.65)), 0.9)) == []


@pytest.fixture(scope="module")
def reader() -> VinReader:
    return VinReader.load()


@pytest.fixture(scope="module")
def scene() -> SyntheticScene:
    config = SceneConfig(empty=0.0, turned=0.0, certification=0.0)
    made = (synthetic_scene(np.random.default_rng([78, seed]), config) for seed in range(40))
    return next(one for one in made if one.vin is not None and one.quads[one.vin].length > 250)


def test_glare_on_an_end_that_was_not_found_is_told(reader: VinReader, scene: SyntheticScene) -> None:
    """The detector gives the clean half; the glare lies where it stopped."""
    assert scene.vin is not None
    quad, pixels = scene.quads[scene.vin], scene.pixels.astype(np.float32)
    white = np.zeros(pixels.shape[:2], np.float32)
    centre = quad.to_photo(np.array([[0.87, 0.5]]))[0]
    cv2.ellipse(white, (tuple(centre), (0.3 * quad.length, 4 * quad.height), np.rad2deg(quad.angle)), 1, -1)
    white = cv2.GaussianBlur(white, (0, 0), 0.3 * quad.height)[..., None]
    photo = from_array((pixels * (1 - white) + 255 * white).astype(np.uint8))
    piece = Line((quad.part(0.0, 11 / LENGTH),), 0.9)
    # The characters that are left are seen as they are; a map of the whole would see the others as well.
    maps = reader.detector.maps(photo)
    read = reader.panel.read_exactly(photo, piece)
    assert not any(problem.kind == "glare" for problem in reader._told(photo, read))
    told = why(photo, [read], maps, reader.panel, reader.gauge)
    assert told[0].kind == "glare"
    assert np.mean(told[0].slots) > 11


def test_a_white_photo_without_a_line_is_too_bright(reader: VinReader) -> None:
    pixels = np.full((200, 300, 3), 40, np.uint8)
    pixels[:, 100:] = 255
    pixels[::7, 100:] = 250
    maps = HeatMaps(*(np.zeros((100, 150), np.float32),) * 3, 0.5)
    (told,) = why(Photo(pixels), [], maps, reader.panel, reader.gauge)
    assert (told.kind, told.severity) == ("bright", 0.5)
    assert why(Photo(np.where(pixels > 200, 120, pixels).astype(np.uint8)), [], maps, reader.panel) == ()


def test_of_a_row_that_is_no_vin_no_end_is_missing(reader: VinReader, scene: SyntheticScene) -> None:
    photo = Photo(scene.pixels)
    border = Line((Quad.from_box((1, 40, 280, 20)),), 0.9)
    read: Candidate = reader.panel.read_exactly(photo, border)
    slots = tuple(replace(one, extent=(k / 17, (k + 1) / 17)) for k, one in enumerate(read.slots))

    def cut(text: str) -> float:
        seen = replace(read, slots=slots, readers={"ctc": text, "yolo": text})
        return Ends()(View.of(rectify(photo, border), seen)).severity

    assert cut("") == cut("ABC123") == 0.0
    assert cut("1HGCM82633A1234") >= 0.5
