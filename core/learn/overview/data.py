"""Whole photos with one trouble each: drawn scenes and real photos, spoilt on purpose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from core.geometry import Quad
from core.learn.crops import LabelledPhoto, read_pixels
from core.learn.quality.data import FACTORY as OF_LINES
from core.learn.quality.data import SCENES, characters_of, only, remarked
from core.quality.grid import grid
from core.quality.kinds import LEARNT
from core.synth.scenes import synthetic_scene
from core.synth.steep import steep
from core.synth.troubles import trouble

FACTORY = {kind: tuple(name for name in names if name != "far") for kind, names in OF_LINES.items()}
"""Kind of the gate -> what the factory does; a photo with fewer pixels is fitted into the same grid."""

OFTEN = np.array([len(FACTORY[kind]) for kind in LEARNT]) / sum(map(len, FACTORY.values()))
"""How often each kind is drawn: everything that the factory does equally often."""

LONGEST = 384
"""Pixels of a real photo's long side at which it is spoilt."""


@dataclass(frozen=True, eq=False)
class Scene:
    """A photo to spoil.

    Attributes:
        pixels: uint8 RGB.
        corners: float ``(17, 4, 2)`` of the VIN's characters.
        target: float ``(1 + kinds,)``, what is wrong with it as it is, nothing first; sums to 1.
    """

    pixels: np.ndarray
    corners: np.ndarray
    target: np.ndarray


def drawn_scene(rng: np.random.Generator) -> Scene:
    """A synthetic scene with a VIN."""
    scene = synthetic_scene(rng, SCENES)
    while scene.vin is None:  # now and then a plate has no room
        scene = synthetic_scene(rng, SCENES)
    return Scene(scene.pixels, scene.characters[scene.vin].astype(float), only())


def real_scene(photo: LabelledPhoto, quad: Quad) -> Scene | None:
    """A training photo; None where its remarks say two things at once."""
    target = remarked(photo)
    if target is None:
        return None
    whole = read_pixels(photo.path)
    pixels = _small(whole)
    scale = np.array(pixels.shape[1::-1]) / whole.shape[1::-1]
    return Scene(pixels, characters_of(quad) * scale, target)


def example(
    scene: Scene, kind: str, severity: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """The scene with one trouble: its grid, see :mod:`core.quality.grid`, and its target.

    Args:
        scene: a clear one where there shall be a trouble.
        kind: of ``LEARNT``; empty for the scene as it is.
        severity: of the trouble.
        rng: draws the trouble.
    """
    if not kind:
        return grid(scene.pixels), scene.target
    name = str(rng.choice(FACTORY[kind]))
    if name == "steep":  # a little from the side is how photos are taken
        pixels, _ = steep(scene.pixels, scene.corners, 0.55 + 0.45 * severity, rng)
        return grid(pixels), only(kind)
    pixels, hurt = trouble(name, scene.pixels, scene.corners, severity, rng)
    return grid(pixels), only(kind if hurt else "")


def drawn_examples(
    rng: np.random.Generator, count: int, real: Sequence[Scene] = (), each: int = 8
) -> tuple[np.ndarray, np.ndarray]:
    """Grids float16 ``(count, FEATURES, 24, 24)`` and targets float32 ``(count, 1 + kinds)``.

    ``each`` of one scene, one in seven without a trouble; one draw in seven is a real photo as it is.
    """
    clear = [scene for scene in real if scene.target[0] == 1]
    made: list[tuple[np.ndarray, np.ndarray]] = []
    while len(made) < count:
        if real and rng.random() < 1 / 7:
            made.append(example(real[int(rng.integers(len(real)))], "", 0.0, rng))
            continue
        known = clear and rng.random() < 0.5
        scene = clear[int(rng.integers(len(clear)))] if known else drawn_scene(rng)
        for _ in range(min(each, count - len(made))):
            kind = "" if rng.random() < 1 / 7 else str(rng.choice(LEARNT, p=OFTEN))
            made.append(example(scene, kind, float(rng.uniform(0.35, 1.0)), rng))
    grids, targets = zip(*made, strict=True)
    return np.stack(grids).astype(np.float16), np.stack(targets).astype(np.float32)


def _small(pixels: np.ndarray) -> np.ndarray:
    scale = min(1.0, LONGEST / max(pixels.shape[:2]))
    size = max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
