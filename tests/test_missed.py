"""What is told where no VIN was read: the row most like one, followed on to 17 characters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
import pytest

from core.geometry import Quad
from core.images import from_array
from core.missed import followed, weighed, why
from core.quality.inspect import inspect
from core.quality.kinds import KINDS, sentence
from core.quality.measures import Ends
from core.quality.overview import Overview
from core.quality.view import View
from core.reader import VinReader
from core.records import Candidate, HeatMaps, Line, Photo, Problem
from core.rectify import rectify
from core.synth.scenes import SceneConfig, SyntheticScene, synthetic_scene
from core.synth.troubles import trouble
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
    assert not any(
        problem.kind == "glare" for problem in inspect(rectify(photo, read.line), read, reader.gauge)
    )
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


def problem(kind: str, severity: float, slots: tuple[int, ...] = ()) -> Problem:
    return Problem(kind, severity, slots, sentence(kind, slots))


def glance(**shares: float) -> dict[str, float]:
    return dict.fromkeys(KINDS, 0.01) | shares


def test_the_whole_photo_decides_between_rows_and_the_row_says_where() -> None:
    rows = [(problem("dirt", 0.7),), (problem("glare", 0.5, (4, 5)), problem("dirt", 0.4))]
    assert weighed(rows, {}) == rows[0]
    told = weighed(rows, glance(glare=0.9))
    assert [(one.kind, one.slots) for one in told] == [("glare", (4, 5)), ("dirt", ())]
    assert told[0].severity >= told[1].severity
    assert weighed(rows, glance(dirt=0.9))[0] == rows[0][0]


def test_what_no_row_shows_is_told_of_the_whole_photo() -> None:
    (told,) = weighed([], glance(dirt=0.9))
    assert (told.kind, told.slots) == ("dirt", ()) and told.severity >= 0.5
    assert weighed([(problem("cut", 0.35),)], glance(steep=0.9))[0].kind == "steep"
    assert weighed([(problem("cut", 0.35),)], glance(steep=0.2)) == (problem("cut", 0.35),)
    assert weighed([], glance(dirt=0.4)) == ()  # it is not sure, and no row is spoilt


def test_a_piece_that_is_merely_small_gives_way() -> None:
    rows = [(problem("small", 0.9),), (problem("motion", 0.4),)]
    assert weighed(rows, {})[0].kind == "motion"
    assert weighed(rows, glance())[0].kind == "motion"


@dataclass(frozen=True)
class Sees(Overview):
    """A network that has made up its mind."""

    shares: Mapping[str, float] = field(default_factory=dict)

    def look(self, photo: Photo) -> dict[str, float]:
        return dict(self.shares)


def test_where_the_reading_is_in_doubt_the_whole_photo_is_asked(
    reader: VinReader, scene: SyntheticScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert reader.overview is not None and scene.vin is not None
    muddy = replace(reader, overview=Sees(reader.overview.network, glance(dirt=0.9)))
    assert not any(one.kind == "dirt" for one in muddy.read(scene.pixels).problems)
    monkeypatch.setattr("core.reader.UNSURE", 1.0)  # now it always is
    reading = muddy.read(scene.pixels)
    assert reading.vin and reading.problems[0].kind == "dirt"
    # A person has said which line it is: what lies beside does not count.
    around = muddy.read(scene.pixels, scene.quads[scene.vin])
    assert not any(one.kind == "dirt" for one in around.problems)


def test_mud_over_the_whole_vin_is_seen_though_other_rows_are_clean(reader: VinReader) -> None:
    config = SceneConfig(empty=0.0, certification=1.0)
    named = []
    for seed in range(6):
        scene = synthetic_scene(np.random.default_rng([79, seed]), config)
        if scene.vin is None:
            continue
        corners = scene.characters[scene.vin]
        pixels, _ = trouble("dirt", scene.pixels, corners, 1.0, np.random.default_rng(seed))
        reading = reader.read(pixels)
        named += [problem.kind for problem in reading.problems[:1]] if reading.vin != scene.text else []
    assert len(named) >= 4 and named.count("dirt") >= 0.7 * len(named)
