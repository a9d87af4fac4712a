"""Troubles: nothing at severity 0, worse and worse up to 1, and always known whom they hurt."""

from __future__ import annotations

import numpy as np
import pytest

from core.synth.capture import CaptureConfig
from core.synth.scenes import SceneConfig, SyntheticScene, synthetic_scene
from core.synth.strips import StripConfig, SyntheticStrip, synthetic_strip
from core.synth.textline import BAND
from core.synth.troubles import KINDS, UnknownTrouble, trouble

CLEAN = CaptureConfig(blur=0.0, motion=0.0, noise=0.0, jpeg=0.0, glare=0.0, lowcontrast=0.0)
LOCAL = ("glare", "scratches", "drops", "shadow", "cut-ends", "occlusion")
"""Troubles that leave a part of the line as it was."""


@pytest.fixture(scope="module")
def strip() -> SyntheticStrip:
    """Light letters on a darker plate, as most are: what brightens or darkens shall have room for it."""
    config = StripConfig(
        width=480, height=64, smallest=14, largest=16, jitter=0.0, bent=0.0, marked=0.0, capture=CLEAN
    )
    made = (synthetic_strip(np.random.default_rng([4, seed]), config) for seed in range(200))
    return next(one for one in made if 40 < one.pixels.mean() < 100 and one.pixels.std() > 50)


@pytest.fixture(scope="module")
def scene() -> SyntheticScene:
    config = SceneConfig(empty=0.0, turned=0.0, capture=CLEAN)
    return next(
        scene
        for scene in (synthetic_scene(np.random.default_rng([5, seed]), config) for seed in range(50))
        if scene.quads[scene.vin or 0].length > 200
    )


def spoilt(kind: str, strip: SyntheticStrip, severity: float, seed: int = 3) -> tuple:
    return trouble(kind, strip.pixels, strip.extents, severity, np.random.default_rng(seed))


@pytest.mark.parametrize("kind", KINDS)
def test_severity_0_changes_nothing(kind: str, strip: SyntheticStrip, scene: SyntheticScene) -> None:
    pixels, hurt = spoilt(kind, strip, 0.0)
    assert hurt == () and np.array_equal(pixels, strip.pixels)
    # And hardly more than nothing is hardly seen: the way there has no step.
    faint, _ = spoilt(kind, strip, 0.01)
    assert np.abs(faint.astype(float) - strip.pixels).mean() < 8
    characters = scene.characters[scene.vin or 0]
    same, _ = trouble(kind, scene.pixels, characters, 0.0, np.random.default_rng(1))
    assert np.array_equal(same, scene.pixels)


@pytest.mark.parametrize("kind", KINDS)
def test_the_more_severe_the_more_is_changed_and_hurt(kind: str, strip: SyntheticStrip) -> None:
    made = [spoilt(kind, strip, severity) for severity in (0.2, 0.6, 1.0)]
    changes = [np.abs(pixels.astype(float) - strip.pixels).mean() for pixels, _ in made]
    assert changes == sorted(changes) and changes[0] < 0.8 * changes[2]
    assert made[2][1] and len(made[0][1]) <= len(made[2][1])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(6))
def test_hurt_slots_are_where_pixels_changed(kind: str, strip: SyntheticStrip, seed: int) -> None:
    before = strip.pixels.copy()
    pixels, hurt = spoilt(kind, strip, 0.8, seed)
    assert np.array_equal(before, strip.pixels)
    rows = slice(round(BAND[0] * 64), round(BAND[1] * 64))
    change = np.abs(pixels.astype(float) - before)[rows]
    for slot, (start, end) in enumerate(strip.extents * 480):
        moved = (change[:, round(start) : round(end)] > 12).mean()
        assert moved > 0.02 if slot in hurt else moved < 0.06, (slot, moved)


@pytest.mark.parametrize("kind", LOCAL)
def test_some_characters_stay_as_they_were(kind: str, strip: SyntheticStrip) -> None:
    counts = [len(spoilt(kind, strip, 0.5, seed)[1]) for seed in range(12)]
    assert 0 < np.mean(counts) < 14


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_gives_the_same_trouble(kind: str, strip: SyntheticStrip) -> None:
    (first, one), (second, other) = (spoilt(kind, strip, 0.7) for _ in range(2))
    assert one == other and np.array_equal(first, second)
    assert not np.array_equal(first, spoilt(kind, strip, 0.7, 4)[0])


@pytest.mark.parametrize("kind", KINDS)
def test_scenes_have_troubles_as_well(kind: str, scene: SyntheticScene) -> None:
    characters = scene.characters[scene.vin or 0]
    pixels, hurt = trouble(kind, scene.pixels, characters, 1.0, np.random.default_rng(2))
    assert pixels.shape == scene.pixels.shape and pixels.dtype == np.uint8
    assert hurt and set(hurt) <= set(range(17))


def test_cut_ends_cut_an_end(strip: SyntheticStrip) -> None:
    for seed in range(8):
        _, hurt = spoilt("cut-ends", strip, 1.0, seed)
        assert hurt == tuple(range(len(hurt))) or hurt == tuple(range(17 - len(hurt), 17))
        assert 1 <= len(hurt) <= 5


def test_nonsense_is_refused_with_a_reason(strip: SyntheticStrip) -> None:
    with pytest.raises(UnknownTrouble, match="there are glare"):
        spoilt("ghosts", strip, 0.5)
    for severity in (-0.1, 1.5, float("nan")):
        with pytest.raises(ValueError, match="between 0 and 1"):
            spoilt("glare", strip, severity)
    with pytest.raises(ValueError, match="corners"):
        trouble("glare", strip.pixels, np.zeros((0, 2)), 0.5, np.random.default_rng(0))
