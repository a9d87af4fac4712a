"""Synthetic strips and scenes: extents sit on the ink, the same seed gives the same bytes."""

from __future__ import annotations

import numpy as np

from core.geometry import Quad
from core.synth.capture import CaptureConfig
from core.synth.glyphs import faces, glyph
from core.synth.plates import Canvas, text_width, write
from core.synth.scenes import SceneConfig, synthetic_scene
from core.synth.strips import StripConfig, jittered, synthetic_strip
from core.synth.vins import noise_vin, plausible_vin, random_vin
from core.vin import ALPHABET, check_digit_status, is_vin

CLEAN = CaptureConfig(blur=0.0, motion=0.0, noise=0.0, jpeg=0.0, glare=0.0, lowcontrast=0.0)


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
        pictures = {glyph(face.path, 40, character)[0].tobytes() for character in ALPHABET}
        assert len(pictures) == 33, face.path.name


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
