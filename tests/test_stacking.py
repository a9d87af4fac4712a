"""Lines of several photos laid on top of each other, and when that is asked for."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from test_several import OTHER, RULES, SETTINGS, VIN, evidence, reading

from core.geometry import Quad
from core.images import ImageError
from core.reader import VinReader
from core.records import Candidate, Line, Photo, Slot
from core.several import CarReading, Stacked, doubtful, fuse_photos, stack
from core.several.stacking import HEIGHT, WIDTH
from core.synth.strips import MARGIN, StripConfig, synthetic_strip

STRIPS = StripConfig(640, 96, smallest=16, largest=20, jitter=0.0, bent=0.0)


@pytest.fixture(scope="module")
def clean() -> tuple[np.ndarray, np.ndarray]:
    strip = synthetic_strip(np.random.default_rng([31, 1]), STRIPS)
    return np.repeat(strip.pixels[..., None], 3, axis=2), strip.extents


def seen(pixels: np.ndarray, extents: np.ndarray, noise: int, shift: float = 0.0) -> tuple[Photo, Candidate]:
    """A noisy photo of the strip, ``shift`` pixels to the right, and its line as it was found."""
    rng = np.random.default_rng(noise)
    moved = cv2.warpAffine(pixels, np.array([[1, 0, shift], [0, 1, 0.0]]), pixels.shape[1::-1], borderMode=1)
    noisy = np.clip(moved + rng.normal(0, 40, moved.shape), 0, 255).astype(np.uint8)
    top = STRIPS.height * MARGIN / (1 + 2 * MARGIN)
    begin, end = STRIPS.width * extents[0, 0] + shift, STRIPS.width * extents[-1, 1] + shift
    # Each photo's line is a little off in its own way.
    quad = Quad.from_box(
        (begin - 4 * rng.random(), top, end - begin + 6 * rng.random(), STRIPS.height - 2 * top)
    )
    inside = (STRIPS.width * extents + shift - quad.corners[0, 0]) / quad.length
    slots = tuple(Slot("A", 0.9, (), 0, (float(a), float(b))) for a, b in inside)
    return Photo(noisy), Candidate(Line((quad,), 0.9), slots, {}, -1.0, "")


def test_noise_falls_where_lines_are_laid_on_each_other(clean: tuple[np.ndarray, np.ndarray]) -> None:
    pixels, extents = clean
    views = [seen(pixels, extents, noise, 5.0 * noise) for noise in range(4)]
    laid = stack(views)
    assert laid is not None and laid.used == (0, 1, 2, 3)
    assert laid.photo.pixels.shape == (HEIGHT, WIDTH, 3)
    from core.rectify import rectify

    truth = rectify(Photo(pixels), views[0][1].line).render(WIDTH, HEIGHT, 0.25).astype(float)
    alone = rectify(*[views[0][0], views[0][1].line]).render(WIDTH, HEIGHT, 0.25)

    def like(picture: np.ndarray) -> float:
        return float(np.corrcoef(picture.ravel(), truth.ravel())[0, 1])

    assert like(cv2.GaussianBlur(laid.photo.pixels, (0, 0), 1.5)) > like(cv2.GaussianBlur(alone, (0, 0), 1.5))


def test_another_line_is_left_out(clean: tuple[np.ndarray, np.ndarray]) -> None:
    pixels, extents = clean
    strange = synthetic_strip(np.random.default_rng([31, 7]), STRIPS)
    other = seen(np.repeat(strange.pixels[..., None], 3, axis=2), strange.extents, 9)
    views = [seen(pixels, extents, 1), other, seen(pixels, extents, 2)]
    laid = stack(views)
    assert laid is not None and laid.used == (0, 2)
    assert stack([views[0], other]) is None
    assert stack(views[:1]) is None and stack([]) is None
    plain = Photo(np.full((96, 640, 3), 128, np.uint8))
    assert stack([(plain, views[0][1]), (plain, views[0][1])]) is None


def car(*confidences: float, texts: tuple[str, ...] = ()) -> CarReading:
    readings = [reading(evidence(text), sure) for text, sure in zip(texts, confidences, strict=True)]
    return fuse_photos(readings, RULES, SETTINGS)


def test_only_photos_that_leave_one_vin_in_doubt_are_asked_for() -> None:
    near = VIN[:5] + "B" + VIN[6:]
    assert doubtful(car(0.95, 0.96, texts=(VIN, VIN))) == ()
    assert doubtful(car(0.97, 0.97, texts=(VIN, OTHER))) == ()
    assert doubtful(car(0.3, texts=(VIN,))) == ()
    torn = replace(car(0.3, 0.6, texts=(VIN, near)), status="review")
    assert doubtful(torn) == (1, 0)  # the surest first


def test_what_they_show_together_may_decide_but_makes_nobody_sure() -> None:
    unsure = [
        reading(evidence(VIN, unsure={5: ("B", 0.6)}), 0.4),
        reading(evidence(VIN, unsure={5: ("B", 0.6)}), 0.5),
    ]
    before = fuse_photos(unsure, RULES, SETTINGS)
    assert before.vin == VIN[:5] + "B" + VIN[6:]
    told = fuse_photos(unsure, RULES, SETTINGS, stacked=Stacked(reading(evidence(VIN, 0.999), 0.99), (1, 0)))
    assert told.vin == VIN and told.status == "review" and told.confidence <= 0.9
    assert told.stacked == (1, 0) and len(told.photos) == 2 and len(told.slots[5].words) == 2
    agreeing = Stacked(reading(evidence(before.vin, 0.999), 0.99), (1, 0))
    same = fuse_photos(unsure, RULES, SETTINGS, stacked=agreeing)
    assert replace(same, stacked=()) == before


def test_photos_are_fetched_only_where_they_help(clean: tuple[np.ndarray, np.ndarray]) -> None:
    reader = VinReader.load()
    asked: list[int] = []

    def photo_of(number: int) -> Photo:
        asked.append(number)
        raise ImageError("gone")

    sure = [reading(evidence(VIN, 0.9999), 0.999), reading(evidence(VIN, 0.9999), 0.999)]
    assert reader.one_car(sure, photo_of).status == "accepted" and asked == []
    torn = [reading(evidence(VIN, unsure={5: ("B", 0.6)}), 0.4), reading(evidence(VIN), 0.3)]
    assert reader.one_car(torn, photo_of) == reader.one_car(torn)  # what is gone cannot help
    assert asked
