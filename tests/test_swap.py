"""New VINs on real plates: the old text is gone, the new one is where its extents say."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from core.geometry import Quad
from core.learn.crops import Crop, augmented
from core.learn.plates import Plates
from core.synth.capture import bent
from core.synth.strokes import StrokeFamily, stroke_glyph
from core.synth.swap import Donor, donor, swapped
from core.vin import is_vin

VIN = "WVWZZZ1KZ6W079426"


def plate(text: str = VIN, light: bool = True, tilt: float = 0.05) -> tuple[np.ndarray, Quad]:
    """A written line on plain ground, a little tilted, as a photo would show it."""
    family = StrokeFamily(width=0.6, weight=0.12)
    canvas = np.zeros((60, 700), np.float32)
    pen = 20.0
    for character in text:
        ink, left, top, advance = stroke_glyph(family, 44, character)
        x, y = round(pen) + left, 45 + top
        canvas[y : y + ink.shape[0], x : x + ink.shape[1]] = ink
        pen += advance
    right, cap = pen, 0.72 * 44
    scale = 240 / right
    matrix = np.array([[scale, 0, 20], [tilt * scale, scale, 30], [0, 0, 1]])
    cover = cv2.warpPerspective(cv2.GaussianBlur(canvas, (0, 0), 1.0), matrix, (290, 90)) / 255
    ground, letters = (40.0, 200.0) if light else (210.0, 50.0)
    corners = np.array([[14, 45 - cap - 3], [right + 4, 45 - cap - 3], [right + 4, 48], [14, 48]])
    placed = corners @ matrix[:2, :2].T + matrix[:2, 2]
    return (ground + cover * (letters - ground)).astype(np.uint8), Quad(placed)


@pytest.mark.parametrize("light", [True, False])
def test_the_old_text_is_taken_out(light: bool) -> None:
    pixels, quad = plate(light=light)
    found = donor(pixels, quad)
    assert found is not None
    before, after = pixels.astype(float), found.ground
    assert before.std() > 20 and after.std() < 0.2 * before.std()
    level = float(np.median(found.ink[30:60, 30:250]))
    assert abs(level - (200 if light else 50)) < 45


def test_where_nothing_is_written_nothing_is_taken_out() -> None:
    rng = np.random.default_rng(1)
    noise = rng.normal(128, 3, (90, 290)).astype(np.uint8)
    assert donor(noise, plate()[1]) is None


def sharp(found: Donor) -> Donor:
    return replace(found, grain=0.0)


def test_extents_are_where_the_new_ink_is() -> None:
    pixels, quad = plate()
    found = donor(pixels, quad)
    assert found is not None
    for seed in range(30):
        rng = np.random.default_rng(seed)
        picture, extents = swapped(sharp(found), "1M8GDM9AXKP042788", rng)
        assert picture.shape == pixels.shape and extents.shape == (17, 2)
        assert (np.diff(extents.mean(axis=1)) > 0).all()
        changed = np.abs(picture.astype(float) - found.ground) > 60
        left, right = (float(extents[k].mean()) for k in (0, -1))
        columns = np.nonzero(changed.any(axis=0))[0]
        ends = quad.to_photo(np.array([[extents[0, 0], 0.5], [extents[-1, 1], 0.5]]))[:, 0]
        # Stars stand outside of the extents; ink never does otherwise.
        assert columns[0] <= ends[0] + 2 and columns[-1] >= ends[1] - 3
        assert -0.1 < left < right < 1.1


def test_the_same_generator_gives_the_same_plate() -> None:
    pixels, quad = plate()
    plates = Plates([Crop(pixels, quad, VIN)])
    first, second = (plates.draw(np.random.default_rng(9)) for _ in range(2))
    assert first is not None and second is not None and is_vin(first.text)
    assert first.text == second.text and np.array_equal(first.pixels, second.pixels)


def test_photos_without_text_give_no_plates() -> None:
    blank = np.full((90, 290), 90, np.uint8)
    assert Plates([Crop(blank, plate()[1], VIN)]).draw(np.random.default_rng(0)) is None


def test_augmentation_carries_the_extents_along() -> None:
    """A single bright character on black: its extent in the strip is where the strip is bright."""
    pixels = np.zeros((80, 300), np.uint8)
    pixels[30:50, 100:120] = 250
    quad = Quad.from_box((20.0, 28.0, 260.0, 24.0))
    extents = np.array([[(100 - 20) / 260, (120 - 20) / 260]] * 17)
    for seed in range(40):
        strip, moved = augmented(Crop(pixels, quad, VIN, extents), np.random.default_rng(seed), 640, 64)
        assert moved is not None
        middle = strip[20:44].astype(float)
        contrast = np.abs(middle - np.median(middle)).mean(axis=0)
        weight = np.where(contrast > 0.5 * contrast.max(), contrast, 0)
        centre = float((weight * (np.arange(640) + 0.5)).sum() / weight.sum())
        # Smears and shades of the augmentation may cover a part; on most strips the centre is exact.
        if abs(centre - 640 * moved[0].mean()) <= 4:
            continue
        assert contrast[int(640 * moved[0].mean())] > 0.2 * contrast.max(), seed


def test_bending_moves_extents_with_the_ink() -> None:
    for seed in range(30):
        strip = np.zeros((32, 640), np.uint8)
        strip[:, 300:310] = 255
        picture, moved = bent(strip, np.array([[300 / 640, 310 / 640]]), np.random.default_rng(seed))
        ink = np.nonzero(picture[16] > 127)[0]
        assert np.abs(moved[0] * 640 - [ink[0], ink[-1] + 1]).max() <= 1.0
