"""Lines of several photos laid on top of each other, and when that is asked for."""

from __future__ import annotations

import io
from dataclasses import replace

import cv2
import numpy as np
import pytest
from PIL import Image
from test_several import OTHER, RULES, SETTINGS, VIN, evidence, reading

from core.cli.read import car_lines
from core.geometry import Quad
from core.images import ImageError, decode
from core.reader import VinReader
from core.records import BarCode, Candidate, Line, Photo, Slot
from core.rectify import rectify
from core.several import CarReading, SecondLook, doubtful, fuse_photos, stack, torn
from core.several.stacking import HEIGHT, WIDTH
from core.synth.strips import MARGIN, StripConfig, synthetic_strip

STRIPS = StripConfig(640, 96, smallest=16, largest=20, jitter=0.0, bent=0.0)


@pytest.fixture(scope="module")
def reader() -> VinReader:
    return VinReader.load()


def lit(pixels: np.ndarray, light: str) -> np.ndarray:
    """Half in shadow, from dark to bright along the line, or dark above and below it."""
    rows, columns = (np.linspace(0, 1, side, dtype=np.float32) for side in pixels.shape[:2])
    shade = {
        "even": np.ones(pixels.shape[:2], np.float32),
        "shadow": np.broadcast_to(np.where(columns < 0.5, 0.45, 1.0), pixels.shape[:2]),
        "ramp": np.broadcast_to(0.4 + 0.6 * columns, pixels.shape[:2]),
        "plate": np.broadcast_to(np.where(np.abs(rows - 0.5) < 0.4, 1.0, 0.2)[:, None], pixels.shape[:2]),
    }[light]
    return (pixels * shade[..., None]).astype(np.uint8)


def seen(
    pixels: np.ndarray, extents: np.ndarray, noise: int, shift: float = 0.0
) -> tuple[int, Photo, Candidate]:
    """A noisy photo of the strip, ``shift`` pixels to the right, and its line as it was found."""
    rng = np.random.default_rng(noise)
    moved = cv2.warpAffine(pixels, np.array([[1, 0, shift], [0, 1, 0.0]]), pixels.shape[1::-1], borderMode=1)
    noisy = np.clip(moved + rng.normal(0, 25, moved.shape), 0, 255).astype(np.uint8)
    top = STRIPS.height * MARGIN / (1 + 2 * MARGIN)
    begin, end = STRIPS.width * extents[0, 0] + shift, STRIPS.width * extents[-1, 1] + shift
    # Each photo's line is a little off in its own way.
    box = (begin - 4 * rng.random(), top, end - begin + 6 * rng.random(), STRIPS.height - 2 * top)
    quad = Quad.from_box(box)
    inside = (STRIPS.width * extents + shift - quad.corners[0, 0]) / quad.length
    slots = tuple(Slot("A", 0.9, (), 0, (float(a), float(b))) for a, b in inside)
    return noise, Photo(noisy), Candidate(Line((quad,), 0.9), slots, {}, -1.0, "")


def strip(seed: int) -> tuple[np.ndarray, np.ndarray]:
    made = synthetic_strip(np.random.default_rng([31, seed]), STRIPS)
    return np.repeat(made.pixels[..., None], 3, axis=2), made.extents


def test_noise_falls_where_lines_are_laid_on_each_other() -> None:
    pixels, extents = strip(1)
    views = [seen(pixels, extents, noise, 5.0 * noise) for noise in range(4)]
    laid = stack(views)
    assert laid is not None and laid.used == (0, 1, 2, 3)
    assert laid.photo.pixels.shape == (HEIGHT, WIDTH, 3)
    _, photo, first = views[0]
    truth = rectify(Photo(pixels), first.line).render(WIDTH, HEIGHT, 0.25).astype(float)
    alone = rectify(photo, first.line).render(WIDTH, HEIGHT, 0.25)

    def like(picture: np.ndarray) -> float:
        smooth = cv2.GaussianBlur(picture, (0, 0), 1.5)
        return float(np.corrcoef(smooth.ravel(), truth.ravel())[0, 1])

    assert like(laid.photo.pixels) > like(alone)


@pytest.mark.parametrize("light", ["even", "shadow", "ramp", "plate"])
def test_another_line_in_the_same_light_is_left_out(light: str) -> None:
    kept, strange = 0, 0
    for seed in (1, 2, 3):
        pixels, extents = strip(seed)
        other, theirs = strip(seed + 10)
        views = [
            seen(lit(pixels, light), extents, 1),
            seen(lit(other, light), theirs, 9),
            seen(lit(pixels, light), extents, 2, 4.0),
        ]
        laid = stack(views)
        kept += laid is not None and 2 in laid.used
        strange += laid is not None and 9 in laid.used
    assert kept == 3 and strange == 0


def test_alone_or_without_strokes_nothing_is_laid_on_anything() -> None:
    view = seen(*strip(1), 1)
    assert stack([view]) is None and stack([]) is None
    plain = Photo(np.full((96, 640, 3), 128, np.uint8))
    assert stack([(0, plain, view[2]), (1, plain, view[2])]) is None
    parts = (view[2].line.parts[0].part(0, 0.5), view[2].line.parts[0].part(0.5, 1))
    torn = replace(view[2], line=replace(view[2].line, parts=parts))
    laid = stack([(0, view[1], torn), view, (3, *view[1:])])
    assert laid is not None and laid.used == (1, 3)  # of two parts nothing is laid


def car(*confidences: float, texts: tuple[str, ...] = ()) -> CarReading:
    readings = [reading(evidence(text), sure) for text, sure in zip(texts, confidences, strict=True)]
    return fuse_photos(readings, RULES, SETTINGS)


def test_only_photos_that_leave_one_vin_in_doubt_are_asked_for() -> None:
    near = VIN[:5] + "B" + VIN[6:]
    assert doubtful(car(0.95, 0.96, texts=(VIN, VIN))) == ()
    assert doubtful(car(0.97, 0.97, texts=(VIN, OTHER))) == ()
    assert doubtful(car(0.3, texts=(VIN,))) == ()
    two = [reading(evidence(VIN, seen), 0.99) for seen in (0.97, 0.96)]
    agreed = replace(fuse_photos(two, RULES, SETTINGS), status="review")
    assert doubtful(agreed) == (0, 1) and not torn(agreed)  # nothing new on top of each other
    three = [reading(evidence(VIN, seen), 0.99) for seen in (0.97, 0.96, 0.95)]
    assert (
        doubtful(replace(fuse_photos(three, RULES, SETTINGS), status="review")) == ()
    )  # not to be overruled
    split = fuse_photos([*two, reading(evidence(near), 0.5)], RULES, SETTINGS)
    assert doubtful(replace(split, status="review")) == (0, 1, 2)
    code = BarCode("Code 39", OTHER, Quad.from_box((0, 0, 10, 10)))
    assert doubtful(replace(agreed, bar_codes=(code,))) == ()  # a bar code's doubt
    apart = replace(car(0.3, 0.6, texts=(VIN, near)), status="review")
    assert doubtful(apart) == (1, 0) and torn(apart)  # the surest first


B_FOR_9 = {5: ("B", 0.6)}
UNSURE = [reading(evidence(VIN, unsure=B_FOR_9), 0.4), reading(evidence(VIN, unsure=B_FOR_9), 0.5)]


def laid(text: str) -> SecondLook:
    return SecondLook(reading(evidence(text, 0.999), 0.99), (1, 0))


def test_what_they_show_together_may_decide_but_makes_nobody_sure() -> None:
    before = fuse_photos(UNSURE, RULES, SETTINGS)
    assert before.vin == VIN[:5] + "B" + VIN[6:]
    told = fuse_photos(UNSURE, RULES, SETTINGS, look_again=lambda _: laid(VIN))
    assert told.vin == VIN and told.status == "review" and told.confidence <= 0.9
    assert told.stacked == (1, 0) and len(told.photos) == 2 and len(told.slots[5].words) == 2
    same = fuse_photos(UNSURE, RULES, SETTINGS, look_again=lambda car: laid(car.vin or ""))
    assert replace(same, stacked=()) == before
    assert fuse_photos(UNSURE, RULES, SETTINGS, look_again=lambda _: None) == before


def test_a_bar_code_may_make_it_sure() -> None:
    code = BarCode("Code 39", VIN, Quad.from_box((0, 0, 10, 10)))
    with_code = [replace(UNSURE[0], bar_codes=(code,)), UNSURE[1]]
    assert fuse_photos(with_code, RULES, SETTINGS).status == "review"  # it contradicts
    told = fuse_photos(with_code, RULES, SETTINGS, look_again=lambda _: laid(VIN))
    assert (told.vin, told.status) == (VIN, "accepted")


def test_the_line_and_the_json_name_the_photos() -> None:
    told = fuse_photos(UNSURE, RULES, SETTINGS, look_again=lambda _: laid(VIN))
    assert "in doubt\tread once more with photos 2, 1 laid on top of each other" in car_lines(told)
    assert told.to_json(["a.jpg", "b.jpg"])["stacked"] == [1, 0]


def jpeg(noise: int, scale: float, turned: bool) -> bytes:
    """A noisy photo of the same plate, stored on its side where ``turned``."""
    pixels, _ = strip(1)
    ground = np.full((400, 720, 3), 150, np.uint8)
    ground[150:246, 40:680] = pixels
    big = cv2.resize(ground, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    noisy = np.clip(big + np.random.default_rng(noise).normal(0, 8, big.shape), 0, 255).astype(np.uint8)
    image = Image.fromarray(np.rot90(noisy) if turned else noisy)
    exif = Image.Exif()
    exif[0x0112] = 6 if turned else 1  # turn a quarter to the right to see it
    file = io.BytesIO()
    image.save(file, "JPEG", quality=90, exif=exif)
    return file.getvalue()


def test_photos_of_any_size_and_side_are_laid_on_each_other(reader: VinReader) -> None:
    files = [jpeg(1, 1.0, False), jpeg(2, 3.5, False), jpeg(3, 1.2, True)]
    readings = [reader.read(data) for data in files]
    assert all(one.vin for one in readings)
    sure = reader.one_car(readings)
    parts = tuple(
        replace(photo, part=part, confidence=confidence, vin=vin)
        for photo, part, confidence, vin in zip(
            sure.photos,
            ("outvoted", "agrees", "agrees"),
            (0.4, 0.3, 0.5),
            (VIN, sure.vin, sure.vin),
            strict=True,
        )
    )
    unsure = replace(sure, status="review", photos=parts)
    look = reader._look_again(readings, unsure, lambda number: decode(files[number]))
    assert look is not None and look.photos == (2, 0, 1)
    assert look.stacked is not None and look.stacked.vin == readings[1].vin
    assert set(look.looks) == {0, 1, 2}


def test_photos_are_fetched_only_where_they_help(reader: VinReader) -> None:
    asked: list[int] = []

    def photo_of(number: int) -> Photo:
        asked.append(number)
        raise ImageError("gone")

    sure = [reading(evidence(VIN, 0.9999), 0.999), reading(evidence(VIN, 0.9999), 0.999)]
    assert reader.one_car(sure, photo_of).status == "accepted" and asked == []
    apart = [reading(evidence(VIN, unsure=B_FOR_9), 0.4), reading(evidence(VIN, 0.6, unsure=B_FOR_9), 0.3)]
    assert reader.one_car(apart, photo_of) == reader.one_car(apart)  # what is gone cannot help
    assert sorted(asked) == [0, 1]
