"""What is not accepted however sure the reading is, and what is read although it looks hopeless."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.cli.read import line
from core.geometry import Quad
from core.images import decode
from core.quality.screen import screen
from core.reader import VinReader
from core.recognize.fuse import slots_of
from core.recognize.strips import MARGIN, places
from core.records import Candidate, Line, Photo, Problem, Slot, SlotPosteriors, Strip
from core.store.batch import around
from core.verdict import held_back, other_vins
from core.vin import ALPHABET, LENGTH

SAMPLES = Path(__file__).resolve().parent.parent / "assets" / "samples"
VINS: dict[str, str] = json.loads((SAMPLES.parent / "samples.json").read_text())
VIN, OTHER = "1M8GDM9AXKP042788", "XW8ZZZ1KZAG501915"


@pytest.fixture(scope="module")
def reader() -> VinReader:
    return VinReader.load()


def candidate(text: str, top: float = 10, sure: float = 0.99) -> Candidate:
    slots = tuple(Slot(c, sure, (), 0, (k / 17, (k + 1) / 17)) for k, c in enumerate(text))
    return Candidate(Line((Quad.from_box((10, top, 170, 12)),), 0.9), slots, {"ctc": text}, 0.0, "")


def test_a_check_digit_that_binds_and_fails_is_for_a_person() -> None:
    assert not held_back(candidate(VIN), ())
    assert held_back(candidate(VIN[:8] + "1" + VIN[9:]), ())
    assert not held_back(candidate(OTHER), ())  # nothing binds there


@pytest.mark.parametrize(("severity", "held"), [(0.2, False), (0.3, True), (0.9, True)])
def test_what_the_picture_cuts_off_is_not_read(severity: float, held: bool) -> None:
    assert held_back(candidate(VIN), (Problem("cut", severity, (0,), ""),)) is held
    assert not held_back(candidate(VIN), (Problem("glare", severity, (0,), ""),))


class TestAnotherVin:
    def test_elsewhere_on_the_photo_is_told(self) -> None:
        assert other_vins(candidate(VIN), [candidate(VIN), candidate(OTHER, 60)], {}) == (OTHER,)

    @pytest.mark.parametrize(
        "other",
        [
            candidate(OTHER, 12),  # the same line, read otherwise
            candidate(VIN, 60),  # the same VIN again
            candidate(VIN[:15] + "11", 60),  # the same VIN, misread on its second label
            candidate(OTHER, 60, sure=0.9),  # 0.17 for all: any row of text
        ],
    )
    def test_but_no_second_look_at_the_same_one(self, other: Candidate) -> None:
        assert other_vins(candidate(VIN), [other], {}) == ()

    def test_each_once(self) -> None:
        shifted = candidate("W" + OTHER[:16], 62)
        assert other_vins(candidate(VIN), [candidate(OTHER, 60), shifted], {}) == (OTHER,)

    def test_two_labels_on_one_photo_go_to_review(self, reader: VinReader) -> None:
        names = sorted(VINS)[:2]
        photos = [decode((SAMPLES / name).read_bytes()).pixels for name in names]
        width = min(photo.shape[1] for photo in photos)
        reading = reader.read(np.vstack([photo[:, :width] for photo in photos]))
        assert {reading.vin, *reading.other_vins} == {VINS[name] for name in names}
        assert reading.status == "review"
        assert line("a.jpg", reading).endswith(f"another VIN {reading.other_vins[0]}")
        assert reading.to_json("a.jpg")["other_vins"] == list(reading.other_vins)
        assert reading.chosen is not None
        around_one = reader.read(
            np.vstack([photo[:, :width] for photo in photos]), reading.chosen.line.parts[0]
        )
        assert around_one.vin == reading.vin and around_one.other_vins == ()


def written(ground: int, ink: int, shape: tuple[int, int], size: float) -> np.ndarray:
    """One line of a VIN, small in a large calm picture."""
    picture = np.full((*shape, 3), ground, np.uint8)
    at = (shape[1] // 3, shape[0] // 2)
    cv2.putText(
        picture, VIN, at, cv2.FONT_HERSHEY_SIMPLEX, size, (ink,) * 3, max(1, round(2 * size)), cv2.LINE_AA
    )
    return picture


@pytest.mark.parametrize(
    ("ground", "ink", "shape", "size"),
    [
        (255, 0, (2339, 1654), 1.7),  # a sheet of paper
        (252, 30, (3000, 4000), 3.0),
        (30, 90, (3000, 4000), 3.0),  # a smooth dark panel
        (2, 220, (3000, 4000), 3.0),  # a lit plate at night
    ],
)
def test_a_small_line_in_a_calm_picture_is_not_hopeless(
    ground: int, ink: int, shape: tuple[int, int], size: float
) -> None:
    assert screen(Photo(np.full((*shape, 3), ground, np.uint8))) is not None
    assert screen(Photo(written(ground, ink, shape, size))) is None


def test_where_a_person_says_that_a_vin_is_the_whole_picture_is_not_asked(reader: VinReader) -> None:
    black = np.full((300, 900, 3), 3, np.uint8)
    assert reader.read(black).status == "retake"
    told = reader.read(black, Quad.from_box((100, 100, 700, 50)))
    assert "detect" in told.milliseconds and told.status != "accepted"


def test_characters_of_a_vin_in_two_parts_stand_where_they_were_seen() -> None:
    """Each part is rendered with its own margins: readers tell of that, slots of their quad."""
    parts = (Quad.from_box((20, 20, 270, 30)), Quad.from_box((20, 60, 240, 30)))
    strip = Strip(Photo(np.zeros((120, 320, 3), np.uint8)), parts)
    edges = np.concatenate([np.linspace(0, 270 / 510, 10), np.linspace(270 / 510, 1, 9)[1:]])
    extents = np.stack([edges[:-1], edges[1:]], axis=1).astype(np.float32)
    seen = SlotPosteriors(np.eye(LENGTH, len(ALPHABET), dtype=np.float32), extents, -0.1, VIN)
    slots = slots_of(seen.probabilities, {"yolo": seen}, strip)
    assert [slot.part for slot in slots] == [0] * 9 + [1] * 8
    assert slots[0].extent[0] == pytest.approx(-MARGIN * 30 / 270, abs=1e-3)
    assert slots[16].extent[1] == pytest.approx(1 + MARGIN * 30 / 240, abs=1e-3)
    assert places(strip, slots) == pytest.approx(extents, abs=1e-5)


def test_a_region_in_two_parts_is_read_around_both() -> None:
    one, other = (
        ((10.0, 10.0), (90.0, 10.0), (90.0, 20.0), (10.0, 20.0)),
        ((12.0, 30.0), (80.0, 30.0), (80.0, 42.0), (12.0, 42.0)),
    )
    both = around((one, other))
    assert both is not None and both.bounds() == (10.0, 10.0, 80.0, 32.0)
    alone = around((one,))
    assert alone is not None and alone.bounds() == (10.0, 10.0, 80.0, 10.0)
    assert around(()) is None


def test_a_reading_keeps_what_else_it_saw(reader: VinReader) -> None:
    reading = reader.read((SAMPLES / min(VINS)).read_bytes())
    assert reading.other_vins == () and replace(reading, other_vins=(OTHER,)).to_json("x")["other_vins"] == [
        OTHER
    ]


def test_a_panorama_is_looked_at_as_closely_as_a_photo(reader: VinReader) -> None:
    name = "sample-1.jpg"
    sample = decode((SAMPLES / name).read_bytes()).pixels
    chosen = reader.read(sample).chosen
    assert chosen is not None
    shrunk = 600 / chosen.line.parts[0].length
    label = cv2.resize(sample, None, fx=shrunk, fy=shrunk, interpolation=cv2.INTER_AREA)
    rng = np.random.default_rng(0)
    field = cv2.resize(rng.uniform(60, 180, (14, 62, 3)).astype(np.float32), (12000, 2400))
    wide = np.clip(field + rng.normal(0, 6, (2400, 12000, 1)).astype(np.float32), 0, 255).astype(np.uint8)
    top, left = (2400 - label.shape[0]) // 2, 3500
    wide[top : top + label.shape[0], left : left + label.shape[1]] = label
    small = cv2.resize(wide, (6000, 1200), interpolation=cv2.INTER_AREA)
    assert reader.read(small).vin == VINS[name]
