"""The whole way on pictures that the project ships or draws: the VIN comes out, with boxes and times."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.choose import choose, weigh
from core.geometry import Quad, resample
from core.images import encode_jpeg
from core.quality.kinds import sentence
from core.reader import VinReader
from core.recognize.ctc import decode
from core.recognize.fuse import fuse
from core.recognize.prior import learn_prior
from core.records import Candidate, Line, Photo, Problem, Slot, Strip
from core.rectify import fits
from core.verdict import FEATURES, confidence, features, verdict
from core.vin import ALPHABET

SAMPLES = Path(__file__).resolve().parent.parent / "assets" / "samples"
VINS: dict[str, str] = json.loads((SAMPLES.parent / "samples.json").read_text())


@pytest.fixture(scope="module")
def reader() -> VinReader:
    return VinReader.load()


def slots_of(text: str, sure: float = 0.99) -> tuple[Slot, ...]:
    return tuple(Slot(c, sure, (), 0, (k / 17, (k + 1) / 17)) for k, c in enumerate(text))


def candidate(text: str, sure: float = 0.99, score: float = 0.0) -> Candidate:
    line = Line((Quad.from_box((10, 10, 170, 12)),), 0.9)
    return Candidate(line, slots_of(text, sure), {"ctc": text}, score, "")


@pytest.mark.parametrize("name", sorted(VINS))
def test_a_sample_photo_gives_its_vin(reader: VinReader, name: str) -> None:
    reading = reader.read((SAMPLES / name).read_bytes())
    assert reading.vin == VINS[name]
    assert reading.chosen is not None and len(reading.chosen.slots) == 17
    assert reading.maps is not None and reading.maps.vin.min() >= 0 and reading.maps.vin.max() <= 1
    assert {"decode", "screen", "detect", "rectify", "recognize", "choose", "inspect", "total"} <= set(
        reading.milliseconds
    )
    # What is asked for several photos only makes no reading of one out of date.
    assert set(reading.models) == {"craft", "ctc", "yolo", "quality", "overview"}


def test_the_quad_lies_where_the_text_is_also_in_a_scaled_photo(reader: VinReader) -> None:
    name = sorted(VINS)[0]
    pixels = cv2.cvtColor(cv2.imread(str(SAMPLES / name)), cv2.COLOR_BGR2RGB)
    small = reader.read(pixels)
    factor = 4
    large = reader.read(
        encode_jpeg(cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC))
    )
    assert small.vin == large.vin == VINS[name]
    assert small.chosen is not None and large.chosen is not None
    apart = large.chosen.line.parts[0].centre / factor - small.chosen.line.parts[0].centre
    assert np.abs(apart).max() < 0.02 * max(pixels.shape)
    assert large.size == (pixels.shape[1] * factor, pixels.shape[0] * factor)


def test_a_region_is_believed(reader: VinReader) -> None:
    name = sorted(VINS)[0]
    data = (SAMPLES / name).read_bytes()
    chosen = reader.read(data).chosen
    assert chosen is not None
    again = reader.read(data, Quad.from_box(chosen.line.parts[0].bounds()))
    assert again.vin == VINS[name]
    assert again.chosen is not None and again.chosen.line.origin == "region"


def test_room_beyond_the_border_is_not_taken(reader: VinReader, monkeypatch: pytest.MonkeyPatch) -> None:
    name = sorted(VINS)[0]
    plain = reader.read((SAMPLES / name).read_bytes())
    far = Line((Quad.from_box((-90, 10, 400, 12)),), 0.9)
    monkeypatch.setattr("core.reader.framed", lambda chosen: replace(chosen, line=far))
    reading = reader.read((SAMPLES / name).read_bytes())
    assert reading.vin == plain.vin
    assert reading.chosen is not None and fits(reading.chosen.line, reading.size)


@pytest.mark.parametrize("turned", [False, True])
def test_a_photo_cut_to_the_vin_is_read(reader: VinReader, turned: bool) -> None:
    name = sorted(VINS)[1]
    pixels = cv2.cvtColor(cv2.imread(str(SAMPLES / name)), cv2.COLOR_BGR2RGB)
    chosen = reader.read(pixels).chosen
    assert chosen is not None
    quad = chosen.line.parts[0].widened(0.01, 0.08)
    cut = resample(pixels, quad, round(quad.length), round(quad.height))
    assert reader.read(np.rot90(cut) if turned else cut).vin == VINS[name]


def test_bad_photos_become_readings_that_say_why(reader: VinReader) -> None:
    empty, text, black = reader.read_many([b"", b"not a photo at all", np.zeros((200, 300, 3), np.uint8)])
    assert empty.status == text.status == "error" and empty.error and text.error
    assert black.status == "retake" and black.problems[0].kind == "dark"
    assert json.dumps([reading.to_json("x.jpg") for reading in (empty, text, black)])


def test_troubles_of_another_line_name_no_characters_of_the_chosen_one(
    reader: VinReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    far = Problem("glare", 0.8, (13, 14), sentence("glare", (13, 14)))
    monkeypatch.setattr("core.reader.inspect", lambda *_: ())
    monkeypatch.setattr("core.reader.why", lambda *_: (far,))
    monkeypatch.setattr("core.reader.confidence", lambda *_: 0.1)
    data = (SAMPLES / sorted(VINS)[0]).read_bytes()
    reading = reader.read(data)
    assert reading.chosen is not None
    assert reading.problems == (Problem("glare", 0.8, (), sentence("glare", ())),)
    # Where no line is shown there is none to be mistaken for, so the places stay.
    monkeypatch.setattr("core.reader.choose", lambda *_: (None, ()))
    assert reader.read(data).problems == (far,)


def test_a_photo_without_text_has_no_vin(reader: VinReader) -> None:
    rng = np.random.default_rng(4)
    field = cv2.resize(rng.uniform(40, 200, (5, 7, 3)), (500, 380), interpolation=cv2.INTER_CUBIC)
    out_of_focus = np.clip(field, 0, 255).astype(np.uint8)
    sharp = out_of_focus.copy()
    for colour in (20, 230, 120):
        cv2.fillConvexPoly(sharp, rng.integers(0, 380, (3, 2)).astype(np.int32), (colour,) * 3)
    reading = reader.read(sharp)
    assert reading.status == "no_vin" and reading.vin is None
    hopeless = reader.read(out_of_focus)
    assert hopeless.status == "retake" and hopeless.problems[0].kind == "defocus"


def test_the_check_digit_is_evidence_not_a_filter() -> None:
    line = Line((Quad.from_box((0, 0, 170, 12)),), 1.0)
    strip = Strip(Photo(np.zeros((20, 200, 3), np.uint8)), line.parts)
    frames = np.full((1, 40, 34), math.log(1e-4))
    for k, character in enumerate("1M8GDM9AXKP042788"):
        frames[0, 2 * k + 2, ALPHABET.index(character) + 1] = 0.0
        frames[0, 2 * k + 3, 0] = 0.0
    views = {"ctc": decode(frames - np.logaddexp.reduce(frames, axis=2, keepdims=True))[0]}
    assert weigh(line, fuse(views, strip), views).text == "1M8GDM9AXKP042788"
    good = weigh(line, slots_of("1M8GDM9AXKP042788"), views)
    assert "check digit valid" in good.reason
    wrong = weigh(line, slots_of("1M8GDM9A0KP042788"), views)
    assert wrong.score < good.score
    assert choose([wrong], -100)[0] is wrong


def test_choice_prefers_the_best_and_refuses_what_fits_nothing() -> None:
    best, worse = candidate("XW8ZZZ1KZAG501915", score=-1), candidate("XW8ZZZ1KZAG501916", score=-9)
    assert choose([worse, best], -20) == (best, (worse,))
    assert choose([worse], -5) == (None, (worse,))
    assert choose([], -5) == (None, ())


def test_between_two_that_read_well_the_more_usual_one_is_meant() -> None:
    prior = learn_prior([f"JHMGE8H42AS0212{number:02}" for number in range(40)])
    early, right = candidate("NJHMGE8H42AS02123", score=-0.9), candidate("JHMGE8H42AS021233", score=-1.1)
    assert choose([early, right], -20)[0] is early
    assert choose([early, right], -20, prior)[0] is right
    # It is no reason to take a line that reads badly.
    bad = candidate("JHMGE8H42AS021233", score=-19)
    assert choose([early, bad], -20, prior)[0] is early


def test_confidence_follows_the_weights_of_the_card() -> None:
    sure, unsure = candidate("XW8ZZZ1KZAG501915", 0.99), candidate("XW8ZZZ1KZAG501915", 0.7)
    settings = {"bias": 2.0, "odds": 1.0, "weakest": 0.0, "length": 0.0, "valid": 0.0, "invalid": 0.0}
    assert len(features(sure)) == len(FEATURES)
    assert confidence(sure, settings) > confidence(unsure, settings)
    product = 0.99**17
    assert confidence(sure, {}) == pytest.approx(product, abs=1e-6)
    odds = math.exp(2) * product / (1 - product)
    assert confidence(sure, settings) == pytest.approx(odds / (1 + odds), abs=1e-6)


def test_verdicts() -> None:
    glare = Problem("glare", 0.8, (8, 9), "Tilt the phone.")
    assert verdict(0.99, (glare,), 0.95) == "accepted"
    assert verdict(0.6, (glare,), 0.95) == "review"
    assert verdict(0.05, (glare,), 0.95) == "retake"
    assert verdict(0.05, (), 0.95) == "review"
