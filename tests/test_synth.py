"""Synthetic strips and scenes: extents sit on the ink, the same seed gives the same bytes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from core.geometry import Quad
from core.synth import strips
from core.synth.capture import CaptureConfig, shoot
from core.synth.glyphs import Face, faces, glyph
from core.synth.plates import Canvas, Row, text_width, write
from core.synth.scenes import SceneConfig, synthetic_scene
from core.synth.strips import StripConfig, jittered, synthetic_strip
from core.synth.strokes import StrokeFamily, draw_family
from core.synth.vins import noise_vin, plausible_vin, random_vin
from core.vin import ALPHABET, check_digit_status, is_vin

CLEAN = CaptureConfig(blur=0.0, motion=0.0, noise=0.0, jpeg=0.0, glare=0.0, lowcontrast=0.0)


def test_without_its_capture_a_picture_keeps_every_pixel() -> None:
    picture = np.random.default_rng(1).integers(0, 256, (24, 90)).astype(np.float32)
    for seed in range(30):
        shot = shoot(picture, np.random.default_rng(seed), CaptureConfig().times(0))
        assert (shot == picture).all()
    assert CaptureConfig().times(1) == CaptureConfig()


def test_vins_are_vins_and_obey_the_check_digit_where_it_binds() -> None:
    rng = np.random.default_rng(1)
    for _ in range(300):
        vin = plausible_vin(rng)
        assert is_vin(vin)
        assert vin[0] not in "12345L" or check_digit_status(vin) == "valid"
    assert all(is_vin(noise_vin(rng, 0.5)) for _ in range(50))


def test_half_of_the_vins_use_every_character_in_every_slot() -> None:
    rng = np.random.default_rng(2)
    seen = [set() for _ in range(17)]
    for _ in range(2500):
        for slot, character in enumerate(random_vin(rng)):
            seen[slot].add(character)
    assert all(characters == set(ALPHABET) for characters in seen)


def test_every_font_draws_33_distinct_glyphs() -> None:
    for face in faces()[:40]:
        pictures = {glyph(face, 40, character)[0].tobytes() for character in ALPHABET}
        assert len(pictures) == 33, face.source


def test_every_family_of_strokes_draws_33_distinct_glyphs() -> None:
    rng = np.random.default_rng(4)
    families = [StrokeFamily(matrix=True), StrokeFamily(round=0.0), StrokeFamily(gap=0.9, round=1.0)]
    for family in families + [draw_family(rng) for _ in range(150)]:
        for size in (30, 40):
            pictures = {glyph(Face(family), size, character)[0].tobytes() for character in ALPHABET}
            assert len(pictures) == 33, (size, family)


def test_boxes_hold_exactly_the_ink() -> None:
    face = faces()[0]
    width = int(text_width("XW8ZZZ", face, 40, 12.0)) + 60
    canvas = Canvas(np.zeros((90, width), np.uint8))
    row = write(canvas, "XW8ZZZ", face, 40, 20, 65, tracking=12.0)
    remaining = canvas.ink.copy()
    for left, top, right, bottom in row.boxes.astype(int):
        piece = canvas.ink[top:bottom, left:right]
        assert piece[:, 0].any() and piece[:, -1].any() and piece[0].any() and piece[-1].any()
        remaining[top:bottom, left:right] = 0
    assert not remaining.any()


def test_the_same_seed_gives_the_same_strip() -> None:
    first, second = (synthetic_strip(np.random.default_rng([7, 3]), StripConfig()) for _ in range(2))
    assert first.text == second.text
    assert np.array_equal(first.pixels, second.pixels)
    assert np.array_equal(first.extents, second.extents)


def test_extents_follow_the_text() -> None:
    rng = np.random.default_rng(5)
    for _ in range(20):
        strip = synthetic_strip(rng, StripConfig(jitter=0.0))
        assert strip.pixels.shape == (48, 320) and strip.pixels.dtype == np.uint8
        centres = strip.extents.mean(axis=1)
        assert strip.extents.shape == (17, 2)
        assert (np.diff(centres) > 0).all()
        assert centres[0] > 0 and centres[-1] < 1


def test_jitter_of_zero_changes_nothing() -> None:
    quad = Quad.from_line((50, 40), 60, 8, 0.2)
    assert np.allclose(jittered(quad, np.random.default_rng(0), 0.0).corners, quad.corners, atol=1e-4)


def test_scene_knows_its_vin_and_the_characters_lie_in_its_quad() -> None:
    rng = np.random.default_rng(11)
    scene = synthetic_scene(rng, SceneConfig(side=256, empty=0.0))
    assert scene.pixels.shape == (256, 256, 3) and scene.pixels.dtype == np.uint8
    assert scene.vin is not None and is_vin(scene.text)
    quad = scene.quads[scene.vin]
    places = quad.to_frame(scene.characters[scene.vin].mean(axis=1))
    assert len(places) == 17
    assert ((places > -0.01) & (places < 1.01)).all()


def test_scene_without_a_vin() -> None:
    scene = synthetic_scene(np.random.default_rng(3), SceneConfig(side=256, empty=1.0))
    assert scene.vin is None and scene.text == ""


def test_extents_are_those_of_the_ink_whatever_the_pose(monkeypatch: pytest.MonkeyPatch) -> None:
    """The VIN's ink alone goes the strip's way, and is found where the extents say."""

    def vin_only(canvas: Canvas) -> np.ndarray:
        left, top, right, bottom = next(row for row in canvas.rows if row.vin).bounds
        alone = np.zeros(canvas.ink.shape, np.float32)
        inside = slice(int(top), int(bottom)), slice(int(left), int(right))
        alone[inside] = np.where(canvas.ink[inside] > 0, 255, 0)  # the thinnest tip counts in full
        return alone

    plates: list[Canvas] = []
    made = strips._plate

    def kept(rng: np.random.Generator, *given: Any) -> tuple[Canvas, Row, tuple[float, float]]:
        canvas, row, ends = made(rng, *given)
        plates.append(canvas)
        return canvas, row, ends

    monkeypatch.setattr(strips, "_plate", kept)
    monkeypatch.setattr(strips, "_paint", lambda ink, rng: vin_only(plates[-1]))
    monkeypatch.setattr(strips, "expose", lambda picture, rng, config: picture)
    monkeypatch.setattr(strips, "shoot", lambda picture, *rest: np.clip(picture, 0, 255).astype(np.uint8))
    width = 640  # twice what the reader sees: 1 pixel of its strip is 2 here
    for seed in range(25):
        # Large text: what is measured is the geometry, not the blur.
        config = StripConfig(width=width, height=64, smallest=24, largest=25, jitter=0.0, bent=1.0)
        strip = synthetic_strip(np.random.default_rng([6, seed]), config)
        # The edge of a mask lies where half of it is seen, however large it is drawn.
        ink = np.nonzero(strip.pixels[8:56].max(axis=0) > 0.5 * strip.pixels.max())[0]
        ends = strip.extents[[0, -1], [0, 1]] * width
        assert np.abs(ends - [ink[0], ink[-1] + 1]).max() <= 2.1, seed
