"""Several photos of one drawn plate, and strips to learn from that something spoils."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from test_swap import plate

from core import registry
from core.geometry import Quad
from core.images import decode
from core.learn import strips
from core.learn.crops import Crop
from core.learn.strips import StripSources, StripStream
from core.panel import Panel
from core.recognize.ctc import CtcReader
from core.recognize.strips import MARGIN
from core.recognize.yolo import YoloReader
from core.records import Line, Photo
from core.synth.strips import StripConfig
from core.synth.views import STRIPS, drawn_plate, line_of, photographed, view
from core.vin import LENGTH


@pytest.fixture(scope="module")
def panel() -> Panel:
    return Panel(CtcReader(registry.load("ctc")), YoloReader(registry.load("yolo")))


def test_the_corners_lie_on_the_characters_of_every_photo(panel: Panel) -> None:
    """Along the line of the corners readers read the VIN, unspoilt and wherever the phone was."""
    rng = np.random.default_rng([8, 2])
    text, pixels, corners = drawn_plate(rng, replace(STRIPS, smallest=20, marked=0.0))
    assert pixels.shape == (STRIPS.height, STRIPS.width, 3) and corners.shape == (LENGTH, 4, 2)
    quads = []
    for _ in range(3):
        data, places = photographed(pixels, corners, rng, (0.0, 0.0))
        quads.append(line_of(places))
        assert panel.read_exactly(decode(data), Line((quads[-1],), 1.0)).text == text
    moved = [np.abs(one.corners - quads[0].corners).max() for one in quads[1:]]
    assert min(moved) > 1.0


def test_the_same_generator_gives_the_same_photos_and_each_is_another() -> None:
    def photos() -> list[tuple[bytes, Quad]]:
        rng = np.random.default_rng(4)
        _, pixels, corners = drawn_plate(rng)
        return [view(pixels, corners, rng, (0.0, 0.3)) for _ in range(3)]

    first, again = photos(), photos()
    assert [data for data, _ in first] == [data for data, _ in again]
    assert len({data for data, _ in first}) == 3
    assert all(np.array_equal(a.corners, b.corners) for (_, a), (_, b) in zip(first, again, strict=True))


def test_severe_troubles_cost_more_characters_than_mild_ones(panel: Panel) -> None:
    def right(severity: float) -> int:
        found = 0
        for number in range(10):
            rng = np.random.default_rng([6, number])
            text, pixels, corners = drawn_plate(rng)
            data, quad = view(pixels, corners, rng, (severity, severity))
            read = panel.read_exactly(decode(data), Line((quad,), 1.0)).text
            found += sum(a == b for a, b in zip(read, text, strict=True))
        return found

    assert right(0.0) > right(0.9) + 30


def test_no_strip_is_spoilt_unless_that_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("a spoilt strip was drawn")

    monkeypatch.setattr(strips, "photographed", never)
    monkeypatch.setattr(strips, "trouble", never)
    stream = StripStream(StripSources(), 320, 48)
    before = [stream.draw(np.random.default_rng(seed)).pixels for seed in range(10)]
    asked = StripStream(StripSources(spoilt=1.0), 320, 48)
    with pytest.raises(AssertionError, match="spoilt"):
        asked.draw(np.random.default_rng(0))
    assert all(one.shape == (48, 320) for one in before)


def test_spoilt_strips_say_where_their_characters_are(panel: Panel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strips, "SEVERITY", (0.0, 0.0))
    stream = StripStream(StripSources(spoilt=1.0, strips=StripConfig(jitter=0.3)), 320, 48)
    near = right = 0
    for seed in range(12):
        example = stream.draw(np.random.default_rng([3, seed]))
        assert example.extents is not None and example.extents.shape == (LENGTH, 2)
        assert (np.diff(example.extents, axis=1) > 0).all() and example.pixels.shape == (48, 320)
        text, centres = _read(panel, example.pixels)
        right += text == example.text
        near += np.abs(centres - example.extents.mean(axis=1)).max() < 0.02
    assert right >= 8 and near >= 8


def _read(panel: Panel, pixels: np.ndarray) -> tuple[str, np.ndarray]:
    """What the CTC reader makes of a strip that has its margins already: text, and centres along it."""
    rgb = np.repeat(pixels[..., None], 3, axis=2)
    height = 48 / (1 + 2 * MARGIN)
    room = MARGIN * height
    quad = Quad.from_box((room, room, 320 - 2 * room, height))
    opinion = panel.hear(Photo(rgb), Line((quad,), 1.0))["ctc"]
    return opinion.text, room / 320 + (1 - 2 * room / 320) * opinion.extents.mean(axis=1)


def test_a_swapped_plate_is_spoilt_where_its_characters_are(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels, quad = plate()
    extents = np.stack([np.arange(LENGTH), np.arange(LENGTH) + 0.9], axis=1) / LENGTH
    crop = Crop(pixels, quad, "1M8GDM9AXKP042788", extents)
    monkeypatch.setattr(strips, "SEVERITY", (0.3, 0.3))
    changed = []
    for seed in range(12):
        spoilt = strips._spoilt_plate(crop, np.random.default_rng(seed))
        assert spoilt.text == crop.text and spoilt.pixels.shape == pixels.shape
        assert spoilt.pixels.dtype == np.uint8 and spoilt.extents is extents
        changed.append((np.abs(spoilt.pixels.astype(int) - pixels) > 12).any())
    assert sum(changed) >= 9
    monkeypatch.setattr(strips, "SEVERITY", (0.0, 0.0))
    assert np.array_equal(strips._spoilt_plate(crop, np.random.default_rng(1)).pixels, pixels)
